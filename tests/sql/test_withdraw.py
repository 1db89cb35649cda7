"""Withdrawal 摘牌: levels that the supervision office takes back."""

import pytest

from state import START, Clock, days, decision, minutes

A = Clock("A1", next=START)
HOOK = [("red", "window", "hook"), ("red", "department", "sms"), ("yellow", "window", "hook")]


@pytest.fixture
def red(state):
    """A case that is red since START; its window and its department were told."""
    state.intake([A])
    state.escalate(decision("A1", "red", ("yellow", "no: passed"), "red", next=START + days(9)),
                   routes=HOOK, remind=["red"])
    state.compose()
    for message in state.claim():
        state.complete(message, "delivered")
    return state


def withdrawn(state):
    """[(kind, version, author, reason)] of the levels that were taken back."""
    return state.rows("""
        SELECT e.kind, e.deadline_version, w.author, w.reason
          FROM duban.withdrawal w JOIN duban.event e ON e.id = w.event ORDER BY e.id""")


def figures(state):
    return state.rows("SELECT kind, deadline_version FROM duban.level_event ORDER BY id")


def worst(state, case="A1"):
    return state.rows("SELECT clock, level, rank, severity FROM duban.case_level WHERE case_no = %s", case)


def answer(done):
    return [(clock["clock"], clock["done"], clock["levels"], clock["reminders_ended"], clock["cancelled"],
             clock["told"]) for clock in done]


# What it does.

def test_a_level_is_taken_back_with_those_below(red):
    assert answer(red.withdraw("A1")) == [("completion", "withdrawn", 2, 1, 0, 3)]
    assert withdrawn(red) == [("yellow", 1, "王主任", "系统日期录错"), ("red", 1, "王主任", "系统日期录错")]
    assert red.rows("""SELECT clock, deadline_version, repeat, sequence, level, rank, due_at, told, detail
                         FROM duban.event WHERE kind = 'level_withdrawn'""") == [
        ("completion", 1, 2, 3, "normal", 0, A.due, "yes", "王主任: 系统日期录错")]
    assert red.count("reminder") == 0
    assert figures(red) == []
    # The ledger has everything as it was, and the clock goes on.
    assert [event[2] for event in red.events("A1")] == ["yellow", "red", "level_withdrawn"]
    clock = red.clock("A1")
    assert (clock["level"], clock["rank"], clock["next_at"], clock["withdrawn_rank"], clock["withdrawn_version"]) == (
        "red", 2, START + days(9), 2, 1)


def test_whoever_was_warned_is_told_beside_the_route(red):
    routes = [("level_withdrawn", "supervision", "hook"), ("level_withdrawn", "window", "hook"),
              ("red", "leader", "hook")]
    assert answer(red.withdraw("A1", routes=routes))[0][-1] == 4
    assert sorted((d["recipient"], d["address"], d["taken"], d["stale"]) for d in red.take()) == [
        ("D1", "13800000001", "red", None), ("D1", "13800000002", "red", None), ("S", "http://s", "red", None),
        ("W1", "http://w1", "red", None)]
    assert red.compose()[0] == 4
    assert {message["kind"] for message in red.claim()} == {"level_withdrawn"}


def test_twice_is_once(red):
    red.withdraw("A1")
    assert answer(red.withdraw("A1", author="李科长")) == [("completion", "already", 0, 0, 0, 0)]
    assert red.count("event", "kind = 'level_withdrawn'") == 1
    assert {author for _, _, author, _ in withdrawn(red)} == {"王主任"}


def test_what_waits_is_cancelled(state):
    """Notifications, messages in the queue and reminders of that level."""
    state.intake([A])
    state.escalate(decision("A1", "red", "red"), routes=HOOK, remind=["red"])
    one, *others = state.take()
    state.compose_write([one])
    state.compose_write(others[:1], outcome="held: a quiet hour")
    [due] = state.reminders()
    state.remind((due, START + days(1), "red/1"), routes=[("red/1", "window", "hook")])
    assert answer(state.withdraw("A1")) == [("completion", "withdrawn", 1, 1, 3, 1)]
    assert state.rows("SELECT DISTINCT outcome FROM duban.notification WHERE outcome <> 'composed'") == [
        ("cancelled: the level was withdrawn",)]
    assert [d["kind"] for d in state.take()] == ["level_withdrawn"]
    assert state.claim() == []
    assert state.attempts() == [(0, "cancelled", "cancelled: the level was withdrawn")]


