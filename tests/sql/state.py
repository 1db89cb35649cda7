"""duban's state without its daemon: the SQL functions, called as the daemon calls them.

    state.intake([clock("A1", rank=1, level="yellow")])
    state.escalate(raise_to("A1", 1, "yellow"))
    state.compose()
    [message] = state.claim()
    state.complete(message, "delivered")

Every call is made as the role duban_daemon, with arrays. Time is `state.now`; it only moves by hand.
"""

import dataclasses
import datetime

from harness.centre import ROOT
from harness.world import TEST_CLOCK

UTC = datetime.timezone.utc
START = datetime.datetime(2026, 6, 1, 2, 0, tzinfo=UTC)
LONG_AGO = datetime.datetime(1970, 1, 1, tzinfo=UTC)
ROLES = """
    DO $$ BEGIN CREATE ROLE duban_daemon LOGIN; EXCEPTION WHEN duplicate_object THEN END $$;
    DO $$ BEGIN CREATE ROLE duban_read LOGIN; EXCEPTION WHEN duplicate_object THEN END $$;
    DO $$ BEGIN CREATE ROLE duban_web LOGIN; EXCEPTION WHEN duplicate_object THEN END $$;
    CREATE SCHEMA duban;
    CREATE TABLE duban.migration (version integer PRIMARY KEY, name text, checksum text,
                                  applied_at timestamptz, contract boolean);
"""
DIRECTORY = """
    INSERT INTO duban.recipient VALUES ('C', 'centre', 'Centre', NULL), ('S', 'supervision', 'Office', 'C'),
        ('D1', 'department', 'Department 1', 'C'), ('W1', 'window', 'Window 1', 'D1'),
        ('W2', 'window', 'Window 2', 'D1');
    INSERT INTO duban.contact VALUES ('W1', 'hook', 'http://w1'), ('D1', 'hook', 'http://d1'),
        ('D1', 'sms', '13800000001'), ('D1', 'sms', '13800000002'), ('S', 'hook', 'http://s');
    INSERT INTO duban.duty VALUES ('W1', 'window', 'W1'), ('W1', 'department', 'D1'),
        ('W1', 'supervision', 'S'), ('W2', 'window', 'W2'), ('W2', 'department', 'D1'),
        ('W2', 'supervision', 'S'), ('D1', 'department', 'D1'), ('D1', 'supervision', 'S');
"""
ROUTES = [("yellow", "window", "hook"), ("red", "window", "hook"), ("red", "department", "sms"),
          ("red", "supervision", "hook"), ("completed", "applicant", "sms"),
          ("completed", "window", "hook"), ("cleared", "window", "hook"),
          ("met", "window", "hook")]
RANKS = {"normal": 0, "yellow": 1, "red": 2}


def minutes(amount):
    return datetime.timedelta(minutes=amount)


def days(amount):
    return datetime.timedelta(days=amount)


def install(cluster, database):
    """What a migration does, and a clock that tests move."""
    with cluster.connect(database) as owner:
        owner.execute(ROLES)
        for file in [*sorted((ROOT / "sql/schema").glob("0*.sql")),
                     *sorted((ROOT / "sql/functions").glob("*.sql")),
                     ROOT / "sql/schema/roles.sql"]:
            owner.execute(file.read_text(encoding="utf-8"))
        owner.execute(TEST_CLOCK)
        owner.execute("UPDATE public.test_time SET at = %s", (START,))
        owner.execute(DIRECTORY)
        owner.execute("SELECT duban.maintain_partitions(%s, 3, 30)", (START,))


@dataclasses.dataclass
class Clock:
    """One clock of one case as intake replays it."""
    case: str
    name: str = "completion"
    state: str = "running"
    level: str = "normal"
    due: datetime.datetime = START + days(10)
    next: datetime.datetime = START + days(7)
    stopped: datetime.datetime = None
    reached: datetime.datetime = START
    calendar: str = "c1"
    hash: int = 1
    item: str = "I1"
    window: str = "W1"
    department: str = "D1"
    policy: str = "standard"
    rule: str = "r1"
    basis: int = None   # else as `hash`: the facts have changed, not the rules
    limit: int = 1
    parent: str = ""

    def but(self, **changes):
        return dataclasses.replace(self, **changes)


@dataclasses.dataclass
class Decision:
    """What the escalator decided for one clock; events are (kind, told)."""
    case: str
    level: str
    events: list
    name: str = "completion"
    hash: int = 1
    old_level: str = "normal"
    taken: int = None   # of "cleared": the old level's rank as the ranks are now; else as it was
    version: int = 1
    next: datetime.datetime = None
    at: datetime.datetime = START

    def but(self, **changes):
        return dataclasses.replace(self, **changes)


def decision(case, level, *events, **others):
    """Each event a kind that is told, or (kind, told)."""
    pairs = [(event, "yes") if isinstance(event, str) else event for event in events]
    return Decision(case, level, pairs, **others)


