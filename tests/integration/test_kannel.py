"""Short messages through a real Kannel to a stand-in of the phone network."""

import random
import re
from collections import Counter

import pytest

from harness.centre import write_secret
from harness.kannel import SENDSMS, Kannel, why_not_here
from harness.life import POLICY, Life
from harness.processes import wait_for
from harness.world import World

WHY_NOT = why_not_here()
pytestmark = pytest.mark.skipif(WHY_NOT is not None, reason=str(WHY_NOT))


@pytest.fixture(scope="module")
def kannel(tmp_path_factory):
    made = Kannel(tmp_path_factory.mktemp("kannel"))
    yield made
    made.close()


@pytest.fixture
def world(cluster, template, programs, tmp_path, kannel):
    """A centre in real time that sends by SMS alone, through Kannel."""
    name = cluster.create_database(template)
    made = World(cluster, name, programs, tmp_path, moves_time=False)
    made.settings["policies"]["standard"] = POLICY
    made.settings["channels"]["sms"] |= {"url": SENDSMS, "retry_first": "200ms",
                                         "retry_most": "2s"}
    made.settings["routes"] = {"yellow": {"window": "sms"}, "red": {"supervision": "sms"},
                               "completed": {"applicant": "sms"}}
    made.sent_before = len(kannel.messages)
    try:
        made.import_directory()
        yield made
    finally:
        made.close()
        cluster.drop_database(name)


@pytest.fixture
def daemon(world, kannel):
    """It runs where Kannel is; PostgreSQL's socket is a file."""
    with world.daemon(before=kannel.inside) as made:
        world.wait_initial()
        yield made


@pytest.fixture
def life(world):
    return Life(world, random.Random(1))


def phones(world, kannel):
    """What the phones have got in this test: how often each (number, coding, text)."""
    return Counter(kannel.messages[world.sent_before:])


def check_arrived(world, kannel, count):
    """All that was written has arrived, as written, once, and nothing else."""
    wait_for(lambda: phones(world, kannel).total() >= count, 10, f"{count} messages arrive")
    world.wait_queue_empty()
    written = Counter((address, "ucs-2", body) for address, body in world.rows(
        "SELECT address, body FROM duban.message"))
    assert phones(world, kannel) == written
    assert written.total() == count
    assert all(re.search("[一-龥]{4}", body) for _, _, body in written)
    assert world.value("SELECT count(*) FROM duban.dead") == 0


def wait_attempt(world, verdict, detail):
    world.wait_for(lambda: world.value(
        "SELECT count(*) FROM duban.attempt WHERE verdict = %s AND detail LIKE %s",
        (verdict, f"%{detail}%")), 10, f"an attempt that is {verdict}: {detail}")


def test_chinese_arrives_as_it_was_written(world, kannel, daemon, life):
    life.add_running(2, 2, 3)     # yellow at once, then red
    life.add_far(1)
    world.wait_for(lambda: world.value("SELECT count(*) FROM duban.clock") == 3)
    life.complete(1)
    world.wait_events("red", 2)
    world.wait_events("completed", 1)
    check_arrived(world, kannel, 5)


def test_without_smsbox_messages_wait(world, kannel, daemon, life):
    kannel.stop("smsbox")
    life.add_running(2, 20, 30)
    wait_attempt(world, "temporary", "")
    kannel.start("smsbox")
    check_arrived(world, kannel, 2)


def test_a_wrong_password_loses_nothing(world, kannel, daemon, life):
    write_secret(world.folder / "sms.password", "wrong")
    daemon.hup()
    daemon.wait_log("configuration in use")
    life.add_running(2, 20, 30)
    wait_attempt(world, "rejected", "Authorization failed for sendsms")
    waits = [row[0].total_seconds() for row in world.rows(
        "SELECT due_at - duban.now() FROM duban.ready")]
    assert waits and max(waits) > 1  # the longest wait, not the first
    write_secret(world.folder / "sms.password", "demo")
    daemon.hup()
    check_arrived(world, kannel, 2)


def test_without_its_message_centre_kannel_keeps_them(world, kannel, daemon, life):
    kannel.cut_phones()
    life.add_running(2, 20, 30)
    wait_attempt(world, "accepted", "3: Queued for later delivery")
    world.wait_queue_empty()
    assert not phones(world, kannel)
    kannel.connect_phones()
    check_arrived(world, kannel, 2)
