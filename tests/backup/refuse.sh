# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What is refused, and how it is said.

# refused NODE FILE PATTERN WHAT: restore and rehearsal there both refuse it with that.
refused()
{
	local said verb

	for verb in restore "restore --dry-run"; do
		# shellcheck disable=SC2086
		said=$(on "$1" $verb "$2" 2>&1)
		if [ $? != 1 ] || ! grep -qE "$3" <<<"$said" || [ "$(wc -l <<<"$said")" != 1 ]; then
			verdict 1 "$4 ($verb): $said"
			return
		fi
	done
	verdict 0 "$4: $said"
}

# change OFFSET BYTE...: a copy of the backup with other bytes there; in $dir/changed.
change()
{
	python3 -c '
import sys
data = bytearray(open(sys.argv[1], "rb").read())
at = int(sys.argv[3])
for i, b in enumerate(sys.argv[4:]):
    data[at + i] ^= int(b)
open(sys.argv[2], "wb").write(data)' "$bundle" "$dir/changed" "$@"
}

# blank NODE: it holds nothing.
blank()
{
	[ "$(member "$1" seq)" = 0 ] && [ "$(member "$1" objects)" = 0 ]
}

# A blank node: n4 of the pool's key set; n5 of another one.
blank_nodes()
{
	[ ! -d "$HSMREPL_POOL/n4" ] || return 0
	scripts/pool add n4 && scripts/pool add n5
	scripts/pool kill n5
	printf '%064d\n' 7 >"$HSMREPL_POOL/pki/other-key-set"
	chmod 600 "$HSMREPL_POOL/pki/other-key-set"
	sed -i 's|^key-set = .*|key-set = '"$HSMREPL_POOL"'/pki/other-key-set|' "$HSMREPL_POOL/n5/hsmrepld.conf"
	rm -rf "$HSMREPL_POOL"/n5/state/*
	scripts/pool start n5
	wait_until is n4 joining && wait_until is n5 joining
	verdict $? "two blank nodes"
}

rehearses()
{
	on "$1" restore "$bundle" --dry-run >/dev/null 2>&1
}

scene_refusals()
{
	local size at

	blank_nodes
	size=$(stat -c %s "$bundle")
	refused n5 "$bundle" 'another key set' "another key set"
	! on n4 restore "$dir" >/dev/null 2>&1
	patience=10 wait_until rehearses n4
	verdict $? "a restore that ended early is not in the way of the next one for long"
	good "$bundle"
	out=$(on n2 restore "$bundle" 2>&1)
	[ $? = 1 ] && grep -q 'zeroize' <<<"$out"
	verdict $? "a member: $out"
	wait_until all_same && is n2 member
	verdict $? "it is one as before"
	echo 'no backup of anything' >"$dir/text"
	refused n4 "$dir/text" 'no backup' "another file"
	: >"$dir/empty"
	refused n4 "$dir/empty" 'cut off' "an empty file"
	change 4 3
	refused n4 "$dir/changed" 'newer version' "a newer format"
	for at in 1 255 256 300 $((size / 2)) $((size - 65)) $((size - 1)); do
		head -c "$at" "$bundle" >"$dir/cut"
		refused n4 "$dir/cut" 'cut off' "cut off at $at of $size"
	done
	{ cat "$bundle"; echo; } >"$dir/longer"
	refused n4 "$dir/longer" 'follows' "something behind its end"
	blank n4 && is n4 joining
	verdict $? "after all that the node is blank as before"
}

# Each region of the file: what is damaged, where, by how much.
scene_damages()
{
	local size

	blank_nodes
	size=$(stat -c %s "$bundle")
	while read -r what at; do
		change "$at" 1
		refused n4 "$dir/changed" 'damaged|no backup|cut off' "$what, byte $at"
	done <<-END
		magic 0
		node 6
		mode 8
		pool 16
		time 32
		seq 48
		digest 64
		chain 80
		check-value 200
		sum 230
		head's-tag 250
		frame's-length 257
		salt 262
		counter 286
		first-ciphertext 300
		tag-of-a-frame $((256 + 4 + 32 + 45056 + 5))
		middle $((size / 2))
		last-frame's-length $((size - 76))
		last-ciphertext $((size - 30))
		last-tag $((size - 3))
	END
	blank n4
	verdict $? "and the node is blank as before"
}
