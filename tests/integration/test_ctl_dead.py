"""dubanctl dead and message: looked at and decided by hand, nothing without a trace."""

import json
import subprocess

import pytest

NOW = "2026-06-03T01:00:00+00:00"

# Messages 1–12 of two channels and two cases; 1–8 are dead, 7 and 8 may have arrived.
CONTENT = """
SELECT duban.maintain_partitions('2026-06-02 00:00Z', 3, 30);
INSERT INTO duban.endpoint (channel, address) VALUES ('sms', ''), ('hook', 'https://h.example/key');
INSERT INTO duban.event (case_no, clock, kind, deadline_version, sequence, event_at, recorded_at,
                         level, rank, due_at, window_code, department_code, item_code, told)
SELECT 'SP' || n, 'completion', 'red', 1, 1, duban.now(), duban.now(), 'red', 2, duban.now(), 'W',
       'D', 'I', 'yes'
  FROM generate_series(1, 12) AS n;
INSERT INTO duban.message
SELECT n, date '2026-06-01' + n % 2, 'k-' || n, c.channel, c.endpoint, c.address, '正文' || n, 'red',
       'SP' || n, 'completion', 1, 2, 'W' || n, 'window', c.channel = 'hook',
       timestamptz '2026-06-01 03:00Z' + n % 2 * interval '1 day'
  FROM generate_series(1, 12) AS n
 CROSS JOIN LATERAL (SELECT CASE WHEN n % 2 = 1 THEN 'sms' ELSE 'hook' END AS channel,
                            2 - n % 2 AS endpoint,
                            CASE WHEN n % 2 = 1 THEN '13800138000' ELSE 'https://h.example/key' END
                            AS address) c;
INSERT INTO duban.notification (event, recipient, role, channel, address, created_at, outcome, message)
SELECT e.id, 'W' || m.id, 'window', m.channel, m.address, m.created_at, 'composed', m.id
  FROM duban.event e JOIN duban.message m ON m.case_no = e.case_no;
UPDATE duban.message m SET notifications = ARRAY[n.id] FROM duban.notification n WHERE n.message = m.id;
INSERT INTO duban.notification (event, recipient, role, channel, address, created_at)
SELECT id, 'S', 'supervision', 'sms', '13800138009', duban.now() FROM duban.event WHERE case_no = 'SP1';
INSERT INTO duban.pending SELECT timestamptz '2026-06-03 09:00Z', id, 'held: quiet hours'
  FROM duban.notification WHERE outcome IS NULL;
INSERT INTO duban.dead
SELECT n, m.day, m.endpoint, n, 3, CASE WHEN n >= 7 THEN 'unknown' ELSE 'permanent' END,
       CASE WHEN n >= 7 THEN 'no answer in time' ELSE 'no such number' END,
       timestamptz '2026-06-02 00:00Z' + n * interval '1 hour'
  FROM generate_series(1, 8) AS n JOIN duban.message m ON m.id = n;
INSERT INTO duban.attempt
SELECT m.id, m.day, m.day, t, m.created_at + t * interval '1 minute', 'temporary', 503,
       'busy ' || t, 'p' || t, 12, 1
  FROM duban.message m CROSS JOIN generate_series(1, 2) AS t WHERE m.id <= 9;
INSERT INTO duban.ready SELECT endpoint, duban.now() + interval '1 minute', id, day, id, 3, duban.now()
  FROM duban.message WHERE id = 9;
INSERT INTO duban.inflight SELECT id, day, endpoint, id, 1, duban.now(), true, 1, 1, duban.now()
  FROM duban.message WHERE id = 10;
INSERT INTO duban.attempt
SELECT id, day, day, CASE id WHEN 11 THEN 1 ELSE 0 END, created_at,
       CASE id WHEN 11 THEN 'accepted' ELSE 'cancelled' END, 202, 'said so', 'p', 5, 1
  FROM duban.message WHERE id > 10;
"""


class Control:
    def __init__(self, world):
        self.world = world

    def run(self, *arguments):
        return subprocess.run(
            [self.world.programs.dubanctl, "--config", self.world.owner_config,
             *map(str, arguments)], capture_output=True, text=True)

    def text(self, *arguments):
        done = self.run(*arguments)
        assert done.returncode == 0 and done.stderr == "", done.stderr
        return done.stdout

    def json(self, *arguments):
        return json.loads(self.text(*arguments, "--json"))

    def dead(self, *filters):
        return [row["id"] for row in self.json("dead", "list", *filters)["dead"]]

    def messages(self, *filters):
        return [row["id"] for row in self.json("message", "list", *filters)["messages"]]

    def left(self):
        return [row[0] for row in self.world.rows("SELECT id FROM duban.dead ORDER BY id")]


