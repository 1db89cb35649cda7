"""Irregularities with the daemon: each is told to the supervision office once, in words, however often
the facts are looked at, by whichever daemon."""

from collections import Counter
from datetime import timedelta

import pytest

from harness.centre import SUPERVISION_PHONE
from test_daemon import DUE, START, YELLOW, Scene, june, make_case

RULES = {
    "tell": {"supervision": ["sms", "hook"]},
    "second_supplement": "on", "suspension_too_long": "on", "late_suspension": "on",
    "deadline_changed": "on", "due_differs": "on", "stages_out_of_order": {"equal": "ignore"},
    "completed_before_accepted": "on", "completed_without_processing": "on",
    "returned_without_notice": "on", "vanished_case": "on", "vanished_after_level": "on",
    "reopened_after_level": "on", "two_windows": "on",
    "last_hour_window": {"cases": 2, "share": "100%"},
}
LAST = {"window": "SC-W3", "phone": "19900001009"}  # where cases are completed at the last moment


@pytest.fixture
def scene(world):
    world.settings["irregularities"] = RULES
    world.settings["suspensions"] = {"supplement": {"label": "补正", "longest": "2 workdays"}}
    return Scene(world)


def case(number):
    return f"AL{2026000000 + number}"


def found(scene):
    """{(kind, case's number): (how often, how often told)}; 0 stands for no case."""
    rows = scene.world.rows("""
        SELECT kind, coalesce(nullif(right(case_no, 3), '')::int, 0), count(*),
               count(*) FILTER (WHERE told = 'yes')
          FROM duban.event WHERE irregular GROUP BY 1, 2""")
    return {(kind, number): (count, told) for kind, number, count, told in rows}


def told(scene):
    """Webhooks to the supervision office: (kind, case's number), each with how often."""
    return Counter((body["type"].removeprefix("duban.").removeprefix("case."),
                    int(body["data"]["case"]["number"][-3:]) if "case" in body["data"] else 0)
                   for body in (webhook["body"] for webhook in scene.world.receiver.webhooks
                                if webhook["path"] == "/supervision")
                   if "finding" in body["data"])


def update(scene, now, number, **columns):
    """The approval system changes columns that the year's facts don't have."""
    connection = scene.world.connection
    with connection.transaction():
        connection.execute("SELECT set_config('approval.now', %s, true)", (str(now),))
        for column, value in columns.items():
            connection.execute(f"UPDATE approval.case_file SET {column} = %s WHERE case_no = %s",
                               (value, case(number)))
    scene.time.to(now)
    scene.time.settle()


def passes(scene, number):
    """The slow comparison has gone over all open cases: it has found that this one has left."""
    scene.world.connection.execute("DELETE FROM approval.case_file WHERE case_no = %s", (case(number),))
    scene.world.wait_for(lambda: ("vanished_case", number) in found(scene), 20, "the case has vanished")


def papers(scene):
    """Supplements: a second one, one that lasts too long, one shortly before due."""
    second = ((june(3, 9), june(3, 10)), (june(3, 11), june(3, 12)))
    scene.move(june(3, 12), make_case(1, stops=second))
    scene.move(june(3, 13), make_case(20, status="suspended", stops=((june(3, 13), None),)))
    update(scene, june(3, 14), 1, promised_due_at=june(12))
    update(scene, june(3, 15), 1, promised_due_at=june(15))


def deadlines(scene):
    """After yellow, and after red."""
    scene.move(YELLOW)
    scene.move(june(4, 15), make_case(3, value=8))
    scene.move(june(5, 18))
    scene.world.wait_events("suspension_too_long", 1)
    scene.move(june(9, 14), make_case(2, status="suspended", stops=((june(9, 14), None),)))
    scene.move(june(9, 16, 30), *[make_case(n, status="completed", stage="completed",
                                            completed_at=june(9, 16, 30), **LAST) for n in (9, 10)])
    scene.move(DUE)


