"""The composer's functions: notifications → messages in the queue."""

import pytest

from state import START, Clock, days, decision, minutes

A = Clock("A1", next=START)
SUSPENDED = "cancelled: the clock is suspended"
ENDED = "cancelled: the case has ended"
LEFT = "cancelled: the case has left the source"
CHANGED = "cancelled: the deadline has changed"
SUPERSEDED = "cancelled: superseded by a higher level"
FALLEN = "cancelled: the level no longer holds"
REOPENED = "cancelled: the case was reopened"
AGAIN = "cancelled: the level holds again"
WITHDRAWN = "cancelled: the level was withdrawn"

# kind, its version and rank; the clock's state, version and rank, and perhaps what was withdrawn of
# it (version and rank); why it isn't sent
STALE = [
    ("red", 1, 2, None, None, None, None),
    ("red", 1, 2, "running", 1, 2, None),
    ("red", 1, 2, "suspended", 1, 2, SUSPENDED),
    ("red", 1, 2, "suspended", 2, 3, SUSPENDED),
    ("red", 1, 2, "stopped", 1, 2, ENDED),
    ("red", 1, 2, "vanished", 1, 2, LEFT),
    ("red", 1, 2, "running", 2, 2, CHANGED),
    ("red", 2, 2, "running", 1, 2, CHANGED),
    ("yellow", 1, 1, "running", 1, 2, SUPERSEDED),
    ("red", 1, 2, "running", 1, 1, FALLEN),
    ("red", 1, 2, "running", 1, 0, FALLEN),
    *[(end, 1, 2, state, 1, 2, None if state == "stopped" else REOPENED)
      for end in ("completed", "returned", "withdrawn")
      for state in ("running", "suspended", "stopped", "vanished")],
    *[(end, 1, 2, "stopped", 2, 2, REOPENED) for end in ("completed", "returned", "withdrawn")],
    *[(kind, 1, 0, state, 2, 2, None) for kind in ("met", "vanished")
      for state in ("running", "suspended", "stopped", "vanished")],
    # That red is cleared, whatever deadline and lower level there are by now.
    *[("cleared", 2, 2, state, version, rank, None) for state in ("running", "suspended")
      for version in (2, 3) for rank in (0, 1)],
    *[("cleared", 2, 2, "running", version, rank, AGAIN) for version in (2, 3) for rank in (2, 3)],
    ("cleared", 2, 2, "stopped", 2, 0, ENDED),
    ("cleared", 2, 2, "vanished", 2, 0, LEFT),
    # Withdrawn: this very deadline's level, or a lower one.
    *[(kind, 1, 2, "running", 1, 2, 1, rank, WITHDRAWN) for kind in ("red", "reminder") for rank in (2, 3)],
    ("red", 1, 2, "suspended", 1, 2, 1, 2, WITHDRAWN),
    ("red", 1, 2, "running", 1, 2, 1, 1, None),
    ("red", 2, 2, "running", 2, 2, 1, 2, None),
    *[("level_withdrawn", 1, 2, state, 1, 2, 1, 2, None)
      for state in ("running", "suspended", "stopped", "vanished")],
    ("level_withdrawn", 1, 2, "running", 2, 1, 1, 2, None),
    ("level_withdrawn", 1, 2, "running", 2, 2, 1, 2, AGAIN),
    ("level_withdrawn", 1, 2, "stopped", 2, 2, 1, 2, None),
    # A proposal isn't superseded by the level that follows it.
    ("tacit_approval", 1, 2, "running", 1, 2, None),
    ("tacit_approval", 1, 2, "running", 1, 3, None),
    ("tacit_approval", 1, 2, "running", 1, 1, FALLEN),
    ("tacit_approval", 1, 2, "running", 2, 2, CHANGED),
    ("tacit_approval", 1, 2, "suspended", 1, 2, SUSPENDED),
    ("tacit_approval", 1, 2, "stopped", 1, 2, ENDED),
    ("reopened", 2, 0, "running", 3, 2, None),
    ("reopened", 2, 0, "suspended", 2, 0, None),
    ("reopened", 2, 0, "stopped", 2, 0, ENDED),
]


@pytest.fixture(scope="module")
def stale_reason(cluster, state_template):
    name = cluster.create_database(state_template)
    with cluster.connect(name, user="duban_daemon") as session:
        def ask(*facts):
            return session.execute("SELECT duban.stale_reason(%s::text, %s::int, %s::smallint,"
                                   " %s::text, %s::int, %s::int, %s::smallint, %s::int,"
                                   " %s::smallint)", facts).fetchone()[0]
        yield ask
    cluster.drop_database(name)


