# SPDX-License-Identifier: GPL-2.0
"""What a load generator found, and the pieces that the systems share."""
from dataclasses import dataclass

from compare import host

PAYLOAD = 1024
NODES = 3


@dataclass
class Load:
    """Creates that were acknowledged, and how long they took."""
    ops: int
    ops_per_s: float
    p50_ms: float
    p99_ms: float


class System:
    """Three nodes of something that keeps objects.

    start() returns when all take writes, stop() ends all in any state, pids() are the servers,
    load() puts work on the nodes listed, each client with one create under way, none twice.
    """
    name = None

    def __init__(self, top, folder, network, pki):
        self.top, self.folder, self.network, self.pki = top, folder, network, pki
        self.servers = host.Servers()
        self.loads = 0

    def address(self, node):
        return f"{self.network}.{node}"

    def certificate(self, node):
        return f"{self.pki}/n{node}.pem", f"{self.pki}/n{node}.key"

    def pids(self):
        return self.servers.pids()

    def stop(self):
        self.servers.stop()

    def says(self, want, ask, *about):
        """Is that the last word of the answer? Not yet, if there is none and the servers live."""
        try:
            return ask(*about).split()[-1:] == [want]
        except host.Failed:
            self.servers.pids()
            return False

    def tag(self):
        """Begins the names of one load."""
        self.loads += 1
        return f"load{self.loads:04}"


def percentile_of(pairs, share):
    """From (value, count) in ascending order of value."""
    total = sum(n for _, n in pairs)
    seen = 0
    for value, n in pairs:
        seen += n
        if seen >= share * total:
            return value
    return 0.0
