"""Somebody sets the clock of duband's machine: instants come from the database, leases, pauses and
rates from a clock that nobody sets."""

import random
from datetime import datetime, timedelta, timezone

import pytest

from harness.account import Account
from harness.life import POLICY, Life
from harness.own_clock import make_clock

START = datetime(2026, 6, 3, 2, tzinfo=timezone.utc)
CASES = 40


@pytest.mark.parametrize("step", ("-10800", "+10800"), ids=("back", "ahead"))
def test_messages_go_on_and_the_daemon_ends_as_ever(world, tmp_path, step):
    clock = tmp_path / "clock"
    by_clock = make_clock(world.programs.duband, clock)
    if by_clock is None:
        pytest.skip("libfaketime isn't installed")
    world.settings["policies"]["standard"] = POLICY
    for channel in world.settings["channels"].values():
        channel["rate"] = "50 per 1s"  # most wait
    world.set_now(START)
    life = Life(world, random.Random(1))
    life.add_running(CASES, 100, 130)
    daemon = world.daemon(before=by_clock).start()
    world.wait_initial()
    world.set_now(START + timedelta(seconds=120))
    world.wait_for(lambda: len(world.gateway.messages) > CASES / 4, 30, "messages are being sent")
    assert world.queued() > 0

    clock.write_text(step + "\n", encoding="ascii")
    world.set_now(START + timedelta(seconds=140))
    world.wait_for(lambda: life.missing() <= 0, 60, "all is recorded")
    world.wait_queue_empty(60)
    life.check_ledger()
    account = Account(world)
    assert not account.wrong and account.adds_up(), account.table()
    recorded = world.rows("SELECT recorded_at FROM duban.event WHERE recorded_at > %s::timestamptz", (START + timedelta(minutes=3),))
    assert recorded == []
    assert daemon.term() == 0
