#!/usr/bin/python3
"""A province's year replayed: a million cases, three levels, messages to windows, departments, the
supervision office and applicants, with digests; then the same beside another configuration.

usage: bench_simulate.py [CASES]
"""

import json
import os
import resource
import subprocess
import sys
import time

from bed import Bed, print_figures

from harness.centre import make_directory, write_yaml

CASES = 1_000_000
FROM, TO, GENERATED = "2025-06-03", "2026-06-03", "2026-06-03T09:30:00Z"
POLICY = [{"level": "yellow", "label": "黄牌", "before": "3 workdays"},
          {"level": "red", "label": "红牌", "when": "overdue"},
          {"level": "late", "label": "督办", "after": "5 workdays"}]
ROUTES = {"yellow": {"window": "sms"},
          "red": {"window": "sms", "department": "hook", "supervision": "sms"},
          "late": {"supervision": ["sms", "hook"]},
          "completed": {"applicant": "sms"}}


def write_configs(bed):
    """The present one, and one that warns at 80 % of the limit."""
    bed.settings["channels"]["sms"]["digest"] = "10m"
    bed.settings["policies"]["standard"], bed.settings["routes"] = POLICY, ROUTES
    present = write_yaml(bed.folder / "present.yaml", bed.settings)
    bed.settings["policies"]["standard"] = [{**POLICY[0], "before": None, "share": "80%"},
                                            *POLICY[1:]]
    del bed.settings["policies"]["standard"][0]["before"]
    return present, write_yaml(bed.folder / "other.yaml", bed.settings)


def server_cpu(bed):
    """Of the sessions that have ended."""
    with open(f"/proc/{bed.cluster.process.pid}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


def simulate(bed, name, config, *options):
    command = [bed.programs.dubanctl, "--config", config, "simulate", "--from", FROM, "--to", TO,
               "--json", *options]
    before, server = resource.getrusage(resource.RUSAGE_CHILDREN), server_cpu(bed)
    begin = time.perf_counter()
    found = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    seconds = time.perf_counter() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    time.sleep(0.5)  # until the server has taken note of the session's end
    run = found["runs"][0]
    print_figures(name, cases=found["cases"], seconds=seconds,
                  cases_per_s=found["cases"] / seconds, events=run["events"],
                  notifications=sum(one["notifications"] for one in run["channels"]),
                  messages=sum(one["messages"] for one in run["channels"]),
                  busiest_minute=run["busiest_minute"]["messages"],
                  cpu_s=after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
                  server_cpu_s=server_cpu(bed) - server, memory_mib=after.ru_maxrss / 1024,
                  meets_goal=seconds < 60)


def main():
    cases = int(sys.argv[1]) if len(sys.argv) > 1 else CASES
    with Bed() as bed:
        bed.connection.execute("SELECT approval.generate(%s::int, %s::timestamptz)",
                               (cases, GENERATED))
        directory = write_yaml(bed.folder / "whole.yaml",
                               make_directory(bed.connection, "http://127.0.0.1:1"))
        bed.settle()
        present, other = write_configs(bed)
        simulate(bed, "simulate", present, "--directory", directory)
        simulate(bed, "simulate against", present, "--directory", directory, "--against", other)


if __name__ == "__main__":
    sys.exit(main())
