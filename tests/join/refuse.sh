# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What is refused, said on both sides with what to do; and what --overwrite is for.

# refuses NODE PATTERN VERB...: the verb fails, in one line that says so and what to do.
refuses()
{
	local node=$1 pattern=$2

	shift 2
	! on "$node" "$@" >"$dir/refused" 2>&1 &&
		grep -q "^hsmreplctl: $1: .*$pattern.*: " "$dir/refused" &&
		[ "$(wc -l <"$dir/refused")" = 1 ] && return
	cat "$dir/refused"
	return 1
}

# said_why NODE PATTERN...: one line of its log has all that.
said_why()
{
	local node=$1 lines pattern

	shift
	lines=$(agent_log "$node")
	for pattern; do
		lines=$(grep "$pattern" <<<"$lines")
	done
	[ -n "$lines" ]
}

scene_refusals()
{
	refuses n1 "member" live-sync n2
	verdict $? "a member, all well: nothing to do"
	refuses n1 "itself" live-sync n1
	verdict $? "onto itself"
	refuses n1 "no listed node" live-sync nobody
	verdict $? "from nobody"

	add n5 && add n6
	verdict $? "two more nodes"
	refuses n5 "in no pool" verify --against n1
	verdict $? "a blank node has nothing to compare"
	# n5 knows n6 by its configuration only if that was written after it was made.
	refuses n6 "no member" live-sync n5
	verdict $? "from a node that is no member"
	said_why n5 "refused n6" "no member" && said_why n6 "no member"
	verdict $? "said in both logs"

	on n6 form >/dev/null 2>&1 || on n6 form n6 >/dev/null
	echo old | on n6 create of-n6 - >/dev/null
	verdict $? "n6 is a pool of its own, with a key"
	refuses n6 "another pool" live-sync n1
	verdict $? "keys of another pool: only with --overwrite"
	said_why n1 "refused n6" "another pool" "overwrite" && said_why n6 "another pool" "overwrite"
	verdict $? "said in both logs"
	holds n6 of-n6 old && echo more | on n6 create more-n6 - >/dev/null
	verdict $? "n6 is as it was, and takes writes"
}

scene_overwrite()
{
	need n6 refusals
	on n6 live-sync n1 --overwrite >"$dir/overwritten"
	verdict $? "n6 joins with --overwrite"
	nodes+=(n6)
	wait_until all_members && wait_until all_same
	verdict $? "all are members and agree: ${nodes[*]}"
	! on n6 get of-n6 --timeout 5 >/dev/null 2>&1
	verdict $? "its own key is gone"
	grep -q "put aside in .*quarantine-" "$dir/overwritten" &&
		[ "$(find "$HSMREPL_POOL/n6/state" -name 'quarantine-*' -size +0c | wc -l)" = 1 ]
	verdict $? "into a quarantine file"
	! grep -rq of-n6 "$HSMREPL_POOL/n6/state"
	verdict $? "that tells nothing to who has no key set"
	brought_back
}

# What was put aside can be looked at, and put into the pool.
brought_back()
{
	local conf=$HSMREPL_POOL/n6/hsmrepld.conf file

	file=$(basename "$HSMREPL_POOL"/n6/state/quarantine-*)
	build/hsmrepld -c "$conf" --quarantine "$file" >"$dir/aside"
	[ "$(wc -l <"$dir/aside")" = 2 ] && grep -q '^{"label":"more-n6",' "$dir/aside" &&
		grep -qE '^{"label":"of-n6","type":"opaque","version":1,"seq":[0-9]+,"size":4}$' "$dir/aside"
	verdict $? "who has it sees what is in it: $(xargs -d '\n' <"$dir/aside")"
	build/hsmrepld -c "$conf" --quarantine "$file" --export | on n1 load - >/dev/null && wait_until holds n6 of-n6 old &&
		holds n1 more-n6 more
	verdict $? "and can bring it back"
	sed 's/^key-set.*/key-set = \/dev\/null/' "$conf" >"$dir/no-key-set"
	! build/hsmrepld -c "$dir/no-key-set" --quarantine "$HSMREPL_POOL/n6/state/$file" >"$dir/aside" 2>&1
	verdict $? "who has no key set does not: $(<"$dir/aside")"
}

scene_leaves()
{
	local last=${nodes[-1]}

	on "$last" leave
	verdict $? "$last leaves"
	nodes=("${nodes[@]:0:${#nodes[@]}-1}")
	wait_until is "$last" removed && wait_until all_members && wait_until all_same
	verdict $? "the others go on: ${nodes[*]}"
	on "$last" status --json | grep -q '"last_error":"[^"]*left the pool in order'
	verdict $? "its status says that it left in order"
	echo later | on n1 create later - >/dev/null
	verdict $? "n1 writes"
	on "$last" live-sync n1 >/dev/null
	verdict $? "$last comes back"
	nodes+=("$last")
	wait_until all_members && wait_until all_same && holds "$last" later later
	verdict $? "all are members and agree: ${nodes[*]}"
	joins "$last" delta
	verdict $? "by delta"
}
