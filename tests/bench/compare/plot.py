# SPDX-License-Identifier: GPL-2.0
"""Line charts as SVG: one panel for each placement, clients along, a scale of decades up."""
import math
from html import escape

from compare.goals import OURS
from compare.report import PLACES

COLOURS = ("#c2185b", "#1565c0", "#2e7d32", "#ef6c00", "#6a1b9a")
PANEL, HEIGHT, LEFT, TOP, BOTTOM, GAP = 340, 260, 70, 60, 50, 60
CHARTS = (("throughput", "ops_per_s", "creates per second"), ("p50", "p50_ms", "p50, ms"),
          ("p99", "p99_ms", "p99, ms"),
          ("cpu", "cpu_us_per_op", "CPU of all servers, us per create"),
          ("bytes", "bytes_per_op", "bytes written on all nodes per create"))
FLOOR = {"p50": ("p50_ms", ("tls", "fdatasync")), "p99": ("p99_ms", ("tls", "fdatasync"))}


class Scale:
    def __init__(self, values):
        self.low = math.floor(math.log10(min(values)))
        self.high = max(math.ceil(math.log10(max(values))), self.low + 1)

    def y(self, value):
        part = (math.log10(value) - self.low) / (self.high - self.low)
        return TOP + HEIGHT * (1 - part)

    def decades(self):
        return [10.0 ** e for e in range(self.low, self.high + 1)]


def text(x, y, words, anchor="middle", extra=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {extra}>{escape(words)}</text>'


def rule(x1, x2, y, style):
    return f'<line x1="{x1:.1f}" x2="{x2:.1f}" y1="{y:.1f}" y2="{y:.1f}" {style}/>'


def panel(left, words, curves, clients, scale, floor):
    x = {n: left + PANEL * (i + 0.5) / len(clients) for i, n in enumerate(clients)}
    out = [text(left + PANEL / 2, TOP - 10, words, extra='font-weight="bold"')]
    for value in scale.decades():
        out += [rule(left, left + PANEL, scale.y(value), 'stroke="#ddd"'),
                text(left - 6, scale.y(value) + 4, f"{value:,g}", "end")]
    if floor:
        out += [rule(left, left + PANEL, scale.y(floor), 'stroke="#555" stroke-dasharray="4 3"'),
                text(left + PANEL - 4, scale.y(floor) + 14, "TLS round trip + fdatasync", "end")]
    out += [text(x[n], TOP + HEIGHT + 18, str(n)) for n in clients]
    out.append(text(left + PANEL / 2, TOP + HEIGHT + 38, "clients"))
    for colour, dots in curves:
        at = [(x[n], scale.y(v)) for n, v in sorted(dots.items()) if v > 0]
        path = " ".join(f"{a:.1f},{b:.1f}" for a, b in at)
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3.5" fill="{colour}"/>' for a, b in at]
    return out


def chart(result, name, key, title):
    points = [p for p in result["points"] if p[key] > 0]
    if not points:
        return None
    systems = sorted({p["system"] for p in points}, key=lambda s: (s != OURS, s))
    clients = sorted({p["clients"] for p in points})
    floor = sum(result["floors"][f][FLOOR[name][0]] for f in FLOOR[name][1]) if name in FLOOR else 0
    scale = Scale([p[key] for p in points] + [floor] * bool(floor))
    width = LEFT + len(PLACES) * (PANEL + GAP)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" '
           f'height="{TOP + HEIGHT + BOTTOM + 30}" font-family="sans-serif" font-size="12">',
           '<rect width="100%" height="100%" fill="white"/>',
           text(LEFT, 24, title, "start", 'font-size="16"')]
    for i, (placement, words) in enumerate(PLACES.items()):
        curves = [(COLOURS[j % len(COLOURS)],
                   {p["clients"]: p[key] for p in points
                    if p["system"] == s and p["placement"] == placement})
                  for j, s in enumerate(systems)]
        out += panel(LEFT + i * (PANEL + GAP), words, curves, clients, scale, floor)
    for j, s in enumerate(systems):
        at = LEFT + j * 130
        out += [f'<rect x="{at}" y="{TOP + HEIGHT + BOTTOM + 6}" width="12" height="12" '
                f'fill="{COLOURS[j % len(COLOURS)]}"/>',
                text(at + 18, TOP + HEIGHT + BOTTOM + 16, s, "start")]
    return "\n".join(out + ["</svg>", ""])


def write(result, folder):
    for name, key, title in CHARTS:
        svg = chart(result, name, key, title)
        if svg:
            with open(f"{folder}/{name}.svg", "w", encoding="utf-8") as f:
                f.write(svg)
