"""Rules that change while cases are open: planned, approved, computed anew, and carried on by whoever
leads."""

import json
import subprocess
from collections import Counter
from datetime import timedelta

import pytest

from harness.centre import ROOT, write_yaml
from harness.rules import Rules
from test_daemon import DUE, WINDOW_HOOK, YELLOW, Scene, june, make_case


def calendar(scene, *holidays, name="centre"):
    """A calendar with further days off, in a file that the settings name."""
    path = write_yaml(scene.world.folder / f"{name}.yaml", {
        "name": "centre", "include": str(ROOT / "etc/calendars/cn.yaml"),
        "special": [{"name": "停电", "date": str(day.date()), "hours": "closed"} for day in holidays]})
    scene.world.settings["calendars"], scene.world.settings["calendar"] = {"centre": str(path)}, "centre"
    return path


@pytest.fixture
def scene(world):
    made = Scene(world)
    world.settings["routes"] |= {"yellow": {"window": ["hook"]}, "red": {"window": ["hook"]},
                                 "cleared": {"window": ["hook"]}}
    calendar(made)
    return made


@pytest.fixture
def rules(scene):
    """A daemon that has met the centre."""
    return Rules(scene.world, scene.start())


def dues(scene):
    return Counter(row[0] for row in scene.world.rows("SELECT due_at FROM duban.clock WHERE state = 'running'"))


def test_another_calendar_moves_all_clocks_and_tells_nobody(scene, rules):
    scene.move(june(2), *[make_case(n) for n in range(25)])
    scene.world.settings["source"]["batch"] = 10
    calendar(scene, june(4), june(5))
    planned = rules.plan()
    assert planned["rules"]["is_in_force"] is False
    assert (planned["cases"], planned["clocks"]["compared"], planned["clocks"]["later"]) == (25, 25, 25)
    assert planned["shifts"] == [{"workdays": "+2", "clocks": 25}], "by the working days of the new calendar"
    assert planned["told"] == {"raised": 0, "cleared": 0}
    rules.load(scene.time.settle)
    assert dues(scene) == {june(11, 17): 25}
    assert scene.world.rows("SELECT DISTINCT deadline_version, raised_version FROM duban.clock") == [(2, 2)]
    assert scene.told() == {} and scene.world.count_events("rules_changed") == 1
    assert rules.daemon.log_has("the rules have changed: computing all clocks anew")
    rules.daemon.wait_for(lambda: any("all clocks follow the rules" in line and "cases=25" in line
                                      for line in rules.daemon.log), 5, "its end in the log")
    assert rules.plan()["rules"]["is_in_force"] is True
    status = scene.world.status()["rules"]
    assert (status["version"], status["recompute"]) == (rules.in_force(), None)
    # The warning comes on its new day, with its new date.
    scene.move(YELLOW)
    assert scene.told() == {}
    scene.move(june(8, 9))
    assert scene.told() == {(n, "yellow", 2): 1 for n in range(25)}


def test_a_reload_of_the_same_rules_computes_nothing(scene, rules):
    scene.move(june(2), make_case())
    scene.world.settings["routes"]["red"] = {"supervision": "hook"}
    rules.load(scene.time.settle)
    assert scene.world.count_events("rules_changed") == 0
    assert not rules.daemon.log_has("recompute:")


def test_levels_that_change_are_told_and_others_are_not(scene, rules):
    scene.move(june(2), make_case(1), make_case(2, value=10), make_case(3, value=30))
    scene.move(YELLOW)
    assert scene.told() == {(1, "yellow", 1): 1}
    policy = scene.world.settings["policies"]["standard"]
    policy[0]["before"] = "8 workdays"
    planned = rules.plan()
    assert planned["levels"] == [{"from": "normal", "to": "yellow", "clocks": 1}]
    assert planned["told"] == {"raised": 1, "cleared": 0}
    rules.load(scene.time.settle)
    assert scene.told() == {(1, "yellow", 1): 1, (2, "yellow", 2): 1}
    policy[0]["before"] = "1 workday"
    assert rules.plan()["told"] == {"raised": 0, "cleared": 2}
    rules.load(scene.time.settle)
    assert scene.told() == {(1, "yellow", 1): 1, (2, "yellow", 2): 1, (1, "cleared", 2): 1, (2, "cleared", 3): 1}
    # What it comes to is told at its time, under the rules of then.
    scene.move(june(8, 9))
    assert scene.told()[1, "yellow", 2] == 1


