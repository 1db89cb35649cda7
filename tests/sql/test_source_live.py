"""Live mode: what it does, that it does it by the rules, and that a reader by
(updated_at, case_no) misses none of it."""

import collections
import datetime

import pytest

AT = datetime.datetime.fromisoformat("2026-11-20T10:00:00+08:00")
TICK = datetime.timedelta(seconds=1)
STEPS = ("received_at", "accepted_at", "processed_at", "reviewed_at", "approved_at")
STAGES = ("received", "accepted", "processing", "review", "approval", "completed")
IDLE = dict.fromkeys(("arrivals", "late_entries", "acceptances", "advances", "suspensions",
                      "resumptions", "completions", "closings"), 0)
ACTION = {"arrivals": "arrive", "late_entries": "enter late", "acceptances": "accept",
          "advances": "advance", "suspensions": "suspend", "resumptions": "resume",
          "completions": "complete", "closings": "close"}


def begin(source, cases=300):
    source.execute("SET TimeZone = 'Asia/Shanghai'")
    source.execute("SELECT approval.generate(%s, %s, 5, 0.1, 0.9, 60)", (cases, AT))


def tick(source, at, **rates):
    names = "".join(f", {name} => %({name})s" for name in rates)
    return dict(source.execute(f"SELECT * FROM approval.live_tick(%(at)s, 1{names})",
                               {"at": at, **rates}).fetchall())


def rows_of(source, condition="true", *parameters):
    cursor = source.execute(f"SELECT * FROM approval.duban_case WHERE {condition} "
                            "ORDER BY updated_at, case_no", parameters)
    names = [column.name for column in cursor.description]
    return {row[0]: dict(zip(names, row)) for row in cursor}


def check(case, at):
    """The rules that every case keeps at every moment."""
    steps = [case[step] for step in STEPS]
    reached = [step for step in steps if step]
    assert steps[:len(reached)] == reached == sorted(reached)
    assert len(reached) == min(STAGES.index(case["stage"]) + 1, 5)
    assert reached[-1] <= at
    assert (case["stage"] == "completed") == (case["status"] == "completed")
    closed = case["status"] in ("completed", "returned", "withdrawn")
    assert (case["completed_at"] is not None) == closed == (case["result"] is not None)
    assert not closed or reached[-1] <= case["completed_at"] <= at
    lasting = [stop for stop in case["suspensions"] if stop["to"] is None]
    assert len(lasting) == (case["status"] == "suspended")
    bounds = [stop[key] for stop in case["suspensions"] for key in ("from", "to") if stop[key]]
    assert bounds == sorted(bounds)
    # Two changes at one instant are a microsecond apart.
    assert case["updated_at"] <= at + datetime.timedelta(milliseconds=1)


def test_500_ticks_keep_the_rules_and_a_reader_by_key_misses_nothing(source):
    begin(source)
    at, known, done = AT, rows_of(source), collections.Counter()
    key = max((case["updated_at"], number) for number, case in known.items())
    for turn in range(1, 501):
        at += TICK
        done.update(tick(source, at))
        news = rows_of(source, "(updated_at, case_no) > (%s, %s)", *key)
        for number, case in news.items():
            check(case, at)
            old = known.get(number)
            assert old is None or case["updated_at"] > old["updated_at"]
            assert old is None or STAGES.index(old["stage"]) <= STAGES.index(case["stage"])
            key = max(key, (case["updated_at"], number))
        known.update(news)
        if turn % 50 == 0:
            assert known == rows_of(source)
    for case in known.values():
        check(case, at)
    assert set(done) == set(ACTION.values())
    assert all(done.values()), done
    assert len(known) == 300 + done["arrive"] + done["enter late"]


@pytest.mark.parametrize("rate", list(ACTION))
def test_each_action_changes_as_many_cases_as_it_says(source, rate):
    begin(source)
    # Whatever the action takes is there in plenty.
    for turn in range(1, 6):
        tick(source, AT + turn * TICK, **{**IDLE, "arrivals": 5, "suspensions": 2})
    before = rows_of(source)
    at = AT + 60 * TICK
    done = tick(source, at, **{**IDLE, rate: 3})
    after = rows_of(source)
    changed = {number for number, case in after.items() if case != before.get(number)}
    assert done == {**dict.fromkeys(ACTION.values(), 0), ACTION[rate]: 3}
    assert len(changed) == 3
    assert changed == {number for number, case in after.items() if case["updated_at"] >= at}


def test_no_case_takes_two_steps_at_one_instant(source):
    begin(source, 10)
    at = AT + TICK
    assert tick(source, at, **{**IDLE, "arrivals": 4})["arrive"] == 4
    arrived = "updated_at >= %s AND stage = 'received'"
    tick(source, at, **{**IDLE, "acceptances": 50, "closings": 50})
    assert len(rows_of(source, arrived, at)) == 4
    tick(source, at + TICK, **{**IDLE, "acceptances": 50})
    assert len(rows_of(source, arrived, at)) == 0


def test_a_rate_is_a_mean(source):
    begin(source, 10)
    total = sum(tick(source, AT + turn * TICK, **{**IDLE, "arrivals": 0.3})["arrive"]
                for turn in range(1, 401))
    assert 80 <= total <= 160


def test_late_entries_come_close_to_their_limit(source):
    begin(source, 10)
    at = AT + TICK
    tick(source, at, **{**IDLE, "late_entries": 40})
    entered = rows_of(source, "updated_at >= %s", at)
    assert len(entered) == 40
    left = collections.defaultdict(list)
    for case in entered.values():
        assert case["stage"] == "accepted" and case["accepted_at"] < at
        left[case["limit_unit"]].append(case["promised_due_at"] - at)
    assert all(0 < span.total_seconds() <= 120 for span in left["hour"])
    # Friday 10:00: due at the closing of Friday to Wednesday.
    assert {span.days for span in left["workday"]} == {0, 3, 4, 5}


def test_resuming_moves_the_slip_date_by_the_working_days_stopped(source):
    begin(source, 40)
    tick(source, AT + TICK, **{**IDLE, "suspensions": 30})
    stopped = {number: case for number, case in rows_of(source, "status = 'suspended'").items()
               if case["suspensions"][-1]["from"].startswith("2026-11-20T10:00:01")
               and case["limit_unit"] == "workday"}
    # Friday to Wednesday: three working days.
    tick(source, AT + datetime.timedelta(days=5), **{**IDLE, "resumptions": 200})
    resumed = rows_of(source, "status = 'open'")
    assert len(stopped) > 3
    days = source.execute("SELECT array_agg(day ORDER BY day) FROM approval.workday "
                          "WHERE is_workday").fetchone()[0]
    for number, case in stopped.items():
        before, after = (days.index(row["promised_due_at"].date())
                         for row in (case, resumed[number]))
        assert after - before == 3


def test_the_same_ticks_make_the_same_world(cluster, new_source):
    worlds = []
    for _ in range(2):
        with cluster.connect(new_source()) as source:
            begin(source, 100)
            for turn in range(1, 101):
                tick(source, AT + turn * TICK)
            worlds.append(rows_of(source))
    assert worlds[0] == worlds[1]


def test_a_tick_leaves_the_systems_clock_alone(source):
    begin(source, 10)
    source.execute("SET approval.now = '2026-12-01 09:00+08'")
    tick(source, AT + TICK)
    assert source.execute("SELECT approval.now()").fetchone()[0] \
        == datetime.datetime.fromisoformat("2026-12-01T09:00:00+08:00")
