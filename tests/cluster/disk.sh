# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# A disk that fails under an agent, by baddisk.c: no yes for what is not durable, nothing told is
# lost, and the node is back once the disk is mended.

# agent_on_baddisk NODE: its agent anew, on a disk that can be told to fail.
agent_on_baddisk()
{
	end_agent "$1"
	start_agent "$1" env "LD_PRELOAD=$PWD/build/baddisk.so" \
		"BADDISK_DIR=$HSMREPL_POOL/$1/state" "BADDISK_SAYS=$dir/baddisk"
	wait_until all_members
}

# Told lines so far, of any fate.
told_lines()
{
	[ "$(wc -l <"$dir/disk.told")" -ge "$1" ]
}

halted_and_says_why()
{
	is "$1" halted && [[ $(member "$1" last_error) == *disk* ]]
}

# Node's agent is gone or it has halted: it says nothing more to anyone.
stopped()
{
	halted_and_says_why "$1" || dead "$(<"$HSMREPL_POOL/$1/agent.pid")"
}

refuses_writes()
{
	local out

	out=$(echo x | on "$1" create never - --timeout 5 2>&1)
	[ $? = 1 ] && grep -qE 'EROFS|ENOTCONN' <<<"$out"
	verdict $? "$1 takes no writes: $out"
}

# disk_fails NODE FAULT...: under load, the disk of one node; then it is mended, the node restarted.
disk_fails()
{
	local node=$1 other=n2 load waits label=$1-$2

	shift
	: >"$dir/disk.told"
	agent_on_baddisk "$node"
	build/witness -c 6 -m 1200 -p "$label" "$(device n1)" "$(device n2)" "$(device n3)" \
		>"$dir/disk.told" &
	load=$!
	wait_until told_lines 100
	echo "$*" >"$dir/baddisk"
	wait_until stopped "$node"
	verdict $? "$* under $node: $(member "$node" state): $(member "$node" last_error)"
	refuses_writes "$node"
	[ "$node" != n2 ] || other=n1
	echo waits | on "$other" create "waits-$label" - >"$dir/waits" 2>&1 &
	waits=$!
	wait_until names_waited "$other" "$node" 'its disk failed'
	verdict $? "$other waits for it: $(on "$other" pending --json | grep -o '"waiting_for".*')"
	! dead $waits && [ ! -s "$dir/waits" ]
	verdict $? "a create there waits"
	rm "$dir/baddisk"
	scripts/pool kill "$node" && scripts/pool start "$node"
	wait_until all_members && wait $waits
	verdict $? "mended and started again: it is back, the create ends: $(<"$dir/waits")"
	wait $load
	wait_until all_same
	verdict $? "all agree"
	told_holds "$label-" "$dir/disk.told"
	verdict $? "nothing told is lost or wrong: $(fates "$dir/disk.told")"
}

# A lone transaction that meets the fault in a voter: it says no yes.
no_yes()
{
	local tid pid

	agent_on_baddisk n3
	echo "$1" >"$dir/baddisk"
	echo lone | on n1 create "lone-$1" - >"$dir/lone" 2>&1 &
	pid=$!
	wait_until halted_and_says_why n3 && wait_until names_a_tid n1
	[ "$(vote_of n1 n2)" = '"yes"' ] && [ "$(vote_of n1 n3)" = null ] && [ ! -s "$dir/lone" ]
	verdict $? "$1 meets a lone transaction in n3: n2 voted yes, n3 did not, nothing is told"
	tid=$(undecided_tid n1)
	rm "$dir/baddisk"
	scripts/pool kill n3 && scripts/pool start n3
	wait_until all_members && wait $pid && wait_until all_same &&
		outcome_is n3 "$tid" committed && holds n3 "lone-$1" lone
	verdict $? "mended and started again: $(<"$dir/lone")"
}

scene_disk()
{
	fresh_pool 3
	no_yes FLUSH
	no_yes TORN
	disk_fails n3 EIO
	disk_fails n3 FLUSH
	disk_fails n1 TORN
	disk_fails n2 ENOSPC
}

# A start on a disk that fails is refused, and says so.
scene_disk_start()
{
	end_agent n3
	echo ENOSPC >"$dir/baddisk"
	start_agent n3 env "LD_PRELOAD=$PWD/build/baddisk.so" \
		"BADDISK_DIR=$HSMREPL_POOL/n3/state" "BADDISK_SAYS=$dir/baddisk"
	wait_until dead "$(<"$HSMREPL_POOL/n3/agent.pid")" && [[ $(agent_log n3 | tail -1) == error* ]]
	verdict $? "a start on a full disk ends, and says: $(agent_log n3 | tail -1)"
	rm "$dir/baddisk"
	start_agent n3
	wait_until all_members && all_same
	verdict $? "with room it starts"
}