def ends(scene):
    """What ends as it shouldn't, or doesn't stay ended."""
    before = june(2) - timedelta(minutes=1)
    scene.move(june(10, 9), make_case(5, status="completed", stage="completed", completed_at=june(10, 9)),
               make_case(6, status="completed", stage="completed", completed_at=before),
               make_case(11, status="returned", completed_at=june(10, 9)))
    scene.move(june(10, 10), make_case(5))
    scene.world.connection.execute("DELETE FROM approval.case_file WHERE case_no = %s", (case(4),))
    scene.world.wait_events("vanished_after_level", 1)
    scene.time.settle()


EXPECTED = {
    ("second_supplement", 1): 1, ("due_differs", 1): 2, ("two_windows", 8): 1,
    ("deadline_changed", 3): 1, ("late_suspension", 2): 1, ("suspension_too_long", 20): 1,
    ("completed_without_processing", 5): 1, ("completed_without_processing", 9): 1,
    ("completed_without_processing", 10): 1, ("last_hour_window", 0): 1,
    ("completed_before_accepted", 6): 1, ("returned_without_notice", 11): 1,
    ("reopened_after_level", 5): 1, ("vanished_after_level", 4): 1,
}


def test_each_is_told_once(scene):
    world = scene.world
    before = make_case(100, accepted_at=june(1, 8), value=30,
                       stops=((june(1, 8, 10), june(1, 8, 20)), (june(1, 8, 30), june(1, 8, 40))))
    scene.move(june(1, 8, 50), before, settle=False)
    daemon = scene.start()
    scene.move(june(2), *[make_case(n) for n in (1, 2, 3, 4, 5, 6, 11, 20)],
               *[make_case(n, value=30) for n in (90, 91)],
               *[make_case(n, **LAST) for n in (9, 10)])
    scene.move(june(2, 11), make_case(8, window="SC-W2", accepted_at=june(2, 11)))
    papers(scene)
    deadlines(scene)
    ends(scene)
    expected = {key: (count, count) for key, count in EXPECTED.items()}
    # Before first contact, and long ago as its dates say.
    expected["second_supplement", 100] = expected["completed_without_processing", 999] = (1, 0)
    expected["completed_without_processing", 6] = (1, 0)
    assert found(scene) == expected
    assert told(scene) == EXPECTED

    daemon.kill9()
    daemon.start()
    passes(scene, 90)
    assert daemon.term() == 0
    daemon.start()
    passes(scene, 91)
    scene.time.settle()
    expected |= {("vanished_case", 90): (1, 1), ("vanished_case", 91): (1, 1)}
    assert found(scene) == expected
    assert told(scene) == EXPECTED | {("vanished_case", 90): 1, ("vanished_case", 91): 1}

    texts = world.gateway.texts_to(SUPERVISION_PHONE)
    for words in ("第2次要求补正（至多1次）", "审批系统记6月12日到期，督办算得6月9日", "黄牌后到期由6月9日改为6月12日",
                  "补正停表自6月3日起，超过2个工作日", "两头受理：另在", "早于受理（6月2日10:00）",
                  "2026年6月办结2件，2件在到期前1个工作小时内", "红牌后从审批系统消失", "红牌后办结，又重新打开"):
        assert len([text for text in texts if words in text]) == 1, (words, texts)
    assert world.value("SELECT count(*) FROM duban.reception") > 0
    assert world.value("SELECT count(*) FROM duban.event e WHERE irregular AND e::text ~ '王小明|199000'") == 0


def test_nothing_is_looked_for_without_the_section(world):
    scene = Scene(world)
    scene.start()
    scene.move(june(2), make_case(1), make_case(8, window="SC-W2"))
    scene.move(june(3, 12), make_case(1, stops=((june(3, 9), june(3, 10)), (june(3, 11), june(3, 12)))))
    assert found(scene) == {}
    assert world.value("SELECT count(*) FROM duban.reception") == 0


def test_explain_says_what_was_found(scene):
    scene.start()
    scene.move(june(2), make_case(1))
    scene.move(june(3, 12), make_case(1, stops=((june(3, 9), june(3, 10)), (june(3, 11), june(3, 12)))))
    scene.world.wait_events("second_supplement", 1)
    scene.time.settle()
    text = scene.world.control("explain", case(1))
    assert "再次补正" in text and "第2次要求补正（至多1次）" in text and '"count"' not in text
