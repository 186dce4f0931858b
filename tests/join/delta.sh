# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# A node that was taken out by node-down comes back with what it has.

# take_out NODE: killed, and declared dead.
take_out()
{
	scripts/pool kill "$1" && wait_until is n1 blocked &&
		on n1 node-down "$1" --yes >/dev/null || return
	nodes=($(printf '%s\n' "${nodes[@]}" | grep -vx "$1"))
	wait_until all_members
}

# received NODE: bytes that its mesh took since it started.
received()
{
	metric "$1" hsmrepl_mesh_bytes_received_total
}

scene_delta_back()
{
	need n4 full_loaded
	take_out n4
	verdict $? "n4 is killed, node-down takes it out"
	load_begin away 2
	load_end away
	on n1 delete of-n4 >/dev/null && echo other | on n1 create of-n4 - >/dev/null
	scripts/pool start n4 && wait_until is n4 removed
	verdict $? "n4 starts again and learns that it was removed"
	on n4 live-sync n2
	verdict $? "n4 comes back by way of n2"
	nodes+=(n4)
	joins n4 delta
	verdict $? "by delta"
	joined away
	holds n4 of-n4 other
	verdict $? "what was deleted and made anew is as it should be"
}

# Just after its node-down: what the donor has settled is still of the epoch before.
scene_back_at_once()
{
	local round

	for round in 1 2 3; do
		scripts/pool kill n3 && wait_until is n1 blocked && on n1 node-down n3 --yes >/dev/null &&
			scripts/pool start n3 && wait_until is n3 removed && on n3 live-sync n1 >/dev/null
		verdict $? "round $round: n3 comes back as soon as it was declared dead"
		wait_until all_members && wait_until all_same
		verdict $? "round $round: and is a member, epoch $(member n1 epoch)"
	done
}
