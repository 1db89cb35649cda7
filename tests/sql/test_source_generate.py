"""The generators: number, sameness, shares, and cases that could be real.

Lateness is judged here by walking the days of a calendar, not by the generator's
own arithmetic.
"""

import collections
import datetime
import re
from zoneinfo import ZoneInfo

import psycopg
import pytest

ZONE = ZoneInfo("Asia/Shanghai")
AT = datetime.datetime(2026, 11, 20, 10, 0, tzinfo=ZONE)
DAY = datetime.timedelta(days=1)
SPANS = ((datetime.time(9), datetime.time(12)), (datetime.time(13, 30), datetime.time(17, 30)))
STEPS = ("received_at", "accepted_at", "processed_at", "reviewed_at", "approved_at")
STAGES = ("received", "accepted", "processing", "review", "approval", "completed")
FINGERPRINT = "SELECT md5(string_agg(c::text, '' ORDER BY case_no)) FROM approval.duban_case c"

Case = collections.namedtuple("Case", "case_no kind limit_value limit_unit stage status "
                              "received_at accepted_at processed_at reviewed_at approved_at "
                              "completed_at suspensions parent_case_no updated_at extensions")


def generate(source, cases, at=AT, seed=1, late=0.03, still_open=0.05, days=365):
    return source.execute("SELECT approval.generate(%s, %s, %s, %s, %s, %s)",
                          (cases, at, seed, late, still_open, days)).fetchone()[0]


def cases_of(source):
    source.execute("SET TimeZone = 'Asia/Shanghai'")
    return [Case(*row) for row in source.execute(
        f"SELECT {', '.join(Case._fields)} FROM approval.duban_case ORDER BY case_no")]


def instant(text):
    return datetime.datetime.fromisoformat(text) if text else None


def extended_by(case):
    """Working days."""
    return sum(extension["value"] for extension in case.extensions or ())


class Office:
    """The centre's calendar, asked day by day."""

    def __init__(self, source):
        self.workdays = {row[0] for row in source.execute(
            "SELECT day FROM approval.workday WHERE is_workday")}

    def is_open(self, moment):
        local = moment.astimezone(ZONE)
        return local.date() in self.workdays and any(
            start <= local.time() < end for start, end in SPANS)

    def workdays_after(self, first, last):
        """Working days of (first, last]."""
        count = 0
        while first < last:
            first += DAY
            count += first in self.workdays
        return count

    def add_workdays(self, day, amount):
        while amount > 0:
            day += DAY
            amount -= day in self.workdays
        return day

    def closing(self, day):
        return datetime.datetime.combine(day, SPANS[-1][1], ZONE)

    def open_time(self, start, end):
        total, day = datetime.timedelta(), start.astimezone(ZONE).date()
        while day <= end.astimezone(ZONE).date():
            for opens, closes in SPANS if day in self.workdays else ():
                total += max(min(end, datetime.datetime.combine(day, closes, ZONE))
                             - max(start, datetime.datetime.combine(day, opens, ZONE)),
                             datetime.timedelta())
            day += DAY
        return total

    def is_late(self, case, end):
        accepted = case.accepted_at.astimezone(ZONE)
        if case.limit_unit == "workday":
            more = sum(self.workdays_after(instant(stop["from"]).date(),
                                           instant(stop["to"]).date())
                       for stop in case.suspensions if stop["to"]) + extended_by(case)
            return end >= self.closing(self.add_workdays(accepted.date(), case.limit_value + more))
        if case.limit_unit == "day":
            due = accepted.date() + case.limit_value * DAY
            while due not in self.workdays:
                due += DAY
            return end >= self.closing(due)
        limit = datetime.timedelta(hours=case.limit_value)
        elapsed = end - accepted if case.limit_unit == "hour" else self.open_time(accepted, end)
        return elapsed > limit


def test_calendar_of_2026_is_the_state_councils(source):
    office = Office(source)
    assert sum(day.year == 2026 for day in office.workdays) == 248
    assert sum(day.year == 2025 for day in office.workdays) == 248
    for day in ("2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"):
        assert datetime.date.fromisoformat(day) in office.workdays
    for day in ("2026-02-23", "2026-04-06", "2026-05-05", "2026-06-19", "2026-09-25", "2026-10-07"):
        assert datetime.date.fromisoformat(day) not in office.workdays


@pytest.mark.parametrize("cases", [1, 7, 2500])
def test_makes_the_number_asked_for(source, cases):
    assert generate(source, cases) == cases
    assert len(cases_of(source)) == cases


def test_same_seed_same_cases(cluster, new_source):
    prints = []
    for seed in (42, 42, 43):
        with cluster.connect(new_source()) as source:
            generate(source, 3000, seed=seed)
            source.execute("SELECT approval.generate_demo(%s, 200, %s)", (AT, seed))
            source.execute("SET TimeZone = 'UTC'")
            prints.append(source.execute(FINGERPRINT).fetchone()[0])
    assert prints[0] == prints[1] != prints[2]


