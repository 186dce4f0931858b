# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Do all agree? And a split brain: an operator who is wrong on both sides of a cut.

# count FILE TEXT: how often it stands there.
count()
{
	grep -o "$2" "$1" | wc -l
}

scene_checked()
{
	local pairs=$((${#nodes[@]} * (${#nodes[@]} - 1) / 2))

	on n2 cross-check --json >"$dir/checked"
	verdict $? "cross-check: all is well"
	[ "$(count "$dir/checked" '"connected":true,"epoch":true,"history":true,"digest":true')" = $pairs ]
	verdict $? "every pair: $pairs"
	on n1 split-brain --json | grep -q '"split":false'
	verdict $? "no split brain"
}

knows_split()
{
	on "$1" split-brain --json >"$dir/split-$1" && grep -q '"split":true' "$dir/split-$1"
}

# side NODE left|right: its side, as NODE tells it.
side()
{
	grep -o "\"$2\":{.*" "$dir/split-$1" | head -1
}

cut_off()
{
	local node

	for node in "${nodes[@]}"; do
		[ "$node" = "$1" ] || scripts/pool "$2" "$1" "$node"
	done
}

scene_split()
{
	local last=${nodes[-1]} others=("${nodes[@]:0:${#nodes[@]}-1}") seq

	seq=$(member n1 seq)
	cut_off "$last" cut
	wait_until is n1 blocked && wait_until is "$last" blocked
	verdict $? "$last is cut off"
	! on n1 cross-check >/dev/null 2>"$dir/said" && [ "$(wc -l <"$dir/said")" = 1 ] &&
		grep -q '^hsmreplctl: cross-check: not all members are connected' "$dir/said"
	verdict $? "cross-check fails, and says so in one line"
	on n1 node-down "$last" --yes >/dev/null && on "$last" node-down "${others[@]}" --yes --force >/dev/null
	verdict $? "both sides declare the other one dead"
	echo left | on n1 create both - >/dev/null && echo right | on "$last" create both - >/dev/null
	verdict $? "and write"
	cut_off "$last" heal
	wait_until knows_split n1 && wait_until knows_split "$last"
	verdict $? "healed: each finds the split brain"
	grep -q "\"fork\":{\"seq\":$seq," "$dir/split-n1" && grep -q "\"fork\":{\"seq\":$seq," "$dir/split-$last"
	verdict $? "with the last common transaction, seq $seq"
	grep -q '"left":{[^}]*"majority":true' "$dir/split-n1" &&
		grep -q '"right":{[^}]*"majority":false' "$dir/split-n1"
	verdict $? "the majority is named"
	[ "$(count "$dir/split-n1" '"tid"')" = 4 ]
	verdict $? "both sides' transactions are listed"
	grep -q '"different":1,' "$dir/split-n1" && grep -q '"label":"both","class":"different"' "$dir/split-n1"
	verdict $? "the object that both wrote is named as different"
	wait_until is "$last" diverged && ! echo no | on "$last" create no - --timeout 5 >/dev/null 2>&1
	verdict $? "the minority stops writing"
	echo yes | on n1 create yes - >/dev/null && is n1 member
	verdict $? "the majority goes on"
	said_why n1 "split brain: $last" && said_why "$last" "split brain: n"
	verdict $? "both logs say so"
	refuses "$last" "another history" live-sync n1
	verdict $? "$last does not join just so"
	on "$last" live-sync n1 --overwrite >/dev/null
	verdict $? "but with --overwrite"
	wait_until all_members && wait_until all_same && holds "$last" both left
	verdict $? "all are members and agree: ${nodes[*]}"
}

# An object that another node holds otherwise, among many: found by its name, with little sent.
scene_verified()
{
	on n1 verify >"$dir/verified"
	verdict $? "verify: the content is what its digest says: $(head -1 "$dir/verified")"
	on n1 verify --against n2 --json >"$dir/verified" && grep -q '"different":0' "$dir/verified"
	verdict $? "verify --against n2: all the same"
	! on n1 verify --against nobody >/dev/null 2>&1
	verdict $? "against nobody: refused"
}
