"""The board's table and figures follow the clocks: equal to what one counts, whatever has happened."""

import random

import pytest

from harness.centre import ROOT
from state import ROLES, START, Clock, days, decision, minutes

# What duban.web_fold keeps, and the same counted from the clocks.
CASES = "SELECT case_no, clock, level, gravity, due_at, running, window_code, department_code, item_code FROM duban.board_case"
TRUE_CASES = """
    SELECT case_no, clock, level, -severity, due_at, state = 'running', window_code, department_code, item_code
      FROM duban.case_level"""
FACTS = """
    SELECT b.case_no FROM duban.board_case b LEFT JOIN duban.open_case o USING (case_no)
     WHERE (b.kind, b.stage) IS DISTINCT FROM (coalesce(o.kind, ''), coalesce(o.stage, ''))"""
COUNT = "SELECT window_code, department_code, level, gravity, cases FROM duban.board_count WHERE cases <> 0"
TRUE_COUNT = "SELECT window_code, department_code, level, -severity, count(*) FROM duban.case_level GROUP BY 1, 2, 3, 4"
MIX = """
    SELECT window_code, item_code, department_code, kind, stage, gravity, cases FROM duban.board_mix WHERE cases <> 0"""
TRUE_MIX = """
    SELECT l.window_code, l.item_code, l.department_code, coalesce(o.kind, ''), coalesce(o.stage, ''), -l.severity, count(*)
      FROM duban.case_level l LEFT JOIN duban.open_case o USING (case_no) GROUP BY 1, 2, 3, 4, 5, 6"""
DUE = "SELECT quarter, window_code, department_code, cases, completions FROM duban.board_due WHERE cases <> 0 OR completions <> 0"
TRUE_DUE = """
    SELECT date_bin('15 minutes', due_at, timestamptz '2000-01-01 00:00Z'), window_code, department_code, sum(worst), sum(own)
      FROM (SELECT due_at, window_code, department_code, 1 AS worst, 0 AS own FROM duban.case_level WHERE state = 'running'
             UNION ALL
            SELECT c.due_at, l.window_code, l.department_code, 0, 1
              FROM duban.clock c JOIN duban.case_level l USING (case_no)
             WHERE c.clock = 'completion' AND c.state = 'running') u
     GROUP BY 1, 2, 3"""
LEVELS = ["normal", "yellow", "red"]
NUMBERS = [f"R{n:02}" for n in range(30)]


def fold(state, most=10):
    while state.value("web_fold", most, session=state.owner):
        pass


def differences(state):
    """What is kept and what is true, where they differ."""
    found = [(name, sorted(state.rows(kept)), sorted(state.rows(true))) for name, kept, true in (
        ("cases", CASES, TRUE_CASES), ("count", COUNT, TRUE_COUNT), ("mix", MIX, TRUE_MIX), ("due", DUE, TRUE_DUE))]
    assert state.rows(FACTS) == []
    return [(name, set(kept) ^ set(true)) for name, kept, true in found if kept != true]


