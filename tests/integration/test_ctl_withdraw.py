"""Levels taken back: by an extension, and by the supervision office (dubanctl withdraw). Whoever was
warned hears of it."""

import json
from dataclasses import replace

import pytest

from harness.year import Change
from test_people import WINDOW_HOOK, Scene, make_case, may

RED = "红牌，到期 2026-05-07 17:00:00+08:00"


@pytest.fixture
def scene(world):
    made = Scene(world)
    world.settings["routes"] = {"red": {"window": "sms", "department": "hook"},
                                "level_withdrawn": {"supervision": "hook"}}
    world.settings["reminders"] = {"red": {"most": 4}}
    return made


def withdraw(scene, number, author, reason, *others):
    """As the daemon's own role, with the daemon's routes."""
    return scene.text("--config", scene.world.config, *others, "withdraw", make_case(number).case_no,
                      "--by", author, "--reason", reason)


def hooks(scene, path, kind):
    return [webhook["body"]["data"] for webhook in scene.world.receiver.webhooks
            if webhook["path"] == path and webhook["body"]["type"] == f"duban.case.{kind}"]


def test_whoever_was_warned_hears_that_it_is_over(scene):
    scene.start()
    scene.move(may(6, 10), *(make_case(n) for n in (1, 2, 3)))
    scene.move(may(7, 17))
    assert scene.world.count_events("red") == 3
    department = "/department/SC"
    assert len(hooks(scene, department, "red")) == 3

    # The first by hand, the second by an extension, the third after its end.
    taken = withdraw(scene, 1, "王主任", "系统日期录错")
    assert taken == f"completion: 已摘牌（{RED}），发出摘牌通知 3 条\n"
    again = withdraw(scene, 1, "李科长", "r", "--lang", "en")
    assert again == "completion: was withdrawn before (red, due 2026-05-07 17:00:00+08:00)\n"
    assert "已摘牌，无需签收" in scene.run("ack", make_case(1).case_no, "--by", "李科长").stdout
    ended = {"status": "completed", "stage": "completed", "completed_at": may(7, 18)}
    scene.time.to(may(7, 18), [
        Change(may(7, 18), replace(make_case(number), updated_at=may(7, 18), **changes))
        for number, changes in [(2, {"value": 30}), (3, ended)]])
    scene.time.settle()
    corrected = json.loads(withdraw(scene, 3, "王主任", "r", "--json"))
    assert [(row["clock"], row["level"], row["done"], row["levels"], row["told"]) for row in corrected] == [
        ("completion", "red", "withdrawn", 2, 3)]
    scene.time.settle()

    sent = scene.world.gateway.texts_to(scene.phone)
    assert sorted(sent[3:]) == sorted([
        f"红牌已摘牌：{item(scene, 1)}（办件{make_case(1).case_no}），摘牌人及原因：王主任: 系统日期录错。",
        f"红牌已撤销：{item(scene, 2)}（办件{make_case(2).case_no}），到期时间现为6月16日17:00，谢谢！",
        f"红牌已摘牌：{item(scene, 3)}（办件{make_case(3).case_no}），摘牌人及原因：王主任: r。"])
    assert [(data["level"], data["taken_level"], data["taken_level_label"], data["detail"])
            for data in hooks(scene, "/supervision", "level_withdrawn")] == [
        ("normal", "red", "红牌", "王主任: 系统日期录错"), ("normal", "red", "红牌", "王主任: r")]
    [cleared] = hooks(scene, department, "cleared")
    assert (cleared["case"]["number"], cleared["taken_level"], "detail" in cleared) == (
        make_case(2).case_no, "red", False)
    assert hooks(scene, WINDOW_HOOK, "cleared") == hooks(scene, "/supervision", "cleared") == []

    # None of them is reminded of, and none is in the figures.
    scene.move(may(11))
    assert scene.reminders() == {}
    assert scene.world.value("SELECT count(*) FROM duban.level_event WHERE kind = 'red'") == 1
    assert scene.world.rows("SELECT case_no, level FROM duban.case_level ORDER BY case_no") == [
        (make_case(1).case_no, "normal"), (make_case(2).case_no, "normal")]


def item(scene, number):
    return scene.world.value("SELECT item_name FROM approval.duban_case WHERE case_no = %s",
                             (make_case(number).case_no,))


@pytest.fixture(scope="module")
def shared(cluster, template, programs, tmp_path_factory):
    """One world for everything that changes nothing."""
    from harness.world import World
    name = cluster.create_database(template)
    made = World(cluster, name, programs, tmp_path_factory.mktemp("withdraw"))
    try:
        made.import_directory()
        scene = Scene(made)
        scene.time.to(may(7))
        made.connection.execute("""
            INSERT INTO duban.clock (case_no, clock, state, level, rank, due_at, calendar_version, facts_hash,
                                     item_code, window_code, department_code)
            VALUES ('A1', 'completion', 'running', 'normal', 0, %s, 'c', 1, 'i', 'w', 'd')""", (may(9),))
        yield scene
    finally:
        made.close()
        cluster.drop_database(name)


@pytest.mark.parametrize("arguments, status, stdout, stderr", [
    (["withdraw", "A1"], 2, "", "用法："),
    (["withdraw", "A1", "--by", "w"], 2, "", "用法："),
    (["withdraw", "A1", "--by", "", "--reason", "r"], 2, "", "用法："),
    (["withdraw", "--by", "w", "--reason", "r"], 2, "", "用法："),
    (["withdraw", "A1", "--by", " ", "--reason", "r"], 1, "", "the name of who withdraws is missing"),
    (["withdraw", "A1", "--by", "w", "--reason", " "], 1, "", "a withdrawal needs a reason"),
    (["withdraw", "A9", "--by", "w", "--reason", "r"], 1, "", "没有办件 'A9'\n"),
    (["withdraw", "A1", "--clock", "x", "--by", "w", "--reason", "r"], 1, "", "没有办件 'A1'，或它没有计时 x\n"),
    (["withdraw", "A1", "--by", "w", "--reason", "r"], 1, "completion: 没有预警，无需摘牌\n", ""),
])
def test_mistakes_are_told(shared, arguments, status, stdout, stderr):
    done = shared.run(*arguments)
    assert (done.returncode, done.stdout) == (status, stdout)
    assert stderr in done.stderr and (stderr or not done.stderr)
    assert shared.world.value("SELECT count(*) FROM duban.event") == 0


def test_it_needs_no_configuration(shared, cluster):
    """Who was warned is told all the same."""
    dsn = cluster.dsn(shared.world.database)
    done = shared.run("--dsn", dsn, "withdraw", "A1", "--by", "w", "--reason", "r")
    assert (done.returncode, done.stdout) == (1, "completion: 没有预警，无需摘牌\n")
