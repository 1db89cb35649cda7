"""What a supervision office expects of duban, computed the slow way from the plain rules.

    oracle = Oracle()
    oracle.look(now, changed_facts)        # each time at which something may have happened
    oracle.ledger, oracle.deliveries       # what must be there afterwards

A level is reached when its instant has come while the clock ran. Each promise (deadline version)
raises a level once; a promise is new when a running clock gets another due instant, or runs again
after a suspension, an end or a mistake of the row that moved it. Under a new promise the level
that holds is raised anew. When it doesn't hold any more, whoever was warned since the last time
hears that it is over, at where he was warned.
"""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from harness.workdays import (BEIJING, DAY, add_open, closing, count_workdays, day_of, is_workday,
                              next_opening, open_between, opening, roll_back, roll_forward,
                              step_workdays)

LEVELS = {"standard": ("yellow", "red", "late"), "instant": ("red",)}
WARNING_WORKDAYS, LATE_WORKDAYS = 3, 2
TELL_WITHIN = timedelta(days=3)
FOREVER = datetime(9000, 1, 1, tzinfo=BEIJING)
ENDS = {"completed", "returned", "withdrawn"}

PASSED = "no: passed on the way to a higher level"
HAD_ENDED = "no: the case had ended"
SUSPENDED = "no: the clock is suspended"
TOO_OLD = "no: too long ago"
BEFORE_CONTACT = "no: reached before first contact"


@dataclass(frozen=True)
class Facts:
    """A case as the approval system tells it."""
    case_no: str
    kind: str
    window: str
    item: str
    phone: str
    value: int
    unit: str
    accepted_at: datetime | None
    stage: str = "processing"
    status: str = "open"
    stops: tuple = ()           # (from, to) pairs; to is None while it lasts
    completed_at: datetime | None = None
    updated_at: datetime | None = None
    bad: str = ""               # why this row can't be worked with; '' when it can

    @property
    def ended_at(self):
        return (self.completed_at or self.updated_at) if self.status in ENDS else None

    @property
    def policy(self):
        return "instant" if self.kind == "instant" else "standard"

    @property
    def state(self):
        return {"open": "running", "suspended": "suspended"}.get(self.status, "stopped")

    @property
    def timed(self):
        """What the clock hangs on: while it stays, there is nothing new."""
        return (self.kind, self.window, self.item, self.value, self.unit, self.accepted_at,
                self.stops, self.status, self.ended_at)


class Deadline:
    """The due instant of one case as suspensions move it, and the thresholds around it."""

    def __init__(self, facts):
        self.facts = facts
        self.start = facts.accepted_at
        self.base = day_of(self.start)
        if facts.value == 0:
            self.base = day_of(next_opening(self.start))
        self.extra = timedelta(0) if facts.unit in ("workhour", "hour") else 0
        self.late_days = 0
        self._find()
        self.is_short = self._warning() <= self.start

    def _find(self):
        facts, extra = self.facts, self.extra
        if facts.unit == "workday":
            self.day = step_workdays(self.base, facts.value + extra)
            self.at = closing(self.day)
        elif facts.unit == "day":
            self.day = roll_forward(self.base + (facts.value + extra) * DAY)
            self.at = closing(self.day)
        else:
            amount = timedelta(hours=facts.value) + extra
            is_open_time = facts.unit == "workhour"
            self.at = add_open(self.start, amount) if is_open_time else self.start + amount
            self.day = day_of(self.at - timedelta(microseconds=1))

    def stand_still(self, begin, end):
        first, last = max(day_of(begin), self.base), day_of(end)
        if begin >= self.at:
            self.late_days += count_workdays(day_of(begin), last)
            return
        if self.facts.unit == "workday":
            self.extra += count_workdays(first, last)
        elif self.facts.unit == "day":
            self.extra += max(0, (last - first).days)
        elif self.facts.unit == "workhour":
            self.extra += open_between(begin, end)
        else:
            self.extra += end - begin
        self._find()

    def _warning(self):
        return opening(step_workdays(roll_back(self.day), -WARNING_WORKDAYS))

    def threshold(self, level):
        if level == "red":
            return self.at
        if level == "yellow":
            return next_opening(self.start) if self.is_short else self._warning()
        day = step_workdays(self.day, LATE_WORKDAYS + self.late_days)
        if is_workday(self.day) and self.at == closing(self.day):
            return closing(day)
        return self.at + (day - self.day)