class Life:
    """Random acts upon a few cases, each of one or two clocks, as duban's stages do them."""

    def __init__(self, state, dice):
        self.state, self.dice, self.hash = state, dice, 1

    def clocks(self, case, **changes):
        self.hash += 1
        names = ["completion", "reply"][:self.dice.randint(1, 2)]
        place = self.dice.randint(1, 3)
        return [Clock(case, name, hash=self.hash, window=f"W{place}", department=f"D{place % 2}",
                      item=f"I{self.dice.randint(1, 3)}", due=START + minutes(self.dice.randint(-3000, 30000)),
                      **changes) for name in names]

    def some(self):
        return self.dice.sample(NUMBERS, self.dice.randint(1, 6))

    def intake(self, **changes):
        clocks = [clock for case in self.some() for clock in self.clocks(case, **changes)]
        self.state.intake(clocks)

    def suspend(self):
        self.intake(state="suspended")

    def stop(self):
        self.intake(state="stopped", stopped=START)

    def rules(self):
        """Other rules: another level, or the same one under another policy."""
        for case, name, level in self.state.rows("SELECT case_no, clock, level FROM duban.clock WHERE state = 'running'"
                                                 " ORDER BY 1, 2 LIMIT 5"):
            row = self.state.clock(case, name)
            self.hash += 1
            self.state.intake([Clock(case, name, hash=self.hash, basis=row["basis_hash"], rule=f"r{self.hash}",
                                     level=self.dice.choice([level, "red"]), due=row["due_at"] + minutes(1),
                                     window=row["window_code"], department=row["department_code"])], good=[])

    def vanish(self):
        self.state.call("intake_vanished", self.state.now, self.some())

    def escalate(self):
        decided = []
        for case, name, level, hash_, version in self.state.rows(
                "SELECT case_no, clock, level, facts_hash, deadline_version FROM duban.clock"
                " WHERE state IN ('running', 'suspended', 'dropped') AND facts_hash <> 0"):
            if self.dice.random() < 0.3:
                new = self.dice.choice(LEVELS)
                kinds = [] if new == level else ["cleared"] if new == "normal" else [new]
                decided.append(decision(case, new, *kinds, name=name, hash=hash_, old_level=level, version=version))
        self.state.escalate(*decided, routes=[])

    def withdraw(self):
        for case in self.some():
            self.state.withdraw(case)

    def facts(self):
        chosen = self.some()
        many = len(chosen)
        self.state.value(
            "open_case_write", self.state.now, days(90), chosen, ["I1"] * many, ["事项"] * many,
            [self.dice.choice(["promised", "instant"]) for _ in chosen],
            [self.dice.choice(["accepted", "review"]) for _ in chosen],
            [self.dice.choice(["open", "open", "completed"]) for _ in chosen], [""] * many, [""] * many,
            [START] * many, [START] * many)

    def forget(self):
        """What no stage does, but an administrator might."""
        self.state.owner.execute("DELETE FROM duban.clock WHERE case_no = %s", (self.dice.choice(NUMBERS),))

    def act(self):
        self.dice.choice([self.intake, self.intake, self.intake, self.suspend, self.stop, self.rules, self.vanish,
                          self.escalate, self.escalate, self.withdraw, self.facts, self.facts, self.forget])()


@pytest.mark.parametrize("seed", range(4))
def test_they_equal_a_count(state, seed):
    dice = random.Random(seed)
    life = Life(state, dice)
    life.intake()
    for _ in range(12):
        for _ in range(dice.randint(1, 5)):
            life.act()
        if dice.random() < 0.3:
            state.move(minutes(50))
        fold(state, dice.choice([1, 10, 1000]))
        assert differences(state) == []
    assert state.count("board_news") == 0 and state.count("board_case") > 0


def test_a_crash_in_the_middle_changes_nothing(state):
    """A fold that isn't committed, writers that aren't, and one that commits after a later one."""
    life = Life(state, random.Random(9))
    for _ in range(5):
        life.intake()
    fold(state)
    state.escalate(*(decision(case, "red", "red", name=name, hash=hash_) for case, name, hash_ in state.rows(
        "SELECT case_no, clock, facts_hash FROM duban.clock WHERE deadline_version = 1 LIMIT 9")), routes=[])
    before = state.rows("SELECT * FROM duban.board_case ORDER BY 1"), state.rows(COUNT), state.count("board_news")
    with state.cluster.connect(state.database) as dying:
        dying.autocommit = False
        assert dying.execute("SELECT duban.web_fold(1000)").fetchone()[0] > 0
        [[process]] = state.rows("SELECT pid FROM pg_stat_activity WHERE pid = %s", dying.info.backend_pid)
        state.owner.execute("SELECT pg_terminate_backend(%s, 10000)", (process,))
        dying.close()
    assert (state.rows("SELECT * FROM duban.board_case ORDER BY 1"), state.rows(COUNT), state.count("board_news")) == before
    with state.session() as late:
        late.autocommit = False
        late.execute("UPDATE duban.clock SET severity = 1, level = 'yellow' WHERE case_no = (SELECT min(case_no) FROM duban.clock)")
        state.owner.execute("UPDATE duban.clock SET severity = 2, level = 'red'"
                            " WHERE case_no = (SELECT max(case_no) FROM duban.clock)")
        fold(state)
        late.commit()  # under a number that lies before what was followed already
    assert state.count("board_news") == 1
    fold(state)
    assert differences(state) == []


