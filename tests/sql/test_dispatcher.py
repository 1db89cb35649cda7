"""The queue: claim → request → verdict → complete, whatever happens in between."""

import collections
import concurrent.futures
import threading

import pytest

from harness.processes import wait_for
from state import START, Clock, days, decision, minutes


def ids(messages):
    return [message["id"] for message in messages]


def queued(state):
    """[(attempt, due_at)]"""
    return state.rows("SELECT attempt, due_at FROM duban.ready ORDER BY id")


def sizes(state):
    return tuple(state.count(table) for table in ("ready", "inflight", "dead"))


def fill(state, cases, *levels, **others):
    for case in cases:
        state.queue(case, *levels, **others)


@pytest.fixture
def other(state):
    """Another daemon: its session and its number."""
    with state.session() as session:
        yield session, state.value("node_join", 0, "there-1", "v1", "0.1.0", session=session)


# Claiming.

def test_a_claimed_message_is_in_flight(state):
    state.queue("A1", "yellow", repeatable=False)
    [message] = state.claim(lease=minutes(5))
    assert {name: message[name] for name in ("attempt", "first_at", "address", "body", "kind", "case_no")} == {
        "attempt": 1, "first_at": START, "address": "http://w1", "body": "body of yellow",
        "kind": "yellow", "case_no": "A1"}
    assert state.rows("SELECT id, endpoint, attempt, repeatable, owner, token, lease_until"
                      " FROM duban.inflight") == [
        (message["id"], message["endpoint"], 1, False, state.node, message["token"], START + minutes(5))]
    assert sizes(state) == (0, 1, 0)
    assert state.claim() == []


def test_an_endpoint_gives_no_more_than_asked(state):
    fill(state, ["A1", "A2", "A3"], "yellow")
    assert len(state.claim(most=0)) == 0
    assert len(state.claim(most=2)) == 2
    assert len(state.claim(most=2)) == 1


def test_each_endpoint_has_its_own_limit(state):
    state.intake([Clock(case, next=START) for case in ("A1", "A2", "A3")])
    state.escalate(*(decision(case, "red", "red") for case in ("A1", "A2", "A3")))
    state.compose()
    claimed = collections.Counter(message["endpoint"] for message in state.claim(most=2))
    assert sorted(claimed.values()) == [2, 2, 2]
    assert state.claim(endpoints=[]) == []


def test_the_earliest_goes_first(state):
    fill(state, ["A1", "A2"], "yellow")
    first, second = state.claim()
    state.complete(first, "temporary", retry=minutes(10))
    state.complete(second, "temporary", retry=minutes(5))
    state.move(minutes(10))
    assert ids(state.claim()) == [second["id"], first["id"]]


def test_what_lies_below_the_floor_is_left_out(state):
    fill(state, ["A1"], "yellow")
    assert state.claim(floor=START + minutes(1)) == []
    assert len(state.claim(floor=START)) == 1


# The order of a case.

def superseded(state):
    """Two messages in one order: the level before, and its end."""
    state.queue("A1", "yellow")
    state.escalate(decision("A1", "normal", "met", old_level="yellow"))
    assert state.compose() == (1, 0, 0)
    state.owner.execute("UPDATE duban.clock SET rank = 1, level = 'yellow'")  # both may still be sent


def test_a_message_waits_for_the_one_before_it(state):
    superseded(state)
    [first] = state.claim()
    assert first["kind"] == "yellow"
    assert state.claim() == [], "while the first is on its way"
    state.complete(first, "temporary", retry=minutes(5))
    assert state.claim() == [], "while the first waits to be tried again"
    state.move(minutes(5))
    assert ids(again := state.claim()) == [first["id"]]
    state.complete(again[0], "delivered")
    assert [message["kind"] for message in state.claim()] == ["met"]


