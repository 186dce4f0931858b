# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What it shows: the pool, its size, a poor terminal, and what goes away and comes back.

# refuses STATUS PATTERN COMMAND...: no screen, one line on stderr.
refuses()
{
	local want=$1 pattern=$2 out status

	shift 2
	out=$("$@" 2>&1 </dev/null)
	status=$?
	[ $status = "$want" ] && grep -qE -- "$pattern" <<<"$out" && [ "$(wc -l <<<"$out")" = 1 ]
	verdict $? "$want: $out"
}

scene_refused()
{
	local at

	at=$(device n1)
	refuses 1 'are no terminal: run it on a terminal' build/hsmreplctl --device "$at" console
	refuses 2 '^hsmreplctl: console: --json' build/hsmreplctl --device "$at" --json console
	refuses 2 'too many operands' build/hsmreplctl --device "$at" console n1
	refuses 1 'there is no such device' build/hsmreplctl --device "$dir/none" console
	console dumb n1 80x24 TERM=dumb
	sees dumb 'cannot place its cursor' "a terminal that cannot place its cursor"
	sees dumb '^ended 1' "exit status 1"
	console unknown n1 80x24 TERM=nonesuch
	sees unknown 'is not known: run it' "a terminal that nobody knows"
}

some_commits()
{
	local i

	for ((i = 0; i < $1; i++)); do
		echo $i | on n1 create "$2-$i" - >/dev/null || return 1
	done
}

# The screen has all three at this Sync-Point.
all_level()
{
	local point

	point="$(member n1 sync_point) $(member n1 check_code)"
	[ "$(screen one | grep -cE "^[* ] n[123] +member +$point +$(member n1 seq) +0 ")" = 3 ]
}

# So that the plots of the documentation have something to tell.
uneven_load()
{
	local n

	for n in 3 40 90 15 120 60 8 100 25 140 70 30 110 5 80; do
		some_commits $n "load-$n"
	done
	wait_until all_level
}

scene_overview()
{
	console one n1 80x24
	sees one '^ hsmrepl n1   member   normal   epoch 1  .* UTC$' "this node, its state, mode, epoch"
	some_commits 12 first
	sees one "check code $(member n1 check_code)   seq $(member n1 seq)   objects 12 " \
		"check code, seq, objects as status says"
	wait_until all_level
	verdict $? "three members at one Sync-Point"
	sees one '^[0-9:]{8} [0-9]+ committed, seq 13, Sync-Point [0-9a-f]{16}, check code' \
		"commits among the events"
	sees one 'OWN COMMITS ms .*top [0-9.]*[1-9]' "how long they took"
	sees one '█' "a plot"
	[ -z "$rewrite" ] || uneven_load
	documents one overview
}

scene_resize()
{
	screens resize-window -t one -x 120 -y 40
	sees one 'CERT UNTIL +ADDRESS' "more columns on a larger screen"
	[ "$(screen one | sed -n '40s/ d node-down.*/keys/p')" = keys ]
	verdict $? "the keys stand in its last line"
	documents one large
	screens resize-window -t one -x 50 -y 10
	sees one '^50x10 is too small' "one that is too small says so"
	screens resize-window -t one -x 80 -y 24
	sees one '^ d node-down' "back"
}

scene_vt100()
{
	console poor n1 80x24 TERM=vt100 LC_ALL=C
	sees poor '^\* n1 +member' "a vt100 shows the same"
	some_commits 3 poor
	sees poor '#' "plots of ASCII"
	! grep -qP '[^\x00-\x7f]' <<<"$(screen poor)"
	verdict $? "nothing but ASCII"
	! coloured poor
	verdict $? "no colours"
	coloured one
	verdict $? "which others have"
	press poor q
	sees poor '^ended 0' "q ends it with 0"
}

scene_keys()
{
	press one h
	sees one 'q  quit; what the agent does goes on' "h: help"
	press one x
	wait_until shows_not one 'any key  back'
	verdict $? "any key: back"
	press one d
	sees one 'Which nodes have crashed' "d: which nodes?"
	press one Escape
	wait_until shows_not one 'Which nodes'
	verdict $? "escape: back"
	press one C-l
	sees one '^ d node-down' "^L draws it anew"
}

scene_agent()
{
	kill_agent n1
	sees one 'NO AGENT: writes are refused' "the agent is gone"
	sees one '^[0-9:]{8} the agent does not answer' "an event says so"
	press one l
	sees one 'The agent of this node does not answer' "nothing can be asked of it"
	press one x
	start_agent n1
	sees one '^ up 3 of 3 ' "the agent is back, nobody touched the console"
}

scene_device()
{
	scripts/pool kill n1
	sees one '^ hsmrepl   device gone' "the device is gone"
	scripts/pool start n1
	sees one '^ up 3 of 3 ' "the device is back, nobody touched the console"
	sees one 'the device answers again' "an event says so"
}

# A request that takes long: the agent stands still, and the screen does not.
scene_frozen()
{
	press one d
	sees one 'Which nodes' "a dialog"
	signal_agents STOP n1
	press one Enter
	sees one 'What would come of it: waits for the agent, [2-9] s' "its request goes on, seconds count"
	press one Escape
	wait_a_little shows_not one 'waits for the agent'
	verdict $? "escape works meanwhile"
	sees one 'THE AGENT DOES NOT ANSWER' "the agent stands still"
	press one h
	wait_a_little shows one 'any key  back'
	verdict $? "so do other keys"
	press one x
	kill -STOP "$(<"$HSMREPL_POOL/n1/device.pid")"
	sees one 'THE DEVICE DOES NOT ANSWER; all here is [0-9]+ s old' "the device stands still"
	press one h
	wait_a_little shows one 'any key  back'
	verdict $? "keys work even so"
	press one x
	kill -CONT "$(<"$HSMREPL_POOL/n1/device.pid")"
	signal_agents CONT n1
	sees one '^ up 3 of 3 ' "both go on"
	wait_until asked_to_the_end
	verdict $? "the dry run that nobody waited for comes to its end"
}

# No node-down is under way at n1: one after it is answered.
asked_to_the_end()
{
	down n1 n3 --dry-run
}
