# SPDX-License-Identifier: GPL-2.0
"""Three nodes of etcd, TLS between them and to clients; its own tools/benchmark puts."""
import json
import re
import signal
import ssl
import urllib.request

from compare import host
from compare.load import Load, NODES, PAYLOAD, System

BACKEND_BYTES = 8 << 30
CLIENTS_PER_CONNECTION = 8      # of those tried, what served etcd best
FIRST_RATE = 200                # puts/s and client, until one load was seen
KEY_BYTES = 16
START_SECONDS = 30


class Etcd(System):
    name = "etcd"
    first_rate = FIRST_RATE
    patience = 20       # seconds for a load, at least

    def __init__(self, top, folder, network, pki):
        super().__init__(top, folder, network, pki)
        self.rate = {}
        self.benchmark = f"{top}/build/bench/etcd-benchmark"

    def client_url(self, node):
        return f"https://{self.address(node)}:2379"

    def peer_url(self, node):
        return f"https://{self.address(node)}:2380"

    def command(self, node):
        cert, key = self.certificate(node)
        cluster = ",".join(f"n{i}={self.peer_url(i)}" for i in range(1, NODES + 1))
        return ["etcd", "--name", f"n{node}", "--data-dir", f"{self.folder}/n{node}",
                "--listen-client-urls", self.client_url(node),
                "--advertise-client-urls", self.client_url(node),
                "--listen-peer-urls", self.peer_url(node),
                "--initial-advertise-peer-urls", self.peer_url(node),
                "--initial-cluster", cluster, "--initial-cluster-state", "new",
                "--cert-file", cert, "--key-file", key,
                "--peer-cert-file", cert, "--peer-key-file", key,
                "--peer-trusted-ca-file", f"{self.pki}/ca.pem", "--peer-client-cert-auth",
                "--quota-backend-bytes", str(BACKEND_BYTES),
                "--logger", "zap", "--log-level", "warn", "--log-outputs", "stderr"]

    def healthy(self, node):
        try:
            context = ssl.create_default_context(cafile=f"{self.pki}/ca.pem")
            with urllib.request.urlopen(self.client_url(node) + "/health", timeout=2,
                                        context=context) as answer:
                return json.load(answer)["health"] == "true"
        except (OSError, ValueError):
            return False

    def start(self):
        for node in range(1, NODES + 1):
            self.servers.start(self.command(node), f"{self.folder}/n{node}.log")
        for node in range(1, NODES + 1):
            host.wait_until(START_SECONDS, f"etcd n{node}", lambda n=node: self.healthy(n))

    def stop(self):
        self.servers.stop(signal.SIGKILL)       # else the leader looks for another one first

    def run(self, command, node, **options):
        """Where the load is made for that node."""
        return host.call(command, **options)

    def load(self, clients, nodes, seconds):
        """It takes a number of puts, not a time. Key sizes differ, so no two loads share a key."""
        self.loads += 1
        where = clients, len(nodes)
        rate = self.rate.get(where) or self.first_rate * min(clients, 16)
        total = max(int(rate * seconds), 10 * clients)
        command = [self.benchmark, "put", "--precise",
                   "--endpoints", ",".join(self.client_url(n) for n in nodes),
                   "--cacert", f"{self.pki}/ca.pem", "--clients", str(clients),
                   "--conns", str(max(-(-clients // CLIENTS_PER_CONNECTION),
                                      min(clients, len(nodes)))),
                   "--total", str(total), "--key-space-size", str(total), "--sequential-keys",
                   "--key-size", str(KEY_BYTES + self.loads), "--val-size", str(PAYLOAD)]
        if len(nodes) == 1:
            command.append("--target-leader")
        out = self.run(command, nodes[0], timeout=max(self.patience, 6 * seconds))
        if "Error distribution" in out:
            raise host.Failed(f"etcd refused puts: {out[-1000:]}")
        self.rate[where] = float(re.search(r"Requests/sec:\s+(\S+)", out)[1])
        pct = {int(p): float(s) for p, s in re.findall(r"^\s+(\d+)% in (\S+) secs", out, re.M)}
        # Of few puts it does not tell the rarer ones.
        return Load(total, self.rate[where], pct[50] * 1000, pct.get(99, max(pct.values())) * 1000)
