"""Receipts: any order, repeats, before the gateway's reply, and what follows from them."""

import datetime
import itertools

import psycopg
import pytest

from state import Clock, decision, days, minutes

AT = datetime.datetime(2026, 6, 1, 3, 0, tzinfo=datetime.timezone.utc)
NAMES = ("now", "written", "repeated", "early", "strange", "settled", "buried", "told")
MATCHED = ("now", "matched", "strange", "dropped", "more", "settled", "buried", "told")

# Remembers what it was asked; the real one is another part's.
FALL_BACK = """
    DROP FUNCTION IF EXISTS duban.fall_back(timestamptz, bigint[], text[], text[]);
    CREATE TABLE public.fallen (message bigint, channel text, why text);
    GRANT ALL ON public.fallen TO PUBLIC;
    CREATE FUNCTION duban.fall_back(p_now timestamptz, p_message bigint[], p_channel text[], p_why text[])
        RETURNS bigint LANGUAGE sql AS $$
        WITH fallen AS (
            INSERT INTO public.fallen SELECT * FROM unnest(p_message, p_channel, p_why) AS f(m, c, w)
             WHERE c <> '' RETURNING 1)
        SELECT count(*) FROM fallen $$;
"""


@pytest.fixture
def state(state):
    state.owner.execute(FALL_BACK)
    return state


def messages(state, cases, channel="sms"):
    """A message for each case, claimed, as dictionaries."""
    kind, role = ("red", "department") if channel == "sms" else ("yellow", "window")
    state.owner.execute("DELETE FROM duban.contact WHERE address = '13800000002'")
    state.intake([Clock(case, next=state.now) for case in cases])
    state.escalate(*(decision(case, kind, kind) for case in cases), routes=[(kind, role, channel)])
    state.compose(repeatable=False)
    claimed = state.claim()
    assert len(claimed) == len(cases)
    return claimed


def message(state, case="A1", channel="sms", end="accepted", provider="p1", awaited=True):
    """A message that its gateway has accepted (or as `end` says); its claim as a dictionary."""
    [one] = messages(state, [case], channel)
    if end:
        finish(state, [one], end, [provider], awaited)
    return one


def finish(state, claimed, end="accepted", providers=("p1",), awaited=True):
    """Ends tries; as the daemon does, accepted ones await their receipts."""
    ids, count = [one["id"] for one in claimed], len(claimed)
    state.call("complete", state.node, ids, [one["token"] for one in claimed],
               [one["attempt"] for one in claimed], [end] * count, [200] * count, ["said so"] * count,
               list(providers), [12] * count, [-1] * count, ["" if end == "accepted" else "it broke"] * count,
               [""] * count, [0] * count)
    if end == "accepted" and awaited:
        state.owner.execute("INSERT INTO duban.awaiting SELECT id, day, channel, %s FROM duban.message"
                            " WHERE id = ANY (%s)", (state.now + minutes(120), ids))


def receipt(claimed=None, status="delivered", code="DELIVRD", at=AT, channel="sms", public_id=None,
            provider="", detail="said the operator"):
    return (channel, public_id if public_id is not None else claimed["public_id"] if claimed else "",
            provider, status, code, detail, at)


def write(state, *receipts, of=(), fallback=(), session=None):
    columns = [list(column) for column in zip(*receipts)] if receipts else [[] for _ in range(7)]
    [row] = state.call("receipt_write", *columns, list(of), list(fallback), session=session)
    return {name: value for name, value in zip(NAMES[1:], row[1:]) if value}


def hear(state, *receipts, session=None):
    """As duban-web does."""
    [row] = state.call("web_receipt", *[list(column) for column in zip(*receipts)], session=session)
    return row


def match(state, most=100, of=(), fallback=(), floor=None):
    [row] = state.call("receipt_match", most, floor, list(of), list(fallback))
    return {name: value for name, value in zip(MATCHED[1:], row[1:]) if value}


def shown(state, claimed):
    """(state, receipt, verdict of the dead letter) as people see them."""
    told = state.one("SELECT duban.message_show(%s)", claimed["id"])
    return told["state"], told["receipt"], (told["dead"] or {}).get("verdict")


def test_a_delivered_message_is_awaited_no_longer(state):
    one = message(state)
    assert shown(state, one) == ("done", "awaited", None)
    assert write(state, receipt(one)) == {"written": 1}
    assert shown(state, one) == ("done", "delivered", None)
    assert state.count("awaiting") == 0
    [told] = state.one("SELECT duban.message_show(%s)", one["id"])["receipts"]
    assert {**told, "at": None} == {
        "at": None, "reported_at": AT.isoformat(), "status": "delivered", "code": "DELIVRD",
        "detail": "said the operator", "provider_id": ""}


