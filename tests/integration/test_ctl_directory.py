"""dubanctl directory: imported whole or not at all, shown without what is personal."""

import json
import subprocess

import pytest

from harness.centre import ROOT, write_yaml


def entry(code, kind, parent=None, **contacts):
    return {"code": code, "kind": kind, "name": f"{code}的名称",
            **({"parent": parent} if parent else {}), "contacts": contacts}


def small():
    return [
        entry("C", "centre", sms="19900000001"),
        entry("X", "supervision", "C", sms=["19900000002", "19900000003"]),
        entry("D", "department", "C"),
        entry("W", "window", "D", sms="19900000004", hook="https://h.example/key-of-w?k=1"),
    ]


def small_with_rosters():
    entries = small()
    entries[1] |= {"absent": ["2026-10-01..2026-10-03", "2026-10-08"], "deputy": "W", "contacts": {"sms": [
        {"address": "19900000002", "on": "workdays"},
        {"address": "19900000003", "on": ["restdays", "fri", "2026-10-09"],
         "absent": ["2026-10-04", "2026-10-05..2026-10-06"]}]}}
    return entries


class Directory:
    def __init__(self, world):
        self.world = world
        self.file = world.folder / "small.yaml"

    def run(self, *arguments):
        return subprocess.run(
            [self.world.programs.dubanctl, "--config", self.world.owner_config, "directory",
             *map(str, arguments)], capture_output=True, text=True)

    def load(self, entries, *flags):
        write_yaml(self.file, {"entries": entries})
        return self.run("import", self.file, *flags)

    def report(self, entries, *flags):
        done = self.load(entries, "--json", *flags)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def content(self):
        return [self.world.rows(f"SELECT {columns} FROM duban.{table} ORDER BY 1, 2, 3")
                for columns, table in (("code, kind, name, parent", "recipient"),
                                       ("recipient, channel, address", "contact"), ("*", "duty"))]

    def rosters(self):
        """(who is absent and whose deputies, when contacts are on duty)"""
        return [self.world.rows(query) for query in (
            """SELECT code, absent::text, deputy FROM duban.recipient
                WHERE NOT isempty(absent) OR deputy IS NOT NULL ORDER BY code""",
            """SELECT address, on_days, weekdays, dates::text, absent::text FROM duban.contact
                WHERE channel = 'sms' ORDER BY address""")]

    def versions(self):
        """Which transaction wrote each row: the same when nothing was touched."""
        return [self.world.rows(f"SELECT xmin::text, ctid::text FROM duban.{table} ORDER BY 2")
                for table in ("recipient", "contact", "duty")]


@pytest.fixture
def directory(world):
    return Directory(world)


def counts(report):
    return {what: tuple(report[what][key] for key in ("added", "changed", "removed"))
            for what in ("entries", "contacts", "duties")}


def test_it_replaces_what_was_there(directory):
    done = directory.load(small())
    assert done.returncode == 0, done.stderr
    recipients, contacts, duties = directory.content()
    assert [(row[0], row[1], row[3]) for row in recipients] == [
        ("C", "centre", None), ("D", "department", "C"), ("W", "window", "D"),
        ("X", "supervision", "C")]
    assert contacts == [
        ("C", "sms", "19900000001"), ("W", "hook", "https://h.example/key-of-w?k=1"),
        ("W", "sms", "19900000004"), ("X", "sms", "19900000002"), ("X", "sms", "19900000003")]
    assert {row for row in duties if row[0] == "W"} == {
        ("W", "centre", "C"), ("W", "department", "D"), ("W", "supervision", "X"),
        ("W", "window", "W")}


def test_the_same_again_touches_nothing(directory):
    directory.report(small())
    before = directory.versions()
    report = directory.report(small())
    assert counts(report) == dict.fromkeys(("entries", "contacts", "duties"), (0, 0, 0))
    assert directory.versions() == before
    assert "没有变化" in directory.load(small()).stdout


def test_differences_are_told_and_made(directory):
    directory.report(small())
    changed = small()
    changed[1]["contacts"] = {"sms": ["19900000003", "19900000005"]}
    changed[2]["name"] = "新名称"
    changed[3] = entry("W2", "window", "D")
    done = directory.load(changed)
    for line in ("新增 对象 W2 W2的名称", "删除 对象 W W的名称", "修改 对象 D 新名称",
                 "新增 联系方式 X sms 199****0005", "删除 联系方式 X sms 199****0002"):
        assert line in done.stdout.splitlines()
    assert "key-of-w" not in done.stdout
    assert counts(directory.report(small())) == {
        "entries": (1, 1, 1), "contacts": (3, 0, 1), "duties": (4, 0, 4)}


