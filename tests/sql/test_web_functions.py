"""The board's functions: who sees and does what, what is shown, and at what cost."""

import json
import random

import psycopg
import pytest

from state import START, Clock, State, days, decision, minutes

PAGE = (None, None, None, None, 50)


@pytest.fixture
def web(state):
    """A state with users, cases at two windows of a department and one elsewhere, and the role of
    duban-web."""
    state.owner.execute("INSERT INTO duban.recipient VALUES ('D2', 'department', 'Department 2', 'C'),"
                        " ('W3', 'window', 'Window 3', 'D2')")
    for name, role, place in (("boss", "supervision", ""), ("root", "admin", ""), ("dep", "department", "D1"),
                              ("win", "window", "W1"), ("hall", "wall", ""), ("part", "supervision", "D1"),
                              ("lost", "window", "GONE")):
        state.owner.execute("INSERT INTO duban.web_user (name, role, place, hash, created_at)"
                            " VALUES (%s, %s, %s, 'h', %s)", (name, role, place, START))
    state.intake([Clock("A1"), Clock("A2", window="W2", item="I2", due=START + days(1)),
                  Clock("A3", window="W3", department="D2"), Clock("A1", "reply", due=START + days(2))])
    write(state, ("A1", "I1", "promised", "accepted"), ("A2", "I2", "instant", "review"),
          ("A3", "I1", "promised", "accepted"))
    state.web = state.cluster.connect(state.database, user="duban_web")
    yield state
    state.web.close()


def write(state, *cases, status="open", now=None):
    """Facts of cases as intake writes them: (case, item, kind, stage)."""
    def column(get):
        return [get(case) for case in cases]
    return state.value("open_case_write", now or state.now, days(90), column(lambda c: c[0]), column(lambda c: c[1]),
                       column(lambda c: f"事项{c[1]}"), column(lambda c: c[2]), column(lambda c: c[3]),
                       [status] * len(cases), [""] * len(cases), [""] * len(cases), [START] * len(cases),
                       [START] * len(cases))


def ask(web, function, *arguments):
    return web.value(function, *arguments, session=web.web)


def board(web, who, page=PAGE, **filters):
    return ask(web, "web_board", who, json.dumps(filters), *page, 28800)


def cases(answer):
    return [row["case_no"] for row in answer["rows"]]


# Rights.