def test_a_message_is_found_by_either_id_and_only_on_its_channel(state):
    one = message(state, provider="b-1^0")
    other = message(state, "A2", "hook", provider="b-2")
    assert write(state, receipt(provider="b-1^0", code="1"), receipt(one, code="2")) == {"written": 2}
    assert write(state, receipt(other), receipt(one, channel="hook")) == {"strange": 2}
    assert write(state, receipt(provider="b-2")) == {"early": 1}
    assert write(state, receipt(provider="b-2", channel="hook")) == {"written": 1}


def test_ids_of_others_are_strange(state):
    one = message(state)
    key = one["public_id"].partition("-")[0]
    strange = ["other123-1", f"{key}-", f"{key}-0", f"{key}-1x", f"{key}-99999999", f"{key}--1",
               f"{key}-99999999999999999999", "'; DROP TABLE duban.receipt", "用户"]
    assert write(state, *(receipt(public_id=text) for text in strange)) == {"strange": len(strange)}
    assert state.count("receipt") == state.count("receipt_early") == 0
    assert write(state) == {}


def test_a_repeat_changes_nothing(state):
    one = message(state)
    assert write(state, receipt(one), receipt(one)) == {"written": 1, "repeated": 1}
    assert write(state, receipt(one, at=AT), receipt(one, at=None)) == {"written": 1, "repeated": 1}
    assert write(state, receipt(one, at=None)) == {"repeated": 1}
    assert state.count("receipt") == 2


def test_delivered_counts_whatever_came_before_or_after(state):
    orders = list(itertools.permutations(["accepted", "buffered", "failed", "delivered"]))
    claimed = messages(state, [f"A{number}" for number in range(2 * len(orders))])
    finish(state, claimed, providers=[f"p{one['id']}" for one in claimed])
    singly, together = claimed[:len(orders)], claimed[len(orders):]
    for turn in range(4):
        write(state, *(receipt(one, order[turn]) for one, order in zip(singly, orders)))
    write(state, *(receipt(one, status) for one, order in zip(together, orders) for status in order))
    assert state.count("receipt") == 4 * len(claimed)
    assert state.count("awaiting") == state.count("dead") == 0
    assert {shown(state, one) for one in claimed} == {("done", "delivered", None)}


def test_failed_counts_more_than_accepted(state):
    one = message(state)
    assert write(state, receipt(one, "accepted", "8")) == {"written": 1}
    assert shown(state, one) == ("done", "accepted", None)
    assert state.count("awaiting") == 1
    assert write(state, receipt(one, "failed", "UNDELIV")) == {"written": 1, "buried": 1}
    assert write(state, receipt(one, "buffered", "4")) == {"written": 1}
    assert shown(state, one) == ("dead", "failed", "permanent")


def test_a_failed_message_is_a_dead_letter_that_can_be_sent_again(state):
    one = message(state)
    row = state.rows("SELECT id, day, endpoint, 1 FROM duban.message")
    key = state.one("SELECT hashtextextended(concat_ws('|', case_no, endpoint, recipient, address), 0)"
                    " FROM duban.message WHERE id = %s", one["id"])
    assert write(state, receipt(one, "failed", "UNDELIV"), of=["hook", "sms"], fallback=["", "hook"]) == {
        "written": 1, "buried": 1, "told": 1}
    why = "the operator could not deliver: UNDELIV"
    assert state.rows("SELECT id, day, endpoint, attempts, order_key, verdict, reason, dead_at, fallback"
                      " FROM duban.dead") == [(*row[0], key, "permanent", why, state.now, "hook")]
    assert state.rows("SELECT * FROM public.fallen") == [(one["id"], "hook", why)]
    assert write(state, receipt(one, "failed", "UNDELIV"), of=["sms"], fallback=["hook"]) == {"repeated": 1}

    state.move(minutes(1))
    assert state.one("SELECT duban.dead_resend('{}', false, 9)") == 1
    assert shown(state, one) == ("ready", "failed", None)
    assert write(state, receipt(one, "failed", "UNDELIV")) == {"repeated": 1}, "of the first try"
    [again] = state.claim()
    assert again["id"] == one["id"] and again["attempt"] == 2
    finish(state, [again], providers=["p2"])
    assert shown(state, one) == ("done", "awaited", None)
    state.move(minutes(1))
    assert write(state, receipt(provider="p2", at=AT + minutes(1))) == {"written": 1}
    assert shown(state, one) == ("done", "delivered", None)