def test_rosters_and_deputies_are_stored_and_their_changes_told(directory):
    directory.report(small())
    assert counts(directory.report(small_with_rosters())) == {
        "entries": (0, 1, 0), "contacts": (0, 2, 0), "duties": (0, 0, 0)}
    assert directory.rosters() == [
        [("X", "{[2026-10-01,2026-10-04),[2026-10-08,2026-10-09)}", "W")],
        [("19900000001", "", 0, "{}", "{}"),
         ("19900000002", "workdays", 0, "{}", "{}"),
         ("19900000003", "restdays", 16, "{[2026-10-09,2026-10-10)}", "{[2026-10-04,2026-10-07)}"),
         ("19900000004", "", 0, "{}", "{}")]]
    before = directory.versions()
    assert "没有变化" in directory.load(small_with_rosters()).stdout
    assert directory.versions() == before
    lines = directory.load(small()).stdout.splitlines()
    assert {"修改 对象 X X的名称", "修改 联系方式 X sms 199****0002", "修改 联系方式 X sms 199****0003"} < set(lines)
    # Both go in one import.
    directory.load(small_with_rosters())
    report = directory.report([small()[0]])
    assert (report["entries"]["removed"], report["contacts"]["removed"]) == (3, 4)


def test_rosters_and_deputies_are_shown(directory):
    directory.report(small_with_rosters())
    assert ("  X X的名称(督查室)（不在：2026-10-01..2026-10-03、2026-10-08；代理：W）"
            " sms:199****0002（值班：工作日）"
            " sms:199****0003（值班：非工作日、周五、2026-10-09；不在：2026-10-04..2026-10-06）"
            ) in directory.run("show").stdout.splitlines()
    assert " sms:199****0003 (on restdays, fri, 2026-10-09; absent 2026-10-04..2026-10-06)" in (
        directory.run("show", "X", "--lang", "en").stdout)
    [shown] = json.loads(directory.run("show", "X", "--json").stdout)["entries"]
    assert (shown["absent"], shown["deputy"]) == (["2026-10-01..2026-10-03", "2026-10-08"], "W")
    assert shown["contacts"] == [
        {"channel": "sms", "address": "199****0002", "on": ["workdays"], "absent": []},
        {"channel": "sms", "address": "199****0003", "on": ["restdays", "fri", "2026-10-09"],
         "absent": ["2026-10-04..2026-10-06"]}]
    [shown] = json.loads(directory.run("show", "W", "--json").stdout)["entries"]
    assert (shown["absent"], shown["deputy"]) == ([], "")


def test_a_whole_tree_can_be_turned_round(directory):
    """A parent that goes and a child that stays, in one import."""
    directory.report(small())
    directory.report([entry("N", "centre"), entry("W", "window", "N")])
    assert [(row[0], row[3]) for row in directory.content()[0]] == [("N", None), ("W", "N")]


def test_a_dry_run_tells_but_changes_nothing(directory):
    before = directory.versions()
    report = directory.report(small(), "--dry-run")
    assert report["dry_run"] and report["entries"]["added"] == 4
    assert directory.versions() == before


def test_every_mistake_is_placed_and_nothing_is_imported(directory):
    before = directory.versions()
    wrong = [
        entry("C", "centre"), entry("W", "windw", "C"), entry("W1", "window", "nowhere"),
        entry("W2", "window", "C", sms="12"), entry("W3", "window", "C", smms="19900000001"),
        entry("C", "department", "C"),
    ]
    done = directory.load(wrong)
    assert (done.returncode, done.stdout) == (1, "")
    lines = done.stderr.splitlines()
    assert lines and all(line.startswith(f"{directory.file}:") for line in lines)
    assert all(line.split(":")[1].isdigit() and line.split(":")[2].isdigit() for line in lines)
    assert directory.versions() == before
    # The kind is found when the file is read, the rest when entries are seen together.
    done = directory.load([*wrong[:1], *wrong[2:]])
    for text in "nowhere", "smms", "given":
        assert text in done.stderr
    assert len(done.stderr.splitlines()) == 4
    assert directory.versions() == before


def test_the_shipped_examples_fit_the_shipped_channels(directory):

    for name in "directory.yaml", "directory.csv":
        done = directory.run("import", ROOT / "etc" / name)
        assert done.returncode == 0, done.stderr
    assert "没有变化" in done.stdout


def test_show_masks_contacts_and_tells_who_answers(directory):
    directory.report(small())
    tree = directory.run("show").stdout
    assert "    W W的名称" in tree and "sms:199****0004" in tree
    assert "https://h.example/…" in tree and "key-of-w" not in tree and "19900000004" not in tree
    shown = json.loads(directory.run("show", "W", "--json").stdout)
    assert [one["code"] for one in shown["entries"]] == ["W"]
    assert {(duty["role"], duty["code"]) for duty in shown["duties"]} == {
        ("window", "W"), ("department", "D"), ("centre", "C"), ("supervision", "X")}
    done = directory.run("show", "Q")
    assert done.returncode == 1 and "Q" in done.stderr


@pytest.mark.parametrize("arguments", [[], ["import"], ["import", "a", "b"], ["show", "a", "b"],
                                       ["export"]])
def test_wrong_usage_exits_with_2(directory, arguments):
    done = directory.run(*arguments)
    assert (done.returncode, done.stdout) == (2, "") and done.stderr


def test_a_file_that_is_not_there(directory):
    done = directory.run("import", "/nonexistent.yaml")
    assert done.returncode == 1 and "/nonexistent.yaml" in done.stderr
