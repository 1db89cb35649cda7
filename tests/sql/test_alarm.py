"""Alarms as the leader's database remembers them, and where a self-test got stuck."""

import pytest

from state import START, UTC, Clock, days, decision, minutes

AGE_US = 15 * 60 * 1_000_000
HOUR_US = 3600 * 1_000_000
NOBODY = "unreachable: nobody is window for ''"
CASE = f"duban-selftest-{int(START.timestamp())}-W1"


def look(state):
    """[(kind, subject, channel, address, reason)]"""
    first, *found = state.call("alarm_look", AGE_US, 9)
    assert first[0] == state.now and first[1:] == (None,) * 6
    return [(*row[1:5], row[6]) for row in found]


def update(state, **active):
    """[(subject, detail, over)] that has yet to be told."""
    return [(row[0], row[1], row[3]) for row in
            state.call("alarm_update", list(active), list(active.values()))]


def told(state, subject, over=False, since=START):
    return state.value("alarm_told", subject, since, over)


def ledger(state):
    return state.rows("SELECT kind, clock, detail, told, deadline_version FROM duban.event ORDER BY id")


def endpoint(state, address, condition=None, reason="", error=""):
    number = state.owner.execute("INSERT INTO duban.endpoint (channel, address) VALUES ('hook', %s)"
                                 " RETURNING id", (address,)).fetchone()[0]
    if condition:
        state.owner.execute("INSERT INTO duban.endpoint_state (endpoint, state, since, reason,"
                            " last_error) VALUES (%s, %s, %s, %s, %s)",
                            (number, condition, state.now, reason, error))
    return number


def wait(state, number, since, identity=1):
    state.owner.execute("INSERT INTO duban.ready VALUES (%s, %s, %s, %s, 1, 1, %s)",
                        (number, since, identity, since.date(), since))


# --- what is wrong ---

def test_a_state_without_troubles_has_none(state):
    state.queue("A1", "yellow")
    assert look(state) == []


def test_endpoints_out_of_use(state):
    endpoint(state, "http://well", "well", reason="was stopped once")
    endpoint(state, "http://open", "open", reason="times out")
    stopped = endpoint(state, "", "stopped", reason="the key is refused")
    gone = endpoint(state, "http://gone", "gone", error="HTTP 410")
    assert look(state) == [
        ("stopped", f"endpoint:{stopped}", "hook", "", "the key is refused"),
        ("gone", f"endpoint:{gone}", "hook", "http://gone", "HTTP 410")]


def test_a_queue_that_does_not_move(state):
    late, young, future = (endpoint(state, f"http://{n}") for n in range(3))
    troubled = endpoint(state, "http://troubled", "open")
    wait(state, late, START - minutes(16), 1)
    wait(state, late, START - minutes(20), 2)
    wait(state, young, START - minutes(14), 3)
    wait(state, future, START + minutes(60), 4)
    wait(state, troubled, START - days(2), 5)
    assert look(state) == [("queue", f"queue:{late}", "hook", "http://0", "")]
    [row] = state.call("alarm_look", AGE_US, 9)[1:]
    assert row[5] == START - minutes(20)


def test_notifications_that_are_not_put_into_words(state):
    state.intake([Clock("A1")])
    state.escalate(decision("A1", "yellow", "yellow"))
    state.move(minutes(15))
    assert look(state) == []
    state.move(minutes(1))
    state.owner.execute("UPDATE duban.pending SET hold_reason = 'held: the source is away'")
    assert look(state) == [("pending", "pending", "hook", "", "held: the source is away")]


def test_the_answer_is_bounded(state):
    for number in range(20):
        endpoint(state, f"http://{number}", "gone")
    assert len(look(state)) == 9


# --- told once, and once when it is over ---

def test_an_alarm_is_told_until_it_was_and_so_is_its_end(state):
    assert update(state, queue="late", calendar="ends") == [("calendar", "ends", False),
                                                            ("queue", "late", False)]
    assert told(state, "queue")
    state.move(minutes(1))
    # Other words later change nothing; what wasn't told stays to be told, whoever leads.
    assert update(state, queue="later", calendar="ends") == [("calendar", "ends", False)]
    assert told(state, "calendar")
    assert update(state, queue="later", calendar="ends") == []
    state.move(minutes(1))
    assert update(state, calendar="ends") == [("queue", "late", True)]
    assert update(state, calendar="ends") == [("queue", "late", True)]
    assert told(state, "queue", over=True)
    assert update(state, calendar="ends") == []
    version = int(START.timestamp())
    assert sorted(ledger(state)) == [
        ("alarm", "calendar", "ends", "directly", version),
        ("alarm", "queue", "late", "directly", version),
        ("alarm_over", "queue", "late", "directly", version + 120)]


def test_what_came_and_went_untold_is_told_by_nobody(state):
    update(state, queue="late")
    state.move(minutes(1))
    assert update(state) == []
    assert state.count("alarm") == 0
    assert [row[0] for row in ledger(state)] == ["alarm", "alarm_over"]
    # It arrived all the same: its teller hears that it is over, and tells that too.
    assert not told(state, "queue")


