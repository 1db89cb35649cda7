"""Random cases under random rules that change and change back.

Whatever the rules do in between: once they are back, every clock is as it was; nobody hears the same
level of the same case twice unless it was cleared in between; what a plan foretells is what happens; and
at rest nothing is due.
"""

import random
from collections import defaultdict
from datetime import timedelta

import pytest

from harness.centre import ROOT, write_yaml
from harness.moved import MovedTime
from harness.oracle import Facts
from harness.rules import Rules
from harness.workdays import BEIJING
from harness.year import Change, store_applicants
from test_daemon import june

CASES, ROUNDS = 90, 7
LEVELS = {"amber": {"label": "提醒"}, "yellow": {"label": "黄牌"}, "red": {"label": "红牌"},
          "purple": {"label": "督办"}}
NOW = june(10, 9)
DAY = timedelta(days=1)


def random_case(dice, number, places):
    accepted = june(1, dice.randrange(9, 17)) + dice.randrange(-12, 9) * DAY
    stops, status = (), "open"
    if dice.random() < 0.3:
        begin = accepted + dice.randrange(1, 100) * timedelta(hours=1)
        end = begin + dice.randrange(1, 120) * timedelta(hours=1)
        if begin < NOW - DAY:
            stops = ((begin, end if end < NOW else None),)
            status = "open" if end < NOW else "suspended"
    window, item = dice.choice(places)
    unit = dice.choice(("workday", "workday", "day", "workhour"))
    return Facts(f"AL{2026000000 + number}", kind=dice.choice(("promised", "promised", "instant")), window=window,
                 item=item, phone="19900001001", value=dice.randrange(1, 16) * (4 if unit == "workhour" else 1),
                 unit=unit, accepted_at=accepted, stops=stops, status=status)


class Centre:
    """The world, and rules thrown by dice."""

    def __init__(self, world, seed):
        self.world, self.dice, self.time = world, random.Random(seed), MovedTime(world)
        settings = world.settings
        settings["source"] |= {"poll": "20ms", "reconcile_pause": "1h", "batch": 25}
        settings["daemon"] |= {"poll": "20ms"}
        settings["channels"]["hook"]["concurrency"] = 8
        self.base = self.rules(plain=True)
        self.use(self.base)

    def use(self, rules):
        self.world.settings.update(rules)

    def calendar(self, number):
        """A file with some days more or less."""
        days = self.dice.sample([june(1) + n * DAY for n in range(45)], self.dice.randrange(1, 7))
        special = [{"name": "变动", "date": str(day.date()),
                    "hours": self.dice.choice(("closed", "09:00-17:00", "09:00-12:00"))} for day in sorted(days)]
        return write_yaml(self.world.folder / f"centre{number}.yaml", {
            "name": "centre", "include": str(ROOT / "etc/calendars/cn.yaml"), "special": special})

    def levels(self):
        """A policy with from one to four levels, in the order of their thresholds."""
        dice = self.dice
        levels = [LEVELS["yellow"] | {"level": "yellow", "before": f"{dice.randrange(1, 6)} workdays"},
                  LEVELS["red"] | {"level": "red", "when": "overdue"}]
        if dice.random() < 0.5:
            levels.insert(0, LEVELS["amber"] | {"level": "amber", "before": f"{dice.randrange(6, 9)} workdays"})
        if dice.random() < 0.4:
            levels.append(LEVELS["purple"] | {"level": "purple", "after": f"{dice.randrange(1, 4)} workdays"})
        if dice.random() < 0.15:
            levels = [level for level in levels if level["level"] != "yellow"]
        return levels

    def rules(self, plain=False):
        dice, name = self.dice, "standard" if plain else self.dice.choice(("standard", "renamed"))
        clocks = {"completion": {"label": "办结", "policy": name}}
        if plain or dice.random() < 0.7:
            clocks["reply"] = {"label": "答复", "policy": name, "limit": f"{dice.randrange(2, 9)} workdays",
                               "until": ["reviewed_at", "completed_at"]}
        if dice.random() < 0.5:
            clocks["completion"]["policies"] = [{"kind": "instant", "limit": f"{dice.randrange(1, 20)} workdays",
                                                 "due": dice.choice(("closing", "end_of_day"))}]
        levels = self.levels()
        routes = {kind: {"window": "hook"} for kind in [*(level["level"] for level in levels), "cleared"]}
        return {"calendars": {"centre": str(self.calendar(dice.randrange(10**6)))}, "calendar": "centre",
                "policies": {name: levels}, "clocks": clocks, "routes": routes}

    def begin(self):
        places = self.world.rows("""
            SELECT w.window_code, i.item_code FROM approval.window_desk w
              JOIN approval.item i USING (department_code) ORDER BY 1, 2""")
        cases = [random_case(self.dice, number, places) for number in range(CASES + 1)]
        changes = [Change(NOW - timedelta(hours=1), case) for case in cases]
        store_applicants(self.world.connection, changes)
        self.time.to(june(1, 8) - 20 * DAY)
        daemon = self.world.daemon().start()
        self.world.wait_initial()
        self.time.to(NOW, changes[:-1])
        self.time.settle()
        # So that intake has nothing to read again behind its watermark.
        self.time.to(NOW + timedelta(minutes=1), [Change(NOW + timedelta(minutes=1), cases[-1])])
        self.time.settle()
        return Rules(self.world, daemon)

    def told(self):
        """{(case, clock): [kind, …]} in the order of arrival."""
        found = defaultdict(list)
        for webhook in self.world.receiver.webhooks:
            data = webhook["body"]["data"]
            found[data["case"]["number"], data["clock"]].append(webhook["body"]["type"][11:])
        return found

    def recorded(self):
        """The same of what the ledger says is to be told."""
        found = defaultdict(list)
        for case, clock, kind in self.world.rows("SELECT case_no, clock, kind FROM duban.event"
                                                 " WHERE told = 'yes' AND case_no <> '' ORDER BY id"):
            found[case, clock].append(kind)
        return found


