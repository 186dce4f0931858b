# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Nodes are killed at random moments under a load and started again, round after round: what was
# told committed is there, what was told aborted is not, and all agree. $ROUNDS rounds; $SEED draws
# who dies and when.

crash_rounds=${ROUNDS:-10}
crash_seed=${SEED:-$((EPOCHSECONDS % 100000))}
crash_pool=25		# rounds of one pool; then another one, so that stores stay small
crash_clients=6
crash_load_ms=700
crash_asked=4		# TIDs whose outcome all nodes are asked for, of each kind and round

# n3 refuses large objects: so some transactions are aborted by a vote.
crash_up()
{
	scripts/pool up -n 3 --softdev --grace-ms=300 --softdev n3:--payload-max=1024 &&
		wait_until all_members && : >"$dir/crash.told"
}

# Pids of agents and devices, as words.
pids_of()
{
	local what=$1 node

	shift
	for node; do
		cat "$HSMREPL_POOL/$node/$what.pid"
	done
}

# What is killed in this round: sets kind, and victims, which are nodes to be started again.
draw_victims()
{
	local n=$((RANDOM % 3))

	victims=("${nodes[@]:n:1}" "${nodes[@]:((n + 1) % 3):1}" "${nodes[@]:((n + 2) % 3):1}")
	case $((RANDOM % 8)) in
	0|1|2)	kind=all ;;
	3|4)	kind=one victims=("${victims[0]}") ;;
	5)	kind=two victims=("${victims[@]:0:2}") ;;
	6)	kind=agents ;;
	7)	kind=devices victims=("${victims[@]:0:2}") ;;
	esac
}

strike()
{
	local what=(agent device)

	[ $kind != agents ] || what=(agent)
	[ $kind != devices ] || what=(device)
	# shellcheck disable=SC2046
	kill -KILL $(for w in "${what[@]}"; do pids_of "$w" "${victims[@]}"; done)
}

# What is left of the victims ends too, then they start.
revive()
{
	local node

	if [ $kind = agents ]; then
		for node in "${victims[@]}"; do
			wait_until dead "$(<"$HSMREPL_POOL/$node/agent.pid")"
			start_agent "$node"
		done
		return
	fi
	scripts/pool kill "${victims[@]}"
	scripts/pool start "${victims[@]}"
}

# What the nodes tell of a transaction, each word once.
outcomes()
{
	local node

	for node in "${nodes[@]}"; do
		on "$node" outcome "$1" --json | sed -n 's/.*"outcome":"\([a-z]*\)".*/\1/p'
	done | sort -u | xargs
}

committed_by_tid()
{
	local tid

	for tid in $(lines_of committed "$1" 3 | tail -n $crash_asked); do
		[ "$(outcomes "$tid")" = committed ] && continue
		echo "        $tid was told committed, is $(outcomes "$tid")"
		return 1
	done
}

# Of what nobody was told: outcome and store must say the same, on all nodes. A voter does not hear
# whether a batch that it refused was aborted, or tried again: it may say pending, or unknown.
unknown_has_one_fate()
{
	local label tid fate have

	while read -r _ label tid; do
		[ "$tid" != 0000000000000000 ] || continue
		fate=$(outcomes "$tid")
		have=$(for node in "${nodes[@]}"; do labels_on "$node" "$label"; done |
			grep -cxF "$label")
		case $fate-$have in
		committed-3)	;;
		*committed*)	false ;;
		*-0)		;;
		*)		false ;;
		esac && continue
		echo "        $label ($tid): $fate, and $have nodes have it"
		return 1
	done < <(grep '^unknown' "$1" | shuf -n $crash_asked --random-source=<(yes "$crash_seed"))
}

# One round of that number. Says nothing unless something is wrong.
crash_round()
{
	local round=$1 told=$dir/crash.round pid at again=-1

	RANDOM=$((crash_seed * 1000 + round))
	draw_victims
	at=$((RANDOM % crash_load_ms))
	[ $((RANDOM % 4)) != 0 ] || again=$((RANDOM % 60))
	echo "$kind" >>"$dir/crash.kinds"
	build/witness -l -c $crash_clients -m $crash_load_ms -p "c$round" \
		"$(device n1)" "$(device n2)" "$(device n3)" >"$told" &
	pid=$!
	sleep_ms $at
	strike
	revive
	if [ $again -ge 0 ]; then	# and once more while they come back
		echo again >>"$dir/crash.kinds"
		sleep_ms $again
		strike
		revive
	fi
	wait $pid
	what="$kind (${victims[*]}) killed after $at ms"
	wait_until all_members && wait_until all_same || { echo "        no agreement"; return 1; }
	round_holds "$told" "c$round-"
}

round_holds()
{
	cat "$1" | tee -a "$dir/crash.told" >>"$dir/crash.sum"
	told_holds "$2" "$1" && committed_by_tid "$1" && unknown_has_one_fate "$1"
}

scene_crash()
{
	local round kind victims what bad=0 began

	nodes=(n1 n2 n3)
	: >"$dir/crash.sum"
	: >"$dir/crash.kinds"
	began=$(now_ms)
	echo "        $crash_rounds rounds, SEED=$crash_seed"
	for ((round = 1; round <= crash_rounds; round++)); do
		if [ $((round % crash_pool)) = 1 ]; then
			[ $round = 1 ] || told_holds c "$dir/crash.told" || bad=$((bad + 1))
			crash_up || { bad=$((bad + 1)); break; }
		fi
		crash_round $round && continue
		echo "        round $round, SEED=$crash_seed: $what"
		bad=$((bad + 1))
		[ $bad -lt 3 ] || break
	done
	told_holds c "$dir/crash.told" || bad=$((bad + 1))
	echo "        $(($(now_ms) - began)) ms; kills: $(sort "$dir/crash.kinds" | uniq -c | xargs);" \
		"told: $(fates "$dir/crash.sum")"
	[ $bad = 0 ] && [ $round -gt "$crash_rounds" ]
	verdict $? "$crash_rounds rounds of kill: nothing told is lost or wrong, all agree"
	grep -q '^aborted .* EMSGSIZE' "$dir/crash.sum" && grep -q '^unknown' "$dir/crash.sum"
	verdict $? "among them aborts that a vote brought about, and calls that were told nothing"
}
