"""dubanctl explain: why a date is what it is, who was told, and whether it arrived."""

import json
import subprocess
from dataclasses import replace
from datetime import datetime
from html.parser import HTMLParser

import pytest

from harness.centre import write_yaml
from harness.moved import MovedTime
from harness.oracle import Facts
from harness.workdays import BEIJING
from harness.year import Change, store_applicants


def may(day, hour=9, minute=0):
    return datetime(2026, 5, day, hour, minute, tzinfo=BEIJING)


def make_case(number, **facts):
    """Five working days from Wednesday the 6th; Saturday the 9th is a make-up day."""
    settings = {"kind": "promised", "window": "SC-W1", "item": "SC-03", "phone": f"1990000{number:04}",
                "value": 5, "unit": "workday", "accepted_at": may(6, 10)}
    return Facts(f"AL{2026000000 + number}", **(settings | facts))


class Scene:
    def __init__(self, world):
        self.world, self.time = world, MovedTime(world)
        world.settings["source"] |= {"poll": "20ms", "reconcile_pause": "20ms"}
        world.settings["daemon"] |= {"poll": "20ms"}
        self.daemon, self.applicants = None, set()

    def move(self, now, *cases):
        changes = [Change(now, replace(case, updated_at=now)) for case in cases]
        store_applicants(self.world.connection,
                         [c for c in changes if c.facts.case_no not in self.applicants])
        self.applicants |= {case.case_no for case in cases}
        self.time.to(now, changes)
        if self.daemon:
            self.time.settle()

    def start(self):
        """A daemon in front of a centre that has one case long since completed."""
        self.move(may(6, 9), make_case(999, accepted_at=may(6, 9), status="completed", stage="completed",
                                       completed_at=may(6, 9)))
        self.daemon = self.world.daemon().start()
        self.time.settle()

    def run(self, *arguments, config=None):
        return subprocess.run([self.world.programs.dubanctl, "--config", config or self.world.config,
                               "explain", *map(str, arguments)], capture_output=True, text=True)

    def text(self, *arguments, **others):
        done = self.run(*arguments, **others)
        assert done.returncode == 0 and done.stderr == "", done.stderr
        return done.stdout

    def json(self, *arguments, **others):
        return json.loads(self.text(*arguments, "--json", **others))


@pytest.fixture
def scene(world):
    return Scene(world)


@pytest.fixture
def told(scene):
    """A case that was suspended over the make-up Saturday and then warned of: due on the 14th."""
    scene.start()
    case = make_case(1)
    scene.move(may(6, 10), case)
    scene.move(may(8, 10), replace(case, status="suspended", stops=((may(8, 10), None),)))
    scene.move(may(11, 10), replace(case, stops=((may(8, 10), may(11, 10)),)))
    scene.move(may(12, 9, 30))
    return scene


class Page(HTMLParser):
    """Checks that tags are closed in their order; collects the rows of tables by their classes."""

    def __init__(self, text):
        super().__init__()
        self.open, self.rows, self.names = [], {}, set()
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.names |= {name for name, _ in attributes}
        if tag == "tr":
            self.row = self.rows.setdefault(dict(attributes).get("class"), [])
            self.row.append([])
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in ("th", "td"):
            self.row[-1].append(data)


def test_text_says_why_day_by_day(told):
    text = told.text("AL2026000001")
    lines = [" ".join(line.split()) for line in text.splitlines()]
    for expected in (
            "最高级别 黄牌，来自计时“办结”",
            "到期 2026-05-14（周四）17:00，还有2个工作日",
            "时限 承诺时限 5个工作日",
            "计算方法 起算当日不计，自次日起算（民法典 201）",
            "2026-05-06（周三） – 工作日，起算日，不计 10:00 起算",
            "2026-05-09（周六） – 调休上班，停表，不计（劳动节）",
            "2026-05-10（周日） – 休息日，不计",
            "2026-05-12（周二） 3/5 工作日，计 今日",
            "2026-05-14（周四） 5/5 工作日，计 17:00 到期，17:00 将达红牌",
            "红牌 到期 2026-05-14（周四）17:00 未到"):
        assert expected in lines, text
    assert ("黄牌 到期前3个工作日，当日上班时 2026-05-08（周五）09:00"
            " 已达到；记录于 2026-05-11（周一）10:00，已告知；共记录2次") in lines, text
    assert any(line.startswith("2026-05-08（周五）10:00 黄牌 未告知：停表中") for line in lines), text
    assert any("→ 窗口" in line and "sms 199****" in line and "已发出" in line for line in lines), text
    assert "19900000001" not in text  # the applicant's
    english = told.text("--lang", "en", "AL2026000001")
    assert "Sat 2026-05-09" in english and "make-up working day, suspended, not counted" in english


