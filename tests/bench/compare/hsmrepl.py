# SPDX-License-Identifier: GPL-2.0
"""Software devices with real agents, by scripts/pool."""
import os
import re

from compare import host
from compare.load import Load, NODES, PAYLOAD, System

PHASE = re.compile(r'^hsmrepl_commit_phase_seconds_(sum|count)\{phase="(\w+)"\} (\S+)$', re.M)


def load_of(out):
    """What load_bench printed."""
    got = dict(word.split("=") for word in out.split())
    return Load(int(got["committed"]), float(got["ops_s"]), float(got["p50_us"]) / 1000,
                float(got["p99_us"]) / 1000)


class Hsmrepl(System):
    name = "hsmrepl"
    nodes = NODES
    links = False       # between the nodes: they cost a little, and can be made long

    def pool(self, *words):
        return host.call([f"{self.top}/scripts/pool", "--dir", self.folder, *words])

    def start(self):
        self.pool("up", "-n", str(self.nodes), *([] if self.links else ["--direct"]),
                  "--softdev", "--objects-max=10000000", "--softdev", f"--bytes-max={16 << 30}")

    def delay(self, ms):
        """From each node to each other one."""
        for a in range(1, self.nodes + 1):
            for b in range(a + 1, self.nodes + 1):
                self.pool("link", f"n{a}", f"n{b}", "delay", f"{ms:g}")

    def stop(self):
        if os.path.exists(f"{self.folder}/network"):
            self.pool("down")

    def pid(self, node, who):
        """@who: agent or device."""
        with open(f"{self.folder}/{node}/{who}.pid", encoding="ascii") as f:
            return int(f.read())

    def pids(self):
        try:
            return [self.pid(f"n{n}", who) for who in ("agent", "device")
                    for n in range(1, self.nodes + 1)]
        except OSError:
            raise host.Failed(f"{self.folder}: not all nodes run") from None

    def load(self, clients, nodes, seconds, size=PAYLOAD):
        return load_of(host.call([f"{self.top}/build/load_bench", "-c", str(clients),
                                  "-s", str(seconds), "-b", str(size), "-p", self.tag()] +
                                 [f"{self.folder}/n{n}/dev" for n in nodes]))

    def phases(self):
        """{phase: (seconds, batches)} over all nodes since their start."""
        total = {}
        for n in range(1, self.nodes + 1):
            text = self.pool("exec", f"n{n}", "--", "hsmreplctl", "metrics")
            for what, phase, value in PHASE.findall(text):
                seconds, batches = total.get(phase, (0.0, 0))
                if what == "sum":
                    seconds += float(value)
                else:
                    batches += int(value)
                total[phase] = seconds, batches
        return total
