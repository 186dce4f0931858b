# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Sourced by suites: what scenes ask of a pool, whatever it is made of. The bed gives
#
#   on NODE VERB...	hsmreplctl there
#   nodes		names of the nodes that are asked together
#   dir			a directory for what is read and compared
#   patience		seconds, far more than anything takes
#   short_patience	seconds, for what may not come
#   pause		seconds between two looks

# member NODE NAME: one member of its status.
member()
{
	on "$1" status --json | sed -n "s/.*\"$2\":\"\{0,1\}\([^\",}]*\).*/\1/p"
}

is()
{
	[ "$(member "$1" state 2>/dev/null)" = "$2" ]
}

all_members()
{
	local node

	for node in "${nodes[@]}"; do
		is "$node" member || return 1
	done
}

# standing NODE: what must be the same on all nodes, in one line.
standing()
{
	on "$1" status --json |
		grep -oE '"(epoch|seq|sync_point|chain|digest|objects)":[^,]*' | xargs
}

all_same()
{
	local node first

	first=$(standing "${nodes[0]}")
	for node in "${nodes[@]}"; do
		[ "$(standing "$node")" = "$first" ] || return 1
	done
	[ -n "$first" ]
}

are_members()
{
	wait_until all_members && wait_until all_same
}

# wait_until COMMAND...
wait_until()
{
	local deadline=$((SECONDS + patience))

	until "$@"; do
		[ $SECONDS -lt $deadline ] || return 1
		sleep $pause
	done
}

# The same for what may well not come.
wait_a_little()
{
	local patience=$short_patience

	wait_until "$@"
}

holds()
{
	[ "$(on "$1" get "$2" --timeout 5 2>/dev/null)" = "$3" ]
}

# state_of NODE OTHER: the state of that one, as NODE has it.
state_of()
{
	on "$1" nodes --json | grep -o "{[^}]*\"name\":\"$2\"[^}]*}" |
		sed -n 's/.*"state":"\([a-z]*\)".*/\1/p'
}

state_is()
{
	[ "$(state_of "$1" "$2")" = "$3" ]
}

slowest_is()
{
	on "$1" nodes --json | grep -q "\"slowest\":\"$2\""
}

waits_for()
{
	on "$1" pending --json | grep -q "\"waiting_for\":\\[\"$2\"\\]"
}

# names_waited NODE OTHER WHY: it waits for that one at least, and says why.
names_waited()
{
	local said

	said=$(on "$1" pending --json)
	grep -q "\"waiting_for\":\[[^]]*\"$2\"" <<<"$said" && grep -qE "\"reason\":\".*$3" <<<"$said"
}

names_a_tid()
{
	on "$1" pending --json | grep -q '"tids":\["[0-9a-f]\{16\}"'
}

undecided_tid()
{
	on "$1" pending --json | sed -n 's/.*"tids":\["\([0-9a-f]*\)".*/\1/p'
}

holds_undecided()
{
	[ "$(undecided_tid "$1")" = "$2" ]
}

# vote_of NODE OF: how OF voted on the batch that is undecided, as NODE has it.
vote_of()
{
	on "$1" pending --json | sed -n "s/.*\"votes\":{[^}]*\"$2\":\([^,}]*\).*/\1/p"
}

outcome_is()
{
	on "$1" outcome "$2" --json | grep -q "\"outcome\":\"$3\""
}

# down NODE ARGUMENT...: node-down at that node; its text ends up in $dir/down.
down()
{
	local node=$1

	shift
	on "$node" node-down "$@" >"$dir/down" 2>&1
}

# says PATTERN: of the last node-down.
says()
{
	grep -qE "$1" "$dir/down"
}

writes_go_on()
{
	local node i=0

	for node in "${nodes[@]}"; do
		i=$((i + 1))
		echo $i | on "$node" create "after-$1-$i" - >/dev/null || return 1
	done
	wait_until all_same
}

is_removed_for_good()
{
	wait_until is "$1" removed && [[ $(member "$1" last_error) == *node-down* ]]
	verdict $? "$1 learns that it is removed: $(member "$1" last_error)"
	out=$(echo late | on "$1" create late - 2>&1)
	[ $? = 1 ] && grep -q EROFS <<<"$out"
	verdict $? "its writes are refused: $out"
	holds "$1" before before
	verdict $? "it can still be read"
}

labels_on()
{
	on "$1" list --json --prefix "$2" | grep -o '"label":"[^"]*"' | cut -d'"' -f4 | sort
}

# nothing_lost PREFIX FILE: every node has all labels of FILE, which all begin with PREFIX.
nothing_lost()
{
	local node lost=0

	[ -s "$2" ] || return 1
	for node in "${nodes[@]}"; do
		labels_on "$node" "$1" >"$dir/there"
		lost=$((lost + $(sort "$2" | comm -23 - "$dir/there" | wc -l)))
	done
	[ $lost = 0 ] || echo "        $lost are missing"
	[ $lost = 0 ]
}

lines_of()
{
	awk -v fate="$1" -v field="$3" '$1 == fate { print $field }' "$2"
}

# absent_everywhere FILE PREFIX: no node has any of these labels.
absent_everywhere()
{
	local node

	for node in "${nodes[@]}"; do
		labels_on "$node" "$2" >"$dir/there"
		sort "$1" | comm -12 - "$dir/there" >"$dir/wrong"
		[ ! -s "$dir/wrong" ] || { echo "        $node has $(head -1 "$dir/wrong")"; return 1; }
	done
}

# told_holds PREFIX FILE: what build/witness wrote there is true on all nodes; all its labels begin
# with PREFIX.
told_holds()
{
	lines_of committed "$2" 2 >"$dir/committed"
	lines_of aborted "$2" 2 >"$dir/aborted"
	{ [ ! -s "$dir/committed" ] || nothing_lost "$1" "$dir/committed"; } &&
		absent_everywhere "$dir/aborted" "$1"
}

# How often witness was told what.
fates()
{
	cut -d' ' -f1 "$1" | sort | uniq -c | xargs
}
