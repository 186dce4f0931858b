# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Sourced by tests/deb/run: the agent as a service manager runs it, and the file for Prometheus, over a
# software device. The programs are those of the packages in $tree.

patience=20	# seconds for anything to happen

service_down()
{
	kill ${service_pids-} 2>/dev/null
	service_pids=''
	wait 2>/dev/null
}

wait_until()
{
	local deadline=$((SECONDS + patience))

	until "$@"; do
		[ $SECONDS -lt $deadline ] || return 1
		sleep 0.1
	done
}

# A service manager that only writes down what it is told.
listen_for_notes()
{
	python3 -u -c '
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
while True:
    print(s.recv(4096).decode())' "$dir/notify" >"$dir/notes" &
	service_pids+=" $!"
	wait_until test -S "$dir/notify"
}

notes()
{
	grep -cxF "$1" "$dir/notes"
}

# more_than NOTE COUNT
more_than()
{
	[ "$(notes "$1")" -gt "$2" ]
}

check_credentials()
{
	"$tree/usr/libexec/hsmrepl/pki" "$dir/pki" init &&
		"$tree/usr/libexec/hsmrepl/pki" "$dir/pki" node 1 n1 192.0.2.1
	verdict $? "pki of the package makes what a node needs"
	mkdir -m 700 "$dir/credentials"
	cp "$dir/pki/key-set" "$dir/credentials/hsmrepl.key-set"
	cp "$dir/pki/n1.key" "$dir/credentials/hsmrepl.private-key"
	# As systemd leaves them on a tmpfs, with an access list.
	chmod 440 "$dir"/credentials/*
	# The example with this machine's paths in place of the example's.
	sed -e "s#^\#device = .*#device = $dir/dev#" -e "s#^\#state-dir = .*#state-dir = $dir/state#" \
		-e "s#/etc/hsmrepl#$dir/pki#" -e 's#^listen = .*#listen = 127.0.0.1:14327#' \
		-e '/^peer/d' "$tree/etc/hsmrepl/hsmrepld.conf.example" >"$dir/hsmrepld.conf"
	"$tree/usr/sbin/hsmrepld" -c "$dir/hsmrepld.conf" 2>"$dir/refused.log"
	[ $? = 1 ] && grep -q 'there are no credentials' "$dir/refused.log"
	verdict $? "without credentials: $(<"$dir/refused.log")"
}

check_watchdog()
{
	local seen

	listen_for_notes
	NOTIFY_SOCKET=$dir/notify WATCHDOG_USEC=400000 CREDENTIALS_DIRECTORY=$dir/credentials \
		"$tree/usr/sbin/hsmrepld" -c "$dir/hsmrepld.conf" 2>"$dir/agent.log" &
	agent=$!
	service_pids+=" $agent"
	wait_until more_than READY=1 0
	verdict $? "an agent with the example configuration and credentials says READY=1"
	wait_until more_than WATCHDOG=1 3
	verdict $? "it feeds the watchdog"
	kill -STOP $agent
	sleep 0.5
	seen=$(notes WATCHDOG=1)
	sleep 1
	[ "$(notes WATCHDOG=1)" = "$seen" ]
	verdict $? "stopped, it does not"
	kill -CONT $agent
	wait_until more_than WATCHDOG=1 "$seen"
	verdict $? "going on, it does"
}

check_metrics()
{
	local file=$dir/textfile/hsmrepl.prom

	mkdir "$dir/textfile"
	export HSMREPL_DEVICE=$dir/dev
	PATH=$tree/usr/bin:$PATH "$tree/usr/libexec/hsmrepl/metrics-textfile" "$file" &&
		grep -qx 'hsmrepl_seq [0-9]*' "$file" && [ "$(stat -c %a "$file")" = 644 ]
	verdict $? "metrics-textfile writes $(wc -l <"$file") lines for the collector"
	kill -TERM $agent
	wait $agent
	verdict $? "the agent ends in order"
	wait_until more_than STOPPING=1 0
	verdict $? "and said STOPPING=1"
	! PATH=$tree/usr/bin:$PATH "$tree/usr/libexec/hsmrepl/metrics-textfile" "$file" 2>/dev/null &&
		[ -z "$(ls -A "$dir/textfile")" ]
	verdict $? "without an agent no old values are left"
	unset HSMREPL_DEVICE
}

check_service()
{
	"$tree/usr/sbin/hsmrepl-softdev" "$dir/dev" 2>"$dir/softdev.log" &
	service_pids+=" $!"
	wait_until test -S "$dir/dev"
	check_credentials
	check_watchdog
	check_metrics
	service_down
}
