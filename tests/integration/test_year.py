"""A year of a centre's life: every level of every case raised once, at the right instant, told to
the right people. The oracle counts days on a wall calendar; duban has to agree with it."""

import re
import time
from collections import Counter
from datetime import datetime, timedelta

import pytest

from harness.centre import ROOT, SUPERVISION_PHONE, write_yaml
from harness.moved import MovedTime
from harness.oracle import LATE_WORKDAYS, LEVELS, Oracle
from harness.workdays import SHORT_DAYS
from harness.world import World
from harness.year import END, FIRST_CONTACT, Place, Year, store_applicants

SEED = 20260105
BATCH_MOST = 12

ROUTES = {
    "yellow": {"window": ["sms", "hook"]},
    "red": {"window": ["sms"], "department": ["hook"], "supervision": ["sms", "hook"]},
    "late": {"supervision": ["hook"]},
    "completed": {"applicant": ["sms"]},
    "withdrawn": {"window": ["hook"]},
    "cleared": {"window": ["hook"]},
}
WITHOUT_CASE = {"baseline": {"supervision": ["hook"]}, "calendar_ending": {"supervision": ["hook"]},
                "beyond_calendar": {"supervision": ["hook"]}}


class Centre:
    """The world, the oracle, and the time that both are moved through."""

    def __init__(self, world, year):
        self.world, self.year = world, year
        self.oracle = Oracle(ROUTES, FIRST_CONTACT)
        self.time, self.steps = MovedTime(world), 0

    def configure(self):
        calendar = write_yaml(self.world.folder / "centre.yaml", {
            "name": "centre", "include": str(ROOT / "etc/calendars/cn.yaml"),
            "special": [{"name": "节前", "date": str(day), "hours": "09:00-12:00"}
                        for day in sorted(SHORT_DAYS)]})
        settings = self.world.settings
        settings["calendars"], settings["calendar"] = {"centre": str(calendar)}, "centre"
        settings["source"] |= {"poll": "20ms", "reconcile_pause": "1h"}
        settings["daemon"] |= {"poll": "20ms", "retention_days": 30}
        settings["policies"] = {
            "standard": [{"level": "yellow", "label": "黄牌", "before": "3 workdays"},
                         {"level": "red", "label": "红牌", "when": "overdue"},
                         {"level": "late", "label": "督办", "after": f"{LATE_WORKDAYS} workdays"}],
            "instant": [{"level": "red", "label": "红牌", "when": "overdue"}]}
        settings["clocks"] = {"completion": {
            "label": "办结", "policy": "standard",
            "policies": [{"kind": "instant", "policy": "instant"}]}}
        settings["routes"] = ROUTES | WITHOUT_CASE

    def begin(self):
        self.time.to(FIRST_CONTACT, self.year.backlog)
        self.oracle.begin([change.facts for change in self.year.backlog])

    def step(self, now, changes):
        self.steps += 1
        self.time.to(now, changes)
        self.oracle.look(now, [change.facts for change in changes])
        self.settle()

    def settle(self):
        self.time.settle(self.oracle.bad_cases())

    def live(self):
        """Through all that happens, every instant at which the oracle expects a level, and some
        at which nothing does."""
        changes, idle = self.year.changes, self.year.idle
        while True:
            batch = self.next_batch(changes)
            changes = changes[len(batch):]
            now = batch[-1].at if batch else min(self.oracle.next_at() or END, END)
            before = batch[0].at if batch else now
            for at in [at for at in idle if self.time.now < at < before]:
                self.step(at, [])
            self.step(now, batch)
            if now == END:
                break

    def next_batch(self, changes):
        """Changes of different cases that can be seen together, since no level comes between."""
        threshold, batch, cases = self.oracle.next_at(), [], set()
        for change in changes[:BATCH_MOST]:
            until = self.oracle.next_if(change.facts, change.at)
            if (threshold and change.at > threshold) or change.facts.case_no in cases:
                break
            if batch and batch[-1].at == threshold:
                break
            batch.append(change)
            cases.add(change.facts.case_no)
            threshold = min(filter(None, (threshold, until)), default=None)
        return batch


def find_places(world):
    return [Place(*row) for row in world.rows("""
        SELECT w.window_code, i.item_code FROM approval.window_desk w
          JOIN approval.item i USING (department_code) ORDER BY 1, 2""")]


