# SPDX-License-Identifier: GPL-2.0
"""PostgreSQL with two synchronous standbys that have applied before a create is acknowledged.

Only the primary takes writes, so work that is spread over three nodes goes to it all the same.
"""
import glob
import os
import re
import shutil
import signal

from compare import host
from compare.load import Load, NODES, PAYLOAD, System, percentile_of

START_SECONDS = 60
CONNECTS_PER_S = 64     # pgbench counts the time that its connections take
USER = "postgres"
BIN = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1:]
SCRIPT = """\\set n :n + 1
INSERT INTO objects (name, payload) VALUES (:tag || '-' || :client_id || '-' || :n, :payload);
"""
# No checkpoint falls into a run.
CONF = """
listen_addresses = '{address}'
port = 5432
unix_socket_directories = ''
ssl = on
ssl_cert_file = 'server.pem'
ssl_key_file = 'server.key'
ssl_ca_file = 'ca.pem'
max_connections = 300
shared_buffers = 1GB
wal_level = replica
wal_keep_size = 4GB
min_wal_size = 2GB
max_wal_size = 32GB
checkpoint_timeout = 1h
hot_standby = on
synchronous_commit = {commit}
primary_conninfo = '{primary}'
synchronous_standby_names = '{standbys}'
"""


class Postgres(System):
    name = "postgresql"

    def __init__(self, top, folder, network, pki):
        super().__init__(top, folder, network, pki)
        if not BIN:
            raise host.Failed("PostgreSQL's programs are not in /usr/lib/postgresql")
        self.bin = BIN[0]

    def configure(self, node):
        folder = f"{self.folder}/n{node}"
        cert, key = self.certificate(node)
        for source, name in ((cert, "server.pem"), (key, "server.key"),
                             (f"{self.pki}/ca.pem", "ca.pem")):
            shutil.copy(source, f"{folder}/{name}")
            os.chmod(f"{folder}/{name}", 0o600)
            host.give(f"{folder}/{name}", USER)
        primary = "" if node == 1 else (
            f"host={self.address(1)} port=5432 user=postgres application_name=n{node} "
            f"sslmode=verify-ca sslrootcert={folder}/ca.pem")
        with open(f"{folder}/postgresql.conf", "a", encoding="ascii") as f:
            f.write(CONF.format(address=self.address(node), primary=primary,
                                commit="remote_apply" if node == 1 else "on",
                                standbys="FIRST 2 (n2, n3)" if node == 1 else ""))
        with open(f"{folder}/pg_hba.conf", "w", encoding="ascii") as f:
            f.write("hostssl all,replication all 127.0.0.0/8 trust\n"
                    "hostssl replication all 127.0.0.0/8 trust\n")
        if node != 1:
            open(f"{folder}/standby.signal", "w", encoding="ascii").close()
            host.give(f"{folder}/standby.signal", USER)

    def environment(self):
        return dict(os.environ, PGSSLMODE="verify-ca", PGSSLROOTCERT=f"{self.pki}/ca.pem",
                    PGHOST=self.address(1), PGPORT="5432", PGUSER="postgres")

    def sql(self, text):
        return host.call([f"{self.bin}/psql", "-qAtX", "-d", "postgres", "-c", text],
                         env=self.environment())

    def start_node(self, node):
        self.servers.start(host.as_user(USER, f"{self.bin}/postgres", "-D", f"{self.folder}/n{node}"),
                           f"{self.folder}/n{node}.log")

    def start(self):
        host.give(self.folder, USER)
        host.call(host.as_user(USER, f"{self.bin}/initdb", "-D", f"{self.folder}/n1", "-U", "postgres",
                                "-A", "trust", "-E", "UTF8", "--no-locale"))
        for node in range(2, NODES + 1):
            host.call(["cp", "-a", f"{self.folder}/n1", f"{self.folder}/n{node}"])
        for node in range(1, NODES + 1):
            self.configure(node)
            self.start_node(node)
        host.wait_until(START_SECONDS, "PostgreSQL's standbys", lambda: self.says(
            "2", self.sql, "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'"))
        self.sql("CREATE TABLE objects (name text PRIMARY KEY, payload text NOT NULL)")
        with open(f"{self.folder}/create.sql", "w", encoding="ascii") as f:
            f.write(SCRIPT)

    def stop(self):
        self.servers.stop(signal.SIGINT)

    def load(self, clients, nodes, seconds):
        log = f"{self.folder}/{self.tag()}"
        limit = seconds + -(-clients // CONNECTS_PER_S)
        host.call([f"{self.bin}/pgbench", "-n", "-M", "prepared", "-f", f"{self.folder}/create.sql",
                   "-c", str(clients), "-j", str(min(clients, 2)), "-T", str(limit),
                   "-D", "n=0", "-D", f"tag=load{self.loads:04}", "-D", f"payload={'a' * PAYLOAD}",
                   "-l", "--log-prefix", log, "postgres"],
                  env=self.environment(), timeout=limit + 60)
        return self.read(log)

    @staticmethod
    def read(log):
        """client, number, us, script, epoch, us of the end: one line each"""
        took, ends = [], []
        for name in glob.glob(log + ".*"):
            with open(name, encoding="ascii") as f:
                for line in f:
                    _, _, us, _, epoch, part = line.split()
                    took.append(int(us))
                    ends.append(int(epoch) + int(part) / 1e6)
            os.unlink(name)
        if not took:
            raise host.Failed("pgbench logged no transaction")
        took.sort()
        began = min(ends) - took[0] / 1e6
        pairs = [(us / 1000, 1) for us in took]
        return Load(len(took), len(took) / (max(ends) - began), percentile_of(pairs, 0.5),
                    percentile_of(pairs, 0.99))
