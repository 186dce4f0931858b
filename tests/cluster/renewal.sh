# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Certificates and their CA are renewed while the pool works; nodes are wiped and form a pool anew.

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
	echo "peer = 9 n9 127.0.0.1" >>"$at/hsmrepld.conf"
	kill -HUP "$(<"$at/agent.pid")"
	wait_until too_early
	verdict $? "a peer more is for the next start, it says"
	sed -i '/^peer = 9/d' "$at/hsmrepld.conf"
	files_of_another_name
	verdict $? "SIGHUP takes up certificate and key in files of another name"
}

files_of_another_name()
{
	local pki=$HSMREPL_POOL/pki conf=$HSMREPL_POOL/n1/hsmrepld.conf ret

	issue n1 >/dev/null 2>&1
	mv "$pki/n1.pem" "$pki/n9.pem" && mv "$pki/n1.key" "$pki/n9.key" || return 1
	sed -i 's#/n1\.\(pem\|key\)$#/n9.\1#' "$conf"
	kill -HUP "$(<"$HSMREPL_POOL/n1/agent.pid")"
	wait_until has_read n1 n9
	ret=$?
	mv "$pki/n9.pem" "$pki/n1.pem"
	mv "$pki/n9.key" "$pki/n1.key"
	sed -i 's#/n9\.\(pem\|key\)$#/n1.\1#' "$conf"
	return $ret
}

too_early()
{
	agent_log n1 | tail -1 | grep -q '^warning peer: changed, but .* restart the agent'
}

reloaded()
{
	grep -q 'read again: log level, certificate' <(agent_log n1)
}

not_reloaded()
{
	grep -q 'not read again: .*nonsense' <(agent_log n1)
}

# hup NODE...: and wait until each says that it has what its files hold now.
hup()
{
	local node

	for node; do
		kill -HUP "$(<"$HSMREPL_POOL/$node/agent.pid")"
		wait_until has_read "$node" || return 1
	done
}

# has_read NODE [NAME]: its last line on that is of the certificate in that file, or in its own.
has_read()
{
	local pki=$HSMREPL_POOL/pki serial

	serial=$(openssl x509 -in "$pki/${2-$1}.pem" -noout -serial | sed 's/serial=//')
	agent_log "$1" | grep -E '^info certificate ' | tail -n 1 |
		grep -qE "certificate $serial, .* $(grep -c BEGIN "$pki/ca.pem") CA certificates"
}

has_refused()
{
	grep -q 'certificates stay as they were: private-key = .*key values mismatch: it must hold' \
		<(agent_log n2)
}

issue()
{
	local number=${1#n}

	scripts/pki "$HSMREPL_POOL/pki" node "$number" "$1" "$(<"$HSMREPL_POOL/network").$number"
}

# What NODE shows to new connections is the certificate in its file.
shows_new_certificate()
{
	local at=$HSMREPL_POOL/pki

	openssl s_client -connect "$(<"$HSMREPL_POOL/network").${1#n}:4327" -cert "$at/n1.pem" \
		-key "$at/n1.key" </dev/null 2>/dev/null | openssl x509 -noout -fingerprint \
		>"$dir/shown" && cmp -s "$dir/shown" <(openssl x509 -in "$at/$1.pem" -noout -fingerprint)
}

# The connections between the agents, by both ends: one that was lost and made anew has others.
connections()
{
	ss -Htn state established dst "$(<"$HSMREPL_POOL/network").0/24" | awk '{ print $3, $4 }' | sort
}

writes_on()
{
	local round=0

	while [ -e "$dir/rotating" ]; do
		round=$((round + 1))
		build/load_bench -c 12 -s 1 -p "rotate-$round" \
			"$(device n1)" "$(device n2)" "$(device n3)" || return 1
	done
}

# All certificates and the CA itself change while all nodes write: nobody notices.
scene_rotation()
{
	local pki=$HSMREPL_POOL/pki node load before

	before=$(connections)
	: >"$dir/rotating"
	writes_on >"$dir/rotate" 2>&1 &
	load=$!
	scripts/pki "$pki" rotate && hup n1 n2 n3
	verdict $? "all nodes trust a second CA beside the first"
	for node in "${nodes[@]}"; do
		issue "$node" && hup "$node" && shows_new_certificate "$node"
		verdict $? "$node shows its new certificate to new connections"
	done
	cp -p "$pki/n2.key" "$dir/n2.key"
	cp -p "$pki/n3.key" "$pki/n2.key"
	kill -HUP "$(<"$HSMREPL_POOL/n2/agent.pid")"
	wait_until has_refused && shows_new_certificate n2
	verdict $? "a key of another certificate is told, and changes nothing"
	cp -p "$dir/n2.key" "$pki/n2.key"
	scripts/pki "$pki" retire && hup n1 n2 n3
	verdict $? "the first CA is trusted no longer"
	rm "$dir/rotating"
	wait $load
	verdict $? "12 writers all the time: no write fails"
	tail -n 1 "$dir/rotate" | sed 's/^/        /'
	[ -n "$before" ] && [ "$(connections)" = "$before" ]
	verdict $? "no connection was lost"
	wait_until all_same
	verdict $? "the same seq, Sync-Point, chain and digest"
	scripts/pool kill n3 && scripts/pool start n3 && wait_until all_members
	verdict $? "a node that starts anew connects with the new files"
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

# n3 stands still while the pool is formed: the form waits, and can be given up.
scene_form_given_up()
{
	local node

	for node in "${nodes[@]}"; do
		on "$node" zeroize --yes >/dev/null || break
	done
	wait_until all_blank && wait_until all_up n1
	signal_agents STOP n3
	! patience=1 on n1 form >/dev/null 2>&1
	on n1 form >/dev/null 2>"$dir/form"
	grep -q 'under way .*see pending' "$dir/form" &&
		on n1 pending --json | grep -q '"waiting_for":\["n3"\]'
	verdict $? "a form that waits says where to look: $(<"$dir/form")"
	on n1 zeroize --yes >/dev/null && on n2 zeroize --yes >/dev/null && wait_until two_form
	verdict $? "zeroized, the others form a pool of two"
	# It may have voted meanwhile for what is forgotten now.
	signal_agents CONT n3
	wait_until blank_joins
	verdict $? "and n3 joins it, zeroized as well"
	wait_until all_members && wait_until all_same
	verdict $? "all agree"
}

# all_up NODE: it is connected to the two others.
all_up()
{
	[ "$(on "$1" nodes --json | grep -o '"rtt_ms":[0-9.]*' | wc -l)" = 3 ]
}

two_form()
{
	on n1 form n2 >/dev/null 2>&1
}

blank_joins()
{
	on n3 zeroize --yes >/dev/null && on n3 live-sync n1 >/dev/null 2>&1
}