def test_without_words_the_reason_is_the_detail(state):
    one = message(state)
    write(state, receipt(one, "failed", ""))
    assert state.one("SELECT reason FROM duban.dead") == "the operator could not deliver: said the operator"


def test_a_message_that_is_on_its_way_again_is_not_buried(state):
    one = message(state, end=None)
    state.complete(one, "unknown", retry=minutes(5))
    assert write(state, receipt(one, "failed")) == {"written": 1}
    assert state.count("dead") == 0 and state.count("ready") == 1
    assert write(state, receipt(one, "accepted")) == {"written": 1}
    assert shown(state, one) == ("ready", "failed", None)
    assert write(state, receipt(one)) == {"written": 1, "settled": 1}, "nor sent when it has arrived"
    assert state.count("ready") == 0
    assert shown(state, one) == ("done", "delivered", None)


def test_what_a_person_let_go_stays_gone(state):
    one = message(state, end="permanent")
    assert state.one("SELECT duban.dead_drop('{}', 'no need', 9)") == 1
    assert write(state, receipt(one, "failed")) == {"written": 1}
    assert state.count("dead") == 0


@pytest.mark.parametrize("status, after", [
    ("delivered", ("done", "delivered", None)), ("accepted", ("done", "accepted", None)),
    ("buffered", ("done", "buffered", None)), ("failed", ("dead", "failed", "permanent"))])
def test_a_receipt_settles_what_was_unknown(state, status, after):
    one = message(state, end="unknown", provider="")
    assert shown(state, one) == ("dead", None, "unknown")
    done = write(state, receipt(one, status, "CODE"), of=["sms"], fallback=["hook"])
    assert done == {"written": 1, **({"buried": 1, "told": 1} if status == "failed" else {"settled": 1})}
    assert shown(state, one) == after
    if status == "failed":
        assert state.rows("SELECT reason, fallback FROM duban.dead") == [
            ("the operator could not deliver: CODE", "hook")]
    elif status != "delivered":
        state.move(minutes(1))
        assert write(state, receipt(one, "failed")) == {"written": 1, "buried": 1}, "as of any other"


def test_a_late_delivery_takes_a_dead_letter_back(state):
    one = message(state)
    write(state, receipt(one, "failed"))
    state.move(minutes(1))
    assert write(state, receipt(one)) == {"written": 1, "settled": 1}
    assert shown(state, one) == ("done", "delivered", None)
    assert write(state, receipt(one, "failed", "again")) == {"written": 1}
    assert shown(state, one) == ("done", "delivered", None)


# Before the gateway's reply.

@pytest.mark.parametrize("known, status", [(True, "delivered"), (False, "failed")],
                         ids=["by our id", "by the gateway's"])
def test_a_receipt_may_overtake_the_reply(state, known, status):
    one = message(state, end=None)
    early = receipt(one if known else None, status, provider="" if known else "p1")
    assert write(state, early, early) == {"early": 2}
    assert write(state, early) == {"early": 1}
    assert state.count("receipt_early") == 1 and state.count("receipt") == 0
    assert match(state) == {}
    finish(state, [one])
    assert match(state) == {}, "it was looked for a moment ago"
    state.move(minutes(1))
    assert match(state) == {"matched": 1, **({"buried": 1} if status == "failed" else {})}
    assert shown(state, one) == (("done", "delivered", None) if status == "delivered"
                                 else ("dead", "failed", "permanent"))
    assert state.count("receipt_early") == state.count("awaiting") == 0


def test_early_ones_are_dropped_after_three_days(state):
    write(state, receipt(provider="nobody's"))
    for _ in range(20):
        assert match(state) == {}
        state.move(minutes(200))
    assert state.count("receipt_early") == 1
    state.move(days(3))
    assert match(state) == {"dropped": 1}
    assert state.count("receipt_early") == 0


def test_those_that_find_nobody_make_way_for_others(state):
    write(state, *(receipt(provider=f"x{n}") for n in range(5)))
    one = message(state, provider="p9", end=None)
    assert match(state, most=5) == {"more": True}
    write(state, receipt(provider="p9"))
    finish(state, [one], providers=["p9"])
    assert match(state, most=5) == {"matched": 1}


# As duban-web puts them down.

@pytest.fixture
def web(state):
    with state.cluster.connect(state.database, user="duban_web") as session:
        yield session


