"""A month simulated, and the same month lived by the daemon: both must come to the same events and the
same messages, to the minute."""

import json
import subprocess
from collections import Counter
from datetime import datetime, timedelta

import pytest

from harness.centre import make_directory, write_yaml
from harness.moved import MovedTime
from harness.past import Past
from harness.workdays import BEIJING
from harness.world import World

FROM = datetime(2026, 4, 27, tzinfo=BEIJING)  # before a holiday with a make-up day after it
TO = datetime(2026, 5, 25, tzinfo=BEIJING)
GENERATED = datetime(2026, 5, 28, 18, tzinfo=BEIJING)
CASES, DAYS = 240, 45

ROUTES = {"yellow": {"window": ["sms", "hook"], "handler": "sms"},
          "red": {"window": "sms", "department": "hook", "supervision": ["sms", "hook"]},
          "late": {"supervision": "sms", "centre": "sms"},
          "cleared": {"window": "sms"}, "met": {"window": "hook"},
          "completed": {"applicant": "sms"}, "withdrawn": {"window": "hook"}}


def configure(settings):
    """Two clocks, three levels, reminders, hours, digests."""
    settings["policies"] = {
        "standard": [{"level": "yellow", "label": "黄牌", "before": "3 workdays"},
                     {"level": "red", "label": "红牌", "when": "overdue"},
                     {"level": "late", "label": "督办", "after": "2 workdays"}],
        "instant": [{"level": "red", "label": "红牌", "when": "overdue"}],
        "review": [{"level": "yellow", "label": "黄牌", "share": "80%"},
                   {"level": "red", "label": "红牌", "when": "overdue",
                    "notify": {"department": "hook"}}]}
    settings["clocks"] = {
        "completion": {"label": "办结", "policy": "standard", "extension": "10 workdays",
                       "policies": [{"kind": "instant", "policy": "instant"}]},
        "review": {"label": "审核", "from": "accepted_at", "until": "reviewed_at",
                   "limit": "2 workdays", "policy": "review",
                   "match": {"kind": ["promised", "joint"]}}}
    settings["routes"] = ROUTES
    settings["reminders"] = {"red": {"most": 2, "steps": [
        {"tell": {"window": "sms"}}, {"from": 2, "tell": {"department": "hook"}}]}}
    settings["hours"] = {"window": {"yellow": "workdays 14:03-17:00",
                                    "default": "workdays 08:30-17:45"},
                         "supervision": "open",
                         "handler": {"default": "08:00-20:00"}, "applicant": "08:00-21:00"}
    settings["channels"]["sms"] |= {"digest": "10m", "gather": "7s"}
    settings["source"] |= {"poll": "20ms", "reconcile_pause": "1h"}
    settings["daemon"] |= {"poll": "20ms", "retention_days": 60}


def make_people(world):
    """Somebody is away, and a deputy in the place; two share a duty between workdays and the rest."""
    directory = make_directory(world.connection, world.receiver.url)
    entries = {entry["code"]: entry for entry in directory["entries"]}
    entries["SC-W1"] |= {"absent": ["2026-05-06..2026-05-12"], "deputy": "SC-W2"}
    [phone] = entries["XNB"]["contacts"]["sms"]
    entries["XNB"]["contacts"]["sms"] = [{"address": phone, "on": ["workdays"]},
                                         {"address": "19900000903", "on": ["restdays"]}]
    del entries["GA-W2"]["contacts"]["sms"]
    return directory


# Few windows, and things happen in bursts, so that there is much to be told at once; and applicants
# whom nothing reaches.
BURST = """
    CREATE FUNCTION public.burst(at timestamptz) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$
        SELECT date_bin('40 minutes', at, '2026-01-01 00:07+08') $$"""
