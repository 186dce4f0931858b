# SPDX-License-Identifier: GPL-2.0
"""The points as text, each with its ratio to ours and to the floors."""
from compare.goals import OURS, Result

COLUMNS = (("ops/s", "ops_per_s", "{:,.0f}"), ("p50 ms", "p50_ms", "{:.3f}"),
           ("p99 ms", "p99_ms", "{:.3f}"), ("cpu us/op", "cpu_us_per_op", "{:,.0f}"),
           ("bytes/op", "bytes_per_op", "{:,.0f}"))
PLACES = {"one": "all on one node", "spread": "spread over three nodes"}
FLOORS = (("fdatasync", "to fdatasync"), ("tls", "to TLS round trip"))
# as the protocol passes through them
PHASES = ("queue", "claim", "append", "wake_up", "vote", "apply", "commit", "answer")


def line(name, cells):
    return f"{name:<26}" + "".join(f"{c:>12}" for c in cells)


def ratios(name, point, base):
    return line("  " + name, [f"{point[key] / base[key]:.2f}" if base[key] else "-"
                              for _, key, _ in COLUMNS])


def block(result, placement, clients):
    r = Result(result)
    lines = [line(f"{clients} client{'s' * (clients > 1)}, {placement}", [c[0] for c in COLUMNS])]
    ours = r.point.get((OURS, placement, clients))
    for system in [OURS] + r.peers:
        p = r.point.get((system, placement, clients))
        if not p:
            continue
        lines.append(line(system, [fmt.format(p[key]) for _, key, fmt in COLUMNS]))
        if ours and p is not ours:
            lines.append(ratios("to " + OURS, p, ours))
        lines += [ratios(text, p, r.floors[name]) for name, text in FLOORS]
    return lines


def points(result):
    lines = [line("floors", [c[0] for c in COLUMNS])]
    lines += [line(name, [fmt.format(floor[key]) for _, key, fmt in COLUMNS])
              for name, floor in result["floors"].items()]
    for placement, words in PLACES.items():
        clients = sorted({p["clients"] for p in result["points"] if p["placement"] == placement})
        lines += ["", f"== {words}"] * bool(clients)
        for n in clients:
            lines += block(result, placement, n) + [""]
    return "\n".join(lines)


def phases(samples):
    """Mean microseconds of each phase of a batch, and how many commits went into one."""
    lines = ["phases of a batch of ours, mean us (Documentation/performance.md)",
             line("", PHASES + ("batch",))]
    for (placement, clients), (seen, ops) in samples.items():
        batches = seen["commit"][1]
        cells = [f"{1e6 * seen[p][0] / seen[p][1]:,.0f}" if seen[p][1] else "-" for p in PHASES]
        lines.append(line(f"{clients} clients, {placement}",
                          cells + [f"{ops / batches:.1f}" if batches else "-"]))
    return "\n".join(lines)
