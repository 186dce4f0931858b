# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Sourced by tests/deb/run: install, upgrade and purge in a root of its own, without network, and the
# module that DKMS builds there. $dir is scratch.

older=0.0.9	# version of the packages that are upgraded

root_down()
{
	[ -z "${root-}" ] || rm -rf "$root"
	root=''
}

# older_package DEB: the same as if it were of that version.
older_package()
{
	local version work=$dir/older file

	version=$(dpkg-deb -f "$1" Version)
	rm -rf "$work"
	dpkg-deb -R "$1" "$work"
	sed -i -e "s/^Version: .*/Version: $older/" -e "s/(= $version)/(= $older)/" "$work/DEBIAN/control"
	if [ -d "$work/usr/src" ]; then
		mv "$work/usr/src/hsmrepl-$version" "$work/usr/src/hsmrepl-$older"
		for file in "$work"/DEBIAN/{postinst,prerm} "$work/usr/src/hsmrepl-$older/dkms.conf"; do
			sed -i "s/\b${version//./\\.}\b/$older/g" "$file"
		done
	fi
	dpkg-deb --root-owner-group -b "$work" "$root/debs/older/" >/dev/null
}

root_up()
{
	local tar deb node

	tar=$(scripts/debian-root "$1") || return 1
	root=$dir/root
	mkdir -p "$root"
	# Its few devices come from outside.
	tar -C "$root" --exclude='./dev/*' -xf "$tar" || return 1
	for node in null zero full random urandom; do
		: >"$root/dev/$node"
	done
	ln -s /proc/self/fd "$root/dev/fd"
	printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
	chmod 755 "$root/usr/sbin/policy-rc.d"
	mkdir -p "$root/debs/older"
	for deb in build/deb/*.deb; do
		[[ $deb != *-dbgsym_* ]] || continue
		cp "$deb" "$root/debs/"
		older_package "$deb" || return 1
	done
	cp scripts/mok "$root/debs/"
}

# inside COMMAND: run it there, with processes, mounts and network of its own.
inside()
{
	local own=()

	[ "$(id -u)" = 0 ] || own=(--user --map-root-user --map-auto)
	unshare "${own[@]}" --mount --pid --net --fork --kill-child bash -c '
		cd "$1" && mount -t proc proc proc && mount -t tmpfs tmpfs tmp || exit 125
		for node in null zero full random urandom; do
			mount --bind /dev/$node dev/$node || exit 125
		done
		exec chroot . env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
			DEBIAN_FRONTEND=noninteractive bash -c "$2"' bash "$root" "$1" >"$dir/inside.log" 2>&1
}

# step WHAT COMMAND: a case of its own; shows what the command said if it failed.
step()
{
	local status

	inside "$2"
	status=$?
	verdict $status "$suite: $1"
	[ $status = 0 ] || tail -20 "$dir/inside.log"
}

# Every path, but for what package management, DKMS and depmod keep for themselves.
paths()
{
	(cd "$root" && find . -xdev \( -path ./proc -o -path ./tmp -o -path ./run -o -path ./dev -o -path ./debs -o \
		-path ./var/lib/dpkg -o -path ./var/lib/apt -o -path ./var/cache -o -path ./var/log \
		\) -prune -o -print) |
		grep -vE '^\./(etc/[a-z]+-|var/lib/dkms/mok\.[a-z]+|lib/modules/[^/]+/modules\..*)$' |
		grep -vE '^\./usr/lib/modules/[^/]+/modules\.[^/]*$' | sort
}

apt='apt-get -qy --no-install-recommends'

check_install()
{
	local kernels

	mapfile -t kernels < <(ls "$root/usr/lib/modules")
	step "a key to sign modules with" '/debs/mok /root/mok key && /debs/mok /root/mok dkms'
	# The older version is built for the last kernel alone: that is enough to see it go.
	mkdir "$root/aside"
	mv "$root"/usr/lib/modules/* "$root/aside/"
	mv "$root/aside/${kernels[-1]}" "$root/usr/lib/modules/"
	step "version $older installs, without configuration" "$apt install /debs/older/*.deb"
	step "the module of $older is built" "dkms status -m hsmrepl -v $older | grep -q ': installed'"
	[ ${#kernels[@]} = 1 ] || mv "$root"/aside/* "$root/usr/lib/modules/"
	rmdir "$root/aside"
	step "user and groups are there" 'id -nG hsmrepl | grep -qw hsm && getent group hsm'
	step "the service is enabled, metrics and discovery are not" '
		systemctl is-enabled hsmrepld.service &&
		! systemctl is-enabled hsmrepl-metrics.timer &&
		! systemctl is-enabled hsmrepl-discovery.socket'
	echo 'node-id = 1' >"$root/etc/hsmrepl/hsmrepld.conf"
	mkdir -p "$root/var/lib/hsmrepl"
	echo kept >"$root/var/lib/hsmrepl/file"
}

check_upgrade()
{
	local kernel version

	version=$(dpkg-parsechangelog -S Version)
	step "upgrade to $version" "$apt install /debs/*.deb"
	step "configuration and store are kept" \
		'grep -q node-id /etc/hsmrepl/hsmrepld.conf && grep -q kept /var/lib/hsmrepl/file'
	step "the module of $older is gone" "! dkms status -m hsmrepl | grep $older"
	for kernel in "$root"/usr/lib/modules/*; do
		kernel=${kernel##*/}
		step "DKMS built the module for $kernel" "
			file=/lib/modules/$kernel/updates/dkms/hsmrepl.ko
			modinfo -F vermagic \$file* | grep -q '^$kernel '"
		step "and signed it with our key" "
			modinfo -F signer /lib/modules/$kernel/updates/dkms/hsmrepl.ko* |
			grep 'hsmrepl module signing key'"
	done
	step "systemd has nothing to say about the units" '
		said=$(systemd-analyze verify --man=no hsmrepld.service hsmrepl-metrics.timer \
			hsmrepl-discovery.socket 2>&1)
		echo "$said"; ! grep -i hsmrepl <<<"$said"'
	step "and finds their exposure to be $exposure_max or less" "
		for unit in hsmrepld hsmrepl-metrics; do
			systemd-analyze security --offline=true \\
				--threshold=${exposure_max/./} \$unit.service || exit
		done"
	# Debian 12 has no such verb.
	[ "$suite" = bookworm ] ||
		step "udev takes the rule" 'udevadm verify /lib/udev/rules.d/60-hsmrepl.rules'
	step "the programs run" 'hsmrepld --version && hsmreplctl --help && hsmrepl-softdev --help'
}

check_purge()
{
	step "removal" "$apt remove hsmrepl hsmrepl-dkms libhsmrepl1 libhsmrepl-dev"
	step "keeps configuration and store" \
		'test -e /etc/hsmrepl/hsmrepld.conf -a -e /var/lib/hsmrepl/file'
	rm "$root/etc/hsmrepl/hsmrepld.conf" "$root/etc/dkms/framework.conf.d/hsmrepl-mok.conf"
	rm -r "$root/root/mok"
	step "purge" "$apt purge hsmrepl hsmrepl-dkms"
	diff "$dir/paths" <(paths) >"$dir/paths.diff"
	verdict $? "$suite: no file is left"
	cat "$dir/paths.diff"
}

# check_root SUITE: all of it in one release of Debian.
check_root()
{
	local suite=$1

	root_up "$suite"
	verdict $? "$suite: a plain root"
	paths >"$dir/paths"
	check_install
	check_upgrade
	check_purge
	root_down
}
