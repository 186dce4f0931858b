# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Whatever breaks, a restored node is blank or whole.

# Whoever sends the file dies: the agent gives it up after half a minute, see scene_abandoned.
scene_abandon()
{
	scripts/pool add n7 && wait_until is n7 joining
	{ head -c 100000 "$bundle"; sleep 40; } | on n7 restore - >/dev/null 2>&1 &
	tool=$!
	wait_until parked n7
	verdict $? "a restore is under way"
	out=$(on n7 restore "$bundle" 2>&1)
	[ $? = 1 ] && grep -q 'another restore' <<<"$out"
	verdict $? "a second one is not possible: $out"
	out=$(on n7 zeroize --yes 2>&1)
	[ $? = 1 ] && grep -q 'restore onto this node is under way' <<<"$out"
	verdict $? "nor anything else: $out"
	kill -KILL $tool
}

# The later after scene_abandon the better.
scene_abandoned()
{
	need n7 abandon
	patience=45 wait_until unparked n7
	verdict $? "given up when nothing more comes"
	blank n7 && on n7 restore "$bundle" >/dev/null && is n7 member
	verdict $? "and then it can be restored"
}

# The store is closed: a restore is under way.
parked()
{
	[ -e "$HSMREPL_POOL/$1/state/sync.db" ]
}

unparked()
{
	! parked "$1"
}

# whole NODE: it holds what the backup held.
whole()
{
	[ "$(member "$1" digest)" = "$digest" ] && [ "$(member "$1" objects)" = "$objects" ] &&
		is "$1" member
}

scene_kills()
{
	local i began ms bad=0 n_blank=0 n_whole=0 steps=14 nodes=(n8)

	good "$bundle"
	digest=$(field digest "$dir/said") objects=$(field objects "$dir/said")
	scripts/pool add n8 && wait_until is n8 joining
	began=$(now_ms)
	on n8 restore "$bundle" >/dev/null && whole n8
	verdict $? "a restore that nobody disturbs"
	ms=$(($(now_ms) - began))
	for ((i = 0; i < steps; i++)); do
		on n8 zeroize --yes >/dev/null && wait_until blank n8
		on n8 restore "$bundle" >/dev/null 2>&1 &
		tool=$!
		sleep_ms $((ms * i / (steps - 3)))
		kill_agent n8
		wait $tool 2>/dev/null
		start_agent n8
		wait_until settled n8
		if blank n8 && [ ! -e "$HSMREPL_POOL/n8/state/sync.db" ]; then
			n_blank=$((n_blank + 1))
		elif whole n8; then
			n_whole=$((n_whole + 1))
		else
			bad=$((bad + 1))
			standing n8
		fi
	done
	[ $bad = 0 ] && [ $n_blank -gt 0 ]
	verdict $? "killed $steps times within $ms ms: blank $n_blank times, whole $n_whole times, else $bad"
	[ $n_whole -gt 0 ] || { on n8 restore "$bundle" >/dev/null && whole n8; }
	verdict $? "and it can be restored after all that"
}

# The agent has loaded the device and says what the node is.
settled()
{
	[ "$(member "$1" agent)" = true ] && { is "$1" joining || is "$1" member; }
}
