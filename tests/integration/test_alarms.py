"""duban watches itself: alarms reach the administrators with and without the database, once at
their beginning and once at their end, and the self-test says at which stage it got stuck."""

import stat
from datetime import datetime, timedelta

import pytest

from harness.away import away
from harness.centre import make_directory
from harness.moved import MovedTime
from harness.workdays import BEIJING

START = datetime(2026, 6, 3, 10, tzinfo=BEIJING)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


class Watched:
    """A centre with an administrator and a desk for the self-test."""

    def __init__(self, world):
        self.world, self.time = world, MovedTime(world)
        world.settings["source"] |= {"poll": "50ms", "reconcile_pause": "20ms"}
        world.settings["daemon"] |= {"poll": "20ms", "calendar_warning": "0s"}
        world.settings["alarms"] = {"channels": ["hook"], "database_after": "1s",
                                    "cache": str(world.folder / "contacts")}
        directory = make_directory(world.connection, world.receiver.url)
        directory["entries"] += [
            {"code": "ADMIN", "kind": "admin", "name": "管理员",
             "contacts": {"hook": f"{world.receiver.url}/admin"}},
            {"code": "TEST", "kind": "window", "name": "自检窗口", "parent": "SC",
             "contacts": {"hook": f"{world.receiver.url}/selftest"}}]
        world.import_directory(directory)
        self.time.to(START)

    def start(self):
        daemon = self.world.daemon().start()
        self.world.wait_initial()
        return daemon

    def forward(self, span):
        self.time.to(self.time.now + span)

    def told(self):
        """(kind, detail) of all that the administrator was told; what is repeated has the same id."""
        told = {webhook["id"]: (webhook["body"]["type"], webhook["body"]["data"]["detail"])
                for webhook in self.world.receiver.webhooks if webhook["path"] == "/admin"}
        return list(told.values())

    def wait_told(self, count, seconds=30):
        self.world.wait_for(lambda: len(self.told()) >= count, seconds, f"{count} alarms are told")
        told = self.told()
        assert len(told) == count, told
        return told[-1]

    def ledger(self):
        return self.world.rows("""SELECT kind, clock, told FROM duban.event
                                   WHERE kind LIKE 'alarm%%' ORDER BY id""")


@pytest.fixture
def watched(world):
    return Watched(world)


def test_a_database_that_is_away_is_told_of_without_it(watched):
    world = watched.world
    daemon = watched.start()
    cache = world.folder / "contacts"
    world.wait_for(cache.exists, 5, "the contacts are remembered")
    assert stat.S_IMODE(cache.stat().st_mode) == 0o600
    assert cache.read_text(encoding="utf-8") == f"hook\t{world.receiver.url}/admin\n"
    with away(world, "duban_source"):
        kind, detail = watched.wait_told(1)
        assert kind == "duban.alarm" and "连不上审批系统数据库" in detail
    assert watched.wait_told(2) == ("duban.alarm_over", detail)
    with away(world, "duban_daemon"):
        kind, detail = watched.wait_told(3)
        assert kind == "duban.alarm" and "连不上督办数据库" in detail
        # So does a daemon that hasn't seen the database at all: it remembers whom to tell.
        assert daemon.term() == 0
        daemon.start()
        assert "连不上督办数据库" in watched.wait_told(4)[1]
    assert watched.wait_told(5)[0] == "duban.alarm_over"
    world.wait_for(lambda: len(watched.ledger()) == 4, 5, "both are in the ledger")
    assert [row[0] for row in watched.ledger()] == ["alarm", "alarm_over"] * 2
    assert {row[2] for row in watched.ledger()} == {"directly"}
    ids = world.receiver.counts
    assert set(ids.values()) == {1}


