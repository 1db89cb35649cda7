"""A year of a centre's life, thrown with dice of a fixed seed: who applies when, what becomes of it.

    year = Year(seed, places)
    year.backlog                  # what stands in the approval system at first contact
    year.changes                  # what happens afterwards, in order
    year.idle                     # instants at which nothing happens
    store(connection, changes)    # as the approval system would write it
"""

import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from harness.oracle import Facts, stand
from harness.workdays import BEIJING, DAYS_OFF, MAKEUP_DAYS, BeyondCalendar

FIRST_CONTACT = datetime(2026, 1, 5, 8, 30, tzinfo=BEIJING)
END = datetime(2026, 12, 10, 20, 0, tzinfo=BEIJING)
LAST_ACCEPTANCE = datetime(2026, 11, 1, tzinfo=BEIJING)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

LIMITS = [("workday", (0, 1, 2, 3, 4, 5, 7, 10, 15, 20), 60), ("day", (1, 3, 7, 10, 20, 30), 15),
          ("workhour", (1, 3, 4, 8, 24, 30), 15), ("hour", (2, 5, 12, 24, 72), 10)]
LIVES = {"prompt": 12, "warned": 14, "exact": 8, "late": 14, "very_late": 8, "returned": 6,
         "withdrawn": 6, "open": 12, "halted": 4, "unseen": 6, "told_too_late": 4, "reopened": 8}
INCIDENTS = {"stop": 10, "day_stop": 5, "no_stop": 3, "backdated_stop": 4, "extension": 8,
             "shortening": 3, "transfer": 4, "mistake": 4}
MISTAKES = ("unit", "acceptance", "suspension", "backwards", "future", "completion")

KINDS = {"instant": "即办件", "promised": "承诺件"}
UNITS = {"workday": "工作日", "day": "自然日", "workhour": "工作时", "hour": "小时"}


@dataclass(frozen=True)
class Change:
    at: datetime
    facts: Facts


@dataclass(frozen=True)
class Place:
    window: str
    item: str


def pick(dice, weights):
    return dice.choices(list(weights), list(weights.values()))[0]