@pytest.mark.parametrize("ending", ["delivered", "dead", "cancelled", "given back"])
def test_a_message_goes_on_when_the_one_before_it_has_ended(state, ending):
    superseded(state)
    if ending == "cancelled":
        state.intake([Clock("A1", hash=2, due=START)])
        assert state.claim() == []
    else:
        [first] = state.claim()
    if ending == "delivered":
        state.complete(first, "delivered")
    if ending == "dead":
        state.complete(first, "permanent", dead="refused for good")
    if ending == "given back":
        state.value("release", [first["id"]], [first["token"]])
        assert ids(state.claim()) == [first["id"]]
        return
    assert [message["kind"] for message in state.claim()] == ["met"]


def test_other_cases_dont_wait(state):
    fill(state, ["A1", "A2"], "yellow")
    first, second = state.claim()
    assert first["case_no"] != second["case_no"]


# Reasons that have gone.

def test_a_stale_message_is_cancelled_without_a_try(state):
    state.queue("A1", "yellow")
    state.intake([Clock("A1", state="stopped", stopped=START, hash=2)])
    assert state.claim() == []
    assert sizes(state) == (0, 0, 0)
    assert state.attempts() == [(0, "cancelled", "cancelled: the case has ended")]
    assert state.claim() == [] and len(state.attempts()) == 1


def test_a_message_that_became_stale_between_tries_is_cancelled(state):
    state.queue("A1", "yellow")
    [message] = state.claim()
    state.complete(message, "temporary", retry=minutes(1))
    state.escalate(decision("A1", "red", "red", old_level="yellow"))
    state.move(minutes(1))
    assert state.claim() == []
    assert state.attempts() == [(0, "cancelled", "cancelled: superseded by a higher level"),
                                (1, "temporary", "said so")]


# Completing.

def test_a_delivered_message_leaves_the_queue(state):
    state.queue("A1", "yellow")
    [message] = state.claim()
    assert state.complete(message, "delivered") == (1, 0)
    assert sizes(state) == (0, 0, 0)
    assert state.rows("""SELECT message, message_day::text, day::text, number, at, verdict, status, detail,
                                provider_id, took_ms, node FROM duban.attempt""") == [
        (message["id"], "2026-06-01", "2026-06-01", 1, START, "delivered", 200, "said so", "p1", 12,
         state.node)]


def test_a_failed_message_is_tried_again_when_it_was_said(state):
    state.queue("A1", "yellow")
    [message] = state.claim()
    state.move(minutes(1))
    assert state.complete(message, "temporary", retry=minutes(5)) == (1, 0)
    assert queued(state) == [(2, START + minutes(6))]
    state.move(minutes(5) - minutes(1) / 60)
    assert state.claim() == []
    state.move(minutes(1) / 60)
    [again] = state.claim()
    assert (again["id"], again["attempt"], again["first_at"]) == (message["id"], 2, START)
    assert again["token"] != message["token"]


def test_a_dead_message_keeps_its_reason(state):
    state.queue("A1", "yellow")
    [message] = state.claim()
    state.complete(message, "permanent", dead="refused for good")
    assert state.rows("SELECT id, attempts, verdict, reason, dead_at FROM duban.dead") == [
        (message["id"], 1, "permanent", "refused for good", START)]
    assert sizes(state) == (0, 0, 1)


def test_a_batch_is_completed_at_once(state):
    fill(state, ["A1", "A2", "A3", "A4"], "yellow")
    claimed = state.claim()
    assert state.call("complete", state.node, ids(claimed), [m["token"] for m in claimed], [1] * 4,
                      ["delivered", "temporary", "permanent", "unknown"], [200] * 4, [""] * 4, [""] * 4,
                      [1] * 4, [-1, 0, -1, -1], ["", "", "no", "parked"], [""] * 4, [0] * 4)[0][1:] == (4, 0)
    assert sizes(state) == (1, 0, 2)
    assert len(state.attempts()) == 4


OUTCOMES = {"delivered": {}, "temporary": {"retry": minutes(5)}, "unknown": {"dead": "parked"}}


