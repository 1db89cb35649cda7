"""Guests of duban-web who mean no good, or don't know better."""

import socket
import threading
from collections import Counter

from harness.web import PASSWORD, DubanWeb
from test_web import centre, template, web  # noqa: F401 (fixtures)


def raw(web, *pieces):  # noqa: F811
    """What comes back for these bytes, until its end or that of the connection."""
    with socket.create_connection(("127.0.0.1", web.port), timeout=30) as peer:
        received = b""
        try:
            for piece in pieces:
                peer.sendall(piece)
            while piece := peer.recv(65536):
                received += piece
                head, _, body = received.partition(b"\r\n\r\n")
                length = head.partition(b"Content-Length: ")[2].split(b"\r\n")[0]
                if length and len(body) >= int(length):
                    break
        except (ConnectionResetError, BrokenPipeError):
            pass
    return received


def is_refused(answer):
    return answer[9:10] in (b"4", b"5", b"")  # or closed without a word


def get(*headers, line=b"GET / HTTP/1.1", body=b""):
    return b"\r\n".join((line, b"Host: x", *headers, b"", body))


# Requests that are none.


def test_oversized_requests(web):  # noqa: F811
    browser = web.browser("boss")
    case = browser.api("board")["rows"][0]["case_no"]
    assert browser.act(f"cases/{case}/acknowledge", {"note": "x" * 70000}).status == 413
    assert browser.act(f"cases/{case}/acknowledge", {"note": "x" * 3000}).status == 400
    assert is_refused(raw(web, get(b"X: " + b"y" * 40000)))
    assert is_refused(raw(web, get(*(b"X%d: y" % number for number in range(5000)))))
    assert is_refused(raw(web, get(line=b"GET /" + b"a" * 40000 + b" HTTP/1.1")))
    assert is_refused(raw(web, get(b"Cookie: duban_session=" + b"a" * 30000)))
    assert is_refused(raw(web, get(b"Content-Length: 99999999999", line=b"POST /login HTTP/1.1")))
    assert browser.get("/login?" + "&".join(f"a{n}=1" for n in range(40))).status == 400
    assert browser.get("/api/v1/board", q="x" * 300).status == 400
    assert browser.api("me")


def test_broken_requests(web):  # noqa: F811
    browser = web.browser("boss")
    for request in (b"\x16\x03\x01\r\n\r\n", b"\0" * 100 + b"\r\n\r\n", b"GET\r\n\r\n", b"/ HTTP/1.1\r\n\r\n",
                    get(line=b"GET / HTTP/9.9"), get(line=b"G\0T / HTTP/1.1"),
                    get(b"Content-Length: -5", line=b"POST /login HTTP/1.1"),
                    get(b"Content-Length: 5x", line=b"POST /login HTTP/1.1", body=b"aaaaa"),
                    get(b"Content-Length: 3", b"Content-Length: 4", line=b"POST /login HTTP/1.1", body=b"aaaa"),
                    get(b"Transfer-Encoding: chunked", line=b"POST /login HTTP/1.1", body=b"zz\r\nabc\r\n0\r\n\r\n")):
        assert is_refused(raw(web, request)), request
    case = browser.api("board")["rows"][0]["case_no"]
    kind = {"X-Duban-CSRF": browser.api("me")["csrf"], "Content-Type": "application/json"}
    for body in (b"", b"null", b"[" * 60000, b'{"a":' * 10000, b"\xff\xfe", b'{"reason": "\xc3("}', b'{"reason": "a\0b"}',
                 b'{"reason": "x", "until": "9999999-01-01T00:00:00Z"}', b"{}" + b" " * 60000 + b"}"):
        assert browser.ask("POST", f"/api/v1/cases/{case}/silence", body, **kind).status == 400, body[:20]
    for after in ("x", "AAAA", "=" * 300, "%00", "MTsyOzM7NA"):
        assert browser.get("/api/v1/board", after=after).status == 400
    assert browser.api("me")


def test_path_tricks(web):  # noqa: F811
    browser = web.browser("boss")
    for path in ("/static/../web.c", "/static/%2e%2e/main.c", "/static/..%2fmain.c", "/static//x", "//", "/%00",
                 "/static/index.html", "/static/nothing.js", "/static/%c0%ae%c0%ae/x", "/api/v1/cases/%ff",
                 "/api/v1/cases/%", "/a/b/c/d/e/f/g/h", "/etc/passwd", "/api/v1/cases/x/../y", "/api/v2/board",
                 "/receipt/sms/x", "/static/duban.css%00.js", "/static/.", "/API/v1/me"):
        assert browser.get(path).status in (400, 404), path
    assert browser.ask("DELETE", "/api/v1/board").status == 405
    assert browser.ask("PUT", "/").status == 405