def test_a_level_between_and_another_name_of_the_policy_tell_nobody_again(scene, rules):
    scene.move(june(2), make_case())
    scene.move(YELLOW)
    settings = scene.world.settings
    settings["policies"]["renamed"] = [{"level": "amber", "label": "提醒", "before": "4 workdays"},
                                       *settings["policies"].pop("standard")]
    settings["routes"]["amber"] = {"window": "hook"}
    settings["clocks"]["completion"]["policy"] = "renamed"
    rules.load(scene.time.settle)
    assert scene.world.rows("SELECT level, rank, severity, policy FROM duban.clock WHERE state = 'running'") == [
        ("yellow", 2, 2, "renamed")]
    assert scene.told() == {(1, "yellow", 1): 1}
    scene.move(DUE)
    assert scene.told() == {(1, "yellow", 1): 1, (1, "red", 2): 1}


def test_clocks_that_are_configured_no_more_end_and_new_ones_begin(scene, rules):
    settings = scene.world.settings
    settings["clocks"]["reply"] = {"label": "答复", "policy": "standard", "limit": "1 workday",
                                   "until": ["reviewed_at", "completed_at"]}
    rules.load(scene.time.settle)
    scene.move(june(2), make_case())
    scene.move(june(3, 9))
    assert scene.told() == {(1, "yellow", 1): 1}
    reply = settings["clocks"].pop("reply")
    settings["clocks"]["review"] = reply | {"label": "审核", "limit": "20 workdays"}
    planned = rules.plan()
    assert (planned["clocks"]["new"], planned["clocks"]["dropped"]) == (1, 1)
    rules.load(scene.time.settle)
    assert scene.world.rows("SELECT clock, state, level, next_at IS NULL FROM duban.clock"
                            " WHERE case_no = 'AL2026000001' ORDER BY 1") == [
        ("completion", "running", "normal", False), ("reply", "dropped", "normal", True),
        ("review", "running", "normal", False)]
    assert scene.told() == {(1, "yellow", 1): 1, (1, "cleared", 2): 1}
    [cleared] = [hook["body"]["data"] for hook in scene.world.receiver.webhooks
                 if hook["body"]["type"] == "duban.case.cleared"]
    assert cleared["case"]["number"] == "AL2026000001"
    states = {(clock["state"], clock["level"]): clock["count"] for clock in scene.world.status()["clocks"]}
    assert states["dropped", "normal"] == 1


def test_what_has_ended_stays_by_the_rules_it_ran_by(scene, rules):
    done = make_case(1, status="completed", stage="completed", completed_at=june(3))
    scene.move(june(2), make_case(1), make_case(2))
    scene.move(june(3), done)
    before = rules.clocks()[0]
    calendar(scene, june(4))
    rules.load(scene.time.settle)
    one, two = rules.clocks()
    assert one == before and two[10] != before[10]
    assert one[6] == DUE and two[6] == june(10, 17)


def test_a_calendar_that_is_too_short_is_said(scene, rules):
    scene.move(june(2), make_case(1), make_case(2, value=60))
    scene.world.settings["routes"]["beyond_calendar"] = {"supervision": "hook"}
    path = calendar(scene)
    write_yaml(path, json.loads(path.read_text(encoding="utf-8")) | {"valid": {"until": "2026-07-31"}})
    planned = rules.plan()
    assert (planned["unusable"]["cases"], planned["unusable"]["newly"]) == (1, 1)
    [example] = planned["unusable"]["examples"]
    assert example["case"] == "AL2026000002" and "2026-07-31" in example["reason"]
    rules.load(lambda: scene.time.settle(["AL2026000002"]))
    scene.world.wait_events("beyond_calendar", 1)
    calendar(scene)
    assert rules.plan()["unusable"]["mended"] == 1
    rules.load(scene.time.settle)
    assert len(dues(scene)) == 2


# Interrupted.

def stop_at(scene, case):
    """A session that holds the clock of a case, so that a pass can't go past it."""
    holder = scene.world.cluster.connect(scene.world.database)
    holder.autocommit = False
    holder.execute("SELECT FROM duban.clock WHERE case_no = %s FOR UPDATE", (case,))
    return holder


def wait_progress(scene, after):
    scene.world.wait_for(lambda: scene.world.value("SELECT recompute_after FROM duban.intake") == after, 30,
                         f"the pass has come to {after}")