@pytest.fixture(scope="module")
def lived(cluster, template, programs, tmp_path_factory):
    """The centre after its year: told once, looked at by several tests."""
    name = cluster.create_database(template)
    world = World(cluster, name, programs, tmp_path_factory.mktemp("year"))
    try:
        world.import_directory()
        year = Year(SEED, find_places(world))
        store_applicants(world.connection, year.backlog + year.changes)
        centre = Centre(world, year)
        centre.configure()
        centre.begin()
        daemon = world.daemon()
        begun = time.monotonic()
        with daemon:
            world.wait_initial()
            centre.settle()
            centre.live()
            world.wait_events("calendar_ending", 1)
            world.wait_queue_empty()
            assert daemon.term() == 0, daemon.log_tail()
            assert [line for line in daemon.log if line.startswith("<3>")] == []
        print(f"{centre.steps} steps, {time.monotonic() - begun:.1f} s")
        yield centre
    finally:
        world.close()
        cluster.drop_database(name)


def difference(found, expected):
    """What the one has and the other hasn't, readably."""
    return "\n".join(
        [f"only found:    {item}" for item in sorted(map(str, (found - expected).elements()))[:20]]
        + [f"only expected: {item}"
           for item in sorted(map(str, (expected - found).elements()))[:20]])


def test_the_year_has_everything(lived):
    """Dice that never threw what matters would prove nothing."""
    ledger = lived.oracle.ledger
    kinds = Counter(kind for _, kind, _ in ledger)
    told = Counter(entry.told for entry in ledger.values())
    states = Counter(change.facts.status for change in lived.year.changes)
    bad = Counter(change.facts.bad for change in lived.year.changes if change.facts.bad)
    assert min(kinds[kind] for kind in (*LEVELS["standard"], *ROUTES, "returned")) >= 3, kinds
    assert len(told) == 5 and min(told.values()) >= 3, told
    assert min(states.values()) >= 5, states
    assert len(bad) >= 6, bad
    assert max(version for _, _, version in ledger) >= 4
    assert sum(version > 1 for _, _, version in ledger) >= 50


def test_ledger(lived):
    found = Counter()
    for case_no, kind, version, event_at, told, level, due_at in lived.world.rows("""
            SELECT case_no, kind, deadline_version, event_at, told, level, due_at
              FROM duban.event
             WHERE case_no <> '' AND clock = 'completion' AND kind <> 'reopened'"""):
        found[case_no, kind, version, event_at.timestamp(), told, level, due_at.timestamp()] += 1
    expected = Counter(
        (case_no, kind, version, entry.event_at.timestamp(), entry.told, entry.level,
         entry.due_at.timestamp())
        for (case_no, kind, version), entry in lived.oracle.ledger.items())
    assert found == expected, difference(found, expected)


def test_reopenings_follow_an_end(lived):
    """Each begins an episode, and the event before it in the ledger of its case is an end."""
    rows = lived.world.rows("""
        SELECT e.case_no, e.episode, e.deadline_version > b.deadline_version,
               b.kind IN ('completed', 'returned', 'withdrawn')
          FROM duban.event e
          JOIN duban.event b ON b.case_no = e.case_no AND b.sequence = e.sequence - 1
         WHERE e.kind = 'reopened' ORDER BY e.case_no, e.episode""")
    assert len(rows) >= 20
    assert {row[2:] for row in rows} == {(True, True)}
    episodes = dict(lived.world.rows("SELECT case_no, episode FROM duban.clock"))
    assert {case: episode for case, episode, *_ in rows} == {
        case: episode for case, episode in episodes.items() if episode > 1}


def test_sequence_tells_the_order(lived):
    rows = lived.world.rows("""
        SELECT case_no, array_agg(sequence ORDER BY id) FROM duban.event
         WHERE case_no <> '' GROUP BY case_no""")
    assert [row for row in rows if sorted(set(row[1])) != row[1]] == []


def test_clocks_stand_where_they_should(lived):
    found = Counter(lived.world.rows("""
        SELECT case_no, state, rank, deadline_version, next_at FROM duban.clock
         WHERE case_no <> ALL (SELECT case_no FROM duban.bad_row)"""))
    bad = lived.oracle.bad_cases()
    expected = Counter((case_no, clock.state, clock.rank, clock.version, clock.next_at)
                       for case_no, clock in lived.oracle.clocks.items() if case_no not in bad)
    assert found == expected, difference(found, expected)


