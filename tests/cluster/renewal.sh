# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Certificates are renewed while the pool works; nodes are wiped and form a pool anew.

connections()
{
	agent_log n1 | grep -c '^info connected to'
}

scene_reload()
{
	local before at=$HSMREPL_POOL/n1

	before=$(connections)
	scripts/pki "$HSMREPL_POOL/pki" node 1 n1 "$(<"$HSMREPL_POOL/network").1" >/dev/null 2>&1
	sed -i 's/^log-level *=.*/log-level = debug/' "$at/hsmrepld.conf"
	kill -HUP "$(<"$at/agent.pid")"
	wait_until reloaded
	verdict $? "SIGHUP reads a renewed certificate and the log level"
	echo renewed | on n2 create renewed - >/dev/null && holds n1 renewed renewed &&
		[ "$(connections)" = "$before" ]
	verdict $? "connections stay"
	echo "nonsense = 1" >>"$at/hsmrepld.conf"
	kill -HUP "$(<"$at/agent.pid")"
	wait_until not_reloaded && is n1 member
	verdict $? "a broken configuration is told, and changes nothing"
	sed -i -e '/^nonsense/d' -e 's/^log-level *=.*/log-level = info/' "$at/hsmrepld.conf"
}

reloaded()
{
	agent_log n1 | grep -q 'read again: log level, certificate'
}

not_reloaded()
{
	agent_log n1 | grep -q 'not read again: .*nonsense'
}

is_blank()
{
	is "$1" joining && [ "$(member "$1" seq)" = 0 ] && [ "$(member "$1" objects)" = 0 ] &&
		[ "$(member "$1" sync_point)" = 0000000000000000 ]
}

all_blank()
{
	is_blank n1 && is_blank n2 && is_blank n3
}

forms()
{
	on n1 form >/dev/null 2>&1
}

scene_zeroize()
{
	local node

	echo "planted-payload" | on n1 create planted-label - >/dev/null
	on n1 form >/dev/null 2>"$dir/form"
	[ $? = 1 ] && grep -q zeroize "$dir/form"
	verdict $? "a member forms no other pool: $(<"$dir/form")"
	for node in "${nodes[@]}"; do
		on "$node" zeroize --yes >/dev/null || break
	done
	wait_until all_blank
	verdict $? "zeroized: all three are blank"
	! grep -rqaE 'planted-(label|payload)' "$HSMREPL_POOL"/n?/state
	verdict $? "nothing of an object is left on disk"
	wait_until forms && wait_until all_members && wait_until all_same
	verdict $? "they form a pool anew"
	echo new | on n3 create planted-label - >/dev/null && holds n1 planted-label new
	verdict $? "and serve it"
	for node in "${nodes[@]}"; do
		scripts/pool kill "$node" && scripts/pool start "$node"
	done
	wait_until all_members && wait_until all_same && holds n2 planted-label new
	verdict $? "also after all were killed"
}
