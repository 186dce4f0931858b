# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Two node-downs that cross, again and again: n1 declares n2 and n2 declares n1, both by force and
# both wrongly, while agents are killed and started at random moments. Never two pools, and what was
# told committed is in the one that is left. $ROUNDS rounds; $SEED draws the moments.

crossed_rounds=${ROUNDS:-3}
crossed_seed=${SEED:-$((EPOCHSECONDS % 100000))}
crossed_load_ms=1200

# Node list in force at that node, as words.
list_of()
{
	on "$1" nodes --json | grep -oE '"name":"n[0-9]+"' | cut -d'"' -f4 | xargs
}

# Kill an agent and start it again, a little later.
stumble()
{
	kill_agent "$1"
	sleep_ms "$2"
	start_agent "$1"
}

# declare NODE OTHER: in the background, and whatever comes of it.
declare_down()
{
	on "$1" node-down "$2" --yes --force >"$dir/declared.$1" 2>&1 &
	declared+=($!)
}

# The moments are drawn before anything runs beside this shell.
crossed_round()
{
	local round=$1 declared=() order=(n1 n2) victim=() pause=() rest=() cut first later i

	RANDOM=$((crossed_seed * 1000 + round))
	: >"$dir/declared.n3"
	[ $((RANDOM % 2)) = 0 ] || order=(n2 n1)
	cut=$((RANDOM % 2)) first=$((RANDOM % 400)) later=$((RANDOM % 12))
	for ((i = 0; i < 1 + RANDOM % 4; i++)); do
		victim[i]=${all_nodes[RANDOM % 3]} pause[i]=$((RANDOM % 15)) rest[i]=$((RANDOM % 20))
	done
	what="cut $cut, ${order[0]} declares after $first ms, ${order[1]} $later ms later, killed:"
	what+=" ${victim[*]} (after ${pause[*]} ms)"
	build/witness -c 3 -m $crossed_load_ms -t 4000 -p "x$round" \
		"$(device n1)" "$(device n2)" "$(device n3)" >"$dir/crossed.told" &
	local load=$!
	sleep_ms $first
	[ $cut = 0 ] || scripts/pool cut n1 n2
	declare_down "${order[0]}" "${order[1]}"
	sleep_ms $later
	declare_down "${order[1]}" "${order[0]}"
	for i in "${!victim[@]}"; do
		sleep_ms "${pause[i]}"
		stumble "${victim[i]}" "${rest[i]}"
	done
	[ $cut = 0 ] || scripts/pool heal n1 n2
	wait "${declared[@]}"
	one_pool "$round" "$load"
}

# Whoever is past epoch 1 and not removed: all have one node list.
one_list()
{
	local node lists

	lists=$(for node in "${all_nodes[@]}"; do
		[ "$(member "$node" epoch)" = 1 ] || is "$node" removed || list_of "$node"
	done | sort -u)
	[ "$(wc -l <<<"$lists")" = 1 ] || { echo "        two pools: $lists" | xargs; return 1; }
}

# Sets nodes to those that go on; false while there is something left to decide.
settled()
{
	local node

	nodes=()
	for node in "${all_nodes[@]}"; do
		is "$node" removed || nodes+=("$node")
	done
	[ ${#nodes[@]} -ge 2 ] && all_members && none_promised && all_same
}

# No node waits for the end of a node-down.
none_promised()
{
	local node

	for node in "${nodes[@]}"; do
		! promised "$node" || return 1
	done
}

# As the manual has it: what was cut off is repeated, on a survivor.
settle()
{
	local tries=0

	until wait_a_little settled; do
		one_list || return 1
		tries=$((tries + 1))
		[ $tries -le 5 ] || { echo "        never settled: $(<"$dir/down")"; return 1; }
		is n1 removed || down n1 n2 --yes --force || is n2 removed ||
			down n2 n1 --yes --force || true
	done
}

one_pool()
{
	settle || { states; wait "$2"; return 1; }
	wait "$2"
	settle && one_list && told_holds "x$1-" "$dir/crossed.told" && only_members_commit "$1" ||
		{ states; return 1; }
}

states()
{
	local node

	for node in "${all_nodes[@]}"; do
		echo "        $node $(member "$node" state) $(standing "$node") of $(list_of "$node"):" \
			"$(member "$node" last_error); declared: $(tail -1 "$dir/declared.$node")"
	done
}

# Each of the three is asked for a commit: the removed one, if there is one, gives none.
only_members_commit()
{
	local node label

	for node in "${all_nodes[@]}"; do
		label=last-$1-$node
		if [[ " ${nodes[*]} " == *" $node "* ]]; then
			echo x | on "$node" create "$label" - --timeout 10 >/dev/null || return 1
		else
			! echo x | on "$node" create "$label" - --timeout 10 >/dev/null 2>&1 || return 1
		fi
	done
	wait_until all_same
}

scene_crossings()
{
	local round what bad=0 all_nodes=(n1 n2 n3) ends=() began

	began=$(now_ms)
	echo "        $crossed_rounds rounds, SEED=$crossed_seed"
	for ((round = 1; round <= crossed_rounds; round++)); do
		nodes=("${all_nodes[@]}")
		scripts/pool up -n 3 --softdev --grace-ms=300 && wait_until all_members || return
		if ! crossed_round $round; then
			echo "        round $round, SEED=$crossed_seed: $what"
			bad=$((bad + 1))
		fi
		ends+=("${nodes[*]}")
	done
	echo "        $(($(now_ms) - began)) ms; went on:" \
		"$(printf '%s\n' "${ends[@]}" | sort | uniq -c | xargs)"
	[ $bad = 0 ]
	verdict $? "$crossed_rounds times two node-downs that cross: one pool, nothing told is lost"
}
