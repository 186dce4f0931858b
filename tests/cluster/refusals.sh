# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Who does not belong to the pool stays out, and both logs say why.

# restart_as NODE KEY VALUE: with another value in its configuration.
restart_as()
{
	local conf=$HSMREPL_POOL/$1/hsmrepld.conf

	end_agent "$1"
	[ -e "$conf.right" ] || cp "$conf" "$conf.right"
	cp "$conf.right" "$conf"
	sed -i "s|^$2 *=.*|$2 = $3|" "$conf"
	: >"$HSMREPL_POOL/n1/agent.log"
	: >"$HSMREPL_POOL/$1/agent.log"
	start_agent "$1"
}

put_right()
{
	end_agent "$1"
	cp "$HSMREPL_POOL/$1/hsmrepld.conf.right" "$HSMREPL_POOL/$1/hsmrepld.conf"
	start_agent "$1"
	wait_until all_members
}

# log_says NODE PATTERN
log_says()
{
	grep -qiE "$2" <(agent_log "$1")
}

says_why()
{
	agent_log "$1" | grep -iE "$2" | head -1
}

refused()
{
	local node=$1 what=$2 here=$3 there=$4

	wait_until log_says n1 "$here"
	verdict $? "$what: n1 says: $(says_why n1 "$here")"
	wait_until log_says "$node" "$there"
	verdict $? "$what: $node says: $(says_why "$node" "$there")"
	! is n1 member
	verdict $? "$what: it is not let in"
}

scene_refusals()
{
	local other=$dir/other

	scripts/pki "$other" init >/dev/null 2>&1
	scripts/pki "$other" node 3 n3 >/dev/null 2>&1

	# One key set per device content: another one needs a device of its own.
	scripts/pool kill n3
	cp -r "$HSMREPL_POOL/n3/state" "$dir/n3.state"
	refuse_key_set "$other"
	refuse_ca "$other"
	put_right n3
	verdict $? "with what is right it is a member again"
	refuse_unlisted
	wait_until all_same
	verdict $? "all agree"
}

refuse_key_set()
{
	local at=$HSMREPL_POOL/n3

	rm -rf "$at/state"
	mkdir -m 700 "$at/state"
	cp "$at/hsmrepld.conf" "$at/hsmrepld.conf.right"
	sed -i "s|^key-set *=.*|key-set = $1/key-set|" "$at/hsmrepld.conf"
	: >"$HSMREPL_POOL/n1/agent.log"
	: >"$at/agent.log"
	scripts/pool start n3
	refused n3 "other key set" 'n3.*key set' 'key set'
	scripts/pool kill n3
	rm -rf "$at/state"
	cp -r "$dir/n3.state" "$at/state"
	cp "$at/hsmrepld.conf.right" "$at/hsmrepld.conf"
	scripts/pool start n3
	wait_until all_members
	verdict $? "other key set: with the right one it is a member again"
}

refuse_ca()
{
	restart_as n3 certificate "$1/n3.pem"
	end_agent n3
	sed -i -e "s|^private-key *=.*|private-key = $1/n3.key|" "$HSMREPL_POOL/n3/hsmrepld.conf"
	: >"$HSMREPL_POOL/n3/agent.log"
	start_agent n3
	refused n3 "certificate of another CA" 'certificate|CA' 'certificate|CA'
}

# A node that has certificate and key set, but that nobody lists.
refuse_unlisted()
{
	: >"$HSMREPL_POOL/n1/agent.log"
	scripts/pool add n4
	wait_until log_says n1 'n4|node 4'
	verdict $? "not listed: n1 says: $(says_why n1 'n4|node 4')"
	wait_until log_says n4 'n1.*refused|refused.*n1|not list'
	verdict $? "not listed: n4 says: $(says_why n4 'n1.*refused|refused.*n1|not list')"
	all_members && ! is n4 member
	verdict $? "not listed: it is no member, and disturbs none"
	scripts/pool kill n4
}

scene_junk()
{
	local network pids=() i

	network=$(<"$HSMREPL_POOL/network")
	for i in $(seq 1 50); do
		head -c 100000 /dev/urandom 2>/dev/null >"/dev/tcp/$network.1/4327" 2>/dev/null &
		pids+=($!)
	done
	for i in $(seq 1 50); do
		sleep 2 2>/dev/null 9<>"/dev/tcp/$network.1/4327" &
		pids+=($!)
	done
	echo calm | on n2 create calm - >/dev/null && holds n1 calm calm && holds n3 calm calm
	verdict $? "junk and silent connections on the port: commits go on"
	wait "${pids[@]}" 2>/dev/null
	all_members && all_same
	verdict $? "all stay members"
}
