# SPDX-License-Identifier: GPL-2.0
"""What is to be reached, and whether a result reaches it. Only ratios of one run."""
from compare.load import NODES, PAYLOAD

OURS = "hsmrepl"
BEYOND = (      # what other measurements than this one show
    "p50 at 1 million objects against 1 thousand", "p50 at 9 nodes against 3",
    "get in the module, 1 KiB", "kernel memory per 1 KiB object",
    "reload of 1 million objects at start",
)


class Result:
    def __init__(self, result):
        self.floors = result["floors"]
        self.point = {(p["system"], p["placement"], p["clients"]): p for p in result["points"]}
        self.peers = sorted({p["system"] for p in result["points"]} - {OURS})

    def of(self, key, clients, placement, system=OURS):
        """None if that was not measured."""
        p = self.point.get((system, placement, clients))
        return p and p[key]

    def best_peer(self, key, clients, best):
        """Wherever that peer does it best."""
        found = [self.of(key, clients, placement, peer) for peer in self.peers
                 for placement in ("one", "spread")]
        found = [x for x in found if x]
        return best(found) if found else None


def ratio(a, b):
    return a / b if a is not None and b else None


def rows(result):
    """(work, bound or None, "at most" or "at least", what was got or None)"""
    r = Result(result)
    lone = r.of("p50_ms", 1, "one")
    for flush, words, bound in (("fdatasync", "", 1.35),
                                ("fdatasync_three", " of three at once", None)):
        if flush not in r.floors:       # a result from before it was measured
            continue
        floor = r.floors["tls"]["p50_ms"] + r.floors[flush]["p50_ms"]
        yield (f"1 client, p50 to TLS round trip + fdatasync{words}", bound, "at most",
               ratio(lone, floor))
    for peer in ("etcd", "galera"):
        yield (f"1 client, p50 to {peer}'s", 0.5, "at most",
               ratio(lone, r.of("p50_ms", 1, "one", peer)))
    for clients, bound in ((64, 5), (192, 6)):
        yield (f"{clients} clients, spread, ops/s to the best peer's", bound, "at least",
               ratio(r.of("ops_per_s", clients, "spread"),
                     r.best_peer("ops_per_s", clients, max)))
    yield ("192 clients, ops/s of three nodes writing to one", 0.9, "at least",
           ratio(r.of("ops_per_s", 192, "spread"), r.of("ops_per_s", 192, "one")))
    for placement in ("one", "spread"):
        yield (f"64 clients, {placement}, p99 to p50", 3, "at most",
               ratio(r.of("p99_ms", 64, placement), r.of("p50_ms", 64, placement)))
    yield ("192 clients, CPU per commit to the best peer's", 0.25, "at most",
           ratio(r.of("cpu_us_per_op", 192, "spread"), r.best_peer("cpu_us_per_op", 192, min)))
    yield ("192 clients, bytes on disk per object's byte, each node", 3, "at most",
           ratio(r.of("bytes_per_op", 192, "spread"), NODES * PAYLOAD))


def table(result):
    """One line for each, reached or not."""
    head = f"{'work':<60} {'to reach':>13} {'got':>8}"
    lines = [head, "-" * (len(head) + 13)]
    reached = 0
    for work, bound, sense, got in rows(result):
        goal = f"{sense} {bound}" if bound else ""
        if got is None:
            lines.append(f"{work:<60} {goal:>13} {'':>8}  not measured")
        elif not bound:
            lines.append(f"{work:<60} {goal:>13} {got:8.2f}")
        else:
            ok = got <= bound if sense == "at most" else got >= bound
            reached += ok
            lines.append(f"{work:<60} {goal:>13} {got:8.2f}  {'reached' if ok else 'not reached'}")
    lines += [f"{work:<60} {'':>13} {'':>8}  not measured here" for work in BEYOND]
    return "\n".join(lines + [f"goals: {reached} reached"])