@dataclass
class Standing:
    """Where a clock stands at an instant."""
    due_at: datetime
    reached: dict           # level → instant, of those whose instant is known
    levels: tuple
    at: datetime            # the last instant that counts: now, or just before the end

    @property
    def rank(self):
        return max([self.levels.index(level) + 1 for level, instant in self.reached.items()
                    if instant <= self.at], default=0)

    def next_after(self, now):
        higher = [instant for level, instant in self.reached.items()
                  if self.levels.index(level) >= self.rank and instant > now]
        return min(higher, default=None)


def stand(facts, now):
    """Plays a case through: it runs, stands still, runs again."""
    deadline, levels, reached = Deadline(facts), LEVELS[facts.policy], {}
    end = facts.ended_at or FOREVER  # what ends at the due instant is in time
    last = min(now, end - timedelta(microseconds=1))

    def run(begin, until):
        for level in levels:
            instant = max(deadline.threshold(level), begin)
            if level not in reached and instant <= until:
                reached[level] = instant

    begin = facts.accepted_at
    for stop_from, stop_to in facts.stops:
        halt = max(stop_from, begin)
        if halt >= end:
            break
        until = stop_to or (end if facts.ended_at else max(now, halt))
        if until <= halt and stop_to:
            continue
        run(begin, halt)
        deadline.stand_still(halt, min(until, end))
        if stop_to is None:
            return Standing(deadline.at, reached, levels, last)
        begin = until
    run(begin, end)
    return Standing(deadline.at, reached, levels, last)


@dataclass
class Clock:
    """What duban has to remember of a clock."""
    state: str
    due_at: datetime
    rank: int = 0
    version: int = 1
    raised_version: int = 1
    timed: tuple | None = None
    next_at: datetime | None = None


@dataclass(frozen=True)
class Entry:
    """A line of the ledger."""
    event_at: datetime
    told: str
    level: str
    due_at: datetime


@dataclass(frozen=True)
class Delivery:
    """What one party is told of one event: channel is sms or hook."""
    role: str
    channel: str
    facts: Facts
    case_no: str
    kind: str
    version: int
    entry: Entry
    due_at: datetime        # of a suspended clock: if it were resumed now


