"""Reminders and acknowledgements: levels that are told again until somebody takes the case on."""

import pytest

from state import START, Clock, days, decision, minutes

A = Clock("A1", next=START)
DAILY = [("red/1", "window", "hook"), ("red/2", "window", "hook"), ("red/2", "department", "sms")]


@pytest.fixture
def red(state):
    """A case that is red since START, to be told again."""
    state.intake([A])
    state.escalate(decision("A1", "red", ("yellow", "no: passed"), "red", next=None),
                   remind=["red", "orange"])
    return state


def stored(state):
    return state.rows("SELECT case_no, clock, kind, deadline_version, sent, next_at FROM duban.reminder"
                      " ORDER BY 1, 2, 3, 4")


def reminded(state):
    """[(sequence, repeat, level, rank, deadline version)]"""
    return state.rows("SELECT sequence, repeat, level, rank, deadline_version FROM duban.event"
                      " WHERE kind = 'reminder' ORDER BY id")


def open_notifications(state):
    return state.rows("""
        SELECT e.kind, e.repeat, n.recipient, n.channel, n.outcome
          FROM duban.notification n JOIN duban.event e ON e.id = n.event
         WHERE e.kind <> 'red' ORDER BY n.id""")


def send(state, next_at, key="red/1", routes=DAILY):
    [due] = state.reminders()
    return state.remind((due, next_at, key), routes=routes)


# How they begin.

def test_only_what_is_told_and_configured_is_repeated(state):
    state.intake([A, Clock("A2", next=START), Clock("A3", next=START)])
    state.escalate(decision("A1", "red", ("yellow", "no: passed"), "red"),
                   decision("A2", "yellow", "yellow"),
                   decision("A3", "red", ("red", "no: the clock is suspended")), remind=["red"])
    assert stored(state) == [("A1", "completion", "red", 1, 0, START)]
    state.escalate(decision("A2", "red", "red", old_level="yellow"))
    assert len(stored(state)) == 1


def test_a_repeated_call_begins_nothing(red):
    before = stored(red)
    assert red.escalate(decision("A1", "red", "red", old_level="red"), remind=["red"])[1] == 0
    assert stored(red) == before


# What is due.

def test_due_reminders_come_the_earliest_first(red):
    red.intake([Clock("A2", next=START)])
    red.move(minutes(5))
    red.escalate(decision("A2", "red", "red"), remind=["red"])
    assert [due["case_no"] for due in red.reminders()] == ["A1", "A2"]
    assert [due["case_no"] for due in red.reminders(limit=1)] == ["A1"]
    assert [due["case_no"] for due in red.reminders(floor=START + minutes(1))] == ["A2"]
    [due, _] = red.reminders()
    assert (due["sent"], due["told_at"], due["gone"], due["may_tell"]) == (0, START, False, True)


def test_the_last_row_tells_what_comes_next(red):
    send(red, START + minutes(7), "")
    assert red.call("reminder_due", 9, None)[0][1] == START + minutes(7)
    red.move(minutes(7))
    send(red, START + days(1), "")
    assert red.call("reminder_due", 9, None)[0][1] is None


@pytest.mark.parametrize("change, gone, may_tell", [
    ({}, False, True),
    ({"state": "suspended", "hash": 2}, False, False),
    ({"state": "stopped", "hash": 2, "stopped": START}, True, False),
    ({"hash": 2, "due": START + days(30)}, True, True),
    ({"hash": 2, "window": "W2"}, False, True),
])
def test_a_reminder_follows_its_clock(red, change, gone, may_tell):
    red.intake([A.but(level="red", **change)])
    [due] = red.reminders()
    assert (due["gone"], due["may_tell"]) == (gone, may_tell)


def test_a_reminder_goes_with_its_level(red):
    red.escalate(decision("A1", "yellow", "cleared", old_level="red"))
    assert red.reminders()[0]["gone"]


def test_a_vanished_case_is_gone(red):
    red.call("intake_vanished", START, ["A1"])
    assert red.reminders()[0]["gone"]


