"""What people do and how they are reminded: reminders over a weekend and a make-up Saturday,
acknowledgements, silences; test messages, with and without a daemon."""

import json
import re
import subprocess
from collections import defaultdict
from dataclasses import replace
from datetime import datetime

import pytest

from harness.moved import MovedTime
from harness.oracle import Facts
from harness.workdays import BEIJING
from harness.year import Change, store_applicants

WINDOW, WINDOW_HOOK, DEPARTMENT_HOOK = "SC-W1", "/window/SC-W1", "/department/SC"
NUMBER = re.compile(r"AL(\d{10})")


def may(day, hour=9, minute=0):
    return datetime(2026, 5, day, hour, minute, tzinfo=BEIJING)


def make_case(number, **facts):
    """Overdue on Thursday the 7th at closing. Saturday the 9th is a make-up day."""
    settings = {"kind": "promised", "window": WINDOW, "item": "SC-03", "phone": f"1990000{number:04}",
                "value": 1, "unit": "workday", "accepted_at": may(6, 10)}
    return Facts(f"AL{2026000000 + number}", **(settings | facts))


class Scene:
    """A world with fast polls whose time is moved."""

    def __init__(self, world):
        self.world, self.time = world, MovedTime(world)
        world.settings["source"] |= {"poll": "20ms", "reconcile_pause": "20ms"}
        world.settings["daemon"] |= {"poll": "20ms"}
        world.settings["routes"] = {"red": {"window": "sms"}}
        world.settings["reminders"] = {"red": {"most": 4, "steps": [
            {"tell": {"window": "sms"}},
            {"from": 3, "tell": {"department": "hook", "supervision": "hook"}}]}}
        self.phone = world.value("SELECT address FROM duban.contact WHERE recipient = %s AND"
                                 " channel = 'sms'", (WINDOW,))

    def move(self, now, *cases, settle=True):
        changes = [Change(now, replace(case, updated_at=now)) for case in cases]
        store_applicants(self.world.connection, [c for c in changes if c.facts.status == "open"])
        self.time.to(now, changes)
        if settle:
            self.time.settle()

    def start(self):
        """A daemon in front of a centre that has one case long since completed."""
        before = make_case(999, accepted_at=may(6, 9))
        store_applicants(self.world.connection, [Change(may(6, 9), before)])
        self.time.to(may(6, 9), [Change(may(6, 9), replace(
            before, status="completed", stage="completed", completed_at=may(6, 9),
            updated_at=may(6, 9)))])
        daemon = self.world.daemon().start()
        self.time.settle()
        return daemon

    def run(self, *arguments):
        return subprocess.run([self.world.programs.dubanctl, "--config", self.world.owner_config,
                               *map(str, arguments)], capture_output=True, text=True, check=False)

    def text(self, *arguments):
        done = self.run(*arguments)
        assert done.returncode == 0 and done.stderr == "", done.stderr
        return done.stdout

    def reminders(self):
        """{number of the case: [(its how manieth, day and hour)]}"""
        found = defaultdict(list)
        for case_no, repeat, at in self.world.rows(
                "SELECT case_no, repeat, event_at FROM duban.event WHERE kind = 'reminder' ORDER BY id"):
            local = at.astimezone(BEIJING)
            found[int(case_no[-3:])].append((repeat, local.day, local.hour))
        return dict(found)

    def texts(self, start):
        """Numbers of the cases that the window got such a text of, in their order."""
        return [int(NUMBER.search(text)[1][-3:]) for text in self.world.gateway.texts_to(self.phone)
                if text.startswith(start)]

    def hooks(self, path):
        """[(case, level, how manieth)] of the reminders that a webhook got."""
        return [(int(body["data"]["case"]["number"][-3:]), body["data"]["level"], body["data"]["reminder"])
                for webhook in self.world.receiver.webhooks
                if webhook["path"] == path and (body := webhook["body"])["type"] == "duban.case.reminder"]


@pytest.fixture
def scene(world):
    return Scene(world)