@pytest.mark.parametrize("verdict", OUTCOMES)
def test_the_same_completion_again_changes_nothing(state, verdict):
    """The connection broke before the answer came."""
    state.queue("A1", "yellow")
    [message] = state.claim()
    assert state.complete(message, verdict, **OUTCOMES[verdict]) == (1, 0)
    before = sizes(state), queued(state), state.attempts()
    state.move(minutes(1))
    assert state.complete(message, verdict, **OUTCOMES[verdict]) == (0, 0)
    assert (sizes(state), queued(state), state.attempts()) == before


@pytest.mark.parametrize("verdict", OUTCOMES)
def test_a_wrong_token_changes_nothing_but_the_log(state, verdict):
    state.queue("A1", "yellow")
    [message] = state.claim()
    stranger = message | {"token": message["token"] + 1}
    for _ in range(2):
        assert state.complete(stranger, verdict, **OUTCOMES[verdict])[0] == 0
    assert sizes(state) == (0, 1, 0)
    assert state.attempts() == [(1, verdict, "late: said so")]
    assert state.complete(message, "delivered", detail="fine") == (1, 0)


@pytest.mark.parametrize("verdict, settled", [
    ("delivered", True), ("accepted", True), ("unknown", False), ("temporary", False)])
def test_a_parked_message_is_settled_by_a_late_success(state, other, verdict, settled):
    state.queue("A1", "yellow", repeatable=False)
    [message] = state.claim(lease=minutes(1))
    state.move(minutes(2))
    state.move(days(1))
    assert state.call("reap", other[1], session=other[0])[0][1:] == (0, 1)
    news = int(verdict != "unknown")  # that it is unknown was known
    assert state.complete(message, verdict, dead="" if settled else "no") == (0, news)
    assert sizes(state) == (0, 0, 0 if settled else 1)
    assert sorted(state.rows("SELECT verdict, detail, message_day::text, day::text FROM duban.attempt")) == sorted([
        ("unknown", "its dispatcher stopped in the middle", "2026-06-01", "2026-06-02"),
        *[(verdict, "late: said so", "2026-06-01", "2026-06-02")] * news])


def test_a_message_that_was_refused_isnt_settled_by_a_late_success(state):
    state.queue("A1", "yellow")
    [message] = state.claim()
    state.complete(message, "permanent", dead="refused for good")
    assert state.complete(message, "delivered") == (0, 1)
    assert sizes(state) == (0, 0, 1)


# Giving back.

def test_what_was_not_tried_is_given_back(state):
    state.queue("A1", "yellow")
    [message] = state.claim()
    state.move(minutes(1))
    release = [message["id"]], [message["token"]]
    assert state.value("release", *release) == 1
    assert state.value("release", *release) == 0
    assert queued(state) == [(1, state.now)]
    [again] = state.claim()
    assert (again["attempt"], again["first_at"]) == (1, START)
    assert state.value("release", *release) == 0, "the old token is worth nothing"
    assert state.attempts() == []


# Dispatchers that die.

def test_messages_of_the_living_are_left_alone(state, other):
    state.queue("A1", "yellow")
    [message] = state.claim(lease=minutes(5))
    state.move(minutes(5))
    assert state.call("reap", other[1], session=other[0])[0][1:] == (0, 0)
    assert state.complete(message, "delivered") == (1, 0)


@pytest.mark.parametrize("repeatable", [True, False])
def test_messages_of_the_dead_are_taken_over(state, other, repeatable):
    state.queue("A1", "yellow", repeatable=repeatable)
    session, node = other
    [message] = state.claim(node=node, session=session)
    session.close()
    wait_for(lambda: state.call("reap", state.node)[0][1:] == (int(repeatable), int(not repeatable)),
             what="the dead one's message is taken over")
    assert state.rows("SELECT number, verdict, node FROM duban.attempt") == [(1, "unknown", node)]
    if repeatable:
        assert queued(state) == [(2, START)]
        assert ids(state.claim()) == [message["id"]]
    else:
        assert state.rows("SELECT id, attempts, verdict, reason FROM duban.dead") == [
            (message["id"], 1, "unknown", "its dispatcher stopped in the middle: it may have arrived")]
        assert state.claim() == []
    assert state.call("reap", state.node)[0][1:] == (0, 0)