CROWD = """
    UPDATE approval.case_file SET window_code = (ARRAY['SC-W1', 'SC-W2', 'GA-W1', 'GA-W2'])
                                                [1 + abs(hashtext(case_no)) % 4];
    UPDATE approval.applicant SET phone = '0951-1234567' WHERE applicant_id % 9 = 0;
    UPDATE approval.case_file
       SET received_at = burst(received_at), accepted_at = burst(accepted_at),
           reviewed_at = burst(reviewed_at), completed_at = burst(completed_at);
    UPDATE approval.clock_stop SET started_at = burst(started_at), ended_at = burst(ended_at);
    UPDATE approval.extension SET granted_at = burst(granted_at)"""
EXTENSIONS = """
    INSERT INTO approval.extension (case_no, more_value, more_unit, approver, reason, granted_at)
    SELECT case_no, 5, promised_unit, '本机关负责人', '需多部门会商',
           accepted_at + (completed_at - accepted_at) / 2
      FROM approval.case_file
     WHERE promised_unit = '工作日' AND promised_value BETWEEN 3 AND 5
       AND completed_at - accepted_at > interval '2 days'
     ORDER BY case_no"""  # after the warning, which is then cleared


def next_of_daemon(world):
    """When the daemon has something to do next."""
    return world.value("""
        SELECT min(at) FROM (
            SELECT min(next_at) AS at FROM duban.clock WHERE next_at > duban.now()
            UNION ALL SELECT min(next_at) FROM duban.reminder WHERE next_at > duban.now()
            UNION ALL SELECT min(release_at) FROM duban.pending WHERE release_at > duban.now()) n""")


def ring(world):
    """Something to tell at midnight, so that the composer has heard what day it is when it has told
    it: who is on duty depends on that. Its messages aren't counted."""
    world.connection.execute("""
        SELECT duban.event_without_case('calendar_ending', duban.now()::text, 1, '', NULL,
                                        '{centre}', '{hook}', NULL)""")


def midnight_after(instant):
    day = instant.astimezone(BEIJING) + timedelta(days=1)
    return day.replace(hour=0, minute=0, second=0, microsecond=0)


def live(world, past):
    """The daemon through the month: at each instant at which anything is to be done."""
    time = MovedTime(world, store=lambda connection, at: past.write(connection, at))
    time.to(FROM, FROM)
    daemon = world.daemon()
    with daemon:
        time.settle()
        steps = 0
        while True:
            midnight = midnight_after(time.now)
            now = min(filter(None, (past.next_after(time.now), next_of_daemon(world), midnight)))
            if now >= TO:
                break
            time.to(now, now)
            steps += 1
            if now == midnight:
                ring(world)
            time.settle()
        print(f"{steps} steps")
        assert daemon.term() == 0, daemon.log_tail()
        assert [line for line in daemon.log if line.startswith("<3>")] == []


def simulate(world, *options, config=None):
    """As the daemon's configuration, read by the owner of both databases."""
    command = [world.programs.dubanctl, "--config", config or world.write_config(), "simulate",
               "--from", "2026-04-27", "--to", "2026-05-25", *options]
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def lived(cluster, template, programs, tmp_path_factory):
    """(the world after its month, the month simulated)"""
    name = cluster.create_database(template)
    world = World(cluster, name, programs, tmp_path_factory.mktemp("simulate"))
    try:
        configure(world.settings)
        world.import_directory(make_people(world))
        world.connection.execute("SELECT approval.generate(%s::int, %s, 7, 0.12::float8, 0.15::float8,"
                                 " %s::int)", (CASES, GENERATED, DAYS))
        for statement in (BURST, EXTENSIONS, CROWD):
            world.connection.execute(statement)
        world.set_now(GENERATED)
        found = simulate(world, "--json", "--top", "1000")
        assert found.returncode == 0, found.stderr
        live(world, Past(world.connection))
        world.connection.execute("CREATE TEMPORARY VIEW told AS SELECT * FROM duban.message"
                                 " WHERE kind <> 'calendar_ending'")
        yield world, json.loads(found.stdout)["runs"][0]
    finally:
        world.close()
        cluster.drop_database(name)


