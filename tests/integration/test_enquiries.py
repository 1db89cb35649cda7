"""A provider that takes short messages, hangs up, and is asked later what became of them."""

import random
from collections import Counter
from datetime import datetime, timedelta, timezone

import pytest

from harness.centre import write_secret
from harness.life import POLICY, Life
from standins.aliyun import Aliyun

START = datetime(2026, 6, 3, 2, tzinfo=timezone.utc)
MESSAGES = 12  # three of each fate


@pytest.fixture
def provider():
    with Aliyun(fates=(3, 2, 1, None)) as made:
        made.faults.add("close", taken=True, times=None, match="TemplateCode=")
        yield made


@pytest.fixture
def daemon(world, provider):
    """A daemon whose short messages are all unknown."""
    channel = {"type": "aliyun", "url": provider.url, "access_key_id": "id", "sign_name": "安澜政务", "timeout": "5s",
               "access_key_secret_file": str(write_secret(world.folder / "aliyun.secret", "secret"))}
    world.settings["policies"]["standard"] = POLICY
    world.settings["channels"] |= {"sms": channel, "twice": channel | {"unknown": "resend"}}
    world.settings["routes"] = {"yellow": {"window": "sms"}}
    world.settings["templates"] = {
        "yellow": {"window": {"text": "{item}（办件{case_no}）{remaining}", "code": {"sms": "SMS_1"}}}}
    world.set_now(START)
    made = world.daemon().start()
    world.wait_initial()
    Life(world, random.Random(1)).add_running(MESSAGES, 20, 30)
    world.wait_for(lambda: letters(world) == {"unknown": MESSAGES}, 20, "all are unknown")
    return made


def letters(world):
    return dict(world.rows("SELECT verdict, count(*) FROM duban.dead GROUP BY verdict"))


def asked(world, tries):
    """How many messages were asked for so often, and will be again."""
    return world.value("SELECT count(*) FROM duban.enquiry WHERE tries = %s", (tries,))


def test_what_the_provider_knows_settles_what_was_unknown(world, daemon, provider):
    provider.permitted = False
    world.set_now(START + timedelta(minutes=1))
    daemon.wait_log("enquiry: refused: the channel's key may not ask")
    daemon.wait_log("isp.RAM_PERMISSION_DENY")
    world.wait_for(lambda: asked(world, 1) == MESSAGES, 10, "all were asked for")
    assert letters(world) == {"unknown": MESSAGES}

    provider.permitted = True
    world.set_now(START + timedelta(minutes=6))
    world.wait_for(lambda: letters(world) == {"unknown": 3, "permanent": 3} and asked(world, 2) == 3, 15,
                   "what the provider knows is settled")
    assert len(provider.sent) == MESSAGES  # none was sent a second time
    fates = {sent.out_id: sent.fate for sent in provider.sent}
    states = Counter((fates[public_id], state, receipt) for public_id, state, receipt in world.rows("""
        SELECT m.public_id, duban.message_state(m.id, m.day), duban.message_receipt(m.id, m.day)
          FROM duban.message m"""))
    assert states == {(3, "done", "delivered"): 3, (2, "dead", "failed"): 3, (1, "done", "accepted"): 3,
                      (None, "dead", None): 3}
    assert world.value("SELECT DISTINCT reason FROM duban.dead WHERE verdict = 'permanent'") == (
        "the operator could not deliver: MK:0001")
    for sent in provider.sent:
        told = f"the provider knows the message message={sent.out_id} channel=sms"
        assert daemon.log_has(told) == bool(sent.fate)
        assert not daemon.log_has(sent.phone)
    assert {day for _, day in provider.asked} == {"20260603"}

    # A channel that sends the unknown again has nothing to ask for; the others are asked for on.
    world.rows("UPDATE duban.enquiry SET channel = 'twice' WHERE message = (SELECT min(message) FROM"
               " duban.enquiry) RETURNING 1")
    before = len(provider.asked)
    world.set_now(START + timedelta(minutes=40))
    world.wait_for(lambda: world.rows("SELECT tries FROM duban.enquiry") == [(3,)] * 2, 10, "two are asked for")
    assert len(provider.asked) == before + 2
    assert letters(world) == {"unknown": 3, "permanent": 3} and len(provider.sent) == MESSAGES
