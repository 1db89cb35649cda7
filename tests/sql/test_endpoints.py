"""Endpoints in trouble: their states, the one message that tries, and messages that wait outside
the queue meanwhile."""

import datetime

import pytest

from state import START, Clock, decision, minutes
from test_dispatcher import fill, ids, sizes

def seconds(amount):
    return datetime.timedelta(seconds=amount)


def report(state, *reports, session=None):
    """Each: (endpoint, state, and if they matter: pause, probe, reason, ok_at, error_at, error)."""
    full = [{"pause": seconds(0), "probe": False, "reason": "why", "ok_at": None, "error_at": None,
             "error": "", **others} | {"endpoint": endpoint, "state": word}
            for endpoint, word, others in reports]
    state.call("endpoint_report", *[[one[key] for one in full] for key in (
        "endpoint", "state", "probe")], [int(one["pause"].total_seconds() * 1e6) for one in full],
        *[[one[key] for one in full] for key in ("reason", "ok_at", "error_at", "error")], session=session)


def be(state, word, pause=minutes(1), probe=False, endpoint=1, **others):
    report(state, (endpoint, word, {"pause": pause, "probe": probe, **others}))


def row(state, *columns, endpoint=1):
    return state.rows(f"SELECT {', '.join(columns)} FROM duban.endpoint_state WHERE endpoint = %s", endpoint)[0]


def park(state, most=100, floor=None, endpoint=1):
    """How many went."""
    return sum(moved for _, moved in state.call("park", [endpoint], [floor], most))


def unpark(state, most=100, floor=0, endpoint=1):
    """(how many came back, the last one's number)."""
    found = state.call("unpark", [endpoint], [floor], most)
    return found[0][1:] if found else (0, None)


def parked(state):
    return [one for one, in state.rows("SELECT id FROM duban.parked ORDER BY id")]


def probe(state, session=None, node=None, hold=minutes(1)):
    return ids(state.claim(endpoints=[], probe=[1], hold=hold, session=session, node=node))


# States.

# What is said, as probe or not, → of each state: the state after it (None: as it was).
MOVES = {
    ("well", False): {"well": None, "open": None, "stopped": None, "gone": None},
    ("well", True): {"well": None, "open": "well", "stopped": None, "gone": None},
    ("open", False): {"well": "open", "open": None, "stopped": None, "gone": None},
    ("open", True): {"well": "open", "open": "open", "stopped": None, "gone": None},
    ("throttled", False): {"well": "open", "open": "open", "stopped": None, "gone": None},
    ("stopped", False): {"well": "stopped", "open": "stopped", "stopped": None, "gone": None},
    ("gone", True): {"well": "gone", "open": "gone", "stopped": None, "gone": None},
    ("", False): {"well": None, "open": None, "stopped": None, "gone": None},
}


@pytest.mark.parametrize("said, is_probe", MOVES)
def test_only_moves_that_make_sense_are_made(state, said, is_probe):
    state.owner.execute("INSERT INTO duban.endpoint (channel, address) SELECT 'hook', n::text"
                        " FROM generate_series(1, 4) n")
    befores = list(MOVES[said, is_probe])
    report(state, *((n, before, {"pause": minutes(5), "reason": "before"})
                    for n, before in enumerate(befores, 1) if before != "well"))
    state.move(minutes(1))
    report(state, *((n, said, {"pause": minutes(9), "probe": is_probe}) for n in range(1, 5)))
    for endpoint, before in enumerate(befores, 1):
        after = MOVES[said, is_probe][before]
        assert row(state, "state", "reason", endpoint=endpoint) == (
            after or before, "why" if after else "" if before == "well" else "before"), before


def test_the_pause_of_an_open_endpoint(state):
    state.queue("A1", "yellow")
    be(state, "open", minutes(2))
    assert row(state, "until", "failures", "since") == (START + minutes(2), 1, START)
    be(state, "open", minutes(9))  # another daemon found the same
    assert row(state, "until", "failures") == (START + minutes(2), 1)
    be(state, "throttled", minutes(1))
    assert row(state, "until", "failures") == (START + minutes(2), 1)
    be(state, "throttled", minutes(4))
    assert row(state, "until", "failures") == (START + minutes(4), 1)
    state.move(minutes(4))
    be(state, "open", minutes(3), probe=True)
    assert row(state, "until", "failures", "since") == (START + minutes(7), 2, START)
    be(state, "well", probe=True)
    assert row(state, "until", "failures", "state", "since") == (None, 0, "well", state.now)


