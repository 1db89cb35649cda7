#!/usr/bin/python3
"""What one bad endpoint does to nine good ones: nothing.

Other work on the machine changes the rate far more than what is measured here. So what a message
costs (CPU of daemon and PostgreSQL) is compared too: with both cores busy the rate follows from it, and
the goal is met when either of them says so.

Three situations take turns: nine endpoints alone; a tenth beside them that takes connections and
never answers; 100 k messages parked for an eleventh that is gone. In each the nine get a burst, for
their rate, and then single messages, for the time from the queue to the receiver.
"""

import os
import socket
import statistics
import sys
import threading
import time

from bed import Bed, print_figures, quantile

GOOD, ROUNDS = 9, 6
BURST = 5000    # messages for each of the nine
TRICKLE_S, PAUSE_S = 2, 0.02
PARKED = 100_000

QUEUE = """
    WITH made AS (
        INSERT INTO duban.message
               (id, day, public_id, channel, endpoint, address, body, kind, case_no, clock,
                deadline_version, rank, recipient, role, repeatable, created_at)
        SELECT m.id, (duban.now() AT TIME ZONE 'UTC')::date, 'b-' || m.id, 'hook', e.id, e.address,
               %(body)s, 'yellow', 'X', 'none', 1, 1, 'W', 'window', true, duban.now()
          FROM duban.endpoint e
         CROSS JOIN LATERAL (SELECT nextval('duban.message_id') AS id
                               FROM generate_series(1, %(each)s) n WHERE e.id > 0 OFFSET 0) m
         WHERE e.id = ANY (%(endpoints)s)
        RETURNING *)
    INSERT INTO duban.{table} (endpoint, due_at, id, day, order_key, attempt, first_at)
    SELECT endpoint, duban.now(), id, day, id, 1, duban.now() FROM made
    RETURNING id"""
BODY = '{"type":"duban.yellow","data":{"text":"' + "督" * 200 + '"}}'


class Hanging:
    """Takes connections and says nothing."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}/hook"
        self.taken = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            self.taken.append(self.listener.accept()[0])


def add_endpoints(bed, *urls):
    return [bed.value("INSERT INTO duban.endpoint (channel, address) VALUES ('hook', %s) RETURNING id",
                      (url,)) for url in urls]


def queue(bed, endpoints, each, table="ready"):
    """Their ids, in their order."""
    return sorted(row[0] for row in bed.rows(QUEUE.format(table=table), {
        "body": BODY, "each": each, "endpoints": endpoints}))


def cpu_s(bed):
    """What daemon and its two sessions have used so far."""
    used = bed.daemons[-1].cpu_seconds()
    for pid, in bed.rows("SELECT pid FROM pg_stat_activity WHERE usename = 'duban_daemon'"):
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            fields = file.read().rpartition(")")[2].split()
        used += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return used


def burst(bed, good):
    """(messages a second, microseconds of CPU a message)"""
    bed.settle()
    before = cpu_s(bed)
    ids = queue(bed, good, BURST)
    bed.wait(f"SELECT count(*) = {len(ids)} FROM duban.attempt"
             f" WHERE message BETWEEN {ids[0]} AND {ids[-1]} AND verdict = 'delivered'", 120, 0.05)
    seconds = bed.value("SELECT extract(epoch FROM max(at) - min(at))::float8 FROM duban.attempt"
                        " WHERE message BETWEEN %s AND %s AND verdict = 'delivered'", (ids[0], ids[-1]))
    return len(ids) / seconds, (cpu_s(bed) - before) * 1e6 / len(ids)


def trickle(bed, good):
    """Microseconds from just before a message is queued until it has come."""
    begun, sent = time.monotonic(), {}
    while time.monotonic() - begun < TRICKLE_S:
        at = time.time_ns() // 1000
        for message in queue(bed, good, 1):
            sent[message] = at
        time.sleep(PAUSE_S)
    last = max(sent)
    bed.wait(f"SELECT count(*) >= {len(sent)} FROM duban.attempt"
             f" WHERE message BETWEEN {min(sent)} AND {last} AND verdict = 'delivered'", 60, 0.05)
    bed.receiver.take_counts()
    arrivals = bed.receiver.arrivals()
    return [arrivals[f"b-{message}"] - at for message, at in sent.items()]


def park(bed, endpoint, messages):
    """Lets the endpoint be gone, with so many messages."""
    bed.connection.execute("""
        INSERT INTO duban.endpoint_state (endpoint, state, since) VALUES (%s, 'gone', duban.now())
            ON CONFLICT DO NOTHING""", (endpoint,))
    queue(bed, [endpoint], messages, "parked")


def forget(bed, endpoint):
    """It isn't to be there in the next situation."""
    def clear():
        bed.connection.execute("DELETE FROM duban.ready WHERE endpoint = %s", (endpoint,))
        bed.connection.execute("DELETE FROM duban.parked WHERE endpoint = %s", (endpoint,))
    clear()
    bed.wait("SELECT NOT EXISTS (SELECT FROM duban.inflight)", 30)
    clear()
    bed.connection.execute("DELETE FROM duban.endpoint_state WHERE endpoint = %s", (endpoint,))


def measure(bed, situation, good, hanging, gone):
    if situation == "hanging":
        queue(bed, [hanging], BURST)
    if situation == "parked":
        park(bed, gone, PARKED)
    (rate, cost), spans = burst(bed, good), trickle(bed, good)
    forget(bed, hanging)
    forget(bed, gone)
    return rate, cost, spans


def main():
    with Bed() as bed:
        bed.settings["channels"]["hook"]["concurrency"] = 16
        bed.settings["daemon"]["poll"] = "10ms"  # nobody wakes the dispatcher here
        bed.settings["log_level"] = "warning"
        good = add_endpoints(bed, *(f"{bed.receiver.url}/{n}" for n in range(GOOD)))
        hanging, gone = add_endpoints(bed, Hanging().url, f"{bed.receiver.url}/gone")
        found = {name: ([], [], []) for name in ("alone", "hanging", "parked")}
        with bed.daemon():
            bed.wait_initial(60)
            burst(bed, good)  # warms caches and connections
            for turn in range(ROUNDS):
                names = list(found)
                for situation in names[turn % 3:] + names[:turn % 3]:
                    rates, costs, spans = found[situation]
                    rate, cost, more = measure(bed, situation, good, hanging, gone)
                    rates.append(rate)
                    costs.append(cost)
                    spans.extend(more)
        alone = [statistics.median(found["alone"][figure]) for figure in (0, 1)]
        for situation, (rates, costs, spans) in found.items():
            p99_ms = quantile(spans, 0.99) / 1000
            rate, cost = statistics.median(rates), statistics.median(costs)
            share = max(rate / alone[0], alone[1] / cost)
            print_figures(f"isolation: {situation}", messages_per_s=rate, most_per_s=max(rates),
                          cpu_us=cost, rate_share=rate / alone[0], cpu_share=alone[1] / cost,
                          median_ms=quantile(spans, 0.5) / 1000,
                          p99_ms=p99_ms, meets_goal=share >= 0.95 and p99_ms < 200)


if __name__ == "__main__":
    sys.exit(main())
