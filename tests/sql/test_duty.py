"""Duty: contacts that work on some days only, and deputies of who is away."""

import datetime

import pytest

from state import START, Clock, days, decision

SATURDAY, SUNDAY, MONDAY = (datetime.date(2026, 11, day) for day in (28, 29, 30))
MAKEUP = datetime.date(2026, 10, 10)  # a Saturday that is a working day
NATIONAL = datetime.date(2026, 10, 1)  # a Thursday that isn't
PHONES = ("13800000001", "13800000002")


def roster(state, address, **columns):
    """Sets when a contact of D1 on sms is on duty."""
    for column, value in columns.items():
        state.owner.execute(f"UPDATE duban.contact SET {column} = %s WHERE address = %s", (value, address))


def off(state, day, working, recipient="D1"):
    """Which of the recipient's contacts on sms are not told."""
    return [phone for phone in PHONES
            if state.value("off_duty", recipient, "sms", phone, day, working)]


def away(state, code, deputy=None, absent="{[2026-06-01,2026-06-07]}"):
    state.owner.execute("UPDATE duban.recipient SET absent = %s, deputy = %s WHERE code = %s",
                        (absent, deputy, code))


# Contacts.

def test_without_a_roster_everybody_is_told(state):
    assert off(state, SATURDAY, False) == off(state, MONDAY, True) == []


def test_the_reason_names_the_day(state):
    roster(state, PHONES[0], on_days="workdays")
    assert state.value("off_duty", "D1", "sms", PHONES[0], SATURDAY, False) == (
        "cancelled: not on duty on 2026-11-28")


def test_rest_days_are_those_of_the_calendar(state):
    roster(state, PHONES[0], on_days="workdays")
    roster(state, PHONES[1], on_days="restdays")
    for day, working in ((MONDAY, True), (MAKEUP, True), (SATURDAY, False), (NATIONAL, False)):
        assert off(state, day, working) == [PHONES[1 if working else 0]]


def test_a_day_that_the_calendar_does_not_know_speaks_against_no_one(state):
    roster(state, PHONES[0], on_days="workdays")
    roster(state, PHONES[1], on_days="restdays")
    assert off(state, SATURDAY, None) == []


@pytest.mark.parametrize("columns, told_on", [
    ({"weekdays": 0b1100000}, {SATURDAY, SUNDAY}),
    ({"weekdays": 0b0000001}, {MONDAY}),
    ({"dates": "{[2026-11-28,2026-11-28]}"}, {SATURDAY}),
    ({"dates": "{[2026-11-29,2026-12-24]}"}, {SUNDAY, MONDAY}),
    ({"weekdays": 0b0000001, "dates": "{[2026-11-28,2026-11-28]}"}, {SATURDAY, MONDAY}),
    ({"on_days": "workdays", "weekdays": 0b1000000}, {SUNDAY, MONDAY}),
    ({"absent": "{[2026-11-01,2026-11-28],[2026-11-30,2026-11-30]}"}, {SUNDAY}),
    ({"on_days": "restdays", "absent": "{[2026-11-28,2026-11-28]}"}, {SUNDAY}),
])
def test_any_word_puts_on_duty_and_an_absence_takes_off(state, columns, told_on):
    roster(state, PHONES[0], **columns)
    assert {day for day in (SATURDAY, SUNDAY, MONDAY)
            if off(state, day, day == MONDAY) == []} == told_on


def test_rather_everybody_than_nobody(state):
    roster(state, PHONES[0], on_days="workdays")
    roster(state, PHONES[1], absent="{[2026-11-28,2026-11-29]}")
    assert off(state, SATURDAY, False) == []
    assert off(state, MONDAY, True) == []


def test_who_is_in_no_directory_is_always_on_duty(state):
    assert off(state, SATURDAY, False, "applicant") == off(state, SATURDAY, False, "D9") == []


# Deputies.

def told(state):
    return state.rows("SELECT recipient, role, channel, address, outcome FROM duban.notification"
                      " ORDER BY role, recipient, channel, address")


def raised(state, *routes):
    state.intake([Clock("A1", next=START)])
    state.escalate(decision("A1", "red", "red"), routes=[("red", *route) for route in routes])
    return told(state)


def test_a_deputy_stands_in_while_one_is_absent(state):
    away(state, "S", "W1")
    assert raised(state, ("supervision", "hook")) == [("W1", "supervision", "hook", "http://w1", None)]


def test_before_and_after_nobody_stands_in(state):
    away(state, "S", "W1", "{[2026-05-01,2026-05-31],[2026-06-02,2026-06-09]}")
    assert raised(state, ("supervision", "hook")) == [("S", "supervision", "hook", "http://s", None)]


def test_who_is_told_already_is_not_told_as_a_deputy_too(state):
    away(state, "S", "W1")
    assert raised(state, ("window", "hook"), ("supervision", "hook")) == [
        ("W1", "window", "hook", "http://w1", None)]


def test_one_deputy_of_several_is_told_once(state):
    state.owner.execute("INSERT INTO duban.duty VALUES ('W1', 'leader', 'C')")
    away(state, "S", "W1")
    away(state, "C", "W1")
    assert raised(state, ("leader", "hook"), ("supervision", "hook")) == [
        ("W1", "leader", "hook", "http://w1", None)]


@pytest.mark.parametrize("absent, answers", [
    ("S", "D1"), ("S D1", "C"), ("S D1 C W1", "W2"), ("S D1 C W1 W2", "S"),
])
def test_a_deputy_may_be_away_too(state, absent, answers):
    for code, deputy in zip(("S", "D1", "C", "W1", "W2"), ("D1", "C", "W1", "W2", None)):
        away(state, code, deputy, "{[2026-01-01,2026-12-31]}" if code in absent.split() else "{}")
        state.owner.execute("INSERT INTO duban.contact VALUES (%s, 'fax', %s)", (code, code))
    assert [row[0] for row in raised(state, ("supervision", "fax"))] == [answers]


def test_two_stand_in_for_each_other(state):
    state.owner.execute("INSERT INTO duban.contact VALUES ('S', 'fax', 'S'), ('W1', 'fax', 'W1')")
    away(state, "S", "W1")
    away(state, "W1", "S", "{[2026-06-07,2026-06-08]}")
    told = {day: [state.value("stand_in", code, "fax", datetime.date(2026, 6, day)) for code in ("S", "W1")]
            for day in (6, 7, 8, 9)}
    assert told == {6: ["W1", "W1"], 7: ["S", "W1"], 8: ["S", "S"], 9: ["S", "W1"]}


def test_a_circle_of_deputies_ends(state):
    away(state, "S", "W1")
    away(state, "W1", "S")
    assert raised(state, ("supervision", "hook")) == [("S", "supervision", "hook", "http://s", None)]


def test_a_deputy_without_a_contact_there_does_not_stand_in(state):
    away(state, "S", "C")
    assert raised(state, ("supervision", "hook")) == [("S", "supervision", "hook", "http://s", None)]


def test_deputies_hear_of_events_without_a_case(state):
    def tell(version):
        state.call("event_without_case", "baseline", "", version, "", None,
                   ["supervision", "department", "leader"], ["hook", "hook", "hook"], state.day)
        return told(state)
    away(state, "S", "D1")
    unreachable = ("", "leader", "hook", "", "unreachable: nobody is leader on hook")
    first = [("D1", "department", "hook", "http://d1", None), unreachable]
    assert tell(1) == first
    state.move(days(7))
    assert tell(2) == sorted(first + first + [("S", "supervision", "hook", "http://s", None)],
                             key=lambda row: (row[1], row[0]))
