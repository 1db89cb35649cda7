"""Plans over large tables: every query is bounded and uses an index.

auto_explain gives the plans of the statements inside the functions, as the daemon's session runs
them: prepared, with and without figures about the tables.
"""

import json

import psycopg
import pytest

from state import START, Clock, State, decision

LARGE = {"clock", "ready", "pending", "notification", "message", "event", "inflight", "attempt",
         "awaiting", "receipt", "receipt_early", "dead", "enquiry"}
CLOCKS, QUEUED, DEAD = 300_000, 200_000, 30_000

# Most cases have ended. Of what is open, little is due; of what is queued, all is.
FILL = f"""
    INSERT INTO duban.clock (case_no, clock, state, level, rank, due_at, next_at, calendar_version,
                             facts_hash, item_code, window_code, department_code)
    SELECT 'A' || lpad(n::text, 8, '0'), 'completion', CASE WHEN n %% 20 = 0 THEN 'running' ELSE 'stopped' END,
           'normal', 0, %(now)s,
           CASE WHEN n %% 20 = 0 THEN %(now)s::timestamptz + (n - {CLOCKS // 50}) * interval '1 second' END,
           'c1', 1, 'I1', 'W1', 'D1'
      FROM generate_series(1, {CLOCKS}) n;
    INSERT INTO duban.endpoint (channel, address) SELECT 'hook', 'http://w' || n FROM generate_series(1, 4) n;
    INSERT INTO duban.event (case_no, clock, kind, deadline_version, sequence, event_at, recorded_at, level,
                             rank, window_code, department_code, item_code, told)
    SELECT 'A' || lpad(n::text, 8, '0'), 'completion', 'cleared', 1, 1, %(now)s, %(now)s, 'normal', 0, 'W1',
           'D1', 'I1', 'yes'
      FROM generate_series(1, {QUEUED}) n;
    INSERT INTO duban.notification (event, recipient, role, channel, address, created_at)
    SELECT id, 'W1', 'window', 'hook', 'http://w1', %(now)s FROM duban.event;
    INSERT INTO duban.pending SELECT %(now)s::timestamptz - id * interval '1 ms', id FROM duban.notification;
    INSERT INTO duban.message (id, day, public_id, channel, endpoint, address, body, kind, case_no, clock,
                               deadline_version, rank, recipient, role, repeatable, created_at)
    SELECT n, %(now)s::date, 'k-' || n, 'hook', 1 + n %% 4, 'http://w1', '{{}}', 'cleared',
           'A' || lpad(n::text, 8, '0'), 'completion', 1, 0, 'W1', 'window', true, %(now)s
      FROM generate_series(1, {QUEUED}) n;
    INSERT INTO duban.ready SELECT 1 + n %% 4, %(now)s, n, %(now)s::date, hashint8(n), 1, %(now)s
      FROM generate_series(1, {QUEUED}) n;
    SELECT setval('duban.message_id', {QUEUED});
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
    INSERT INTO duban.receipt_early SELECT 'hook', 0, 'x' || n, %(now)s, %(now)s, %(now)s, 'failed', '', ''
      FROM generate_series(1, {QUEUED}) n;
"""
WATCH = """
    LOAD 'auto_explain';
    SET auto_explain.log_min_duration = 0; SET auto_explain.log_nested_statements = on;
    SET auto_explain.log_format = json; SET auto_explain.log_analyze = on;
    SET auto_explain.log_timing = off; SET auto_explain.log_level = notice;
    SET ROLE duban_daemon;
"""


MOST = 500  # rows asked of each function
BOUND = 10 * MOST  # rows that one node of a plan may touch


def every_function(state):
    """{name: a call that does the work of a large turn}"""
    cases = [f"A{20 * n:08}" for n in range(1, MOST + 1)]
    message = [{"id": n, "token": 1, "attempt": 1} for n in range(1, MOST + 1)]
    return {
        "escalator_due": lambda: state.due(limit=MOST),
        "escalator_write": lambda: state.escalate(*(decision(case, "red", "red") for case in cases)),
        "intake_write": lambda: state.intake([Clock(case, hash=2) for case in cases],
                                             bad=[(f"A{n:08}", "no") for n in range(1, MOST)]),
        "intake_vanished": lambda: state.value("intake_vanished", START, cases),
        "reconcile_page": lambda: state.call("reconcile_page", "A00050000", MOST),
        "composer_take": lambda: state.take(limit=MOST),
        "composer_write": lambda: state.compose_write(state.take(limit=MOST)),
        "claim": lambda: state.claim(most=MOST // 4, endpoints=[1, 2, 3, 4]),
        "complete": lambda: [state.complete(one, "delivered") for one in state.claim(
            most=5, endpoints=[1, 2, 3, 4]) + message[-5:]],
        "release": lambda: [state.value("release", [one["id"]], [one["token"]])
                            for one in state.claim(most=5, endpoints=[1])],
        "reap": lambda: state.call("reap", state.node),
        "receipt_write": lambda: state.call(
            "receipt_write", ["hook"] * MOST, [""] * MOST, [f"p{n}" for n in range(MOST)], ["failed"] * MOST,
            ["1"] * MOST, ["no"] * MOST, [START] * MOST, [], []),
        "receipt_match": lambda: state.call("receipt_match", MOST, [], []),
        "awaiting_overdue": lambda: state.call("awaiting_overdue", MOST, [], []),
        "enquiry_due": lambda: state.call("enquiry_due", ["hook"], MOST),
        "enquiry_done": lambda: state.call("enquiry_done", [*range(1, MOST + 1)], [-1, 60] * (MOST // 2)),
    }


@pytest.fixture(scope="module", params=["analyzed", "no figures", "plans of empty tables"])
def large(request, cluster, state_template):
    """A large state, and a session that tells the plans of what it runs."""
    name = cluster.create_database(state_template)
    state = State(cluster, name)
    state.daemon.close()
    state.daemon = cluster.connect(name)
    state.daemon.execute(WATCH)
    for table in LARGE - {"message", "attempt", "receipt"}:
        state.owner.execute(f"ALTER TABLE duban.{table} SET (autovacuum_enabled = off)")
    if request.param == "plans of empty tables":
        state.daemon.execute("SET plan_cache_mode = force_generic_plan")
        for work in every_function(state).values():
            work()
        state.owner.execute("DELETE FROM duban.bad_row; DELETE FROM duban.clock")
    state.owner.execute(psycopg.ClientCursor(state.owner).mogrify(FILL, {"now": START}))
    if request.param == "analyzed":
        state.owner.execute("ANALYZE")
    yield state
    state.close()
    cluster.drop_database(name)


def nodes_of(plan):
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes_of(child)


def rows_of(node):
    """How many rows a node has touched."""
    removed = sum(node.get(key, 0) for key in (
        "Rows Removed by Filter", "Rows Removed by Join Filter", "Rows Removed by Index Recheck"))
    return (node["Actual Rows"] + removed) * node["Actual Loops"]


FUNCTIONS = ["escalator_due", "escalator_write", "intake_write", "intake_vanished", "reconcile_page",
             "composer_take", "composer_write", "claim", "complete", "release", "reap", "receipt_write",
             "receipt_match", "awaiting_overdue", "enquiry_due", "enquiry_done"]


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
