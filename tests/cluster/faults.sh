# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Nodes that are killed: writes wait, reads go on, nothing that was told is lost.

scene_one_killed()
{
	local pid

	scripts/pool kill n3
	echo waits | on n1 create waits - >"$dir/waits" 2>&1 &
	pid=$!
	wait_until waits_for n1 n3 && names_a_tid n1
	verdict $? "n3 killed: pending names it, and the transaction"
	names_waited n1 n3 'n3 is not connected' && slowest_is n1 n3 && state_is n1 n3 offline
	verdict $? "and says why; nodes has it offline, and as the slowest"
	wait_until is n1 blocked && [ "$(member n1 nodes_up)" = 2 ]
	verdict $? "n1 is blocked, two of three are up"
	! dead $pid && [ ! -s "$dir/waits" ]
	verdict $? "the create waits"
	holds n1 before before && holds n2 before before
	verdict $? "reads go on"
	scripts/pool start n3
	wait $pid
	verdict $? "n3 started: the create ends by itself, committed"
	wait_until all_members && wait_until all_same && holds n3 waits waits
	verdict $? "n3 has it, all agree"
}

# A peer that is frozen: at first its vote is missing, then it is gone; nodes and pending name it.
scene_frozen()
{
	local pid

	signal_agents STOP n3
	echo frozen | on n1 create frozen - >"$dir/frozen" 2>&1 &
	pid=$!
	wait_until waits_for n1 n3 && [ "$(vote_of n1 n2)" = '"yes"' ] && [ "$(vote_of n1 n3)" = null ]
	verdict $? "n3 frozen: n1 waits for it, whose vote is missing"
	wait_until names_waited n1 n3 'n3 is not connected as a member' && slowest_is n1 n3 &&
		wait_until state_is n1 n3 offline && state_is n1 n2 member
	verdict $? "silent for too long: nodes has it $(state_of n1 n3), and as the slowest"
	! dead $pid && [ ! -s "$dir/frozen" ] && holds n2 before before
	verdict $? "the create waits, reads go on"
	signal_agents CONT n3
	wait $pid
	verdict $? "it goes on: the create ends: $(<"$dir/frozen")"
	wait_until all_members && wait_until all_same && holds n3 frozen frozen
	verdict $? "n3 has it, all agree"
}

kill_all_under_load()
{
	local round=$1 told=$dir/told-$1 node pid

	: >"$told"
	timeout $((2 * patience)) build/load_bench -c 12 -s $patience -p "round$round" -o "$told" \
		"$(device n1)" "$(device n2)" "$(device n3)" >/dev/null 2>&1 &
	pid=$!
	wait_until told "$told" $((200 * round))
	for node in "${nodes[@]}"; do
		scripts/pool kill "$node"
	done
	wait $pid
	for node in "${nodes[@]}"; do
		scripts/pool start "$node"
	done
	wait_until all_members && wait_until all_same
	verdict $? "all killed under load, round $round: started again, all agree"
	nothing_lost "round$round" "$told"
	verdict $? "everything that was told is there on all, $(wc -l <"$told") objects"
}

scene_all_killed()
{
	local round

	for round in 1 2 3; do
		kill_all_under_load $round
	done
}

# One node at a time is killed while writers go on at the others: told is told.
scene_rolling()
{
	local told=$dir/told-rolling node pid

	: >"$told"
	timeout $((2 * patience)) build/load_bench -c 8 -s 8 -p rolling -o "$told" "$(device n1)" >/dev/null 2>&1 &
	pid=$!
	for node in n2 n3 n2; do
		wait_until told "$told" $(($(wc -l <"$told") + 50))
		scripts/pool kill $node
		scripts/pool start $node
	done
	wait $pid
	verdict $? "n2, n3, n2 killed in turn under load: no call at n1 fails"
	wait_until all_members && wait_until all_same
	verdict $? "all agree"
	nothing_lost rolling "$told"
	verdict $? "everything that was told is there on all, $(wc -l <"$told") objects"
}
