"""The daemon in single scenes: what it does at first contact, with bad rows, at signals, beside a
second daemon, and when the reason of a message has gone."""

import json
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from harness.centre import ROOT, SUPERVISION_PHONE, write_yaml
from harness.moved import MovedTime
from harness.oracle import Facts
from harness.workdays import BEIJING
from harness.year import Change, store_applicants

WINDOW, WINDOW_HOOK = "SC-W1", "/window/SC-W1"
APPLICANT = "19900001001"


def june(day, hour=10, minute=0):
    return datetime(2026, 6, day, hour, minute, tzinfo=BEIJING)


START = june(1, 9)              # a Monday
# Five working days from Tuesday the 2nd:
YELLOW, DUE = june(4, 9), june(9, 17)


def make_case(number=1, **facts):
    settings = {"kind": "promised", "window": WINDOW, "item": "SC-03", "phone": APPLICANT,
                "value": 5, "unit": "workday", "accepted_at": june(2)}
    return Facts(f"AL{2026000000 + number}", **(settings | facts))


class Scene:
    """A world with fast polls whose time is moved."""

    def __init__(self, world):
        self.world, self.time = world, MovedTime(world)
        world.settings["source"] |= {"poll": "20ms", "reconcile_pause": "20ms"}
        world.settings["daemon"] |= {"poll": "20ms"}
        world.settings["routes"]["completed"]["window"] = "sms"
        self.window_phone = world.value(
            "SELECT address FROM duban.contact WHERE recipient = %s AND channel = 'sms'",
            (WINDOW,))
        self.applicants = set()

    def move(self, now, *cases, settle=True, set_aside=()):
        """It is `now`, and the cases are as given."""
        changes = [Change(now, replace(case, updated_at=now)) for case in cases]
        new = [change for change in changes if change.facts.case_no not in self.applicants]
        store_applicants(self.world.connection, new)
        self.applicants |= {change.facts.case_no for change in new}
        self.time.to(now, changes)
        if settle:
            self.time.settle(set_aside)

    def start(self):
        """A daemon in front of a centre that has one case long since completed."""
        before = make_case(999, status="completed", stage="completed",
                           accepted_at=START - timedelta(days=9),
                           completed_at=START - timedelta(days=8))
        self.move(START, before, settle=False)
        daemon = self.world.daemon().start()
        self.time.settle()
        return daemon

    def told(self):
        """(case's number, kind, version) of all webhooks about cases, each with how often."""
        found = Counter()
        for webhook in self.world.receiver.webhooks:
            body = webhook["body"]
            if body["type"].startswith("duban.case."):
                found[int(body["data"]["case"]["number"][-6:]), body["type"][11:],
                      body["data"]["deadline_version"]] += 1
        return found

    def texts(self):
        return self.world.gateway.texts_to(self.window_phone)

    def events(self, number=1):
        return self.world.rows("""
            SELECT kind, deadline_version, event_at, told FROM duban.event
             WHERE case_no = %s ORDER BY id""", (f"AL{2026000000 + number}",))

    def ends_without_try(self):
        """Why messages ended in the queue."""
        return [row[0] for row in self.world.rows(
            "SELECT detail FROM duban.attempt WHERE number = 0 ORDER BY at, message")]


@pytest.fixture
def scene(world):
    return Scene(world)


def test_first_contact_is_one_digest_and_no_flood(scene):
    world = scene.world
    now = june(12)
    cases = [make_case(n, accepted_at=june(1 + n % 3)) for n in range(30)]
    cases += [make_case(100 + n, accepted_at=june(8)) for n in range(5)]
    cases += [make_case(200 + n, accepted_at=june(11)) for n in range(7)]
    scene.move(now, *cases, settle=False)
    daemon = world.daemon().start()
    scene.time.settle()
    [digest] = world.receiver.webhooks
    assert (digest["path"], digest["body"]["type"]) == ("/supervision", "duban.baseline")
    counts = {count["level"]: count["clocks"] for count in digest["body"]["data"]["counts"]}
    assert counts == {"normal": 7, "yellow": 5, "red": 30}
    recorded = dict(world.rows("SELECT kind, count(*) FROM duban.event WHERE case_no <> ''"
                               " AND told = 'no: reached before first contact' GROUP BY kind"))
    assert recorded == {"yellow": 5, "red": 30} and world.gateway.messages == []

    assert daemon.term() == 0
    daemon.start()
    scene.move(now + timedelta(minutes=10))
    assert len(world.receiver.webhooks) == 1 and world.gateway.messages == []
    # From here on levels are told: those of the 11th are near, those of the 8th overdue.
    scene.move(june(15, 9))
    scene.move(june(15, 17))
    assert Counter(kind for _, kind, _ in scene.told()) == {"yellow": 7, "red": 5}


