# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# A blank node joins while everybody writes.

# load_begin NAME SECONDS [CLIENTS]: writers on n1, n2 and n3; what they were told is in
# $dir/told-NAME.
load_begin()
{
	: >"$dir/told-$1"
	timeout $((patience + $2)) build/load_bench -c "${3:-12}" -s "$2" -p "$1" -o "$dir/told-$1" \
		"$(device n1)" "$(device n2)" "$(device n3)" >"$dir/load-$1" 2>&1 &
	load=$!
}

# load_end NAME
load_end()
{
	wait $load
	verdict $? "$1: no call of the writers fails: $(cat "$dir/load-$1")"
}

# add NODE: a further node, blank.
add()
{
	scripts/pool add "$1" && wait_until is "$1" joining
}

# joins NODE KIND: some member served it so; not always the one that was named.
joins()
{
	grep -q "live-sync: $1 joins (.*): $2" "$HSMREPL_POOL"/n?/agent.log
}

# joined NAME: all nodes of the pool are members, agree, and have what was told.
joined()
{
	wait_until all_members && wait_until all_same
	verdict $? "$1: all are members and agree: ${nodes[*]}"
	nothing_lost "$1" "$dir/told-$1"
	verdict $? "$1: everything that was told is there on all, $(wc -l <"$dir/told-$1") objects"
}

scene_full_loaded()
{
	load_begin before 3
	wait $load
	load_begin full 8
	wait_until told "$dir/told-full" 100
	add n4
	verdict $? "a blank node n4"
	on n4 live-sync n1 --json >"$dir/progress"
	verdict $? "n4 joins by way of n1 while all write"
	nodes+=(n4)
	joins n4 full
	verdict $? "in full"
	grep -q '"phase":"done","with":"n1","percent":100' "$dir/progress"
	verdict $? "its progress ends at 100 percent"
	load_end full
	joined full
	nothing_lost before "$dir/told-before"
	verdict $? "and what was there before"
	echo mine | on n4 create of-n4 - >/dev/null && wait_until all_same && holds n1 of-n4 mine
	verdict $? "n4 writes, n1 reads it"
}

# The pool commits as fast as it can, 100 MB in a few seconds: a node that only comes near would
# never be a member.
scene_pressed()
{
	load_begin pressed 120 192
	wait_until told "$dir/told-pressed" 20000
	add n8
	verdict $? "a blank node n8, and 192 writers that never pause"
	on n8 live-sync n1 >/dev/null && kill -0 $load
	verdict $? "n8 joins while they write"
	kill -TERM $load
	load_end pressed
	nodes+=(n8)
	joined pressed
	on n8 leave && wait_until is n8 removed
	verdict $? "n8 leaves"
	nodes=("${nodes[@]:0:${#nodes[@]}-1}")
	wait_until all_members && wait_until all_same
	verdict $? "the others go on: ${nodes[*]}"
}