def test_json_and_one_clock(told):
    document = told.json("AL2026000001")
    [clock] = document["clocks"]
    assert (clock["state"], clock["level"]["level"], clock["due_at"]) == (
        "running", "yellow", "2026-05-14T17:00:00+08:00")
    assert clock["differs"] == [] and clock["by_rules"] and document["source"]["state"] == "read"
    assert [(s["effect"], s["given_back"]) for s in clock["suspensions"]] == [
        ("counts", {"value": 2, "unit": "workday"})]
    assert [d["date"] for d in clock["ledger"]["days"] if d["number"]] == [
        "2026-05-07", "2026-05-08", "2026-05-12", "2026-05-13", "2026-05-14"]
    yellow = [event for event in clock["events"] if event["kind"] == "yellow"][-1]
    assert (yellow["deadline_version"], yellow["told"]) == (2, True)
    channels = {n["channel"]: n for n in yellow["notifications"]}
    assert set(channels) == {"sms", "hook"}
    assert channels["hook"]["message"]["arrival"] is None
    assert {n["message"]["state"] for n in channels.values()} == {"done"}
    assert channels["hook"]["address"].endswith("/…")
    assert told.json("AL2026000001", "--clock", "completion")["clocks"] == document["clocks"]


def test_pages_are_well_formed_and_whole(told):
    hostile = "<script>alert(1)</script>"
    told.world.connection.execute("UPDATE approval.applicant SET applicant_name = %s", (hostile,))
    told.world.connection.execute("UPDATE approval.item SET item_name = %s", (hostile,))
    told.world.connection.execute("UPDATE duban.recipient SET name = %s", (hostile,))
    text = told.text("AL2026000001", "--html")
    page = Page(text)
    assert [row[0] for row in page.rows["suspended"]] == ["2026-05-09（周六）", "2026-05-11（周一）"]
    assert [row[0] for row in page.rows["counted today"]] == ["2026-05-12（周二）"]
    assert [row[1] for row in page.rows["counted due"]] == ["5/5"]
    assert not page.names & {"style", "onclick", "onload", "src", "href"}
    assert "<script" not in text and "&lt;script&gt;alert(1)" in text


def test_another_instant(told):
    then = told.json("AL2026000001", "--at", "2026-05-08 12:00")
    [clock] = then["clocks"]
    assert (clock["state"], clock["level"]["level"]) == ("suspended", "yellow")
    assert [(event["kind"], event["why_not"]) for event in clock["events"]] == [
        ("yellow", "the clock is suspended")]
    assert told.json("AL2026000001", "--at", "2026-05-07")["clocks"][0]["events"] == []
    assert then["facts"]["status"] == "suspended" and clock["suspensions"][0]["to"] is None
    later = told.json("AL2026000001", "--at", "2026-05-15 12:00")["clocks"][0]
    assert later["level"]["level"] == "red" and later["workdays_left"] == -1


def test_the_end_of_a_case(told):
    told.move(may(13, 15), replace(make_case(1), stops=((may(8, 10), may(11, 10)),), status="completed",
                                   stage="completed", completed_at=may(13, 15)))
    [clock] = told.json("AL2026000001")["clocks"]
    assert (clock["state"], clock["ending"], clock["workdays_left"]) == ("stopped", "completed", 1)
    assert [(level["level"], level["state"]) for level in clock["levels"]] == [
        ("yellow", "holds"), ("red", "spared")]
    completed = next(event for event in clock["events"] if event["kind"] == "completed")
    [applicant] = completed["notifications"]
    assert (applicant["role"], applicant["address"]) == ("applicant", "199****0001")
    assert "提前1个工作日" in told.text("AL2026000001")


def test_who_knows_the_case(told):
    world = told.world
    assert told.daemon.term() == 0
    told.daemon = None
    # Only the source: it came while no daemon ran.
    told.move(may(12, 11), make_case(3))
    unseen = told.json("AL2026000003")
    assert not unseen["stored"] and unseen["clocks"][0]["due_at"] == "2026-05-12T17:00:00+08:00"
    assert "还没有收录此件" in told.text("AL2026000003")
    # Only duban.
    world.connection.execute("DELETE FROM approval.case_file WHERE case_no = 'AL2026000001'")
    gone = told.json("AL2026000001")
    assert gone["source"]["state"] == "absent" and gone["facts"] is None
    assert gone["clocks"][0]["level"]["level"] == "yellow" and gone["clocks"][0]["events"]
    assert "审批系统中没有此件" in told.text("AL2026000001")
    # Nobody.
    unknown = told.run("AL0")
    assert (unknown.returncode, unknown.stdout) == (1, "")
    assert unknown.stderr == "dubanctl: there is no case 'AL0'\n"
    assert told.run("AL2026000001", "--clock", "nonsense").returncode == 1
    for wrong in ([], ["A", "B"], ["A", "--html", "--json"], ["A", "--at", "yesterday"], ["--no"]):
        assert told.run(*wrong).returncode == 2, wrong


def test_without_the_source(told):
    world = told.world
    away = json.loads(world.config.read_text())
    away["source"]["dsn"] = f"host={world.folder} dbname=nowhere connect_timeout=1"
    config = write_yaml(world.folder / "away.yaml", away)
    document = told.json("AL2026000001", config=config)
    assert document["source"]["state"] == "away" and document["source"]["problem"]
    [clock] = document["clocks"]
    assert (clock["level"]["level"], clock["state"], clock["by_rules"]) == ("yellow", "running", False)
    assert [event["kind"] for event in clock["events"]][-1] == "yellow"
    assert "无法访问审批系统" in told.text("AL2026000001", config=config)
    unknown = told.run("AL0", config=config)
    assert unknown.returncode == 1 and "the source can't be asked" in unknown.stderr
