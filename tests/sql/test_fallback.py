"""What a failed message leaves behind: another channel that is told, a receipt that is awaited."""

import pytest

from state import START, Clock, decision, minutes
from test_dispatcher import fill, ids, sizes


def link(state):
    """Messages know their notifications."""
    state.owner.execute("""
        UPDATE duban.message m SET notifications = n.ids
          FROM (SELECT message, array_agg(id) AS ids FROM duban.notification GROUP BY message) n
         WHERE n.message = m.id""")


def told(state, channel):
    """[(recipient, role, address)] that wait to be told there."""
    return state.rows("""SELECT n.recipient, n.role, n.address
                           FROM duban.pending p JOIN duban.notification n ON n.id = p.notification
                          WHERE n.channel = %s ORDER BY n.id""", channel)


def fall_back(state, *failures):
    return state.value("fall_back", state.now, *[list(column) for column in zip(*failures)])


def test_a_dead_message_tells_its_recipients_on_another_channel(state):
    fill(state, ["A1", "A2", "A3"], "yellow")
    link(state)
    state.owner.execute("INSERT INTO duban.contact VALUES ('W1', 'sms', '13800000003'),"
                        " ('W1', 'sms', '13800000004')")
    first, second, third = state.claim()
    state.complete(first, "permanent", dead="refused", fallback="sms")
    state.complete(second, "permanent", dead="refused")
    state.complete(third, "delivered", fallback="sms")
    assert told(state, "sms") == [("W1", "window", "13800000003"), ("W1", "window", "13800000004")]
    assert state.rows("SELECT id, fallback FROM duban.dead ORDER BY id") == [
        (first["id"], "sms"), (second["id"], "")]
    assert (0, "fallback", "told on sms instead: refused") in state.attempts()
    assert len(state.take()) == 2, "the composer takes them as any other"


def test_people_of_the_case_are_told_at_what_the_facts_say(state):
    routes = [("completed", "applicant", "sms")]
    state.intake([Clock("A1", next=START)])
    state.escalate(decision("A1", "normal", "completed"), routes=routes)
    state.compose(outcome="composed")
    link(state)
    state.owner.execute("INSERT INTO duban.contact VALUES ('W1', 'hook', 'http://other')")
    [message] = state.rows("SELECT id FROM duban.message")
    assert fall_back(state, (message[0], "hook", "why")) == 1
    assert told(state, "hook") == [("applicant", "applicant", "")]


def test_without_a_contact_the_former_address_is_tried(state):
    fill(state, ["A1"], "yellow")
    link(state)
    [message] = state.claim()
    assert fall_back(state, (message["id"], "other", "why")) == 1
    assert told(state, "other") == [("W1", "window", "http://w1")]


def test_repeats_and_circles_do_no_harm(state):
    fill(state, ["A1"], "yellow")
    link(state)
    [message] = state.claim()
    assert fall_back(state, (message["id"], "hook", "a circle")) == 0
    assert fall_back(state, (message["id"], "sms", "why"), (message["id"], "sms", "twice")) == 1
    before = state.attempts()
    assert fall_back(state, (message["id"], "sms", "why")) == 0
    assert state.attempts() == before
    assert fall_back(state, (message["id"], "", "why"), (999, "sms", "no such message")) == 0


def test_a_digest_falls_back_with_all_that_it_tells(state):
    fill(state, ["A1", "A2"], "yellow")
    link(state)
    one, other = state.claim()
    state.owner.execute("""UPDATE duban.message SET notifications = (SELECT array_agg(id) FROM duban.notification)
                            WHERE id = %s""", (one["id"],))
    assert fall_back(state, (one["id"], "sms", "why")) == 2


def test_a_parked_message_that_is_given_up_falls_back(state):
    fill(state, ["A1"], "yellow")
    link(state)
    state.owner.execute("INSERT INTO duban.endpoint_state (endpoint, state, since) VALUES (1, 'gone', %s)", (START,))
    state.call("park", [1], [None], 10)
    state.move(minutes(9))
    assert state.value("park_expire", [1], [1], ["sms"], 10) == 1
    assert told(state, "sms") == [("W1", "window", "http://w1")]
    assert state.rows("SELECT fallback FROM duban.dead") == [("sms",)]


# Receipts.

def awaited(state):
    return state.rows("SELECT message, channel, until FROM duban.awaiting ORDER BY message")


def test_a_receipt_is_awaited_of_what_was_accepted(state):
    fill(state, ["A1", "A2", "A3"], "yellow")
    first, second, third = state.claim()
    state.complete(first, "accepted", receipt=60_000_000)
    state.complete(second, "accepted")
    state.complete(third, "delivered", receipt=60_000_000)
    assert awaited(state) == [(first["id"], "hook", START + minutes(1))]


def test_also_of_what_was_accepted_late(state):
    state.queue("A1", "yellow", repeatable=False)
    [message] = state.claim(lease=minutes(1))
    state.move(minutes(2))
    with state.session() as session:
        node = state.value("node_join", 0, "there-1", "v1", "0.1.0", session=session)
        assert state.call("reap", node, session=session)[0][1:] == (0, 1)
    assert state.complete(message, "accepted", receipt=60_000_000) == (0, 1)
    assert awaited(state) == [(message["id"], "hook", state.now + minutes(1))]


# What isn't a try.

@pytest.mark.parametrize("verdict, attempt", [("rejected", 1), ("gone", 1), ("throttled", 2)])
def test_a_verdict_on_the_endpoint_isnt_counted(state, verdict, attempt):
    state.queue("A1", "yellow")
    [message] = state.claim()
    assert state.complete(message, verdict, retry=minutes(0)) == (1, 0)
    assert state.attempts() == [(1, verdict, "said so")]
    [again] = state.claim()
    assert (again["attempt"], again["first_at"]) == (attempt, START)


# Digests.

def test_a_digest_is_cancelled_when_all_of_it_has_lost_its_reason(state):
    fill(state, ["A1", "A2"], "yellow")
    state.owner.execute("""
        UPDATE duban.message SET kind = 'digest', case_no = '',
               notifications = (SELECT array_agg(id) FROM duban.notification)""")
    state.intake([Clock("A1", state="stopped", stopped=START, hash=2)])
    claimed = state.claim(most=1)
    assert len(claimed) == 1, "A2 is still yellow"
    state.intake([Clock("A2", state="stopped", stopped=START, hash=2)])
    assert state.claim() == []
    assert [detail for _, _, detail in state.attempts()] == ["cancelled: nothing that it tells holds any more"]
    assert sizes(state) == (0, 1, 0) and ids(claimed)
