"""One of the two databases is away while the other is there."""

import random
import time
from datetime import datetime, timedelta, timezone

import pytest

from harness.account import Account
from harness.away import away
from harness.life import POLICY, Life

START = datetime(2026, 6, 3, 2, tzinfo=timezone.utc)
AWAY_S = 1.5  # longer than every poll and retry of the daemon


@pytest.fixture
def life(world):
    world.settings["policies"]["standard"] = POLICY
    world.set_now(START)
    made = Life(world, random.Random(1))
    made.daemon = world.daemon().start()
    world.wait_initial()
    made.add_running(12, 100, 200)
    world.wait_for(lambda: world.value("SELECT count(*) FROM duban.clock") == 12)
    return made


def check_all(world, life):
    world.wait_for(lambda: life.missing() <= 0, 15, "all events are recorded")
    world.wait_queue_empty()
    life.check_ledger()
    account = Account(world)
    assert not account.wrong, account.wrong
    assert account.counts["sms"]["unknown"] == account.counts["webhook"]["repeated"] == 0
    assert world.value("SELECT count(*) FROM duban.dead") == 0


def test_without_the_source_nothing_is_raised(world, life):
    """What was true when duban last looked may be true no more."""
    with away(world, "duban_source"):
        life.complete(2)
        life.suspend(2)
        life.extend(2)
        life.delete(1)
        world.set_now(START + timedelta(seconds=300))
        time.sleep(AWAY_S)
        assert world.value("SELECT count(*) FROM duban.event WHERE case_no <> ''") == 0
    check_all(world, life)
    assert world.count_events("red") == 5


def test_without_the_state_everything_waits_and_comes_once(world, life):
    with away(world, "duban_daemon"):
        life.complete(2)
        life.suspend(2)
        world.set_now(START + timedelta(seconds=300))
        time.sleep(AWAY_S)
        assert world.gateway.messages == []
    check_all(world, life)
    assert world.count_events("red") == 8


def test_what_is_being_sent_while_the_state_goes_away_is_completed_later(world, life):
    world.gateway.faults.add("delay", seconds=1, times=None)
    world.set_now(START + timedelta(seconds=300))
    world.wait_for(lambda: world.gateway.requests > 4, 10, "messages are being sent")
    with away(world, "duban_daemon"):
        time.sleep(AWAY_S)
        assert len(world.gateway.messages) > 4
    world.gateway.faults.clear()
    check_all(world, life)
    assert world.value("""SELECT count(*) FROM (SELECT message FROM duban.attempt
        WHERE verdict = 'accepted' GROUP BY message HAVING count(*) > 1) twice""") == 0