class Life:
    """One case from its acceptance to its end: `changes` grows as things happen."""

    def __init__(self, dice, number, places, accepted_at):
        self.dice, self.places = dice, places
        unit, values, _ = dice.choices(LIMITS, [limit[2] for limit in LIMITS])[0]
        value, place = dice.choice(values), dice.choice(places)
        self.changes = []
        self.at = accepted_at
        self.facts = Facts(
            f"AL{2026000000 + number}", "promised" if value else "instant", place.window,
            place.item, f"1990000{1000 + number}", value, unit, accepted_at)
        if dice.random() < 0.05:  # nobody at the other end
            self.facts = replace(self.facts, phone=dice.choice(["", "0951-1234567"]))

    def happen(self, after, **changed):
        """The facts change some time later, and are typed in at once."""
        self.at += after
        self.facts = replace(self.facts, **changed)
        self.changes.append(Change(self.at, replace(self.facts, updated_at=self.at)))

    def between(self, first, last):
        """A whole second of time after both `first` and the last change, before `last`."""
        begin = max(first, self.at + timedelta(seconds=1))
        seconds = max(1, int((last - begin).total_seconds()))
        return begin - self.at + timedelta(seconds=self.dice.randrange(seconds))

    def standing(self):
        return stand(self.facts, self.at)

    def live(self):
        life = pick(self.dice, LIVES)
        if life == "unseen":
            self.unseen()
            return
        entered_late = self.dice.random() < 0.1
        self.happen(self.dice.randrange(3, 200) * HOUR if entered_late else timedelta(0))
        for _ in range(self.dice.choice((0, 0, 1, 1, 2, 3))):
            getattr(self, pick(self.dice, INCIDENTS))()
        getattr(self, life)()

    # How it ends.

    def complete(self, after):
        self.happen(after, status="completed", stage="completed", completed_at=self.at + after)

    def reached(self, level):
        standing = self.standing()
        return standing.reached.get(level, standing.due_at)

    def prompt(self):
        self.complete(self.between(self.at, self.reached("yellow")))

    def warned(self):
        self.complete(self.between(self.reached("yellow"), self.reached("red")))

    def exact(self):
        due_at = self.standing().due_at
        self.complete(max(due_at - self.at, timedelta(seconds=1)))

    def late(self):
        self.complete(self.between(self.reached("red"), self.reached("late") + HOUR))

    def very_late(self):
        late = self.reached("late")
        self.complete(self.between(late, late + 6 * DAY))

    def returned(self):
        after = self.between(self.at, self.reached("red") + DAY)
        self.happen(after, status="returned", completed_at=self.at + after)

    def withdrawn(self):
        self.happen(self.between(self.at, self.reached("red") + DAY), status="withdrawn")

    def open(self):
        pass

    def halted(self):
        if self.facts.value <= 8:
            after = self.between(self.at, self.reached("red") + DAY)
            self.happen(after, status="suspended",
                        stops=self.facts.stops + ((self.at + after, None),))

    def unseen(self):
        """Done at the counter, and typed in afterwards: soon, or much too late to be told."""
        done = self.facts.accepted_at + self.dice.randrange(1, 80) * HOUR
        self.at = done + self.dice.choice((HOUR, HOUR, 9 * DAY))
        self.happen(self.dice.randrange(30) * HOUR, status="completed", stage="completed",
                    completed_at=done)

    def told_too_late(self):
        done = self.at + self.between(self.at, self.reached("late"))
        self.happen(done - self.at + self.dice.randrange(8, 14) * DAY, status="completed",
                    stage="completed", completed_at=done)

    def reopened(self):
        self.dice.choice((self.warned, self.late))()
        self.happen(self.dice.randrange(1, 100) * HOUR, status="open", stage="processing",
                    completed_at=None)
        if self.dice.random() < 0.7:
            self.dice.choice((self.prompt, self.late))()

    # What may happen on the way.

    def pause_for(self, lasts, typed_in_after=timedelta(0)):
        after = self.between(self.at, self.reached("red") + DAY)
        begin, stops = self.at + after, self.facts.stops
        self.happen(after + typed_in_after, status="suspended", stops=stops + ((begin, None),))
        end = max(self.at, begin + lasts)
        self.happen(end - self.at + timedelta(seconds=1), status="open",
                    stops=stops + ((begin, end),))

    def stop(self):
        self.pause_for(self.dice.randrange(10, 300) * HOUR)

    def day_stop(self):
        self.pause_for(timedelta(minutes=self.dice.randrange(1, 200)))

    def backdated_stop(self):
        self.pause_for(self.dice.randrange(1, 120) * HOUR, self.dice.randrange(1, 90) * HOUR)

    def no_stop(self):
        after = self.between(self.at, self.reached("red"))
        begin = self.at + after
        self.happen(after, stops=self.facts.stops + ((begin, begin),))

    def extension(self):
        self.happen(self.between(self.at, self.reached("red") + 3 * DAY),
                    value=self.facts.value + self.dice.randrange(1, 11))

    def shortening(self):
        self.happen(self.between(self.at, self.reached("red")),
                    value=max(1, self.facts.value // 2))

    def transfer(self):
        window = self.dice.choice(self.places).window
        self.happen(self.between(self.at, self.reached("red")), window=window)

    def mistake(self):
        self.happen(self.between(self.at, self.reached("red")), bad=self.dice.choice(MISTAKES))
        self.happen(self.dice.randrange(1, 100) * HOUR, bad="")


class Year:
    def __init__(self, seed, places, count=400):
        self.dice = random.Random(seed)
        histories = [self._history(number, places) for number in range(count)]
        histories += [self._beyond(count, places, mended=False),
                      self._beyond(count + 1, places, mended=True)]
        self.backlog = []
        self.changes = []
        for history in histories:
            before = [change for change in history if change.at <= FIRST_CONTACT]
            self.backlog += before[-1:]
            self.changes += [change for change in history if FIRST_CONTACT < change.at <= END]
        self.backlog.sort(key=lambda change: change.at)
        self.changes.sort(key=lambda change: change.at)
        self.idle = sorted(FIRST_CONTACT + self.dice.random() * (END - FIRST_CONTACT)
                           for _ in range(60))

    def _accepted_at(self, number):
        if number % 8 == 0:
            day = FIRST_CONTACT - self.dice.randrange(35) * DAY
        elif number % 4 == 1:  # around the days that are moved
            moved = self.dice.choice(sorted(DAYS_OFF | MAKEUP_DAYS))
            day = datetime(2026, moved.month, moved.day, tzinfo=BEIJING)
            day += self.dice.randrange(-5, 3) * DAY
        else:
            day = FIRST_CONTACT + self.dice.random() * (LAST_ACCEPTANCE - FIRST_CONTACT)
        hour = self.dice.choice((0, 7, 9, 9, 10, 10, 11, 12, 13, 14, 14, 15, 16, 17, 20))
        second = self.dice.choice((0, 0, self.dice.randrange(3600)))
        return day.replace(hour=hour, minute=second // 60, second=second % 60, microsecond=0)

    def _history(self, number, places):
        """A life whose every deadline the calendar knows."""
        while True:
            life = Life(self.dice, number, places, self._accepted_at(number))
            try:
                life.live()
                for change in life.changes:
                    stand(change.facts, max(END, change.at))
                return life.changes
            except BeyondCalendar:
                continue

    def _beyond(self, number, places, mended):
        life = Life(self.dice, number, places, datetime(2026, 11, 2, 10, tzinfo=BEIJING))
        life.facts = replace(life.facts, kind="promised", unit="workday", value=60, bad="beyond")
        life.happen(HOUR)
        if mended:
            life.happen(5 * DAY, value=8, bad="")
        return life.changes


# Writing it down.

CASE = """
INSERT INTO approval.case_file
       (case_no, item_code, kind, window_code, applicant_id, promised_value, promised_unit, stage,
        status, received_at, accepted_at, completed_at)
VALUES (%(case_no)s, %(item)s, %(kind)s, %(window)s, %(applicant)s, %(value)s, %(unit)s, %(stage)s,
        %(status)s, %(accepted_at)s, %(accepted_at)s, %(completed_at)s)
    ON CONFLICT (case_no) DO UPDATE
   SET window_code = excluded.window_code, promised_value = excluded.promised_value,
       promised_unit = excluded.promised_unit, stage = excluded.stage, status = excluded.status,
       accepted_at = excluded.accepted_at, completed_at = excluded.completed_at"""


def columns(facts):
    """The row of a case, with its mistake if it has one; and its clock stops."""
    row = {"case_no": facts.case_no, "item": facts.item, "kind": KINDS[facts.kind],
           "window": facts.window, "applicant": int(facts.case_no[-6:]), "value": facts.value,
           "unit": UNITS[facts.unit], "stage": facts.stage, "status": facts.status,
           "accepted_at": facts.accepted_at, "completed_at": facts.completed_at}
    stops = list(facts.stops)
    if facts.bad == "unit":
        row["unit"] = "年（按会计年度计）"
    elif facts.bad == "acceptance":
        row["accepted_at"] = None
    elif facts.bad == "suspension":
        row["status"] = "suspended"
    elif facts.bad == "backwards":
        stops.append((facts.updated_at, facts.updated_at - HOUR))
    elif facts.bad == "future":
        row["accepted_at"] = facts.accepted_at.replace(year=2062)
    elif facts.bad == "completion":
        row["status"] = "completed"
    return row, stops


def store_applicants(connection, changes):
    people = {int(change.facts.case_no[-6:]): change.facts.phone for change in changes}
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO approval.applicant (applicant_id, applicant_name, phone)"
                           " VALUES (%s, '王小明', %s)", sorted(people.items()))


def store(connection, changes):
    """Writes what changed, each at its own time; the caller's transaction."""
    for change in changes:
        row, stops = columns(change.facts)
        connection.execute("SELECT set_config('approval.now', %s, true),"
                           " set_config('approval.touch', 'off', true)", (str(change.at),))
        connection.execute("DELETE FROM approval.clock_stop WHERE case_no = %s",
                           (row["case_no"],))
        connection.execute(CASE, row)
        for begin, end in stops:
            connection.execute("INSERT INTO approval.clock_stop (case_no, reason, started_at,"
                               " ended_at) VALUES (%s, '补正', %s, %s)",
                               (row["case_no"], begin, end))
