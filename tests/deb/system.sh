# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Sourced by tests/deb/run: units, rules, completion, signing. $dir is scratch, $tree has all packages.

exposure_max=1.5	# of systemd-analyze security, 10 is worst

check_exposure()
{
	local unit=$tree/lib/systemd/system/$1 score

	score=$(systemd-analyze security --offline=true --no-pager "$unit" |
		sed -n 's/.*Overall exposure level for .*: \([0-9.]*\) .*/\1/p')
	awk -v s="${score:-10}" -v max=$exposure_max 'BEGIN { exit !(s <= max) }'
	verdict $? "$1: exposure ${score:-unknown}, at most $exposure_max"
}

# completed WORD...: what is offered for the last word of that command line.
completed()
{
	PATH=$tree/usr/bin:$PATH bash -c '
		. "$1"
		shift
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_hsmreplctl hsmreplctl "${!#}" "${COMP_WORDS[COMP_CWORD - 1]}"
		printf "%s\n" "${COMPREPLY[@]}"' bash \
		"$tree/usr/share/bash-completion/completions/hsmreplctl" hsmreplctl "$@" | sort
}

check_completion()
{
	local verbs verb option options

	verbs=$(sed -n 's/^	{ "\([a-z-]*\)", verb_.*/\1/p' agent/ctl/table.c | sort)
	[ "$(wc -w <<<"$verbs")" -ge 20 ] &&
		diff <(echo "$verbs") <(completed '' | grep -v '^-')
	verdict $? "bash completes the $(wc -w <<<"$verbs") verbs of the table"
	diff <(grep '^li' <<<"$verbs") <(completed --device /dev/hsmrepl li)
	verdict $? "bash completes verbs behind an option"
	for verb in $verbs; do
		options=$(tr '\n' ' ' <agent/ctl/table.c | grep -o "{ \"$verb\", [^}]*}" |
			grep -o -- '--[a-z-]*')
		diff <(printf '%s\n' --device --help --json $options | sort -u) \
			<(completed "$verb" --)
		verdict $? "bash completes $verb" $options
	done
}

# signed MODULE: its signature verifies with the certificate that made it.
signed()
{
	python3 - "$1" "$dir" <<-'END'
		import struct, sys
		data = open(sys.argv[1], "rb").read()
		magic = b"~Module signature appended~\n"
		assert data.endswith(magic)
		data = data[:-len(magic)]
		size = struct.unpack(">I", data[-4:])[0]
		open(sys.argv[2] + "/signature", "wb").write(data[-12 - size:-12])
		open(sys.argv[2] + "/content", "wb").write(data[:-12 - size])
	END
	openssl x509 -inform DER -in "$dir/mok/mok.der" -out "$dir/mok.pem" &&
		openssl cms -verify -binary -inform DER -in "$dir/signature" -content "$dir/content" \
			-certfile "$dir/mok.pem" -CAfile "$dir/mok.pem" -purpose any \
			-out /dev/null 2>"$dir/cms.log"
}

check_signing()
{
	local kernel mok=$tree/usr/libexec/hsmrepl/mok

	kernel=$(scripts/kernel debian 6.1)
	cp "$(scripts/module "$kernel/build")" "$dir/hsmrepl.ko"
	export SIGN_FILE
	SIGN_FILE=$(find "$kernel/usr/lib" -path '*/scripts/sign-file')
	"$mok" "$dir/mok" key && [ "$(stat -c %a "$dir/mok/mok.key")" = 600 ]
	verdict $? "mok makes a key that only its owner can read"
	! "$mok" "$dir/mok" key 2>/dev/null
	verdict $? "mok does not overwrite it"
	openssl x509 -inform DER -in "$dir/mok/mok.der" -noout -ext extendedKeyUsage |
		grep -q 1.3.6.1.4.1.2312.16.1.2
	verdict $? "its certificate is for modules only"
	"$mok" "$dir/mok" sign "$dir/hsmrepl.ko" &&
		/sbin/modinfo -F signer "$dir/hsmrepl.ko" | grep -q '^hsmrepl module signing key of '
	verdict $? "mok signs: signer is $(/sbin/modinfo -F signer "$dir/hsmrepl.ko")"
	signed "$dir/hsmrepl.ko"
	verdict $? "the signature verifies"
	printf x | dd of="$dir/hsmrepl.ko" bs=1 seek=4096 conv=notrunc 2>/dev/null
	! signed "$dir/hsmrepl.ko"
	verdict $? "that of a changed module does not"
	! "$mok" "$dir/mok" sign "$dir/hsmrepl.ko" 2>/dev/null
	verdict $? "what is signed is not signed again"
}

check_system()
{
	check_exposure hsmrepld.service
	check_exposure hsmrepl-metrics.service
	systemd-analyze calendar "$(sed -n 's/^OnCalendar=//p' agent/system/*.timer)" >/dev/null
	verdict $? "the timer has a time"
	check_completion
	check_signing
}
