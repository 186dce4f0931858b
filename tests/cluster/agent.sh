# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The agent dies, its device stays.

scene_agent_killed()
{
	local pid began took out tid outcome

	scripts/pool cut n1 n2
	wait_until is n1 blocked
	echo torn | on n1 create torn - --json >"$dir/torn" 2>"$dir/torn.error" &
	pid=$!
	wait_until names_a_tid n1
	tid=$(on n1 pending --json | sed -n 's/.*"tids":\["\([0-9a-f]*\)".*/\1/p')
	began=$(now_ms)
	kill_agent n1
	out=$(echo late | on n1 create late - 2>&1)
	[ $? = 1 ] && grep -q ENOTCONN <<<"$out" && [ $(($(now_ms) - began)) -lt $grace_ms ]
	verdict $? "agent killed: a new submission gets ENOTCONN at once"
	on n1 get before --committed >/dev/null
	verdict $? "the last committed version can still be read"
	wait $pid
	outcome=$?
	took=$(($(now_ms) - began))
	[ $took -lt $((grace_ms + 3000)) ] && { [ $outcome = 1 ] || [ $outcome = 3 ]; } &&
		[ -s "$dir/torn.error" ]
	verdict $? "the waiting caller ends within the grace time: $took ms, $(head -1 "$dir/torn.error")"
	scripts/pool heal n1 n2
	start_agent n1
	wait_until all_members
	verdict $? "started again: member"
	on n1 wait --tid "$tid" --timeout 20 >"$dir/fate" 2>&1
	out=$(on n1 outcome "$tid" --json)
	grep -q '"outcome":"\(committed\|aborted\)"' <<<"$out"
	verdict $? "the torn transaction has a fate: $out"
	agree_on_torn "$out"
	verdict $? "and all nodes hold what it says"
	echo again | on n1 create again - >/dev/null && holds n3 again again && wait_until all_same
	verdict $? "the agent carries on"
}

agree_on_torn()
{
	local node

	for node in "${nodes[@]}"; do
		case $1 in
		*'"committed"'*) holds "$node" torn torn || return 1 ;;
		*) ! holds "$node" torn torn || return 1 ;;
		esac
	done
}

# Writers wait in the device while their agent is restarted within the grace time: none notices.
scene_agent_restarted()
{
	local told=$dir/told-restart node pid

	: >"$told"
	timeout $((2 * patience)) build/load_bench -c 9 -n 150 -p restart -o "$told" \
		"$(device n1)" "$(device n2)" "$(device n3)" >"$dir/restart" 2>&1 &
	pid=$!
	for node in n2 n1 n3; do
		wait_until told "$told" $(($(wc -l <"$told") + 40))
		restart_held "$node"
	done
	wait $pid
	cat "$dir/restart"
	wait_until all_members && wait_until all_same
	verdict $? "each agent killed and started under load: all agree"
	nothing_lost restart "$told"
	verdict $? "everything that was told is there on all, $(wc -l <"$told") objects"
}

restart_held()
{
	kill_agent "$1"
	start_agent "$1"
	wait_until all_members
}

scene_agent_ended()
{
	end_agent n2
	grep -q 'ended by a signal' <(agent_log n2)
	verdict $? "SIGTERM ends an agent in order"
	start_agent n2
	wait_until all_members
	verdict $? "and it is a member again when started"
	end_agent n2
	start_agent n2 sh -c 'exec "$@" 2>&-' without
	wait_until all_members
	verdict $? "also without standard error"
	[ "$(readlink "/proc/$(<"$HSMREPL_POOL/n2/agent.pid")/fd/2")" = /dev/null ]
	verdict $? "nothing else is logged into then"
	! build/hsmrepld -c "$HSMREPL_POOL/n2/hsmrepld.conf" >"$dir/second" 2>&1 &&
		[ "$(wc -l <"$dir/second")" -le 3 ]
	verdict $? "a second agent is refused: $(tail -1 "$dir/second")"
	is n2 member
	verdict $? "and does not disturb the first"
	end_agent n2
	start_agent n2
	wait_until all_members
	verdict $? "it logs again, for the scenes that follow"
}
