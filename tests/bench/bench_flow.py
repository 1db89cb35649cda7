#!/usr/bin/python3
"""The stages after intake, each by itself: 100 k clocks become due, their events become messages,
the messages are delivered to a local receiver.

So that each stage has the machine to itself, the SQL function with which the next one takes its
work is replaced by one that finds nothing, and put back when its turn has come.
"""

import sys

from bed import Bed, print_figures

CASES = 120_000  # of which about one in six is suspended or not promised yet, and not due
LATER = "2026-09-23T12:30:00Z"  # every limit has run out

NOTHING_TO_COMPOSE = """
    SELECT duban.now(), NULL::timestamptz, NULL::bigint, NULL::bigint, NULL::text, NULL::text,
           NULL::text, NULL::text, NULL::text, NULL::text, NULL::text, NULL::text, NULL::text,
           NULL::integer, NULL::integer, NULL::timestamptz, NULL::text, NULL::smallint,
           NULL::timestamptz, NULL::text, NULL::text, NULL::text, NULL::text, NULL::bigint,
           NULL::integer, NULL::bigint, NULL::timestamptz, NULL::text, NULL::text, NULL::text"""
NOTHING_TO_CLAIM = """
    SELECT duban.now(), NULL::bigint, NULL::bigint, NULL::integer, NULL::integer,
           NULL::timestamptz, NULL::text, NULL::text, NULL::text, NULL::text, NULL::text"""


class Gate:
    """Keeps a function from finding anything, until it is opened."""

    def __init__(self, bed, name, nothing):
        self.bed = bed
        signature, self.own, returns = bed.rows("""
            SELECT format('duban.%%I(%%s)', proname, pg_get_function_arguments(oid)),
                   pg_get_functiondef(oid), pg_get_function_result(oid)
              FROM pg_proc WHERE proname = %s AND pronamespace = 'duban'::regnamespace""",
                                                (name,))[0]
        bed.connection.execute(f"CREATE OR REPLACE FUNCTION {signature} RETURNS {returns}"
                               f" LANGUAGE sql AS $gate$ {nothing} $gate$")

    def open(self):
        self.bed.connection.execute(self.own)


def span_s(bed, table, column):
    return bed.value(f"SELECT extract(epoch FROM max({column}) - min({column}))::float8"
                     f" FROM duban.{table}")


def seconds_since(bed, table, column):
    """Since the first turn that wrote into the table began."""
    return bed.value(f"SELECT extract(epoch FROM duban.now() - min({column}))::float8"
                     f" FROM duban.{table} WHERE {column} > '{LATER}'")


def escalate(bed):
    """From the first turn that finds due clocks until the last event is in the ledger."""
    due = bed.value("SELECT count(*) FROM duban.clock WHERE next_at IS NOT NULL")
    bed.set_clock(LATER)
    bed.wait(f"SELECT last_value >= {due} FROM duban.event_id_seq", 120)
    bed.wait("SELECT NOT EXISTS (SELECT FROM duban.clock WHERE next_at <= duban.now())", 120, 0.02)
    seconds = seconds_since(bed, "event", "recorded_at")
    events = bed.value("SELECT count(*) FROM duban.event WHERE told = 'yes'")
    notifications = bed.value("SELECT count(*) FROM duban.pending")
    return {"clocks": due, "events": events, "notifications": notifications,
            "seconds": seconds, "clocks_per_s": due / seconds}


def compose(bed, gate):
    gate.open()
    bed.wait("SELECT NOT EXISTS (SELECT FROM duban.pending)", 120)
    seconds = seconds_since(bed, "message", "created_at")
    messages = bed.value("SELECT count(*) FROM duban.message")
    return {"messages": messages, "seconds": seconds, "messages_per_s": messages / seconds}


def deliver(bed):
    """By a daemon that has just begun, from its first request until the last is completed."""
    messages = bed.value("SELECT count(*) FROM duban.ready")
    bed.receiver.take_counts()
    with bed.daemon() as daemon:
        bed.wait("SELECT NOT EXISTS (SELECT FROM duban.ready)"
                 " AND NOT EXISTS (SELECT FROM duban.inflight)", 120)
        memory, highest = daemon.memory_kib()
        cpu = daemon.cpu_seconds()
    counts = bed.receiver.take_counts()
    logged = bed.value("SELECT count(*) FROM duban.attempt WHERE verdict = 'delivered'")
    # The first replies are logged at once, so the log spans the whole.
    seconds = max(span_s(bed, "attempt", "at"), counts["seconds"])
    assert counts["requests"] == messages == logged, (counts, messages, logged)
    return {"messages": messages, "seconds": seconds, "messages_per_s": messages / seconds,
            "attempts_logged": logged, "connections": counts["connections"],
            "memory_mib": memory / 1024, "memory_highest_mib": highest / 1024,
            "daemon_cpu_s": cpu}


def main():
    with Bed() as bed:
        bed.generate(CASES, late_share=0.0)
        bed.settings["channels"]["hook"]["concurrency"] = 64
        bed.settings["log_level"] = "warning"
        composer = Gate(bed, "composer_take", NOTHING_TO_COMPOSE)
        dispatcher = Gate(bed, "claim", NOTHING_TO_CLAIM)
        with bed.daemon() as daemon:
            bed.wait_initial(120)
            bed.settle()
            escalation = escalate(bed)
            bed.settle()
            composition = compose(bed, composer)
            highest = daemon.memory_kib()[1] / 1024
        dispatcher.open()
        bed.settle()
        delivery = deliver(bed)
        print_figures("escalation", **escalation,
                      meets_goal=escalation["clocks_per_s"] >= 15_000)
        print_figures("composition", **composition, memory_highest_mib=highest)
        print_figures("delivery", **delivery,
                      meets_goal=delivery["messages_per_s"] >= 25_000
                      and delivery["memory_highest_mib"] < 40)


if __name__ == "__main__":
    sys.exit(main())
