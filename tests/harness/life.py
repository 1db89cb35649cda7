"""A centre's life in real time whose ledger is known beforehand.

Every case has one hour, counted round the clock, and two levels: yellow when 99 % of it are used
up, 36 s before the end, and red at the end. What happens to a case happens well before or after
these instants, so that its events don't depend on when duban saw it.
"""

from collections import Counter, defaultdict
from datetime import timedelta

YELLOW_BEFORE = timedelta(seconds=36)
LONG_H = 6  # of cases that reach no level in the time of a test
POLICY = [{"level": "yellow", "label": "黄牌", "share": "99%"},
          {"level": "red", "label": "红牌", "when": "overdue"}]
ITEMS = """
    INSERT INTO approval.item (item_code, item_name, department_code, kind, promised_value,
                               promised_unit)
    SELECT department_code || '-T', short_name || '限时事项', department_code, '承诺件', 1, '小时'
      FROM approval.department ORDER BY department_code LIMIT %s"""
MARGIN = timedelta(seconds=4)


class Life:
    """`random` decides whom things happen to; `world` holds the approval system."""

    def __init__(self, world, random, departments=8):
        self.world, self.random = world, random
        self.expected = {}  # case → the events that it must have: (kind, deadline version)
        self.due = {}       # of cases to which nothing has happened yet
        self.paused = []    # these go on later
        self._registered = 0
        world.connection.execute(ITEMS, (departments,))
        self._items = [row[0] for row in world.rows(
            "SELECT item_code FROM approval.item WHERE item_code LIKE '%%-T' ORDER BY item_code")]

    def now(self):
        return self.world.value("SELECT approval.now()")

    def _register(self, due_in_s):
        now = self.now()
        due = now + timedelta(seconds=due_in_s)
        self._registered += 1
        case_no = self.world.value(
            "SELECT approval.register_case(%s, %s, %s, %s, 1)",
            (now, due - timedelta(hours=1), self.random.choice(self._items), self._registered))
        return case_no, due

    def add_overdue(self, count):
        """Before first contact: recorded, never told."""
        for _ in range(count):
            case_no, _ = self._register(-self.random.uniform(1, 3000))
            self.expected[case_no] = {("red", 1)}

    def add_running(self, count, first_s, last_s):
        """Cases whose end comes between these seconds from now."""
        for _ in range(count):
            case_no, due = self._register(self.random.uniform(first_s, last_s))
            self.expected[case_no] = {("yellow", 1), ("red", 1)}
            self.due[case_no] = due

    def add_far(self, count):
        """Cases that reach no level in the time of a test."""
        for _ in range(count):
            with self.world.connection.transaction():  # or its first hour would have been a deadline
                case_no, due = self._register(timedelta(hours=1).total_seconds())
                self._give_time([case_no])
            self.expected[case_no] = set()
            self.due[case_no] = due + timedelta(hours=LONG_H - 1)

    def _give_time(self, cases):
        self.world.connection.execute(
            "UPDATE approval.case_file SET promised_value = %s WHERE case_no = ANY (%s)", (LONG_H, cases))

    def missing(self):
        """How many events are still to come, at least."""
        return sum(map(len, self.expected.values())) - self.world.value(
            "SELECT count(*) FROM duban.event WHERE case_no <> ''")

    def check_ledger(self):
        """Every event that must be there is, once, and no other, and levels have the instants at which they
        came true, whenever they were found."""
        ledger, instants = defaultdict(Counter), {}
        for case_no, clock, kind, version, at in self.world.rows("""
                SELECT case_no, clock, kind, deadline_version, event_at FROM duban.event
                 WHERE case_no <> ''"""):
            assert clock == "completion"
            ledger[case_no][kind, version] += 1
            instants[case_no, kind, version] = at
        wrong = [f"{case_no}: {dict(ledger[case_no])}, expected {sorted(expected)}"
                 for case_no, expected in self.expected.items()
                 if ledger[case_no] != Counter(expected)]
        assert not wrong, f"{len(wrong)} of {len(self.expected)}: {wrong[:5]}"
        assert not set(ledger) - set(self.expected)
        moved = [(case_no, kind) for case_no, due in self.due.items()
                 for kind, at in (("yellow", due - YELLOW_BEFORE), ("red", due))
                 if instants.get((case_no, kind, 1), at) != at]
        assert not moved, moved[:5]

    # Each takes some cases to which nothing has happened yet.

    def _take(self, count, fits):
        """Cases whose end `fits` and that duban knows already."""
        fitting = [case_no for case_no, due in self.due.items() if fits(due)]
        known = {row[0] for row in self.world.rows(
            "SELECT case_no FROM duban.clock WHERE case_no = ANY (%s)", (fitting,))}
        fitting = [case_no for case_no in fitting if case_no in known]
        taken = self.random.sample(fitting, min(count, len(fitting)))
        for case_no in taken:
            del self.due[case_no]
        return taken

    def _untouched(self, count):
        """Cases far from any level."""
        now = self.now()
        return self._take(count, lambda due: due - YELLOW_BEFORE > now + MARGIN)

    def complete(self, count):
        """Before a level, between both, or after: what was reached stands before the end."""
        now, dues = self.now(), dict(self.due)
        for case_no in self._take(count, lambda due: all(
                abs(instant - now) > MARGIN for instant in (due, due - YELLOW_BEFORE))):
            self.world.connection.execute("""
                UPDATE approval.case_file
                   SET stage = 'completed', status = 'completed', completed_at = approval.now(),
                       result = '准予许可' WHERE case_no = %s""", (case_no,))
            due = dues[case_no]
            self.expected[case_no] = {("completed", 1)} | {
                (kind, 1) for kind, instant in (("yellow", due - YELLOW_BEFORE), ("red", due))
                if instant < now}

    def suspend(self, count):
        """For good: no level comes any more."""
        for case_no in self._untouched(count):
            self.expected[case_no] = set()
            self._stop(case_no)

    def _stop(self, case_no):
        with self.world.connection.transaction():
            self.world.connection.execute("""
                INSERT INTO approval.clock_stop (case_no, reason, started_at)
                VALUES (%s, '补正', approval.now())""", (case_no,))
            self.world.connection.execute(
                "UPDATE approval.case_file SET status = 'suspended' WHERE case_no = %s",
                (case_no,))

    def pause(self, count):
        """Until `resume`: then the levels come later, under a new deadline."""
        for case_no in self._untouched(count):
            self.expected[case_no] = {(kind, 2) for kind, _ in self.expected[case_no]}
            self._stop(case_no)
            self.paused.append(case_no)

    def resume(self):
        with self.world.connection.transaction():
            self.world.connection.execute("""
                UPDATE approval.clock_stop SET ended_at = approval.now()
                 WHERE case_no = ANY (%s)""", (self.paused,))
            self.world.connection.execute(
                "UPDATE approval.case_file SET status = 'open' WHERE case_no = ANY (%s)",
                (self.paused,))
        self.paused = []

    def extend(self, count):
        """Hours more. Those that were red become normal again."""
        red = {row[0] for row in self.world.rows(
            "SELECT case_no FROM duban.event WHERE kind = 'red'")}
        past = [case_no for case_no in self.due if case_no in red][:count]
        for case_no in past:
            del self.due[case_no]
            self.expected[case_no] |= {("cleared", 2)}
        fresh = self._untouched(count)
        for case_no in fresh:
            self.expected[case_no] = set()
        self._give_time(past + fresh)

    def delete(self, count):
        """As if they had never been."""
        for case_no in self._untouched(count):
            self.expected[case_no] = {("vanished", 1)}
            self.world.connection.execute("DELETE FROM approval.case_file WHERE case_no = %s",
                                          (case_no,))

    def go_on(self):
        """A little of everything."""
        self.add_running(3, 5, 20)
        self.add_far(3)
        self.complete(3)
        if self.paused and self.random.random() < 0.5:
            self.resume()
        self.random.choice((self.suspend, self.extend, self.delete, self.pause))(2)
