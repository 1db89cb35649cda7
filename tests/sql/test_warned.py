"""That a level is taken back is told to whoever was warned of it."""

import pytest

from state import START, Clock, days, decision, minutes

A = Clock("A1", next=START)
LATER = START + days(30)


def told(state, kind="cleared"):
    """[(recipient, role, channel, address, outcome)] of the events of that kind."""
    return state.rows("""
        SELECT n.recipient, n.role, n.channel, n.address, n.outcome
          FROM duban.notification n JOIN duban.event e ON e.id = n.event
         WHERE e.kind = %s ORDER BY e.id, 1, 2, 3, 4""", kind)


def warn(state, *routes, level="red", case="A1", deliver=True):
    """Raises a level for a new clock; what is told of it becomes messages, and these arrive."""
    state.intake([A.but(case=case)])
    state.escalate(decision(case, level, level, next=LATER), routes=[(level, *route) for route in routes])
    state.compose()
    if deliver:
        for message in state.claim():
            state.complete(message, "delivered")


def extend(state, level="normal", case="A1", old="red", version=2, routes=(), **others):
    """A later deadline takes the level back."""
    state.intake([A.but(case=case, hash=version, due=LATER + days(version))])
    return state.escalate(decision(case, level, "cleared", old_level=old, hash=version, version=version,
                                   next=LATER, **others), routes=routes)


# Who hears of it.

def test_whoever_was_warned_hears_that_it_is_over(state):
    warn(state, ("window", "hook"), ("department", "sms"), ("handler", "sms"), ("applicant", "sms"), ("agent", "sms"))
    assert extend(state) == (1, 1, 6)
    assert told(state) == [
        ("D1", "department", "sms", "13800000001", None), ("D1", "department", "sms", "13800000002", None),
        ("W1", "window", "hook", "http://w1", None), ("agent", "agent", "sms", "", None),
        ("applicant", "applicant", "sms", "", None), ("handler", "handler", "sms", "", None)]
    assert len(state.take()) == 6


def test_nobody_is_told_twice_beside_the_route(state):
    warn(state, ("window", "hook"), ("department", "sms"))
    assert extend(state, routes=[("cleared", "window", "hook"), ("cleared", "supervision", "hook")])[2] == 4
    assert [row[:3] for row in told(state)] == [
        ("D1", "department", "sms"), ("D1", "department", "sms"), ("S", "supervision", "hook"),
        ("W1", "window", "hook")]


def test_another_role_of_the_same_recipient_is_no_other_recipient(state):
    warn(state, ("department", "sms"))
    state.owner.execute("INSERT INTO duban.duty VALUES ('W1', 'leader', 'D1')")
    assert extend(state, routes=[("cleared", "leader", "sms")])[2] == 2
    assert {row[1] for row in told(state)} == {"leader"}


def test_who_was_warned_at_an_address_that_has_gone_hears_it_there(state):
    warn(state, ("window", "hook"))
    state.owner.execute("DELETE FROM duban.contact WHERE recipient = 'W1'")
    assert extend(state, routes=[("cleared", "window", "hook")])[2] == 1
    assert told(state) == [("W1", "window", "hook", "", "unreachable: W1 has no contact on hook"),
                           ("W1", "window", "hook", "http://w1", None)]


def test_who_was_only_reminded_hears_it_too(state):
    state.intake([A])
    state.escalate(decision("A1", "red", "red"), routes=[("red", "window", "hook")], remind=["red"])
    [due] = state.reminders()
    state.remind((due, None, "red/3"), routes=[("red/3", "supervision", "hook"), ("red/3", "window", "hook")])
    state.compose()
    assert extend(state)[2] == 2
    assert {row[0] for row in told(state)} == {"S", "W1"}