# What is written.

def test_a_reminder_is_an_event_of_its_own(red):
    assert send(red, START + days(1)) == (1, 1, 1)
    assert stored(red) == [("A1", "completion", "red", 1, 1, START + days(1))]
    red.move(days(1))
    assert send(red, START + days(2), "red/2") == (1, 1, 3)
    assert reminded(red) == [(3, 1, "red", 2, 1), (4, 2, "red", 2, 1)]
    assert open_notifications(red) == [
        ("reminder", 1, "W1", "hook", None), ("reminder", 2, "W1", "hook", None),
        ("reminder", 2, "D1", "sms", None), ("reminder", 2, "D1", "sms", None)]
    assert red.one("SELECT told FROM duban.event WHERE kind = 'reminder' AND repeat = 2") == "yes"


def test_the_window_of_today_is_told(red):
    red.intake([A.but(hash=2, level="red", window="W2")])
    send(red, START + days(1))
    assert red.one("SELECT window_code FROM duban.event WHERE kind = 'reminder'") == "W2"
    assert open_notifications(red) == [
        ("reminder", 1, "W2", "hook", "unreachable: W2 has no contact on hook")]


def test_a_repeated_write_adds_nothing(red):
    [due] = red.reminders()
    assert red.remind((due, START + days(1), "red/1"), routes=DAILY) == (1, 1, 1)
    assert red.remind((due, START + days(1), "red/1"), routes=DAILY) == (0, 0, 0)
    assert red.remind((due, None, ""), routes=DAILY) == (0, 0, 0)
    assert len(reminded(red)) == 1


def test_the_last_one_is_sent_and_forgotten(red):
    assert send(red, None) == (1, 1, 1)
    assert stored(red) == []


def test_what_may_not_be_told_only_waits(red):
    assert send(red, START + days(1), "") == (1, 0, 0)
    assert stored(red) == [("A1", "completion", "red", 1, 0, START + days(1))]


@pytest.mark.parametrize("change", [
    {"state": "stopped", "stopped": START}, {"state": "suspended"}, {"due": START + days(30)}])
def test_nobody_is_told_when_the_clock_has_moved_meanwhile(red, change):
    [due] = red.reminders()
    red.intake([A.but(level="red", hash=2, **change)])
    assert red.remind((due, START + days(1), "red/1"), routes=DAILY) == (0, 0, 0)
    assert stored(red)[0][4:] == (0, START)


def test_reminders_of_a_higher_level_count_on(state):
    """They are of the same deadline, so that their numbers make them events of their own."""
    state.intake([A])
    state.escalate(decision("A1", "yellow", "yellow"), remind=["yellow", "red"])
    for _ in range(2):
        send(state, START, "yellow/1", [("yellow/1", "window", "hook")])
    state.escalate(decision("A1", "red", "red", old_level="yellow"), remind=["yellow", "red"])
    due = {row["kind"]: row for row in state.reminders()}
    assert due["yellow"]["gone"] and not due["red"]["gone"]
    assert state.remind((due["yellow"], None, ""), (due["red"], START + days(1), "red/1"),
                        routes=DAILY) == (2, 1, 1)
    assert [(repeat, level) for _, repeat, level, _, _ in reminded(state)] == [
        (1, "yellow"), (2, "yellow"), (3, "red")]
    assert [row[2] for row in stored(state)] == ["red"]


def test_many_at_once_keep_to_their_routes(state):
    clocks = [Clock(f"A{n}", next=START) for n in range(40)]
    clocks += [clock.but(name="reply") for clock in clocks]
    state.intake(clocks)
    state.escalate(*(decision(c.case, "red", "red", name=c.name) for c in clocks), remind=["red"])
    key = {"completion": "red/1", "reply": "red/2"}
    due = state.reminders()
    assert state.remind(*((row, None, key[row["clock"]]) for row in due), routes=DAILY) == (80, 80, 160)
    told = state.rows("""
        SELECT e.clock, count(*), count(*) FILTER (WHERE n.channel = 'hook'),
               count(DISTINCT (e.case_no, e.sequence))
          FROM duban.event e JOIN duban.notification n ON n.event = e.id
         WHERE e.kind = 'reminder' GROUP BY 1 ORDER BY 1""")
    assert told == [("completion", 40, 40, 40), ("reply", 120, 40, 40)]


