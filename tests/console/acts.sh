# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What is done with it: a node dies, is declared down, and comes back by Live-Sync.

scene_waits()
{
	scripts/pool kill n3
	sees one '^[0-9:]{8} n3 is not connected' "an event: n3 is not connected"
	echo waiting | patience=100 on n1 create waiting - >"$dir/waiting" 2>&1 &
	waiting_pid=$!
	sees one '^PENDING  [0-9a-f]{16} of n1.*: waits for n3$' "a write waits for n3"
	sees one '^  n3 +offline .* WAITED$' "n3 is marked"
	sees one '^ hsmrepl n1   blocked ' "this node is blocked"
	documents one waiting
}

# Until the name of n3 is asked for: it is the one that is not there.
plan_down()
{
	press one d
	wait_until shows one '> \[ \] n3 +offline'
	press one Enter
	wait_until shows one 'Type n3 to go on:'
}

scene_unconfirmed()
{
	plan_down && shows one 'would (commit|abort) +' && shows one 'nodes then n1 n2'
	verdict $? "the dry run is shown first"
	documents one confirm
	press one n2 Enter
	sees one 'Not confirmed, nothing was changed' "another name is refused"
	press one x
	plan_down
	press one Escape
	wait_until shows_not one 'Type n3' && [ "$(member n1 epoch)" = 1 ]
	verdict $? "nothing was changed"
}

scene_down()
{
	plan_down
	press one n4 BSpace 3 Enter
	sees one 'nodes then n1 n2' "node-down: who is left"
	nodes=(n1 n2)
	are_members && [ "$(member n1 epoch)" = 2 ]
	verdict $? "done: two members in epoch 2"
	wait $waiting_pid
	verdict $? "the write that waited is told: $(cut -d' ' -f1 "$dir/waiting")"
	press one x
	sees one '^ hsmrepl n1   member   normal   epoch 2 ' "the screen has it"
	sees one '^PENDING  nothing is undecided' "nothing is undecided"
	sees one '^[0-9:]{8} node-down answered' "the events have it"
}

scene_back()
{
	scripts/pool start n3
	wait_until is n3 removed
	console three n3 80x24
	sees three '^ hsmrepl n3   removed ' "n3 knows that it is removed"
	press three l
	sees three 'By way of which node' "l: by way of which node?"
	press three Enter
	sees three 'Type n1 to go on:' "its name is asked for"
	press three n1 Enter
	sees three 'Begun: the screen shows' "Live-Sync has begun"
	press three x
	nodes=(n1 n2 n3)
	are_members
	verdict $? "n3 is a member again"
	sees three '^ hsmrepl n3   member   normal   epoch 3 ' "the screen has it"
	sees three '^[0-9:]{8} Live-Sync with n1' "the events have it"
	sees one '^ up 3 of 3 ' "n1 sees three again"
	press three q
	sees three '^ended 0' "q ends it"
}