def test_figures_are_the_newest(state):
    state.queue("A1", "yellow")
    be(state, "", ok_at=START, error_at=START, error="first")
    be(state, "", ok_at=START - minutes(1), error_at=START - minutes(1), error="late")
    be(state, "")
    assert row(state, "last_ok_at", "last_error_at", "last_error", "state") == (START, START, "first", "well")
    state.move(minutes(1))
    assert state.call("endpoints_after", 0) == [(1, "hook", "http://w1", 60_000_000, False)]


def test_trouble_is_told_with_the_number_of_daemons(state):
    fill(state, ["A1"], "yellow", "red")
    assert state.call("endpoint_trouble") == [(state.now, 1, None, None, None, None)]
    be(state, "open", minutes(2))
    with state.session() as session:
        state.value("node_join", 0, "there-1", "v1", "0.1.0", session=session)
        assert state.call("endpoint_trouble") == [
            (state.now, 0, 1, "open", START + minutes(2), 1), (state.now, 2, None, None, None, None)]


def test_a_configuration_that_is_loaded_anew_lets_what_was_stopped_try(state):
    state.queue("A1", "yellow")
    be(state, "stopped")
    assert state.value("endpoint_reload") == 1
    assert row(state, "state", "until") == ("open", START)
    be(state, "gone")
    assert state.value("endpoint_reload") == 0, "that isn't ours to mend"


def test_resuming_by_hand(state):
    fill(state, ["A1"], "yellow")
    for word in ("open", "stopped", "gone"):
        assert state.value("channel_resume", "hook", None, session=state.owner) == 0
        be(state, word)
        assert state.value("channel_resume", "sms", None, session=state.owner) == 0
        assert state.value("channel_resume", "hook", 2, session=state.owner) == 0
        assert state.value("channel_resume", "hook", 1, session=state.owner) == 1
        assert row(state, "state", "until", "failures") == ("open", START, 0)
        be(state, "well", probe=True)


@pytest.mark.parametrize("address, place", [
    ("https://user:pw@hook.example:8443/path/key?token=s#x", "https://hook.example:8443"),
    ("http://10.0.0.1?s", "http://10.0.0.1"), ("https://a@b@c/x", "https://c"), ("", ""), ("secret", "")])
def test_addresses_are_shown_without_their_secrets(state, address, place):
    state.owner.execute("INSERT INTO duban.endpoint (channel, address) VALUES ('hook', %s)", (address,))
    with state.cluster.connect(state.database, user="duban_read") as reader:
        [one] = state.value("channel_list", None, 9, session=reader)["endpoints"]
    assert (one["place"], one["state"]) == (place, "well")


# Claims and parking.

@pytest.mark.parametrize("word", ["open", "stopped", "gone"])
def test_only_endpoints_that_are_well_give_messages(state, word):
    fill(state, ["A1", "A2", "A3"], "yellow")
    be(state, word)
    assert state.claim() == []
    assert park(state, most=2) == 2
    assert len(parked(state)) == 2 and sizes(state) == (1, 0, 0)
    assert park(state) == 1 and park(state) == 0
    assert unpark(state) == (0, None)
    assert state.call("endpoints_after", 0)[0][4] is True
    state.owner.execute("DELETE FROM duban.endpoint_state")
    assert park(state) == 0
    assert unpark(state, most=2)[0] == 2
    assert sizes(state) == (2, 0, 0)
    last = unpark(state)[1]
    assert unpark(state, floor=last) == (0, None)
    assert len(state.claim()) == 3


def test_parking_keeps_everything(state):
    fill(state, ["A1"], "yellow")
    [message] = state.claim()
    state.complete(message, "temporary", retry=minutes(7))
    before = state.rows("SELECT * FROM duban.ready")
    be(state, "open")
    assert park(state, floor=START + minutes(8)) == 0
    assert park(state) == 1, "also what isn't due yet"
    be(state, "well", probe=True)
    assert unpark(state)[0] == 1
    assert state.rows("SELECT * FROM duban.ready") == before


def test_nothing_overtakes_an_earlier_message_that_is_parked(state):
    state.queue("A1", "yellow")
    state.escalate(decision("A1", "normal", "met", old_level="yellow"))
    state.compose()
    state.owner.execute("UPDATE duban.clock SET rank = 1, level = 'yellow'")  # both may still be sent
    state.queue("A2", "yellow")
    be(state, "open")
    assert park(state) == 3
    first = parked(state)[0]
    be(state, "well", probe=True)
    assert unpark(state, floor=first)[0] == 2  # the first one is still to come
    claimed = state.claim()
    assert [m["case_no"] for m in claimed] == ["A2"]
    assert unpark(state)[0] == 1
    assert [m["kind"] for m in state.claim()] == ["yellow"]


