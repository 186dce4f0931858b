# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Sourced by suites whose pool is of virtual machines: HSMREPL_LAB and nodes are theirs.

. tests/asks.sh
lab=scripts/lab
patience=120	# seconds, far more than anything here takes
short_patience=10	# seconds, for what may not come
pause=0.2	# seconds between two looks
dir=$(mktemp -d)
trap 'rm -rf "$dir"; $lab down' EXIT

on()
{
	local node=$1

	shift
	$lab exec "$node" -- hsmreplctl "$@"
}

kernels_are_clean()
{
	local node

	for node; do
		! $lab log "$node" kernel | grep -E 'BUG|WARNING|Oops|Call Trace|hung task' || return 1
	done
}