def test_kinds_have_believable_shares(source):
    generate(source, 20000)
    share = {kind: count / 20000 for kind, count in
             collections.Counter(case.kind for case in cases_of(source)).items()}
    assert share["instant"] == pytest.approx(0.50, abs=0.02)
    assert share["promised"] == pytest.approx(0.35, abs=0.02)
    for kind in ("joint", "reported", "returned", "special", "agent"):
        assert 0.01 < share[kind] < 0.07


@pytest.mark.parametrize("late", [0, 0.2, 1])
def test_share_that_is_late(source, late):
    generate(source, 8000, late=late, still_open=0.5)
    office, cases = Office(source), cases_of(source)
    closed = [office.is_late(case, case.completed_at) for case in cases
              if case.status == "completed"]
    still_open = [office.is_late(case, AT) for case in cases
                  if case.status == "open" and case.accepted_at]
    assert len(closed) > 3500 and len(still_open) > 3000
    tolerance = 0.02 if 0 < late < 1 else 0.003
    assert sum(closed) / len(closed) == pytest.approx(late, abs=tolerance)
    assert sum(still_open) / len(still_open) == pytest.approx(late, abs=tolerance)


@pytest.mark.parametrize("still_open", [0, 0.3, 1])
def test_share_that_is_open(source, still_open):
    generate(source, 5000, still_open=still_open)
    status = collections.Counter(case.status for case in cases_of(source))
    assert (status["open"] + status["suspended"]) / 5000 == pytest.approx(still_open, abs=0.02)
    if still_open:
        assert status["suspended"] / (status["open"] + status["suspended"]) \
            == pytest.approx(0.1, abs=0.03)


@pytest.mark.parametrize("at", [
    AT,
    datetime.datetime(2026, 10, 4, 23, 30, tzinfo=ZONE),    # in a holiday week, at night
    datetime.datetime(2026, 11, 20, 9, 0, tzinfo=ZONE),     # at the opening
    datetime.datetime(2026, 11, 20, 12, 30, tzinfo=ZONE),   # at noon
])
def test_cases_could_be_real(source, at):
    generate(source, 5000, at=at, still_open=0.3, late=0.1)
    office = Office(source)
    for case in cases_of(source):
        steps = [getattr(case, step) for step in STEPS]
        reached = [step for step in steps if step]
        assert steps[:len(reached)] == reached, "no step was skipped"
        assert reached == sorted(reached) and reached[-1] <= case.updated_at <= at
        assert all(office.is_open(step) for step in reached)
        assert len(reached) == min(STAGES.index(case.stage) + 1, 5)
        assert (case.stage == "completed") == (case.status == "completed")
        is_open = case.status in ("open", "suspended")
        assert (case.completed_at is None) == is_open
        if not is_open:
            assert reached[-1] <= case.completed_at <= case.updated_at


def test_suspensions_are_well_formed(source):
    generate(source, 10000, still_open=0.3)
    ended = running = 0
    for case in cases_of(source):
        stops = [(instant(stop["from"]), instant(stop["to"])) for stop in case.suspensions]
        lasting = [start for start, end in stops if end is None]
        assert len(lasting) == (case.status == "suspended")
        assert not lasting or stops[-1][1] is None
        bounds = [bound for stop in stops for bound in stop if bound]
        assert bounds == sorted(bounds)
        if bounds:
            assert case.accepted_at <= bounds[0] and bounds[-1] <= case.updated_at <= AT
            assert not case.completed_at or bounds[-1] <= case.completed_at
        running += len(lasting)
        ended += len(stops) - len(lasting)
    assert ended > 200 and running > 200


def test_extensions_are_granted_in_time_and_by_the_law(source):
    generate(source, 20000)
    office, cases = Office(source), cases_of(source)
    extended = [case for case in cases if case.extensions]
    assert len(extended) / len(cases) == pytest.approx(0.01, abs=0.003)
    for case in extended:
        [extension] = case.extensions
        at = instant(extension["at"])
        assert extension["unit"] == case.limit_unit == "workday"
        assert 1 <= extension["value"] <= min(10, case.limit_value)
        assert extension["reason"] and "负责人" in extension["approver"]
        assert ("县政府" in extension["approver"]) == (case.kind == "joint")
        assert office.is_open(at)
        assert case.accepted_at <= at <= min(case.completed_at or AT, case.updated_at)
        assert not any(instant(stop["from"]) <= at < instant(stop["to"])
                       for stop in case.suspensions if stop["to"])
        assert not office.is_late(case._replace(extensions=None), at)
    # Some would have been late without.
    ends = [(case, case.completed_at or AT) for case in extended if case.status != "suspended"]
    saved = [case for case, end in ends if not office.is_late(case, end)
             and office.is_late(case._replace(extensions=None), end)]
    assert len(saved) > 20


