# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# A backup becomes a pool again.

# contents NODE: all objects with what is in them, one sum.
contents()
{
	on "$1" list --json | sed 's/},{/}\n{/g' |
		grep -o '"label":"[^"]*"\|"version":[0-9]*\|"id":"[^"]*"\|"size":[0-9]*' | sha256sum
}

# sample NODE: some payloads.
sample()
{
	local i

	for i in 0 7 1500 2999; do
		on "$1" get "key-$i" | sha256sum
	done
}

scene_restored()
{
	blank_nodes
	contents n1 >"$dir/before" && sample n1 >"$dir/sample"
	digest=$(member n1 digest)
	on n1 backup "$dir/whole" >/dev/null
	on n4 restore --dry-run "$dir/whole" >"$dir/said"
	[ $? = 0 ] && grep -q 'would make this node a new pool' "$dir/said" && blank n4
	verdict $? "a rehearsal on a blank node: $(tail -1 "$dir/said")"
	on n4 restore --json "$dir/whole" >"$dir/restored"
	verdict $? "restored on n4: $(grep -o '"restored":.*' "$dir/restored")"
	is n4 member && [ "$(contents n4)" = "$(cat "$dir/before")" ] &&
		[ "$(sample n4)" = "$(cat "$dir/sample")" ] && [ "$(member n4 digest)" = "$digest" ]
	verdict $? "all objects are there, same ids, versions, digest"
	on n4 verify >/dev/null
	verdict $? "verify finds nothing"
	[ "$(member n4 pool)" != "$(member n1 pool)" ] &&
		[ "$(member n4 sync_point)" != "$(field sync_point "$dir/restored")" ] &&
		[ "$(member n4 sync_point)" != "$(member n1 sync_point)" ]
	verdict $? "pool id and Sync-Point are others"
	echo new | on n4 create of-n4 - >/dev/null && holds n4 of-n4 new
	verdict $? "it takes writes"
	scripts/pool add n6 && wait_until is n6 joining && on n6 live-sync n4 >/dev/null
	verdict $? "a blank node joins it"
	nodes=(n4 n6)
	wait_until all_members && wait_until all_same && [ "$(contents n6)" = "$(contents n4)" ] &&
		[ "$(sample n6)" = "$(cat "$dir/sample")" ] && on n6 verify --against n4 >/dev/null
	verdict $? "and holds the same"
	on n6 backup "$dir/second" >/dev/null && good "$dir/second" n6 &&
		[ "$(field objects "$dir/said")" = "$(member n6 objects)" ]
	verdict $? "whose backup is whole, too"
	scripts/pool kill n4 n6
	scripts/pool start n4 n6
	wait_until all_members && wait_until all_same
	verdict $? "both are members again after a power cut"
	nodes=(n1 n2 n3)
}

# The old pool and the new one never mix.
scene_old_pool()
{
	need n4 restored
	# Members of the old pool would let it in by its certificate and key set.
	out=$(on n4 live-sync n1 2>&1)
	[ $? = 1 ] && grep -qE 'another pool|is a member' <<<"$out"
	verdict $? "the restored node does not come into the old pool: $out"
	out=$(on n4 test "$(sed -n 's/^peer = 1 n1 //p' "$HSMREPL_POOL/n4/hsmrepld.conf")")
	grep -q 'pool.*not ok\|not ok.*pool' <<<"$out"
	verdict $? "test says so: $(grep pool <<<"$out" | head -1)"
	on n4 leave >/dev/null 2>&1
	wait_until all_same && writes_go_on old && [ "$(member n1 nodes_total)" = 3 ]
	verdict $? "the old pool has three members and goes on"
}
