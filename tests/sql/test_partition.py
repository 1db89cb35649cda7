"""The partitions of messages and attempts."""

import concurrent.futures
import datetime

import psycopg
import pytest

from state import START, days, minutes


def partitions(state, parent):
    """The days of a table's partitions."""
    return [row[0][-8:] for row in state.rows(
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::text::regclass ORDER BY 1",
        f"duban.{parent}")]


def names(first, count):
    return [(datetime.date.fromisoformat(first) + datetime.timedelta(n)).strftime("%Y%m%d")
            for n in range(count)]


def maintain(state, at, ahead=3, keep=30, session=None):
    return state.value("maintain_partitions", at, ahead, keep, session=session).isoformat()


@pytest.mark.parametrize("parent", ["message", "attempt"])
def test_days_are_made_ahead(state, parent):
    assert partitions(state, parent) == names("2026-05-31", 5)
    assert maintain(state, START + days(1)) == "2026-06-05"
    assert partitions(state, parent) == names("2026-05-31", 6)
    assert maintain(state, START + days(1)) == "2026-06-05"
    assert partitions(state, parent) == names("2026-05-31", 6)


def test_a_day_begins_at_midnight_of_utc(state):
    assert maintain(state, datetime.datetime.fromisoformat("2026-06-02T07:59:00+08:00")) == "2026-06-04"
    assert maintain(state, datetime.datetime.fromisoformat("2026-06-02T08:00:00+08:00")) == "2026-06-05"
    assert state.one("SELECT pg_get_expr(relpartbound, oid) FROM pg_class"
                     " WHERE relname = 'message_20260602'") == (
        "FOR VALUES FROM ('2026-06-02') TO ('2026-06-03')")


def test_a_partition_has_its_tables_indexes(state):
    for parent, count in (("message", 1), ("attempt", 2), ("receipt", 1)):
        assert state.one("SELECT count(*) FROM pg_index i JOIN pg_inherits h ON h.inhrelid = i.indexrelid"
                         " WHERE i.indrelid = %s::text::regclass", f"duban.{parent}_20260602") == count


def test_old_days_are_dropped(state):
    maintain(state, START + days(31), keep=30)
    assert partitions(state, "message")[:2] == ["20260602", "20260603"]
    maintain(state, START + days(40), keep=2)
    assert partitions(state, "message") == partitions(state, "attempt") == names("2026-07-10", 5)


@pytest.mark.parametrize("move", ["", "inflight", "dead"])
def test_a_day_that_the_queue_needs_stays(state, move):
    state.queue("A1", "yellow", repeatable=False)
    if move:
        [message] = state.claim()
    if move == "dead":
        state.complete(message, "unknown", dead="it may have arrived")
    maintain(state, START + days(60))
    assert partitions(state, "message")[0] == "20260601"
    if move:
        state.owner.execute(f"DELETE FROM duban.{move}")
    else:
        state.owner.execute("DELETE FROM duban.ready")
    maintain(state, START + days(60))
    assert partitions(state, "message") == names("2026-07-30", 5)


def test_there_is_no_default_partition(state):
    assert state.one("SELECT count(*) FROM pg_class c JOIN pg_inherits ON inhrelid = c.oid"
                     " WHERE pg_get_expr(relpartbound, c.oid) = 'DEFAULT'") == 0
    state.move(days(90))
    with pytest.raises(psycopg.errors.CheckViolation, match="no partition"):
        state.queue("A1", "yellow")


def test_what_is_under_way_at_midnight_finds_its_place(state):
    state.move(minutes(22 * 60 - 1))
    state.queue("A1", "yellow")
    [message] = state.claim()
    state.move(minutes(2))
    assert state.complete(message, "delivered") == (1, 0)
    assert state.rows("SELECT message_day::text, day::text FROM duban.attempt") == [
        ("2026-06-01", "2026-06-02")]


def test_several_may_maintain_at_once(state):
    def work(number):
        with state.session() as session:
            for step in range(5):
                maintain(state, START + days(10 * step + number % 2), session=session)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert partitions(state, "message")[-5:] == names("2026-07-11", 5)
