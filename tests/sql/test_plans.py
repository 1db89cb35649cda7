"""Plans over large tables: every query is bounded and uses an index.

auto_explain gives the plans of the statements inside the functions, as the daemon's session runs
them: prepared, with and without figures about the tables.
"""

import json
import re

import psycopg
import pytest

from harness.centre import ROOT
from state import START, Clock, State, days, decision
from test_endpoints import be
from test_irregularity import completion, listed, look, reception, vanish

LARGE = {"reminder", "clock", "ready", "parked", "pending", "notification", "message", "event", "inflight",
         "attempt", "awaiting", "receipt", "receipt_early", "dead", "enquiry", "withdrawal",
         "reception", "open_case", "board_case", "board_news", "seal"}
CLOCKS, QUEUED, DEAD = 300_000, 200_000, 30_000
MOST = 500  # rows asked of each function
BOUND = 10 * MOST  # rows that one node of a plan may touch
SEALS = 50_000  # of one event each
PARKED = 100_000  # for an endpoint of their own, the fifth

# Most cases have ended. Of what is open, little is due; of what is queued, all is. Some are red, and
# somebody was told of it; of others the first 500 open ones are parts of the next 500.
FILL = f"""
    INSERT INTO duban.clock (case_no, clock, state, level, rank, due_at, next_at, calendar_version,
                             facts_hash, item_code, window_code, department_code)
    SELECT 'A' || lpad(n::text, 8, '0'), 'completion', CASE WHEN n %% 20 = 0 THEN 'running' ELSE 'stopped' END,
           'normal', 0, %(now)s,
           CASE WHEN n %% 20 = 0 THEN %(now)s::timestamptz + (n - {CLOCKS // 50}) * interval '1 second' END,
           'c1', 1, 'I1', 'W1', 'D1'
      FROM generate_series(1, {CLOCKS}) n;
    INSERT INTO duban.event (case_no, clock, kind, deadline_version, sequence, event_at, recorded_at, level,
                             rank, window_code, department_code, item_code, told)
    SELECT 'A' || lpad(n::text, 8, '0'), 'completion', 'cleared', 1, 1, %(now)s, %(now)s, 'normal', 0, 'W1',
           'D1', 'I1', 'yes'
      FROM generate_series(1, {QUEUED}) n;
    INSERT INTO duban.notification (event, recipient, role, channel, address, created_at)
    SELECT id, 'W1', 'window', 'hook', 'http://w1', %(now)s FROM duban.event;
    INSERT INTO duban.event (case_no, clock, kind, deadline_version, sequence, event_at, recorded_at, level,
                             rank, window_code, department_code, item_code, told, detail, irregular)
    SELECT 'B' || n, '', 'second_supplement', 2, 1, %(now)s, %(now)s, 'normal', 0, 'W' || n %% 9, 'D1', 'I1',
           'yes', '{{}}', true
      FROM generate_series(1, {DEAD}) n;
    INSERT INTO duban.reception
    SELECT n %% 50000, 'A' || lpad(n::text, 8, '0'), 'W' || n %% 3, %(now)s::timestamptz - n * interval '1 ms'
      FROM generate_series(1, {QUEUED}) n;
    UPDATE duban.notification n SET message = right(e.case_no, 8)::bigint
      FROM duban.event e WHERE e.id = n.event AND e.kind = 'cleared' AND e.case_no <= 'A00000200';
    INSERT INTO duban.pending SELECT %(now)s::timestamptz - id * interval '1 ms', id FROM duban.notification;
    INSERT INTO duban.message (id, day, public_id, channel, endpoint, address, body, kind, case_no, clock,
                               deadline_version, rank, recipient, role, repeatable, created_at, notifications)
    SELECT n, %(now)s::date, 'k-' || n, 'hook', CASE WHEN n > {QUEUED} THEN 5 ELSE 1 + n %% 4 END, 'http://w1',
           '{{}}', 'cleared', 'A' || lpad(n::text, 8, '0'), 'completion', 1, 0, 'W1', 'window', true, %(now)s,
           ARRAY[n]
      FROM generate_series(1, {QUEUED + PARKED}) n;
    INSERT INTO duban.parked (endpoint, id, day, due_at, order_key, attempt, first_at)
    SELECT 5, n, %(now)s::date, %(now)s, hashint8(n), 1, %(now)s
      FROM generate_series({QUEUED + 1}, {QUEUED + PARKED}) n;
    INSERT INTO duban.endpoint_state (endpoint, state, since, until) VALUES (5, 'open', %(now)s, %(now)s);
    INSERT INTO duban.ready SELECT 1 + n %% 4, %(now)s, n, %(now)s::date, hashint8(n), 1, %(now)s
      FROM generate_series(1, {QUEUED}) n;
    INSERT INTO duban.reminder SELECT case_no, clock, kind, 1, id, 0, %(now)s::timestamptz - id * interval '1 ms'
      FROM duban.event;
    INSERT INTO duban.silence (scope, code, reason, author, created_at, begins_at, ends_at)
    SELECT 'case', 'S' || n, 'r', 'a', %(now)s, %(now)s, %(now)s::timestamptz + interval '1 day'
      FROM generate_series(1, 1000) n;
    SELECT setval('duban.message_id', {QUEUED + PARKED});
    INSERT INTO duban.attempt (message, message_day, day, number, at, verdict, status, detail, provider_id, took_ms, node)
    SELECT n, %(now)s::date, %(now)s::date, 1, %(now)s, 'accepted', 202, '', 'p' || n, 1, 1
      FROM generate_series(1, {QUEUED}) n;
    INSERT INTO duban.awaiting SELECT n, %(now)s::date, 'hook', %(now)s FROM generate_series(1, {QUEUED}) n;
    INSERT INTO duban.receipt SELECT n, %(now)s::date, %(now)s, %(now)s, 'accepted', '', '', 'p' || n
      FROM generate_series(1, {QUEUED}) n;
    INSERT INTO duban.dead (id, day, endpoint, order_key, attempts, verdict, reason, dead_at, enquired)
    SELECT n, %(now)s::date, 1 + n %% 4, n, 2, CASE WHEN n %% 8 < 4 THEN 'unknown' ELSE 'permanent' END, '',
           %(now)s, n <= {DEAD // 2}
      FROM generate_series(1, {DEAD}) n;
    INSERT INTO duban.enquiry SELECT n, 'hook', 1, %(now)s FROM generate_series(1, {DEAD // 2}) n;
    UPDATE duban.clock SET rank = 2, level = 'red' WHERE case_no = ANY (%(red)s);
    INSERT INTO duban.event (case_no, clock, kind, deadline_version, sequence, event_at, recorded_at, level,
                             rank, window_code, department_code, item_code, told)
    SELECT c, 'completion', 'red', 1, 2, %(now)s, %(now)s, 'red', 2, 'W1', 'D1', 'I1', 'yes' FROM unnest(%(red)s::text[]) c;
    INSERT INTO duban.notification (event, recipient, role, channel, address, created_at, outcome, message)
    SELECT id, 'W1', 'window', 'hook', 'http://w1', %(now)s, 'composed', id - {QUEUED // 2}
      FROM duban.event WHERE kind = 'red';
    INSERT INTO duban.withdrawal SELECT id, id, %(now)s, 'a', 'r' FROM duban.event WHERE case_no > 'A00100000';
    UPDATE duban.clock SET parent_case_no = 'A' || lpad((substr(case_no, 2)::integer + 20 * {MOST})::text, 8, '0')
     WHERE case_no = ANY (%(parts)s);
    INSERT INTO duban.receipt_early SELECT 'hook', 0, 'x' || n, %(now)s, %(now)s, %(now)s, 'failed', '', ''
      FROM generate_series(1, {QUEUED}) n;
    INSERT INTO duban.seal (number, form, after_event, up_to, events, sealed_at, entries, hash)
    SELECT n, 1, n - 1, n, 1, %(now)s::timestamptz + n * interval '1 s', sha256(n::text::bytea), sha256('')
      FROM generate_series(1, {SEALS}) n;
"""
WATCH = """
    LOAD 'auto_explain';
    SET auto_explain.log_min_duration = 0; SET auto_explain.log_nested_statements = on;
    SET auto_explain.log_format = json; SET auto_explain.log_analyze = on;
    SET auto_explain.log_timing = off; SET auto_explain.log_level = notice;
    SET ROLE duban_daemon;
"""