def test_a_deputy_is_told_on_the_local_day_of_an_absence(scene):
    """In China it is the 10th, in Greenwich still the 9th."""
    world = scene.world
    world.connection.execute("""
        UPDATE duban.recipient SET absent = '{[2026-06-10,2026-06-10]}', deputy = 'CENTRE'
         WHERE code = 'XNB'""")
    scene.move(june(10, 1), make_case(), settle=False)
    world.daemon().start()
    scene.time.settle()
    assert [webhook["path"] for webhook in world.receiver.webhooks] == ["/centre"]
    scene.move(june(10, 9), make_case(2, value=1))
    [red] = world.rows("""
        SELECT n.recipient, n.role FROM duban.notification n JOIN duban.event e ON e.id = n.event
         WHERE e.kind = 'red' AND n.role = 'supervision' AND n.channel = 'hook'""")
    assert red == ("CENTRE", "supervision")


def test_bad_row_is_set_aside_and_taken_up(scene):
    scene.start()
    scene.move(june(2), make_case(1, bad="unit"), make_case(2), set_aside=["AL2026000001"])
    [(case_no, reason)] = scene.world.rows("SELECT case_no, reason FROM duban.bad_row")
    assert case_no == "AL2026000001" and "年" in reason and "workday" in reason
    status = scene.world.status()
    assert "AL2026000001" in json.dumps(status, ensure_ascii=False)
    # The other one isn't held up; the mended one is told what it missed, once.
    scene.move(YELLOW, set_aside=["AL2026000001"])
    assert scene.told() == {(2, "yellow", 1): 1}
    scene.move(YELLOW + timedelta(hours=1), make_case(1))
    assert scene.told() == {(1, "yellow", 1): 1, (2, "yellow", 1): 1}
    assert scene.events() == [("yellow", 1, YELLOW, "yes")]


def test_row_from_the_future_is_taken_up_when_its_time_has_come(scene):
    scene.start()
    future = make_case(1, accepted_at=june(2))
    scene.move(june(1, 15), future, set_aside=[future.case_no])
    assert "future" in scene.world.value("SELECT reason FROM duban.bad_row")
    scene.move(june(2, 11))
    scene.move(YELLOW)
    assert scene.told() == {(1, "yellow", 1): 1}


def test_no_warning_after_a_completion(scene):
    scene.start()
    scene.move(june(2), make_case())
    scene.world.gateway.faults.add("status", match=f"to={scene.window_phone}", times=1)
    scene.move(YELLOW, settle=False)
    scene.world.wait_for(lambda: scene.world.value("SELECT attempt FROM duban.ready") == 2, 10,
                         "the warning waits for its second try")
    done = YELLOW + timedelta(seconds=1)
    scene.move(done, make_case(status="completed", stage="completed", completed_at=done),
               settle=False)
    scene.world.wait_for(lambda: scene.world.gateway.texts_to(APPLICANT), 10, "the completion")
    assert scene.texts() == []  # the window's own completion waits behind the warning
    scene.move(done + timedelta(minutes=5), settle=False)
    scene.world.wait_for(scene.ends_without_try, 10, "the warning is cancelled")
    scene.move(done + timedelta(minutes=10))  # what waited behind is looked for each minute
    [text] = scene.texts()
    assert "办结" in text and "前办结" not in text
    assert scene.ends_without_try() == ["cancelled: the case has ended"]


def test_warning_is_cancelled_by_a_suspension_and_told_anew(scene):
    scene.start()
    scene.move(june(2), make_case())
    scene.world.gateway.faults.add("status", match=f"to={scene.window_phone}", times=1)
    scene.move(YELLOW, settle=False)
    scene.world.wait_for(lambda: scene.world.value("SELECT attempt FROM duban.ready") == 2, 10,
                         "the warning waits for its second try")
    begin, end = YELLOW + timedelta(seconds=1), june(5)
    scene.move(begin, make_case(status="suspended", stops=((begin, None),)), settle=False)
    scene.world.wait_for(lambda: scene.world.value("SELECT state = 'suspended' FROM duban.clock"),
                         10, "the clock is suspended")
    scene.move(begin + timedelta(minutes=5))
    assert scene.ends_without_try() == ["cancelled: the clock is suspended"]
    assert scene.texts() == []
    scene.move(end, make_case(stops=((begin, end),)))
    assert len(scene.texts()) == 1 and "6月10日17:00" in scene.texts()[0]
    assert [event[:2] for event in scene.events()] == [("yellow", 1), ("yellow", 2)]


