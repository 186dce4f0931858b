# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The agent under a service manager whose journal is only a socket.

# journal_of NODE SECONDS: what its agent sends there within that time, an entry a line; what it
# writes to standard error ends up in $dir/stderr.
journal_of()
{
	unshare -m sh -c 'mount -t tmpfs none /run && exec "$@"' sh python3 -c '
import os, socket, subprocess, sys, time
os.makedirs("/run/systemd/journal")
journal = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
journal.bind("/run/systemd/journal/socket")
stderr = open(sys.argv[2], "w")
stat = os.fstat(stderr.fileno())
environment = dict(os.environ, JOURNAL_STREAM="%d:%d" % (stat.st_dev, stat.st_ino))
agent = subprocess.Popen(["build/hsmrepld", "-c", sys.argv[1]], stderr=stderr, env=environment)
end = time.monotonic() + float(sys.argv[3])
try:
    while True:
        journal.settimeout(max(0.01, end - time.monotonic()))
        print(journal.recv(65536).decode().strip().replace("\n", "|"), flush=True)
except socket.timeout:
    pass
agent.terminate()
agent.wait()
' "$HSMREPL_POOL/$1/hsmrepld.conf" "$dir/stderr" "$2"
}

scene_journal()
{
	end_agent n3
	journal_of n3 3 >"$dir/journal"
	grep -q '^MESSAGE=state member.*|PRIORITY=6|SYSLOG_IDENTIFIER=hsmrepld|HSMREPL_NODE=n3|HSMREPL_STATE=member|HSMREPL_EPOCH=1|HSMREPL_SEQ=[0-9]' "$dir/journal"
	verdict $? "an entry has node, state, epoch and seq: $(grep 'state member' "$dir/journal" | tail -1)"
	grep -q '^MESSAGE=connected to n1 .*|HSMREPL_PEER=n1$' "$dir/journal"
	verdict $? "one about a peer names it: $(grep 'connected to n1' "$dir/journal")"
	[ ! -s "$dir/stderr" ]
	verdict $? "nothing is said twice"
	start_agent n3
	are_members
	verdict $? "n3 comes back"
}