def test_the_role_holds_no_table(web):
    for statement in ("SELECT * FROM duban.clock", "SELECT * FROM duban.web_user", "SELECT * FROM duban.message",
                      "SELECT * FROM duban.open_case", "INSERT INTO duban.event DEFAULT VALUES",
                      "SELECT duban.acknowledge('A1', NULL, 'x', '')", "SELECT * FROM duban.web_who('h:boss')",
                      "SELECT duban.web_user_add('x', 'admin', '', 'h')", "SELECT duban.web_user_list()",
                      "SELECT duban.web_token_add('boss', 'k', '', 0)", "SELECT duban.web_record(now(), '', 'x', 0, 0, '')",
                      "SELECT duban.withdraw('A1', NULL, 'x', 'y', '{}', '{}', '{}', '{}', NULL)"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            web.web.execute(statement)


def test_only_the_web_may_call_them(web):
    for user in ("duban_daemon", "duban_read"):
        with web.cluster.connect(web.database, user=user) as other:
            for statement in ("SELECT duban.web_me('h:boss')", "SELECT duban.web_login_begin('boss', 'a')",
                              "SELECT * FROM duban.web_user"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    other.execute(statement)


def test_functions_with_their_owners_rights_have_a_fixed_path(web):
    assert web.rows("SELECT proname FROM pg_proc WHERE pronamespace = 'duban'::regnamespace AND prosecdef"
                    " AND NOT 'search_path=pg_catalog, pg_temp' = ANY (coalesce(proconfig, '{}'))") == []


@pytest.mark.parametrize("user, seen", [
    ("boss", ["A2", "A1", "A3"]), ("root", ["A2", "A1", "A3"]), ("dep", ["A2", "A1"]), ("part", ["A2", "A1"]),
    ("win", ["A1"]), ("lost", []),
])
def test_everybody_sees_their_part(web, user, seen):
    assert cases(board(web, f"h:{user}")) == seen
    for case in ("A1", "A2", "A3"):
        found = ask(web, "web_case", f"h:{user}", case)
        assert found == {"error": "not_found"} if case not in seen else found["case"]["case_no"] == case
    assert web.count("event", "kind = 'denied'") == 3 - len(seen)
    ask(web, "web_case", f"h:{user}", "A3")
    assert web.count("event", "kind = 'denied'") == 3 - len(seen)  # one a day
    assert ask(web, "web_case", f"h:{user}", "NONE") == {"error": "not_found"}


def test_nobody_sees_nothing(web):
    for who in ("h:nobody", "s:0", "t:0", "", "x:boss", "h:"):
        assert board(web, who) == {"error": "unauthorized"}
        assert ask(web, "web_case", who, "A1") == {"error": "unauthorized"}
        assert ask(web, "web_me", who) == {"error": "unauthorized"}
        assert ask(web, "web_acknowledge", who, "A1", None, "") == {"error": "unauthorized"}
    for who in ("h:hall", "p:"):
        assert board(web, who) == {"error": "forbidden"}
        assert ask(web, "web_case", who, "A1") == {"error": "forbidden"}
        assert ask(web, "web_overview", who, "window", START, START.date(), 0) == {"error": "forbidden"}
    web.owner.execute("UPDATE duban.web_user SET disabled_at = %s WHERE name = 'boss'", (START,))
    assert board(web, "h:boss") == {"error": "unauthorized"}


@pytest.mark.parametrize("function, arguments", [
    ("web_silence", ("A1", START + days(1), "r")), ("web_reveal", ("A1", "r")),
    ("web_withdraw", ("A1", None, "r", [], [], [], [], START.date())),
])
def test_some_acts_are_the_supervisions(web, function, arguments):
    for user in ("win", "dep"):
        assert ask(web, function, f"h:{user}", *arguments) == {"error": "forbidden"}
    assert ask(web, function, "h:part", "A3", *arguments[1:]) == {"error": "not_found"}
    assert "error" not in ask(web, function, "h:boss", *arguments)


def test_delivery_is_for_those_who_see_all(web):
    assert "queue" in ask(web, "web_delivery", "h:boss")
    for user in ("win", "dep", "hall", "part"):
        assert ask(web, "web_delivery", f"h:{user}") == {"error": "forbidden"}
        assert ask(web, "web_resend", f"h:{user}", 1) == {"error": "forbidden"}


def test_the_wall_is_public_and_says_little(web):
    rows = ask(web, "web_wall", "p:", *PAGE)["rows"]
    assert [row["case_no"] for row in rows] == ["A2", "A1", "A3"]
    assert set(rows[0]) == {"case_no", "item_name", "window_name", "stage", "accepted_at", "due_at", "level",
                            "severity", "suspended"}


def test_no_personal_column_can_be_shown(web):
    columns = {name for name, in web.rows("SELECT attname FROM pg_attribute WHERE attrelid IN"
                                          " ('duban.open_case'::regclass, 'duban.item'::regclass) AND attnum > 0")}
    assert not any(word in column for column in columns for word in ("applicant", "handler", "phone", "agent"))


# What is shown.


def test_a_case_is_shown_by_its_worst_clock(web):
    assert [(row["case_no"], row["clock"]) for row in board(web, "h:boss")["rows"]] == [
        ("A2", "completion"), ("A1", "reply"), ("A3", "completion")]
    web.escalate(decision("A1", "yellow", "yellow"))
    assert [(row["case_no"], row["clock"], row["severity"]) for row in board(web, "h:boss")["rows"]] == [
        ("A1", "completion", 1), ("A2", "completion", 0), ("A3", "completion", 0)]
    assert cases(board(web, "h:boss", severity=0)) == ["A2", "A3"]  # not by a milder clock
    web.escalate(decision("A1", "normal", "completed", hash=1, old_level="yellow"))
    web.intake([Clock("A1", state="stopped", hash=2, stopped=START), Clock("A1", "reply", state="stopped", hash=2,
                                                                           stopped=START)])
    assert cases(board(web, "h:boss")) == ["A2", "A3"]


@pytest.mark.parametrize("filters, seen", [
    ({"window": "W1"}, ["A1"]), ({"department": "D1"}, ["A2", "A1"]), ({"item": "I1"}, ["A1", "A3"]),
    ({"kind": "instant"}, ["A2"]), ({"stage": "accepted"}, ["A1", "A3"]), ({"q": "A"}, ["A2", "A1", "A3"]),
    ({"q": "A1"}, ["A1"]), ({"q": "事项I2"}, ["A2"]), ({"q": "i1"}, ["A1", "A3"]), ({"q": "%"}, []),
    ({"kind": "promised", "department": "D2"}, ["A3"]), ({"q": "A", "window": "W2"}, ["A2"]),
    ({"item": "I1", "kind": "instant"}, []), ({"severity": 1}, []),
])
def test_filters(web, filters, seen):
    assert cases(board(web, "h:boss", **filters)) == seen


def test_pages_join_without_gaps(web):
    web.intake([Clock(f"B{n:03}", window=f"W{1 + n % 2}", due=START + days(n % 7)) for n in range(100)])
    for user in ("boss", "dep", "win"):
        whole = cases(board(web, f"h:{user}", page=(*PAGE[:4], 200)))
        pieces, place = [], None
        while place is not None or not pieces:
            page = (place["severity"], place["due_at"], place["case_no"], place["clock"], 7) if place else (*PAGE[:4], 7)
            answer = board(web, f"h:{user}", page=page)
            pieces += cases(answer)
            place = answer["next"]
        assert pieces == whole and len(set(whole)) == len(whole)


def test_counts_are_of_cases_and_by_part(web):
    assert board(web, "h:boss")["counts"] == [{"level": "normal", "severity": 0, "cases": 3}]
    web.escalate(decision("A1", "yellow", "yellow"), decision("A2", "red", "red"))
    answer = board(web, "h:boss")
    assert [(c["level"], c["cases"]) for c in answer["counts"]] == [("red", 1), ("yellow", 1), ("normal", 1)]
    assert answer["total"] == 3 and board(web, "h:boss", severity=2)["total"] == 1
    assert board(web, "h:win")["total"] == 1 and board(web, "h:dep", window="W2")["total"] == 1
    assert board(web, "h:boss", kind="instant")["total"] == 1
    assert board(web, "h:boss", kind="promised", severity=0)["total"] == 1
    assert board(web, "h:boss", q="A")["total"] is None
    before = web.rows("SELECT xmin, window_code FROM duban.board_count ORDER BY 2")
    web.intake([Clock("A1")])
    board(web, "h:boss")
    assert web.rows("SELECT xmin, window_code FROM duban.board_count ORDER BY 2") == before  # nothing is written


def test_a_withdrawn_level_leaves_the_figures(web):
    web.escalate(decision("A3", "red", "red"), decision("A1", "yellow", "yellow"))
    assert cases(board(web, "h:boss")) == ["A3", "A1", "A2"]
    web.withdraw("A3")
    answer = board(web, "h:boss")
    assert cases(answer) == ["A1", "A2", "A3"]
    assert [(row["level"], row["withdrawn"]) for row in answer["rows"]] == [
        ("yellow", False), ("normal", False), ("normal", True)]
    assert [(c["level"], c["cases"]) for c in answer["counts"]] == [("yellow", 1), ("normal", 2)]


def test_what_is_due_today(web):
    """On the local day: START is at ten in the morning in China."""
    web.intake([Clock(f"T{n}", window=f"W{1 + n % 2}", due=START + minutes(n * 60)) for n in range(-12, 16)])
    assert board(web, "h:boss")["due_today"] == 24
    assert board(web, "h:boss", window="W1")["due_today"] == board(web, "h:win")["due_today"] == 12
    assert board(web, "h:boss", department="D2")["due_today"] == 0
    web.intake([Clock("T1", state="suspended", hash=2, window="W2", due=START + minutes(60))])
    assert board(web, "h:boss")["due_today"] == 23
    web.move(days(1))
    assert board(web, "h:boss")["due_today"] == 3  # T14 and T15; A2


def test_the_items_of_a_viewer(web):
    def items(user):
        return {item["code"]: (item["name"], item["cases"]) for item in ask(web, "web_items", f"h:{user}")["items"]}
    assert items("boss") == {"I1": ("事项I1", 2), "I2": ("事项I2", 1)}
    assert items("win") == {"I1": ("事项I1", 1)} and items("lost") == {}
    assert ask(web, "web_items", "h:hall") == {"error": "forbidden"}
    assert ask(web, "web_items", "h:nobody") == {"error": "unauthorized"}


def test_the_overview(web):
    for case, due in (("A1", START + days(1)), ("A2", START + minutes(1)), ("A3", START - minutes(1))):
        web.owner.execute("INSERT INTO duban.event (case_no, clock, kind, deadline_version, sequence, event_at,"
                          " recorded_at, level, rank, due_at, window_code, department_code, item_code, told)"
                          " SELECT case_no, clock, 'completed', 1, 9, %s, %s, 'normal', 0, %s, window_code,"
                          " department_code, 'I1', 'yes' FROM duban.clock WHERE case_no = %s AND clock = 'completion'",
                          (START, START, due, case))
    def overview(user, by, since=START):
        found = ask(web, "web_overview", f"h:{user}", by, since, START.date(), 28800)
        return {row["code"]: [row[key] for key in ("open", "completed", "on_time", "early", "late", "rate")]
                for row in found["rows"]}, found["due_ahead"]
    rows, ahead = overview("boss", "department")
    assert rows == {"D1": [2, 2, 2, 1, 0, 1], "D2": [1, 1, 0, 0, 1, 0]}
    assert {day["date"]: day["cases"] for day in ahead} == {"2026-06-02": 1, "2026-06-11": 2}
    assert overview("win", "window")[0] == {"W1": [1, 1, 1, 1, 0, 1]}
    assert overview("boss", "window", START + minutes(1))[0]["W1"][1] == 0


def test_facts_are_only_written_when_they_change(web):
    assert write(web, ("A1", "I1", "promised", "accepted")) == 0
    assert write(web, ("A1", "I1", "promised", "review")) == 1
    assert write(web, ("Z1", "I1", "promised", "completed"), status="completed") == 0  # never seen open
    assert write(web, ("A1", "I1", "promised", "completed"), status="completed") == 1
    assert write(web, ("A1", "I1", "promised", "completed"), status="completed") == 0
    web.move(days(91))
    assert write(web, ("A2", "I2", "instant", "approval")) == 1
    assert web.count("open_case", "case_no = 'A1'") == 0  # ended long ago
    web.call("intake_vanished", web.now, ["A3"])
    assert web.one("SELECT status FROM duban.open_case WHERE case_no = 'A3'") == "vanished"


def test_messages_with_their_tries_and_receipts(web):
    web.queue("M1", "yellow", window="W1")
    [message] = web.claim()
    web.complete(message, "temporary", retry=minutes(1), detail="13912345678 isn't there, ask li.si@example.cn")
    web.move(minutes(2))
    [message] = web.claim()
    web.complete(message, "accepted", detail="queued")
    web.call("receipt_write", ["hook"], [message["public_id"]], ["p1"], ["failed"], ["27"], ["13912345678 absent"],
             [web.now], [], [])
    [told] = ask(web, "web_case", "h:win", "M1")["messages"]
    assert told["attempts"] == 2
    assert [(t["number"], t["verdict"], t["code"], t["detail"], t["took_ms"]) for t in told["tries"]] == [
        (1, "temporary", 200, "139****5678 isn't there, ask ***@example.cn", 12), (2, "accepted", 200, "queued", 12),
        (2, "failed", 0, "the operator could not deliver: 27", 0)]
    assert [(r["status"], r["code"], r["detail"]) for r in told["receipts"]] == [("failed", "27", "139****5678 absent")]
    assert told["receipts"][0]["reported_at"] and told["tries"][0]["at"]


# Logging in.


def begin(web, user="boss", address="1.2.3.4"):
    return web.call("web_login_begin", user, address, session=web.web)[0]


def log_in(web, key="k1", user="boss", old="", password="h"):
    return ask(web, "web_login", user, password, "1.2.3.4", key, old, 3_600_000_000, 43_200_000_000)


def test_tries_are_counted_by_account_and_address(web):
    assert [begin(web, address=f"1.1.1.{n}") for n in range(5)] == [("h", 0)] * 5
    assert begin(web, address="1.1.1.9") == ("", 900)
    web.move(minutes(10))
    assert begin(web, address="1.1.1.9") == ("", 300)
    web.move(minutes(6))
    assert begin(web, address="1.1.1.9") == ("h", 0)
    assert [begin(web, f"user{n}")[1] for n in range(30)] == [0] * 30
    assert begin(web, "other")[1] > 0
    assert begin(web, "other", "5.6.7.8") == ("", 0)
    assert log_in(web)
    assert web.count("web_throttle", "key = 'user:boss'") == 0
    web.move(minutes(20))
    begin(web, "x", "y")
    assert web.count("web_throttle") == 2  # the old ones are swept


def test_sessions_begin_and_end(web):
    assert log_in(web) and not log_in(web, "k2", password="other") and not log_in(web, "k3", user="nobody")
    assert ask(web, "web_me", "s:k1")["user"] == "boss"
    assert web.count("event", "kind = 'login'") == 1
    assert log_in(web, "k4", old="k1")
    assert ask(web, "web_me", "s:k1") == {"error": "unauthorized"}
    for _ in range(15):  # busy, but not for ever
        web.move(minutes(50))
        last = ask(web, "web_me", "s:k4")
    assert last == {"error": "unauthorized"}
    assert log_in(web, "k5")
    ask(web, "web_logout", "s:k5")
    ask(web, "web_logout", "t:k5")
    assert ask(web, "web_me", "s:k5") == {"error": "unauthorized"}


def test_news_are_in_order_and_late_ones_on_request(web):
    last = web.call("web_news", None, [], 1, session=web.web)[0][0]
    ids = [web.value("web_record", web.now, "A1", "silenced", None, 1, "x", session=web.owner) for _ in range(3)]
    assert [row[0] for row in web.call("web_news", last, [], 2, session=web.web)] == ids[:2]
    assert [row[0] for row in web.call("web_news", ids[1], [ids[0], 10**9], 9, session=web.web)] == [ids[0], ids[2]]


# Cost.


@pytest.fixture(scope="module")
def large(cluster, state_template):
    name = cluster.create_database(state_template)
    state = State(cluster, name)
    state.owner.execute("""
        INSERT INTO duban.recipient SELECT 'X' || n, 'window', 'X' || n, 'D1' FROM generate_series(1, 60) n;
        INSERT INTO duban.clock (case_no, clock, state, level, rank, severity, due_at, calendar_version, facts_hash,
                                 item_code, window_code, department_code)
        SELECT 'S' || lpad(n::text, 8, '0'), 'completion', 'running', 'normal', n % 3, n % 3,
               timestamptz '2026-06-01' + n * interval '1 minute', 'c1', 1, 'I' || n % 100, 'X' || 1 + n % 60,
               'D' || 1 + n % 2
          FROM generate_series(1, 100000) n;
        INSERT INTO duban.item SELECT 'I' || n, 'item ' || n FROM generate_series(0, 99) n;
        INSERT INTO duban.open_case
        SELECT case_no, item_code, CASE WHEN right(case_no, 3) = '007' THEN 'special' ELSE 'promised' END,
               CASE WHEN right(case_no, 3) = '123' THEN 'received' WHEN right(case_no, 1) < '5' THEN 'accepted'
               ELSE 'review' END, 'open', '', ''
          FROM duban.clock;
        INSERT INTO duban.web_user (name, role, place, created_at)
        VALUES ('boss', 'supervision', '', now()), ('dep', 'department', 'D1', now()), ('win', 'window', 'X7', now())
        """)
    while state.value("web_fold", 5000, session=state.owner):
        pass
    session = cluster.connect(name)
    session.execute("LOAD 'auto_explain'; SET auto_explain.log_min_duration = 0;"
                    " SET auto_explain.log_nested_statements = on; SET auto_explain.log_format = json;"
                    " SET auto_explain.log_analyze = on; SET auto_explain.log_timing = off;"
                    " SET auto_explain.log_level = notice")
    plans = []
    session.add_notice_handler(lambda notice: plans.append(notice.message_primary))
    state.web, state.plans = session, plans
    yield state
    session.close()
    state.close()
    cluster.drop_database(name)


WHOLE = ("clock", "open_case", "board_case")


def nodes(plan):
    yield plan
    for inner in plan.get("Plans", []):
        yield from nodes(inner)


@pytest.mark.parametrize("analyzed", [False, True])
@pytest.mark.parametrize("user", ["boss", "dep", "win"])
@pytest.mark.parametrize("filters", [
    {}, {"severity": 1}, {"window": "X7"}, {"department": "D1"}, {"item": "I5"}, {"kind": "special"},
    {"kind": "promised"}, {"stage": "accepted"}, {"q": "S0000001"}, {"q": "item 5"}, {"q": "S"}, {"q": "nothing"},
    {"stage": "received"}, {"kind": "special", "severity": 0}, {"q": "S00000", "severity": 0}, {"item": "I5", "severity": 0},
    {"kind": "promised", "stage": "accepted", "severity": 2}, {"department": "D2", "q": "item"},
])
def test_a_page_is_bounded(large, user, filters, analyzed):
    """Of 100,000 cases no step reads more than it looks at for a page; and no table is read whole."""
    if analyzed:
        large.owner.execute("ANALYZE duban.clock, duban.open_case, duban.board_case, duban.board_mix,"
                            " duban.board_count, duban.item, duban.recipient")
    page = (*PAGE[:4], 20)
    for number in range(3):
        if number == 2:  # where all that is left is of the mildest level, the rest seems to be nothing
            page = (0, START - days(3000), "", "", 20)
        large.plans.clear()
        answer = board(large, f"h:{user}", page=page, **filters)
        for text in large.plans:
            if "plan:\n" not in text or "duban.board_case" not in text:
                continue
            for node in nodes(json.loads(text.split("plan:\n", 1)[1])["Plan"]):
                read = (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
                assert read <= 2 * 4100, (node["Node Type"], node.get("Index Name"), read)
                assert not (node["Node Type"] == "Seq Scan" and node.get("Relation Name") in WHOLE)
        place = answer["next"]
        if place is not None:
            page = (place["severity"], place["due_at"], place["case_no"], place["clock"], 20)


# What the filters mean, told once more, plainly.
PLAIN = """
    SELECT b.case_no FROM duban.board_case b JOIN duban.item i ON i.code = b.item_code
     WHERE (%(user)s <> 'dep' OR b.department_code = 'D1' OR b.window_code IN ('W1', 'W2') OR b.window_code LIKE 'X%%')
       AND (%(user)s <> 'win' OR b.window_code = 'X7')
       AND coalesce(-b.gravity = (%(f)s::jsonb->>'severity')::integer, true)
       AND coalesce(b.department_code = %(f)s::jsonb->>'department', true)
       AND coalesce(b.window_code = %(f)s::jsonb->>'window', true) AND coalesce(b.item_code = %(f)s::jsonb->>'item', true)
       AND coalesce(b.kind = %(f)s::jsonb->>'kind', true) AND coalesce(b.stage = %(f)s::jsonb->>'stage', true)
       AND coalesce(starts_with(b.case_no, %(f)s::jsonb->>'q') OR strpos(lower(i.name), lower(%(f)s::jsonb->>'q')) > 0
                    OR strpos(lower(i.code), lower(%(f)s::jsonb->>'q')) > 0, true)
     ORDER BY b.gravity, b.due_at, b.case_no"""
def test_a_walk_that_finds_little_goes_on(large):
    """More cases than are looked at for one page lie between those that fit: pages are short, and join."""
    filters = {"q": "S", "stage": "received"}
    found, page, asked = [], PAGE, 0
    while page:
        answer, asked = board(large, "h:boss", page=page, **filters), asked + 1
        found += cases(answer)
        assert len(answer["rows"]) < 50
        place = answer["next"]
        page = (place["severity"], place["due_at"], place["case_no"], place["clock"], 50) if place else None
    assert found == [case for case, in large.owner.execute(PLAIN, {"user": "boss", "f": json.dumps(filters)})]
    assert len(found) == 100 and asked in (5, 6)


VALUES = {"severity": [0, 1, 2], "department": ["D1", "D2"], "window": ["X7", "X8"], "item": ["I5", "I77"],
          "kind": ["promised", "special"], "stage": ["accepted", "review"],
          "q": ["S0000001", "S00012", "S", "item 5", "item", "I77", "nothing"]}


@pytest.mark.parametrize("seed", range(40))
def test_pages_are_what_the_filters_say(large, seed):
    """Any combination, by whichever way: the first pages are right, and the total is."""
    dice = random.Random(seed)
    filters = {key: dice.choice(VALUES[key]) for key in dice.sample(sorted(VALUES), dice.randint(0, 4))}
    for user in ("boss", "dep", "win"):
        wanted = [case for case, in large.owner.execute(PLAIN, {"user": user, "f": json.dumps(filters)})]
        found, page = [], (*PAGE[:4], 40)
        for _ in range(6):
            answer = board(large, f"h:{user}", page=page, **filters)
            found += cases(answer)
            place = answer["next"]
            if place is None:
                break
            page = (place["severity"], place["due_at"], place["case_no"], place["clock"], 40)
        assert found == wanted[:len(found)], (user, filters)
        assert len(found) == min(len(wanted), 240), (user, filters)
        assert answer["total"] == len(wanted) or ("q" in filters and answer["total"] is None), (user, filters)
