# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Nodes that are killed: writes wait, reads go on, nothing that was told is lost.

waits_for()
{
	on "$1" pending --json | grep -q "\"waiting_for\":\\[\"$2\"\\]"
}

names_a_tid()
{
	on "$1" pending --json | grep -q '"tids":\["[0-9a-f]\{16\}"'
}

scene_one_killed()
{
	local pid

	echo before | on n1 create before - >/dev/null
	scripts/pool kill n3
	echo waits | on n1 create waits - >"$dir/waits" 2>&1 &
	pid=$!
	wait_until waits_for n1 n3 && names_a_tid n1
	verdict $? "n3 killed: pending names it, and the transaction"
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
