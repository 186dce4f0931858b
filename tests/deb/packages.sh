# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Sourced by tests/deb/run: what is in the packages. $dir is scratch, $tree has them unpacked.

# contents: "PACKAGE PATH" of every file of all packages but those of debug symbols.
contents()
{
	local deb

	for deb in build/deb/*.deb; do
		[[ $deb != *-dbgsym_* ]] || continue
		dpkg-deb --fsys-tarfile "$deb" | tar -t | grep -v '/$' |
			sed "s#^\.#$(dpkg-deb -f "$deb" Package) #"
	done
}

# staged: PATH of every file of make install, in the places that debian/rules has.
staged()
{
	make -s install-agent install-dkms DESTDIR="$dir/staged" prefix=/usr \
		libdir="/usr/lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH)" \
		unitdir=/lib/systemd/system udevdir=/lib/udev >"$dir/staged.log" 2>&1 || return 1
	(cd "$dir/staged" && find . ! -type d | sed 's/^\.//')
}

check_listed()
{
	local package path found

	while read -r package path; do
		[[ $package != \#* ]] || continue
		# shellcheck disable=SC2053 # a pattern
		found=$(while read -r p f; do
			[[ $f != $path ]] || echo "$p"
		done <"$dir/contents")
		[ "$found" = "$package" ]
		verdict $? "$path is in $package alone"
	done <tests/deb/contents.list
}

check_everything()
{
	local expected=$dir/expected

	# Each source of the module, header and page that the tree has.
	(
		cd kmod && printf '/usr/src/hsmrepl-0.1/kmod/%s\n' *.[ch]
		cd ../agent/lib && printf '/usr/include/%s\n' hsmrepl*.h
		cd ../../Documentation/man && for page in *; do
			printf '/usr/share/man/man%s/%s.gz\n' "${page##*.}" "$page"
		done
		cd .. && find . -type f ! -path './man/*' ! -name '*.py' -printf '/usr/share/doc/hsmrepl/%P\n'
	) | sort >"$expected"
	# Small ones of the documentation are not compressed.
	! comm -23 "$expected" <(cut -d' ' -f2 "$dir/contents" |
		sed '/share\/doc/s/\.gz$//' | sort) | grep .
	verdict $? "every source, header and page of the tree is packed ($(wc -l <"$expected"))"
	staged | sort >"$dir/staged.list"
	diff <(sed -n '/\/man\//!p; s/\(\/man\/.*\)/\1.gz/p' "$dir/staged.list" | sort) \
		<(cut -d' ' -f2 "$dir/contents" | grep -v '^/usr/share/doc/' | sort)
	verdict $? "make install and the packages have the same files ($(wc -l <"$dir/staged.list"))"
	grep -qx 'ExecStart=/usr/sbin/hsmrepld .*' "$dir/staged/lib/systemd/system/hsmrepld.service" &&
		grep -qx prefix=/usr "$dir"/staged/usr/lib/*/pkgconfig/libhsmrepl.pc
	verdict $? "make install goes by the prefix it is given, whatever was built before"
}

check_packages()
{
	local page version

	contents >"$dir/contents"
	[ -z "$(cut -d' ' -f2 "$dir/contents" | sort | uniq -d)" ]
	verdict $? "no file is in two packages"
	check_listed
	check_everything
	version=$(sed -n 's/^VERSION = //p' Makefile)
	[ "$(dpkg-parsechangelog -S Version)" = "$version" ]
	verdict $? "version of the packages is $version"
	lintian --allow-root --no-cfg --fail-on error,warning build/deb/*.deb >"$dir/lintian.log" 2>&1
	verdict $? "lintian has no error and no warning"
	grep '^[EW]:' "$dir/lintian.log"
	for page in Documentation/man/*; do
		LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 "$page" \
			>/dev/null 2>"$dir/man.log" && [ ! -s "$dir/man.log" ]
		verdict $? "man --warnings ${page##*/}"
		cat "$dir/man.log"
	done
}
