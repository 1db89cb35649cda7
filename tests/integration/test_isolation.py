"""One bad endpoint and no other: breakers, endpoints that are gone or stopped, throttling, fallback.

One daemon serves all tests; each has endpoints of its own, with messages straight in the queue.
"""

import json
import random
import time
from email.utils import formatdate

import pytest

from harness.life import POLICY, Life
from harness.world import World

PROBES = {"breaker_failures": 3, "breaker_first": "400ms", "breaker_most": "800ms",
          "retry_first": "100ms", "timeout": "2s"}


@pytest.fixture(scope="module")
def world(cluster, template, programs, tmp_path_factory):
    name = cluster.create_database(template)
    made = World(cluster, name, programs, tmp_path_factory.mktemp("isolation"), moves_time=False)
    made.settings["policies"]["standard"] = POLICY
    made.settings["channels"]["hook"] |= PROBES
    made.settings["channels"]["slow"] = made.settings["channels"]["hook"] | {"rate": "3 per 1s"}
    made.settings["channels"]["sms"] |= PROBES | {"fallback": "hook"}
    made.settings["routes"] = {"yellow": {"window": "sms"}}
    made.import_directory()
    made.running = made.daemon().start()
    yield made
    made.close()
    cluster.drop_database(name)


class Endpoint:
    """One URL of the receiver, or another address."""

    def __init__(self, world, path, channel="hook"):
        self.world, self.path, self.channel = world, path, channel
        self.url = "" if channel == "sms" else f"{world.receiver.url}{path}"
        self.number = world.value("""
            INSERT INTO duban.endpoint (channel, address) VALUES (%s, %s)
                ON CONFLICT (channel, address) DO UPDATE SET address = excluded.address
            RETURNING id""", (channel, self.url))

    def queue(self, count, orders=None, body="{}"):
        """Messages for it, of so many orders in turn (None: each its own); their ids."""
        return [self.world.value("""
            WITH made AS (
                INSERT INTO duban.message
                       (id, day, public_id, channel, endpoint, address, body, kind, case_no, clock,
                        deadline_version, rank, recipient, role, repeatable, created_at)
                SELECT n, (duban.now() AT TIME ZONE 'UTC')::date, 'k-' || n, %s, %s, %s, %s, 'yellow',
                       'X', 'none', 1, 1, 'W', 'window', %s, duban.now()
                  FROM nextval('duban.message_id') n
                RETURNING id, day, endpoint, public_id)
            INSERT INTO duban.ready (endpoint, due_at, id, day, order_key, attempt, first_at)
            SELECT endpoint, duban.now(), id, day, %s + coalesce(%s %% %s, id), 1, duban.now() FROM made
            RETURNING 'k-' || id""", (self.channel, self.number, self.url or "13800000001", body,
                                      self.channel != "sms", self.number * 1_000_000, index, orders))
                for index in range(count)]

    def fail(self, status, times=None, **headers):
        self.world.receiver.faults.add("status", status=status, match=self.path, times=times,
                                       headers={"Retry-After": after for after in headers.values()})

    def state(self):
        return self.world.value("SELECT state FROM duban.endpoint_state WHERE endpoint = %s", (self.number,))

    def column(self, name):
        return self.world.value(f"SELECT {name} FROM duban.endpoint_state WHERE endpoint = %s", (self.number,))

    def wait_state(self, state, seconds=10):
        self.world.wait_for(lambda: self.state() == state, seconds, f"{self.path} is {state}")

    def attempts(self):
        """Verdicts in the order of their tries."""
        return [verdict for verdict, in self.world.rows("""
            SELECT a.verdict FROM duban.attempt a JOIN duban.message m ON m.id = a.message
             WHERE m.endpoint = %s ORDER BY a.at, a.message""", (self.number,))]

    def count(self, table):
        return self.world.value(f"SELECT count(*) FROM duban.{table} WHERE endpoint = %s", (self.number,))

    def received(self):
        return [hook["id"] for hook in self.world.receiver.webhooks if hook["path"] == self.path]

    def arrivals(self):
        return [hook["at"] for hook in self.world.receiver.webhooks if hook["path"] == self.path]

    def wait_received(self, count, seconds=10):
        self.world.wait_for(lambda: len(self.received()) >= count, seconds,
                            f"{self.path} has received {count}")


