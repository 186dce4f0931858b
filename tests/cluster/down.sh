# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# node-down: what becomes of the undecided, who may say so, and that no two pools come of it.

# begin_undecided: n1 cuts a batch while n2 and n3 do not listen, then listens no more itself.
# Sets tid and create_pid.
begin_undecided()
{
	signal_agents STOP n2 n3
	echo undecided | on n1 create undecided - >"$dir/undecided" 2>&1 &
	create_pid=$!
	wait_until names_a_tid n1
	tid=$(undecided_tid n1)
	signal_agents STOP n1
}

scene_down_commits()
{
	fresh_pool 3
	begin_undecided
	signal_agents CONT n2 n3
	wait_until holds_undecided n2 "$tid" && wait_until holds_undecided n3 "$tid"
	verdict $? "n2 and n3 voted, n1 dies before it hears of it"
	scripts/pool kill n1
	wait $create_pid
	nodes=(n2 n3)
	down n2 n1 --dry-run --json && says "\"commit\":\[\"$tid\"\]" && says '"abort":\[\]' &&
		says '"nodes":\["n2","n3"\]'
	verdict $? "dry run: $(<"$dir/down")"
	holds_undecided n2 "$tid" && [ "$(member n2 epoch)" = 1 ]
	verdict $? "it changed nothing"
	down n2 n1 --yes
	verdict $? "node-down: $(head -1 "$dir/down")"
	are_members && outcome_is n2 "$tid" committed && outcome_is n3 "$tid" committed &&
		holds n3 undecided undecided && [ "$(member n3 epoch)" = 2 ]
	verdict $? "committed on both, epoch 2"
	writes_go_on commits
	verdict $? "the survivors go on writing"
	down n2 n1 --yes
	[ $? = 1 ] && says 'no node of the pool is named n1'
	verdict $? "a second time: $(<"$dir/down")"
	down n3 n1 --yes
	[ $? = 1 ] && says 'no node of the pool is named n1'
	verdict $? "nor on the other survivor: $(<"$dir/down")"
	scripts/pool start n1
	is_removed_for_good n1
	refused_down n1 'this node was removed from the pool itself' n2
	writes_go_on back && all_members
	verdict $? "the survivors do not notice"
	restart_survivors
}

restart_survivors()
{
	local node

	for node in "${nodes[@]}"; do
		scripts/pool kill "$node"
	done
	for node in "${nodes[@]}"; do
		scripts/pool start "$node"
	done
	are_members && [ "$(member n2 epoch)" = 2 ] && writes_go_on restart
	verdict $? "killed and started: members, in epoch 2"
}

scene_down_aborts()
{
	fresh_pool 3
	begin_undecided
	kill_agent n3
	signal_agents CONT n2
	wait_until holds_undecided n2 "$tid"
	verdict $? "n2 voted, n3 never heard of it"
	scripts/pool kill n1
	wait $create_pid
	start_agent n3
	nodes=(n2 n3)
	wait_until down n3 n1 --dry-run --json
	says "\"abort\":\[\"$tid\"\]" && says '"commit":\[\]'
	verdict $? "dry run: $(<"$dir/down")"
	down n3 n1 --yes && are_members && ! holds n2 undecided undecided &&
		! outcome_is n2 "$tid" committed && [ "$(member n2 epoch)" = 2 ]
	verdict $? "node-down: $(head -1 "$dir/down" ), and n2 lets it go"
	writes_go_on aborts
	verdict $? "the survivors go on writing"
}

# refused_down NODE PATTERN ARGUMENT...
refused_down()
{
	local node=$1 pattern=$2

	shift 2
	down "$node" "$@" --yes
	[ $? = 1 ] && says "$pattern"
	verdict $? "node-down $*: $(<"$dir/down")"
}

scene_down_refused()
{
	fresh_pool 3
	refused_down n2 'no node of the pool is named n9' n9
	refused_down n2 'a node cannot declare itself down' n2
	refused_down n2 'n1 is alive and connected' n1
	refused_down n2 'no node of the pool is named n9' n1 n9
	echo n3 | on n2 node-down n1 >"$dir/down" 2>&1
	[ $? = 1 ] && says 'not confirmed, nothing was changed'
	verdict $? "another name typed: $(tail -1 "$dir/down")"
	scripts/pool kill n2 n3
	wait_until is n1 blocked
	refused_down n1 'the survivors are no majority' n2 n3
	scripts/pool start n2
	scripts/pool start n3
	are_members && [ "$(member n1 epoch)" = 1 ] && holds n3 before before
	verdict $? "nothing has changed"
	writes_go_on refused
	verdict $? "all three go on"
}