def test_nothing_that_guests_say_becomes_a_header_or_a_line_of_the_log(web):  # noqa: F811
    evil = "a\r\nX-Evil: yes\r\n\r\n<script>"
    browser = web.browser("boss")
    answers = [browser.get("/api/v1/cases/a%0d%0aX-Evil:%20yes"), browser.get("/login?error=%0d%0aX-Evil:%20yes"),
               browser.get("/api/v1/board", level=evil), browser.get("/api/v1/overview", by=evil),
               browser.get("/%0d%0aX-Evil:%20yes"), web.browser().log_in(evil), web.browser().log_in("boss", evil)]
    for answer in answers:
        assert answer.status in (303, 400, 404) or answer.body.startswith(b"<!DOCTYPE html>")
        assert "X-Evil" not in answer.headers and b"<script>" not in answer.body
    web.browser().log_in('eve" user="boss')
    web.wait_log(r'refused reason=wrong user="eve\" user=\"boss" address=127.0.0.1')
    assert not web.log_has("X-Evil")


# Who they say they are.


def test_stale_and_forged_cookies(web):  # noqa: F811
    browser, other = web.browser("boss"), web.browser()
    real = browser.cookies["duban_session"]
    digest = web.world.value("SELECT key FROM duban.web_session LIMIT 1")
    for forged in (digest, f"s:{digest}", f"s:{real}", real[:-1], real + "0", real.upper(), f'"{real}"', f"{real},",
                   "t:" + real, "h:boss", "p:"):
        other.cookies = {"duban_session": forged}
        assert other.get("/api/v1/me").status == 401, forged
    other.cookies = {"Duban_Session": real}
    assert other.get("/api/v1/me").status == 401
    for token in (real, digest, "h:boss", "s:" + digest, ""):
        assert web.browser(token=token or " ").get("/api/v1/me").status == 401
    browser.log_in("boss")  # anew: the session before is over
    other.cookies = {"duban_session": real}
    assert other.get("/api/v1/me").status == 401 and browser.get("/api/v1/me").status == 200


def test_a_token_of_one_window_and_the_case_of_another(web):  # noqa: F811
    world = web.world
    token = world.control("user", "token", "win", "--label", "screen").strip()
    browser = web.browser(token=token)
    other = world.value("SELECT min(case_no) FROM duban.clock WHERE window_code <> %s", (world.window,))
    answers = [browser.get(f"/api/v1/cases/{other}"), browser.act(f"cases/{other}/acknowledge"),
               browser.act(f"cases/{other}/withdraw", {"reason": "x"}),
               browser.act(f"cases/{other}/silence", {"until": "2026-07-01T00:00:00Z", "reason": "x"})]
    nowhere = browser.get("/api/v1/cases/NONE")
    assert {answer.status for answer in answers} == {404}
    assert {answer.body for answer in answers} == {nowhere.body}  # not told from one that isn't there
    denied = "SELECT case_no, window_code <> %s, detail FROM duban.event WHERE kind = 'denied'"
    assert world.rows(denied, (world.window,)) == [(other, True, "win")]  # one a day
    world.connection.execute("UPDATE public.test_time SET at = at + interval '1 day'")
    assert browser.get(f"/api/v1/cases/{other}").status == 404
    assert len(world.rows(denied, (world.window,))) == 2


def test_single_sign_on(centre):  # noqa: F811
    with DubanWeb(centre, trusted_header={"name": "X-Remote-User", "from": ["127.0.0.1"]}) as web:  # noqa: F811
        browser = web.browser(headers={"X-Remote-User": "boss"})
        assert browser.api("me")["user"] == "boss"
        case = browser.api("board")["rows"][0]["case_no"]
        assert browser.ask("POST", f"/api/v1/cases/{case}/acknowledge").status == 403  # no CSRF header
        other = web.browser(headers={"X-Remote-User": "root"}).api("me")["csrf"]
        assert browser.ask("POST", f"/api/v1/cases/{case}/acknowledge", **{"X-Duban-CSRF": other}).status == 403
        assert browser.act(f"cases/{case}/acknowledge").status == 200
        for name in ("stranger", "BOSS", "boss boss", "h:boss", "", "boss,root", "b" * 300):
            assert web.browser(headers={"X-Remote-User": name}).get("/api/v1/me").status == 401, name
        centre.control("user", "disable", "boss")
        assert browser.get("/api/v1/me").status == 401


