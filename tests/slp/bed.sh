# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Sourced by the slp suite, behind the cluster's bed: nodes that each have a network namespace of
# their own, on one bridge, and nothing else; an asker with many addresses beside them.

segment=10.77.0
switch=		# process that holds the bridge's namespace
declare -A space	# the same by node
pids=()

bed_end()
{
	local pid

	# The last one first: agents before their devices, all before their networks.
	for ((pid = ${#pids[@]} - 1; pid >= 0; pid--)); do
		kill "${pids[pid]}" 2>/dev/null
	done
	wait 2>/dev/null
	bed_down
}
trap bed_end EXIT

number()
{
	echo "${1#n}"
}

address()
{
	echo "$segment.$(number "$1")"
}

# at NODE COMMAND...: in the network of that node ("switch": of the bridge).
at()
{
	local pid=${space[$1]-$switch}

	shift
	nsenter --net="/proc/$pid/ns/net" "$@"
}

# launch NODE LOG COMMAND...: there, in the background; sets $launched to its pid.
launch()
{
	local pid=${space[$1]-$switch} log=$2

	shift 2
	nsenter --net="/proc/$pid/ns/net" "$@" </dev/null >"$log" 2>&1 &
	launched=$!
	pids+=("$launched")
}

has_own_network()
{
	[ "$(readlink "/proc/$1/ns/net")" != "$(readlink /proc/self/ns/net)" ]
}

# Sets $made to a process that holds a new network namespace.
new_network()
{
	unshare -n sleep infinity &
	made=$!
	pids+=("$made")
	wait_until has_own_network "$made"
}

# plug NODE ADDRESS: a cable from its eth0 to the bridge.
plug()
{
	local node=$1

	at switch ip link add "port-$node" type veth peer name eth0 netns "${space[$node]}" &&
		at switch ip link set "port-$node" master bridge up &&
		at "$node" ip address add "$2" brd + dev eth0 &&
		at "$node" ip link set eth0 up
}

# The cable goes, with both its ends.
unplug()
{
	at switch ip link delete "port-$1"
}

new_segment()
{
	new_network
	switch=$made
	at switch ip link add bridge type bridge mcast_snooping 0 forward_delay 0 &&
		at switch ip link set bridge up
}

# new_node NODE DOMAIN [LINE...]: nothing of it is running yet. LINE: more of its configuration.
new_node()
{
	local node=$1 domain=$2 home=$HSMREPL_POOL/$1 id

	shift 2
	id=$(number "$node")
	mkdir -p "$home"
	new_network
	space[$node]=$made
	at "$node" ip link set lo up
	plug "$node" "$(address "$node")/24"
	scripts/pki "$HSMREPL_POOL/pki" node "$id" "$node" "$(address "$node")"
	cat >"$home/hsmrepld.conf" <<-END
		node-id = $id
		node-name = $node
		device = $home/dev
		state-dir = $home/state
		ca = $HSMREPL_POOL/pki/ca.pem
		certificate = $HSMREPL_POOL/pki/$node.pem
		private-key = $HSMREPL_POOL/pki/$node.key
		${domain:+domain = $domain}
	END
	printf '%s\n' "${@:-key-set = $HSMREPL_POOL/pki/key-set}" >>"$home/hsmrepld.conf"
}

has_device()
{
	on "$1" status >/dev/null 2>&1
}

attached()
{
	[ "$(member "$1" agent 2>/dev/null)" = true ]
}

# start NODE...: devices, then agents; returns when all are attached.
start()
{
	local node

	for node; do
		build/hsmrepl-softdev "$HSMREPL_POOL/$node/dev" >"$HSMREPL_POOL/$node/device.log" 2>&1 &
		pids+=("$!")
	done
	for node; do
		wait_until has_device "$node" || return 1
		launch "$node" "$HSMREPL_POOL/$node/agent.log" \
			build/hsmrepld -c "$HSMREPL_POOL/$node/hsmrepld.conf"
		echo "$launched" >"$HSMREPL_POOL/$node/agent.pid"
	done
	for node; do
		wait_until attached "$node" || return 1
	done
}

# found NODE OTHER [PATTERN]: NODE has found OTHER, with that in its entry.
found()
{
	local entry

	entry=$(on "$1" discover --json 2>/dev/null | grep -o '{"name":"[^}]*}' |
		grep -F "\"name\":\"$2\"")
	grep -q -- "${3-.}" <<<"$entry"
}

not_found()
{
	! found "$@"
}

# says NODE PATTERN: in its log.
says()
{
	grep -q -- "$2" "$HSMREPL_POOL/$1/agent.log"
}

# ask ARGUMENT...: of slp-ask, from an address that has asked nothing before. "@" stands for it.
ask()
{
	local asked

	echo >>"$dir/asked"
	asked=$((100 + $(wc -l <"$dir/asked")))
	at asker ip address add "$segment.$asked/24" dev eth0 &&
		at asker timeout $patience build/slp-ask "${@/#@/$segment.$asked}"
}

# answers WHAT PATTERN ARGUMENT...: one case.
answers()
{
	local what=$1 pattern=$2 answer

	shift 2
	ask "$@" >"$dir/answer" 2>&1
	answer=$(<"$dir/answer")
	grep -qE -- "^$pattern\$" "$dir/answer"
	verdict $? "$what"
	grep -qE -- "^$pattern\$" "$dir/answer" || echo "        $answer"
}
