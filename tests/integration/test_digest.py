"""Nobody is flooded: what one recipient would get at once, or too often, is told together or later."""

from datetime import timedelta

import pytest

from harness.centre import SUPERVISION_PHONE
from test_daemon import DUE, START, WINDOW, YELLOW, Scene, june, make_case

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def scene(world):
    world.settings["channels"]["sms"] |= {"digest": "10m", "gather": "3s"}
    world.settings["routes"] = {"yellow": {"window": "sms"}, "red": {"window": "sms",
                                                                     "supervision": "sms"},
                                "completed": {"applicant": "sms"}, "baseline": {"supervision": "hook"}}
    return Scene(world)


def other_window(scene):
    return scene.world.value("""
        SELECT code FROM duban.recipient r JOIN duban.contact c ON c.recipient = r.code
         WHERE kind = 'window' AND code <> %s AND channel = 'sms'
           AND parent <> (SELECT parent FROM duban.recipient WHERE code = %s)
         ORDER BY code LIMIT 1""", (WINDOW, WINDOW))


def department_of(scene, window):
    return scene.world.value("""
        SELECT d.name FROM duban.recipient w JOIN duban.recipient d ON d.code = w.parent
         WHERE w.code = %s""", (window,))


def test_a_morning_burst_is_one_message(scene):
    scene.start()
    other = other_window(scene)
    cases = [make_case(number) for number in range(1, 201)]
    cases += [make_case(number, window=other) for number in range(201, 206)]
    scene.move(june(3, 10), *cases)

    # At nine all turn yellow: the window hears of it once, three seconds later.
    scene.move(YELLOW)
    assert scene.texts() == []
    assert {hold["reason"] for hold in scene.world.status()["queue"]["held"]} == {"held: gathered"}
    scene.move(YELLOW + 3 * SECOND)
    [text] = scene.texts()
    assert text.startswith("您有黄牌200件：AL2026000001还剩3个工作日；AL2026000002还剩3个工作日")
    assert scene.world.gateway.messages[-1]["segments"] <= 2
    assert scene.world.rows("SELECT kind, count(*) FROM duban.message"
                             " WHERE kind <> 'baseline' GROUP BY 1") == [("digest", 2)]
    [(carried,)] = scene.world.rows("SELECT max(cardinality(notifications)) FROM duban.message")
    assert carried == 200

    # Overdue: the supervision office gets one digest by department, the worst first.
    scene.move(DUE)
    scene.move(DUE + 3 * SECOND)
    [office] = scene.world.gateway.texts_to(SUPERVISION_PHONE)
    departments = [department_of(scene, window) for window in (WINDOW, other)]
    assert office.startswith(f"督办汇总：红牌205件。{departments[0]}200件；{departments[1]}5件。最急：")
    assert len(scene.texts()) == 2

    # `message list` of a case finds the digest that carried it, and shows all that it carries.
    listed = scene.world.control("message", "list", "--case", "AL2026000200", "--json")
    assert '"digest"' in listed


def test_the_first_goes_at_once_and_the_rest_together(scene):
    scene.start()
    scene.move(june(3, 10), make_case(1), make_case(2, accepted_at=june(2)))
    scene.move(YELLOW)
    scene.move(YELLOW + 3 * SECOND)
    assert len(scene.texts()) == 1

    # Within ten minutes: what comes is held, and says until when.
    more = [make_case(number, accepted_at=june(2), window=WINDOW) for number in (3, 4, 5)]
    scene.move(YELLOW + MINUTE, *more)
    scene.move(YELLOW + MINUTE + 3 * SECOND)
    assert len(scene.texts()) == 1
    held = scene.world.rows("SELECT DISTINCT release_at, hold_reason FROM duban.pending")
    assert held == [(YELLOW + 3 * SECOND + 10 * MINUTE, "held: for the next digest")]

    # What is completed meanwhile is never told as a warning; its applicant hears of the completion.
    done = make_case(4, accepted_at=june(2), status="completed", stage="completed",
                     completed_at=YELLOW + 2 * MINUTE)
    scene.move(YELLOW + 2 * MINUTE, done)
    scene.move(YELLOW + 3 * SECOND + 10 * MINUTE)
    [first, second] = scene.texts()
    assert second == ("您有黄牌2件、办结1件：AL2026000003还剩3个工作日；AL2026000005还剩3个工作日；"
                      "AL2026000004办结，请及时办理。")
    assert "AL2026000004" in scene.world.gateway.texts_to("19900001001")[-1]

    # Alone after ten minutes: its own text, not a digest's.
    scene.move(YELLOW + 30 * MINUTE, make_case(6, accepted_at=june(2)))
    scene.move(YELLOW + 30 * MINUTE + 3 * SECOND)
    assert "AL2026000006" in scene.texts()[-1] and "您有" not in scene.texts()[-1]


def test_a_quota_holds_and_says_until_when(scene):
    world = scene.world
    world.settings["channels"]["sms"] |= {"digest": "1m", "quotas": {"number": "2 per 1d"}}
    daemon = scene.start()
    for number in range(1, 5):
        at = YELLOW + number * 10 * MINUTE
        scene.move(at, make_case(number, accepted_at=june(2)))
        scene.move(at + 3 * SECOND)
    assert len(scene.texts()) == 2
    reason = "held: sms allows 2 per 1d for a number"
    assert world.rows("SELECT DISTINCT hold_reason FROM duban.pending") == [(reason,)]
    [hold] = world.status()["queue"]["held"]
    assert (hold["reason"], hold["count"]) == (reason, 2)

    # A restart forgets nothing: the quota lives in the database.
    daemon.kill9()
    world.daemon().start()
    scene.move(YELLOW + 60 * MINUTE, make_case(5, accepted_at=june(2)))
    scene.move(YELLOW + 60 * MINUTE + 3 * SECOND)
    assert len(scene.texts()) == 2
    free = YELLOW + 10 * MINUTE + 3 * SECOND + timedelta(days=1)
    scene.move(free - SECOND)
    assert len(scene.texts()) == 2
    scene.move(free + SECOND)
    assert len(scene.texts()) == 3 and scene.texts()[-1].startswith("您有黄牌3件：")
    assert world.value("SELECT count(*) FROM duban.pending") == 0