def begin_and_stop(scene, rules, cases=40, batch=10):
    """A pass that has come half way. Intake has nothing to read again behind its watermark."""
    scene.move(june(2), *[make_case(n) for n in range(cases - 1)])
    scene.move(june(2, 11), make_case(cases - 1, accepted_at=june(2)))
    scene.world.settings["source"]["batch"] = batch
    scene.world.settings["source"]["reconcile_pause"] = "1h"
    rules.load(scene.time.settle)
    calendar(scene, june(5), name="other")
    version = rules.version()
    holder = stop_at(scene, "AL2026000025")
    rules.daemon.hup()
    wait_progress(scene, "AL2026000019")
    return holder, version


def test_a_crash_in_the_middle_goes_on_where_it_was(scene, rules):
    holder, version = begin_and_stop(scene, rules)
    progress = scene.world.status()["rules"]["recompute"]
    assert (progress["version"], progress["cases"], progress["of"]) == (version, 20, 40)
    rules.daemon.kill9()
    holder.rollback()
    holder.close()
    rules.daemon.start()
    scene.world.wait_for(lambda: rules.in_force() == version, 15, "the pass is completed")
    scene.time.settle()
    [line] = [line for line in rules.daemon.log if "going on with computing all clocks anew" in line]
    assert "after=AL2026000019" in line
    assert dues(scene) == {june(10, 17): 40}
    assert scene.world.rows("SELECT DISTINCT deadline_version FROM duban.clock") == [(2,)]


def test_another_leader_goes_on_with_it(scene, rules):
    second = scene.world.daemon().start()
    second.wait_log("joined")
    holder, version = begin_and_stop(scene, rules)
    second.hup()
    second.wait_log("configuration in use")
    rules.daemon.kill9()
    holder.rollback()
    holder.close()
    second.wait_log("this daemon leads", 15)
    scene.world.wait_for(lambda: rules.in_force() == version, 15, "the pass is completed")
    assert second.log_has("going on with computing all clocks anew")
    scene.time.settle()
    assert dues(scene) == {june(10, 17): 40}


def test_back_to_the_former_rules_in_the_middle(scene, rules):
    holder, _ = begin_and_stop(scene, rules)
    calendar(scene)
    version = rules.version()
    rules.daemon.hup()
    holder.rollback()
    holder.close()
    rules.daemon.wait_for(lambda: rules.in_force() == version, 15, "the pass back")
    scene.time.settle()
    assert dues(scene) == {DUE: 40} and scene.told() == {}


def test_a_daemon_that_starts_with_other_rules_follows_them(scene, rules):
    scene.move(june(2), make_case())
    rules.daemon.term()
    calendar(scene, june(5))
    version = rules.version()
    rules.daemon.start()
    scene.world.wait_for(lambda: rules.in_force() == version, 15, "the pass")
    scene.time.settle()
    assert dues(scene) == {june(10, 17): 1}


def test_alerts_go_on_during_a_pass(scene, rules):
    """What is due doesn't wait for its turn in the pass, nor for what holds the pass up."""
    holder, _ = begin_and_stop(scene, rules)
    with holder:
        scene.time.to(june(5, 9))  # under the new rules the 5th is no working day: nothing is due
        holder.rollback()
    scene.time.settle()
    assert scene.told() == {(n, "yellow", 2): 1 for n in range(40)}


# Texts that wait.

def test_a_warning_that_waits_tells_the_new_date(scene, rules):
    scene.world.settings["routes"]["yellow"] = {"window": "sms"}
    rules.load(scene.time.settle)
    scene.move(june(2), make_case())
    scene.world.gateway.faults.add("status", match=f"to={scene.window_phone}", times=1)
    scene.move(YELLOW, settle=False)
    scene.world.wait_for(lambda: scene.world.value("SELECT attempt FROM duban.ready") == 2, 10,
                         "the warning waits for its second try")
    calendar(scene, june(8))
    scene.time.to(YELLOW + timedelta(milliseconds=1))
    rules.load()
    scene.time.to(YELLOW + timedelta(minutes=6))
    scene.time.settle()
    [text] = scene.texts()
    assert "6月10日17:00" in text
    assert scene.ends_without_try() == ["cancelled: worded anew"]


# Plans and approvals.

def control(scene, *options, config=None):
    return subprocess.run(
        [scene.world.programs.dubanctl, "--config", config or scene.world.write_config(), "--dsn",
         scene.world.cluster.dsn(scene.world.database), *options],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)