def test_what_is_composed_beside_it_is_cancelled_too(state):
    state.intake([A])
    state.escalate(decision("A1", "red", "red"), routes=[("red", "window", "hook")])
    drafts = state.take()
    state.withdraw("A1")
    assert state.compose_write(drafts) == (0, 0, 0)
    state.owner.execute("INSERT INTO duban.pending SELECT %s, id FROM duban.notification", (START,))
    assert {d["stale"] for d in state.take() if d["kind"] == "red"} == {"cancelled: the level was withdrawn"}


def test_its_reminders_dont_come_back(red):
    [due] = red.reminders()
    red.withdraw("A1")
    daily = [("red/1", "window", "hook")]
    assert red.remind((due, START + days(1), "red/1"), routes=daily) == (0, 0, 0)
    red.owner.execute("INSERT INTO duban.reminder SELECT case_no, clock, kind, deadline_version, id, 0,"
                      " recorded_at FROM duban.event WHERE kind = 'red'")
    [due] = red.reminders()
    assert due["gone"]
    assert red.remind((due, START + days(1), "red/1"), routes=daily) == (0, 0, 0)
    assert red.remind((due, None, ""), routes=daily) == (1, 0, 0)


def test_it_needs_no_acknowledgement(red):
    red.withdraw("A1")
    [told] = red.value("acknowledge", "A1", None, "李科长", "")
    assert told["done"] == "withdrawn"


# What comes after it.

def test_a_higher_level_is_raised_as_ever(state):
    state.intake([A])
    state.escalate(decision("A1", "yellow", "yellow"), routes=HOOK, remind=["yellow", "red"])
    state.withdraw("A1")
    assert state.escalate(decision("A1", "red", "red", old_level="yellow"), routes=HOOK,
                          remind=["red"])[1:] == (1, 3)
    assert {(d["kind"], d["stale"]) for d in state.take()} == {("red", None)}
    assert [row["gone"] for row in state.reminders()] == [False]
    assert figures(state) == [("red", 1)] and worst(state) == [("completion", "red", 2, 2)]
    assert answer(state.withdraw("A1"))[0][:3] == ("completion", "withdrawn", 1)
    assert figures(state) == []
    assert state.rows("SELECT repeat FROM duban.event WHERE kind = 'level_withdrawn' ORDER BY id") == [(1,), (2,)]


def test_another_deadline_raises_it_anew(red):
    red.withdraw("A1")
    red.intake([A.but(hash=2, due=START + days(1))])
    assert answer(red.withdraw("A1")) == [("completion", "changed", 0, 0, 0, 0)]
    red.escalate(decision("A1", "red", "red", hash=2, old_level="red", version=2), routes=HOOK, remind=["red"])
    assert figures(red) == [("red", 2)] and worst(red)[0][1] == "red"
    assert {(d["kind"], d["stale"]) for d in red.take() if d["deadline_version"] == 2} == {("red", None)}
    assert [row["gone"] for row in red.reminders()] == [False]
    # Who has yet to hear of the withdrawal doesn't any more.
    assert {d["stale"] for d in red.take() if d["kind"] == "level_withdrawn"} == {"cancelled: the level holds again"}


def test_who_has_heard_of_the_withdrawal_isnt_told_that_it_is_cleared(red):
    red.withdraw("A1")
    red.intake([A.but(hash=2, due=START + days(30))])
    assert red.escalate(decision("A1", "normal", "cleared", hash=2, old_level="red", version=2))[1:] == (1, 1)
    # That one is the route's.
    assert red.one("SELECT count(*) FROM duban.notification n JOIN duban.event e ON e.id = n.event"
                   " WHERE e.kind = 'cleared'") == 1


# Clocks that don't run.

def test_a_suspended_clocks_level_can_be_withdrawn(red):
    red.intake([A.but(hash=2, state="suspended", level="red")])
    assert answer(red.withdraw("A1"))[0][:3] == ("completion", "withdrawn", 2)


def end(state, *events, level="red", old="red"):
    state.intake([A.but(hash=2, state="stopped", level=level, stopped=START)])
    state.escalate(decision("A1", level, *events, "completed", hash=2, old_level=old), routes=[])


def test_figures_are_corrected_after_the_end(red):
    end(red)
    assert figures(red) == [("yellow", 1), ("red", 1)]
    assert answer(red.withdraw("A1")) == [("completion", "withdrawn", 2, 1, 0, 3)]
    assert figures(red) == []
    assert answer(red.withdraw("A1"))[0][1] == "already"
    assert red.compose()[0] == 3
    assert len(red.claim()) == 3, "the case's end doesn't make it stale"


def test_a_level_that_was_found_only_at_the_end_can_be_withdrawn(state):
    state.intake([A])
    end(state, ("red", "no: the case had ended"), old="normal")
    assert answer(state.withdraw("A1")) == [("completion", "withdrawn", 1, 0, 0, 0)]
    assert figures(state) == []


