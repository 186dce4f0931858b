# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What one commit costs: log writes and frames, counted.

cost_count=200

frames()
{
	metric "$1" "hsmrepl_frames_$2_total{message=\"$3\"}"
}

# All counters that a commit may move, of one node, one a line.
counters()
{
	local direction message

	for direction in sent received; do
		for message in PREPARE VOTE COMMIT ABORT ABORTED INQUIRE WANT TURN; do
			echo "$direction-$message $(frames "$1" $direction $message)"
		done
	done
}

# moved NODE NAME: by how much a counter moved since before.
moved()
{
	join "$dir/$1.before" "$dir/$1.after" | awk -v name="$2" '$1 == name { print $3 - $2 }'
}

# expect NODE NAME COUNT
expect()
{
	local got

	got=$(moved "$1" "$2")
	[ "$got" = "$3" ] && return
	echo "        $1 $2: $got instead of $3"
	return 1
}

frames_are_right()
{
	local n=$cost_count node commits wrong=0

	expect n1 sent-PREPARE $((2 * n)) || wrong=1
	expect n1 received-VOTE $((2 * n)) || wrong=1
	# The first and the last one; the others likely by the next PREPARE.
	commits=$(moved n1 sent-COMMIT)
	[ $((commits / 2)) -ge 2 ] && [ $((commits / 2)) -le "$n" ] || wrong=1
	for node in n2 n3; do
		expect $node received-PREPARE $n || wrong=1
		expect $node sent-VOTE $n || wrong=1
		expect $node received-COMMIT $((commits / 2)) || wrong=1
	done
	return $wrong
}

nothing_else_was_sent()
{
	local node message wrong=0

	for node in "${nodes[@]}"; do
		for message in ABORT ABORTED INQUIRE WANT TURN; do
			expect "$node" sent-$message 0 || wrong=1
		done
	done
	return $wrong
}

# log_flushes NODE: fdatasync calls on its log, by its traces.
log_flushes()
{
	cat "$dir/$1".flushes.* | grep -c 'fdatasync([0-9]*<[^>]*/segment-[0-9]*>'
}

flush_tracers()
{
	local node

	for node in "${nodes[@]}"; do
		strace -ff -y -q -e trace=fdatasync,fsync -p "$(<"$HSMREPL_POOL/$node/agent.pid")" \
			-o "$dir/$node.flushes" 2>/dev/null &
		tracers+=($!)
	done
	for node in "${nodes[@]}"; do
		wait_until is_traced "$node"
	done
}

is_traced()
{
	! grep -h '^TracerPid:' "/proc/$(<"$HSMREPL_POOL/$1/agent.pid")"/task/*/status |
		grep -q '[[:space:]]0$'
}

commits()
{
	timeout $patience build/load_bench -n $cost_count -p "$1" "$(device n1)"
}

scene_costs()
{
	local node tracers=()

	echo warm | on n1 create warm - >/dev/null && wait_until all_same
	for node in "${nodes[@]}"; do
		counters "$node" | sort >"$dir/$node.before"
	done
	commits frames >/dev/null && wait_until all_same
	for node in "${nodes[@]}"; do
		counters "$node" | sort >"$dir/$node.after"
	done
	frames_are_right
	verdict $? "$cost_count commits: one PREPARE and VOTE each per peer, at most one COMMIT"
	nothing_else_was_sent
	verdict $? "and no other message but heartbeats"

	flush_tracers
	commits flushes >/dev/null
	verdict $? "$cost_count commits under strace"
	wait_until all_same
	kill -TERM "${tracers[@]}"
	wait "${tracers[@]}"
	for node in "${nodes[@]}"; do
		[ "$(log_flushes "$node")" = $cost_count ]
		verdict $? "$node flushed its log once per commit: $(log_flushes "$node")"
	done
}