def test_nobody_else_may_name_the_user(centre):  # noqa: F811
    header = {"X-Remote-User": "boss"}
    with DubanWeb(centre, "off") as web:  # noqa: F811
        assert web.browser(headers=header).get("/api/v1/me").status == 401  # off unless configured
    settings = {"trusted_header": {"name": "X-Remote-User", "from": ["10.0.0.1"]}, "proxies": ["127.0.0.1"]}
    with DubanWeb(centre, "far", **settings) as web:
        for more in ({}, {"X-Forwarded-For": "10.0.0.1"}, {"X-Forwarded-For": "10.0.0.1, 127.0.0.1"},
                     {"X-Forwarded-For": "127.0.0.1, 10.0.0.1"}, {"X-Real-IP": "10.0.0.1"},
                     {"Forwarded": "for=10.0.0.1"}, {"X-Forwarded-User": "boss"}):
            assert web.browser(headers={**header, **more}).get("/api/v1/me").status == 401, more
        browser = web.browser("win")
        browser.extra = {**header, "X-Forwarded-For": "10.0.0.1"}
        assert browser.api("me")["user"] == "win"  # who has logged in stays who they are


def test_an_address_is_what_a_proxy_has_seen(centre):  # noqa: F811
    """Tries to log in count for the guest, and no guest can put them on another's account."""
    with DubanWeb(centre, "near", proxies=["127.0.0.1"]) as web:  # noqa: F811
        for number in range(31):
            guest = web.browser(headers={"X-Forwarded-For": f"192.0.2.{number}, 198.51.100.7"})
            place = guest.log_in(f"nobody{number}").headers["Location"]
        assert place == "/login?error=wait"
        assert web.browser(headers={"X-Forwarded-For": "198.51.100.7, 198.51.100.8"}).log_in("boss").headers[
            "Location"] == "/"
    with DubanWeb(centre, "direct") as web:
        web.world.connection.execute("DELETE FROM duban.web_throttle")
        web.browser(headers={"X-Forwarded-For": "198.51.100.9"}).log_in("nobody", PASSWORD)
        assert web.world.rows("SELECT key FROM duban.web_throttle WHERE key LIKE 'address:%%'") == [
            ("address:127.0.0.1",)]


# How often, and how slowly.


def test_one_address_is_limited_and_others_are_not(centre):  # noqa: F811
    with DubanWeb(centre, rate=5, burst=20, proxies=["127.0.0.1"]) as web:  # noqa: F811
        greedy = web.browser(headers={"X-Forwarded-For": "203.0.113.9, 198.51.100.7"})
        first = [greedy.get("/login").status for _ in range(20)]
        assert first == [200] * 20
        statuses, others = Counter(), []

        def flood():
            for _ in range(100):
                statuses[greedy.get("/login").status] += 1

        threads = [threading.Thread(target=flood) for _ in range(8)]
        for thread in threads:
            thread.start()
        for number in range(15):
            other = web.browser(headers={"X-Forwarded-For": f"198.51.100.7, 198.51.100.{8 + number % 3}"})
            others.append(other.get("/login").status)
        for thread in threads:
            thread.join()
        assert others == [200] * 15
        assert set(statuses) <= {200, 429} and statuses[429] > 0 and statuses.total() == 800
        limited = next(answer for answer in (greedy.get("/login") for _ in range(100)) if answer.status == 429)
        assert int(limited.headers["Retry-After"]) >= 1


def test_slow_clients_are_cut_off_and_hold_nobody_up(web):  # noqa: F811
    browser = web.browser("boss")
    slow = []
    for begin in (b"", b"GET / HTTP/1.1\r\nHost: ", get(b"Content-Length: 100", line=b"POST /login HTTP/1.1", body=b"user="),
                  get(b"Transfer-Encoding: chunked", line=b"POST /login HTTP/1.1", body=b"5\r\nuser=\r\n")) * 25:
        peer = socket.create_connection(("127.0.0.1", web.port), timeout=60)
        peer.sendall(begin)
        slow.append(peer)
    assert browser.get("/api/v1/board").status == 200
    for peer in slow:
        received = b""
        try:
            while piece := peer.recv(4096):
                received += piece
        except ConnectionResetError:
            pass
        assert not received.startswith(b"HTTP/1.1 2")
        peer.close()
    assert browser.get("/api/v1/board").status == 200