def test_level_is_cleared_by_an_extension(scene):
    scene.world.settings["routes"]["cleared"] = {"window": ["sms", "hook"]}
    scene.start()
    scene.move(june(2), make_case())
    scene.move(YELLOW)
    extended = june(4, 14)
    scene.move(extended, make_case(value=10))
    assert scene.events() == [("yellow", 1, YELLOW, "yes"), ("cleared", 2, extended, "yes")]
    assert scene.told() == {(1, "yellow", 1): 1, (1, "cleared", 2): 1}
    assert "黄牌已撤销：" in scene.texts()[-1] and "到期时间现为6月16日17:00" in scene.texts()[-1]
    # Five working days later, under the new promise, it is raised again.
    scene.move(june(11, 9))
    assert scene.told()[1, "yellow", 2] == 1 and "6月16日17:00" in scene.texts()[-1]


def test_case_that_vanished_is_recorded_and_silent(scene):
    scene.start()
    scene.move(june(2), make_case(1), make_case(2))
    connection = scene.world.connection
    connection.execute("DELETE FROM approval.case_file WHERE case_no = 'AL2026000001'")
    scene.world.wait_events("vanished", 1)  # the slow comparison finds it
    connection.execute("DELETE FROM approval.case_file WHERE case_no = 'AL2026000002'")
    scene.time.to(YELLOW)                   # a level comes before it does
    scene.world.wait_events("vanished", 2)
    scene.world.wait_queue_empty()
    scene.time.to(DUE)
    states = scene.world.rows("SELECT state, next_at FROM duban.clock")
    assert states == [("vanished", None)] * 2
    assert scene.told() == {} and scene.world.gateway.messages == []


def test_reload_keeps_the_old_configuration_unless_the_new_one_is_right(scene):
    world = scene.world
    daemon = scene.start()
    scene.move(june(2), make_case(1))
    scene.move(june(3), make_case(2, accepted_at=june(3)))
    good = world.config.read_text(encoding="utf-8")
    world.config.write_text(good.replace('"yellow": {', '"yelow": {', 1), encoding="utf-8")
    daemon.hup()
    daemon.wait_log("the old configuration goes on")
    [line] = [line for line in daemon.log if "the old configuration goes on" in line]
    assert f"file={world.config}" in line and "line=" in line and "yelow" in line
    scene.move(YELLOW)
    assert scene.told() == {(1, "yellow", 1): 1}

    world.settings["routes"]["yellow"] = {"supervision": "sms"}
    world.write_config()
    daemon.hup()
    daemon.wait_log("configuration in use")
    scene.move(june(5, 9))
    assert scene.told() == {(1, "yellow", 1): 1}
    assert [message["to"] for message in world.gateway.messages][1:] == [SUPERVISION_PHONE]


def test_stop_finishes_what_is_under_way(scene):
    daemon = scene.start()
    scene.move(june(2), *[make_case(n) for n in range(20)])
    scene.world.receiver.faults.add("delay", seconds=0.7, match=WINDOW_HOOK, times=None)
    scene.time.to(YELLOW)
    scene.world.wait_for(lambda: scene.world.value("SELECT count(*) FROM duban.inflight"), 10,
                         "messages are in flight")
    assert daemon.term() == 0, daemon.log_tail()
    assert scene.world.value("SELECT count(*) FROM duban.inflight") == 0
    # What was answered is logged, and what wasn't claimed waits for the next daemon.
    scene.world.receiver.faults.clear()
    daemon.start()
    scene.time.settle()
    assert scene.told() == {(n, "yellow", 1): 1 for n in range(20)}
    assert set(scene.world.receiver.counts.values()) == {1}


