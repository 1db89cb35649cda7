"""Irregularities: what was found goes into the ledger once; what only the state before can tell."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.processes import wait_for
from state import START, Clock, columns, days, decision, minutes

A = Clock("A1")
ROUTES = [(kind, "supervision", "hook") for kind in (
    "second_supplement", "completed_before_accepted", "deadline_changed", "reopened_after_level", "vanished_case",
    "vanished_after_level", "two_windows", "last_hour_window")]
RULES = {"changed_from": 1, "reopened_from": 2, "within_us": 30 * 86400 * 10**6, "cases": 3, "share": 60,
         "last_hour": {"value": 1, "unit": "workhour"}}
MONTH = 2026 * 12 + 6


def routes():
    return columns([(*route, 0) for route in ROUTES], 4)


def look(state, found=(), clocks=(), cases=(), tell_after=START - days(1), rules=None, session=None):
    """How many are told. `found`: (case, kind, number, at[, by_end]); `cases`: receptions, completions."""
    def column(get):
        return [get(clock) for clock in clocks]
    findings = [(case, kind, number, at, "{}", None, "W1", "D1", "I1", *(by_end or (False,)))
                for case, kind, number, at, *by_end in found]
    return state.call(
        "irregularity_write", state.now, tell_after, *columns(findings, 10),
        column(lambda c: c.case), column(lambda c: c.name), column(lambda c: c.state),
        column(lambda c: c.due), column(lambda c: c.hash if c.basis is None else c.basis),
        column(lambda c: c.limit), column(lambda c: c.item), column(lambda c: c.window),
        column(lambda c: c.department), *columns(list(cases), 9),
        json.dumps(RULES if rules is None else rules), *routes(), state.day, session=session)[0][1]


def take_in(state, *clocks, **others):
    """A page as the daemon writes it: first the look, then the clocks. How many are told."""
    told = look(state, clocks=clocks, **others)
    state.intake(list(clocks))
    return told


def vanish(state, *cases, any_case=True, level=2):
    told = state.call("irregularity_vanished", state.now, list(cases), any_case, level, *routes(), state.day)[0][1]
    state.value("intake_vanished", state.now, list(cases))
    return told


def reception(case, window, at, key=7, ended=None):
    return (case, window, "D1", "I1", key, at, ended, 0, False)


def completion(case, last_hour, window="W1", month=MONTH, at=START):
    return (case, window, "D1", "I1", 0, None, at, month, last_hour)


def irregular(state, kind=None):
    """[(case, clock, kind, number, told)]"""
    return state.rows("SELECT case_no, clock, kind, deadline_version, told FROM duban.event"
                      " WHERE irregular AND kind = coalesce(%s, kind) ORDER BY id", kind)


def detail(state, case="A1"):
    return json.loads(state.one("SELECT detail FROM duban.event WHERE irregular AND case_no = %s", case))


def raised(state, case="A1", level="yellow", **clock):
    """A clock that stands at a level."""
    state.intake([Clock(case, next=state.now, **clock)])
    state.escalate(decision(case, level, level), routes=[])


# What the facts tell.

def test_a_finding_is_written_and_told_once(state):
    found = [("A1", "second_supplement", 2, START)]
    assert [look(state, found) for _ in range(3)] == [1, 0, 0]
    assert irregular(state) == [("A1", "", "second_supplement", 2, "yes")]
    assert state.rows("SELECT recipient, outcome FROM duban.notification") == [("S", None)]
    state.move(days(1))
    assert look(state, [("A1", "second_supplement", 3, START)]) == 1
    assert [row[3] for row in irregular(state)] == [2, 3]


def test_a_repeat_burns_no_number(state):
    found = [("A1", "second_supplement", 2, START)]
    look(state, found)
    before = state.one("SELECT last_value FROM duban.event_id_seq")
    look(state, found)
    assert state.one("SELECT last_value FROM duban.event_id_seq") == before


def test_of_several_of_one_kind_the_last_is_told(state):
    assert look(state, [("A1", "second_supplement", n, START + minutes(n)) for n in (2, 3, 4)]
                + [("A2", "second_supplement", 2, START)] + [("A1", "due_differs", 9, START)]) == 3
    assert sorted(row[3:] for row in irregular(state, "second_supplement")) == [
        (2, "no: another one of the case is told"), (2, "yes"),
        (3, "no: another one of the case is told"), (4, "yes")]
    sequences = state.rows("SELECT sequence FROM duban.event WHERE case_no = 'A1' ORDER BY sequence")
    assert sequences == [(1,), (2,), (3,), (4,)]


def test_what_is_too_old_is_recorded_and_told_nobody(state):
    old = START - days(1) - minutes(1)
    assert look(state, [("A1", "second_supplement", 2, old), ("A1", "second_supplement", 3, START)]) == 1
    assert [row[3:] for row in irregular(state)] == [(2, "no: too long ago"), (3, "yes")]
    assert look(state, [("A1", "second_supplement", 2, START)]) == 0


@pytest.mark.parametrize("clock, told", [(A, 1), (A.but(state="stopped", stopped=START), 0), (None, 0)])
def test_wrong_dates_of_an_end_that_is_news(state, clock, told):
    state.intake([clock] if clock else [])
    assert look(state, [("A1", "completed_before_accepted", 1, START - days(99), True)]) == told
    assert [row[4] for row in irregular(state)] == ["yes" if told else "no: too long ago"]


def test_a_case_without_a_window_in_the_directory_goes_by_its_department(state):
    state.owner.execute("DELETE FROM duban.recipient WHERE code = 'W1'")
    look(state, [("A1", "second_supplement", 2, START)])
    assert state.rows("SELECT recipient FROM duban.notification") == [("S",)]


def test_an_irregularity_is_never_stale(state):
    raised(state)
    look(state, [("A1", "second_supplement", 2, START)])
    state.intake([A.but(state="stopped", stopped=START, hash=5)])
    [draft] = state.take()
    assert (draft["kind"], draft["clock"], draft["stale"]) == ("second_supplement", "", None)
    assert state.compose() == (1, 0, 0)
    assert [message["kind"] for message in state.claim()] == ["second_supplement"]


def test_two_writers_of_one_finding(state):
    found = [("A1", "second_supplement", 2, START)]
    with state.session() as one, state.session() as two, ThreadPoolExecutor(1) as thread:
        with one.transaction():
            assert look(state, found, session=one) == 1
            late = thread.submit(look, state, found, session=two)
            wait_for(lambda: state.one("SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = %s",
                                       two.info.backend_pid), 10, lambda: "the second one waits")
        assert late.result(10) == 0
    assert len(irregular(state)) == state.count("notification") == 1


# A changed limit.

def test_a_limit_that_is_changed_after_a_level(state):
    raised(state)
    moved = A.but(hash=2, limit=2, due=A.due + days(3))
    assert take_in(state, moved) == 1
    assert irregular(state) == [("A1", "", "deadline_changed", 1, "yes")]
    assert detail(state) == {"level": "yellow", "how": "moved", "old": "2026-06-11T02:00:00Z",
                             "new": "2026-06-14T02:00:00Z"}
    assert [take_in(state, moved) for _ in range(2)] == [0, 0]


@pytest.mark.parametrize("change", [
    {"hash": 2, "due": A.due + days(3)},                      # an extension
    {"hash": 2, "state": "suspended", "next": None},          # a suspension
    {"hash": 2, "limit": 2, "rule": "r2", "basis": 1, "due": A.due + days(3)},  # the rules
])
def test_what_is_no_change_of_the_limit(state, change):
    raised(state)
    assert take_in(state, A.but(**change)) == 0
    assert irregular(state) == []


def test_a_limit_that_is_changed_before_any_level(state):
    state.intake([A])
    assert take_in(state, A.but(hash=2, limit=2)) == 0


def test_a_level_that_counts_as_grave_enough(state):
    raised(state)
    assert take_in(state, A.but(hash=2, limit=2), rules={"changed_from": 2}) == 0
    raised(state, "A2", "red")
    assert take_in(state, Clock("A2", hash=2, limit=2), rules={"changed_from": 2}) == 1


def test_a_level_that_was_taken_back_doesnt_count(state):
    raised(state)
    state.owner.execute("UPDATE duban.clock SET withdrawn_rank = 1, withdrawn_version = 1")
    assert take_in(state, A.but(hash=2, limit=2)) == 0


def test_several_changes_are_several_facts_and_several_clocks_one(state):
    raised(state)
    state.intake([A, A.but(name="reply")])
    assert take_in(state, A.but(hash=2, limit=2), A.but(name="reply", hash=2, limit=2)) == 1
    state.escalate(decision("A1", "yellow", "yellow", hash=2, old_level="yellow"), routes=[])
    assert take_in(state, A.but(hash=3, limit=1)) == 1
    assert take_in(state, A.but(hash=4, limit=2)) == 1
    assert [row[3] for row in irregular(state)] == [1, 2, 3]


# Reopened, vanished.

def completed(state, level):
    raised(state, level=level)
    state.intake([A.but(state="stopped", stopped=START, hash=2, level=level)])
    state.escalate(decision("A1", level, "completed", hash=2, old_level=level), routes=[])


@pytest.mark.parametrize("level, told", [("yellow", 0), ("red", 1)])
def test_a_case_that_is_reopened_after_red(state, level, told):
    completed(state, level)
    again = A.but(hash=3, level=level)
    assert [take_in(state, again), take_in(state, again)] == [told, 0]
    assert [row[2:] for row in irregular(state)] == [("reopened_after_level", 1, "yes")] * told
    if told:
        assert detail(state) == {"level": "red"}


def test_only_completion_reopens_a_case(state):
    state.intake([A.but(name="reply", next=START), A])
    state.escalate(decision("A1", "red", "red", name="reply"), routes=[])
    stopped = A.but(name="reply", state="stopped", stopped=START, hash=2, level="red")
    take_in(state, stopped)
    assert take_in(state, A.but(name="reply", hash=3)) == 0


@pytest.mark.parametrize("level, any_case, severity, expected", [
    ("red", True, 2, ["vanished_after_level"]),
    ("yellow", True, 2, ["vanished_case"]),
    ("yellow", False, 2, []),
    ("red", True, None, ["vanished_case"]),
    ("red", False, 2, ["vanished_after_level"]),
])
def test_a_case_that_vanishes(state, level, any_case, severity, expected):
    raised(state, level=level)
    assert vanish(state, "A1", "A9", any_case=any_case, level=severity) == len(expected)
    assert vanish(state, "A1", any_case=any_case, level=severity) == 0
    assert [row[2] for row in irregular(state)] == expected


def test_a_case_that_comes_back_can_vanish_again(state):
    state.intake([A])
    assert vanish(state, "A1") == 1
    take_in(state, A)
    assert vanish(state, "A1") == 1
    assert [row[2:4] for row in irregular(state)] == [("vanished_case", 1), ("vanished_case", 2)]


def test_a_completed_case_may_leave(state):
    completed(state, "red")
    assert vanish(state, "A1") == 0


# Two windows.

def test_the_same_papers_at_two_windows(state):
    state.intake([A, Clock("A2", window="W2")])
    first, second = reception("A1", "W1", START - minutes(9)), reception("A2", "W2", START)
    assert look(state, cases=[first]) == 0
    assert [look(state, cases=[first, second]), look(state, cases=[second]), look(state, cases=[first])] == [1, 0, 0]
    assert irregular(state) == [("A2", "", "two_windows", 1, "yes")]
    assert detail(state, "A2") == {"case": "A1", "window": "Window 1"}
    assert state.rows("SELECT window_code, department_code, item_code FROM duban.event WHERE irregular") == [
        ("W2", "D1", "I1")]


def test_the_first_reception_comes_to_light_later(state):
    state.intake([A, Clock("A2", window="W2", department="D1")])
    assert look(state, cases=[reception("A2", "W2", START)]) == 0
    assert look(state, cases=[reception("A1", "W1", START - days(3))]) == 1
    assert irregular(state) == [("A2", "", "two_windows", 1, "yes")]


@pytest.mark.parametrize("other", [
    reception("A2", "W1", START),                                  # the same window
    reception("A2", "W2", START, key=8),                           # other papers
    reception("A2", "W2", START + days(31)),                       # long after
    reception("A2", "W2", START + days(3)),                        # the first had ended
])
def test_what_is_no_second_reception(state, other):
    first = reception("A1", "W1", START, ended=START + days(2))
    assert look(state, cases=[first, other]) == 0


def test_a_reception_holds_no_more_than_it_must_and_is_forgotten(state):
    look(state, cases=[reception("A1", "W1", START)])
    assert state.rows("SELECT key, case_no, window_code, received_at, ended_at FROM duban.reception") == [
        (7, "A1", "W1", START, None)]
    before = state.one("SELECT xmin::text FROM duban.reception")
    look(state, cases=[reception("A1", "W1", START)])
    assert state.one("SELECT xmin::text FROM duban.reception") == before
    look(state, cases=[reception("A1", "W1", START, ended=START)])
    assert state.one("SELECT ended_at FROM duban.reception") == START
    state.move(days(32))
    look(state, cases=[reception("A3", "W1", state.now, key=9)])
    assert state.rows("SELECT case_no FROM duban.reception") == [("A3",)]


# A window's habits.

def finish(state, number, last_hour, **others):
    """A case is taken in, and completed."""
    case = f"A{number}"
    state.intake([Clock(case)])
    return take_in(state, Clock(case, state="stopped", stopped=START, hash=2),
                   cases=[completion(case, last_hour, **others)])


def habits(state):
    return state.rows("SELECT window_code, month, completed, last_hour FROM duban.window_habit"
                      " ORDER BY window_code, month")


def test_a_window_that_completes_in_the_last_hour_is_told_once_a_month(state):
    assert [finish(state, n, n != 2) for n in range(5)] == [0, 0, 1, 0, 0]
    assert habits(state) == [("W1", MONTH, 5, 4)]
    assert irregular(state) == [("", "W1", "last_hour_window", MONTH, "yes")]
    assert detail(state, "") == {"month": "2026-06", "completed": 3, "last_hour": 2,
                                 "within": {"value": 1, "unit": "workhour"}}
    assert state.rows("SELECT recipient FROM duban.notification") == [("S",)]
    assert [finish(state, 10 + n, True, month=MONTH + 1) for n in range(3)] == [0, 0, 1]


def test_a_window_with_better_habits(state):
    assert [finish(state, n, n % 2 == 0) for n in range(6)] == [0, 0, 1, 0, 0, 0]
    assert [finish(state, 10 + n, n == 0, window="W2") for n in range(6)] == [0] * 6


def test_a_completion_counts_once(state):
    ended = Clock("A1", state="stopped", stopped=START, hash=2)
    state.intake([A])
    for _ in range(3):
        take_in(state, ended, cases=[completion("A1", True)])
    assert habits(state) == [("W1", MONTH, 1, 1)]
    # One that duban sees for the first time, and one that it doesn't take in any more.
    take_in(state, Clock("A2", state="stopped", stopped=START), cases=[completion("A2", False)])
    take_in(state, cases=[completion("A3", True, at=START - days(2))])
    assert habits(state) == [("W1", MONTH, 2, 1)]


def test_december_is_a_month_of_its_year(state):
    assert [finish(state, n, True, month=2026 * 12 + 12) for n in range(3)][-1] == 1
    assert detail(state, "")["month"] == "2026-12"


# The list.

def listed(state, kinds=None, since=START - days(9), window=None, most=10):
    kinds = kinds or [route[0] for route in ROUTES]
    found = state.value("irregularity_list", kinds, since, window, most)
    return [(row["case_no"], row["kind"]) for row in found["irregularities"]], found["others"]


def test_the_list_has_the_newest_first(state):
    for number in range(3):
        look(state, [(f"A{number}", "second_supplement", 2, START)])
        state.move(minutes(1))
    look(state, cases=[reception("A7", "W1", START), reception("A8", "W2", START + minutes(1))])
    assert listed(state, most=2) == ([("A8", "two_windows"), ("A2", "second_supplement")], True)
    assert listed(state, ["second_supplement"], most=3)[0] == [
        (f"A{n}", "second_supplement") for n in (2, 1, 0)]
    assert listed(state, window="W2") == ([("A8", "two_windows")], False)
    assert listed(state, window="W2", kinds=["second_supplement"]) == ([], False)
    assert listed(state, since=START + minutes(2)) == (
        [("A8", "two_windows"), ("A2", "second_supplement")], False)
