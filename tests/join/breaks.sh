# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What breaks while a node joins under load: it goes on, the pool does too, nothing is lost.

rounds=${JOIN_ROUNDS:-2}	# of each kind; make of it what there is time for
slack_ms=5000	# what a starved machine may add to a wait; measured: a quarter of a second

# Out of the pool, and blank again.
blank()
{
	take_out "$1" && scripts/pool start "$1" && wait_until is "$1" removed &&
		on "$1" zeroize --yes && wait_until is "$1" joining
}

# At a random point of a join: the longest one seen takes about this.
random_point()
{
	sleep "$(awk -v r=$RANDOM 'BEGIN { printf "%.3f", 0.05 + r / 32768 * 1.2 }')"
}

break_donor()
{
	kill_agent n1
	start_agent n1
}

break_newcomer()
{
	kill_agent n4
	start_agent n4
}

break_link()
{
	scripts/pool cut n1 n4
	random_point
	scripts/pool heal n1 n4
}

# longest NAME: longest wait of a writer, in milliseconds.
longest()
{
	sed -n 's/.*max_us=\([0-9]*\).*/\1/p' "$dir/load-$1" | awk '{ printf "%d\n", $1 / 1000 }'
}

# break_round KIND ROUND: n4 joins by way of n1, and KIND breaks.
break_round()
{
	local name=$1-$2 began broken_ms

	blank n4 && wait_until all_members
	verdict $? "$name: n4 is out and blank"
	load_begin "$name" 5
	wait_until told "$dir/told-$name" 20
	on n4 live-sync n1 >/dev/null 2>&1 &
	random_point
	began=$(now_ms)
	"break_$1"
	broken_ms=$(($(now_ms) - began))
	nodes+=(n4)
	wait_until all_members
	verdict $? "$name: broken for $broken_ms ms, n4 becomes a member"
	load_end "$name"
	joined "$name"
	[ "$(longest "$name")" -lt $((broken_ms + slack_ms)) ]
	verdict $? "$name: no writer waited for longer than that: $(longest "$name") ms"
}

break_rounds()
{
	local round

	need n4 full_loaded
	for ((round = 1; round <= rounds; round++)); do
		break_round "$1" $round
	done
}

scene_donor_killed()
{
	break_rounds donor
}

scene_newcomer_killed()
{
	break_rounds newcomer
}

scene_link_cut()
{
	break_rounds link
}