def test_events(lived):
    world, run = lived
    found = {(kind, clock): (recorded, told) for clock, kind, recorded, told in world.rows("""
        SELECT clock, kind, count(*), count(*) FILTER (WHERE told = 'yes') FROM duban.event
         WHERE case_no <> '' AND told <> 'no: reached before first contact'
         GROUP BY clock, kind""")}
    simulated = {(one["kind"], one["clock"]): (one["recorded"], one["told"])
                 for one in run["kinds"]}
    assert simulated == found
    kinds = {kind for kind, _ in found}
    assert kinds >= {"yellow", "red", "late", "completed", "met", "reminder", "cleared"}, kinds
    assert run["failed"]["count"] == 0


def test_messages_per_recipient(lived):
    world, run = lived
    found, days = Counter(), Counter()
    for recipient, channel, day, count in world.rows("""
            SELECT recipient, channel, (created_at AT TIME ZONE 'Asia/Shanghai')::date, count(*)
              FROM told WHERE recipient NOT IN ('applicant', 'handler')
             GROUP BY 1, 2, 3"""):
        found[recipient, channel] += count
        days[recipient, str(day)] += count
    simulated, worst = Counter(), {}
    for one in run["recipients"]["first"]:
        if one["code"]:
            simulated.update({(one["code"], channel): count
                              for channel, count in one["channels"].items() if count})
            worst[one["code"]] = one["worst_day"], one["worst"]
    assert simulated == found
    assert worst == {
        code: max(((day, count) for (recipient, day), count in days.items() if recipient == code),
                  key=lambda one: (one[1], -datetime.fromisoformat(one[0]).toordinal()))
        for code, _ in found}
    assert len(found) >= 12


def test_persons(lived):
    """Of whom the simulation keeps no number, and the daemon none in its ledger."""
    world, run = lived
    found = {role: (persons, messages) for role, persons, messages in world.rows("""
        SELECT role, count(DISTINCT address), count(*) FROM told
         WHERE role IN ('applicant', 'handler') GROUP BY role""")}
    simulated = {one["role"]: (one["recipients"], one["messages"]) for one in run["roles"]
                 if one["role"] in ("applicant", "handler")}
    assert simulated == found and set(found) == {"applicant", "handler"}


OUTCOMES = {"messages": "composed", "cancelled": "cancelled: ", "unreachable": "unreachable: "}


def test_what_became_of_notifications(lived):
    world, run = lived
    found = Counter()
    for channel, outcome, count in world.rows("""
            SELECT n.channel,
                   CASE WHEN n.outcome IS NULL THEN 'held'
                        WHEN n.outcome LIKE 'cancelled: not on duty%%' THEN 'off_duty'
                        WHEN n.outcome LIKE 'cancelled: %%' THEN 'cancelled'
                        WHEN n.outcome LIKE 'unreachable: %%' THEN 'unreachable'
                        WHEN n.outcome = 'composed' THEN 'notifications' ELSE n.outcome END,
                   count(*)
              FROM duban.notification n JOIN duban.event e ON e.id = n.event
             WHERE e.case_no <> '' GROUP BY 1, 2"""):
        found[channel, outcome] += count
    for channel, count in world.rows("SELECT channel, count(*) FROM told GROUP BY 1"):
        found[channel, "messages"] += count
    simulated = Counter()
    for one in run["channels"]:
        simulated.update({(one["channel"], key): count for key, count in one.items()
                          if key != "channel"})
    assert +simulated == found
    assert found["sms", "notifications"] > found["sms", "messages"]
    assert min(found["sms", "cancelled"], found["sms", "off_duty"],
               found["sms", "unreachable"]) > 0, found


def test_days_and_the_busiest_minute(lived):
    world, run = lived
    found = {str(day): count for day, count in world.rows("""
        SELECT (created_at AT TIME ZONE 'Asia/Shanghai')::date, count(*) FROM told
         GROUP BY 1""")}
    assert {one["day"]: one["messages"] for one in run["days"] if one["messages"]} == found
    [(minute, count)] = world.rows("""
        SELECT date_trunc('minute', created_at), count(*) FROM told
         GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1""")
    busiest = run["busiest_minute"]
    assert (datetime.fromisoformat(busiest["at"]), busiest["messages"]) == (minute, count)
    assert sum(busiest["channels"].values()) == count
