# SPDX-License-Identifier: GPL-2.0
"""What no system can be faster than on this machine, taken between the loads."""
import os
import shutil
from statistics import median

from compare import host

BLOCK = 4096
NAMES = ("fdatasync", "fdatasync_three", "tls", "tls_fdatasync")


class Floors:
    def __init__(self, top, folder, seconds):
        self.top, self.folder, self.seconds = top, folder, seconds
        self.seen = {name: [] for name in NAMES}

    def take(self):
        os.makedirs(self.folder)
        out = host.call([f"{self.top}/build/floor_bench", self.folder, str(self.seconds)])
        shutil.rmtree(self.folder)
        for line in out.splitlines():
            name, *words = line.split()
            self.seen[name].append({k: float(v) for k, v in (w.split("=") for w in words)})

    def result(self):
        def of(name):
            def mid(key):
                return median(x[key] for x in self.seen[name])
            return {"ops_per_s": 1e6 / mid("p50_us"), "p50_ms": mid("p50_us") / 1000,
                    "p99_ms": mid("p99_us") / 1000, "cpu_us_per_op": mid("cpu_us"),
                    "bytes_per_op": 0 if name == "tls" else BLOCK}
        return {name: of(name) for name in NAMES}