def test_what_comes_back_before_its_end_was_told_is_not_told_again(state):
    update(state, queue="late")
    told(state, "queue")
    state.move(minutes(1))
    assert update(state) == [("queue", "late", True)]
    state.move(minutes(1))
    assert update(state, queue="late again") == []
    assert told(state, "queue", over=True) and state.count("alarm") == 1  # too late for that end
    state.move(minutes(1))
    assert update(state) == [("queue", "late", True)]
    assert [row[0] for row in ledger(state)] == ["alarm", "alarm_over"] * 2


def test_an_end_that_reaches_nobody_is_given_up_after_a_day(state):
    update(state, queue="late")
    told(state, "queue")
    update(state)
    state.move(days(1))
    assert update(state) == [("queue", "late", True)]
    state.move(minutes(1))
    assert update(state) == [] and state.count("alarm") == 0


def test_an_alarm_is_no_event_that_anybody_waits_for(state):
    update(state, queue="late")
    assert state.count("notification") == state.count("pending") == 0


def test_contacts_are_the_administrators(state):
    state.owner.execute("""
        INSERT INTO duban.recipient VALUES ('A', 'admin', 'Admin', NULL), ('B', 'admin', 'Other', 'C');
        INSERT INTO duban.contact VALUES ('A', 'sms', '13900000009'), ('A', 'hook', 'http://a'),
            ('B', 'sms', '13900000009'), ('B', 'robot', 'on')""")
    assert state.call("alarm_contacts", ["sms", "hook"], 9) == [("hook", "http://a"),
                                                               ("sms", "13900000009")]
    assert state.call("alarm_contacts", ["sms", "hook"], 1) == [("hook", "http://a")]


# --- the self-test ---

def run(state):
    """One look: (case under way, taken in, what has ended)."""
    row = state.call("selftest_look", "W1", "hook", HOUR_US, 10 * 60 * 1_000_000)[0]
    return row[1], row[2], row[6:8] if row[4] else None


def take_in(state):
    state.intake([Clock(CASE, name="selftest", next=state.now, item="duban:selftest", department="")])


def raise_it(state):
    state.escalate(decision(CASE, "red", "selftest", name="selftest"),
                   routes=[("selftest", "window", "hook")])


def test_a_run_goes_its_way_and_the_next_one_waits_for_its_time(state):
    assert run(state) == (CASE, False, None)
    take_in(state)
    state.move(minutes(1))
    assert run(state) == (CASE, True, None)
    raise_it(state)
    state.compose()
    [message] = state.claim()
    state.complete(message, "delivered")
    state.move(minutes(1))
    assert run(state) == (None, None, ("", ""))
    assert state.rows("SELECT stage, took_ms, ended_at FROM duban.selftest") == [
        ("", 60_000, state.now)]
    clock = state.clock(CASE, "selftest")
    assert (clock["state"], clock["next_at"], clock["facts_hash"]) == ("stopped", None, 1)
    assert look(state) == []
    state.move(minutes(57))
    assert run(state) == (None, None, None)
    state.move(minutes(1))
    assert run(state)[0] == f"duban-selftest-{int(state.now.timestamp())}-W1"


@pytest.mark.parametrize("stage, detail, steps", [
    ("not taken in", "", []),
    ("not taken in", "beyond the calendar",
     [lambda state: state.intake(bad=[(CASE, "beyond the calendar")])]),
    ("not raised", "", [take_in]),
    ("not composed", "", [take_in, raise_it]),
    ("not composed", NOBODY, [
        lambda state: state.owner.execute("DELETE FROM duban.recipient WHERE code = 'W1'"),
        take_in, raise_it]),
    ("not sent", "", [take_in, raise_it, lambda state: state.compose()]),
    ("not sent", "temporary: no answer", [
        take_in, raise_it, lambda state: state.compose(),
        lambda state: state.complete(state.claim()[0], "temporary", detail="no answer",
                                     retry=minutes(9))]),
    ("refused", "permanent: HTTP 400", [
        take_in, raise_it, lambda state: state.compose(),
        lambda state: state.complete(state.claim()[0], "permanent", detail="HTTP 400",
                                     dead="HTTP 400")]),
])
def test_a_run_that_fails_says_where(state, stage, detail, steps):
    run(state)
    for step in steps:
        step(state)
    state.move(minutes(9))
    assert run(state)[2] is None
    state.move(minutes(1))
    assert run(state) == (None, None, (stage, detail))
    assert look(state) == [("selftest", "selftest", "hook", stage, detail)]
    assert state.count("clock", "state = 'running'") == state.count("dead") == 0
    # Nothing of it is sent any more.
    state.move(minutes(30))
    state.compose()
    assert state.claim() == []
    # The next one that comes through ends the alarm.
    state.owner.execute("INSERT INTO duban.selftest (begun_at, case_no, channel, ended_at)"
                        " VALUES (%s, 'duban-selftest-1-W1', 'hook', %s)", (state.now, state.now))
    assert look(state) == []


def test_other_cases_are_not_touched_by_the_end_of_a_run(state):
    run(state)
    take_in(state)
    state.intake([Clock("duban-selftesting"), Clock("A1")])
    state.move(minutes(10))
    run(state)
    assert state.rows("SELECT case_no FROM duban.clock WHERE state = 'running' ORDER BY case_no") == [
        ("A1",), ("duban-selftesting",)]


def test_old_runs_are_forgotten(state):
    run(state)
    state.move(days(91))
    run(state)
    run(state)
    assert state.count("selftest") == 1
    assert state.one("SELECT begun_at FROM duban.selftest").astimezone(UTC) == state.now