def open_cases(first):
    """The numbers of so many open cases."""
    return [f"A{20 * n:08}" for n in range(first, first + MOST)]


OPEN, WHOLE, RED = open_cases(1), open_cases(1 + MOST), open_cases(1 + 2 * MOST)


def complete(state, messages):
    """Some are done, some to be tried again, some dead; of others the claim holds no more."""
    count = len(messages)
    state.call("complete", state.node, *[[one[key] for one in messages] for key in ("id", "token", "attempt")],
               (["delivered", "temporary", "permanent", "accepted"] * count)[:count], [200] * count, [""] * count,
               [""] * count, [1] * count, ([-1, 5, -1, -1] * count)[:count], (["", "", "no", ""] * count)[:count],
               ["sms"] * count, [60_000_000] * count)


def explain(state):
    """Cases of which messages were sent; how many."""
    found = [state.value("explain_case", f"A{20 * n:08}", None, None) for n in range(1, 11)]
    return sum(len(one["told"]["messages"]) for one in found)


def facts(state, cases, stage):
    """Facts of open cases for the board."""
    many = len(cases)
    return state.value("open_case_write", START, days(90), cases, ["I1"] * many, ["item"] * many, ["promised"] * many,
                       [stage] * many, ["open"] * many, [""] * many, [""] * many, [START] * many, [START] * many)


