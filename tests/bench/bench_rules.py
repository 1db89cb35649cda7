#!/usr/bin/python3
"""Rules that change over a million open cases: what `dubanctl plan` takes to foretell it, how long the
pass takes that computes all clocks anew, and how late alerts are told that fall due meanwhile.
"""

import json
import random
import resource
import sys
import time

from bed import Bed, print_figures, quantile

from bench_million import LATE_CASES
from harness.centre import ROOT, write_yaml
from harness.processes import run

CASES = 1_000_000
EVENTS = 600
QUIET_S = 20.0
PASS_S = 60.0  # alerts fall due for so long after the reload
LATENCIES = """
    SELECT m.public_id, (extract(epoch FROM e.event_at) * 1e6)::bigint
      FROM duban.message m
      JOIN duban.notification n ON n.message = m.id
      JOIN duban.event e ON e.id = n.event
     WHERE e.kind = 'red' AND left(e.case_no, 1) = %s"""


def use_calendar(bed, *days_off):
    """A calendar with some more days off."""
    path = write_yaml(bed.folder / "centre.yaml", {
        "name": "centre", "include": str(ROOT / "etc/calendars/cn.yaml"),
        "special": [{"name": "停电", "date": day, "hours": "closed"} for day in days_off]})
    bed.settings["calendars"], bed.settings["calendar"] = {"centre": str(path)}, "centre"
    return write_yaml(bed.folder / "duban.yaml", bed.settings)


def plan(bed, config):
    """(its JSON, seconds, greatest memory of dubanctl in MiB)"""
    begin = time.perf_counter()
    told = json.loads(run([bed.programs.dubanctl, "--config", config, "--json", "plan"]))
    seconds = time.perf_counter() - begin
    return told, seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def add_late_cases(bed, prefix, seconds):
    """Cases that fall due one by one from five seconds on."""
    dice = random.Random(prefix)
    delays = [5 + dice.random() * seconds for _ in range(EVENTS)]
    bed.connection.execute(LATE_CASES.replace("'L' ||", f"'{prefix}' ||"), (delays,))


def wait_told(bed, prefix, seconds):
    """Milliseconds from each one's instant to the received POST."""
    bed.wait(f"SELECT count(*) = {EVENTS} FROM duban.event e JOIN duban.notification n ON n.event = e.id"
             f" JOIN duban.attempt a ON a.message = n.message"
             f" WHERE left(e.case_no, 1) = '{prefix}' AND e.kind = 'red' AND a.verdict = 'delivered'",
             seconds, pause=0.5)
    bed.receiver.take_counts()
    arrivals = bed.receiver.arrivals()
    return [(arrivals[message] + bed.shift_us - at) / 1000
            for message, at in bed.rows(LATENCIES, (prefix,))]


def recompute(bed, daemon):
    """Seconds from the reload until all clocks follow the rules."""
    before = bed.value("SELECT rules_version FROM duban.intake")
    begin = time.perf_counter()
    daemon.hup()
    bed.wait(f"SELECT rules_version <> '{before}' AND recompute_version = '' FROM duban.intake", 600)
    return time.perf_counter() - begin


def last_pass(bed):
    """(cases, clocks) as the ledger has them."""
    detail = bed.value("SELECT detail FROM duban.event WHERE kind = 'rules_changed' ORDER BY id DESC LIMIT 1")
    cases, clocks = detail.split(", ")[-2:]
    return int(cases.split()[0]), int(clocks.split()[0])


def late_figures(name, latencies):
    return {f"{name}_p50_ms": quantile(latencies, 0.5), f"{name}_p99_ms": quantile(latencies, 0.99),
            f"{name}_most_ms": max(latencies)}


def main():
    with Bed() as bed:
        bed.settings["routes"] = {"red": {"window": "hook"}}
        use_calendar(bed)
        bed.generate(CASES)
        bed.settle()
        daemon = bed.daemon()
        try:
            daemon.start()
            bed.wait_initial(300)
            bed.settle()
            add_late_cases(bed, "Q", QUIET_S)
            quiet = wait_told(bed, "Q", QUIET_S + 60)

            config = use_calendar(bed, "2026-06-08", "2026-06-09")
            told, seconds, memory = plan(bed, config)
            print_figures("plan", cases=told["cases"], clocks=told["clocks"]["compared"],
                          later=told["clocks"]["later"], raised=told["told"]["raised"],
                          cleared=told["told"]["cleared"], seconds=seconds,
                          cases_per_s=told["cases"] / seconds, memory_mib=memory)

            add_late_cases(bed, "P", PASS_S)
            seconds = recompute(bed, daemon)
            cases, clocks = last_pass(bed)
            during = wait_told(bed, "P", PASS_S + 120)
            highest = daemon.memory_kib()[1]
            again, _, _ = plan(bed, config)
        finally:
            daemon.stop()
    same = again["clocks"]["same"] == again["clocks"]["compared"]
    print_figures("recompute", cases=cases, clocks_written=clocks, seconds=seconds, cases_per_s=cases / seconds,
                  memory_highest_mib=highest / 1024, **late_figures("quiet", quiet),
                  **late_figures("late", during), meets_goal=same and quantile(during, 0.99) < 1000)


if __name__ == "__main__":
    sys.exit(main())