@pytest.fixture
def control(world):
    world.set_now(NOW)
    world.connection.execute(CONTENT)
    return Control(world)


@pytest.mark.parametrize("filters, ids", [
    ([], [8, 7, 6, 5, 4, 3, 2, 1]),
    (["--channel", "hook"], [8, 6, 4, 2]),
    (["--case", "SP3"], [3]),
    (["--kind", "yellow"], []),
    (["--verdict", "unknown"], [8, 7]),
    (["--id", "2-4"], [4, 3, 2]),
    (["--id", "5", "--channel", "sms"], [5]),
    (["--since", "2026-06-02T06:00:00Z"], [8, 7, 6]),
    (["--since", "2026-06-02 10:00", "--until", "2026-06-02 12:00"], [3, 2]),  # +08:00
    (["--until", "2026-06-02"], []),
    (["--case", "SP' OR true --"], []),
])
def test_filters(control, filters, ids):
    assert control.dead(*filters) == ids


def test_a_list_is_bounded_and_says_how_many_more(control):
    some = control.json("dead", "list", "--limit", 3)
    assert [row["id"] for row in some["dead"]] == [8, 7, 6]
    assert (some["found"], some["twice"], some["others"]) == (8, 1, False)
    assert some["dead"][0] == {
        "id": 8, "dead_at": "2026-06-02T08:00:00+00:00", "channel": "hook", "kind": "red",
        "case_no": "SP8", "recipient": "W8", "attempts": 3, "verdict": "unknown",
        "reason": "no answer in time", "twice": False}
    text = control.text("dead", "list", "--limit", 3)
    assert "还有 5 条更早的" in text and "--id 0-5" in text
    assert "2026-06-02 16:00:00+08:00" in text and "结果不明" in text
    assert "5 older ones" in control.text("--lang", "en", "dead", "list", "--limit", 3)
    assert "13800138000" not in text


def test_show_masks_the_address_unless_told(control):
    shown = control.json("dead", "show", 7)
    assert (shown["address"], shown["body"], shown["state"]) == ("138****8000", "正文7", "dead")
    assert [(a["number"], a["verdict"], a["detail"]) for a in shown["attempts"]] == [
        (1, "temporary", "busy 1"), (2, "temporary", "busy 2")]
    assert shown["dead"]["reason"] == "no answer in time"
    assert control.json("dead", "show", "k-7", "--unmask")["address"] == "13800138000"
    text = control.text("dead", "show", 8)
    assert "https://h.example/…" in text and "key" not in text and "正文8" in text
    for wrong in "9", "99", "x-7", "seven":
        done = control.run("dead", "show", wrong)
        assert done.returncode == 1 and wrong in done.stderr and done.stdout == ""


def test_resend_is_a_dry_run_without_yes(control):
    text = control.text("dead", "resend", "--channel", "sms")
    assert "将重发 3 条" in text and "--yes" in text and "取消" in text
    assert "1 条结果不明" in text and "--even-unknown" in text
    assert "将重发 4 条" in control.text("dead", "resend", "--channel", "sms", "--even-unknown")
    plan = control.json("dead", "resend", "--channel", "sms")
    assert plan["dry_run"] is True and [row["id"] for row in plan["dead"]] == [5, 3, 1]
    assert "将重发" not in control.text("dead", "resend", "--id", 7)
    assert control.left() == list(range(1, 9))


def test_resend_goes_on_counting_and_leaves_what_may_have_arrived(control):
    assert control.json("dead", "resend", "--id", "5-8", "--yes") == {"dry_run": False, "resent": 3}
    assert control.left() == [1, 2, 3, 4, 7]
    rows = control.world.rows("""SELECT id, attempt, due_at = duban.now(), first_at = duban.now(),
                                        order_key FROM duban.ready WHERE id <= 8 ORDER BY id""")
    assert rows == [(n, 4, True, True, n) for n in (5, 6, 8)]
    assert "1" in control.text("dead", "resend", "--id", 7, "--even-unknown", "--yes")
    assert control.left() == [1, 2, 3, 4]


def test_a_letter_in_another_hand_is_left(control):
    with control.world.cluster.connect(control.world.database) as other, other.transaction():
        other.execute("SELECT FROM duban.dead WHERE id = 2 FOR UPDATE")
        assert control.json("dead", "resend", "--id", "1-3", "--yes")["resent"] == 2
    assert control.left() == [2, 4, 5, 6, 7, 8]


