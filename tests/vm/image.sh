# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Sourced: makes initramfs images. An image is a staging directory that these
# functions fill and image_pack turns into a cpio archive. No root needed.

# image_begin DIR: an empty root with busybox.
image_begin()
{
	local dir=$1

	rm -rf "$dir"
	mkdir -p "$dir"/{bin,sbin,usr/bin,usr/sbin,etc,dev,proc,sys,tmp,run,root,var/log,var/lib,lib/modules}
	chmod 700 "$dir/root"
	(cd "$dir" && /bin/busybox --list-full | while read -r path; do
		ln -sf /bin/busybox "$path"
	done)
	rm -f "$dir/bin/busybox"
	cp /bin/busybox "$dir/bin/busybox"
	ln -sf bin/busybox "$dir/init"
	echo 'root:x:0:0:root:/root:/bin/sh' >"$dir/etc/passwd"
	echo 'root:x:0:' >"$dir/etc/group"
	echo /bin/sh >"$dir/etc/shells"
}

# image_binary DIR BINARY TO: a program and the shared libraries it needs.
image_binary()
{
	local dir=$1 binary=$2 to=$3 lib

	if ldd "$binary" 2>/dev/null | grep 'not found' >&2; then
		echo "image: $binary lacks libraries on this machine" >&2
		return 1
	fi
	cp -L "$binary" "$dir$to"
	for lib in $(ldd "$binary" 2>/dev/null | grep -o '/[^ ]*'); do
		[ -e "$dir$lib" ] && continue
		mkdir -p "$dir$(dirname "$lib")"
		cp -L "$lib" "$dir$lib"
	done
}

# image_modules DIR KERNEL_DIR RELEASE NAME...: kernel modules with all they
# depend on; /etc/modules lists the files in the order to load them.
image_modules()
{
	local dir=$1 kernel=$2 release=$3 name verb path

	shift 3
	for name; do
		/sbin/modprobe --show-depends -d "$kernel" -S "$release" "$name"
	done | while read -r verb path _; do
		[ "$verb" = insmod ] || continue
		name=$(basename "$path")
		[ -e "$dir/lib/modules/$name" ] && continue
		cp "$path" "$dir/lib/modules/$name"
		echo "/lib/modules/$name" >>"$dir/etc/modules"
	done
}

# image_pack DIR FILE
image_pack()
{
	(cd "$1" && find . | cpio -o -H newc -R 0:0 --quiet) >"$2.new"
	mv "$2.new" "$2"
}
