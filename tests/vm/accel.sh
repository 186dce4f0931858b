# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Sourced: which QEMU accelerator serves. KVM may be present and yet hang an
# ordinary kernel, so it is used only after it has booted a guest once.

accel_timeout=20	# seconds that a guest under KVM has to boot

# accel_probe VMLINUX: true if KVM boots this kernel.
accel_probe()
{
	local vmlinux=$1 dir ok=1

	[ -w /dev/kvm ] || return 1
	dir=$(mktemp -d)
	image_begin "$dir/root"
	cat >"$dir/root/etc/inittab" <<-'EOF'
		::sysinit:/bin/mount -t devtmpfs dev /dev
		::sysinit:/bin/sh -c "echo kvm-boots >/dev/ttyS1; poweroff -f"
	EOF
	image_pack "$dir/root" "$dir/image"
	(timeout -s KILL $accel_timeout qemu-system-x86_64 -machine q35 -accel kvm \
		-cpu host -m 256 -nodefaults -no-user-config -display none -no-reboot \
		-kernel "$vmlinux" -initrd "$dir/image" -append "quiet panic=-1" \
		-serial null -serial "file:$dir/verdict" </dev/null || true) >/dev/null 2>&1
	grep -q kvm-boots "$dir/verdict" 2>/dev/null || ok=0
	rm -rf "$dir"
	[ $ok = 1 ]
}

# accel_choose VMLINUX CACHE: prints tcg or kvm; HSMREPL_ACCEL decides if set.
accel_choose()
{
	local answer

	case ${HSMREPL_ACCEL-} in
	tcg|kvm)	echo "$HSMREPL_ACCEL"; return ;;
	'')		;;
	*)		echo "HSMREPL_ACCEL must be tcg or kvm" >&2; return 1 ;;
	esac
	answer=$2/accel-$( (uname -srv; cat "$1") | sha256sum | cut -c1-16)
	if [ ! -e "$answer" ]; then
		if accel_probe "$1"; then echo kvm; else echo tcg; fi >"$answer.$$"
		mv "$answer.$$" "$answer"
	fi
	cat "$answer"
}
