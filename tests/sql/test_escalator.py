"""The escalator's functions: clocks that are due → events and notifications."""

import pytest

from state import ROUTES, START, Clock, days, decision, minutes

A = Clock("A1", next=START)


def told(state):
    """[(recipient, role, channel, address, outcome)] of every notification."""
    return state.rows("SELECT recipient, role, channel, address, outcome FROM duban.notification"
                      " ORDER BY 2, 1, 4")


# What is due.

def test_due_clocks_come_the_earliest_first(state):
    state.intake([Clock("A2", next=START), Clock("A1", name="reply", next=START), Clock("A1", next=START),
                  Clock("A3", next=START + minutes(5)), Clock("A4", next=START + minutes(3)),
                  Clock("A5", next=START + minutes(9)), Clock("A6", next=None)])
    assert state.due() == ([("A1", "completion"), ("A1", "reply"), ("A2", "completion")],
                           START + minutes(3))
    assert state.due(limit=2) == ([("A1", "completion"), ("A1", "reply")], START + minutes(3))
    state.move(minutes(5))
    assert state.due()[0][3:] == [("A4", "completion"), ("A3", "completion")]
    assert state.due(floor=START + minutes(3)) == (
        [("A4", "completion"), ("A3", "completion")], START + minutes(9))
    assert state.due(limit=0) == ([], START + minutes(9))


def test_a_due_clock_is_told_as_it_is_stored(state):
    state.intake([A.but(level="yellow", hash=77)])
    state.escalate(decision("A1", "yellow", "yellow", hash=77, next=START))
    state.intake([A.but(due=START + days(30), hash=78)])
    assert state.call("escalator_due", 9, None)[0] == (
        START, START, "A1", "completion", 1, 2, 1, 78, "yellow")


# What is written.

def test_a_decision_moves_its_clock(state):
    state.intake([A])
    assert state.escalate(decision("A1", "yellow", "yellow", next=START + days(3))) == (1, 1, 1)
    stored = state.clock("A1")
    assert (stored["rank"], stored["level"], stored["next_at"]) == (1, "yellow", START + days(3))
    assert state.rows("""
        SELECT case_no, clock, kind, deadline_version, sequence, event_at, recorded_at, level, rank,
               due_at, window_code, department_code, item_code, told, detail FROM duban.event""") == [
        ("A1", "completion", "yellow", 1, 1, START, START, "yellow", 1, A.due, "W1", "D1", "I1", "yes", "")]


def test_a_decision_without_events_only_moves_its_clock(state):
    state.intake([A])
    assert state.escalate(decision("A1", "normal", next=START + minutes(5))) == (1, 0, 0)
    assert state.due() == ([], START + minutes(5))


def test_what_is_due_much_later_is_not_looked_for(state):
    state.intake([A])
    state.escalate(decision("A1", "normal", next=START + days(1)))
    assert state.due() == ([], None)


@pytest.mark.parametrize("outdated", [{"hash": 2}, {"old_level": "yellow"}, {"version": 2}])
def test_a_clock_that_has_changed_is_left_due(state, outdated):
    state.intake([A, Clock("A2", next=START)])
    before = state.clock("A1")
    assert state.escalate(decision("A1", "red", "yellow", "red", **outdated),
                          decision("A2", "yellow", "yellow")) == (1, 1, 1)
    assert state.clock("A1") == before
    assert state.events("A1") == []
    assert state.events("A2") != []
    assert state.due()[0] == [("A1", "completion")]


def test_a_repeated_call_adds_nothing(state):
    state.intake([A])
    raised = decision("A1", "yellow", "yellow", next=START + days(3))
    state.escalate(raised)
    before = state.clock("A1"), state.events("A1"), told(state)
    assert state.escalate(raised) == (0, 0, 0)
    assert (state.clock("A1"), state.events("A1"), told(state)) == before


def test_an_event_that_is_there_already_isnt_told_again(state):
    """The level came, went and comes again under the same deadline."""
    state.intake([A])
    state.escalate(decision("A1", "yellow", "yellow"))
    state.escalate(decision("A1", "normal", "cleared", old_level="yellow"))
    assert state.escalate(decision("A1", "yellow", "yellow")) == (1, 0, 0)
    assert state.escalate(decision("A1", "normal", "cleared", old_level="yellow")) == (1, 0, 0)
    assert len(told(state)) == 2


def test_an_event_that_is_there_already_leaves_no_gap(state):
    state.intake([A])
    state.escalate(decision("A1", "yellow", "yellow"))
    state.escalate(decision("A1", "normal", old_level="yellow"))
    state.escalate(decision("A1", "red", ("yellow", "no: passed"), "red"))
    assert [event[:3] for event in state.events("A1")] == [
        (1, "completion", "yellow"), (2, "completion", "red")]


def test_the_same_level_under_a_new_deadline_is_another_event(state):
    state.intake([A])
    state.escalate(decision("A1", "yellow", "yellow"))
    state.intake([A.but(hash=2, due=START + days(30))])
    assert state.escalate(decision("A1", "yellow", "yellow", hash=2, old_level="yellow", version=2)
                          ) == (1, 1, 1)
    assert [event[3] for event in state.events("A1")] == [1, 2]
    assert state.clock("A1")["raised_version"] == 2


