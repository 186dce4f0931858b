# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# A device that refuses, at a start, an undecided batch for which the store has a yes.

# small_device NODE: from its next start on it takes payloads of a few bytes only.
small_device()
{
	echo "$1:--payload-max=8" >>"$HSMREPL_POOL/softdev"
}

# The yes may have been said under limits that were higher: nobody but the operator can mend that.
start_is_refused()
{
	scripts/pool start n3 >/dev/null 2>&1
	wait_until agent_says n3 "give it the limits that it had"
	verdict $? "n3 does not start with lower limits: $(agent_log n3 | tail -1)"
}

agent_says()
{
	grep -q "$2" <(agent_log "$1")
}

# n3's agent died after the yes was on the disk, before the device had refused: so n3 looks then.
scene_never_said()
{
	fresh_pool 3
	begin_undecided
	signal_agents CONT n3
	wait_until holds_undecided n3 "$tid"
	verdict $? "n3 has a yes on its disk, n1 does not hear of it"
	scripts/pool kill n1 n3
	wait $create_pid
	signal_agents CONT n2
	small_device n3
	start_is_refused
	scripts/pool kill n3
	sed -i 's/^payload .*/payload 8/' "$HSMREPL_POOL/n3/state/device-limits"
	scripts/pool start n3 && agent_says n3 "the yes for it was never said"
	verdict $? "nor did it give a yes under limits that are the same: $(agent_log n3 | grep 'never said')"
	scripts/pool start n1
	nodes=(n1 n2 n3)
	are_members && ! holds n1 undecided undecided && ! outcome_is n2 "$tid" committed
	verdict $? "the batch is aborted, all are members"
	echo few | on n1 create few - >/dev/null && wait_until all_same && holds n3 few few
	verdict $? "and writes go on"
	scripts/pool kill n3
	scripts/pool start n3
	are_members
	verdict $? "the refusal is durable"
}
