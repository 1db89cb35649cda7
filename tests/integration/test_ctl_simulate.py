"""dubanctl simulate: what it tells, what it compares, what it refuses. That its figures are those of
the daemon is shown in test_simulate.py."""

import copy
import json
import subprocess

import pytest

from harness.centre import SUPERVISION_PHONE, make_directory, write_yaml
from harness.oracle import Facts
from harness.year import Change, store, store_applicants
from test_people import may

WINDOW = "SC-W1"
PERIOD = "--from", "2026-05-01", "--to", "2026-06-01"


def make_case(number, **facts):
    """Five working days from Wednesday, 6 May (Saturday the 9th is one): yellow on Friday the 8th,
    red on Tuesday the 12th at closing."""
    return Facts(**{"case_no": f"AL2026{number:06}", "kind": "promised", "window": WINDOW,
                    "item": "SC-01", "phone": f"1990000{1000 + number}", "value": 5,
                    "unit": "workday", "accepted_at": may(6, 10), "updated_at": may(6, 10), **facts})


class Bench:
    """A world with cases, and the program in front of it."""

    def __init__(self, world):
        self.world = world
        cases = [
            make_case(1, status="completed", stage="completed", completed_at=may(7, 10)),
            make_case(2, status="completed", stage="completed", completed_at=may(12, 16)),
            make_case(3, status="completed", stage="completed", completed_at=may(14, 10)),
            make_case(4),
            make_case(5, bad="unit"),
            make_case(6, value=400),
            make_case(7, accepted_at=may(1, 10).replace(month=3), status="completed",
                      stage="completed", completed_at=may(30, 10).replace(month=4))]
        changes = [Change(may(15), case) for case in cases]
        store_applicants(world.connection, changes)
        with world.connection.transaction():
            store(world.connection, changes)
        world.set_now(may(31))
        world.settings["routes"] = {"yellow": {"window": "sms"}, "completed": {"applicant": "sms"},
                                    "red": {"window": "sms", "supervision": "sms"}}

    def run(self, *arguments, config=None):
        command = [self.world.programs.dubanctl, "--config", config or self.world.write_config(),
                   "simulate", *arguments]
        return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)

    def json(self, *arguments):
        found = self.run(*PERIOD, "--json", *arguments)
        assert found.returncode == 0, found.stderr
        return json.loads(found.stdout)

    def write_other(self, change):
        settings = copy.deepcopy(self.world.settings)
        change(settings)
        return write_yaml(self.world.folder / "other.yaml", settings)


@pytest.fixture
def bench(world):
    return Bench(world)


def kinds(run):
    return {one["kind"]: one["recorded"] for one in run["kinds"]}


def test_a_month(bench):
    found = bench.json()
    [run] = found["runs"]
    assert found["cases"] == 6  # not the one that ended before
    assert (found["from"], found["to"]) == ("2026-05-01T00:00:00+08:00",
                                            "2026-06-01T00:00:00+08:00")
    assert kinds(run) == {"yellow": 3, "red": 2, "completed": 3}
    assert run["clocks"] == [{"clock": "completion", "ended": 3, "in_time": 2, "otherwise": 0,
                              "open": 1, "overdue": 1}]
    [department] = run["departments"]["first"]
    assert (department["code"], department["levels"], department["ended"]) == (
        "SC", {"yellow": 3, "red": 2}, 3)
    sms = next(one for one in run["channels"] if one["channel"] == "sms")
    assert sms == {"channel": "sms", "messages": 10, "notifications": 10, "cancelled": 0,
                   "off_duty": 0, "unreachable": 0, "held": 0, "left_out": 0}
    assert {one["code"]: (one["messages"], one["worst_day"], one["worst"])
            for one in run["recipients"]["first"] if one["code"]} == {
                WINDOW: (5, "2026-05-08", 3), "XNB": (2, "2026-05-12", 2)}
    assert run["busiest_minute"] == {"at": "2026-05-12T17:00:00+08:00", "messages": 4,
                                     "channels": {"sms": 4, "hook": 0}}
    assert found["changes"] is None
    assert SUPERVISION_PHONE not in json.dumps(found) and "1990000" not in json.dumps(found)


def test_cases_that_cannot_be_computed_are_counted(bench):
    found = bench.json()
    assert found["bad_rows"]["count"] == 1
    [bad] = found["bad_rows"]["reasons"]
    assert "年" in bad["reason"] and bad["examples"] == ["AL2026000005"]
    failed = found["runs"][0]["failed"]
    assert failed["count"] == 1
    [reason] = failed["reasons"]
    assert "calendar 'cn' ends on 2026-12-31" in reason["reason"]
    assert reason["examples"] == ["AL2026000006"]


