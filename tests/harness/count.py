#!/usr/bin/python3
"""Adds up what meson's and pytest's reports tell, as one line: "N passed, N failed".

usage: count.py TESTLOG.json... PYTEST.xml

Exits 1 when a test failed, when a report is missing, or when nothing passed.
"""

import json
import re
import sys
import xml.etree.ElementTree as xml
from collections import Counter
from pathlib import Path

TAP_LINE = re.compile(r"^(not )?ok\b(.*)$", re.MULTILINE)


def count_program(record):
    """One test program: its TAP cases, or itself when it prints none."""
    counts = Counter()
    for failed, text in TAP_LINE.findall(record.get("stdout") or ""):
        skipped = not failed and re.search(r"#\s*skip", text, re.IGNORECASE)
        counts["failed" if failed else "skipped" if skipped else "passed"] += 1
    verdict = {"OK": "passed", "SKIP": "skipped"}.get(record["result"], "failed")
    # A program that died or leaked after its last case has failed as a whole.
    if not counts or (verdict == "failed" and not counts["failed"]):
        counts[verdict] += 1
    return counts


def count_meson(path):
    records = [json.loads(line) for line in path.read_text().splitlines()]
    return sum(map(count_program, records), Counter())


def count_pytest(path):
    counts = Counter()
    for suite in xml.parse(path).getroot().iter("testsuite"):
        told = {key: int(suite.get(key, 0)) for key in ("tests", "failures", "errors", "skipped")}
        failed = told["failures"] + told["errors"]
        counts["failed"] += failed
        counts["skipped"] += told["skipped"]
        counts["passed"] += told["tests"] - failed - told["skipped"]
    return counts


def main(*reports):
    total = Counter()
    for path in map(Path, reports):
        count = count_pytest if path.suffix == ".xml" else count_meson
        if path.exists():
            total += count(path)
        else:
            print(f"{path} is missing: its tests did not run", file=sys.stderr)
            total["failed"] += 1
    line = f"{total['passed']} passed, {total['failed']} failed"
    print(line + (f", {total['skipped']} skipped" if total["skipped"] else ""))
    return 1 if total["failed"] or not total["passed"] else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
