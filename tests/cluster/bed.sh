# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Sourced by the cluster suite: a pool of its own, and what the scenes ask of it.

dir=$(mktemp -d)
export HSMREPL_POOL=$dir/p
nodes=(n1 n2 n3)
patience=30	# seconds: far more than anything here takes
grace_ms=4000	# of the devices
short_patience=3	# seconds, for what may not come
pause=0.05	# seconds between two looks

bed_down()
{
	[ ! -e "$HSMREPL_POOL/network" ] || scripts/pool down
	if [ "$failed" -ne 0 ]; then
		tail -n 15 "$HSMREPL_POOL"/n?/*.log
	fi
	rm -rf "$dir"
}
trap bed_down EXIT

# fresh_pool COUNT: another pool in the place of the present one; its nodes hold "before".
fresh_pool()
{
	local i

	nodes=()
	for ((i = 1; i <= $1; i++)); do
		nodes+=("n$i")
	done
	scripts/pool up -n "$1" --softdev "--grace-ms=$grace_ms" && wait_until all_members &&
		echo before | on n1 create before - >/dev/null && wait_until all_same
	verdict $? "a pool of $1"
}

# need NODE SCENE: that scene brings the node in, unless it has run.
need()
{
	[ -d "$HSMREPL_POOL/$1" ] || "scene_$2"
}

on()
{
	local node=$1

	shift
	timeout $patience build/hsmreplctl --device "$HSMREPL_POOL/$node/dev" "$@"
}

device()
{
	echo "$HSMREPL_POOL/$1/dev"
}

# metric NODE NAME: one counter of its agent.
metric()
{
	on "$1" metrics | awk -v name="$2" '$1 == name { print $2 }'
}

# Milliseconds of a clock that only runs on.
now_ms()
{
	awk '{ printf "%d\n", $1 * 1000 }' /proc/uptime
}

agent_log()
{
	cat "$HSMREPL_POOL/$1/agent.log"
}

# signal_agents SIGNAL NODE...
signal_agents()
{
	local signal=$1 node

	shift
	for node; do
		kill "-$signal" "$(<"$HSMREPL_POOL/$node/agent.pid")"
	done
}

# Kill the agent alone: its device stays.
kill_agent()
{
	local file=$HSMREPL_POOL/$1/agent.pid pid

	pid=$(<"$file")
	kill -KILL "$pid"
	wait_until dead "$pid"
}

# End the agent in order; its device stays.
end_agent()
{
	local pid

	pid=$(<"$HSMREPL_POOL/$1/agent.pid")
	kill -TERM "$pid"
	wait_until dead "$pid"
}

# Gone with all its threads: as long as one is left, so are its descriptors.
dead()
{
	local tasks=("/proc/$1/task"/*)

	! kill -0 "$1" 2>/dev/null ||
		{ [ ${#tasks[@]} -le 1 ] && grep -qs '^State:.*Z' "/proc/$1/status"; }
}

# start_agent NODE [COMMAND...]: start it again, as an argument of COMMAND if there is one.
start_agent()
{
	local node=$1 at=$HSMREPL_POOL/$1

	shift
	# Nobody's child, so that nobody is told when it is killed.
	(
		setsid "$@" build/hsmrepld -c "$at/hsmrepld.conf" </dev/null >>"$at/agent.log" 2>&1 &
		echo $! >"$at/agent.pid"
	)
}

# told FILE COUNT: so many commits were told.
told()
{
	[ "$(wc -l <"$1")" -ge "$2" ]
}

sleep_ms()
{
	sleep "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))"
}
