#!/usr/bin/python3
"""A centre with a million open cases: the first intake, and then the daemon at rest: its memory,
its CPU, and how soon after a clock's next_at the webhook arrives.
"""

import random
import sys
import time

from bed import Bed, print_figures, quantile

CASES = 1_000_000
IDLE_S = 20
EVENTS, SPREAD_S = 600, 45.0

# Cases of limits in hours, served round the clock, that run out at the instants given.
LATE_CASES = """
    INSERT INTO approval.case_file
           (case_no, item_code, kind, window_code, applicant_id, promised_value, promised_unit,
            stage, status, received_at, accepted_at, updated_at)
    SELECT 'L' || to_char(n, 'FM000000'), i.item_code, i.kind, w.window_code, 1, i.promised_value,
           '小时', 'processing', 'open', a.at, a.at, duban.now()
      FROM unnest(%s::float8[]) WITH ORDINALITY AS d(delay_s, n),
           (SELECT * FROM approval.item WHERE promised_unit = '小时' LIMIT 1) i,
           (SELECT window_code FROM approval.window_desk LIMIT 1) w,
           LATERAL (SELECT duban.now() + d.delay_s * interval '1 second'
                           - i.promised_value * interval '1 hour' AS at) a"""
MESSAGES = """
    SELECT m.public_id, (extract(epoch FROM e.event_at) * 1e6)::bigint
      FROM duban.message m
      JOIN duban.notification n ON n.message = m.id
      JOIN duban.event e ON e.id = n.event
     WHERE e.kind = 'red'"""


def take_in(bed, daemon):
    """From the start of the program until the baseline is closed."""
    begin = time.perf_counter()
    daemon.start()
    bed.wait_initial(300)
    seconds = time.perf_counter() - begin
    cases = bed.value("SELECT count(*) FROM duban.clock")
    return {"cases": cases, "seconds": seconds, "cases_per_s": cases / seconds}


def rest(daemon):
    """CPU while nothing is due and nothing changes."""
    before = daemon.cpu_seconds()
    time.sleep(IDLE_S)
    return (daemon.cpu_seconds() - before) / IDLE_S * 100


def measure_latency_ms(bed):
    """Single events, spread over real time, each from its next_at to the received POST."""
    dice = random.Random(1)
    delays = [5 + dice.random() * SPREAD_S for _ in range(EVENTS)]
    bed.connection.execute(LATE_CASES, (delays,))
    bed.wait(f"SELECT count(*) = {EVENTS} FROM duban.attempt WHERE verdict = 'delivered'",
             SPREAD_S + 60, pause=0.5)
    bed.receiver.take_counts()
    arrivals = bed.receiver.arrivals()
    return [(arrivals[message] + bed.shift_us - at) / 1000 for message, at in bed.rows(MESSAGES)]


def main():
    with Bed() as bed:
        bed.settings["routes"] = {"red": {"window": "hook"}}
        bed.generate(CASES)
        bed.settle()
        daemon = bed.daemon()
        try:
            intake = take_in(bed, daemon)
            memory, highest = daemon.memory_kib()
            bed.settle()
            cpu_percent = rest(daemon)
            latencies = measure_latency_ms(bed)
            highest_after = daemon.memory_kib()[1]
        finally:
            daemon.stop()
    print_figures("intake", **intake, memory_highest_mib=highest / 1024,
                  meets_goal=intake["cases_per_s"] >= 30_000)
    print_figures("idle", clocks=intake["cases"], memory_mib=memory / 1024,
                  memory_highest_mib=highest_after / 1024, cpu_percent=cpu_percent,
                  meets_goal=highest_after / 1024 < 40 and cpu_percent < 1)
    p99 = quantile(latencies, 0.99)
    print_figures("latency", clocks=intake["cases"], events=len(latencies),
                  p50_ms=quantile(latencies, 0.5), p99_ms=p99, most_ms=max(latencies),
                  meets_goal=len(latencies) == EVENTS and p99 < 100)


if __name__ == "__main__":
    sys.exit(main())
