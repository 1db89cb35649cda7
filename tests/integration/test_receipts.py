"""Receipts from a gateway to duban-web, over HTTP: stored before they are acknowledged; the daemon does
what follows."""

import http.client
import random
import socket
import threading
from collections import Counter
from datetime import datetime, timedelta, timezone

import pytest

from harness.centre import write_secret
from harness.life import POLICY, Life
from harness.web import DubanWeb, free_port
from test_faults import away

START = datetime(2026, 6, 3, 2, tzinfo=timezone.utc)
SECRET = "Kq3_0-9fX2bLmN7t"


@pytest.fixture
def daemon(world):
    """A daemon that has sent 20 short messages."""
    listen = f"127.0.0.1:{free_port()}"
    world.settings["policies"]["standard"] = POLICY
    world.settings["channels"]["sms"] |= {
        "dlr_mask": 31, "dlr_url": f"http://{listen}/receipt/sms/{{secret}}?id={{id}}&type=%d&reply=%A&at=%T",
        "receipt_path_file": str(world.folder / "receipts.path")}
    world.settings["routes"] = {"yellow": {"window": "sms"}}
    world.settings |= {"receipts": {"listen": listen}, "web": {}}
    write_secret(world.folder / "receipts.path", SECRET)
    world.set_now(START)
    made = world.daemon().start()
    world.wait_initial()
    Life(world, random.Random(1)).add_running(20, 20, 30)
    world.wait_for(lambda: len(world.gateway.messages) >= 20, 20, "20 messages are sent")
    world.wait_queue_empty()
    return made


@pytest.fixture
def web(world, daemon):
    """The one that hears of them; without what it may not read: the gateway's password."""
    (world.folder / "sms.password").rename(world.folder / "hidden.password")
    with DubanWeb(world) as made:
        (world.folder / "hidden.password").rename(world.folder / "sms.password")
        made.wait_log("receipts: listening")
        yield made


def settled(world):
    """What the gateway has told, once the daemon has seen to all of it."""
    world.wait_for(lambda: world.value("SELECT count(*) FROM duban.receipt_early") == 0, 15, "all is settled")
    return statuses(world)


def statuses(world):
    return dict(world.rows("SELECT status, count(*) FROM duban.receipt GROUP BY status"))


def test_reports_are_stored_before_they_are_acknowledged(world, daemon, web):
    sent = world.gateway.messages
    tell = world.gateway.tell

    # Many at once, each of them twice.
    told = Counter()
    threads = [threading.Thread(target=lambda one=one: told.update([tell(one, 8), tell(one, 1)]))
               for one in sent[:18] * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == {200: 72}
    assert settled(world) == {"accepted": 18, "delivered": 18}

    # Nothing is acknowledged while the database is away, however long.
    with away(world, "duban_web"):
        assert tell(sent[18], 1) == 503
        assert settled(world)["delivered"] == 18
    world.wait_for(lambda: tell(sent[18], 1) == 200, 15, "it is acknowledged again")
    assert settled(world)["delivered"] == 19

    # While no daemon runs, receipts are taken all the same.
    daemon.term()
    assert tell(sent[19], 8) == 200 and statuses(world)["accepted"] == 18
    daemon.start()
    assert settled(world)["accepted"] == 19

    assert tell(sent[19], 2, "stat:UNDELIV err:001 to 13800138000") == 200
    daemon.wait_log("the operator could not deliver messages=1")
    assert world.rows("SELECT verdict, reason FROM duban.dead") == [
        ("permanent", "the operator could not deliver: UNDELIV")]
    assert world.value("SELECT detail FROM duban.receipt WHERE status = 'failed'") == (
        "stat:UNDELIV err:001 to 138****8000")


def test_what_does_not_come_is_told_and_the_rules_can_change(world, daemon, web):
    world.rows("INSERT INTO duban.awaiting SELECT id, day, channel, %s FROM duban.message LIMIT 3 RETURNING 1",
               (START - timedelta(minutes=1),))
    daemon.wait_log("no receipt in time messages=3")
    assert world.value("SELECT count(*) FROM duban.attempt WHERE verdict = 'no_receipt'") == 3

    sent, tell = world.gateway.messages, world.gateway.tell
    write_secret(world.folder / "receipts.path", "another-secret-than-before")
    web.hup()
    world.wait_for(lambda: tell(sent[0], 1) == 404, 10, "the old secret counts no longer")
    web.wait_log("no such channel, or a wrong secret address=127.0.0.1")
    assert not web.log_has("another-secret") and not web.log_has(SECRET)
    world.settings["receipts"]["allow"] = ["10.0.0.0/8"]
    web.write_config()
    web.hup()
    world.wait_for(lambda: tell(sent[0], 1) == 0, 10, "nobody here may connect any more")
    web.wait_log("connection refused: not in receipts.allow address=127.0.0.1")
    assert statuses(world) == {}
    world.settings["receipts"]["listen"] = f"127.0.0.1:{free_port()}"
    web.write_config()
    web.hup()
    web.wait_log("receipts.listen changes with a restart only")


def test_a_place_that_is_taken_is_tried_again(world):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        world.settings["receipts"] = {"listen": f"127.0.0.1:{taken.getsockname()[1]}"}
        with DubanWeb(world) as web:
            web.wait_log("not listening; trying on")
            taken.close()
            web.wait_log("receipts: listening", 15)


def test_what_is_no_report_is_refused(world, daemon, web):
    host, port = world.settings["receipts"]["listen"].split(":")

    def ask(method, path, body=None, **headers):
        connection = http.client.HTTPConnection(host, int(port), timeout=20)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.status

    at = f"/receipt/sms/{SECRET}"
    assert ask("POST", at, "x") == ask("DELETE", f"{at}?id=a-1&type=1") == 405
    assert ask("GET", at) == ask("GET", f"{at}?id=a-1&type=7") == ask("GET", f"{at}?id=%ff&type=1") == 400
    for path in ("/", "/login", "/api/v1/me", "/receipt/sms", "/receipt/sms/", f"{at}/x", f"/receipt/hook/{SECRET}",
                 f"/receipt//{SECRET}", f"/receipt/sms/{SECRET[:-1]}", f"/receipt/%73ms/{SECRET}", "/receipt/../login"):
        assert ask("GET", f"{path}?id=a-1&type=1") == 404, path
    assert ask("GET", f"{at}?id=" + "x" * 40000) in (400, 414, 431)
    assert ask("GET", f"{at}?id=a-1&type=1") == 200  # of another installation: nothing to keep
    assert web.browser().get(f"{at}?id=a-1&type=1").status == 404  # not at the board's place
    assert settled(world) == {}
    assert not web.log_has(SECRET)


def test_a_stop_answers_those_who_wait(world, daemon, web):
    """What isn't stored yet is not acknowledged: the gateway is to repeat it."""
    with away(world, "duban_web"):
        answers = []
        teller = threading.Thread(target=lambda: answers.append(world.gateway.tell(world.gateway.messages[0], 1)))
        teller.start()
        web.term()
        teller.join()
    assert answers[0] in (0, 503) and statuses(world) == {}