def test_what_the_database_knows_is_told_once_by_whoever_leads(watched):
    world = watched.world
    world.settings["daemon"]["calendar_warning"] = "365d"
    leader = watched.start()
    kind, detail = watched.wait_told(1)
    assert (kind, detail) == ("duban.alarm", "cn只到2026年12月31日。")
    # A message that waits behind one that isn't due yet, and an endpoint out of use.
    world.connection.execute("""
        INSERT INTO duban.endpoint (channel, address)
        VALUES ('hook', 'https://example.org:8443/a?token=secret'), ('hook', 'http://127.0.0.1:1/');
        INSERT INTO duban.endpoint_state (endpoint, state, since, reason)
        SELECT id, 'gone', duban.now(), 'HTTP 410' FROM duban.endpoint WHERE address LIKE '%example%';
        INSERT INTO duban.ready
        SELECT id, duban.now() + interval '1 day', 2, '2026-06-03', 5, 1, duban.now()
          FROM duban.endpoint WHERE address LIKE '%127.0.0.1:1/';
        INSERT INTO duban.ready
        SELECT id, duban.now(), 3, '2026-06-03', 5, 1, duban.now()
          FROM duban.endpoint WHERE address LIKE '%127.0.0.1:1/'""")
    assert watched.wait_told(2)[1] == ("渠道hook https://example.org:8443的接收方已不存在，停止发送："
                                       "HTTP 410")
    watched.forward(20 * MINUTE)
    assert watched.wait_told(3)[1] == (
        "渠道hook http://127.0.0.1:1的待发送消息积压，最早的已等待20分钟")
    status = world.status()
    assert [alarm["subject"].partition(":")[0] for alarm in status["alarms"]] == [
        "calendar", "endpoint", "queue"]
    assert "积压" in world.control("status")
    other = world.daemon().start()
    other.wait_log("joined")
    leader.kill9()
    other.wait_log("this daemon leads")
    world.connection.execute("DELETE FROM duban.ready")
    assert watched.wait_told(4)[0] == "duban.alarm_over"
    world.connection.execute("UPDATE duban.endpoint_state SET state = 'well'")
    assert watched.wait_told(5)[0] == "duban.alarm_over"
    world.settings["daemon"]["calendar_warning"] = "1d"
    world.write_config()
    other.hup()
    assert watched.wait_told(6) == ("duban.alarm_over", "cn只到2026年12月31日。")
    world.wait_for(lambda: world.value("SELECT count(*) FROM duban.alarm") == 0)
    assert sorted(row[0] for row in watched.ledger()) == ["alarm"] * 3 + ["alarm_over"] * 3


def test_an_alarm_is_tried_again_until_it_arrives(watched):
    world = watched.world
    world.settings["daemon"]["calendar_warning"] = "365d"
    world.receiver.faults.add("status", match="/admin", times=1)
    daemon = watched.start()
    watched.wait_told(1)
    assert daemon.log_has("alarm: not told")
    world.wait_for(lambda: world.value("SELECT told_at IS NOT NULL FROM duban.alarm"), 5)


def test_the_selftest_goes_all_the_way_and_says_where_it_got_stuck(watched):
    world = watched.world
    world.settings["selftest"] = {"recipient": "TEST", "channel": "hook"}
    daemon = watched.start()

    def last():
        return world.status()["selftest"]

    def desk():
        return [webhook["body"] for webhook in world.receiver.webhooks
                if webhook["path"] == "/selftest"]

    daemon.wait_log("selftest: came through")
    [body] = desk()
    assert body["type"] == "duban.case.selftest"
    assert body["data"]["case"]["number"] == f"duban-selftest-{int(START.timestamp())}-TEST"
    assert (last()["stage"], last()["channel"]) == ("", "hook")
    assert "自检" in world.control("status")
    # Nobody else hears of it, and it is no figure of the centre's.
    assert [webhook["path"] for webhook in world.receiver.webhooks] == ["/supervision", "/selftest"]
    assert world.gateway.messages == [] and world.status()["clocks"] == []
    assert world.status()["events"] == [{"kind": "baseline", "count": 1}]
    assert world.rows("SELECT clock, state FROM duban.clock") == [("selftest", "stopped")]

    world.receiver.faults.add("status", status=400, match="/selftest", times=None)
    watched.forward(HOUR)
    world.wait_for(lambda: world.value("SELECT count(*) FROM duban.dead") == 1, 10, "refused")
    watched.forward(11 * MINUTE)
    kind, detail = watched.wait_told(1)
    assert kind == "duban.alarm" and "自检未通过（渠道hook）：被拒收" in detail
    assert last()["stage"] == "refused" and "400" in last()["detail"]
    assert world.value("SELECT count(*) FROM duban.dead") == 0

    world.receiver.faults.clear()
    with away(world, "duban_source"):
        watched.forward(HOUR)
        world.wait_for(lambda: world.value("SELECT count(*) FROM duban.selftest") == 3)
        watched.forward(11 * MINUTE)
        world.wait_for(lambda: last()["stage"] == "not taken in", 10, last)
        watched.wait_told(2)  # the source is away, and the self-test is still failing
    watched.wait_told(3)
    watched.forward(HOUR)
    assert watched.wait_told(4) == ("duban.alarm_over", detail)
    assert last()["stage"] == "" and len(desk()) == 2
    assert {row[0] for row in world.rows("SELECT state FROM duban.clock")} == {"stopped"}
    assert world.count_events("vanished") == 0