@pytest.mark.parametrize("case", STALE, ids=lambda case: "-".join(map(str, case)))
def test_why_a_message_isnt_sent(stale_reason, case):
    kind, version, rank, state, clock_version, *others, reason = case
    others += [0] * (3 - len(others))
    assert stale_reason(kind, version, rank, state, clock_version, clock_version,
                        *others) == reason


def raise_red(state, *cases):
    """Red for each: told to the department by two telephones, to the window and the office."""
    state.intake([Clock(case, next=START) for case in cases])
    state.escalate(*(decision(case, "red", "red") for case in cases))


# Taking.

def test_a_notification_brings_what_its_text_needs(state):
    raise_red(state, "A1")
    draft = next(d for d in state.take() if d["role"] == "department")
    key = state.one("SELECT key FROM duban.install")
    assert draft["public_id"] == f"{key}-{draft['message']}"
    assert {name: draft[name] for name in (
        "channel", "address", "recipient", "recipient_name", "kind", "case_no", "clock",
        "deadline_version", "sequence", "event_at", "level", "rank", "due_at", "window_name",
        "department_name", "stale", "facts_hash", "release_at")} == {
        "channel": "sms", "address": "13800000001", "recipient": "D1",
        "recipient_name": "Department 1", "kind": "red", "case_no": "A1", "clock": "completion",
        "deadline_version": 1, "sequence": 1, "event_at": START, "level": "red", "rank": 2,
        "due_at": A.due, "window_name": "Window 1", "department_name": "Department 1", "stale": None,
        "facts_hash": 1, "release_at": START}


def test_notifications_come_as_they_are_released(state):
    raise_red(state, "A1")
    held, *others = state.take()
    state.compose_write([held], outcome="held: a quiet hour")
    assert [d["notification"] for d in state.take()] == [d["notification"] for d in others]
    assert len(state.take(limit=2)) == 2
    last = state.call("composer_take", 9, None, 9, state.day, True)[-1]
    assert last[1] == START + minutes(1), "the next release"
    state.move(minutes(1))
    assert [d["notification"] for d in state.take()] == [
        *(d["notification"] for d in others), held["notification"]]
    assert [d["notification"] for d in state.take(floor=START + minutes(1))] == [held["notification"]]
    assert state.call("composer_take", 9, None, 9, state.day, True)[-1][1] is None


def test_message_ids_are_never_given_twice(state):
    raise_red(state, "A1")
    first, second = ({d["message"] for d in state.take()} for _ in range(2))
    assert len(first) == len(second) == 4 and not first & second


def test_a_notification_without_a_clock_is_never_stale(state):
    state.value("event_without_case", "baseline", "", 1, "red=3", None, ["supervision"], ["hook"], state.day)
    [draft] = state.take()
    assert (draft["case_no"], draft["stale"], draft["facts_hash"], draft["detail"]) == (
        "", None, None, "red=3")


# Writing.

def test_a_composed_notification_is_a_message_in_the_queue(state):
    raise_red(state, "A1")
    [draft] = [d for d in state.take() if d["role"] == "window"]
    assert state.compose_write([draft], repeatable=False) == (1, 0, 0)
    assert state.rows("""
        SELECT m.id, m.day::text, m.public_id, m.channel, x.address, m.address, m.body, m.kind,
               m.case_no, m.clock, m.deadline_version, m.rank, m.recipient, m.role, m.repeatable,
               m.created_at
          FROM duban.message m JOIN duban.endpoint x ON x.id = m.endpoint""") == [
        (draft["message"], "2026-06-01", draft["public_id"], "hook", "http://w1", "http://w1",
         "body of red", "red", "A1", "completion", 1, 2, "W1", "window", False, START)]
    assert state.rows("SELECT due_at, id, day::text, attempt, first_at FROM duban.ready") == [
        (START, draft["message"], "2026-06-01", 1, START)]
    assert state.rows("SELECT outcome, message FROM duban.notification WHERE outcome IS NOT NULL") == [
        ("composed", draft["message"])]
    assert state.count("pending") == 3


def test_a_repeated_call_composes_nothing(state):
    raise_red(state, "A1")
    drafts = state.take()
    assert state.compose_write(drafts) == (4, 0, 0)
    again = state.rows("SELECT xmin, ctid, * FROM duban.notification")
    assert state.compose_write(drafts) == (0, 0, 0)
    assert state.rows("SELECT xmin, ctid, * FROM duban.notification") == again
    assert (state.count("message"), state.count("ready"), state.count("endpoint")) == (4, 4, 3)


