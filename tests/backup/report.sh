# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The support bundle: what is in it, and what must not be.

# forms TEXT: a secret as it may show: raw, in base64 at each alignment, in hex of both cases, as JSON
# escapes nothing of it.
forms()
{
	python3 -c '
import base64, sys
raw = sys.argv[1].encode()
print(sys.argv[1])
for pad in range(3):
    text = base64.b64encode(b"\0" * pad + raw)
    # Without what depends on its neighbours.
    print(text[4 if pad else 0:-4].decode())
print(raw.hex())
print(raw.hex().upper())
' "$1"
}

# plant NAME TEXT: a secret that is looked for.
plant()
{
	forms "$2" | sed "s/^/$1 /" >>"$dir/secrets"
}

# found FOLDER: which of the secrets are in its files.
found()
{
	local name form

	while read -r name form; do
		grep -rqF -- "$form" "$1" && echo "$name"
	done <"$dir/secrets" | sort -u | xargs
}

# unpack NODE FILE: its bundle, in a folder.
unpack()
{
	rm -rf "$dir/unpacked"
	mkdir "$dir/unpacked"
	tar -C "$dir/unpacked" -xzf "$2"
}

report()
{
	local node=$1

	shift
	on "$node" report "$@" --config "$HSMREPL_POOL/$node/hsmrepld.conf"
}

# Objects, refusals of them, a failed restore: whatever could end up in a log.
make_noise()
{
	printf %s "$payload" | on n1 create "$label" --type "$type" - >/dev/null
	printf %s "$payload" | on n1 create "$label" - >/dev/null 2>&1
	on n2 delete "missing-$label" >/dev/null 2>&1
	on n1 verify --against n2 >/dev/null
	on n2 restore "$bundle" >/dev/null 2>&1
}

scene_report()
{
	local payload='the-payload-that-nobody-may-see' label='label-of-a-secret-object'
	local type='secret-type-xyz' key_set name folder wanted

	: >"$dir/secrets"
	key_set=$(<"$HSMREPL_POOL/pki/key-set")
	make_noise
	plant payload "$payload"
	plant label "$label"
	plant type "$type"
	# The key set is written in hex: as such, and as the bytes that it stands for, in base64.
	echo "key-set $key_set" >>"$dir/secrets"
	echo "key-set $(xxd -r -p <<<"$key_set" | base64 -w0 | cut -c1-42)" >>"$dir/secrets"
	echo "private-key $(sed -n 2p "$HSMREPL_POOL/pki/n1.key")" >>"$dir/secrets"

	# What would find them: files that hold them in each form.
	mkdir -p "$dir/control"
	while read -r name form; do
		rm -f "$dir/control"/*
		echo "some text, $form, and more" >"$dir/control/file"
		[ "$(found "$dir/control")" = "$name" ] || break
	done <"$dir/secrets"
	[ "$(found "$dir/control")" = private-key ]
	verdict $? "the search finds each of $(wc -l <"$dir/secrets") forms of the secrets if it is there"

	report n1 "$dir/n1.tar.gz" >/dev/null && unpack n1 "$dir/n1.tar.gz"
	verdict $? "a bundle of n1, $(stat -c %s "$dir/n1.tar.gz") bytes"
	[ "$(stat -c %a "$dir/n1.tar.gz")" = 600 ]
	verdict $? "mode 600"
	folder=$(echo "$dir"/unpacked/*)
	for wanted in status.json:'"state":"member"' nodes.json:'"name":"n3"' pending.json:tids \
		cross-check.json:'"ok":true' metrics.txt:hsmrepl_ agent.json:OpenSSL \
		log.txt:'state member' device.txt:objects_max system.txt:Linux \
		hsmrepld.conf:key-set manifest.txt:sysfs.txt; do
		name=${wanted%%:*}
		tr -d ' ' <"$folder/$name" >"$dir/dense" &&
			grep -qF -- "$(tr -d ' ' <<<"${wanted#*:}")" "$dir/dense"
		verdict $? "$name says ${wanted#*:}"
	done
	out=$(found "$dir/unpacked")
	[ -z "$out" ]
	verdict $? "none of the secrets is in it, in no form${out:+: but $out}"
	rm -rf "$dir/unpacked/raw" && zcat "$dir/n1.tar.gz" >"$dir/unpacked/raw"
	[ -z "$(found "$dir/unpacked")" ]
	verdict $? "nor between its files"

	out=$(report n1 "$dir/n1.tar.gz" 2>&1)
	[ $? = 1 ] && grep -q -- --force <<<"$out"
	verdict $? "it replaces nothing: $out"
	report n2 - 2>/dev/null | tar -tz | grep -q manifest.txt
	verdict $? "to standard output"
	end_agent n3
	report n3 "$dir/n3.tar.gz" >/dev/null && unpack n3 "$dir/n3.tar.gz" &&
		grep -q '"state":"offline"' "$dir"/unpacked/*/status.json &&
		grep -q 'nodes.json.*not there: no agent' "$dir"/unpacked/*/manifest.txt
	verdict $? "and without an agent, as far as it goes"
	start_agent n3
	are_members
	verdict $? "which comes back"
}
