# SPDX-License-Identifier: GPL-2.0
"""Three nodes of MariaDB Galera, TLS for clients and group; sysbench's prepared inserts."""
import os
import re
import shutil

from compare import host
from compare.load import Load, NODES, PAYLOAD, System, percentile_of

START_SECONDS = 60
USER = "mysql"
REDO = "512M"
SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "create.lua")
SCHEMA = """
CREATE DATABASE bench;
CREATE TABLE bench.objects (name VARBINARY(96) PRIMARY KEY, payload VARBINARY(1024) NOT NULL)
	ENGINE=InnoDB;
CREATE USER bench IDENTIFIED BY '' REQUIRE SSL;
GRANT ALL ON bench.* TO bench;
"""


class Galera(System):
    name = "galera"

    def __init__(self, top, folder, network, pki):
        super().__init__(top, folder, network, pki)
        self.client = f"{folder}/client"

    def options(self, node):
        """What every start of this node's server has."""
        return ["--no-defaults", f"--datadir={self.folder}/n{node}",
                f"--socket={self.folder}/n{node}.sock", f"--pid-file={self.folder}/n{node}.pid",
                "--skip-name-resolve", "--innodb-buffer-pool-size=1G",
                f"--innodb-log-file-size={REDO}", "--innodb-flush-log-at-trx-commit=1",
                "--innodb-flush-method=O_DIRECT", "--innodb-autoinc-lock-mode=2",
                "--binlog-format=ROW", "--max-connections=300", "--skip-log-bin"]

    def cluster_options(self, node):
        cert, key = self.certificate(node)
        others = ",".join(self.address(n) for n in range(1, NODES + 1))
        group = ";".join([f"gmcast.listen_addr=ssl://{self.address(node)}:4567",
                          f"ist.recv_addr={self.address(node)}:4568", "socket.ssl=yes",
                          f"socket.ssl_cert={cert}", f"socket.ssl_key={key}",
                          f"socket.ssl_ca={self.pki}/ca.pem"])
        return [f"--bind-address={self.address(node)}", "--port=3306",
                f"--ssl-cert={cert}", f"--ssl-key={key}", f"--ssl-ca={self.pki}/ca.pem",
                "--wsrep-on=ON", "--wsrep-provider=/usr/lib/galera/libgalera_smm.so",
                "--wsrep-cluster-name=bench", f"--wsrep-node-name=n{node}",
                f"--wsrep-node-address={self.address(node)}",
                f"--wsrep-cluster-address=gcomm://{'' if node == 1 else others}",
                "--wsrep-slave-threads=16", f"--wsrep-provider-options={group}"]

    def sql(self, node, text):
        return host.call(["mariadb", "--no-defaults", "-NB", "-u", "root",
                          f"--socket={self.folder}/n{node}.sock", "-e", text])

    def make_first(self):
        host.give(self.folder, USER)
        host.call(host.as_user(USER, "mariadb-install-db", "--no-defaults",
                               f"--datadir={self.folder}/n1", "--skip-test-db",
                               "--auth-root-authentication-method=normal",
                               f"--innodb-log-file-size={REDO}"))
        self.start_node(1)
        self.wait_synced(1)
        self.sql(1, SCHEMA)
        self.servers.stop()

    def start_node(self, node):
        self.servers.start(host.as_user(USER, "mariadbd", *self.options(node),
                                        *self.cluster_options(node)),
                           f"{self.folder}/n{node}.log")

    def wait_synced(self, node):
        host.wait_until(START_SECONDS, f"galera n{node}", lambda: self.says(
            "Synced", self.sql, node, "SHOW STATUS LIKE 'wsrep_local_state_comment'"))

    def copy(self):
        """All begin as copies of one, so none needs a state transfer. Without holes, so that every
        block of the redo log was written once."""
        os.rename(f"{self.folder}/n1", f"{self.folder}/n0")
        for node in range(1, NODES + 1):
            target = f"{self.folder}/n{node}"
            host.call(["cp", "-a", "--sparse=never", f"{self.folder}/n0", target])
        shutil.rmtree(f"{self.folder}/n0")

    def start(self):
        self.make_first()
        self.copy()
        os.makedirs(self.client)
        for name, source in (("cacert.pem", "ca.pem"), ("client-cert.pem", "n1.pem"),
                             ("client-key.pem", "n1.key")):
            shutil.copy(f"{self.pki}/{source}", f"{self.client}/{name}")
        for node in range(1, NODES + 1):
            self.start_node(node)
            self.wait_synced(node)

    def load(self, clients, nodes, seconds):
        hosts = ",".join(self.address(n) for n in nodes)
        out = host.call(["sysbench", SCRIPT, f"--mysql-host={hosts}", "--mysql-user=bench",
                         "--mysql-db=bench", "--mysql-ssl=on", "--db-ps-mode=auto",
                         f"--threads={clients}", f"--time={seconds}", "--histogram=on",
                         "--percentile=99", f"--payload={PAYLOAD}", f"--tag={self.tag()}", "run"],
                        cwd=self.client, timeout=seconds + 60)
        bars = [(float(v), int(n)) for v, n in re.findall(r"^\s*(\d+\.\d+) \|\**\s*(\d+)$", out,
                                                          re.M)]
        ops, rate = re.search(r"transactions:\s+(\d+)\s+\((\S+) per sec", out).groups()
        ignored = int(re.search(r"ignored errors:\s+(\d+)", out)[1])
        if ignored or not bars:
            raise host.Failed(f"galera: {ignored} creates were refused: {out[-1000:]}")
        return Load(int(ops), float(rate), percentile_of(bars, 0.5), percentile_of(bars, 0.99))
