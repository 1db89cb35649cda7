"""Intake's functions: facts → clocks."""

import pytest

from state import LONG_AGO, START, Clock, days, decision, minutes

A = Clock("A1")


def version(state, case="A1", name="completion"):
    return state.clock(case, name)["deadline_version"]


# New clocks.

def test_a_new_clock_is_looked_at_when_its_next_level_comes(state):
    assert state.intake([A]) == (1, 0)
    stored = state.clock("A1")
    assert (stored["state"], stored["level"], stored["rank"]) == ("running", "normal", 0)
    assert (stored["due_at"], stored["next_at"]) == (A.due, A.next)
    assert (stored["deadline_version"], stored["raised_version"]) == (1, 1)
    assert (stored["item_code"], stored["window_code"], stored["department_code"]) == ("I1", "W1", "D1")


def test_a_new_clock_with_a_level_is_normal_and_due_at_once(state):
    state.intake([A.but(level="yellow")])
    assert (state.clock("A1")["rank"], state.clock("A1")["next_at"]) == (0, state.now)
    assert state.count("event") == 0


def test_an_instant_that_has_passed_meanwhile_is_due_now(state):
    state.intake([A.but(next=state.now - minutes(1))])
    assert state.clock("A1")["next_at"] == state.now


def test_a_suspended_clock_isnt_looked_at(state):
    state.intake([A.but(state="suspended", next=None)])
    assert state.clock("A1")["next_at"] is None
    assert state.due() == ([], None)


def test_of_a_clock_that_comes_twice_in_a_page_the_last_counts(state):
    assert state.intake([A.but(hash=1, due=START), A.but(name="reply"), A.but(hash=2)]) == (2, 0)
    assert (state.clock("A1")["facts_hash"], state.clock("A1")["due_at"]) == (2, A.due)
    assert version(state) == 1


# First contact.

def test_a_baseline_records_levels_and_tells_nobody(state):
    reached = START - days(3)
    state.intake([A.but(level="red", next=None, reached=reached), Clock("A2")], baseline=True)
    stored = state.clock("A1")
    assert (stored["level"], stored["rank"], stored["next_at"]) == ("red", 2, None)
    assert state.events("A1") == [(1, "completion", "red", 1, "no: reached before first contact")]
    assert state.one("SELECT event_at FROM duban.event") == reached
    assert state.events("A2") == []
    assert state.count("notification") == 0


def test_several_clocks_of_a_case_in_a_baseline_number_their_events(state):
    state.intake([A.but(level="red"), A.but(name="reply", level="yellow")], baseline=True)
    assert [(event[0], event[1]) for event in state.events("A1")] == [(1, "completion"), (2, "reply")]


def test_a_baseline_that_is_repeated_changes_nothing(state):
    page = [A.but(level="red"), Clock("A2")]
    state.intake(page, baseline=True)
    before = state.clock("A1"), state.clock("A2"), state.events("A1")
    assert state.intake(page, baseline=True) == (0, 0)
    assert (state.clock("A1"), state.clock("A2"), state.events("A1")) == before


def test_what_had_ended_before_first_contact_is_no_clock(state):
    assert state.intake([A.but(state="stopped", stopped=START)], baseline=True) == (0, 0)
    assert state.count("clock") == 0


def test_first_contact_is_recorded_once(state):
    state.daemon.execute("SELECT 1")
    first = state.call("intake_begin")[0]
    assert first == (START, None, None, START, False)
    state.move(days(1))
    assert state.call("intake_begin")[0] == (state.now, None, None, START, False)


def test_the_baselines_digest_counts_and_is_told_once(state):
    state.call("intake_begin")
    state.intake([A.but(level="red"), Clock("A2", level="red"), Clock("A3")], baseline=True)
    for _ in range(2):
        state.call("intake_baseline_done", START - minutes(1), ["supervision"], ["hook"], state.day)
    assert state.rows("SELECT kind, detail, told FROM duban.event WHERE case_no = ''") == [
        ("baseline", "normal=1 red=2", "yes")]
    assert state.rows("SELECT recipient, address, outcome FROM duban.notification") == [
        ("S", "http://s", None)]
    assert state.rows("SELECT updated_at, case_no, initial_done FROM duban.intake") == [
        (START - minutes(1), "", True)]


def test_a_baseline_of_nothing_is_said_too(state):
    state.call("intake_begin")
    state.call("intake_baseline_done", START, [], [], state.day)
    assert state.rows("SELECT kind, detail FROM duban.event") == [("baseline", "")]


# Changes.