def test_a_resent_warning_whose_reason_has_gone_is_cancelled(control):
    control.world.connection.execute("""
        INSERT INTO duban.clock (case_no, clock, state, level, rank, due_at, calendar_version,
                                 facts_hash, item_code, window_code, department_code)
        VALUES ('SP1', 'completion', 'stopped', 'red', 2, duban.now(), '', 1, 'I', 'W', 'D')""")
    control.text("dead", "resend", "--id", 1, "--yes")
    control.world.rows("SELECT * FROM duban.claim(1, 1000000, '{1}', '{9}', '{null}')")
    assert control.json("message", "show", 1)["state"] == "cancelled"


def test_drop_leaves_a_trace(control):
    assert "将放弃 2 条" in control.text("dead", "drop", "--id", "1-2")
    done = control.run("dead", "drop", "--id", "1-2", "--yes", "--reason", " ")
    assert done.returncode == 2 and "--reason" in done.stderr and len(control.left()) == 8
    assert control.json("dead", "drop", "--id", "1-2", "--yes", "--reason", "号码已停用") == {
        "dry_run": False, "dropped": 2}
    assert control.left() == [3, 4, 5, 6, 7, 8]
    shown = control.json("message", "show", 1)
    assert shown["state"] == "dropped" and shown["dead"] is None
    last = shown["attempts"][-1]
    assert (last["number"], last["verdict"]) == (0, "dropped")
    assert last["detail"].endswith(": 号码已停用") and not last["detail"].startswith(":")


@pytest.mark.parametrize("arguments", [
    ["dead"], ["dead", "bury"], ["dead", "resend", "--yes"], ["dead", "drop", "--reason", "x", "--yes"],
    ["dead", "list", "x"], ["dead", "list", "--id", "4-2"], ["dead", "list", "--id", "x"],
    ["dead", "list", "--limit", "0"], ["dead", "list", "--since", "yesterday"], ["dead", "show"],
    ["dead", "list", "--even-unknown"], ["message"], ["message", "list", "--state", "lost"],
    ["message", "show"], ["message", "show", "1", "--unmask"]])
def test_wrong_usage_exits_with_2(control, arguments):
    done = control.run(*arguments)
    assert (done.returncode, done.stdout) == (2, "") and done.stderr
    assert len(control.left()) == 8


# --- messages ---

@pytest.mark.parametrize("filters, ids", [
    ([], list(range(12, 0, -1))),
    (["--case", "SP4"], [4]),
    (["--recipient", "W9"], [9]),
    (["--channel", "sms", "--limit", "2"], [11, 9]),
    (["--since", "2026-06-02"], [11, 9, 7, 5, 3, 1]),
    (["--until", "2026-06-02"], [12, 10, 8, 6, 4, 2]),
    (["--state", "ready"], [9]),
    (["--state", "inflight"], [10]),
    (["--state", "dead", "--channel", "hook"], [8, 6, 4, 2]),
    (["--state", "done"], [11]),
    (["--state", "cancelled"], [12]),
    (["--kind", "yellow"], []),
])
def test_message_filters(control, filters, ids):
    assert control.messages(*filters) == ids


def test_messages_of_the_last_days_unless_asked_for_older_ones(control):
    control.world.set_now("2026-06-09T02:00:00Z")
    assert control.messages() == [11, 9, 7, 5, 3, 1]
    assert "最近 7 天" in control.text("message", "list")
    assert control.messages("--case", "SP2") == [2]
    assert len(control.messages("--since", "2026-05-01")) == 12


def test_what_waits_says_until_when_and_why(control):
    waiting = control.json("message", "list", "--case", "SP1")["waiting"]
    assert [(w["recipient"], w["hold_reason"], w["release_at"]) for w in waiting] == [
        ("S", "held: quiet hours", "2026-06-03T09:00:00+00:00")]
    for text in (control.text("message", "list", "--case", "SP1"), control.text("message", "show", 1)):
        assert "2026-06-03 17:00:00+08:00 held: quiet hours" in text


def test_a_message_is_shown_with_all_that_became_of_it(control):
    shown = control.json("message", "show", "k-9")
    assert shown["state"] == "ready" and shown["due_at"] == "2026-06-03T01:01:00+00:00"
    assert [(a["status"], a["provider_id"]) for a in shown["attempts"]] == [(503, "p1"), (503, "p2")]
    assert "body" not in shown and shown["address"] == "138****8000"
    assert shown["event"]["level"] == "red"
    assert [n["message"] for n in shown["event"]["notifications"]] == [9]
    text = control.text("message", "show", 9)
    for part in "待发送，下次 2026-06-03 09:01:00+08:00", "#2 2026-06-02", "busy 2", "k-9":
        assert part in text
    assert "正文" not in text and "13800138000" not in text
