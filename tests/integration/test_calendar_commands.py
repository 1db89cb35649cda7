"""dubanctl calendar: what people and scripts see of the calendars."""

import datetime
import json
import subprocess

import pytest

from harness.centre import ROOT

CN = ROOT / "etc/calendars/cn.yaml"


@pytest.fixture
def calendar(programs):
    """Runs a subcommand; (exit code, stdout, stderr)."""
    def run(*arguments, language="zh"):
        done = subprocess.run([programs.dubanctl, "--lang", language, "calendar", *arguments],
                              capture_output=True, text=True, timeout=30)
        return done.returncode, done.stdout, done.stderr
    return run


def days_of(calendar, path, year):
    code, out, _ = calendar("show", str(year), "--json", "--calendar", str(path))
    assert code == 0
    return json.loads(out)["days"]


def test_a_deadline_for_people_and_for_scripts(calendar):
    arguments = ("due", "2026-09-30 10:00", "3", "--calendar", str(CN))
    assert calendar(*arguments)[1].splitlines()[1] == "到期 2026-10-10（周六）17:00"
    assert calendar(*arguments, language="en")[1].splitlines()[1] == "due   Sat 2026-10-10 17:00"
    assert json.loads(calendar(*arguments, "--json")[1])["due_at"] == "2026-10-10T17:00:00+08:00"


def test_options_change_the_deadline(calendar):
    def due(*arguments):
        return json.loads(calendar("due", "--json", "--calendar", str(CN), *arguments)[1])["due_at"]
    assert due("2026-11-21", "1") == "2026-11-23T17:00:00+08:00"
    assert due("2026-11-21", "1", "--roll-forward") == "2026-11-24T17:00:00+08:00"
    assert due("2026-11-16 10:20", "2", "--due", "same-time") == "2026-11-18T10:20:00+08:00"
    assert due("2026-11-16T02:20:00Z", "8workhour") == "2026-11-17T11:20:00+08:00"
    assert due("2026-11-13 10:00", "5", "--suspend",
               "2026-11-16 10:00/2026-11-18 10:00") == "2026-11-24T17:00:00+08:00"


def test_the_ledger_counts_what_the_deadline_counts(calendar):
    code, out, _ = calendar("ledger", "2026-02-13 13:00", "--limit", "5", "--json",
                            "--calendar", str(CN))
    ledger = json.loads(out)
    assert code == 0
    assert ledger["counted_days"] == 5
    assert [day["mark"] for day in ledger["days"]] == (
        ["start", "counted"] + ["holiday"] * 9 + ["counted"] * 4)
    assert ledger["days"][1]["makeup"] and ledger["days"][1]["name"] == "春节"


def test_between_counts_without_the_first_day(calendar):
    code, out, _ = calendar("between", "2026-02-13 09:00", "2026-02-24 12:00", "--json",
                            "--calendar", str(CN))
    found = json.loads(out)
    assert (code, found["working_days"], found["open_seconds"]) == (0, 2, 17 * 3600)


def test_a_year_on_paper_has_every_day(calendar):
    code, out, _ = calendar("show", "2026", "--calendar", str(CN))
    assert code == 0
    assert "248 个工作日" in out.splitlines()[0]
    assert "\033[" not in out
    assert "28班" in out and "23休" in out
    assert max(len(line.encode("gb18030")) for line in out.splitlines()) <= 80
    assert len(days_of(calendar, CN, 2026)) == 365


def test_the_import_of_its_own_days_gives_the_same_calendar(calendar, tmp_path):
    days = [day for day in days_of(calendar, CN, 2026) if day["kind"] != "regular"]
    notice = {"year": 2026, "papers": ["https://example.test/notice"], "days": [
        {"name": day["name"], "date": day["date"], "isOffDay": day["kind"] == "holiday"}
        for day in days]}
    (tmp_path / "2026.json").write_text(json.dumps(notice))
    code, out, _ = calendar("import", "--name", "cn", str(tmp_path / "2026.json"))
    assert code == 0
    (tmp_path / "cn.yaml").write_text(out)
    assert days_of(calendar, tmp_path / "cn.yaml", 2026) == days_of(calendar, CN, 2026)


def test_what_is_beyond_is_an_error(calendar):
    code, out, err = calendar("due", "2026-12-30", "5", "--calendar", str(CN))
    assert (code, out) == (1, "")
    assert "calendar 'cn' ends on 2026-12-31" in err


def test_mistakes_are_told_with_their_place(calendar, tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text("zone: Asia/Shangai\nvalid: {from: 2026-01-01, until: 2026-12-31}\nhour: 1\n")
    code, _, err = calendar("check", str(CN), str(path))
    assert code == 1
    assert f"{path}:1:7: unknown time zone" in err
    assert f"{path}:3:1: unknown key 'hour'; did you mean 'hours'?" in err


@pytest.mark.parametrize("arguments", [
    (), ("no",), ("due", "2026-01-01"), ("due", "--no-such-option", "2026-01-01", "1"),
    ("due", "--due", "never", "2026-01-01", "1"), ("import",), ("show", "2026", "2027")])
def test_usage_is_exit_code_2(calendar, arguments):
    assert calendar(*arguments)[0] == 2


def test_the_shipped_calendars_are_fine(calendar):
    files = sorted(str(path) for path in (ROOT / "etc/calendars").glob("*.yaml"))
    code, out, err = calendar("check", "--json", *files)
    assert (code, err) == (0, "")
    found = {entry["name"]: entry for entry in json.loads(out)}
    assert set(found) == {"cn", "hui-an", "hui-an-weekends", "ningxia", "pengxi", "round-the-clock"}
    assert found["cn"]["working_days"]["2026"] == 248
    assert datetime.date.fromisoformat(found["cn"]["last_day"]) == datetime.date(2026, 12, 31)