def check_told(told):
    """Each level once, until a clearing."""
    for key, kinds in told.items():
        heard = set()
        for kind in kinds:
            if kind == "cleared":
                heard.clear()
            assert kind not in heard, (key, kinds)
            heard.add(kind)


def check_rest(world):
    """Nothing is due, and each clock has its level's event."""
    assert world.rows("SELECT case_no, clock FROM duban.clock WHERE next_at <= duban.now()") == []
    assert world.rows("""
        SELECT c.case_no, c.clock, c.level, c.deadline_version FROM duban.clock c
         WHERE c.rank > 0 AND NOT EXISTS (
               SELECT FROM duban.event e WHERE e.case_no = c.case_no AND e.clock = c.clock AND e.kind = c.level
                  AND e.rank = c.rank AND e.deadline_version BETWEEN c.carried_from AND c.deadline_version)
           AND NOT EXISTS (
               SELECT FROM duban.event e WHERE e.case_no = c.case_no AND e.clock = c.clock AND e.kind = 'cleared'
                  AND e.level = c.level AND e.deadline_version = c.deadline_version)""") == []


def count_told(world, kinds):
    return world.value("SELECT count(*) FROM duban.event WHERE told = 'yes' AND case_no <> '' AND kind = ANY (%s)",
                       (list(kinds),))


@pytest.mark.parametrize("seed", (1, 2, 3))
def test_rules_change_and_change_back(world, seed):
    centre = Centre(world, seed)
    rules = centre.begin()
    moved = told_of = 0
    for number in range(ROUNDS):
        before = rules.clocks()
        for settings in (centre.rules(), centre.base):
            centre.use(settings)
            planned = rules.plan()
            levels, cleared = count_told(world, LEVELS), count_told(world, ["cleared"])
            stored = {(row[0], row[1]): row for row in rules.clocks()}
            rules.load(centre.time.settle)
            # What the plan foretold has happened.
            assert count_told(world, LEVELS) - levels == planned["told"]["raised"]
            assert count_told(world, ["cleared"]) - cleared == planned["told"]["cleared"]
            now = {(row[0], row[1]): row for row in rules.clocks()}
            dues = [(stored[key][6], row[6]) for key, row in now.items()
                    if key in stored and row[2] == "running" == stored[key][2]]
            assert sum(old > new for old, new in dues) == planned["clocks"]["earlier"]
            assert sum(old < new for old, new in dues) == planned["clocks"]["later"]
            assert len(now.keys() - stored.keys()) == planned["clocks"]["new"]
            assert len(stored.keys() - now.keys()) == planned["clocks"]["dropped"]
            check_rest(world)
            moved += planned["clocks"]["earlier"] + planned["clocks"]["later"]
            told_of += planned["told"]["raised"] + planned["told"]["cleared"]
            again = rules.plan()
            assert again["clocks"]["same"] == again["clocks"]["compared"] and not again["levels"]
        after = rules.clocks()
        assert after == before, [pair for pair in zip(before, after) if pair[0] != pair[1]][:3]
        world.wait_queue_empty()
        check_told(centre.told())
        check_told(centre.recorded())
        if number % 2:  # a day passes by the rules that count
            centre.time.to(centre.time.now + DAY)
            centre.time.settle()
            check_rest(world)
    assert moved > 300 and told_of > 30, "the dice have thrown what matters"
    assert set(world.receiver.counts.values()) == {1}
    assert [line for line in rules.daemon.log if line.startswith("<3>")] == []


@pytest.mark.parametrize("seed", (4, 5))
def test_crashes_in_the_middle_of_passes(world, seed):
    """Rules change while the daemon is killed again and again; in the end all is as by the last ones."""
    centre = Centre(world, seed)
    world.settings["source"]["batch"] = 3
    rules = centre.begin()
    before = rules.clocks()
    for number in range(6):
        centre.use(centre.rules())
        version = rules.version()
        rules.daemon.hup()
        cases = centre.dice.randrange(0, CASES)
        rules.daemon.wait_for(
            lambda: rules.in_force() == version or world.value(
                "SELECT recompute_version = %s AND recompute_cases >= %s FROM duban.intake", (version, cases)),
            15, f"{cases} cases")
        rules.daemon.kill9()
        rules.daemon.start()
        if number % 3 == 2:
            rules.daemon.wait_for(lambda: rules.in_force() == version, 20, "the pass is completed")
            centre.time.settle()
            check_rest(world)
            again = rules.plan()
            assert again["clocks"]["same"] == again["clocks"]["compared"] and not again["levels"]
    centre.use(centre.base)
    rules.load(centre.time.settle)
    check_rest(world)
    assert rules.clocks() == before
    world.wait_queue_empty()
    check_told(centre.recorded())
    assert world.rows("SELECT * FROM duban.dead") == []