# Acknowledgements.

def acknowledge(state, case="A1", clock=None, author="王主任", note=""):
    """[(clock, done, reminders ended, cancelled)]"""
    return [(told["clock"], told["done"], told["reminders_ended"], told["cancelled"])
            for told in state.value("acknowledge", case, clock, author, note)]


def test_an_acknowledgement_ends_the_reminders(red):
    send(red, START + days(1))
    assert acknowledge(red, note="已安排") == [("completion", "acknowledged", 1, 1)]
    assert stored(red) == []
    assert open_notifications(red) == [("reminder", 1, "W1", "hook", "cancelled: acknowledged")]
    assert red.rows("SELECT level, rank, repeat, sequence, told, detail FROM duban.event"
                    " WHERE kind = 'acknowledged'") == [
        ("red", 2, 2, 4, "no: an acknowledgement", "王主任: 已安排")]
    # The level's own message isn't touched.
    assert {row["kind"] for row in red.take()} == {"red"}


def test_an_acknowledgement_counts_once(red):
    acknowledge(red)
    assert acknowledge(red, author="李科长") == [("completion", "already", 0, 0)]
    assert red.count("event", "kind = 'acknowledged'") == 1


def test_a_reminder_that_comes_after_all_is_gone(red):
    """It was read before the acknowledgement, or its level was written beside it."""
    [due] = red.reminders()
    acknowledge(red)
    assert red.remind((due, START + days(1), "red/1"), routes=DAILY) == (0, 0, 0)
    red.owner.execute("INSERT INTO duban.reminder SELECT case_no, clock, kind, deadline_version, id, 0,"
                      " recorded_at FROM duban.event WHERE kind = 'red'")
    [due] = red.reminders()
    assert due["gone"]
    assert red.remind((due, START + days(1), "red/1"), routes=DAILY) == (0, 0, 0)


def test_a_higher_level_and_another_deadline_are_acknowledged_anew(state):
    state.intake([A])
    state.escalate(decision("A1", "yellow", "yellow"), remind=["yellow", "red"])
    assert acknowledge(state)[0][1] == "acknowledged"
    state.escalate(decision("A1", "red", "red", old_level="yellow"), remind=["yellow", "red"])
    assert [row["gone"] for row in state.reminders()] == [False]
    assert acknowledge(state)[0][1] == "acknowledged"
    state.intake([A.but(hash=2, level="red", due=START + days(30))])
    state.escalate(decision("A1", "red", "red", hash=2, old_level="red", version=2), remind=["red"])
    assert [row["gone"] for row in state.reminders()] == [False]
    assert acknowledge(state)[0][1] == "acknowledged"


def test_each_clock_of_a_case_is_told_of(state):
    state.intake([A, A.but(name="reply"), A.but(name="review", next=START + days(5))])
    state.escalate(decision("A1", "red", "red"), decision("A1", "red", "red", name="reply"),
                   remind=["red"])
    assert acknowledge(state, clock="reply") == [("reply", "acknowledged", 1, 0)]
    assert acknowledge(state) == [("completion", "acknowledged", 1, 0), ("reply", "already", 0, 0),
                                  ("review", "normal", 0, 0)]
    assert acknowledge(state, clock="none") == acknowledge(state, case="A9") == []


def test_what_has_ended_is_not_acknowledged(red):
    red.intake([A.but(hash=2, level="red", state="stopped", stopped=START)])
    assert acknowledge(red) == [("completion", "stopped", 0, 0)]
    assert red.count("event", "kind = 'acknowledged'") == 0


def test_an_acknowledgement_has_a_name(red):
    with pytest.raises(Exception, match="the name of who acknowledges is missing"):
        acknowledge(red, author="  ")