def claim_outdated(state):
    """Messages whose dates a change of rules has moved."""
    with state.daemon.transaction():
        state.daemon.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        state.daemon.execute("UPDATE duban.clock SET carried_at = %s WHERE case_no = ANY (%s)",
                             (START + days(1), [f"A{n:08}" for n in range(1, MOST + 1)]))
        state.claim(most=MOST // 4, endpoints=[1, 2, 3, 4])


def verify(state):
    """What `dubanctl ledger verify` asks, by the texts of its statements."""
    source = (ROOT / "ctl/ledger_walk.c").read_text(encoding="utf-8")
    asked = {"session": (), "events": (QUEUED // 2, 10**9, MOST), "seals": (SEALS // 2, 50), "start": (SEALS // 2,),
             "after": (SEALS, MOST)}
    for name, arguments in asked.items():
        literal = re.search(rf"{name}_sql\[\] =\s*((?:\"[^\n]*\"\s*)+);", source).group(1)
        statement = "".join(re.findall(r'"([^\n]*)"(?:\n|$)', literal))
        statement = re.sub(r"\$(\d)", lambda place: str(arguments[int(place.group(1)) - 1]), statement)
        state.daemon.execute(statement)
    # Its session is its own; this one goes on with other functions.
    state.daemon.execute("RESET enable_seqscan; RESET enable_bitmapscan; RESET enable_sort")


def every_function(state):
    """{name: a call that does the work of a large turn}"""
    cases = OPEN
    message = [{"id": n, "token": 1, "attempt": 1} for n in range(1, MOST + 1)]
    return {
        "escalator_due": lambda: state.due(limit=MOST),
        "escalator_write": lambda: state.escalate(*(decision(case, "red", "red") for case in cases),
                                                  remind=["red"]),
        "escalator_write, taken back": lambda: state.escalate(*(
            decision(case, "normal", "cleared", old_level="red") for case in RED), routes=[]),
        "escalator_write, joint": lambda: state.escalate(
            *(decision(case, "red", "red") for case in [*OPEN[:100], *WHOLE[:100]]),
            routes=[("red", "lead", "hook"), ("red", "part", "hook")]),
        "withdraw": lambda: [state.withdraw(case) for case in RED[:20]],
        "reminder_due": lambda: state.reminders(limit=MOST),
        "reminder_write": lambda: state.remind(*(
            (due, START, "cleared/1") for due in state.reminders(limit=MOST)),
            routes=[("cleared/1", "window", "hook")]),
        "acknowledge": lambda: [state.value("acknowledge", case, None, "a", "") for case in cases[:20]],
        "intake_write": lambda: state.intake([Clock(case, hash=2) for case in cases],
                                             bad=[(f"A{n:08}", "no") for n in range(1, MOST)]),
        "intake_write of other rules": lambda: state.intake(
            [Clock(case, hash=2, rule="r2", level="yellow", due=START) for case in cases]),
        "intake_drop": lambda: state.intake([Clock(case, hash=1) for case in cases[::2]], good=cases),
        "plan_page": lambda: state.call("plan_page", cases),
        "open_case_write": lambda: [facts(state, cases, stage) for stage in ("accepted", "review")],
        "web_fold": lambda: [state.value("web_fold", MOST) for _ in range(3)],
        "reword": lambda: claim_outdated(state),
        "intake_vanished": lambda: state.value("intake_vanished", START, cases),
        "irregularity_write": lambda: look(
            state, [(case, "second_supplement", 2, START) for case in cases],
            [Clock(case, hash=2, limit=2) for case in cases],
            [(reception(case, "W1", START, key=n), completion(case, True))[n % 2]
             for n, case in enumerate(cases)], tell_after=START + days(1)),
        "irregularity_vanished": lambda: vanish(state, *cases),
        "irregularity_list": lambda: [listed(state, most=MOST), listed(state, window="W7", most=MOST)],
        "reconcile_page": lambda: state.call("reconcile_page", "A00050000", MOST),
        "composer_take": lambda: state.take(limit=MOST),
        "composer_write": lambda: state.compose_write(state.take(limit=MOST)),
        "claim": lambda: state.claim(most=MOST // 4, endpoints=[1, 2, 3, 4]),
        "complete": lambda: complete(state, state.claim(most=MOST // 4, endpoints=[1, 2, 3, 4]) + message[-5:]),
        "release": lambda: [state.value("release", [one["id"]], [one["token"]])
                            for one in state.claim(most=5, endpoints=[1])],
        "alarm_look": lambda: state.call("alarm_look", 1, 50),
        "selftest_progress": lambda: state.call("selftest_progress", "A00000020", "hook"),
        "selftest_end_clocks": lambda: state.call("selftest_end_clocks", ""),
        "reap": lambda: state.call("reap", state.node),
        "metrics": lambda: state.call("metrics", MOST),
        "receipt_write": lambda: state.call(
            "receipt_write", ["hook"] * MOST, [""] * MOST, [f"p{n}" for n in range(MOST)], ["failed"] * MOST,
            ["1"] * MOST, ["no"] * MOST, [START] * MOST, [], []),
        "receipt_match": lambda: state.call("receipt_match", MOST, None, [], []),
        "awaiting_overdue": lambda: state.call("awaiting_overdue", MOST, [], []),
        "probe": lambda: state.claim(endpoints=[], probe=[5]),
        "park": lambda: [be(state, "open"), state.call("park", [1], [None], MOST)],
        "unpark": lambda: [be(state, "well", probe=True, endpoint=5), state.call("unpark", [5], [0], MOST)],
        "park_expire": lambda: state.call("park_expire", [5], [-60_000_001], ["sms"], MOST),
        "explain_case": lambda: explain(state),
        "endpoints_after": lambda: [state.call("endpoints_after", 0), state.call("endpoint_trouble")],
        "ledger_seal": lambda: state.call("ledger_seal", "", MOST),
        "ledger_seals": lambda: state.call("ledger_seals", MOST),
        "ledger_export": lambda: [state.call("ledger_since", START + days(0.25)),
                                  state.call("ledger_export", SEALS // 2, MOST, False)],
        "ledger verify": lambda: verify(state),
        "enquiry_due": lambda: state.call("enquiry_due", ["hook"], MOST),
        "enquiry_done": lambda: state.call("enquiry_done", [*range(1, MOST + 1)], [-1, 60] * (MOST // 2)),
    }


def prepare(cluster, template):
    """A state without data; figures about its tables are made when a test says so."""
    state = State(cluster, cluster.create_database(template))
    state.owner.execute("INSERT INTO duban.endpoint (channel, address)"
                        " SELECT 'hook', 'http://w' || n FROM generate_series(1, 5) n")
    for table in LARGE - {"message", "attempt", "receipt"}:
        state.owner.execute(f"ALTER TABLE duban.{table} SET (autovacuum_enabled = off)")
    return state


def fill(state):
    state.owner.execute(psycopg.ClientCursor(state.owner).mogrify(FILL, {"now": START, "red": RED, "parts": OPEN}))


@pytest.fixture(scope="module")
def filled(cluster, state_template):
    """The name of a large state, to be copied."""
    state = prepare(cluster, state_template)
    fill(state)
    state.close()
    yield state.database
    cluster.drop_database(state.database)


@pytest.fixture(scope="module", params=["analyzed", "no figures", "plans of empty tables"])
def large(request, cluster, state_template, filled):
    """A large state, and a session that tells the plans of what it runs."""
    if request.param == "plans of empty tables":
        state = prepare(cluster, state_template)
    else:
        state = State(cluster, cluster.create_database(filled))
    state.daemon.close()
    state.daemon = cluster.connect(state.database)
    state.daemon.execute(WATCH)
    if request.param == "plans of empty tables":
        state.owner.execute("VACUUM ANALYZE duban.ready, duban.inflight, duban.parked, duban.message,"
                            " duban.dead, duban.endpoint_state")  # known to be empty
        state.daemon.execute("SET plan_cache_mode = force_generic_plan")
        for work in every_function(state).values():
            work()
        state.owner.execute("DELETE FROM duban.bad_row; DELETE FROM duban.clock;"
                            " DELETE FROM duban.endpoint_state; DELETE FROM duban.seal")
        fill(state)
    if request.param == "analyzed":
        state.owner.execute("ANALYZE")
    yield state
    state.close()
    cluster.drop_database(state.database)


def nodes_of(plan):
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes_of(child)


def rows_of(node):
    """How many rows a node has touched."""
    removed = sum(node.get(key, 0) for key in (
        "Rows Removed by Filter", "Rows Removed by Join Filter", "Rows Removed by Index Recheck"))
    return (node["Actual Rows"] + removed) * node["Actual Loops"]


FUNCTIONS = ["escalator_due", "escalator_write", "escalator_write, taken back", "escalator_write, joint",
             "withdraw", "intake_write", "intake_write of other rules", "intake_drop", "plan_page", "reword",
             "open_case_write", "web_fold",
             "intake_vanished", "reconcile_page",
             "irregularity_write", "irregularity_vanished", "irregularity_list",
             "reminder_due", "reminder_write", "acknowledge", "composer_take", "composer_write", "claim",
             "complete", "release", "reap", "metrics", "alarm_look", "selftest_progress", "selftest_end_clocks",
             "receipt_write", "receipt_match", "awaiting_overdue", "enquiry_due", "enquiry_done",
             "ledger_seal", "ledger_seals", "ledger_export", "ledger verify",
             "probe", "park", "unpark", "park_expire", "endpoints_after", "explain_case"]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_cost_follows_what_is_asked_for(large, function):
    plans = []

    def on_notice(notice):
        if "plan:" in notice.message_primary:
            plans.append(json.loads(notice.message_primary.split("plan:", 1)[1]))
    large.daemon.add_notice_handler(on_notice)
    try:
        with large.daemon.transaction(force_rollback=True):
            every_function(large)[function]()
    finally:
        large.daemon.remove_notice_handler(on_notice)
    assert plans
    dear = [(node["Node Type"], node.get("Relation Name") or node.get("Index Name"), rows_of(node),
             told["Query Text"].strip()[:60])
            for told in plans for node in nodes_of(told["Plan"]) if rows_of(node) > BOUND]
    assert not dear
    whole = [(node["Node Type"], node["Relation Name"]) for told in plans
             for node in nodes_of(told["Plan"])
             if node["Node Type"] == "Seq Scan" and node["Relation Name"] in LARGE - {"inflight"}]
    assert not whole


def test_explanations_are_of_something(large):
    assert explain(large) == 10
