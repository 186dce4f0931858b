# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Writers on all nodes at once: everybody is served, nobody sees an abort, all nodes agree.

load_lines()
{
	local payload

	payload=$(head -c 1024 /dev/urandom | base64 -w 0)
	seq 1 1000 | sed "s|.*|{\"op\":\"create\",\"label\":\"$1-&\",\"payload_b64\":\"$payload\"}|"
}

scene_load()
{
	local node pids=() before pid ended=0

	before=$(member n1 seq)
	for node in "${nodes[@]}"; do
		load_lines "$node" >"$dir/$node.lines"
	done
	for node in "${nodes[@]}"; do
		on "$node" load "$dir/$node.lines" --json >"$dir/$node.loaded" 2>"$dir/$node.errors" &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid" || ended=1
	done
	verdict $ended "three loads of 1,000 objects of 1 KiB at once end well"
	[ "$(grep -l '"committed":1000[,}]' "$dir"/n?.loaded | wc -l)" = 3 ]
	verdict $? "each was told 1,000 commits"
	[ ! -s "$dir/n1.errors" ] && [ ! -s "$dir/n2.errors" ] && [ ! -s "$dir/n3.errors" ]
	verdict $? "nobody was told anything else"
	wait_until all_same
	verdict $? "the same seq, Sync-Point, chain and digest"
	[ "$(member n1 seq)" = $((before + 3000)) ]
	verdict $? "each counts once"
}

# Clients with one transaction each, all at once, for some seconds: each gets its share.
scene_share()
{
	local out

	out=$(timeout $patience build/load_bench -c 48 -s 4 -p share \
		"$(device n1)" "$(device n2)" "$(device n3)")
	verdict $? "48 writers on three nodes: no call fails"
	echo "        $out"
	wait_until all_same
	verdict $? "the same seq, Sync-Point, chain and digest"
}