class Oracle:
    def __init__(self, routes, first_contact):
        self.routes, self.first_contact = routes, first_contact
        self.cases, self.clocks = {}, {}
        self.ledger, self.deliveries = {}, []
        self.warned = defaultdict(dict)  # case → who was told of its levels: (recipient, channel) → Delivery

    def next_at(self):
        return min((clock.next_at for clock in self.clocks.values() if clock.next_at),
                   default=None)

    def next_if(self, facts, now):
        """When a level comes next if a case has changed so."""
        if facts.bad or facts.state != "running":
            return None
        return stand(facts, now).next_after(now)

    def bad_cases(self):
        return {case_no for case_no, facts in self.cases.items() if facts.bad}

    def begin(self, facts_list):
        """First contact: what has been reached is recorded, and nobody is told case by case."""
        for facts in facts_list:
            if facts.bad == "completion":  # a closed case, and those aren't read
                continue
            self.cases[facts.case_no] = facts
            if facts.bad or facts.state == "stopped":
                continue
            standing = stand(facts, self.first_contact)
            clock = Clock(facts.state, standing.due_at, standing.rank, timed=facts.timed)
            self.clocks[facts.case_no] = clock
            if standing.rank:
                level = standing.levels[standing.rank - 1]
                self.ledger[facts.case_no, level, 1] = Entry(
                    standing.reached[level], BEFORE_CONTACT, level, standing.due_at)
            self._wind(clock, facts, standing, self.first_contact)

    def look(self, now, changed=()):
        """What follows from the changes, and from the time."""
        due = {case_no for case_no, clock in self.clocks.items()
               if clock.next_at and clock.next_at <= now}
        for facts in changed:
            self.cases[facts.case_no] = facts
            due.add(facts.case_no)
        for case_no in sorted(due):
            self._look_at(self.cases[case_no], now)

    def _look_at(self, facts, now):
        clock = self.clocks.get(facts.case_no)
        if facts.bad:
            if clock:
                clock.timed = clock.next_at = None
            return
        tell_after = max(now - TELL_WITHIN, self.first_contact)
        if not clock and facts.state == "stopped" and facts.ended_at < tell_after:
            return
        standing = stand(facts, now)
        if not clock:
            clock = self.clocks[facts.case_no] = Clock(facts.state, standing.due_at)
        elif clock.timed != facts.timed:
            self._renew(clock, facts.state, standing.due_at)
        clock.timed = facts.timed
        self._raise(clock, facts, standing, now, tell_after)
        self._wind(clock, facts, standing, now)

    @staticmethod
    def _renew(clock, state, due_at):
        if state == "running":
            clock.version += clock.state != "running" or clock.due_at != due_at
        elif state == "suspended":
            clock.version += clock.state == "stopped"
        if state != "suspended":
            clock.due_at = due_at
        clock.state = state

    @staticmethod
    def _wind(clock, facts, standing, now):
        clock.next_at = standing.next_after(now) if facts.state == "running" else None

    def _raise(self, clock, facts, standing, now, tell_after):
        rank, known = standing.rank, min(clock.rank, standing.rank)
        if clock.version != clock.raised_version:
            known = 0
        ended = facts.state == "stopped"
        if rank < clock.rank and not ended:
            level = standing.levels[rank - 1] if rank else "normal"
            self._record(clock, facts, "cleared", Entry(now, "yes", level, clock.due_at),
                         standing)
        for passed, level in enumerate(standing.levels[known:rank], known + 1):
            if level in standing.reached:
                at_the_end = {"stopped": HAD_ENDED, "suspended": SUSPENDED}.get(facts.state, "yes")
                told = at_the_end if passed == rank else PASSED
                instant = min(standing.reached[level], now)
                self._record(clock, facts, level, Entry(instant, told, level, clock.due_at), standing)
        if ended:
            level = standing.levels[rank - 1] if rank else "normal"
            told = TOO_OLD if facts.ended_at < tell_after else "yes"
            self._record(clock, facts, facts.status,
                         Entry(facts.ended_at, told, level, clock.due_at), standing)
        clock.rank, clock.raised_version = rank, clock.version

    def _record(self, clock, facts, kind, entry, standing):
        key = facts.case_no, kind, clock.version
        if key in self.ledger:
            return
        self.ledger[key] = entry
        told = {}
        for role, channels in self.routes.get(kind, {}).items():
            for channel in [channels] if isinstance(channels, str) else channels:
                told[recipient_of(role, facts), channel] = Delivery(
                    role, channel, facts, facts.case_no, kind, clock.version, entry, standing.due_at)
        if kind in standing.levels and entry.told == "yes":
            self.warned[facts.case_no] |= told
        elif kind not in standing.levels:  # it is over: who was warned hears that a level is cleared
            warned = self.warned.pop(facts.case_no, {})
            if kind == "cleared":
                told = {who: replace(before, kind=kind, version=clock.version, entry=entry,
                                     due_at=standing.due_at) for who, before in warned.items()} | told
        if entry.told == "yes":
            self.deliveries += told.values()


def recipient_of(role, facts):
    """Whom a role of a case means: the window, or its department."""
    return role, {"window": facts.window, "department": facts.window.split("-")[0]}.get(role)
