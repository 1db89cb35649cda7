"""Silences: which case they cover, and what their end sets free."""

import psycopg
import pytest

from state import START, Clock, days, decision, minutes


@pytest.fixture
def owner(state):
    """Silences are made by hand, with the owner's rights."""
    state.daemon.close()
    state.daemon = state.cluster.connect(state.database)
    return state


def add(state, scope="case", code="A1", start=None, end=START + days(1), reason="系统维护", author="王主任"):
    return state.value("silence_add", scope, code, start, end, reason, author)


def covering(state, case="A1", item="I1", window="W1", department="D1"):
    return state.one("SELECT (SELECT id FROM duban.silence_of(duban.now(), %s, %s, %s, %s))", case, item,
                     window, department)


@pytest.mark.parametrize("scope, code, covers", [
    ("case", "A1", True), ("item", "I1", True), ("window", "W1", True), ("department", "D1", True),
    ("case", "I1", False), ("item", "A1", False), ("window", "D1", False), ("department", "D2", False),
])
def test_a_silence_covers_its_scope(owner, scope, code, covers):
    silence = add(owner, scope, code)
    assert covering(owner) == (silence if covers else None)


def test_a_silence_holds_for_its_time(owner):
    silence = add(owner, start=START + minutes(10), end=START + minutes(20))
    seen = []
    for _ in range(4):
        seen.append(covering(owner))
        owner.move(minutes(9) if not seen[1:] else minutes(1) if len(seen) == 2 else minutes(10))
    assert seen == [None, None, silence, None]


def test_the_one_that_ends_last_counts(owner):
    short, long = add(owner, end=START + minutes(5)), add(owner, "window", "W1", end=START + days(2))
    assert short != long == covering(owner)
    owner.value("silence_end", long, "王主任")
    assert covering(owner) == short


@pytest.mark.parametrize("wrong, told", [
    ({"scope": "world"}, "'world' is no scope; expected case, item, window or department"),
    ({"code": " "}, "the code of the case is missing"),
    ({"reason": " "}, "a silence needs a reason"),
    ({"author": ""}, "a silence needs the name of who wants it"),
    ({"end": START}, "the end of the silence has passed already"),
    ({"start": START + days(2)}, "the silence would end before it begins"),
])
def test_mistakes_are_told(owner, wrong, told):
    with pytest.raises(psycopg.errors.RaiseException, match=told):
        add(owner, **wrong)
    assert owner.count("silence") == 0


def test_a_list_says_how_they_are(owner):
    made = [add(owner), add(owner, start=START + days(1), end=START + days(3)),
            add(owner, end=START + minutes(5)), add(owner)]
    owner.value("silence_end", made[3], "李科长")
    owner.move(minutes(5))
    states = [(row["id"], row["state"]) for row in owner.value("silence_list", True, 9)]
    assert states == [(made[3], "ended"), (made[2], "over"), (made[1], "planned"), (made[0], "active")]
    assert [row["id"] for row in owner.value("silence_list", False, 9)] == [made[1], made[0]]
    assert [row["id"] for row in owner.value("silence_list", True, 2)] == made[:1:-1]
    [row] = owner.value("silence_list", True, 1)
    assert (row["ended_by"], row["reason"], row["author"]) == ("李科长", "系统维护", "王主任")


def test_the_end_sets_free_what_is_held(owner):
    owner.intake([Clock("A1", next=START), Clock("A2", next=START)])
    owner.escalate(decision("A1", "yellow", "yellow"), decision("A2", "yellow", "yellow"))
    silence = add(owner)
    owner.owner.execute("""
        UPDATE duban.pending SET release_at = %s, hold_reason = 'held: silence', silence = %s
         WHERE notification IN (SELECT n.id FROM duban.notification n JOIN duban.event e ON e.id = n.event
                                 WHERE e.case_no = 'A1')""", (START + days(1), silence))
    assert owner.value("silence_list", False, 9)[0]["held"] == 1
    owner.move(minutes(1))
    assert [row["case_no"] for row in owner.take()] == ["A2"]
    assert owner.value("silence_end", silence, "王主任") == 1
    assert sorted(row["case_no"] for row in owner.take()) == ["A1", "A2"]
    assert owner.count("pending", "silence IS NOT NULL OR hold_reason <> ''") == 0


@pytest.mark.parametrize("author, spoil, told", [
    ("王主任", "DELETE FROM duban.silence", "there is no silence 1"),
    ("王主任", "UPDATE duban.silence SET ended_at = now(), ended_by = '李科长'", "was ended already by 李科长"),
    ("王主任", "UPDATE public.test_time SET at = at + interval '2 days'", "silence 1 is over already"),
    (" ", "SELECT", "the name of who ends the silence is missing"),
])
def test_what_cant_be_ended_is_told(owner, author, spoil, told):
    silence = add(owner)
    owner.owner.execute(spoil)
    with pytest.raises(psycopg.errors.RaiseException, match=told):
        owner.value("silence_end", silence, author)


def test_reminders_wait_while_a_silence_covers_the_case(owner):
    owner.intake([Clock("A1", next=START)])
    owner.escalate(decision("A1", "red", "red"), remind=["red"])
    silence = add(owner, "item", "I1")
    assert owner.reminders()[0]["may_tell"] is False
    owner.value("silence_end", silence, "王主任")
    assert owner.reminders()[0]["may_tell"] is True


def test_unknown_codes_are_told_apart(owner):
    owner.intake([Clock("A1")])
    known = {(scope, code): owner.value("silence_is_known", scope, code) for scope, code in [
        ("case", "A1"), ("case", "A9"), ("window", "W1"), ("window", "D1"), ("department", "D1"),
        ("item", "I1")]}
    assert list(known.values()) == [True, False, True, False, True, None]


def test_the_daemon_may_not_silence(state):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        add(state)