def test_equal_facts_write_nothing(state):
    state.intake([A])
    before = state.clock("A1")
    assert state.intake([A.but(level="yellow", next=START)]) == (0, 0)
    assert state.clock("A1") == before, "not even a new version of the row (xmin, ctid)"


# (facts before, facts after, a new deadline?)
OTHER_DUE = START + days(20)
CHANGES = [
    ("running", "running", OTHER_DUE, True),
    ("running", "running", A.due, False),
    ("running", "suspended", OTHER_DUE, False),
    ("running", "stopped", OTHER_DUE, False),
    ("suspended", "running", A.due, True),
    ("suspended", "suspended", OTHER_DUE, False),
    ("suspended", "stopped", A.due, False),
    ("stopped", "running", A.due, True),
    ("stopped", "suspended", A.due, True),
    ("stopped", "stopped", A.due, False),
    ("vanished", "running", A.due, True),
    ("vanished", "suspended", A.due, True),
    ("vanished", "stopped", A.due, False),
]


@pytest.mark.parametrize("before, after, due, is_new", CHANGES)
def test_changed_facts_are_due_at_once(state, before, after, due, is_new):
    state.intake([A.but(state="running" if before == "vanished" else before, stopped=START)])
    if before == "vanished":
        assert state.value("intake_vanished", state.now, ["A1"]) == 1
    state.move(minutes(1))
    assert state.intake([A.but(state=after, due=due, hash=2, next=None, stopped=START, window="W2",
                               calendar="c2")]) == (1, 0)
    stored = state.clock("A1")
    assert stored["state"] == after
    assert stored["deadline_version"] == (2 if is_new else 1)
    assert stored["raised_version"] == 1
    assert stored["due_at"] == (A.due if after == "suspended" else due)
    assert stored["next_at"] == state.now
    assert (stored["facts_hash"], stored["window_code"], stored["calendar_version"]) == (2, "W2", "c2")


def test_a_suspension_and_its_end_are_one_new_deadline(state):
    state.intake([A])
    state.intake([A.but(state="suspended", due=OTHER_DUE, hash=2)])
    assert (version(state), state.clock("A1")["due_at"]) == (1, A.due)
    state.intake([A.but(state="suspended", due=OTHER_DUE + days(1), hash=3)])
    assert (version(state), state.clock("A1")["due_at"]) == (1, A.due)
    state.intake([A.but(due=OTHER_DUE, hash=4)])
    assert (version(state), state.clock("A1")["due_at"]) == (2, OTHER_DUE)


def test_an_ended_clock_that_was_never_seen_is_taken_if_it_is_worth_telling(state):
    tell_after = START - days(1)
    old = Clock("A1", state="stopped", stopped=tell_after - minutes(1), next=None)
    fresh = Clock("A2", state="stopped", stopped=tell_after, next=None)
    assert state.intake([old, fresh], tell_after=tell_after) == (1, 0)
    assert state.due() == ([("A2", "completion")], None)


def test_an_ended_clock_that_was_seen_is_always_taken(state):
    state.intake([A])
    assert state.intake([A.but(state="stopped", stopped=LONG_AGO, hash=2, next=None)],
                        tell_after=START) == (1, 0)
    assert state.due() == ([("A1", "completion")], None)


# Rows that can't be worked with.

def test_a_bad_row_is_noted_with_its_first_time(state):
    assert state.intake(bad=[("B1", "no limit"), ("B2", "no limit")]) == (0, 2)
    state.move(minutes(10))
    assert state.intake(bad=[("B1", "no limit"), ("B2", "no start")]) == (0, 0)
    state.move(minutes(61))
    assert state.intake(bad=[("B1", "no limit")]) == (0, 0)
    assert state.rows("SELECT * FROM duban.bad_row ORDER BY case_no") == [
        ("B1", "no limit", START, START + minutes(71)),
        ("B2", "no start", START, START + minutes(10))]


def test_the_same_bad_row_again_writes_nothing(state):
    state.intake(bad=[("B1", "no limit")])
    before = state.rows("SELECT xmin, ctid, * FROM duban.bad_row")
    state.move(minutes(1))
    state.intake(bad=[("B1", "no limit")])
    assert state.rows("SELECT xmin, ctid, * FROM duban.bad_row") == before


def test_a_bad_row_that_comes_twice_in_a_page_is_one(state):
    assert state.intake(bad=[("B1", "no limit"), ("B1", "no limit")]) == (0, 1)


