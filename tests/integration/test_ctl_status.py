"""dubanctl status: every figure against a content that is known."""

import json
import subprocess
import unicodedata

import pytest

NOW = "2026-06-03T01:00:00+00:00"

CONTENT = """
INSERT INTO duban.clock (case_no, clock, state, level, rank, due_at, calendar_version, facts_hash,
                         item_code, window_code, department_code)
SELECT 'SP' || n, 'completion', state, level, rank, timestamptz '2026-06-03 01:00Z' + due, '', 1,
       'I', 'W', 'D'
  FROM (VALUES (1, 'running', 'red', 2, interval '-2 days'), (2, 'running', 'red', 2, '-1 day'),
               (3, 'running', 'normal', 0, '9 days'), (4, 'suspended', 'yellow', 1, '-9 days'),
               (5, 'stopped', 'red', 2, '-9 days')) AS c(n, state, level, rank, due);
INSERT INTO duban.bad_row
SELECT 'BAD' || lpad(n::text, 2, '0'), 'accepted_at is null', duban.now(),
       duban.now() - n * interval '1 minute'
  FROM generate_series(1, 25) AS n;
INSERT INTO duban.event (case_no, clock, kind, deadline_version, sequence, event_at, recorded_at,
                         level, rank, window_code, department_code, item_code, told)
SELECT 'SP' || n, 'completion', kind, 1, 1, duban.now(), duban.now() - ago, 'red', 2, 'W', 'D',
       'I', 'yes'
  FROM (VALUES (1, 'red', interval '1 hour'), (2, 'red', '23 hours'), (3, 'completed', '1 hour'),
               (4, 'red', '3 days'), (5, 'red', '8 days')) AS e(n, kind, ago);
INSERT INTO duban.notification (event, recipient, role, channel, address, created_at, outcome)
SELECT id, 'W', 'window', 'sms', '', recorded_at,
       CASE WHEN kind = 'red' THEN 'unreachable: W has no contact on sms' END
  FROM duban.event;
INSERT INTO duban.pending
SELECT duban.now() + interval '1 hour', id, '' FROM duban.notification WHERE outcome IS NULL;
INSERT INTO duban.pending
SELECT duban.now() + n * interval '1 hour', 1000 + n, 'held: the source is away'
  FROM generate_series(1, 3) AS n;
INSERT INTO duban.endpoint (channel, address) VALUES ('sms', 'http://secret.example/');
INSERT INTO duban.ready SELECT 1, duban.now(), n, current_date, n, 1, duban.now()
  FROM generate_series(1, 4) AS n;
INSERT INTO duban.inflight
SELECT n, current_date, 1, n, 1, duban.now(), true, 1, 1, duban.now()
  FROM generate_series(11, 12) AS n;
INSERT INTO duban.dead
SELECT n, current_date, 1, n, 1, 'unknown', 'no answer in time', duban.now()
  FROM generate_series(21, 25) AS n;
"""


def columns(text):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


@pytest.fixture
def filled(world):
    world.set_now(NOW)
    world.connection.execute(CONTENT)
    return world


def test_every_figure(filled):
    status = filled.status()
    assert status["now"] == NOW
    assert status["schema"]["database"] == status["schema"]["program"] >= 1
    assert status["nodes"] == [] and status["intake"] is None
    assert status["clocks"] == [
        {"state": "running", "level": "normal", "count": 1},
        {"state": "running", "level": "red", "count": 2},
        {"state": "stopped", "level": "red", "count": 1},
        {"state": "suspended", "level": "yellow", "count": 1}]
    assert status["oldest_overdue"] == {"case_no": "SP1", "clock": "completion", "level": "red",
                                        "due_at": "2026-06-01T01:00:00+00:00"}
    assert status["bad_rows"]["count"] == 25
    assert [row["case_no"] for row in status["bad_rows"]["newest"]] == [
        f"BAD{n:02}" for n in range(1, 21)]
    assert status["queue"] == {
        "pending": 4, "ready": 4, "parked": 0, "inflight": 2, "dead": 5,
        "held": [{"reason": "held: the source is away", "count": 3,
                  "next_release": "2026-06-03T02:00:00+00:00"}],
        "dead_reasons": [{"channel": "sms", "verdict": "unknown", "reason": "no answer in time",
                          "count": 5}]}
    assert status["unreachable"] == {
        "count": 3, "reasons": [{"reason": "W has no contact on sms", "count": 3}]}
    assert status["events"] == [{"kind": "completed", "count": 1}, {"kind": "red", "count": 2}]
    [calendar] = status["calendars"]
    assert calendar["name"] == "cn" and not calendar["warning"]


def test_all_rows_set_aside_on_demand(filled):
    status = json.loads(filled.control("status", "--json", "--bad-rows"))
    assert len(status["bad_rows"]["newest"]) == 25
    assert "--bad-rows" in filled.control("status")
    assert "--bad-rows" not in filled.control("status", "--bad-rows")


def test_a_calendar_that_ends_soon_is_warned_of(filled):
    last = filled.status()["calendars"][0]["last_day"]
    for days, warned in (60, False), (59, True):
        filled.set_now(filled.value("SELECT %s::date - %s::int + time '01:00' AT TIME ZONE 'UTC'",
                                    (last, days)))
        [calendar] = filled.status()["calendars"]
        assert (calendar["days_left"], calendar["warning"]) == (days, warned)
        assert ("⚠" in filled.control("status")) == warned


def test_a_reader_may_ask_and_sees_no_address(filled):
    dsn = filled.cluster.dsn(filled.database, "duban_read")
    for language in "zh-CN", "en":
        done = subprocess.run([filled.programs.dubanctl, "--dsn", dsn, "--lang", language,
                               "status"], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert "secret.example" not in done.stdout and "SP1" in done.stdout


def test_columns_stand_below_each_other(filled):
    lines = filled.control("status").splitlines()
    clocks = [line for line in lines if line.split()[-1].isdigit() and "牌" in line]
    assert len(clocks) >= 3 and {columns(line) for line in clocks[:3]} == {41}
    for line in lines:  # values begin in the same column
        head = line[:12].rstrip()
        assert columns(head.split("  ")[0]) < 12


def test_daemons_are_alive_as_long_as_they_run(world):
    world.generate(20, "2026-06-01T02:00:00Z")
    world.set_now(NOW)
    with world.daemon() as daemon:
        world.wait_initial()
        status = world.status()
        [node] = status["nodes"]
        assert node["alive"] and node["leader"] and node["name"].endswith(f"/{daemon.pid}")
        assert status["intake"]["initial_done"] is True
        assert "主节点" in world.control("status")
    [node] = world.status()["nodes"]
    assert not node["alive"] and not node["leader"]
    assert "已停止" in world.control("status")


def test_a_database_that_is_not_migrated_says_so(cluster, database, programs):
    done = subprocess.run([programs.dubanctl, "--dsn", cluster.dsn(database), "status"],
                          capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "") and "dubanctl migrate" in done.stderr


def test_config_check_and_reference(world, tmp_path):
    assert "正确" in world.control("config", "check")
    reference = world.control("config", "reference")
    assert "`channels`" in reference and "give_up_after" in reference
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("centre: x\nlevels: 3\n", encoding="utf-8")
    done = subprocess.run([world.programs.dubanctl, "--config", wrong, "config", "check"],
                          capture_output=True, text=True)
    assert done.returncode == 1 and f"{wrong}:2:1: " in done.stderr