# Forced against a node that lives: it is out all the same, and its clients are told nothing wrong.
scene_down_living()
{
	local load

	fresh_pool 3
	build/witness -c 6 -m 800 -p living "$(device n1)" "$(device n2)" "$(device n3)" \
		>"$dir/living.told" &
	load=$!
	sleep_ms 300
	on n2 node-down n1 --dry-run --json | grep -q '"refused":"n1 is alive and connected'
	verdict $? "n1 lives: a dry run says that it would be refused"
	down n2 n1 --yes --force
	verdict $? "n1 lives, n2 says it is down, with --force: $(head -1 "$dir/down")"
	is_removed_for_good n1
	wait $load
	nodes=(n2 n3)
	are_members && writes_go_on living
	verdict $? "n2 and n3 go on"
	told_holds living- "$dir/living.told"
	verdict $? "nothing told is lost or wrong, also not by n1: $(fates "$dir/living.told")"
}

scene_down_minority()
{
	fresh_pool 2
	scripts/pool kill n2
	wait_until is n1 blocked
	refused_down n1 'no majority .*--force' n2
	on n1 node-down n2 --dry-run | grep -q '^refused as it is: the survivors are no majority' &&
		on n1 node-down n2 --dry-run --force --json | grep -q '"refused":null'
	verdict $? "and the dry run says that it would be, without --force"
	down n1 n2 --yes --force
	verdict $? "with --force: $(head -1 "$dir/down")"
	nodes=(n1)
	are_members && writes_go_on minority && holds n1 before before
	verdict $? "n1 alone goes on"
	scripts/pool start n2
	is_removed_for_good n2
}

# n1 and n2 lose each other, and each is told that the other one is dead.
scene_down_crossed()
{
	local first second

	fresh_pool 3
	scripts/pool cut n1 n2
	wait_until is n1 blocked && wait_until is n2 blocked
	on n1 node-down n2 --yes >"$dir/first" 2>&1 &
	first=$!
	on n2 node-down n1 --yes >"$dir/second" 2>&1 &
	second=$!
	wait $first
	wait $second
	echo "        n1: $(head -1 "$dir/first")"
	echo "        n2: $(head -1 "$dir/second")"
	scripts/pool heal n1 n2
	wait_until one_removed
	verdict $? "one of the two is removed: n1 $(member n1 state), n2 $(member n2 state)"
	! is n1 removed || nodes=(n2 n3)
	! is n2 removed || nodes=(n1 n3)
	are_members && [ "$(member n3 epoch)" = 2 ] && writes_go_on crossed
	verdict $? "the other one and n3 are the pool: ${nodes[*]}"
}

# Neither may have won at first: whoever is still a member repeats it.
one_removed()
{
	is n1 removed && is n3 member && return
	is n2 removed && is n3 member && return
	[ "$(member n3 epoch)" = 1 ] && down n1 n2 --yes --force
	return 1
}

# Agents die with promises made and values accepted: whoever repeats the node-down ends it.
scene_down_restarted()
{
	local ms pid

	fresh_pool 3
	scripts/pool kill n1
	signal_agents STOP n3
	on n2 node-down n1 --yes >"$dir/down" 2>&1 &
	pid=$!
	wait_until promised n2
	verdict $? "n2 has promised: $(member n2 last_error)"
	kill_agent n2
	signal_agents CONT n3
	kill_agent n3
	wait $pid
	restart_both
	promised n2
	verdict $? "and knows it after a kill"
	repeated_until_done n3
	for ms in 0 1 2 3 5; do
		killed_after $ms
	done
}

promised()
{
	[[ $(member "$1" last_error) == *"node-down is under way"* ]]
}

restart_both()
{
	start_agent n2
	start_agent n3
	nodes=(n2 n3)
	wait_until agents_back
}

agents_back()
{
	on n2 nodes >/dev/null 2>&1 && on n3 nodes >/dev/null 2>&1
}

ended_epoch()
{
	[ "$(member n2 epoch)" = 2 ] && [ "$(member n3 epoch)" = 2 ] && return
	[ "$(member "$1" epoch)" = 2 ] || down "$1" n1 --yes
	return 1
}

repeated_until_done()
{
	wait_until ended_epoch "$1" && are_members && writes_go_on "repeated"
	verdict $? "repeated on $1: n2 and n3 go on in epoch 2"
}

# Both agents are killed so many milliseconds after the node-down began.
killed_after()
{
	local pid asked

	fresh_pool 3
	scripts/pool kill n1
	on n2 node-down n1 --yes >"$dir/down" 2>&1 &
	pid=$!
	sleep "0.0$(printf '%02d' "$1")"
	signal_agents KILL n2 n3
	wait $pid
	asked="killed after $1 ms: epochs $(member n2 epoch) and $(member n3 epoch)"
	restart_both
	verdict $? "$asked"
	repeated_until_done n3
}