def resume(world, *arguments):
    return json.loads(world.control("channel", "resume", *arguments, "--json"))["resumed"]


def test_a_failing_endpoint_is_left_alone_and_comes_back_in_order(world):
    bad, good = Endpoint(world, "/bad"), Endpoint(world, "/good")
    bad.fail(503)
    sent = bad.queue(24, orders=4)
    bad.wait_state("open")
    good.queue(10)
    good.wait_received(10)
    world.wait_for(lambda: bad.count("parked") + bad.count("inflight") == 24, 5, "all are parked")
    later = bad.queue(4, orders=4)
    world.wait_for(lambda: bad.column("failures") >= 3, 10, "it was tried twice more")
    # Those under way when it opened, at most one of each order at a time; then one after each pause.
    assert len(bad.attempts()) <= 8 + bad.column("failures")
    assert set(bad.attempts()) == {"temporary"}
    assert bad.received() == []
    world.receiver.faults.clear()
    bad.wait_state("well")
    bad.wait_received(28)
    world.wait_queue_empty()
    received = bad.received()
    assert sorted(received) == sorted(sent + later), "everything, once"
    for order in range(4):
        mine = [sent.index(one) for one in received if one in sent and sent.index(one) % 4 == order]
        assert mine == sorted(mine)
    for one in later:
        order = later.index(one) % 4
        assert received.index(one) > max(received.index(sent[n]) for n in range(order, 24, 4))
    assert bad.column("failures") == 0 and bad.count("dead") == 0


def test_what_is_gone_keeps_its_messages_until_it_is_resumed(world):
    gone = Endpoint(world, "/gone")
    gone.fail(410, times=1)
    sent = gone.queue(5, orders=1)
    gone.wait_state("gone")
    world.wait_for(lambda: gone.count("parked") == 5, 5, "all are parked")
    assert gone.attempts() == ["gone"] and gone.count("dead") == 0
    [listed] = [one for one in json.loads(world.control("channel", "list", "hook", "--json"))["endpoints"]
                if one["endpoint"] == gone.number]
    assert (listed["state"], listed["parked"], listed["place"]) == ("gone", 5, world.receiver.url)
    assert listed["reason"].startswith("HTTP 410") and listed["last_error"].startswith("HTTP 410")
    assert resume(world, "hook", gone.number) == 1
    gone.wait_received(5)
    assert gone.received() == sent
    gone.wait_state("well")


def test_what_refuses_us_is_stopped_until_the_configuration_is_loaded_anew(world):
    wrong = Endpoint(world, "/wrong")
    wrong.fail(401, times=1)
    wrong.queue(5, orders=1)
    wrong.wait_state("stopped")
    world.wait_for(lambda: wrong.count("parked") == 5, 5, "all are parked")
    assert world.running.log_has('state=stopped')
    world.running.hup()
    wrong.wait_received(5)
    assert wrong.attempts().count("rejected") == 1
    assert world.value("SELECT max(a.number) FROM duban.attempt a JOIN duban.message m ON m.id = a.message"
                       " WHERE m.endpoint = %s", (wrong.number,)) == 1, "it wasn't counted as a try"


@pytest.mark.parametrize("path, retry_after", [
    ("/seconds", lambda: "1"), ("/date", lambda: formatdate(int(time.time()) + 2, usegmt=True))])
def test_a_throttled_endpoint_waits_as_it_asks(world, path, retry_after):
    busy = Endpoint(world, path)
    begun = time.time()
    busy.fail(429, times=1, after=retry_after())
    sent = busy.queue(5, orders=1)
    busy.wait_received(5)
    assert world.running.log_has(f"state=throttled channel=hook endpoint={busy.number} ")
    assert busy.received() == sent
    assert min(busy.arrivals()) - begun >= 1
    world.wait_for(lambda: busy.attempts() == ["throttled"] + ["delivered"] * 5, 15, "all is noted")
    busy.wait_state("well")


