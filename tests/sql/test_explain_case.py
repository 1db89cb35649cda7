"""What is known of one case, for explanations."""

import json

import psycopg
import pytest

from state import START, Clock, days, decision, minutes

FACTS = {"item": "I1", "window": "W1", "department": "D1", "parent": ""}


def explain(state, case="A1", facts=FACTS, at=None, session=None):
    return state.value("explain_case", case, None if facts is None else json.dumps(facts), at,
                       session=session)


def raised(state, *levels):
    """A case whose window was told of each level; the last message is claimed."""
    state.queue("A1", *levels)
    return state.claim()


def test_a_case_that_nobody_knows(state):
    found = explain(state, "nobody", facts=None)
    assert found["clocks"] == found["events"] == found["told"]["notifications"] == []
    assert found["bad_row"] is None and found["joint"] == {"parent": [], "parts": []}


def test_clocks_events_and_who_was_told(state):
    [message] = raised(state, "yellow")
    state.complete(message, "accepted", receipt=60_000_000)
    found = explain(state)
    assert [(c["clock"], c["state"], c["level"], c["deadline_version"]) for c in found["clocks"]] == [
        ("completion", "running", "yellow", 1)]
    assert [found["clocks"][0][key] for key in ("rank", "withdrawn_rank", "withdrawn_version")] == [1, 0, 0]
    [event] = found["events"]
    assert (event["kind"], event["told"], event["taken_back"]) == ("yellow", "yes", None)
    [told] = found["told"]["notifications"]
    assert (told["event"], told["recipient"], told["name"], told["role"], told["address"]) == (
        event["id"], "W1", "Window 1", "window", "http://w1")
    assert (told["outcome"], told["message"], told["release_at"]) == ("composed", message["id"], None)
    [sent] = found["told"]["messages"]
    assert (sent["id"], sent["state"], sent["arrival"], sent["tries"]) == (message["id"], "done", "awaited", 1)
    assert [(a["verdict"], a["detail"]) for a in sent["attempts"]] == [("accepted", "said so")]
    assert found["names"] == {"W1": "Window 1", "D1": "Department 1"}


def test_what_waits_says_until_when_and_why(state):
    state.intake([Clock("A1", next=START)])
    state.escalate(decision("A1", "yellow", "yellow"))
    state.compose(outcome="held: outside the hours of window", hold=minutes(90))
    [told] = explain(state)["told"]["notifications"]
    assert told["outcome"] is None and told["hold_reason"] == "held: outside the hours of window"
    assert told["release_at"].startswith("2026-06-01T03:30:00")


def test_the_past_knows_less(state):
    raised(state, "yellow", "red")
    state.move(minutes(1))
    state.intake([Clock("A1", hash=2, due=START + days(20), next=state.now)])
    state.escalate(decision("A1", "normal", "cleared", hash=2, old_level="red", version=2))
    assert [e["kind"] for e in explain(state)["events"]] == ["yellow", "red", "cleared"]
    assert [e["kind"] for e in explain(state, at=START)["events"]] == ["yellow", "red"]
    before = explain(state, at=START - minutes(1))
    assert before["events"] == before["told"]["notifications"] == []


def test_levels_taken_back(state):
    raised(state, "red")
    state.owner.execute("""
        INSERT INTO duban.withdrawal
        SELECT id, id, recorded_at + interval '1 hour', 'Li', 'a wrong date' FROM duban.event""")
    assert explain(state)["events"][0]["taken_back"] is None  # not yet
    state.move(minutes(60))
    taken = explain(state)["events"][0]["taken_back"]
    assert (taken["author"], taken["reason"]) == ("Li", "a wrong date")


def test_reminders_silences_and_rows_set_aside(state):
    state.intake([Clock("A1", next=START)], bad=[("A2", "accepted_at is null")])
    state.escalate(decision("A1", "red", "red"), remind=["red"])
    for scope, code in ("case", "A1"), ("window", "W1"), ("department", "D9"), ("item", "I1"):
        state.value("silence_add", scope, code, None, START + days(1), "audit", "Li",
                    session=state.owner)
    found = explain(state)
    assert [(r["kind"], r["sent"]) for r in found["reminders"]] == [("red", 0)]
    assert [(s["scope"], s["reason"]) for s in found["silences"]] == [
        ("case", "audit"), ("window", "audit"), ("item", "audit")]
    assert explain(state, at=START + days(2))["silences"] == []
    assert explain(state, "A2", facts=None)["bad_row"]["reason"] == "accepted_at is null"


def test_joint_cases_know_their_parent_and_their_open_parts(state):
    state.intake([Clock("P", level="red"), Clock("A1", parent="P", level="yellow"), Clock("A2", parent="P"),
                  Clock("A3", parent="P", state="stopped", stopped=START)], baseline=True)
    parts = explain(state, "P", facts=None)["joint"]["parts"]
    assert [(p["case_no"], p["level"], p["department"]) for p in parts] == [
        ("A1", "yellow", "Department 1"), ("A2", "normal", "Department 1")]
    of_part = explain(state, "A1", facts=None)
    assert [p["case_no"] for p in of_part["joint"]["parent"]] == ["P"]
    assert of_part["joint"]["parts"] == []
    # A part that duban hasn't taken in yet.
    assert [p["case_no"] for p in explain(state, "A9", FACTS | {"parent": "P"})["joint"]["parent"]] == ["P"]


def test_readers_see_no_addresses(state):
    raised(state, "yellow")
    with state.cluster.connect(state.database, user="duban_read") as reader:
        [told] = explain(state, session=reader)["told"]["notifications"]
        assert told["address"] is None and told["message"]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute("SELECT address FROM duban.notification")


def test_a_case_with_a_very_long_life_is_cut(state):
    state.intake([Clock("A1")])
    state.owner.execute("""
        INSERT INTO duban.event (case_no, clock, kind, deadline_version, sequence, event_at, recorded_at,
                                 level, rank, window_code, department_code, item_code, told)
        SELECT 'A1', 'completion', 'red', n, n, %s, %s, 'red', 2, 'W1', 'D1', 'I1', 'yes'
          FROM generate_series(1, 600) n""", (START, START))
    found = explain(state)
    assert [e["sequence"] for e in found["events"]] == list(range(101, 601)) and found["events_most"] == 500