def test_events_of_a_case_are_numbered_over_all_its_clocks(state):
    state.intake([A, A.but(name="reply"), Clock("A2", next=START)])
    passed = ("yellow", "no: passed on the way to a higher level")
    state.escalate(decision("A1", "red", passed, "red", name="reply"),
                   decision("A2", "red", passed, "red"),
                   decision("A1", "red", passed, "red"))
    state.escalate(decision("A1", "normal", "cleared", old_level="red"))
    assert state.events("A1") == [
        (1, "reply", "yellow", 1, passed[1]), (2, "reply", "red", 1, "yes"),
        (3, "completion", "yellow", 1, passed[1]), (4, "completion", "red", 1, "yes"),
        (5, "completion", "cleared", 1, "yes")]
    assert [event[0] for event in state.events("A2")] == [1, 2]


def test_of_a_call_that_fails_nothing_is_left(state):
    state.intake([A])
    with pytest.raises(Exception, match="not-null"):
        state.escalate(decision("A1", "yellow", ("yellow", None)))
    assert state.due()[0] == [("A1", "completion")]
    assert state.count("event") == 0


# Who is told.

def test_routes_lead_over_duties_to_contacts(state):
    state.intake([A])
    assert state.escalate(decision("A1", "red", ("yellow", "no: passed"), "red")) == (1, 2, 4)
    assert told(state) == [
        ("D1", "department", "sms", "13800000001", None),
        ("D1", "department", "sms", "13800000002", None),
        ("S", "supervision", "hook", "http://s", None),
        ("W1", "window", "hook", "http://w1", None)]
    assert state.one("SELECT count(*) FROM duban.pending p JOIN duban.notification n"
                     " ON n.id = p.notification WHERE release_at = %s AND hold_reason = ''", START) == 4


def test_what_isnt_told_is_nobodys(state):
    state.intake([A])
    assert state.escalate(decision("A1", "red", ("red", "no: the case had ended"))) == (1, 1, 0)
    assert told(state) == []


def test_applicant_and_handler_stand_for_themselves(state):
    state.intake([A])
    routes = [("completed", "applicant", "sms"), ("completed", "handler", "sms")]
    assert state.escalate(decision("A1", "normal", "completed"), routes=routes) == (1, 1, 2)
    assert told(state) == [("applicant", "applicant", "sms", "", None), ("handler", "handler", "sms", "", None)]


def test_whom_nothing_reaches_is_noted(state):
    state.intake([A.but(window="W2")])
    routes = [("red", "window", "hook"), ("red", "leader", "hook"), ("red", "supervision", "sms")]
    assert state.escalate(decision("A1", "red", "red"), routes=routes) == (1, 1, 0)
    assert told(state) == [
        ("", "leader", "hook", "", "unreachable: nobody is leader for 'W2'"),
        ("S", "supervision", "sms", "", "unreachable: S has no contact on sms"),
        ("W2", "window", "hook", "", "unreachable: W2 has no contact on hook")]
    assert state.count("pending") == 0


def test_an_unknown_windows_department_stands_in(state):
    state.intake([A.but(window="W9")])
    state.escalate(decision("A1", "red", "red"))
    assert told(state) == [
        ("D1", "department", "sms", "13800000001", None),
        ("D1", "department", "sms", "13800000002", None),
        ("S", "supervision", "hook", "http://s", None),
        ("", "window", "hook", "", "unreachable: nobody is window for 'D1'")]


def test_a_place_that_nobody_knows_is_named(state):
    state.intake([A.but(window="", department="D9")])
    state.escalate(decision("A1", "yellow", "yellow"))
    assert told(state) == [("", "window", "hook", "", "unreachable: nobody is window for 'D9'")]


def test_a_route_that_is_written_twice_tells_once(state):
    state.intake([A])
    assert state.escalate(decision("A1", "yellow", "yellow"), routes=ROUTES + ROUTES)[2] == 1


def test_without_routes_an_event_is_still_recorded(state):
    state.intake([A])
    assert state.escalate(decision("A1", "yellow", "yellow"), routes=[]) == (1, 1, 0)


# Events of no case.

def tell(state, subject="calendar", version=1, roles=("supervision",), channels=("hook",)):
    return state.value("event_without_case", "calendar_ends", subject, version, "in 30 days", START,
                       list(roles), list(channels), state.day)


def test_an_event_of_no_case_is_told_once(state):
    assert [tell(state), tell(state), tell(state, version=2), tell(state, "other")] == [
        True, False, True, True]
    assert state.rows("SELECT case_no, clock, deadline_version, sequence, detail, due_at, told"
                      " FROM duban.event ORDER BY id LIMIT 1") == [
        ("", "calendar", 1, 0, "in 30 days", START, "yes")]
    assert told(state) == [("S", "supervision", "hook", "http://s", None)] * 3
    assert state.count("pending") == 3


def test_an_event_of_no_case_reaches_each_holder_of_a_role_once(state):
    tell(state, roles=["department", "department", "leader"], channels=["sms", "sms", "hook"])
    assert told(state) == [
        ("D1", "department", "sms", "13800000001", None),
        ("D1", "department", "sms", "13800000002", None),
        ("", "leader", "hook", "", "unreachable: nobody is leader on hook")]
    assert state.count("pending") == 2
