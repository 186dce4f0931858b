#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Do documents, alerts and dashboard speak of the metrics that there are?

names.py TEXT: TEXT is what hsmreplctl metrics printed. One line per case, then the total.
Run it from the top of the tree.
"""
import json
import os
import re
import subprocess
import sys
import tempfile

import yaml

DOCUMENT = "Documentation/metrics.md"
RULES = "Documentation/alerts/hsmrepl.rules.yml"
RULES_TEST = "tests/metrics/alerts.yml"
DASHBOARD = "Documentation/alerts/hsmrepl.dashboard.json"
GUIDE = "Documentation/admin"


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def families(text):
    return dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M))


def samples(text):
    """Every name that a sample has."""
    return set(re.findall(r"^([a-z_]+)[{ ]", text, re.M))


def expressions():
    for group in yaml.safe_load(read(RULES))["groups"]:
        for rule in group["rules"]:
            yield rule["alert"], rule["expr"]
    for panel in json.loads(read(DASHBOARD))["panels"]:
        for target in panel["targets"]:
            yield "panel " + panel["title"], target["expr"]


def names_in(expr):
    return set(re.findall(r"\bhsmrepl_[a-z_]+\b", re.sub(r'"[^"]*"', "", expr)))


def is_promql(exprs):
    """promtool parses them all, as rules."""
    rules = [{"record": f"r{i}", "expr": e.replace("$__rate_interval", "5m")}
             for i, (_, e) in enumerate(exprs)]
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as f:
        yaml.safe_dump({"groups": [{"name": "g", "rules": rules}]}, f)
        f.flush()
        done = subprocess.run(["promtool", "check", "rules", f.name], capture_output=True,
                              text=True, check=False)
    if done.returncode:
        print(done.stdout + done.stderr)
    return done.returncode == 0


def tested_alerts():
    """Names that the unit tests let fire, and that they keep silent."""
    fire, silent = set(), set()
    for test in yaml.safe_load(read(RULES_TEST))["tests"]:
        for case in test["alert_rule_test"]:
            (fire if case["exp_alerts"] else silent).add(case["alertname"])
    return fire, silent


def cases(text):
    there = families(text)
    told = dict(re.findall(r"^\| `(\w+)` \| (\w+) \|", read(DOCUMENT), re.M))
    yield f"{DOCUMENT} names all {len(there)} metrics, with their types", told == there, \
        set(told.items()) ^ set(there.items())
    exprs = list(expressions())
    known = samples(text)
    for where, expr in exprs:
        unknown = names_in(expr) - known
        yield f"{where}: its metrics exist", names_in(expr) and not unknown, unknown
    yield "all of it is PromQL", is_promql(exprs), ""
    alerts = {r["alert"] for g in yaml.safe_load(read(RULES))["groups"] for r in g["rules"]}
    fire, silent = tested_alerts()
    yield "each alert is tested to fire", fire == alerts, fire ^ alerts
    yield "and to stay silent", silent == alerts, silent ^ alerts
    pages = set(re.findall(r"([a-z-]+\.md)", read(RULES)))
    absent = {p for p in pages if not os.path.exists(f"{GUIDE}/{p}")
              and not os.path.exists(f"Documentation/{p}")}
    yield "each page that an alert names is there", pages and not absent, absent


def main():
    passed = failed = 0
    for what, ok, why in cases(read(sys.argv[1])):
        passed += bool(ok)
        failed += not ok
        print(f"{'ok     ' if ok else 'not ok '} {what}" + ("" if ok else f": {why}"))
    print(f"names: passed {passed}, failed {failed}")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