def test_reminders_follow_the_calendar_and_end(scene):
    daemon = scene.start()
    scene.move(may(6, 10), *(make_case(n) for n in (1, 2, 3, 4)))
    scene.move(may(7, 17))
    assert scene.world.count_events("red") == 4 and scene.reminders() == {}
    scene.move(may(7, 20))
    added = scene.text("silence", "add", "case", make_case(4).case_no, "--until", "2026-05-09 12:00",
                       "--reason", "现场核查", "--by", "王主任")
    assert added == f"免打扰 1：case {make_case(4).case_no}，到 2026-05-09 12:00:00+08:00\n"
    scene.move(may(8, 8, 59))
    assert scene.reminders() == {}
    scene.move(may(8, 9))
    assert scene.reminders() == {1: [(1, 8, 9)], 2: [(1, 8, 9)], 3: [(1, 8, 9)]}
    assert sorted(scene.texts("催办（第1次）：")) == [1, 2, 3]

    # One is acknowledged, one completed.
    scene.move(may(8, 10), replace(make_case(3), status="completed", stage="completed",
                                   completed_at=may(8, 10)))
    acknowledged = scene.text("ack", make_case(2).case_no, "--by", "李科长", "--note", "已安排")
    assert acknowledged == "completion: 已签收（红牌，到期 2026-05-07 17:00:00+08:00），不再催办\n"
    assert "此前已签收" in scene.text("ack", make_case(2).case_no, "--by", "王主任")
    refused = scene.run("ack", make_case(3).case_no, "--by", "王主任")
    assert (refused.returncode, refused.stdout) == (1, "completion: 已经结束，无需签收\n")
    scene.move(may(8, 16))

    # Over a restart: the make-up Saturday, not the Sunday.
    assert daemon.term() == 0
    scene.move(may(9), settle=False)
    daemon.start()
    scene.time.settle()
    scene.move(may(10))
    scene.move(may(10, 15))
    assert scene.reminders() == {1: [(1, 8, 9), (2, 9, 9)], 2: [(1, 8, 9)], 3: [(1, 8, 9)]}
    assert scene.hooks(DEPARTMENT_HOOK) == scene.hooks("/supervision") == []

    # From the third on others are told too; the silence is over.
    scene.move(may(11))
    assert scene.reminders()[1][2:] == [(3, 11, 9)] and scene.reminders()[4] == [(1, 11, 9)]
    assert scene.hooks(DEPARTMENT_HOOK) == scene.hooks("/supervision") == [(1, "red", 3)]
    assert scene.texts("催办（第3次）：") == [1]

    # The daemon was away for two openings: one reminder, of the first case the last.
    assert daemon.term() == 0
    scene.move(may(13, 10), settle=False)
    daemon.start()
    scene.time.settle()
    scene.move(may(14))
    assert scene.reminders()[1][3:] == [(4, 13, 10)]
    assert scene.reminders()[4] == [(1, 11, 9), (2, 13, 10), (3, 14, 9)]
    assert [case for case, _, _ in scene.hooks(DEPARTMENT_HOOK)] == [1, 1, 4]
    assert len(scene.texts("催办")) == sum(map(len, scene.reminders().values()))

    # Nothing else than levels, reminders, the acknowledgement and the completion was recorded.
    kinds = dict(scene.world.rows("SELECT kind, count(*) FROM duban.event WHERE case_no <> ''"
                                  " AND case_no NOT LIKE '%%999' AND kind <> 'yellow' GROUP BY kind"))
    assert kinds == {"red": 4, "reminder": 9, "acknowledged": 1, "completed": 1}


def test_silences_are_listed_and_ended(scene):
    scene.time.to(may(7))
    code = "SC-W1"
    scene.text("silence", "add", "window", code, "--until", "2026-05-08", "--reason", "搬迁", "--by", "王主任")
    planned = scene.run("silence", "add", "department", "XX", "--from", "2026-05-09", "--until",
                        "2026-05-10T00:00:00Z", "--reason", "演练", "--by", "李科长", "--json")
    assert (planned.returncode, json.loads(planned.stdout)["known"]) == (0, False)
    assert "还不知道 department 'XX'" in planned.stderr
    assert [(row["id"], row["state"]) for row in json.loads(scene.text("silence", "list", "--json"))] == [
        (2, "planned"), (1, "active")]
    assert scene.text("silence", "end", 1, "--by", "王主任") == "免打扰 1 已结束，放出 0 条通知\n"
    listed = scene.text("silence", "list", "--all")
    assert re.search(r"1 +已提前结束 +window +SC-W1 .*王主任：搬迁；王主任 结束于 2026-05-07 09:00", listed)
    assert re.search(r"2 +未开始 .*2026-05-09 00:00:00\+08:00 – 2026-05-10 08:00:00\+08:00", listed)