def test_two_takers_compose_each_notification_once(state):
    raise_red(state, "A1", "A2")
    one, two = state.take(), state.take()
    assert state.compose_write(one[:5])[0] == 5
    assert state.compose_write(two)[0] == 3
    assert state.count("message") == 8
    assert state.count("notification n", "NOT EXISTS (SELECT FROM duban.message m"
                       " WHERE m.id = n.message)") == 0


def test_a_held_notification_waits_with_its_reason(state):
    raise_red(state, "A1")
    drafts = state.take()[:1]
    for _ in range(2):
        state.compose_write(drafts, outcome="held: set aside", hold=minutes(7))
    assert state.rows("SELECT release_at, hold_reason FROM duban.pending WHERE hold_reason <> ''") == [
        (START + minutes(7), "held: set aside")]
    assert state.one("SELECT outcome FROM duban.notification WHERE id = %s",
                     drafts[0]["notification"]) is None
    state.move(minutes(7))
    [draft] = [d for d in state.take() if d["notification"] == drafts[0]["notification"]]
    assert state.compose_write([draft]) == (1, 0, 0)


def test_a_cancelled_notification_keeps_its_reason(state):
    raise_red(state, "A1")
    state.intake([A.but(state="suspended", hash=2)])
    assert {d["stale"] for d in state.take()} == {SUSPENDED}
    assert state.compose() == (0, 4, 0)
    assert state.rows("SELECT DISTINCT outcome, message FROM duban.notification") == [(SUSPENDED, None)]
    assert (state.count("pending"), state.count("message"), state.count("endpoint")) == (0, 0, 0)


def test_an_endpoint_is_made_once(state):
    raise_red(state, "A1", "A2", "A3")
    state.compose()
    state.move(minutes(1))
    raise_red(state, "A4")
    state.compose()
    assert state.rows("SELECT channel, address FROM duban.endpoint ORDER BY 1, 2") == [
        ("hook", "http://s"), ("hook", "http://w1"), ("sms", "")]
    assert [row[1:] for row in state.call("endpoints_after", state.endpoints()[1])] == [
        row[1:] for row in state.call("endpoints_after", 0)[2:]]


def test_one_case_and_recipient_have_one_order(state):
    """Messages of one case to one contact stand in one order, all others in another."""
    raise_red(state, "A1", "A2")
    state.compose()
    state.move(minutes(1))
    state.intake([A.but(hash=2, due=START + days(1))])
    state.escalate(decision("A1", "red", "red", hash=2, old_level="red", version=2))
    state.compose()
    orders = state.rows("""
        SELECT count(DISTINCT r.order_key), count(*)
          FROM duban.ready r JOIN duban.message m USING (id)
         GROUP BY m.case_no, m.recipient, m.address ORDER BY m.case_no, m.recipient, m.address""")
    assert orders == [(1, 2)] * 4 + [(1, 1)] * 4
    assert state.one("SELECT count(DISTINCT order_key) FROM duban.ready") == 8


def test_messages_of_no_case_wait_for_none(state):
    for version in (1, 2):
        state.value("event_without_case", "calendar_ends", "", version, "", None, ["supervision"], ["hook"], state.day)
    state.compose()
    assert state.one("SELECT count(DISTINCT order_key) FROM duban.ready") == 2


def test_a_message_lies_in_its_days_partition(state):
    state.move(days(1) - minutes(120))
    raise_red(state, "A1")
    state.compose()
    assert state.rows("SELECT DISTINCT tableoid::regclass::text, day::text FROM duban.message") == [
        ("duban.message_20260602", "2026-06-02")]


# Digests and limits.

SMS = [("red", "department", "sms", 3_000_000)]


def raise_gathered(state, *cases):
    state.intake([Clock(case, next=START) for case in cases])
    state.escalate(*(decision(case, "red", "red", next=START + days(9)) for case in cases), routes=SMS)


def test_what_is_gathered_waits_for_others(state):
    raise_gathered(state, "A1", "A2")
    assert state.take() == []
    assert state.rows("SELECT DISTINCT release_at, hold_reason FROM duban.pending") == [
        (START + minutes(1) / 20, "held: gathered")]
    assert state.one("SELECT count(DISTINCT group_key) FROM duban.pending") == 2, "two telephones"
    state.move(minutes(1) / 30)
    raise_gathered(state, "A3")
    state.move(minutes(1) / 60)
    taken = [(d["case_no"], d["address"]) for d in state.take()]
    assert sorted(taken) == [(case, phone) for case in ("A1", "A2", "A3")
                             for phone in ("13800000001", "13800000002")], "those of the group too"