def test_special_cases_projects_and_agents(source):
    generate(source, 20000)
    rows = source.execute("""
        SELECT kind, project_class, agent_name, agent_phone, attributes, reopened_at
          FROM approval.duban_case""").fetchall()
    classes = collections.Counter((row[0], row[1]) for row in rows if row[1])
    assert set(classes) == {("special", "green_channel"), ("joint", "key_project")}
    kinds = collections.Counter(row[0] for row in rows)
    assert classes["special", "green_channel"] / kinds["special"] == pytest.approx(0.3, abs=0.1)
    assert classes["joint", "key_project"] / kinds["joint"] == pytest.approx(0.1, abs=0.05)

    agents = {row[2:4] for row in rows if row[0] == "agent"}
    assert len(agents) == 9 and (None, None) in agents
    assert len({phone for _, phone in agents}) == 9
    assert all(row[2:4] == (None, None) for row in rows if row[0] != "agent")

    assert all((row[4] is not None) == (row[1] == "key_project") for row in rows)
    projects = [row[4] for row in rows if row[4]]
    assert all(set(project) == {"investment", "provincial"} for project in projects)
    assert {row[5] for row in rows} == {None}


def test_numbers_run_on_by_day(source):
    generate(source, 4000)
    generate(source, 4000, seed=2)
    days = collections.defaultdict(list)
    for case in cases_of(source):
        day, number = re.fullmatch(r"SP(\d{8})(\d{6})", case.case_no).groups()
        assert day == case.received_at.astimezone(ZONE).strftime("%Y%m%d")
        days[day].append(int(number))
    for numbers in days.values():
        assert numbers == list(range(1, len(numbers) + 1))
    assert sum(map(len, days.values())) == 8000


def test_more_cases_than_a_day_has_numbers_are_refused(source):
    generate(source, 50, days=1)
    source.execute("UPDATE approval.case_counter SET last_no = 999990")
    with pytest.raises(psycopg.errors.CheckViolation):
        generate(source, 500, days=1)


def test_joint_cases_belong_to_an_earlier_joint_case(source):
    generate(source, 10000)
    cases = {case.case_no: case for case in cases_of(source)}
    children = [case for case in cases.values() if case.parent_case_no]
    assert len(children) > 100
    for child in children:
        parent = cases[child.parent_case_no]
        assert child.kind == parent.kind == "joint"
        assert parent.parent_case_no is None and parent.received_at <= child.received_at


def test_every_number_is_of_the_samples_block(source):
    generate(source, 2000)
    phones = {row[0] for row in source.execute(
        "SELECT phone FROM approval.applicant UNION SELECT phone FROM approval.staff "
        "UNION SELECT agent_phone FROM approval.agents()")}
    assert len(phones) > 500
    assert all(re.fullmatch(r"1990000\d{4}", phone) for phone in phones)


def test_directory_is_a_county_centres(source):
    counts = source.execute("""
        SELECT (SELECT count(*) FROM approval.department), (SELECT count(*) FROM approval.window_desk),
               (SELECT count(*) FROM approval.item), (SELECT count(*) FROM approval.item
                 WHERE promised_unit = statutory_unit AND promised_value > statutory_value)""")
    assert counts.fetchone() == (20, 60, 120, 0)


def test_beyond_the_calendar_is_an_error(source):
    with pytest.raises(psycopg.errors.RaiseException, match="approval.workday"):
        generate(source, 10, at=datetime.datetime(2031, 1, 1, tzinfo=ZONE))


def test_slip_date_is_the_closing_of_the_last_day(source):
    generate(source, 5000, still_open=0.5)
    office = Office(source)
    rows = source.execute("SELECT case_no, promised_due_at FROM approval.duban_case "
                          "WHERE limit_unit = 'workday' AND promised_due_at IS NOT NULL")
    due = dict(rows.fetchall())
    checked = [case for case in cases_of(source) if case.case_no in due and not case.suspensions]
    assert len(checked) > 1000
    for case in checked:
        last = office.add_workdays(case.accepted_at.astimezone(ZONE).date(),
                                   case.limit_value + extended_by(case))
        assert due[case.case_no] == office.closing(last)
    assert any(case.extensions for case in checked)


@pytest.mark.parametrize("at", [
    datetime.datetime(2026, 11, 20, 10, 0, tzinfo=ZONE),
    datetime.datetime(2026, 11, 22, 3, 0, tzinfo=ZONE),     # Sunday, at night
])
def test_demo_lies_around_its_deadlines(source, at):
    assert source.execute("SELECT approval.generate_demo(%s, 400, 1)", (at,)).fetchone()[0] == 400
    office, cases = Office(source), cases_of(source)
    assert all(case.accepted_at <= case.updated_at <= at for case in cases)
    assert collections.Counter(case.status for case in cases) == {"open": 360, "suspended": 40}

    soon = [case.accepted_at + datetime.timedelta(hours=case.limit_value) - at
            for case in cases if case.limit_unit == "hour"]
    assert len(soon) == 40
    assert all(DAY * 0 < left <= datetime.timedelta(seconds=303) for left in soon)
    assert sum(left < datetime.timedelta(seconds=60) for left in soon) >= 4

    left = collections.Counter()
    for case in cases:
        if case.limit_unit == "workday" and case.status == "open":
            due = office.add_workdays(case.accepted_at.astimezone(ZONE).date(), case.limit_value)
            left["late" if office.closing(due) <= at
                 else office.workdays_after(at.astimezone(ZONE).date(), due)] += 1
    assert left["late"] >= 30
    assert all(left[days] >= 10 for days in (1, 2, 3, 4))