def test_each_of_many_cases_has_its_own(state):
    for case, route in [("A1", ("window", "hook")), ("A2", ("supervision", "hook")), ("A3", ("department", "sms"))]:
        warn(state, route, case=case)
    state.intake([A.but(case=case, hash=2, due=LATER) for case in ("A1", "A2", "A3")])
    assert state.escalate(*(decision(case, "normal", "cleared", old_level="red", hash=2, version=2)
                            for case in ("A1", "A2", "A3")), routes=[])[2] == 4
    assert state.rows("""SELECT e.case_no, n.recipient FROM duban.notification n JOIN duban.event e ON e.id = n.event
                          WHERE e.kind = 'cleared' ORDER BY 1, n.id""") == [
        ("A1", "W1"), ("A2", "S"), ("A3", "D1"), ("A3", "D1")]


def test_other_clocks_of_the_case_are_left_out(state):
    warn(state, ("window", "hook"))
    state.intake([A, A.but(name="reply")])
    state.escalate(decision("A1", "red", "red", name="reply"), routes=[("red", "supervision", "hook")])
    state.compose()
    extend(state)
    assert [row[0] for row in told(state)] == ["W1"]


@pytest.mark.parametrize("routes", [[], [("cleared", "department", "sms")]])
def test_who_is_off_duty_by_now_hears_it_too(state, routes):
    """Of the department's two telephones the second was off duty on the day of the warning as well."""
    state.owner.execute("UPDATE duban.contact SET dates = %s WHERE address = '13800000001'",
                        (f"{{[{state.day},{state.day}]}}",))
    state.owner.execute("UPDATE duban.contact SET dates = '{[2026-06-20,2026-06-20]}'"
                        " WHERE address = '13800000002'")
    warn(state, ("department", "sms"))
    assert state.count("message") == 1
    state.move(days(19))
    extend(state, routes=routes)
    assert sorted((d["address"], d["stale"]) for d in state.take()) == [
        ("13800000001", None), ("13800000002", None)][:len(routes) + 1]


def test_a_channel_that_gathers_gathers_this_too(state):
    warn(state, ("window", "hook"))
    extend(state, routes=[("yellow", "window", "hook", 3_000_000)])
    assert state.rows("SELECT hold_reason, group_key IS NULL FROM duban.pending") == [("held: gathered", False)]


# Who doesn't.

def test_who_was_never_reached_is_not_told(state):
    """Not composed; cancelled in the queue; dead."""
    warn(state, ("window", "hook"), case="A2", deliver=False)
    warn(state, ("supervision", "hook"), deliver=False)
    state.intake([A.but(case="A3")])
    state.escalate(decision("A3", "red", "red"), routes=[("red", "window", "hook")])
    assert state.count("pending") == 1, "A3's isn't a message yet"
    [refused] = state.claim(endpoints=[2])
    state.complete(refused, "permanent", dead="no such place")
    extend(state, case="A3")
    state.intake([A.but(case="A2", hash=2, due=LATER)])
    assert state.claim(endpoints=[1]) == [], "cancelled: the deadline has changed"
    state.escalate(decision("A2", "normal", "cleared", old_level="red", hash=2, version=2), routes=[])
    extend(state)
    assert told(state) == []


def test_who_may_have_been_reached_is_told(state):
    warn(state, ("window", "hook"), deliver=False)
    [message] = state.claim()
    state.complete(message, "unknown", dead="no reply")
    assert extend(state)[2] == 1


def test_what_waits_parked_has_reached_nobody(state):
    warn(state, ("window", "hook"), deliver=False)
    state.owner.execute("INSERT INTO duban.endpoint_state (endpoint, state, since) VALUES (1, 'gone', %s)", (START,))
    state.call("park", [1], [None], 10)
    assert extend(state)[2] == 0


def test_messages_that_were_forgotten_had_arrived(state):
    """Their partitions are dropped after the retention time."""
    warn(state, ("window", "hook"))
    state.move(days(40))
    state.owner.execute("SELECT duban.maintain_partitions(%s, 3, 30)", (state.now,))
    assert state.count("message") == state.count("attempt") == 0
    assert extend(state)[2] == 1