# The one message that tries.

def open_with(state, *cases, pause=minutes(1)):
    fill(state, cases, "yellow")
    be(state, "open", pause)
    assert park(state) == len(cases)
    return parked(state)


def test_one_message_tries_when_the_pause_is_over(state):
    first, second = open_with(state, "A1", "A2")
    assert probe(state) == []
    state.move(minutes(1))
    assert probe(state, hold=minutes(2)) == [first]
    assert row(state, "until", "state") == (state.now + minutes(2), "open")
    assert probe(state) == [], "nobody else"
    state.move(minutes(2))
    assert probe(state) == [second], "nothing was heard of the first"


def test_only_one_daemon_wins(state):
    open_with(state, "A1", "A2")
    state.move(minutes(1))
    with state.session() as session, session.transaction():
        node = state.value("node_join", 0, "there-1", "v1", "0.1.0", session=session)
        assert len(probe(state, session=session, node=node)) == 1
        assert probe(state) == [], "without waiting for the other"
    assert probe(state) == []


def test_a_probe_that_failed_waits_outside_the_queue_again(state):
    first, second = open_with(state, "A1", "A2")
    state.move(minutes(1))
    [message] = state.claim(endpoints=[], probe=[1])
    assert state.complete(message, "temporary", retry=minutes(0)) == (1, 0)
    be(state, "open", minutes(2), probe=True)
    assert park(state) == 1 and parked(state) == [first, second]
    state.move(minutes(2))
    [again] = state.claim(endpoints=[], probe=[1])
    assert (again["id"], again["attempt"]) == (first, 2)
    state.complete(again, "delivered")
    be(state, "well", probe=True)
    assert unpark(state) == (1, second)




def test_what_has_lost_its_reason_doesnt_try(state):
    _, live = open_with(state, "A1", "A2")
    state.move(minutes(1))
    state.intake([Clock("A1", state="stopped", stopped=START, hash=2)])
    assert probe(state) == [live]


def test_what_is_not_due_doesnt_try(state):
    fill(state, ["A1", "A2"], "yellow")
    first, second = state.claim()
    state.complete(first, "throttled", retry=minutes(9))
    state.complete(second, "temporary", retry=minutes(1))
    be(state, "open", minutes(1))
    assert park(state) == 2
    state.move(minutes(1))
    assert probe(state) == [second["id"]]


def test_when_none_has_its_reason_all_are_cancelled(state):
    open_with(state, "A1", "A2")
    state.move(minutes(1))
    state.intake([Clock(case, state="stopped", stopped=START, hash=2) for case in ("A1", "A2")])
    assert probe(state) == [] and parked(state) == []
    assert state.attempts() == [(0, "cancelled", "cancelled: the case has ended")] * 2
    assert row(state, "until") == (START + minutes(1),), "the next message may try at once"
    fill(state, ["A3"], "yellow")
    assert len(probe(state)) == 1, "also from the queue, before it is parked"


def test_without_a_message_nobody_wins(state):
    open_with(state, "A1")
    state.owner.execute("DELETE FROM duban.parked")
    state.move(minutes(1))
    assert probe(state) == []
    assert row(state, "until") == (state.now,), "whatever comes may try at once"


# The end of a parked message's life.

def expire(state, give_up, fallback="", most=100):
    return state.value("park_expire", [1], [int(give_up.total_seconds() * 1e6)], [fallback], most)


@pytest.mark.parametrize("word, verdict", [("open", "temporary"), ("stopped", "rejected"), ("gone", "gone")])
def test_a_parked_message_is_given_up_in_its_time(state, word, verdict):
    fill(state, ["A1", "A2"], "yellow")
    [message] = state.claim(most=1)
    state.complete(message, "temporary", retry=minutes(0))
    be(state, word, reason="HTTP 503")
    assert park(state) == 2
    state.move(minutes(61))
    assert expire(state, minutes(60)) == 0, "a minute of grace"
    state.move(seconds(1))
    assert expire(state, minutes(60), most=1) == 1
    assert expire(state, minutes(60)) == 1
    assert parked(state) == [] and sizes(state) == (0, 0, 2)
    assert state.rows("SELECT attempts, verdict, reason, dead_at FROM duban.dead ORDER BY id") == [
        (tries, verdict, f"given up after {told}: its endpoint could not be used: HTTP 503", state.now)
        for tries, told in ((1, "1 try"), (0, "0 tries"))]
