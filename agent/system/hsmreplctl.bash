# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Completion for hsmreplctl. It asks the tool itself for verbs and options, so that it never knows
# less than the tool.

_hsmreplctl_verbs()
{
	"$1" --help 2>/dev/null | sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p'
}

# _hsmreplctl_synopsis TOOL VERB: what may follow the verb.
_hsmreplctl_synopsis()
{
	"$1" "$2" --help 2>/dev/null | sed -n "1s/^usage: hsmreplctl $2 *//p"
}

_hsmreplctl_nodes()
{
	"$1" nodes --json 2>/dev/null | grep -o '"name":"[^"]*"' | cut -d'"' -f4
}

# _hsmreplctl_values TOOL SYNOPSIS: operands that can be known.
_hsmreplctl_values()
{
	case $2 in
	*NODE*|*DONOR*)	_hsmreplctl_nodes "$1" ;;
	esac
}

_hsmreplctl()
{
	local tool=$1 word=$2 previous=$3 verb='' synopsis i

	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--device|-d)	i=$((i + 1)) ;;
		-*)		;;
		*)		verb=${COMP_WORDS[i]}; break ;;
		esac
	done
	COMPREPLY=()
	if [ "$previous" = --device ] || [ "$previous" = -d ]; then
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		return
	fi
	if [ -z "$verb" ]; then
		mapfile -t COMPREPLY < <(compgen -W \
			"--device --json --help $(_hsmreplctl_verbs "$tool")" -- "$word")
		return
	fi
	synopsis=$(_hsmreplctl_synopsis "$tool" "$verb")
	case $word in
	-*)	mapfile -t COMPREPLY < <(compgen -W "--device --json --help \
			$(grep -o -- '--[a-z-]*' <<<"$synopsis")" -- "$word") ;;
	*)	mapfile -t COMPREPLY < <(compgen -W "$(_hsmreplctl_values "$tool" "$synopsis")" \
			-- "$word")
		case $synopsis in
		*FILE*)	compopt -o default 2>/dev/null ;;
		esac ;;
	esac
}

complete -F _hsmreplctl hsmreplctl
