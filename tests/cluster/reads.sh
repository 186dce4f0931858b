# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What was told on one node is what the next get on another returns.

scene_reads()
{
	local i writer reader stale=0

	echo 0 | on n1 create turn - >/dev/null
	for ((i = 1; i <= 200; i++)); do
		writer=n$((i % 3 + 1))
		reader=n$(((i + 1 + i / 3 % 2) % 3 + 1))
		echo "$i" | on $writer update turn - >/dev/null || stale=$((stale + 1))
		[ "$(on $reader get turn)" = "$i" ] || stale=$((stale + 1))
	done
	[ $stale = 0 ]
	verdict $? "200 updates, each read at once on another node: $stale stale"
}