def test_a_bad_rows_clocks_stand_still_until_it_is_mended(state):
    state.intake([A, A.but(name="reply")])
    state.intake(bad=[("A1", "limit gone")])
    for name in ("completion", "reply"):
        assert (state.clock("A1", name)["facts_hash"], state.clock("A1", name)["next_at"]) == (0, None)
    state.move(minutes(1))
    assert state.intake([A, A.but(name="reply")]) == (2, 0)
    assert state.count("bad_row") == 0
    assert (state.clock("A1")["facts_hash"], version(state)) == (1, 1)
    assert state.due()[0] == [("A1", "completion"), ("A1", "reply")]


def test_a_mended_row_without_clocks_leaves_the_list(state):
    state.intake(bad=[("B1", "no limit"), ("B2", "no limit")])
    state.intake(good=["B1"])
    assert state.rows("SELECT case_no FROM duban.bad_row") == [("B2",)]


def test_a_case_number_of_any_length_can_be_noted(state):
    long = ["长" * 90 + "x" * 5000, "长" * 90 + "x" * 9 + "yz", "长" * 90 + "x" * 7000]
    assert state.intake(bad=[(case, "too long") for case in long]) == (0, 2)
    assert {len(row[0]) for row in state.rows("SELECT case_no FROM duban.bad_row")} == {100}


# The watermark.

def mark(state):
    return state.rows("SELECT updated_at, case_no FROM duban.intake")[0]


def test_the_watermark_moves_from_where_it_is_believed_to_be(state):
    state.call("intake_begin")
    one, two = START - days(2), START - days(1)
    state.intake(mark=(one, "A", two, "B"))
    assert mark(state) == (None, None), "not from elsewhere"
    state.intake(mark=(None, None, one, "A"))
    assert mark(state) == (one, "A")
    state.intake(mark=(None, None, two, "B"))
    assert mark(state) == (one, "A"), "not from nothing any more"
    state.intake(mark=(one, "B", two, "B"))
    assert mark(state) == (one, "A"), "not from another case"
    state.intake(mark=(one, "A", two, ""))
    assert mark(state) == (two, "")
    state.intake()
    assert mark(state) == (two, ""), "a page may leave it alone"
    state.intake(mark=(two, "", one, "A"))
    assert mark(state) == (one, "A"), "back, when the source was restored"


def test_a_watermark_that_stays_writes_nothing(state):
    state.call("intake_begin")
    state.intake(mark=(None, None, START, "A"))
    before = state.rows("SELECT xmin, ctid FROM duban.intake")
    state.intake(mark=(START, "A", START, "A"))
    assert state.rows("SELECT xmin, ctid FROM duban.intake") == before


# Vanished, and the slow reconcile.

def test_a_vanished_case_ends_untold_and_may_come_back(state):
    reply = A.but(name="reply")
    state.intake([A, reply])
    assert state.value("intake_vanished", state.now, ["A1", "none"]) == 2
    assert state.value("intake_vanished", state.now, ["A1"]) == 0
    assert [event[:3] for event in state.events("A1")] == [
        (1, "completion", "vanished"), (2, "reply", "vanished")]
    assert state.due() == ([], None)
    assert state.intake([A, reply]) == (2, 0), "its hash is the same, and still it is news"
    assert version(state) == 2
    state.value("intake_vanished", state.now, ["A1"])
    assert [event[:4] for event in state.events("A1")][2:] == [
        (3, "completion", "vanished", 2), (4, "reply", "vanished", 2)]


def test_a_vanished_case_leaves_the_bad_rows(state):
    state.intake(bad=[("B1", "no limit")])
    assert state.value("intake_vanished", state.now, ["B1"]) == 0
    assert state.count("bad_row") == 0


def test_an_ended_clock_cant_vanish(state):
    state.intake([A.but(state="stopped", stopped=START)])
    assert state.value("intake_vanished", state.now, ["A1"]) == 0


def test_reconcile_walks_through_open_clocks_and_bad_rows(state):
    state.intake([Clock("A1"), Clock("A1", name="reply"), Clock("A2", state="suspended"),
                  Clock("A3", state="stopped", stopped=START), Clock("A5")],
                 bad=[("A4", "no limit"), ("A1", "no limit")])
    seen, after = [], ""
    while page := [row[0] for row in state.call("reconcile_page", after, 2)]:
        assert len(page) <= 2
        seen += page
        after = page[-1]
    assert seen == ["A1", "A2", "A4", "A5"]


def test_what_the_escalator_left_is_taken_in_as_it_is(state):
    """Intake during an escalation: the level stays the escalator's own."""
    state.intake([A.but(next=START)])
    state.escalate(decision("A1", "yellow", "yellow"))
    state.intake([A.but(hash=2, level="red", due=START)])
    stored = state.clock("A1")
    assert (stored["level"], stored["rank"], stored["deadline_version"], stored["raised_version"]) == (
        "yellow", 1, 2, 1)
