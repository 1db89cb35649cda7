"""duban-web beside a daemon: logging in, rights, the board, acts, live events. Bad guests are in test_web_guests.py."""

import http.client
import json
import re
import ssl

import pytest

from harness.centre import ROOT
from harness.openapi import OpenApi
from harness.processes import run
from harness.web import DubanWeb, add_user, write_secret_text
from harness.world import World

START = "2026-06-01T02:00:00Z"


def busiest(world):
    """The window with most open cases, and its department."""
    return world.rows("""
        SELECT window_code, department_code FROM approval.duban_case WHERE status IN ('open', 'suspended')
         GROUP BY 1, 2 ORDER BY count(*) DESC, 1 LIMIT 1""")[0]


@pytest.fixture(scope="module")
def template(cluster, template, programs, tmp_path_factory):
    """With cases, and accounts of every role: each test's world is a copy of it."""
    name = cluster.create_database(template)
    world = World(cluster, name, programs, tmp_path_factory.mktemp("web"))
    try:
        world.import_directory()
        world.set_now(START)
        world.generate(800, START)
        window, department = busiest(world)
        for user, role, place in (("boss", "supervision", ""), ("root", "admin", ""), ("hall", "wall", ""),
                                  ("win", "window", window), ("dep", "department", department)):
            add_user(world, user, role, place)
    finally:
        world.close()
    yield name
    cluster.drop_database(name)


@pytest.fixture
def centre(world):
    """A day with cases, a running daemon, accounts of every role."""
    world.set_now(START)
    world.window, world.department = busiest(world)
    with world.daemon():
        world.wait_initial()
        yield world


@pytest.fixture
def web(centre):
    with DubanWeb(centre) as made:
        made.world = centre
        yield made


def all_rows(browser, limit=50, **filters):
    rows, after = [], None
    while True:
        page = browser.api("board", after=after, limit=limit, **filters)
        rows += page["rows"]
        after = page["next"]
        if after is None:
            return rows


# Logging in.


def test_pages_ask_to_log_in(web):
    browser = web.browser()
    assert browser.get("/").headers["Location"] == "/login"
    page = browser.get("/login")
    assert page.status == 200 and "duban_form" in page.cookies
    assert browser.get("/api/v1/board").status == 401
    assert browser.get("/api/v1/me").json["error"]["code"] == "unauthorized"
    answer = browser.log_in("boss")
    assert (answer.status, answer.headers["Location"]) == (303, "/")
    cookie = answer.cookies["duban_session"]
    assert all(part in cookie for part in ("; HttpOnly", "; SameSite=Strict", "; Path=/"))
    assert "Secure" not in cookie  # plain HTTP
    assert browser.get("/").status == 200
    me = browser.api("me")
    assert (me["user"], me["role"], me["place"]) == ("boss", "supervision", "")
    assert [level["name"] for level in me["levels"]] == ["normal", "yellow", "red"]
    assert me["levels"][1]["label"] == "黄牌" and me["clocks"] == [{"name": "completion", "label": "办结"}]


def test_a_wrong_password_and_too_many(web):
    browser = web.browser()
    assert browser.log_in("boss", "not the password").headers["Location"] == "/login?error=wrong"
    assert browser.log_in("nobody", "not the password").headers["Location"] == "/login?error=wrong"
    for _ in range(4):
        assert browser.log_in("boss", "not the password").headers["Location"] == "/login?error=wrong"
    assert browser.log_in("boss").headers["Location"] == "/login?error=wait"  # the right one, too late
    assert web.browser().log_in("boss").headers["Location"] == "/login?error=wait"  # whoever it is
    assert web.browser().log_in("root").headers["Location"] == "/"  # others aren't held up
    web.world.connection.execute("UPDATE public.test_time SET at = at + interval '16 minutes'")
    assert browser.log_in("boss").headers["Location"] == "/"


def test_an_address_that_tries_names_is_held_up(web):
    browser = web.browser()
    places = [browser.log_in(f"user{n}", "guess guess").headers["Location"] for n in range(31)]
    assert places == ["/login?error=wrong"] * 30 + ["/login?error=wait"]