def test_a_plan_in_words(scene, rules):
    scene.move(june(2), make_case(1), make_case(2, value=10))
    scene.move(YELLOW)
    before = scene.world.rows("SELECT * FROM duban.clock")
    calendar(scene, june(8), june(9))
    scene.world.settings["policies"]["standard"][0]["before"] = "9 workdays"
    scene.world.write_config()
    shown = control(scene, "plan")
    assert shown.returncode == 0, shown.stderr
    assert "到期推后" in shown.stdout and "黄牌" in shown.stdout and "AL2026000002" in shown.stdout
    assert "2026-06-09 17:00" in shown.stdout and "→ 2026-06-11 17:00" in shown.stdout
    english = control(scene, "--lang", "en", "plan", str(scene.world.config), config="/nowhere")
    assert english.returncode == 0 and "due later" in english.stdout, english.stderr
    assert scene.world.rows("SELECT * FROM duban.clock") == before
    assert scene.world.rows("SELECT * FROM duban.rules_approval") == []


@pytest.mark.parametrize("options, why", [
    (("--yes",), "usage"), (("--yes", "--no", "--by", "me"), "usage"), (("a", "b"), "usage"),
])
def test_a_plan_is_not_approved_by_accident(scene, rules, options, why):
    scene.move(june(2), make_case())
    calendar(scene, june(8))
    done = control(scene, "--lang", "en", "plan", *options)
    assert (done.returncode, why in done.stderr) == (2, True)
    assert control(scene, "plan", "--by", "me").returncode == 0, "without a terminal it only shows"
    assert control(scene, "plan", "--by", "me", "--no").returncode == 0
    assert scene.world.rows("SELECT * FROM duban.rules_approval") == []


def test_rules_that_need_a_plan_are_refused_until_it_is_approved(scene, rules):
    scene.world.settings["daemon"]["rules_need_plan"] = True
    rules.load(scene.time.settle)
    scene.move(june(2), make_case())
    former = rules.in_force()
    calendar(scene, june(8))
    scene.world.settings["routes"]["red"] = {"supervision": "hook"}
    version = rules.version()
    rules.daemon.hup()
    rules.daemon.wait_log("aren't approved")
    [line] = [line for line in rules.daemon.log if "aren't approved" in line]
    assert "the old configuration goes on" in line and f"rules={version}" in line and "dubanctl plan" in line
    assert rules.in_force() == former
    # Other settings with the same rules are no matter of approvals.
    scene.world.settings["daemon"]["rules_need_plan"] = False
    scene.world.write_config()
    rules.daemon.hup()
    rules.daemon.wait_for(lambda: sum("aren't approved" in line for line in rules.daemon.log) == 2, 10,
                          "switching it off along with the rules is refused too")
    approved = rules.approve()
    assert approved["approved"]["by"] == "王主任"
    [(stored, summary)] = scene.world.rows("SELECT version, summary FROM duban.rules_approval")
    assert stored == version and summary["clocks"]["later"] == 1
    rules.load(scene.time.settle)
    assert rules.in_force() == version and dues(scene) == {june(10, 17): 1}
    assert scene.world.status()["rules"]["approved_by"] == "王主任"


def test_a_start_with_rules_that_nobody_approved(scene, rules):
    """Alerts go on by them, the pass waits, and the administrators hear of it."""
    scene.world.settings["daemon"]["rules_need_plan"] = True
    scene.world.settings["alarms"] = {
        "channels": ["hook"], "to": {"hook": [scene.world.receiver.url + "/admin"]}}
    rules.load(scene.time.settle)
    scene.move(june(2), make_case(1), make_case(2))
    scene.move(june(2, 10, 30), make_case(3, status="completed", stage="completed", completed_at=june(2)))
    rules.daemon.term()
    calendar(scene, june(8))
    version = rules.version()
    rules.daemon.start()
    rules.daemon.wait_log("the rules aren't approved")
    scene.world.wait_for(lambda: [hook for hook in scene.world.receiver.webhooks if hook["path"] == "/admin"], 10,
                         "the alarm")
    assert dues(scene) == {DUE: 2}
    # What happens to a case is by the rules that the daemon has.
    scene.move(june(2, 11), make_case(2, value=6))
    assert dues(scene) == {DUE: 1, june(11, 17): 1}
    rules.approve()
    scene.world.wait_for(lambda: rules.in_force() == version, 15, "the pass begins by itself")
    scene.time.settle()
    assert dues(scene) == {june(10, 17): 1, june(11, 17): 1}
    scene.world.wait_for(lambda: scene.world.value(
        "SELECT count(*) FROM duban.event WHERE kind = 'alarm_over' AND clock = 'rules'"), 10, "it is over")