def test_a_rate_is_never_passed(world):
    slow = Endpoint(world, "/slow", "slow")
    slow.queue(8)
    slow.wait_received(8)
    arrivals = sorted(slow.arrivals())
    assert all(later - earlier > 0.7 for earlier, later in zip(arrivals, arrivals[3:])), arrivals


def test_a_gateway_that_refuses_our_password_is_stopped(world):
    gateway = Endpoint(world, "/cgi-bin/sendsms", "sms")
    world.gateway.password = "changed"
    gateway.queue(3, body="x")
    gateway.wait_state("stopped")
    world.wait_for(lambda: gateway.count("parked") == 3, 5, "all are parked")
    assert world.gateway.messages == [] and gateway.count("dead") == 0
    world.gateway.password = "demo"
    world.running.hup()
    world.wait_for(lambda: len(world.gateway.messages) == 3, 10, "all are sent")
    gateway.wait_state("well")


def test_another_channel_is_told_when_a_message_has_failed(world):
    """A whole case: the gateway refuses its number for good."""
    world.wait_initial()
    world.gateway.faults.add("status", status=400, body="Number(s) has/have been denied", times=1)
    life = Life(world, random.Random(1))
    before = len(world.receiver.webhooks)
    life.add_running(1, 1, 2)
    world.wait_for(lambda: len(world.receiver.webhooks) > before, 15, "the webhook came instead")
    told = world.receiver.webhooks[-1]
    assert told["path"].startswith("/window/") and told["body"]["type"].endswith("yellow")
    assert world.rows("SELECT verdict, fallback FROM duban.dead") == [("permanent", "hook")]
    assert [row[0] for row in world.rows("SELECT channel FROM duban.notification ORDER BY id")] == ["sms", "hook"]


@pytest.mark.parametrize("language, words", [
    ("en", ["gone", "0 ready, 1 parked, 0 in flight", "at most 3 per 1s", "since", ": HTTP 410", "last success"]),
    ("zh-CN", ["地址已停用", "待发送 0、停放 1、发送中 0", "限速 3 per 1s", "自 ", "：HTTP 410", "最近成功"])])
def test_the_list_tells_people_what_is_wrong(world, language, words):
    gone = Endpoint(world, f"/told?secret-{language}", "slow")
    gone.fail(410, times=1)
    gone.queue(1)
    gone.wait_state("gone")
    world.wait_for(lambda: gone.count("parked") == 1, 5, "it is parked")
    listed = world.programs.control(world.config, "channel", "list", "slow", "--lang", language)
    assert all(word in listed for word in words), listed
    assert world.receiver.url in listed and "secret" not in listed and "told" not in listed
    assert resume(world, "slow", gone.number) == 1
    gone.wait_state("well")


@pytest.mark.parametrize("arguments", [[], ["list", "a", "b"], ["resume"], ["resume", "hook", "x"], ["resume", "a", "1", "2"]])
def test_what_makes_no_sense_is_told(world, arguments):
    with pytest.raises(RuntimeError, match="exited with 2"):
        world.control("channel", *arguments)


def test_a_daemon_that_is_killed_finds_the_breaker_open(world):
    """Last: another daemon runs afterwards."""
    bad, good = Endpoint(world, "/killed"), Endpoint(world, "/alive")
    bad.fail(503)
    sent = bad.queue(8)
    bad.wait_state("open")
    world.running.kill9()
    world.connection.execute("UPDATE duban.endpoint_state SET until = duban.now() + interval '1 hour'"
                             " WHERE endpoint = %s", (bad.number,))
    world.receiver.faults.clear()
    tried = world.receiver.requests
    world.running.start()
    good.queue(5)
    good.wait_received(5)
    world.wait_for(lambda: bad.count("parked") == 8, 10, "all are parked")
    assert world.receiver.requests == tried + 5 and bad.received() == []
    assert resume(world, "hook") >= 1
    bad.wait_received(8)
    world.wait_queue_empty()
    assert sorted(bad.received()) == sorted(sent)
    assert world.running.term() == 0