def test_a_form_of_another_site_is_refused(web):
    browser = web.browser()
    answer = browser.ask("POST", "/login", "user=boss&password=guess&csrf=0",
                         **{"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.headers["Location"] == "/login?error=form" and not browser.cookies


def test_logging_out_and_forged_cookies(web):
    browser = web.browser("boss")
    other = web.browser()
    other.cookies = dict(browser.cookies)
    assert other.get("/api/v1/me").status == 200
    forged = browser.cookies["duban_session"]
    other.cookies["duban_session"] = ("0" if forged[0] != "0" else "1") + forged[1:]
    assert other.get("/api/v1/me").status == 401
    for rubbish in ("", "x", "'; DROP TABLE duban.web_user; --", "0" * 64, "a" * 9000):
        other.cookies["duban_session"] = rubbish
        assert other.get("/api/v1/me").status in (401, 431, 413, 400)
    assert browser.ask("POST", "/logout").status == 403  # without the CSRF header
    csrf = browser.api("me")["csrf"]
    stale = dict(browser.cookies)
    assert browser.ask("POST", "/logout", **{"X-Duban-CSRF": csrf}).headers["Location"] == "/login"
    other.cookies = stale
    assert other.get("/api/v1/me").status == 401


def test_sessions_end(web):
    browser = web.browser("boss")
    move = "UPDATE public.test_time SET at = at + %s::interval"
    for _ in range(3):
        web.world.connection.execute(move, ("50 minutes",))
        assert browser.get("/api/v1/me").status == 200  # it is in use
    web.world.connection.execute(move, ("61 minutes",))
    assert browser.get("/api/v1/me").status == 401
    browser = web.browser("boss")
    web.world.control("user", "disable", "boss")
    assert browser.get("/api/v1/me").status == 401
    assert web.browser().log_in("boss").headers["Location"] == "/login?error=wrong"


def test_tokens(web):
    token = web.world.control("user", "token", "boss", "--label", "dashboard").strip()
    browser = web.browser(token=token)
    assert browser.api("me")["user"] == "boss"
    case = browser.api("board")["rows"][0]["case_no"]
    assert browser.act(f"cases/{case}/silence", {"until": "2026-07-01T00:00:00Z", "reason": "r"}).status == 200
    assert web.browser(token="0" * 64).get("/api/v1/me").status == 401
    listed = json.loads(web.world.control("--json", "user", "list"))
    [boss] = [user for user in listed if user["user"] == "boss"]
    web.world.control("user", "token", "boss", "--revoke", str(boss["tokens"][0]["id"]))
    assert browser.get("/api/v1/me").status == 401
    assert token not in web.world.value("SELECT string_agg(t::text, '') FROM duban.web_token t")


# The board, by rights.


def test_the_board_is_worst_first_and_whole(web):
    browser = web.browser("boss")
    rows = all_rows(browser, limit=7)
    expected = web.world.rows("""
        SELECT case_no FROM (
               SELECT DISTINCT ON (case_no) case_no, severity, due_at FROM duban.clock
                WHERE state IN ('running', 'suspended')
                ORDER BY case_no, severity DESC, due_at) c
         ORDER BY severity DESC, due_at, case_no""")
    assert [row["case_no"] for row in rows] == [case for case, in expected] != []
    assert all(row["item_name"] and row["window_name"] != row["window_code"] and row["kind"] and row["stage"]
               and row["clock_label"] == "办结" for row in rows)
    assert browser.api("board")["open_until"] == "2026-06-01T04:00:00Z"  # closed at noon
    assert browser.api("me")["zone"] == "Asia/Shanghai"
    running = [row for row in rows if row["state"] == "running"]
    assert all(isinstance(row["workdays_left"], int) and isinstance(row["open_left_s"], int) for row in running)
    web.wait_for(lambda: sum(c["cases"] for c in browser.api("board")["counts"]) == len(rows), 10, "counts")
    assert browser.api("board")["total"] == len(rows)


def test_filters(web):
    browser = web.browser("boss")
    rows = all_rows(browser)
    def cases(**filters):
        return [row["case_no"] for row in all_rows(browser, **filters)]
    for key, column in (("window", "window_code"), ("department", "department_code"), ("item", "item_code"),
                        ("kind", "kind"), ("stage", "stage")):
        value = rows[3][column]
        assert cases(**{key: value}) == [row["case_no"] for row in rows if row[column] == value]
    levels = {row["level"] for row in rows}
    for level in levels:
        assert cases(level=level) == [row["case_no"] for row in rows if row["level"] == level]
    assert cases(q=rows[5]["case_no"]) == [rows[5]["case_no"]]
    part = rows[2]["item_name"][1:4]
    assert cases(q=part) == [row["case_no"] for row in rows if part in row["item_name"]]
    assert cases(q="%") == cases(q="_") == cases(kind="none") == []
    assert browser.get("/api/v1/board", level="purple").status == 400
    for limit in ("0", "201", "-1", "x", "1e2"):
        assert browser.get("/api/v1/board", limit=limit).status == 400
    for after in ("x", "AAAA", "MS4y", "'", "=" * 300):
        assert browser.get("/api/v1/board", after=after).status == 400


def test_a_window_sees_only_its_own(web):
    world, browser = web.world, web.browser("win")
    rows = all_rows(browser)
    assert rows and {row["window_code"] for row in rows} == {world.window}
    assert {row["case_no"] for row in rows} == {row["case_no"] for row in all_rows(web.browser("boss"))
                                                if row["window_code"] == world.window}
    other = world.value("SELECT min(case_no) FROM duban.clock WHERE window_code <> %s", (world.window,))
    assert browser.get(f"/api/v1/cases/{other}").json["error"]["code"] == "not_found"
    assert browser.get("/api/v1/cases/NONE").status == 404
    assert browser.act(f"cases/{other}/acknowledge").status == 404
    assert world.rows("SELECT case_no, kind, detail FROM duban.event WHERE kind = 'denied'") == [
        (other, "denied", "win")]
    assert all_rows(browser, window="nobody's") == []
    assert browser.get("/api/v1/delivery").status == 403
    assert browser.act(f"cases/{rows[0]['case_no']}/silence", {"until": "2026-07-01T00:00:00Z",
                                                              "reason": "r"}).status == 403
    department = web.browser("dep")
    assert {row["department_code"] for row in all_rows(department)} == {world.department}
    assert len(all_rows(department)) >= len(rows)


def test_a_case(web):
    browser = web.browser("boss")
    row = all_rows(browser)[0]
    case = browser.api(f"cases/{row['case_no']}")
    assert case["case"]["case_no"] == row["case_no"] and case["case"]["item_name"] == row["item_name"]
    assert case["clocks"][0]["label"] == "办结" and case["days"][0]["date"] <= case["clocks"][0]["due_at"][:10]
    assert case["days"][-1]["date"] >= case["now"][:10]  # also when it was due before
    assert {day["kind"] for day in case["days"]} <= {"working", "rest", "holiday", "makeup"}
    people = web.world.rows("SELECT applicant_name, applicant_phone FROM approval.duban_case WHERE case_no = %s",
                            (row["case_no"],))[0]
    text = json.dumps(case, ensure_ascii=False)
    assert not any(personal in text for personal in people)
    assert browser.get(f"/api/v1/cases/{row['case_no']}/explanation").json["error"]["code"] == "not_implemented"


def test_an_explanation(centre):
    source = {"dsn": centre.cluster.dsn(centre.database, "duban_source"), "relation": "approval.duban_case"}
    with DubanWeb(centre, source=source) as web:
        web.wait_for(lambda: web.browser("boss").get("/api/v1/me").status == 200)
        browser = web.browser("boss")
        case = browser.api("board")["rows"][0]["case_no"]
        answer = browser.get(f"/api/v1/cases/{case}/explanation")
        assert (answer.status, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
        text = answer.body.decode()
        assert text.startswith("<article") and case in text and "黄牌" in text and "<script" not in text
        applicant = centre.value("SELECT applicant_name FROM approval.duban_case WHERE case_no = %s", (case,))
        assert applicant not in text
        assert 'lang="en"' in browser.get(f"/api/v1/cases/{case}/explanation", lang="en").body.decode()
        assert browser.get("/api/v1/cases/NONE/explanation").status == 404
        other = centre.value("SELECT min(case_no) FROM duban.clock WHERE window_code <> %s", (centre.window,))
        assert web.browser("win").get(f"/api/v1/cases/{other}/explanation").status == 404
        assert browser.get("/static/explanation.css").status == 200


# Acts.


def test_acts_are_events_of_the_ledger(web):
    world, browser = web.world, web.browser("boss")
    case = world.value("SELECT min(case_no) FROM duban.clock WHERE rank > 0 AND state = 'running'")
    assert browser.ask("POST", f"/api/v1/cases/{case}/acknowledge").status == 403  # no CSRF header
    done = browser.act(f"cases/{case}/acknowledge", {"note": "知道了\n马上办"}).json
    assert done["clocks"][0]["done"] == "acknowledged"
    assert [row["acknowledged"] for row in all_rows(browser, q=case)] == [True]
    withdrawn = browser.act(f"cases/{case}/withdraw", {"reason": "系统停机，非窗口原因"}).json
    assert withdrawn["clocks"][0]["done"] == "withdrawn"
    assert [row["withdrawn"] for row in all_rows(browser, q=case)] == [True]
    until = "2026-06-05T09:00:00Z"
    assert browser.act(f"cases/{case}/silence", {"until": until, "reason": "系统维护"}).status == 200
    assert browser.act(f"cases/{case}/silence", {"until": "2020-01-01T00:00:00Z", "reason": "x"}).status == 400
    assert browser.act(f"cases/{case}/silence", {"until": until}).status == 400
    assert browser.act(f"cases/{case}/withdraw", {"reason": " "}).status == 400
    [silence] = browser.api(f"cases/{case}")["silences"]
    assert (silence["reason"], silence["author"]) == ("系统维护", "boss")
    kinds = world.rows("SELECT kind, detail FROM duban.event WHERE case_no = %s AND kind IN"
                       " ('acknowledged', 'silenced', 'level_withdrawn') ORDER BY id", (case,))
    assert [kind for kind, _ in kinds] == ["acknowledged", "level_withdrawn", "silenced"]
    assert all(detail.startswith("boss: ") for _, detail in kinds)
    for body in ('{"reason": 1}', '{"evil": "x"}', "[]", "{", '{"reason": "\\u0000"}', '{"clock": "a", "clock": "b"}'):
        answer = browser.ask("POST", f"/api/v1/cases/{case}/acknowledge", body,
                             **{"X-Duban-CSRF": browser.csrf, "Content-Type": "application/json"})
        assert answer.status == 400, body
    assert browser.ask("POST", f"/api/v1/cases/{case}/acknowledge", "{}", **{
        "X-Duban-CSRF": browser.csrf, "Content-Type": "text/plain"}).status == 415


def test_a_withdrawal_is_told_where_routes_say(centre):
    centre.settings["routes"]["level_withdrawn"] = {"supervision": "hook", "department": "hook"}
    with DubanWeb(centre) as web:
        case = centre.value("SELECT min(case_no) FROM duban.clock WHERE level = 'yellow' AND state = 'running'")
        browser = web.browser("boss")
        assert browser.act(f"cases/{case}/withdraw", {"reason": "系统停机"}).json["clocks"][0]["told"] >= 2
        assert set(centre.rows("""
            SELECT n.role, n.channel FROM duban.notification n JOIN duban.event e ON e.id = n.event
             WHERE e.case_no = %s AND e.kind = 'level_withdrawn' AND n.role IN ('supervision', 'department')""",
                               (case,))) == {("supervision", "hook"), ("department", "hook")}


def test_people_are_shown_to_those_who_ask_and_it_is_written_down(centre):
    source = {"dsn": centre.cluster.dsn(centre.database, "duban_source"), "relation": "approval.duban_case"}
    with DubanWeb(centre, source=source) as web:
        case = centre.value("SELECT min(case_no) FROM duban.clock WHERE window_code = %s", (centre.window,))
        looks = "SELECT case_no, detail FROM duban.event WHERE kind = 'revealed'"
        browser, window = web.browser("boss"), web.browser("win")
        web.wait_for(lambda: browser.get(f"/api/v1/cases/{case}/explanation").status == 200, 10, "the source is there")
        for refused, status in (({}, 400), ({"reason": " \n"}, 400)):
            assert browser.act(f"cases/{case}/people", refused).status == status
        assert window.act(f"cases/{case}/people", {"reason": "x"}).status == 403
        assert browser.act("cases/NONE/people", {"reason": "x"}).status == 404
        assert browser.get(f"/api/v1/cases/{case}/people").status == 405
        assert browser.ask("POST", f"/api/v1/cases/{case}/people", '{"reason": "x"}',
                           **{"Content-Type": "application/json"}).status == 403  # no CSRF header
        assert centre.rows(looks) == []
        shown = browser.act(f"cases/{case}/people", {"reason": "群众来电"}).json
        name, phone, handler = centre.rows("SELECT applicant_name, applicant_phone, handler_name"
                                           " FROM approval.duban_case WHERE case_no = %s", (case,))[0]
        assert shown["applicant"] == {"name": name, "phone": phone} and shown["handler"]["name"] == handler
        assert centre.rows(looks) == [(case, "boss: 群众来电")]
    with DubanWeb(centre, "without") as web:
        assert web.browser("boss").act(f"cases/{case}/people", {"reason": "x"}).status == 501


def test_the_wall_has_no_personal_data(web):
    browser = web.browser("hall")
    assert browser.get("/").headers["Location"] == "/wall"
    wall = browser.api("wall")
    assert wall["rows"] and set(wall["rows"][0]) == {
        "case_no", "item_name", "window_name", "stage", "accepted_at", "due_at", "level", "severity", "label",
        "suspended"}
    assert browser.get("/api/v1/board").status == 403
    case = wall["rows"][0]["case_no"]
    assert browser.get(f"/api/v1/cases/{case}").status == 403
    assert browser.act(f"cases/{case}/acknowledge").status == 403
    assert web.browser().get("/api/v1/wall").status == 401


def test_a_public_wall(centre):
    with DubanWeb(centre, wall_public=True) as web:
        browser = web.browser()
        assert browser.get("/wall").status == 200
        assert browser.api("wall")["rows"]
        assert browser.get("/api/v1/board").status == 401
        events = browser.events()
        events.close()


def test_the_overview_and_the_delivery(web):
    browser = web.browser("boss")
    cases = len(all_rows(browser))
    web.wait_for(lambda: sum(row["open"] for row in browser.api("overview")["rows"]) == cases, 10, "counts")
    rows = browser.api("overview", by="window", span="month")["rows"]
    assert {row["code"] for row in rows} >= {web.world.window}
    assert [row["code"] for row in web.browser("win").api("overview", by="window")["rows"]] == [web.world.window]
    assert browser.get("/api/v1/overview", by="person").status == 400
    assert browser.get("/api/v1/overview", span="year").status == 400
    assert set(browser.api("delivery")) == {"now", "queue", "endpoints", "dead"}


def test_resending_a_dead_letter(web):
    world, browser = web.world, web.browser("boss")
    world.wait_queue_empty()
    message, day, endpoint, case = world.rows("SELECT id, day, endpoint, case_no FROM duban.message LIMIT 1")[0]
    world.connection.execute("INSERT INTO duban.dead (id, day, endpoint, order_key, attempts, verdict, reason,"
                             " dead_at) VALUES (%s, %s, %s, 1, 3, 'permanent', 'no such number', duban.now())",
                             (message, day, endpoint))
    [dead] = browser.api("delivery")["dead"]
    assert dead["id"] == message and dead["reason"] == "no such number"
    assert browser.act(f"dead/{message}/resend").json == {"resent": message}
    assert browser.act(f"dead/{message}/resend").status == 404
    assert browser.act("dead/x/resend").status == 404
    assert world.rows("SELECT case_no, detail FROM duban.event WHERE kind = 'resent'") == [
        (case, f"boss: {message}")]


# Live events.


def test_a_level_reaches_those_whom_it_concerns(web):
    world = web.world
    watcher, window = web.browser("boss").events(), web.browser("win").events()
    case, code = world.rows("SELECT case_no, window_code FROM duban.clock WHERE level = 'normal'"
                            " AND state = 'running' AND window_code <> %s ORDER BY due_at LIMIT 1",
                            (world.window,))[0]
    due = world.value("SELECT due_at FROM duban.clock WHERE case_no = %s", (case,))
    world.set_now(due.isoformat())
    world.connection.execute("UPDATE public.test_time SET at = at + interval '1 minute'")
    heard = watcher.wait("level", case_no=case, kind="red")
    assert (heard["level"], heard["severity"], heard["clock"]) == ("red", 2, "completion")
    mine = {number for number, in world.rows("SELECT case_no FROM duban.clock WHERE window_code = %s",
                                             (world.window,))}
    world.connection.execute("SELECT duban.web_record(duban.now(), %s, 'silenced', NULL, 1, 'x')", (min(mine),))
    for name, data, _ in window:
        if name == "level":
            assert data["case_no"] in mine
            break
    watcher.close()
    window.close()


def test_who_comes_back_hears_what_was_missed(web):
    world, browser = web.world, web.browser("boss")
    def record(text):
        return world.value("SELECT duban.web_record(duban.now(), %s, 'silenced', NULL, 1, %s)", (case, text))
    case = world.value("SELECT min(case_no) FROM duban.clock")
    events = browser.events()
    stay = browser.events()  # so that somebody is told meanwhile
    record("one")
    assert events.wait("level", kind="silenced")
    last = world.value("SELECT max(id) FROM duban.event")
    events.close()
    missed = record("two")
    assert stay.wait("level", kind="silenced") and stay.wait("level", kind="silenced")
    events = browser.events(last)
    heard = next((data, number) for name, data, number in events if name == "level")
    assert heard[0]["kind"] == "silenced" and int(heard[1]) == missed
    events.close()
    stay.close()


def test_an_event_that_commits_late_is_told(web):
    """Its number is lower than that of one that was told before."""
    world, browser = web.world, web.browser("boss")
    case, other = [row[0] for row in world.rows("SELECT DISTINCT case_no FROM duban.clock ORDER BY 1 LIMIT 2")]
    events = browser.events()
    record = "SELECT duban.web_record(duban.now(), %s, 'silenced', NULL, 1, 'x')"
    with world.cluster.connect(world.database) as slow:
        slow.execute("BEGIN")
        slow.execute(record, (case,))
        world.connection.execute(record, (other,))
        assert events.wait("level", case_no=other)
        slow.execute("COMMIT")
        assert events.wait("level", case_no=case)
    events.close()


def disable(web):
    web.world.control("user", "disable", "win")


def change_password(web):
    file = write_secret_text(web.world.folder / "other.password", "another passphrase 电池")
    web.world.control("user", "passwd", "win", "--password-file", file)


@pytest.mark.parametrize("end", [disable, change_password], ids=["disabled", "other password"])
def test_who_may_no_longer_look_hears_nothing_more(web, end):
    """Their stream ends before what happens afterwards is told."""
    world = web.world
    watcher, events = web.browser("boss").events(), web.browser("win").events()
    case = world.value("SELECT min(case_no) FROM duban.clock WHERE window_code = %s", (world.window,))
    record = "SELECT duban.web_record(duban.now(), %s, 'silenced', NULL, 1, 'x')"
    world.value(record, (case,))
    assert events.wait("level", case_no=case, kind="silenced")
    end(web)
    world.value(record, (case,))
    assert [watcher.wait("level", case_no=case, kind="silenced") for _ in range(2)]
    assert all(name != "level" for name, _, _ in events)  # until it ends
    watcher.close()
    events.close()


def test_a_revoked_token_and_a_closed_session_hear_nothing_more(web):
    token = web.world.control("user", "token", "win", "--label", "x").strip()
    events = web.browser(token=token).events()
    number = json.loads(web.world.control("--json", "user", "list"))
    [number] = [user["tokens"][0]["id"] for user in number if user["user"] == "win"]
    web.world.control("user", "token", "win", "--revoke", str(number))
    assert all(name != "level" for name, _, _ in events)
    browser = web.browser("win")
    events = browser.events()
    browser.ask("POST", "/logout", **{"X-Duban-CSRF": browser.api("me")["csrf"]})
    assert all(name != "level" for name, _, _ in events)


def test_it_stops_while_the_approval_system_is_asked(centre):
    source = {"dsn": centre.cluster.dsn(centre.database, "duban_source"), "relation": "approval.duban_case"}
    with DubanWeb(centre, source=source) as web:
        browser = web.browser("boss")
        case = browser.api("board")["rows"][0]["case_no"]
        web.wait_for(lambda: browser.get(f"/api/v1/cases/{case}/explanation").status == 200, 10, "the source is there")
        with centre.cluster.connect(centre.database) as holder:
            holder.execute("BEGIN")
            holder.execute("LOCK TABLE approval.case_file IN ACCESS EXCLUSIVE MODE")
            connection = browser.connect()
            connection.request("GET", f"/api/v1/cases/{case}/explanation", headers=browser.headers())
            web.wait_for(lambda: holder.execute("SELECT count(*) FROM pg_stat_activity WHERE usename = 'duban_source'"
                                                " AND application_name = 'duban-web source'"
                                                " AND wait_event_type = 'Lock'").fetchone()[0], 10, "it waits")
            assert web.term() == 0


def test_the_database_goes_and_comes_back(web):
    browser = web.browser("boss")
    events = browser.events(timeout=40)
    web.world.cluster.restart(immediate=True)
    assert events.wait("stale") == {}
    assert events.wait("tick")["now"]
    web.wait_for(lambda: browser.get("/api/v1/board").status == 200, 20, "the board is back")
    events.close()
    web.world.connection = web.world.cluster.connect(web.world.database)


def test_many_idle_viewers(web):
    browser = web.browser("boss")
    streams = [browser.events() for _ in range(1000)]
    case = web.world.value("SELECT min(case_no) FROM duban.clock")
    web.world.value("SELECT duban.web_record(duban.now(), %s, 'silenced', NULL, 1, 'x')", (case,))
    for stream in streams:
        assert stream.wait("level", case_no=case)
    rss_kib = web.memory_kib()[0]
    print(f"RSS with 1000 viewers: {rss_kib} KiB")
    if "asan" not in open(f"/proc/{web.pid}/maps", encoding="ascii").read():  # sanitizers keep what is freed
        assert rss_kib < 60 * 1024
    for stream in streams:
        stream.close()
    assert browser.api("me")


# HTTP.


def test_headers_of_every_answer(web):
    browser = web.browser("boss")
    for path in ("/", "/login", "/nowhere", "/static/duban.css", "/api/v1/me", "/api/v1/cases/none", "/wall"):
        headers = browser.get(path).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff" and headers["Referrer-Policy"] == "no-referrer"
    page = browser.get("/static/duban.css")
    again = browser.ask("GET", "/static/duban.css", **{"If-None-Match": page.headers["ETag"]})
    assert (again.status, again.body) == (304, b"")
    assert browser.get("/api/v1/me").headers["Cache-Control"] == "no-store"


def test_a_proxy_that_speaks_https(centre):
    with DubanWeb(centre, proxies=["127.0.0.1"]) as web:
        browser = web.browser(headers={"X-Forwarded-Proto": "https"})
        answer = browser.log_in("boss")
        assert "; Secure" in answer.cookies["duban_session"]
        assert "Strict-Transport-Security" in answer.headers
    with DubanWeb(centre, "other") as web:  # from an address that isn't trusted it says nothing
        answer = web.browser(headers={"X-Forwarded-Proto": "https"}).log_in("boss")
        assert "Secure" not in answer.cookies["duban_session"]


# The documented API.


def test_answers_are_as_documented(centre):
    """Every operation of docs/openapi.yaml, in its good and its bad case, and no other is served."""
    api = OpenApi()
    source = {"dsn": centre.cluster.dsn(centre.database, "duban_source"), "relation": "approval.duban_case"}
    with DubanWeb(centre, source=source) as web:
        browser, stranger = web.browser("boss"), web.browser()
        centre.wait_queue_empty()
        message, day, endpoint = centre.rows("SELECT id, day, endpoint FROM duban.message LIMIT 1")[0]
        centre.connection.execute("INSERT INTO duban.dead (id, day, endpoint, order_key, attempts, verdict, reason,"
                                  " dead_at) VALUES (%s, %s, %s, 1, 3, 'permanent', 'no', duban.now())",
                                  (message, day, endpoint))
        centre.connection.execute("INSERT INTO duban.endpoint_state (endpoint, state, since) VALUES (%s, 'stopped',"
                                  " duban.now()) ON CONFLICT (endpoint) DO UPDATE SET state = 'stopped'", (endpoint,))
        web.wait_for(lambda: browser.api("overview")["rows"], 10, "counts")
        case = centre.value("SELECT e.case_no FROM duban.event e JOIN duban.notification n ON n.event = e.id"
                            " WHERE e.case_no <> '' LIMIT 1") or browser.api("board")["rows"][0]["case_no"]
        bodies = {"acknowledge": {"note": "x"}, "withdraw": {"reason": "x"},
                  "silence": {"until": "2026-07-01T00:00:00Z", "reason": "x"}, "people": {"reason": "x"}}
        for method, path in sorted(api.operations()):
            target = path.removeprefix("/").replace("{case}", case).replace("{id}", str(message))
            if path == "/events":
                events = browser.events()
                centre.value("SELECT duban.web_record(duban.now(), %s, 'silenced', NULL, 1, 'x')", (case,))
                data = events.wait("level")
                assert api.check(data, api.schema_of("GET", path, 200)[1]) == []
                events.close()
                continue
            if method == "POST":
                answer = browser.act(target, bodies.get(target.rsplit("/", 1)[1]))
            else:
                answer = browser.get(f"/api/v1/{target}")
            assert answer.status == 200, (path, answer.body)
            api.expect(method, path, answer)
            refused = stranger.ask(method, f"/api/v1/{target}")
            assert refused.status == 401, path
            api.expect(method, path, refused)
        web.browser("boss").get("/api/v1/board", q=case)
        served = set(re.findall(r'\{"(GET|POST)", "/api/v1(/[^"]*)"',
                                (ROOT / "web/router.c").read_text(encoding="utf-8")))
        documented = {(method, re.sub(r"\{\w+\}", "*", path)) for method, path in api.operations()}
        assert served == documented


def test_it_speaks_https(centre):
    certificate, key = centre.folder / "web.pem", centre.folder / "web.key"
    run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate])
    key.chmod(0o600)
    with DubanWeb(centre, tls={"certificate": str(certificate), "key": str(key)}) as web:
        trusting = ssl.create_default_context(cafile=certificate)
        browser = web.browser()
        browser.connect = lambda timeout=20: http.client.HTTPSConnection("127.0.0.1", web.port, timeout=timeout,
                                                                        context=trusting)
        answer = browser.log_in("boss")
        assert "; Secure" in answer.cookies["duban_session"]
        assert browser.api("board")["rows"]
        events = browser.events()
        case = centre.value("SELECT min(case_no) FROM duban.clock")
        centre.value("SELECT duban.web_record(duban.now(), %s, 'silenced', NULL, 1, 'x')", (case,))
        assert events.wait("level", case_no=case)
        events.close()