SMS = [("yellow", "window", "前办结"), ("red", "window", "请尽快办结并说明原因"),
       ("red", "supervision", "请督办"), ("completed", "applicant", "已办结"),
       ("cleared", "window", "已撤销：.*（办件AL"), ("cleared", "supervision", "已撤销：.*（AL")]


def read_sms(message):
    text = message["text"]
    [(kind, role)] = [(kind, role) for kind, role, words in SMS if re.search(words, text)]
    return kind, role, re.search(r"AL2026\d{6}", text)[0]


def is_mobile(phone):
    return re.fullmatch(r"1\d{10}", phone)


def test_sms(lived):
    windows = dict(lived.world.rows("""
        SELECT recipient, address FROM duban.contact WHERE channel = 'sms'"""))
    found = Counter((message["to"], *read_sms(message))
                    for message in lived.world.gateway.messages)
    expected = Counter()
    for delivery in lived.oracle.deliveries:
        if delivery.channel != "sms":
            continue
        number = {"window": windows[delivery.facts.window], "supervision": SUPERVISION_PHONE,
                  "applicant": delivery.facts.phone}[delivery.role]
        if is_mobile(number):
            expected[number, delivery.kind, delivery.role, delivery.case_no] += 1
    assert found == expected, difference(found, expected)


def deadline_text(at):
    """As people say it: midnight ends a day."""
    if at.hour == at.minute == 0:
        return deadline_text(at - timedelta(minutes=1)).replace("23:59", "24:00")
    return f"{at.month}月{at.day}日{at:%H:%M}"


def test_sms_tell_the_deadline(lived):
    due = {}
    for delivery in lived.oracle.deliveries:
        if delivery.kind == "yellow" and delivery.channel == "sms":
            due.setdefault(delivery.case_no, set()).add(deadline_text(delivery.due_at))
    for message in lived.world.gateway.messages:
        kind, _, case_no = read_sms(message)
        assert message["segments"] == 1, message
        if kind == "yellow":
            assert any(text in message["text"] for text in due[case_no]), (message, due[case_no])


def test_webhooks(lived):
    departments = dict(lived.world.rows(
        "SELECT window_code, department_code FROM approval.window_desk"))
    found = Counter()
    for webhook in lived.world.receiver.webhooks:
        body, data = webhook["body"], webhook["body"]["data"]
        if not body["type"].startswith("duban.case."):
            continue
        found[webhook["path"], body["type"], data["case"]["number"], data["deadline_version"],
              instant(body["time"]), instant(data["due_at"])] += 1
    expected = Counter()
    for delivery in lived.oracle.deliveries:
        if delivery.channel != "hook":
            continue
        window = delivery.facts.window
        path = {"window": f"/window/{window}", "department": f"/department/{departments[window]}",
                "supervision": "/supervision"}[delivery.role]
        expected[path, f"duban.case.{delivery.kind}", delivery.case_no, delivery.version,
                 delivery.entry.event_at.timestamp(), delivery.due_at.timestamp()] += 1
    assert found == expected, difference(found, expected)


def instant(text):
    return datetime.fromisoformat(text).timestamp()


def test_nothing_else_was_sent(lived):
    world, receiver = lived.world, lived.world.receiver
    assert receiver.invalid == [] and set(receiver.counts.values()) == {1}
    others = Counter(webhook["body"]["type"] for webhook in receiver.webhooks
                     if not webhook["body"]["type"].startswith("duban.case."))
    assert others == {"duban.baseline": 1, "duban.calendar_ending": 1, "duban.beyond_calendar": 1}
    assert world.rows("SELECT * FROM duban.dead") == []
    assert world.value("SELECT count(*) FROM duban.notification WHERE outcome = 'composed'") == (
        len(world.gateway.messages) + len(receiver.webhooks))


def test_why_others_were_not_told(lived):
    outcomes = Counter()
    for outcome, count in lived.world.rows("""
            SELECT outcome, count(*) FROM duban.notification
             WHERE outcome <> 'composed' GROUP BY outcome"""):
        outcomes[outcome] = count
    without_phone = sum(delivery.role == "applicant" and not is_mobile(delivery.facts.phone)
                        for delivery in lived.oracle.deliveries)
    assert without_phone > 0
    assert outcomes.pop("unreachable: the applicant's address for sms can't be used") == (
        without_phone)
    assert set(outcomes) <= {"cancelled: the clock is suspended"}, outcomes
