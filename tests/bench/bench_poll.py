#!/usr/bin/python3
"""What the escalator's poll costs when nothing is due: at 100 k running clocks, at 1 M, and while
another session holds an old snapshot while many clocks leave their place in the index, so that
vacuum may not remove what the scan has to step over.

The clocks come from SQL: no case stands behind them, nothing else runs.
"""

import statistics
import sys
import time

from bed import Bed, print_figures

POLL = "SELECT next_at FROM duban.escalator_due(1000, {floor}) WHERE case_no IS NULL"
FILL = """
    INSERT INTO duban.clock (case_no, clock, state, level, rank, due_at, next_at, calendar_version,
                             facts_hash, item_code, window_code, department_code)
    SELECT 'P' || to_char(n, 'FM00000000'), 'completion', 'running', 'normal', 0, at, at, 'cn', n,
           'ITEM', 'WINDOW', 'DEPARTMENT'
      FROM generate_series(%s::int, %s::int) AS n,
           LATERAL (SELECT duban.now() + interval '1 day' + n * interval '1 second' AS at) t"""
PUT_OFF = """
    UPDATE duban.clock SET next_at = next_at + interval '1000 days'
     WHERE case_no <= 'P' || to_char(%s::int, 'FM00000000') OR next_at < duban.now()"""
ROUNDS, POLLS = 15, 200


def time_poll_us(connection, floor="NULL"):
    """Median of the time a poll takes, over rounds: the machine has other things to do as well."""
    query = POLL.format(floor=floor)
    rounds = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        for _ in range(POLLS):
            connection.execute(query, prepare=True)
        rounds.append((time.perf_counter() - begin) / POLLS * 1e6)
    return statistics.median(rounds)


def fill(bed, first, last):
    bed.connection.execute(FILL, (first, last))
    bed.settle()
    return time_poll_us(bed.connection)


def die_under_snapshot(bed, count):
    """So many clocks have been due, as many of the next ones have ended early: all of them leave
    their place in the index. The poll without a floor, and with the one that the escalator keeps.
    """
    bed.connection.execute(FILL, (1_000_001, 1_000_000 + count))
    bed.connection.execute("UPDATE duban.clock SET next_at = duban.now() - interval '1 hour'"
                           " WHERE case_no > 'P01000000'")
    bed.settle()
    with bed.cluster.connect("bench") as holder:
        holder.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        holder.execute("SELECT count(*) FROM duban.install")
        bed.connection.execute(PUT_OFF, (count,))
        bed.settle()
        return (time_poll_us(bed.connection),
                time_poll_us(bed.connection, "duban.now() - interval '60 s'"))


def main():
    with Bed() as bed:
        small = fill(bed, 1, 100_000)
        large = fill(bed, 100_001, 1_000_000)
        without_floor, with_floor = die_under_snapshot(bed, 100_000)
        print_figures("poll", poll_us_100k=small, poll_us_1m=large, ratio=large / small,
                      snapshot_poll_us=with_floor, snapshot_ratio=with_floor / small,
                      snapshot_poll_us_without_floor=without_floor,
                      meets_goal=large / small <= 1.2 and with_floor / small <= 1.2)


if __name__ == "__main__":
    sys.exit(main())