def test_view_with_a_wrong_column_is_named(scene):
    columns = [row[0] for row in scene.world.rows("""
        SELECT column_name FROM information_schema.columns
         WHERE table_schema = 'approval' AND table_name = 'duban_case' ORDER BY ordinal_position""")]
    shown = ", ".join({"limit_value": "limit_value::text AS limit_value"}.get(name, name)
                      for name in columns if name != "window_code")
    scene.world.connection.execute(f"""
        CREATE VIEW public.wrong_case AS SELECT {shown} FROM approval.duban_case;
        GRANT SELECT ON public.wrong_case TO duban_source""")
    scene.world.settings["source"]["relation"] = "public.wrong_case"
    daemon = scene.world.daemon().start()
    daemon.wait_log("column limit_value has type text, expected")
    daemon.wait_log("column window_code")
    assert not scene.world.initial_done()


def test_calendar_that_is_too_short(scene):
    world = scene.world
    short = {"name": "short", "include": str(ROOT / "etc/calendars/cn.yaml"),
             "valid": {"until": "2026-06-30"}}
    path = write_yaml(world.folder / "short.yaml", short)
    world.settings["calendars"], world.settings["calendar"] = {"short": str(path)}, "short"
    world.settings["routes"] |= {"beyond_calendar": {"supervision": ["sms", "hook"]},
                                 "calendar_ending": {"supervision": ["hook"]}}
    daemon = scene.start()
    beyond = [make_case(n, value=30) for n in (1, 2, 3)]
    set_aside = [case.case_no for case in beyond]
    scene.move(june(2), *beyond, make_case(4), set_aside=set_aside)
    world.wait_events("beyond_calendar", 1)
    world.wait_events("calendar_ending", 1)
    scene.move(YELLOW, set_aside=set_aside)
    reasons = {row[0] for row in world.rows("SELECT reason FROM duban.bad_row")}
    assert all("short" in reason and "2026-06-30" in reason for reason in reasons), reasons
    types = Counter(webhook["body"]["type"] for webhook in world.receiver.webhooks)
    assert types["duban.beyond_calendar"] == types["duban.calendar_ending"] == 1
    [text] = world.gateway.texts_to(SUPERVISION_PHONE)
    assert "2026" in text and "日历" in text and "normal" not in text
    assert scene.told() == {(4, "yellow", 1): 1}

    write_yaml(path, short | {"valid": {"until": "2026-12-31"}})
    daemon.hup()
    daemon.wait_log("configuration in use")
    scene.time.settle()
    assert world.value("SELECT count(*) FROM duban.clock WHERE state = 'running'") == 4


def leader_of(world):
    node = world.value("SELECT id FROM duban.node WHERE leader")
    leaders = [daemon for daemon in world.daemons if daemon.log_has(f"joined node={node}")]
    return leaders[0] if leaders else None


def test_two_daemons_and_the_death_of_the_leader(scene):
    world = scene.world
    first = scene.start()
    second = world.daemon().start()
    second.wait_log("joined")
    scene.move(june(2), *[make_case(n) for n in range(60)])
    world.receiver.faults.add("delay", seconds=0.05, times=None)
    scene.move(YELLOW)
    assert scene.told() == {(n, "yellow", 1): 1 for n in range(60)}
    assert world.value("SELECT count(DISTINCT node) FROM duban.attempt"
                       " WHERE verdict = 'delivered'") == 2
    assert leader_of(world) is first and not second.log_has("this daemon leads")

    first.kill9()
    second.wait_log("this daemon leads", 15)
    scene.move(DUE)
    assert scene.told() == {(n, kind, 1): 1 + (kind == "red") for n in range(60)
                            for kind in ("yellow", "red")}
    assert set(world.receiver.counts.values()) == {1}
    assert world.count_events("yellow") == world.count_events("red") == 60
    assert max(Counter(scene.texts()).values()) == 1


def test_messages_of_a_daemon_that_died(scene):
    """Webhooks are sent again with their id; what a gateway may have taken is parked, and said."""
    world = scene.world
    first = scene.start()
    scene.move(june(2), make_case())
    for stand_in in (world.receiver, world.gateway):
        stand_in.faults.add("hang", taken=True, times=1)
    scene.time.to(YELLOW)
    world.wait_for(lambda: len(scene.texts()) == 1 and len(world.receiver.webhooks) == 2, 10,
                   "both have arrived, unanswered")
    first.kill9()
    second = world.daemon().start()
    second.wait_log("took over from a dispatcher that stopped")
    scene.time.settle()
    assert sorted(world.receiver.counts.values()) == [1, 2] and scene.told()[1, "yellow", 1] == 2
    assert len(scene.texts()) == 1
    [(verdict, reason)] = world.rows("SELECT verdict, reason FROM duban.dead")
    assert verdict == "unknown" and "arrived" in reason
