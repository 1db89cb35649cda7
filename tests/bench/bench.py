#!/usr/bin/python3
"""Runs the benchmarks of the release build and prints their figures as text and as JSON.

usage: bench.py [--json] [NAME...]     all of them, unless some are named

A benchmark is a program that meson knows as `benchmark(...)` and that prints JSON objects, one a
line: {"bench": NAME, FIGURE: NUMBER, ...}. The text goes to stderr, the JSON (a list of those
objects) to stdout; --json leaves the text out.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

BUILD = Path(__file__).resolve().parents[2] / "build/release"
LOG = BUILD / "meson-logs/benchmarklog.json"


def run_benchmarks(names):
    """meson's record of each benchmark."""
    LOG.unlink(missing_ok=True)
    subprocess.run(["meson", "test", "-C", BUILD, "--benchmark", "--no-rebuild",
                    "--num-processes=1", "--timeout-multiplier=20", f"--logbase={LOG.stem}",
                    *names], stdout=subprocess.DEVNULL, check=False)
    return [json.loads(line) for line in LOG.read_text().splitlines()] if LOG.exists() else []


def read_figures(record):
    """The JSON objects that a benchmark has printed."""
    lines = (record.get("stdout") or "").splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]


def print_table(figures):
    for name, value in figures.items():
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            text = f"{value:,}" if isinstance(value, int) else f"{value:,.3f}"
            print(f"  {name:<32}{text:>18}", file=sys.stderr)
        elif name != "bench":
            print(f"  {name:<32}{value}", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(prog="./dev bench")
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--json", action="store_true", help="no text beside the JSON")
    options = parser.parse_args()
    found, failed = [], []
    for record in run_benchmarks(options.names):
        figures = read_figures(record)
        if record["result"] != "OK" or not figures:
            failed.append(record["name"])
            print(f"{record['name']}: {record['result']}\n{record.get('stderr') or ''}",
                  file=sys.stderr)
        for one in figures:
            if not options.json:
                print(one.get("bench", record["name"]), file=sys.stderr)
                print_table(one)
            found.append(one)
    print(json.dumps(found, ensure_ascii=False))
    return 1 if failed or not found else 0


if __name__ == "__main__":
    sys.exit(main())
