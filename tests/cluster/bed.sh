# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Sourced by the cluster suite: a pool of its own, and what the scenes ask of it.

dir=$(mktemp -d)
export HSMREPL_POOL=$dir/p
nodes=(n1 n2 n3)
patience=30	# seconds: far more than anything here takes

bed_down()
{
	[ ! -e "$HSMREPL_POOL/network" ] || scripts/pool down
	if [ "$failed" -ne 0 ]; then
		tail -n 15 "$HSMREPL_POOL"/n?/*.log
	fi
	rm -rf "$dir"
}
trap bed_down EXIT

on()
{
	local node=$1

	shift
	timeout $patience build/hsmreplctl --device "$HSMREPL_POOL/$node/dev" "$@"
}

device()
{
	echo "$HSMREPL_POOL/$1/dev"
}

# member NODE NAME: one member of its status.
member()
{
	on "$1" status --json | sed -n "s/.*\"$2\":\"\{0,1\}\([^\",}]*\).*/\1/p"
}

# metric NODE NAME: one counter of its agent.
metric()
{
	on "$1" metrics | awk -v name="$2" '$1 == name { print $2 }'
}

# wait_until COMMAND...
wait_until()
{
	local deadline=$((SECONDS + patience))

	until "$@"; do
		[ $SECONDS -lt $deadline ] || return 1
		sleep 0.05
	done
}

is()
{
	[ "$(member "$1" state 2>/dev/null)" = "$2" ]
}

all_members()
{
	local node

	for node in "${nodes[@]}"; do
		is "$node" member || return 1
	done
}

# standing NODE: what must be the same on all nodes, in one line.
standing()
{
	on "$1" status --json |
		grep -oE '"(epoch|seq|sync_point|chain|digest|objects)":[^,]*' | xargs
}

all_same()
{
	local node first

	first=$(standing "${nodes[0]}")
	for node in "${nodes[@]}"; do
		[ "$(standing "$node")" = "$first" ] || return 1
	done
	[ -n "$first" ]
}

holds()
{
	[ "$(on "$1" get "$2" --timeout 5 2>/dev/null)" = "$3" ]
}

# Milliseconds of a clock that only runs on.
now_ms()
{
	awk '{ printf "%d\n", $1 * 1000 }' /proc/uptime
}

agent_log()
{
	cat "$HSMREPL_POOL/$1/agent.log"
}

# Kill the agent alone: its device stays.
kill_agent()
{
	local file=$HSMREPL_POOL/$1/agent.pid pid

	pid=$(<"$file")
	kill -KILL "$pid"
	wait_until dead "$pid"
}

# End the agent in order; its device stays.
end_agent()
{
	local pid

	pid=$(<"$HSMREPL_POOL/$1/agent.pid")
	kill -TERM "$pid"
	wait_until dead "$pid"
}

# Gone with all its threads: as long as one is left, so are its descriptors.
dead()
{
	local tasks=("/proc/$1/task"/*)

	! kill -0 "$1" 2>/dev/null ||
		{ [ ${#tasks[@]} -le 1 ] && grep -qs '^State:.*Z' "/proc/$1/status"; }
}

# start_agent NODE [COMMAND...]: start it again, as an argument of COMMAND if there is one.
start_agent()
{
	local node=$1 at=$HSMREPL_POOL/$1

	shift
	# Nobody's child, so that nobody is told when it is killed.
	(
		setsid "$@" build/hsmrepld -c "$at/hsmrepld.conf" </dev/null >>"$at/agent.log" 2>&1 &
		echo $! >"$at/agent.pid"
	)
}

# told FILE COUNT: so many commits were told.
told()
{
	[ "$(wc -l <"$1")" -ge "$2" ]
}

labels_on()
{
	on "$1" list --json --prefix "$2" | grep -o '"label":"[^"]*"' | cut -d'"' -f4 | sort
}

# nothing_lost PREFIX FILE: every node has all labels of FILE, which all begin with PREFIX.
nothing_lost()
{
	local node lost=0

	[ -s "$2" ] || return 1
	for node in "${nodes[@]}"; do
		labels_on "$node" "$1" >"$dir/there"
		lost=$((lost + $(sort "$2" | comm -23 - "$dir/there" | wc -l)))
	done
	[ $lost = 0 ] || echo "        $lost are missing"
	[ $lost = 0 ]
}

sleep_ms()
{
	sleep "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))"
}

lines_of()
{
	awk -v fate="$1" -v field="$3" '$1 == fate { print $field }' "$2"
}

# absent_everywhere FILE PREFIX: no node has any of these labels.
absent_everywhere()
{
	local node

	for node in "${nodes[@]}"; do
		labels_on "$node" "$2" >"$dir/there"
		sort "$1" | comm -12 - "$dir/there" >"$dir/wrong"
		[ ! -s "$dir/wrong" ] || { echo "        $node has $(head -1 "$dir/wrong")"; return 1; }
	done
}

# told_holds PREFIX FILE: what build/witness wrote there is true on all nodes; all its labels begin
# with PREFIX.
told_holds()
{
	lines_of committed "$2" 2 >"$dir/committed"
	lines_of aborted "$2" 2 >"$dir/aborted"
	{ [ ! -s "$dir/committed" ] || nothing_lost "$1" "$dir/committed"; } &&
		absent_everywhere "$dir/aborted" "$1"
}

# How often witness was told what.
fates()
{
	cut -d' ' -f1 "$1" | sort | uniq -c | xargs
}