@pytest.mark.parametrize("repeatable", [True, False])
def test_a_lease_that_is_over_is_taken_over_by_others(state, other, repeatable):
    state.queue("A1", "yellow", repeatable=repeatable)
    state.claim(lease=minutes(5))
    state.move(minutes(5) + minutes(1))
    assert state.call("reap", state.node)[0][1:] == (0, 0), "its own node knows what it holds"
    assert state.call("reap", other[1], session=other[0])[0] == (
        state.now, int(repeatable), int(not repeatable))
    assert sizes(state) == ((1, 0, 0) if repeatable else (0, 0, 1))


def test_an_old_session_of_the_same_daemon_keeps_its_messages(state, other):
    """A daemon that has joined anew lives, whatever becomes of its first session."""
    state.queue("A1", "yellow")
    session, node = other
    state.claim(node=node, session=session)
    with state.session() as anew:
        state.value("node_join", node, "there-1", "v1", "0.1.0", session=anew)
        session.close()
        wait_for(lambda: state.one("SELECT count(*) FROM pg_locks WHERE classid = 1685414242"
                                   " AND objid = %s", node) == 1)
        assert state.call("reap", state.node)[0][1:] == (0, 0)


def test_a_late_completion_after_a_repeat_doubles_nothing(state, other):
    state.queue("A1", "yellow")
    [message] = state.claim(lease=minutes(1))
    state.move(minutes(2))
    state.call("reap", other[1], session=other[0])
    assert state.complete(message, "temporary", retry=minutes(5)) == (0, 1)
    assert queued(state) == [(2, state.now)]
    [again] = state.claim()
    assert state.complete(message, "permanent", dead="no") == (0, 1)
    assert sizes(state) == (0, 1, 0)
    assert state.complete(again, "delivered") == (1, 0)
    assert sizes(state) == (0, 0, 0)


# Several at once.

def bulk(state, messages, orders):
    """Messages straight into the queue, `orders` of them different."""
    state.owner.execute("INSERT INTO duban.endpoint (channel, address) VALUES ('hook', 'http://w1')")
    state.owner.execute("""
        INSERT INTO duban.message (id, day, public_id, channel, endpoint, address, body, kind, case_no,
                                   clock, deadline_version, rank, recipient, role, repeatable, created_at)
        SELECT n, %(now)s::date, 'k-' || n, 'hook', 1, 'http://w1', '{}', 'yellow', 'X' || n, 'completion', 1, 1,
               'W1', 'window', true, %(now)s FROM generate_series(1, %(messages)s) n""",
        {"now": START, "messages": messages})
    state.owner.execute("""
        INSERT INTO duban.ready (endpoint, due_at, id, day, order_key, attempt, first_at)
        SELECT 1, %(now)s, n, %(now)s::date, n %% %(orders)s, 1, %(now)s
          FROM generate_series(1, %(messages)s) n""",
        {"now": START, "messages": messages, "orders": orders})


@pytest.mark.parametrize("orders", [2000, 40])
def test_no_message_is_claimed_twice_and_orders_are_kept(state, orders):
    """Four dispatchers empty a queue of 2000; each try is logged, none is doubled."""
    messages = 2000
    bulk(state, messages, orders)
    lock, sent = threading.Lock(), []

    def work(number):
        with state.session() as session:
            node = state.value("node_join", 0, f"worker-{number}", "v1", "0.1.0", session=session)
            while len(sent) < messages:
                claimed = state.claim(most=37, endpoints=[1], node=node, session=session)
                with lock:
                    sent.extend(ids(claimed))
                size = len(claimed)
                state.call("complete", node, ids(claimed), [m["token"] for m in claimed], [1] * size,
                           ["delivered"] * size, [200] * size, [""] * size, [""] * size, [1] * size,
                           [-1] * size, [""] * size, [""] * size, [0] * size, session=session)

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert sorted(sent) == list(range(1, messages + 1))
    for key in range(orders):
        mine = [number for number in sent if number % orders == key]
        assert mine == sorted(mine)
    assert sizes(state) == (0, 0, 0)
    assert len(state.attempts()) == messages
