# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Sourced: the disk of one machine of a lab, with a volatile write cache as real ones have it. What
# was written and not flushed lives in the memory of an nbdkit of its own, and goes when that is
# killed: so a power cut finds a flush that is missing. While $lab/NODE/disk.fails is there, writes
# get EIO.

disk_size=512M

disk_socket()
{
	echo "$run/disk.$(machine_number "$1")"
}

disk_pid()
{
	pid_of "$lab/$1/disk.pid" "$lab/$1/disk.img"
}

# Returns when it serves.
disk_serve()
{
	local dir=$lab/$1

	if [ ! -e "$dir/disk.img" ]; then
		truncate -s $disk_size "$dir/disk.img"
		/sbin/mkfs.ext4 -q -F "$dir/disk.img"
	fi
	rm -f "$dir/disk.pid" "$(disk_socket "$1")"
	TMPDIR=$dir nbdkit -U "$(disk_socket "$1")" -P "$dir/disk.pid" \
		--filter=error --filter=cache file "$dir/disk.img" \
		cache=writeback cache-min-block-size=4K \
		error-pwrite-rate=100% error-pwrite-file="$dir/disk.fails" \
		</dev/null >"$dir/disk.log" 2>&1 || die "no disk for $1: $(cat "$dir/disk.log")"
}
