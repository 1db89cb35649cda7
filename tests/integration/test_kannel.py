"""Short messages through a real Kannel to a stand-in of the phone network."""

import json
import random
import re
import subprocess
from collections import Counter

import pytest

from harness.centre import write_secret
from harness.kannel import SENDSMS, Kannel, why_not_here
from harness.life import POLICY, Life
from harness.processes import wait_for
from harness.web import DubanWeb
from harness.world import World

LISTEN, SECRET = "127.0.0.1:8091", "Kq3_0-9fX2bLmN7t"
REPORTS = "?id={id}&type=%d&reply=%A&at=%T"
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
                                         "retry_most": "2s", "dlr_mask": 31,
                                         "dlr_url": f"http://{LISTEN}/receipt/sms/{{secret}}{REPORTS}",
                                         "receipt_path_file": str(tmp_path / "receipts.path"),
                                         "receipt_within": "2h"}
    made.settings |= {"receipts": {"listen": LISTEN}, "web": {}}
    write_secret(tmp_path / "receipts.path", SECRET)
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
def web(world, kannel):
    """The one that hears reports, likewise."""
    with DubanWeb(world, before=kannel.inside) as made:
        made.wait_log("receipts: listening")
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


def wait_receipts(world, count):
    """Each message has its reports, once: the message centre took it, the phone has it."""
    world.wait_for(lambda: world.value("SELECT count(*) FROM duban.receipt") >= 2 * count, 15,
                   f"{count} messages are reported")
    assert world.rows("SELECT status, count(*), count(DISTINCT message) FROM duban.receipt"
                      " GROUP BY status ORDER BY status") == [
        ("accepted", count, count), ("delivered", count, count)]
    assert world.value("SELECT count(*) FROM duban.dead") == 0


def wait_settled(world):
    world.wait_for(lambda: world.value("SELECT count(*) FROM duban.receipt_early") == 0, 15,
                   "the daemon has seen to all reports")


def report(kannel, path):
    """A report as Kannel makes it, from where Kannel is: the status of its answer."""
    return subprocess.run([*kannel.inside, "/usr/bin/python3", "-c", """
import sys, urllib.error, urllib.request
try:
    print(urllib.request.urlopen(sys.argv[1], timeout=10).status)
except urllib.error.HTTPError as error:
    print(error.code)""", f"http://{LISTEN}{path}"], capture_output=True, text=True, check=True).stdout.strip()


def wait_attempt(world, verdict, detail):
    world.wait_for(lambda: world.value(
        "SELECT count(*) FROM duban.attempt WHERE verdict = %s AND detail LIKE %s",
        (verdict, f"%{detail}%")), 10, f"an attempt that is {verdict}: {detail}")


def test_chinese_arrives_as_it_was_written(world, kannel, daemon, web, life):
    life.add_running(2, 2, 3)     # yellow at once, then red
    life.add_far(1)
    world.wait_for(lambda: world.value("SELECT count(*) FROM duban.clock") == 3)
    life.complete(1)
    world.wait_events("red", 2)
    world.wait_events("completed", 1)
    check_arrived(world, kannel, 5)
    wait_receipts(world, 5)


def test_what_the_operator_cannot_deliver_is_a_dead_letter(world, kannel, daemon, web, life):
    life.add_running(1, 20, 30)
    check_arrived(world, kannel, 1)
    wait_receipts(world, 1)
    [(number, public)] = world.rows("SELECT id, public_id FROM duban.message")
    world.rows("DELETE FROM duban.receipt RETURNING 1")  # as if the phone were off
    at = f"/receipt/sms/{SECRET}?id={public}"
    assert report(kannel, f"{at}&type=2&reply=id:1+stat:UNDELIV+err:012+text:x") == "200"
    assert report(kannel, f"{at}&type=2&reply=id:1+stat:UNDELIV+err:012+text:x") == "200"
    wait_settled(world)
    [(verdict, reason)] = world.rows("SELECT verdict, reason FROM duban.dead")
    assert (verdict, reason) == ("permanent", "the operator could not deliver: UNDELIV")
    shown = json.loads(world.control("message", "show", str(number), "--json"))
    assert (shown["state"], shown["receipt"], len(shown["receipts"])) == ("dead", "failed", 1)
    assert report(kannel, f"{at}&type=1") == "200"
    wait_settled(world)
    assert world.value("SELECT count(*) FROM duban.dead") == 0
    assert "已送达" in world.control("message", "show", str(number))
    for path, status in ((f"/receipt/sms/{SECRET}", "400"), (f"{at}&type=7", "400"), ("/receipt/sms/wrong", "404"),
                         (f"/receipt/hook/{SECRET}", "404"), ("/", "404")):
        assert report(kannel, path) == status
    assert web.log_has("no such channel, or a wrong secret address=127.0.0.1")
    assert not web.log_has(SECRET) and not web.log_has("wrong&")


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
    # The channel is stopped: nothing more is tried until the configuration is loaded anew.
    world.wait_for(lambda: world.value("SELECT state FROM duban.endpoint_state s JOIN duban.endpoint e"
                                       " ON e.id = s.endpoint WHERE e.channel = 'sms'") == "stopped",
                   5, "the channel is stopped")
    world.wait_for(lambda: world.value("SELECT count(*) FROM duban.parked") == 2, 20, "both are parked")
    write_secret(world.folder / "sms.password", "demo")
    daemon.hup()
    check_arrived(world, kannel, 2)


def test_without_its_message_centre_kannel_keeps_them(world, kannel, daemon, web, life):
    kannel.cut_phones()
    life.add_running(2, 20, 30)
    wait_attempt(world, "accepted", "3: Queued for later delivery")
    world.wait_queue_empty()
    assert not phones(world, kannel)
    kannel.connect_phones()
    check_arrived(world, kannel, 2)
    wait_receipts(world, 2)
