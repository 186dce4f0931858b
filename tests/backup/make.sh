# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Backups are made.

# load_objects COUNT: so many of 1 KiB.
load_objects()
{
	python3 -c '
import base64, json, os, sys
for i in range(int(sys.argv[1])):
    print(json.dumps({"label": "key-%d" % i, "payload_b64": base64.b64encode(os.urandom(1024)).decode()}))
' "$1" | on n1 load - >/dev/null
	verdict $? "$1 objects"
}

# field NAME FILE: a member of the JSON object in that file.
field()
{
	python3 -c '
import json, sys
print(json.load(open(sys.argv[2]))[sys.argv[1]])' "$1" "$2"
}

# good FILE [NODE]: a rehearsal finds nothing wrong with it; what it says is in $dir/said.
good()
{
	on "${2-n2}" restore --dry-run --json "$1" >"$dir/said"
}

scene_under_load()
{
	local node pids=() told

	: >"$dir/told"
	timeout $((patience + 4)) build/load_bench -c 12 -s 4 -p live -o "$dir/told" \
		"$(device n1)" "$(device n2)" "$(device n3)" >"$dir/load" 2>&1 &
	load=$!
	wait_until told "$dir/told" 200
	# Whole lines of what was told before the backups began.
	head -n "$(wc -l <"$dir/told")" "$dir/told" >"$dir/told-before"
	for node in n1 n2 n3; do
		on "$node" backup --json "$dir/live-$node" >"$dir/made-$node" &
		pids+=($!)
	done
	for node in n1 n2 n3; do
		wait "${pids[0]}"
		verdict $? "$node makes a backup while all write: $(cut -c1-60 "$dir/made-$node")"
		pids=("${pids[@]:1}")
	done
	told=$(wc -l <"$dir/told")
	wait $load
	verdict $? "no call of the writers fails: $(cat "$dir/load")"
	[ "$(wc -l <"$dir/told")" -gt "$told" ]
	verdict $? "and they went on writing"
	for node in n1 n2 n3; do
		good "$dir/live-$node" && [ "$(field seq "$dir/said")" = "$(field seq "$dir/made-$node")" ]
		verdict $? "the one of $node is whole: seq $(field seq "$dir/said"), $(field objects "$dir/said") objects"
	done
	[ "$(field objects "$dir/said")" -ge $((3000 + $(wc -l <"$dir/told-before"))) ]
	verdict $? "with all that was told before it began: $(wc -l <"$dir/told-before")"
}

scene_file()
{
	local sum

	[ "$(stat -c %a "$bundle")" = 600 ] && good "$bundle"
	verdict $? "mode 600"
	sum=$(sha256sum <"$bundle")
	out=$(on n1 backup "$bundle" 2>&1)
	[ $? = 1 ] && grep -q -- --force <<<"$out" && [ "$(sha256sum <"$bundle")" = "$sum" ]
	verdict $? "one that is there stays: $out"
	cp "$bundle" "$dir/again"
	on n1 backup --force "$dir/again" >/dev/null && good "$dir/again" &&
		[ "$(sha256sum <"$dir/again")" != "$sum" ]
	verdict $? "with --force it is replaced"
	on n1 backup - 2>/dev/null | cat >"$dir/piped" && good "$dir/piped"
	verdict $? "to standard output"
	good - n3 <"$bundle"
	verdict $? "and from standard input"
	out=$(script -qec "build/hsmreplctl --device $(device n1) backup -" /dev/null </dev/null)
	grep -q 'is a terminal' <<<"$out"
	verdict $? "not to a terminal: $(tr -d '\r\n' <<<"$out")"
	out=$(on n1 backup "$dir/no/such/place" 2>&1)
	[ $? = 1 ]
	verdict $? "into no directory: $out"
	build/hsmreplctl --device "$(device n1)" backup "$dir/broken" >/dev/null &
	wait_until compgen -G "$dir/broken.*" >/dev/null
	kill -TERM $! && ! wait $! 2>/dev/null && ! compgen -G "$dir/broken*" >/dev/null
	verdict $? "an interrupt leaves nothing behind"
}