def test_what_is_put_down_is_worked_on_like_any_other(state, web):
    one, two = messages(state, ["A1", "A2"])
    finish(state, [one, two], providers=["p1", "p2"])
    assert hear(state, receipt(one), receipt(provider="p2", status="failed"), receipt(one),
                session=web) == (2, 1, 0)
    assert hear(state, receipt(one), session=web) == (0, 1, 0)
    assert state.count("receipt") == 0 and shown(state, one) == ("done", "awaited", None)
    assert match(state, of=["sms"], fallback=["hook"]) == {"matched": 2, "buried": 1, "told": 1}
    assert shown(state, one) == ("done", "delivered", None)
    assert shown(state, two) == ("dead", "failed", "permanent")
    assert state.count("receipt_early") == state.count("awaiting") == 0
    assert hear(state, receipt(one), receipt(provider="p2", status="failed"), session=web) == (2, 0, 0)
    assert match(state) == {"matched": 2} and state.count("receipt") == 2  # they were there already


def test_strange_ones_go_at_once(state, web):
    one = message(state)
    key = one["public_id"].partition("-")[0]
    assert hear(state, receipt(public_id="other123-1"), receipt(public_id=f"{key}-0"),
                receipt(public_id=f"{key}-99999999"), receipt(one, channel="hook"), session=web) == (2, 0, 2)
    assert match(state) == {"strange": 2}
    assert state.count("receipt_early") == state.count("receipt") == 0


def test_what_came_before_the_floor_is_left_for_later(state, web):
    one = message(state)
    hear(state, receipt(one), session=web)
    assert match(state, floor=state.now + minutes(1)) == {}
    assert match(state, floor=state.now - minutes(1)) == {"matched": 1}


def test_duban_web_may_do_no_more_with_receipts(state, web):
    for statement in ("SELECT * FROM duban.receipt_early", "INSERT INTO duban.receipt DEFAULT VALUES",
                      "DELETE FROM duban.receipt_early"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            web.execute(statement)
    one = message(state)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        write(state, receipt(one), session=web)
    hear(state, receipt(one, status="withdrawn"), session=web)  # no such word
    assert state.count("receipt_early") == 0


# Not in time.

def test_a_receipt_that_does_not_come(state):
    one, two = message(state), message(state, "A2", provider="p2")
    overdue = lambda **more: state.call("awaiting_overdue", more.get("most", 9), ["sms"], more.get("to", [""]))[0][1:]
    assert overdue() == (0, 0)
    state.move(minutes(120))
    assert overdue(most=1) == (1, 0)
    assert overdue(to=["hook"]) == (1, 1)
    assert overdue() == (0, 0)
    assert shown(state, one) == shown(state, two) == ("done", "no_receipt", None)
    assert [row[1:] for row in state.attempts()] == [
        ("accepted", "said so"), ("no_receipt", "no receipt within 02:00:00")] * 2
    assert state.rows("SELECT message, channel, why FROM public.fallen") == [
        (two["id"], "hook", "no receipt came in time")]
    write(state, receipt(two, "accepted", "8"))
    assert shown(state, two)[1] == "no_receipt"
    assert write(state, receipt(one), receipt(two, "failed")) == {"written": 2, "buried": 1}
    assert shown(state, one) == ("done", "delivered", None)
    assert shown(state, two) == ("dead", "failed", "permanent")


def test_lists_show_what_arrived(state):
    one, two = message(state), message(state, "A2", provider="p2")
    write(state, receipt(one))
    listed = state.one("SELECT duban.message_list('{}', 9, 0)")["messages"]
    assert [(row["id"], row["state"], row["receipt"]) for row in listed] == [
        (two["id"], "done", "awaited"), (one["id"], "done", "delivered")]


def test_old_messages_are_found_by_their_last_try(state):
    one = message(state, end="permanent")
    for day in range(40):
        state.move(days(1))
        state.owner.execute("SELECT duban.maintain_partitions(%s, 3, 180)", (state.now,))
    assert write(state, receipt(one)) == {"strange": 1}, "its last try is too long ago"
    state.one("SELECT duban.dead_resend('{}', false, 9)")
    state.owner.execute("UPDATE duban.clock SET rank = 2")
    finish(state, state.claim())
    assert write(state, receipt(one)) == {"written": 1}


def test_two_daemons_write_the_same_receipt_once(state):
    one = message(state)
    with state.session() as other, other.transaction():
        assert write(state, receipt(one), session=other) == {"written": 1}
        state.daemon.execute("SET lock_timeout = '50ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            write(state, receipt(one))
    assert write(state, receipt(one)) == {"repeated": 1}
