# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The console in a terminal of its own, what it shows, and the screens of the documentation.

document=Documentation/console.md

screens()
{
	tmux -S "$dir/tmux" -f /dev/null "$@"
}

screens_end()
{
	screens kill-server 2>/dev/null
}

# console NAME NODE WIDTHxHEIGHT [VARIABLE=VALUE...]: open it there in a terminal of that name. When
# it ends, the terminal shows with which status.
console()
{
	local name=$1 node=$2 size=$3

	shift 3
	screens new-session -d -s "$name" -x "${size%x*}" -y "${size#*x}" \
		"env $* build/hsmreplctl --device '$(device "$node")' console; echo ended \$?; cat"
	screens set -g status off
	screens resize-window -t "$name" -x "${size%x*}" -y "${size#*x}"
}

screen()
{
	screens capture-pane -p -t "$1"
}

press()
{
	screens send-keys -t "$@"
}

# shows NAME PATTERN
shows()
{
	grep -qE -- "$2" <<<"$(screen "$1")"
}

shows_not()
{
	! shows "$@"
}

coloured()
{
	grep -qP '\x1b\[[0-9;]*3[0-7]m' <<<"$(screens capture-pane -e -p -t "$1")"
}

# sees NAME PATTERN WHAT: a verdict, with the screen if it is not so.
sees()
{
	wait_until shows "$1" "$2"
	verdict $? "$3"
	shows "$1" "$2" || screen "$1"
}

# Without what is never twice the same: times, numbers, who is slowest, plots and events.
masked()
{
	sed -E -e 's/[0-9]{4}-[0-9-]{5} [0-9:]{8} UTC/DATE/' -e 's/\b[0-9a-f]{16}\b/HEX/g' \
		-e 's/[0-9]{4}-[0-9]{2}-[0-9]{2}/DATE/' -e 's/127(\.[0-9]+){3}:[0-9]+/ADDRESS/' \
		-e '/^COMMITS/,/^EVENTS/{/^COMMITS|^EVENTS/!d}' -e '/^[0-9:]{8} /d' \
		-e 's/(COMMITS.s) .*(OWN COMMITS ms) .*/\1 \2/' -e 's/ slowest//' \
		-e 's/(writes wait for n3|connected as a member): .*/\1: WHY/' \
		-e 's/^.{0,3}([|+].*[|+]).*$/\1/' \
		-e 's/<1/N/g' -e 's/\b[0-9]+(\.[0-9]+)?\b/N/g' -e 's/ +/ /g' -e 's/ $//' -e '/^$/d'
}

# A screen of the documentation: the block behind its mark.
documented()
{
	awk -v mark="<!-- screen $1 -->" '
		inside && $0 == "```" { exit }
		inside { print }
		$0 == mark { getline; inside = 1 }' $document
}

as_documented()
{
	[ "$(screen "$1" | masked)" = "$(documented "$2" | masked)" ]
}

write_document()
{
	screen "$1" >"$dir/screen"
	awk -v mark="<!-- screen $2 -->" -v file="$dir/screen" '
		inside && $0 != "```" { next }
		{ inside = 0; print }
		$0 == mark { getline; print; inside = 1
			while ((getline line <file) > 0) print line }' $document >"$dir/document"
	cat "$dir/document" >$document
}

# documents NAME SCREEN: it looks as the documentation has it.
documents()
{
	[ -z "$rewrite" ] || write_document "$1" "$2"
	wait_until as_documented "$1" "$2"
	verdict $? "it looks as documented: $2"
	as_documented "$1" "$2" ||
		diff <(documented "$2" | masked) <(screen "$1" | masked)
}