@pytest.mark.parametrize("arguments, status, told", [
    (["silence", "add", "case", "A", "--until", "2026-05-06", "--reason", "r", "--by", "w"], 1,
     "the end of the silence has passed already"),
    (["silence", "add", "world", "A", "--until", "2026-06-06", "--reason", "r", "--by", "w"], 1,
     "'world' is no scope; expected case, item, window or department"),
    (["silence", "add", "case", "A", "--until", "2026-06-06", "--reason", " ", "--by", "w"], 1,
     "a silence needs a reason"),
    (["silence", "add", "case", "A", "--until", "morgen", "--reason", "r", "--by", "w"], 1, "--until: "),
    (["silence", "add", "case", "A", "--reason", "r", "--by", "w"], 2, "用法："),
    (["silence", "end", "7", "--by", "w"], 1, "there is no silence 7"),
    (["silence", "end", "7x", "--by", "w"], 2, "用法："),
    (["silence", "list", "more"], 2, "用法："),
    (["silence"], 2, "silence add"),
    (["ack", "A1"], 2, "用法："),
    (["ack", "A1", "--by", "w"], 1, "没有办件 'A1'"),
    (["test-send", "sms"], 2, "用法："),
    (["test-send", "sms", "SC-W1", "--wait", "soon"], 2, "--wait: 'soon' is not a length of time"),
    (["test-send", "smss", "SC-W1"], 1, "the channel 'smss' is unknown; did you mean 'sms'?"),
    (["test-send", "sms", "SC-W99"], 1, "the directory has no 'SC-W99'"),
    (["test-send", "sms", "SC-W1", "--address", "12"], 1, "is not a mobile number"),
    (["test-send", "sms", "SC"], 1, "SC 在渠道 sms 上没有联系方式"),
])
def test_mistakes_are_told(shared, arguments, status, told):
    done = shared.run(*arguments)
    assert (done.returncode, done.stdout) == (status, "")
    assert told in done.stderr
    assert shared.world.value("SELECT count(*) FROM duban.event") == 0


@pytest.fixture(scope="module")
def shared(cluster, template, programs, tmp_path_factory):
    """One world for everything that changes nothing."""
    from harness.world import World
    name = cluster.create_database(template)
    made = World(cluster, name, programs, tmp_path_factory.mktemp("people"))
    try:
        made.import_directory()
        scene = Scene(made)
        scene.time.to(may(7))
        yield scene
    finally:
        made.close()
        cluster.drop_database(name)


def test_a_test_message_goes_the_whole_way(scene):
    """Nobody runs, all is well, the gateway is broken: one world."""
    scene.time.to(may(6, 9))
    alone = scene.run("test-send", "sms", WINDOW, "--wait", "0s")
    assert (alone.returncode, alone.stdout.splitlines()[0]) == (1, "在等：没有 duband 在运行")
    daemon = scene.start()
    scene.world.wait_for(lambda: len(scene.world.gateway.messages) == 1)  # it wasn't lost

    sent = scene.text("test-send", "sms", WINDOW)
    masked = f"{scene.phone[:3]}****{scene.phone[-4:]}"
    assert re.fullmatch(rf"{re.escape(masked)}  消息 \d+（\w+-\d+）\n"
                        rf"2026-05-06 09:00:00\+08:00  {re.escape(masked)}  #1 已受理 202 \d+ms .*\n"
                        r"成功\n", sent), sent
    [_, text] = scene.world.gateway.texts_to(scene.phone)
    assert re.fullmatch(r"这是督办系统的测试消息，请忽略。\S+ 2026-05-06 09:00", text)

    hook = json.loads(scene.text("test-send", "hook", WINDOW, "--json", "--address",
                                 f"{scene.world.receiver.url}/elsewhere"))
    [notification] = hook["notifications"]
    assert (hook["result"], notification["attempts"][0]["verdict"]) == ("done", "delivered")
    [webhook] = scene.world.receiver.webhooks
    assert (webhook["path"], webhook["body"]["type"]) == ("/elsewhere", "duban.test")
    assert webhook["body"]["data"]["recipient"]["role"] == "window"
    assert "elsewhere" not in json.dumps(notification["address"])

    # Each is an event of its own, that nobody else is told of.
    assert scene.world.count_events("test") == 3

    scene.world.gateway.faults.add("status", status=503, times=None)
    broken = scene.run("--lang", "en", "test-send", "sms", WINDOW, "--wait", "1500ms")
    assert broken.returncode == 1 and " #1 temporary 503 " in broken.stdout
    assert "waiting: in the queue, next try 2026-05-06 09:00:0" in broken.stdout
    assert broken.stdout.endswith("the message stays, see dubanctl message list --kind test\n")

    scene.world.gateway.faults.clear()
    scene.world.gateway.faults.add("status", status=400, times=None, body=(
        "Number(s) has/have been denied by white- and/or black-lists."))
    refused = json.loads(scene.run("test-send", "sms", WINDOW, "--json").stdout)
    assert refused["result"] == "failed" and refused["notifications"][0]["dead"]["verdict"] == "permanent"
    assert daemon.is_running()