def test_only_one_follows_at_a_time(state):
    state.intake([Clock("A1")])
    with state.cluster.connect(state.database) as other:
        other.autocommit = False
        assert other.execute("SELECT duban.web_fold(9)").fetchone()[0] == 1
        assert state.value("web_fold", 9, session=state.owner) is None
        other.rollback()
    assert state.value("web_fold", 9, session=state.owner) == 1
    assert state.value("web_fold", 9, session=state.owner) == 0


def test_a_statement_of_many_is_followed_in_pieces(state):
    state.owner.execute("INSERT INTO duban.clock (case_no, clock, state, level, rank, due_at, calendar_version, facts_hash,"
                        " item_code, window_code, department_code) SELECT 'M' || n, 'completion', 'running', 'normal', 0,"
                        " duban.now(), 'c1', 1, 'I1', 'W1', 'D1' FROM generate_series(1, 1700) n")
    looked = []
    while not looked or looked[-1]:
        looked.append(state.value("web_fold", 600, session=state.owner))
    assert looked == [1000, 700, 0] and differences(state) == []


def test_without_a_web_the_daemon_follows_once_a_day(state):
    state.intake([Clock("A1"), Clock("A2")])
    def write():
        state.call("open_case_write", state.now, days(90), ["A1"], ["I1"], ["事项"], ["promised"], [str(state.now)],
                   ["open"], [""], [""], [START], [START])
        return state.count("board_case")
    assert write() == 0
    state.move(days(1) + minutes(1))
    assert write() == 2 and differences(state) == []


def test_a_copy_in_another_cluster_is_followed(state):
    """Whose transactions are numbered from lower on."""
    state.intake([Clock("A1")])
    state.owner.execute("UPDATE duban.board_fold SET floor = '99999999999'")
    fold(state)
    assert differences(state) == []
    assert state.one("SELECT floor <= pg_snapshot_xmax(pg_current_snapshot()) FROM duban.board_fold")


def test_answers_wait_for_a_few_only(state):
    """What has just happened is in an answer; what is much comes in the background, and is said to be due."""
    state.owner.execute("INSERT INTO duban.web_user (name, role, place, created_at) VALUES ('boss', 'supervision', '', %s)",
                        (START,))
    def board():
        answer = state.value("web_board", "h:boss", "{}", None, None, None, None, 50, 28800, session=state.owner)
        return answer["total"], answer["counted_at"] == answer["now"]
    state.intake([Clock("A1")])
    assert board() == (1, True)
    for n in range(4):
        state.intake([Clock(f"B{n}-{m}") for m in range(400)])
    state.move(minutes(1))
    assert board() == (1, False)
    fold(state)
    assert board() == (1601, True)


def test_what_was_there_before_is_followed(cluster):
    """A state of before the board had its table."""
    name = cluster.create_database()
    schema = {file.name: file.read_text(encoding="utf-8") for file in (ROOT / "sql/schema").glob("0*.sql")}
    with cluster.connect(name) as owner:
        owner.execute(ROLES)
        for file in sorted(schema):
            if file == "005_board.sql":
                owner.execute("INSERT INTO duban.clock (case_no, clock, state, level, rank, due_at, calendar_version,"
                              " facts_hash, item_code, window_code, department_code) SELECT 'M' || n, 'completion',"
                              " CASE n % 2 WHEN 0 THEN 'running' ELSE 'stopped' END, 'normal', 0, duban.now(), 'c1', 1,"
                              " 'I1', 'W1', 'D1' FROM generate_series(1, 2400) n")
            owner.execute(schema[file])
        owner.execute((ROOT / "sql/functions/board.sql").read_text(encoding="utf-8"))
        assert sum(owner.execute("SELECT duban.web_fold(600)").fetchone()[0] for _ in range(3)) == 1200
        assert owner.execute("SELECT sum(cases) FROM duban.board_count").fetchone()[0] == 1200
    cluster.drop_database(name)


def test_figures_of_nothing_are_removed(state):
    state.intake([Clock("A1")])
    fold(state)
    state.intake([Clock("A1", state="stopped", hash=2, stopped=START)])
    state.move(minutes(61))
    fold(state)
    assert [state.count(table) for table in ("board_case", "board_count", "board_mix", "board_due")] == [0] * 4
