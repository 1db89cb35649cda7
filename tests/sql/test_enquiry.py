"""Enquiries: which messages are asked for, when, and for how long."""

import pytest

from state import minutes
from test_receipt import FALL_BACK, finish, match, message, messages, receipt, write

MOST = 100
PAUSES = [5, 30, 120, 720]  # minutes, after the first try of the ladder


@pytest.fixture
def state(state):
    state.owner.execute(FALL_BACK)
    return state


def unknown(state, cases, channel="sms"):
    """Messages whose only try is parked as unknown; their claims."""
    claimed = messages(state, cases, channel)
    finish(state, claimed, "unknown", [""] * len(claimed))
    return claimed


def due(state, channels=("sms",), most=MOST):
    """{message: (channel, public id, address, since, until, tries)}"""
    rows = state.call("enquiry_due", list(channels), most)
    return {row[0]: row[1:] for row in rows}


def done(state, *claimed, pause=-1):
    state.call("enquiry_done", [one["id"] for one in claimed], [pause if pause < 0 else pause * 60_000_000] * len(claimed))


def test_a_message_is_asked_for_a_minute_after_it_died_then_at_pauses(state):
    [one] = unknown(state, ["A1"])
    died = state.now
    assert due(state) == {}
    assert state.rows("SELECT message, channel, tries, next_at FROM duban.enquiry") == [
        (one["id"], "sms", 0, died + minutes(1))]
    state.move(minutes(1))
    expected = ("sms", one["public_id"], one["address"], died - minutes(5), died)
    assert due(state) == {one["id"]: (*expected, 0)}
    assert due(state) == {one["id"]: (*expected, 0)}  # the first answer was lost
    for tries, pause in enumerate(PAUSES, 1):
        done(state, one, pause=pause)
        state.move(minutes(pause) - minutes(0.5))
        assert due(state) == {}
        state.move(minutes(0.5))
        assert due(state) == {one["id"]: (*expected, tries)}
    done(state, one)
    state.move(minutes(60))
    assert due(state) == {} and state.count("enquiry") == 0
    assert state.rows("SELECT verdict FROM duban.dead") == [("unknown",)]  # stays with people


def test_only_channels_that_can_be_asked_and_letters_that_are_unknown(state):
    [one] = unknown(state, ["A1"])
    [other] = unknown(state, ["A2"], "hook")
    [certain] = messages(state, ["A3"])
    finish(state, [certain], "permanent", [""])
    message(state, "A4")  # accepted
    state.move(minutes(1))
    assert due(state, []) == {} and state.count("enquiry") == 0
    assert set(due(state, ["sms"])) == {one["id"]}
    assert set(due(state, ["sms", "hook"])) == {one["id"], other["id"]}
    assert set(due(state, ["hook"])) == {other["id"]}  # sms can't be asked any more
    assert state.count("enquiry") == 1


def test_old_letters_are_left_to_people(state):
    unknown(state, ["A1"])
    state.move(minutes(3 * 24 * 60))
    assert due(state) == {} and state.count("enquiry") == 0


def test_turns_are_bounded_and_the_oldest_comes_first(state):
    claimed = unknown(state, [f"A{n}" for n in range(7)])
    ids = sorted(one["id"] for one in claimed)
    for place, message_id in enumerate(ids):
        state.owner.execute("UPDATE duban.dead SET dead_at = %s WHERE id = %s",
                            (state.now + minutes(place / 100), message_id))
    state.move(minutes(2))
    by_id = {one["id"]: one for one in claimed}
    seen = []
    while found := due(state, most=3):
        assert len(found) <= 3
        seen += found
        done(state, *(by_id[message_id] for message_id in found), pause=5)
    assert seen == ids


def test_what_was_settled_meanwhile_is_asked_for_no_more(state):
    arrived, taken, failed, resent, dropped, *waiting = unknown(state, [f"A{n}" for n in range(6)])
    assert due(state) == {} and state.count("enquiry") == 6
    write(state, receipt(arrived), receipt(taken, "accepted"), receipt(failed, "failed", "MK:0001"))
    for name, one in (("resend", resent), ("drop", dropped)):
        words = "true" if name == "resend" else "'no longer needed'"
        only = f'{{"first": {one["id"]}, "last": {one["id"]}}}'
        state.owner.execute(f"SELECT duban.dead_{name}('{only}', {words}, 9)")
    assert state.count("enquiry") == 2  # those of the letters that are left
    state.move(minutes(1))
    assert set(due(state)) == {one["id"] for one in waiting}
    assert state.count("enquiry") == 1


def test_a_resent_message_that_is_unknown_again_is_asked_for_anew(state):
    """What its provider dates before the end of the first try belongs to that one."""
    [one] = unknown(state, ["A1"])
    first_died = state.now
    due(state)
    state.move(minutes(1))
    done(state, one, pause=5)
    state.owner.execute("SELECT duban.dead_resend('{}', true, 9)")
    [again] = state.claim()
    state.move(minutes(1))
    finish(state, [again], "unknown", [""])
    died = state.now
    assert again["attempt"] == 2 and due(state) == {}
    state.move(minutes(1))
    assert [row[3:] for row in due(state).values()] == [(first_died, died, 0)]


def test_a_message_whose_dispatcher_died_may_have_been_sent_any_time(state):
    other = state.value("node_join", 0, "there-1", "v1", "0.1.0")
    [one] = messages(state, ["A1"])
    made = state.now
    state.move(minutes(30))
    with state.session() as session:
        assert state.call("reap", other, session=session)[0][2] == 1
    due(state)
    state.move(minutes(1))
    [row] = due(state).values()
    assert row[3:5] == (made - minutes(5), made + minutes(30))


@pytest.mark.parametrize("status, verdict, state_then", [
    ("delivered", None, "done"), ("accepted", None, "done"), ("failed", "permanent", "dead")])
def test_an_answer_settles_the_letter(state, status, verdict, state_then):
    [one] = unknown(state, ["A1"])
    due(state)
    told = write(state, receipt(one, status, "1"))
    assert told["written"] == 1
    assert match(state) == {}
    done(state, one)
    shown = state.one("SELECT duban.message_show(%s)", one["id"])
    assert (shown["state"], (shown["dead"] or {}).get("verdict")) == (state_then, verdict)
    state.move(minutes(800))
    assert due(state) == {} and state.count("enquiry") == 0


def test_two_that_ask_at_a_time_take_each_letter_up_once(state):
    ids = {one["id"] for one in unknown(state, [f"A{n}" for n in range(4)])}
    state.move(minutes(1))
    with state.session() as first, state.session() as second:
        with first.transaction():
            assert set(row[0] for row in state.call("enquiry_due", ["sms"], 2, session=first)) < ids
            assert len(state.call("enquiry_due", ["sms"], MOST, session=second)) == 2
    assert set(due(state)) == ids and state.count("enquiry") == 4
    done(state, *({"id": message_id} for message_id in ids))
    assert state.count("enquiry") == 0


def test_a_late_verdict_ends_the_enquiry(state):
    [one] = messages(state, ["A1"])
    finish(state, [one], "unknown", [""])
    due(state)
    assert state.count("enquiry") == 1
    assert state.complete(one, "accepted") == (0, 1)
    assert state.count("dead") == state.count("enquiry") == 0