def test_a_group_comes_whole_however_many_are_asked_for(state):
    raise_gathered(state, *(f"A{i}" for i in range(9)))
    state.move(minutes(1))
    assert len(state.take(limit=1)) == 9
    assert len(state.take(limit=1, group_most=4)) in (4, 5), "the group's first ones and the one asked for"


def test_a_digest_carries_its_notifications(state):
    raise_gathered(state, "A1", "A2", "A3")
    state.move(minutes(1))
    drafts = [d for d in state.take() if d["address"] == "13800000001"]
    assert state.compose_write(drafts, digest=True, repeatable=False) == (1, 0, 0)
    ids = [d["notification"] for d in drafts]
    assert state.rows("SELECT id, kind, case_no, clock, deadline_version, rank, notifications, repeatable"
                      " FROM duban.message") == [
        (drafts[0]["message"], "digest", "", "", 0, 2, ids, False)]
    assert state.rows("SELECT DISTINCT outcome, message FROM duban.notification WHERE id = ANY (%s)",
                      ids) == [("composed", drafts[0]["message"])]
    assert state.count("ready") == 1
    assert state.compose_write(drafts, digest=True) == (0, 0, 0), "a repeat"
    assert state.count("message") == 1


def test_messages_of_one_recipient_stand_in_one_order(state):
    raise_gathered(state, "A1", "A2", "A3")
    state.move(minutes(1))
    one, two, three = [d for d in state.take() if d["address"] == "13800000001"]
    state.compose_write([one, two], digest=True)
    state.compose_write([three], digest=True)
    assert state.rows("SELECT count(*), count(DISTINCT order_key) FROM duban.ready") == [(2, 1)]


def test_what_is_held_stays_in_its_group_and_with_its_silence(state):
    raise_gathered(state, "A1")
    state.move(minutes(1))
    keys = state.rows("SELECT group_key FROM duban.pending ORDER BY 1")
    state.compose_write(state.take(), outcome="held: silence 5", hold=minutes(5), silence=5)
    assert state.rows("SELECT group_key FROM duban.pending ORDER BY 1") == keys
    assert state.rows("SELECT DISTINCT release_at, hold_reason, silence FROM duban.pending") == [
        (state.now + minutes(5), "held: silence 5", 5)]


def test_a_silence_is_told_with_what_it_covers(state):
    state.rows("INSERT INTO duban.silence (scope, code, reason, author, created_at, begins_at, ends_at)"
               " VALUES ('window', 'W1', 'r', 'a', %s, %s, %s) RETURNING id",
               START, START, START + days(1))
    raise_red(state, "A1")
    assert {d["silenced_until"] for d in state.take()} == {START + days(1)}
    state.owner.execute("UPDATE duban.silence SET ended_at = %s, ended_by = 'a'", (START,))
    assert {d["silence"] for d in state.take()} == {None}


def test_usage_is_counted_within_its_span(state):
    raise_gathered(state, "A1", "A2", "A3")
    state.move(minutes(1))
    first = state.now
    for draft in [d for d in state.take() if d["address"] == "13800000001"]:
        state.compose_write([draft], usage=[7, -8])
        state.move(minutes(10))
    def usage(*limits, keep=days(1)):
        return state.call("composer_usage", state.now,
                          *([limit[i] for limit in limits] for i in range(3)), int(keep.total_seconds() * 1e6))
    minute = 60_000_000
    assert usage((7, 5, 60 * minute), (7, 2, 60 * minute), (7, 5, 15 * minute), (9, 1, minute),
                 (-8, 1, 60 * minute)) == [
        (3, first), (2, first + minutes(10)), (1, first + minutes(20)), (0, None),
        (1, first + minutes(20))]
    usage((7, 1, minute), keep=minutes(15))
    assert state.rows("SELECT key, at FROM duban.usage ORDER BY key") == [
        (-8, first + minutes(20)), (7, first + minutes(20))]


def test_a_message_for_an_endpoint_in_trouble_is_parked(state):
    raise_red(state, "A1")
    state.compose()
    [endpoint] = state.rows("SELECT id FROM duban.endpoint WHERE address = 'http://w1'")[0]
    state.owner.execute("INSERT INTO duban.endpoint_state (endpoint, state, since) VALUES (%s, 'open', %s)",
                        (endpoint, START))
    raise_red(state, "A2")
    assert state.compose() == (4, 0, 0)
    assert state.rows("SELECT endpoint, attempt, due_at FROM duban.parked") == [(endpoint, 1, START)]
    assert state.count("ready") == 7
    state.owner.execute("UPDATE duban.endpoint_state SET state = 'well'")
    raise_red(state, "A3")
    state.compose()
    assert state.count("parked") == 1
