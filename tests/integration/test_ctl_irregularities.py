"""dubanctl irregularities: what was found, in words, the newest first."""

import json
import subprocess

import pytest

CONTENT = """
INSERT INTO duban.event (case_no, clock, kind, deadline_version, sequence, event_at, recorded_at, level, rank,
                         window_code, department_code, item_code, told, detail, irregular)
VALUES ('A1', '', 'second_supplement', 2, 1, '2026-06-03 01:00Z', '2026-06-03 01:00Z', 'normal', 0, 'SC-W1', 'SC',
        'SC-03', 'yes', '{"count":2,"most":1,"reason":"补正"}', true),
       ('A2', '', 'deadline_changed', 1, 1, '2026-06-04 01:00Z', '2026-06-04 01:00Z', 'normal', 0, 'SC-W2', 'SC',
        'SC-03', 'yes', '{"level":"yellow","how":"moved","old":"2026-06-09T09:00:00Z","new":"2026-06-30T16:00:00Z"}',
        true),
       ('A3', '', 'due_differs', 9, 1, '2026-05-01 01:00Z', '2026-06-05 01:00Z', 'normal', 0, 'nowhere', 'SC',
        'SC-03', 'no: too long ago', '{"ours":"2026-06-09","theirs":"2026-06-12"}', true),
       ('', 'SC-W1', 'last_hour_window', 24318, 0, '2026-06-06 01:00Z', '2026-06-06 01:00Z', 'normal', 0, 'SC-W1',
        'SC', '', 'yes', '{"month":"2026-06","completed":20,"last_hour":19,'
        '"within":{"value":1,"unit":"workhour"}}', true),
       ('A4', 'completion', 'red', 1, 1, '2026-06-07 01:00Z', '2026-06-07 01:00Z', 'red', 2, 'SC-W1', 'SC',
        'SC-03', 'yes', '', false);
"""


@pytest.fixture
def filled(world):
    world.set_now("2026-06-08T01:00:00+00:00")
    world.connection.execute(CONTENT)
    return world


def lines(world, *arguments):
    return world.control("irregularities", *arguments).splitlines()


def test_in_chinese(filled):
    habit, differs, changed, supplement = lines(filled)
    assert supplement.startswith("2026-06-03 09:00:00+08:00  再次补正") and "A1" in supplement
    assert supplement.endswith("第2次要求补正（至多1次）；已通知")
    assert changed.endswith("黄牌后到期由6月9日改为6月30日；已通知")
    assert differs.endswith("审批系统记6月12日到期，督办算得6月9日；仅记录（早已发生）") and "nowhere" in differs
    assert habit.endswith("2026年6月办结20件，19件在到期前1个工作小时内；已通知")
    assert "SC-W1" not in habit, "the window's name"


def test_in_english(filled):
    assert lines(filled, "--lang", "en", "--kind", "second_supplement")[0].endswith(
        "papers asked for 2 times, at most 1 allowed; told")


@pytest.mark.parametrize("arguments, cases", [
    ((), ["", "A3", "A2", "A1"]),
    (("--limit", "2"), ["", "A3"]),
    (("--since", "2026-06-04 09:00"), ["", "A3", "A2"]),
    (("--since", "2026-06-04 09:01"), ["", "A3"]),
    (("--window", "SC-W1"), ["", "A1"]),
    (("--kind", "due_differs"), ["A3"]),
    (("--kind", "due_differs", "--window", "SC-W1"), []),
])
def test_what_is_asked_for(filled, arguments, cases):
    found = json.loads(filled.control("irregularities", "--json", *arguments))
    assert [row["case_no"] for row in found["irregularities"]] == cases
    assert found["others"] == ("--limit" in arguments)


def test_json_is_for_programs(filled):
    [row] = json.loads(filled.control("irregularities", "--json", "--kind", "second_supplement"))["irregularities"]
    assert (row["case_no"], row["window_code"], row["told"]) == ("A1", "SC-W1", "yes")
    assert row["detail"] == {"count": 2, "most": 1, "reason": "补正"}


def test_nothing_and_a_wrong_kind(world):
    assert lines(world) == ["没有发现异常"]
    done = subprocess.run([world.programs.dubanctl, "--config", world.owner_config, "irregularities", "--kind",
                           "second"], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 2 and "second_supplement  再次补正" in done.stderr
