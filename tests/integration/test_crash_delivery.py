"""The whole way of a message to a person, with crashes everywhere: digests, breakers, fallbacks and
receipts. At the end everybody has been told, no phone twice, and nothing that arrived is unknown."""

import random
import threading
from collections import Counter

import pytest

from harness.account import Account
from harness.centre import write_secret
from harness.life import Life
from harness.web import DubanWeb, free_port
from test_crash import FAULTS, SEED, Chaos, own_cluster, world  # noqa: F401 (fixtures)
from test_receipts import SECRET

KILLS = 45
DENIED = ("gateway", "status", {
    "status": 400, "rate": 0.03,
    "body": "Number(s) has/have been denied by white- and/or black-lists."})


def set_up(world):
    listen = f"127.0.0.1:{free_port()}"
    write_secret(world.folder / "receipts.path", SECRET)
    world.settings |= {"receipts": {"listen": listen}, "web": {}}
    world.settings["channels"]["sms"] |= {
        "digest": "2s", "gather": "200ms", "fallback": "hook", "receipt_within": "1h", "dlr_mask": 31,
        "dlr_url": f"http://{listen}/receipt/sms/{{secret}}?id={{id}}&type=%d&reply=%A&at=%T",
        "receipt_path_file": str(world.folder / "receipts.path")}


class Reports:
    """The operator's side: tells of each message that has reached a phone, until it is heard."""

    def __init__(self, gateway):
        self.gateway, self.told, self.ended = gateway, set(), threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        while not self.ended.wait(0.1):
            self.tell_all()

    def tell_all(self):
        for message in self.gateway.messages:
            if message["id"] not in self.told and self.gateway.tell(message, 1, seconds=2) == 200:
                self.told.add(message["id"])
        return len(self.told) == len(self.gateway.messages)


def carried(world):
    """Each notification that was composed, with how many messages carry it."""
    return Counter(dict(world.rows("""
        SELECT n.id, count(m.id)
          FROM duban.notification n
          LEFT JOIN duban.message m ON n.id = ANY (m.notifications) AND m.id = n.message
         WHERE n.outcome = 'composed' GROUP BY n.id""")))


@pytest.mark.slow
def test_everybody_is_told_and_no_phone_twice(world):  # noqa: F811
    set_up(world)
    life = Life(world, random.Random(SEED + 2))
    life.add_overdue(50)
    life.add_running(150, 15, 50)
    for name, kind, settings in [*FAULTS, DENIED]:
        getattr(world, name).faults.add(kind, times=None, **settings)
    chaos = Chaos(world, life, random.Random(SEED + 3))
    reports = Reports(world.gateway)
    with DubanWeb(world) as web:
        reports.thread.start()
        chaos.run(KILLS)
        web.kill9()
        web.start()
        settle(world, life, chaos, reports)
    check(world, life, chaos)


def settle(world, life, chaos, reports):
    """Everything is well again, and comes to its end."""
    life.resume()
    world.gateway.faults.clear()
    world.receiver.faults.clear()
    chaos.daemon.start()
    try:
        world.wait_for(lambda: life.missing() <= 0, 60, "all events are recorded")
        world.wait_queue_empty(40)
        reports.ended.set()
        reports.thread.join()
        world.wait_for(reports.tell_all, 20, "all receipts are heard")
        world.wait_for(lambda: world.value("SELECT count(*) FROM duban.receipt_early") == 0, 20,
                       "all receipts are settled")
    finally:
        print(f"\n{chaos.daemon.starts} daemons killed")
        print(Account(world).table())
    assert chaos.daemon.term() == 0


def check(world, life, chaos):
    account = Account(world)
    life.check_ledger()

    # Nothing is lost: each notification has an end, and what was composed is in one message.
    assert world.rows("SELECT * FROM duban.notification WHERE outcome IS NULL") == []
    assert set(carried(world).values()) == {1}
    # No phone got anything twice, nothing that arrived is unknown, and nothing else went wrong.
    assert not account.wrong, account.wrong[:10]
    assert account.adds_up()
    assert account.counts["sms"]["of them received"] == 0
    digests = world.value("SELECT count(*) FROM duban.message WHERE kind = 'digest'")
    assert digests and account.counts["sms"]["received"] > 20
    # What was refused for good was told by webhook instead.
    refused = world.rows("SELECT id, fallback FROM duban.dead WHERE verdict = 'permanent'")
    assert refused and {fallback for _, fallback in refused} == {"hook"}
    assert world.rows("""
        SELECT m.id FROM duban.dead d JOIN duban.message m USING (id)
         CROSS JOIN LATERAL unnest(m.notifications) AS u(id)
          JOIN duban.notification n ON n.id = u.id
         WHERE d.verdict = 'permanent' AND NOT EXISTS (
               SELECT FROM duban.notification o WHERE o.event = n.event AND o.recipient = n.recipient
                  AND o.channel = 'hook')""") == []
    assert [line for line in chaos.daemon.log if "Sanitizer" in line or "runtime error" in line] == []