def test_so_can_one_that_had_been_cleared_before_the_end(red):
    """Under the same deadline, by another rule."""
    red.escalate(decision("A1", "normal", "cleared", old_level="red"), routes=[])
    assert answer(red.withdraw("A1"))[0][1] == "normal"
    end(red, level="normal", old="normal")
    assert answer(red.withdraw("A1"))[0][1:3] == ("withdrawn", 2)


def test_a_vanished_cases_level_can_be_withdrawn(red):
    red.call("intake_vanished", START, ["A1"])
    assert answer(red.withdraw("A1"))[0][1] == "withdrawn"


# Nothing to do, and what isn't right.

def test_there_may_be_nothing_to_withdraw(state):
    state.intake([A, A.but(name="reply")])
    assert answer(state.withdraw("A1")) == [("completion", "normal", 0, 0, 0, 0), ("reply", "normal", 0, 0, 0, 0)]
    end(state, level="normal", old="normal")
    assert answer(state.withdraw("A1", "completion")) == [("completion", "normal", 0, 0, 0, 0)]
    assert state.withdraw("A1", "none") == state.withdraw("A9") == []
    assert state.count("withdrawal") == state.count("event", "kind = 'level_withdrawn'") == 0


def test_one_clock_of_several(state):
    state.intake([A, A.but(name="reply")])
    state.escalate(decision("A1", "red", "red"), decision("A1", "yellow", "yellow", name="reply"), routes=[])
    assert answer(state.withdraw("A1", "reply")) == [("reply", "withdrawn", 1, 0, 0, 0)]
    assert figures(state) == [("red", 1)]
    assert [row[1] for row in answer(state.withdraw("A1"))] == ["withdrawn", "already"]


@pytest.mark.parametrize("given, told", [
    ({"author": " "}, "the name of who withdraws is missing"),
    ({"reason": ""}, "a withdrawal needs a reason"),
])
def test_a_withdrawal_has_a_name_and_a_reason(red, given, told):
    with pytest.raises(Exception, match=told):
        red.withdraw("A1", **given)
    assert red.count("withdrawal") == 0


# Figures.

def rate(state, case, severity, name="completion"):
    state.owner.execute("UPDATE duban.clock SET severity = %s WHERE case_no = %s AND clock = %s",
                        (severity, case, name))


def test_the_worst_of_a_cases_clocks_counts(state):
    state.intake([A, A.but(name="reply", due=START + days(2)), A.but(name="review", due=START + days(1)),
                  Clock("A2"), Clock("A3", state="suspended"), Clock("A4")])
    state.escalate(decision("A1", "yellow", "yellow"), decision("A1", "red", "red", name="reply"),
                   decision("A1", "red", "red", name="review"))
    assert worst(state)[0][0] == "review", "of equal ones that which is due first"
    rate(state, "A1", 5)
    rate(state, "A1", 8, "reply")
    assert worst(state) == [("reply", "red", 2, 8)]
    state.withdraw("A1", "reply")
    assert worst(state) == [("completion", "yellow", 1, 5)]
    state.withdraw("A1", "completion")
    assert worst(state) == [("review", "red", 2, 2)]
    state.withdraw("A1", "review")
    assert worst(state) == [("review", "normal", 0, 0)]
    state.call("intake_vanished", START, ["A4"])
    assert state.rows("SELECT case_no FROM duban.case_level") == [("A1",), ("A2",), ("A3",)]


def test_figures_count_levels_and_nothing_else(red):
    red.value("acknowledge", "A1", None, "李科长", "")
    red.escalate(decision("A1", "yellow", "cleared", old_level="red"))
    assert figures(red) == [("yellow", 1), ("red", 1)]


def test_the_self_test_is_in_no_figure(state):
    state.intake([A.but(item="duban:selftest")])
    state.escalate(decision("A1", "red", "red"))
    assert figures(state) == worst(state) == []


def plan(state, query):
    return "\n".join(line for line, in state.rows(f"EXPLAIN (COSTS off) {query}"))


@pytest.mark.parametrize("view", ["case_level", "level_event"])
def test_figures_of_a_case_are_found_by_index_and_those_of_all_by_one_scan(state, view):
    state.owner.execute("SET enable_seqscan = off; SET enable_bitmapscan = off")
    of_one = plan(state, f"SELECT * FROM duban.{view} WHERE case_no = 'A1'")
    assert "Index Cond: (case_no = 'A1'::text)" in of_one and "Seq Scan" not in of_one
    state.owner.execute("RESET enable_seqscan")
    table = {"case_level": "clock", "level_event": "event"}[view]
    of_all = plan(state, f"SELECT * FROM duban.{view}")
    assert of_all.count(f" on {table} ") == 1