class State:
    def __init__(self, cluster, database):
        self.cluster, self.database = cluster, database
        self.owner = cluster.connect(database)
        self.daemon = self.session()
        self.types = dict(self.owner.execute("""
            SELECT p.proname, (SELECT array_agg(t::regtype::text ORDER BY place)
                                 FROM unnest(p.proargtypes) WITH ORDINALITY AS a(t, place))
              FROM pg_proc p WHERE p.pronamespace = 'duban'::regnamespace""").fetchall())
        self.now = START
        self.node = self.value("node_join", 0, "here-1", "v1", "0.1.0")

    def close(self):
        self.owner.close()
        self.daemon.close()

    def session(self):
        """Another session of the daemon's role."""
        return self.cluster.connect(self.database, user="duban_daemon")

    # Calling functions and looking at tables.

    def call(self, function, *arguments, session=None):
        """The rows that a function of schema duban returns."""
        types = self.types[function] or []
        assert len(types) == len(arguments)
        places = ", ".join(f"%s::{name}" for name in types)
        return (session or self.daemon).execute(f"SELECT * FROM duban.{function}({places})",
                                                arguments).fetchall()

    def value(self, function, *arguments, session=None):
        return self.call(function, *arguments, session=session)[0][0]

    def rows(self, query, *arguments):
        return self.owner.execute(query, arguments).fetchall()

    def one(self, query, *arguments):
        """The only value of the only row."""
        [[value]] = self.rows(query, *arguments)
        return value

    def count(self, table, where="true"):
        return self.one(f"SELECT count(*) FROM duban.{table} WHERE {where}")

    @property
    def day(self):
        """The local day in China."""
        return (self.now + datetime.timedelta(hours=8)).date()

    def move(self, span):
        self.now += span
        self.owner.execute("UPDATE public.test_time SET at = %s", (self.now,))

    # Stages.

    def intake(self, clocks=(), baseline=False, tell_after=LONG_AGO, bad=(), good=None, mark=None,
               session=None):
        """(clocks written, newly bad). `bad`: (case, reason); `mark`: (old, old case, new, new case)."""
        def column(get):
            return [get(clock) for clock in clocks]
        good = sorted({clock.case for clock in clocks}) if good is None else good
        return self.call(
            "intake_write", self.now, baseline, tell_after,
            column(lambda c: c.case), column(lambda c: c.name), column(lambda c: c.state),
            column(lambda c: RANKS[c.level]), column(lambda c: c.level),
            column(lambda c: RANKS[c.level]), column(lambda c: c.due),
            column(lambda c: c.next), column(lambda c: c.stopped), column(lambda c: c.reached),
            column(lambda c: c.calendar), column(lambda c: c.policy), column(lambda c: c.rule),
            column(lambda c: c.hash),
            column(lambda c: c.hash if c.basis is None else c.basis), column(lambda c: c.limit),
            column(lambda c: c.item), column(lambda c: c.window), column(lambda c: c.department),
            column(lambda c: c.parent),
            [case for case, _ in bad], [reason for _, reason in bad], good,
            *(mark or (None, None, None, None)), session=session)[0]

    def due(self, limit=100, floor=None):
        """([(case, clock)], next due instant)."""
        *found, last = self.call("escalator_due", limit, floor)
        assert last[0] == self.now and last[2:] == (None,) * 7
        return [(row[2], row[3]) for row in found], last[1]

    def escalate(self, *decisions, routes=ROUTES, remind=(), session=None):
        """(clocks, events, notifications) written. `remind`: kinds that are repeated."""
        def column(get):
            return [get(d) for d in decisions]
        events = [(row, kind, d.at, RANKS.get(kind, RANKS[d.level]), kind if kind in RANKS else d.level,
                   told, 0, (RANKS[d.old_level] if d.taken is None else d.taken) if kind == "cleared" else 0)
                  for row, d in enumerate(decisions, 1) for kind, told in d.events]
        return self.call(
            "escalator_write", self.now,
            column(lambda d: d.case), column(lambda d: d.name), column(lambda d: d.hash),
            column(lambda d: RANKS[d.old_level]), column(lambda d: d.version),
            column(lambda d: RANKS[d.level]), column(lambda d: d.level),
            column(lambda d: RANKS[d.level]), column(lambda d: d.next),
            *columns(events, 8), *columns([(*route, 0)[:4] for route in routes], 4), self.day,
            list(remind), session=session)[0]

    def reminders(self, limit=100, floor=None):
        """Due reminders as dictionaries."""
        cursor = self.daemon.execute("SELECT * FROM duban.reminder_due(%s, %s)", (limit, floor))
        names = [column.name for column in cursor.description]
        *found, last = [dict(zip(names, row)) for row in cursor.fetchall()]
        assert last["now"] == self.now and last["case_no"] is None
        return found

    def remind(self, *decided, routes=(), session=None):
        """(reminders, events, notifications) written; decided: (a due reminder, next, key)."""
        return self.call(
            "reminder_write", self.now,
            *columns([(due["case_no"], due["clock"], due["kind"], due["deadline_version"], due["sent"],
                        next_at, key) for due, next_at, key in decided], 7),
            *columns([(*route, 0)[:4] for route in routes], 4), self.day, session=session)[0]

    def withdraw(self, case, clock=None, author="王主任", reason="系统日期录错", routes=(), session=None):
        """What was done to each clock, as dictionaries."""
        return self.value("withdraw", case, clock, author, reason,
                          *columns([(*route, 0)[:4] for route in routes], 4), self.day, session=session)

    def take(self, limit=100, floor=None, group_most=100):
        """Pending notifications as dictionaries."""
        cursor = self.daemon.execute(
            "SELECT * FROM duban.composer_take(%s, %s, %s, %s::date, true)",
            (limit, floor, group_most, self.day))
        names = [column.name for column in cursor.description]
        *found, last = [dict(zip(names, row)) for row in cursor.fetchall()]
        assert last["now"] == self.now and last["notification"] is None
        return found

    def compose_write(self, drafts, hold=minutes(1), repeatable=True, outcome=None, session=None,
                      digest=False, usage=(), silence=0):
        """(composed, cancelled, held). `digest`: the first carries all; `usage`: keys."""
        def row(d):
            told = outcome or d["stale"] or "composed"
            first = d is drafts[0] or not digest
            carries = "{" + ",".join(str(e["notification"]) for e in drafts) + "}"
            return (d["release_at"], d["notification"], told,
                    self.now + hold if told.startswith("held: ") else None, silence,
                    drafts[0]["message"] if digest else d["message"], d["public_id"],
                    d["address"] or "13900000000", d["address"] if d["channel"] == "hook" else "",
                    f"body of {d['kind']}" if told == "composed" and first else None, repeatable,
                    "digest" if digest else "", carries if digest else "", digest)
        return self.call(
            "composer_write", self.now, *columns([row(d) for d in drafts], 14),
            [drafts[0]["message"] for _ in usage], list(usage), session=session)[0]

    def compose(self, **others):
        return self.compose_write(self.take(), **others)

    def endpoints(self):
        return [row[0] for row in self.call("endpoints_after", 0)]

    def claim(self, most=100, lease=minutes(5), endpoints=None, floor=None, node=None, session=None,
              probe=(), hold=minutes(1)):
        """Claimed messages as dictionaries. `probe`: endpoints to try with one message."""
        endpoints = self.endpoints() if endpoints is None else endpoints
        names = ("now", "id", "token", "endpoint", "attempt", "first_at", "public_id", "address",
                 "body", "kind", "case_no")
        *found, last = self.call(
            "claim", node or self.node, int(lease.total_seconds() * 1e6), endpoints,
            [most] * len(endpoints), [floor] * len(endpoints), list(probe),
            [int(hold.total_seconds() * 1e6)] * len(probe), session=session)
        assert last[1] is None
        return [dict(zip(names, row)) for row in found if row[2] is not None]

    def complete(self, message, verdict, retry=None, dead="", detail="said so", node=None, session=None,
                 fallback="", receipt=0):
        """(completed, late)."""
        return self.call(
            "complete", node or self.node, [message["id"]], [message["token"]], [message["attempt"]],
            [verdict], [200], [detail], ["p1"], [12],
            [-1 if retry is None else int(retry.total_seconds() * 1e6)], [dead], [fallback], [receipt],
            session=session)[0][1:]

    # A message in the queue, by the whole way.

    def queue(self, case, *levels, repeatable=True, window="W1"):
        """Raises the levels of a new clock one by one, each told to its window; composes them."""
        routes = [(level, "window", "hook") for level in levels]
        self.intake([Clock(case, hash=1, window=window, next=self.now)])
        old = "normal"
        for level in levels:
            assert self.escalate(decision(case, level, level, old_level=old, next=self.now + days(1)),
                                 routes=routes)[2] == 1
            assert self.compose(repeatable=repeatable)[0] == 1
            old = level

    # Questions that many tests ask.

    def clock(self, case, name="completion"):
        cursor = self.owner.execute("SELECT *, xmin, ctid FROM duban.clock WHERE (case_no, clock) = (%s, %s)",
                                    (case, name))
        names = [column.name for column in cursor.description]
        [row] = cursor.fetchall()
        return dict(zip(names, row))

    def events(self, case):
        """[(sequence, clock, kind, version, told)]"""
        return self.rows("SELECT sequence, clock, kind, deadline_version, told FROM duban.event"
                         " WHERE case_no = %s ORDER BY sequence, id", case)

    def attempts(self):
        """[(number, verdict, detail)]"""
        return self.rows("SELECT number, verdict, detail FROM duban.attempt ORDER BY message, number, at")


def columns(rows, count):
    """Rows → arrays, one a column."""
    return [list(column) for column in zip(*rows)] if rows else [[] for _ in range(count)]