def test_in_words(bench):
    chinese = bench.run(*PERIOD).stdout
    assert "推演 2026-05-01（周五）00:00 至 2026-06-01（周一）00:00，办件 6 件" in chinese
    assert "\n  办结  黄牌     3     3\n  办结  红牌     2     2\n  办结  办结     3     3\n" in chinese
    assert "2026-05-12（周二）17:00，4 条（sms 4）" in chinese
    english = bench.run(*PERIOD, "--lang", "en").stdout
    assert "\n  completion  yellow            3     3\n" in english
    assert "AL2026000005" in english and "nothing was sent" in english


def test_the_same_configuration_changes_nothing(bench):
    found = bench.json("--against", bench.write_other(lambda settings: None))
    before, after = found["runs"]
    assert {**before, "config": ""} == {**after, "config": ""}
    assert found["changes"] == {
        "cases": 0, "examples": {"appears": [], "disappears": [], "earlier": [], "later": []},
        "levels": [{"clock": "completion", "level": level, "same": count, "appears": 0,
                    "disappears": 0, "earlier": 0, "later": 0}
                   for level, count in (("yellow", 3), ("red", 2))]}


def other_policy(settings):
    settings["policies"]["standard"] = [
        {"level": "yellow", "label": "黄牌", "before": "1 workday"},
        {"level": "black", "label": "黑牌", "after": "1 workday"}]
    settings["routes"] = {"yellow": {"window": ["sms", "hook"]}, "black": {"centre": "sms"}}


def test_another_configuration(bench):
    other = bench.write_other(other_policy)
    found = bench.json("--against", other)
    assert kinds(found["runs"][1]) == {"yellow": 3, "black": 2, "completed": 3}
    changes = found["changes"]
    assert changes["cases"] == 3
    by_level = {one["level"]: {key: one[key] for key in
                               ("same", "appears", "disappears", "earlier", "later")}
                for one in changes["levels"]}
    nothing = dict.fromkeys(("same", "appears", "disappears", "earlier", "later"), 0)
    assert by_level == {"yellow": {**nothing, "later": 3}, "red": {**nothing, "disappears": 2},
                        "black": {**nothing, "appears": 2}}
    assert changes["examples"]["later"][0] == {
        "case_no": "AL2026000002", "clock": "completion", "level": "yellow",
        "before": "2026-05-08T09:00:00+08:00", "after": "2026-05-11T09:00:00+08:00"}
    text = bench.run(*PERIOD, "--against", other).stdout
    assert "\n  办结  黑牌     0  2  +2     0  2  +2\n" in text
    assert "黑牌" in text.split("例子")[1] and str(other) in text


def test_a_directory_file_needs_no_state(bench):
    world = bench.world
    directory = write_yaml(world.folder / "other-people.yaml",
                           make_directory(world.connection, world.receiver.url))
    [from_state] = bench.json()["runs"]
    world.settings["state"]["dsn"] = "host=/nonexistent dbname=duban"
    [from_file] = bench.json("--directory", directory)["runs"]
    assert {**from_file, "version": ""} == {**from_state, "version": ""}
    assert bench.run(*PERIOD).returncode == 1


@pytest.mark.parametrize("options, told", [
    (("--from", "2026-05-01"), "dubanctl simulate --from DATE"),
    (("--from", "2026-06-01", "--to", "2026-05-01"), "--to 2026-05-01 不晚于 --from 2026-06-01"),
    (("--from", "2026-06-01", "--to", "2026-06-01"), "不晚于"),
    (("--from", "May", "--to", "2026-06-01"), "--from: 'May' is not a date"),
    (("--from", "2019-12-31", "--to", "2026-06-01"),
     "--from: calendar 'cn' begins on 2020-01-01: 2019-12-31 lies before it"),
    (("--from", "2026-05-01", "--to", "2027-01-02"),
     "--to: calendar 'cn' ends on 2026-12-31"),
    ((*PERIOD, "--top", "many"), "--top: 'many' is no number from 1 to 1000000"),
    ((*PERIOD, "--until", "2026-05-01"), "simulate"),
    ((*PERIOD, "now"), "simulate"),
])
def test_wrong_usage(bench, options, told):
    found = bench.run(*options)
    assert found.returncode == 2 and found.stdout == ""
    assert told in found.stderr, found.stderr


def test_what_is_missing_is_said(bench):
    found = bench.run(*PERIOD, "--against", "/nonexistent.yaml")
    assert found.returncode == 1 and "/nonexistent.yaml" in found.stderr
    bench.world.settings["source"]["relation"] = "approval.nothing"
    found = bench.run(*PERIOD)
    assert found.returncode == 1
    assert 'source: relation "approval.nothing" does not exist' in found.stderr
    bench.world.settings["source"]["relation"] = "approval.item"
    found = bench.run(*PERIOD)
    assert found.returncode == 1 and "source: approval.item: column case_no" in found.stderr