def test_it_counts_from_the_last_time_on(state):
    warn(state, ("supervision", "hook"))
    assert extend(state)[2] == 1
    state.escalate(decision("A1", "yellow", "yellow", hash=2, version=2, next=LATER),
                   routes=[("yellow", "window", "hook")])
    state.compose()
    assert extend(state, version=3, old="yellow")[2] == 1
    assert [row[0] for row in told(state)] == ["S", "W1"]


def test_a_former_life_of_the_case_is_over(state):
    warn(state, ("supervision", "hook"))
    state.intake([A.but(hash=2, state="stopped", stopped=START)])
    state.escalate(decision("A1", "red", "completed", hash=2, old_level="red"), routes=[])
    state.intake([A.but(hash=3, due=LATER)])
    assert state.escalate(decision("A1", "normal", "cleared", hash=3, old_level="red", version=2),
                          routes=[]) == (1, 1, 0)


# What is recorded, and when it is stale.

def test_the_level_that_was_taken_back_is_recorded(state):
    warn(state, ("window", "hook"))
    extend(state, level="yellow")
    assert state.rows("SELECT level, rank, repeat, detail, told FROM duban.event WHERE kind = 'cleared'") == [
        ("yellow", 1, 2, "red", "yes")]
    [draft] = state.take()
    assert (draft["kind"], draft["taken"], draft["detail"], draft["stale"]) == ("cleared", "red", "red", None)


def test_a_lower_level_is_cleared_under_the_same_deadline_too(state):
    warn(state, ("window", "hook"))
    extend(state, level="yellow")
    assert state.escalate(decision("A1", "normal", "cleared", hash=2, old_level="yellow", version=2))[1] == 1
    assert state.escalate(decision("A1", "normal", "cleared", hash=2, old_level="normal", version=2))[1] == 1
    assert state.rows("SELECT repeat, detail FROM duban.event WHERE kind = 'cleared' ORDER BY id") == [
        (2, "red"), (1, "yellow"), (0, "normal")]


def cleared_message(state):
    """That red was taken back, in the queue."""
    warn(state, ("window", "hook"))
    extend(state, level="yellow")
    assert state.compose() == (1, 0, 0)
    assert state.rows("SELECT kind, rank FROM duban.message ORDER BY id") == [("red", 2), ("cleared", 2)]


@pytest.mark.parametrize("change", [
    {}, {"state": "suspended"}, {"due": LATER + days(9)}, {"state": "suspended", "due": LATER}])
def test_it_is_told_whatever_the_deadline_is_by_now(state, change):
    cleared_message(state)
    state.intake([A.but(**{"hash": 3, "due": LATER + days(2)} | change)])
    assert [message["kind"] for message in state.claim()] == ["cleared"]


def test_it_is_not_told_when_the_level_holds_again(state):
    cleared_message(state)
    state.intake([A.but(hash=3, due=START + days(1))])
    state.escalate(decision("A1", "red", ("yellow", "no: passed"), "red", hash=3, old_level="yellow", version=3))
    assert state.claim() == []
    assert (0, "cancelled", "cancelled: the level holds again") in state.attempts()


def test_it_is_not_told_when_the_case_has_ended(state):
    cleared_message(state)
    state.intake([A.but(hash=3, state="stopped", stopped=START)])
    assert state.claim() == []
    assert (0, "cancelled", "cancelled: the case has ended") in state.attempts()


def test_a_digest_of_it_is_judged_alike(state):
    cleared_message(state)
    state.owner.execute("""UPDATE duban.message m SET kind = 'digest', case_no = '', notifications = ARRAY[n.id]
                             FROM duban.notification n JOIN duban.event e ON e.id = n.event
                            WHERE n.message = m.id AND e.kind = 'cleared'""")
    state.intake([A.but(hash=3, due=LATER + days(9))])
    assert len(state.claim()) == 1
