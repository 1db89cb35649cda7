#!/usr/bin/python3
"""The board with a million open cases, through duban-web: how fast each filter answers, how soon a
level is at the viewers, how many requests it bears, what a thousand viewers cost.
"""

import hashlib
import os
import re
import resource
import socket
import statistics
import sys
import threading
import time
import urllib.parse

from bed import Bed, print_figures, quantile
from harness.web import Browser, DubanWeb

CASES = int(os.environ.get("DUBAN_BENCH_CASES", 1_000_000))
REPEATS = 9
LEVELS = 200
VIEWERS = 1000
ASK_S, CLIENTS = 5.0, 4
TOKENS = {"boss": ("supervision", ""), "dep": ("department", "D03"), "win": ("window", "W123")}

# 350 windows in 30 departments, 2,000 items each at a few windows; one case in a hundred is red, one
# in 20 yellow, one in a thousand of a rare kind; one stage in ten thousand is rare. Most are due at the
# closing of a day.
DIRECTORY = """
    INSERT INTO duban.recipient (code, kind, name, parent)
    SELECT 'D' || to_char(n, 'FM00'), 'department', '局' || n, 'CENTRE' FROM generate_series(0, 29) n;
    INSERT INTO duban.recipient (code, kind, name, parent)
    SELECT 'W' || to_char(n, 'FM000'), 'window', '窗口' || n, 'D' || to_char(n % 30, 'FM00')
      FROM generate_series(0, 349) n;
    INSERT INTO duban.item SELECT 'I' || to_char(n, 'FM0000'), '许可事项' || n FROM generate_series(0, 1999) n;
"""
FILL = """
    INSERT INTO duban.clock (case_no, clock, state, level, rank, severity, due_at, calendar_version, facts_hash,
                             item_code, window_code, department_code)
    SELECT to_char(n, 'FM2026-00000000'), 'completion', CASE WHEN h %% 10 = 3 THEN 'suspended' ELSE 'running' END,
           (ARRAY['normal', 'yellow', 'red'])[1 + s], s, s, date_trunc('day', duban.now()) + (h %% 63 - 2) * interval '1 day'
               + CASE WHEN h %% 5 = 0 THEN (h %% 9 + 1) * interval '1 hour' ELSE interval '9 hours 30 minutes' END,
           'c1', 1, 'I' || to_char(w * 7 %% 2000 + h %% 8 * 17 %% 300, 'FM0000'), 'W' || to_char(w, 'FM000'),
           'D' || to_char(w %% 30, 'FM00')
      FROM (SELECT n, abs(hashint4(n)) AS h, abs(hashint4(n)) %% 350 AS w,
                   CASE WHEN abs(hashint4(n + 7)) %% 100 = 0 THEN 2
                        WHEN abs(hashint4(n + 7)) %% 20 = 1 THEN 1 ELSE 0 END AS s
              FROM generate_series(%s::integer, %s::integer) n) g;
"""
FACTS = """
    INSERT INTO duban.open_case (case_no, item_code, kind, stage, status, project_class, parent_case_no, received_at,
                                 accepted_at)
    SELECT c.case_no, c.item_code,
           CASE WHEN h %% 1000 = 0 THEN 'special' ELSE (ARRAY['promised', 'instant', 'joint'])[1 + i %% 3] END,
           CASE WHEN h %% 10007 = 0 THEN 'received' ELSE (ARRAY['accepted', 'processing', 'review', 'approval'])[1 + h %% 4]
           END, 'open', '', '', duban.now(), duban.now()
      FROM (SELECT c.*, abs(hashtext(c.case_no)) AS h, right(c.item_code, 4)::integer AS i
              FROM duban.clock c WHERE c.case_no BETWEEN to_char(%s::integer, 'FM2026-00000000') AND to_char(%s::integer, 'FM2026-00000000')) c;
"""
FILTERS = {
    "none": {}, "red": {"level": "red"}, "yellow": {"level": "yellow"}, "department": {"department": "D03"},
    "window": {"window": "W123"}, "item": {"item": "I0878"}, "kind": {"kind": "promised"},
    "rare kind": {"kind": "special"}, "stage": {"stage": "review"}, "rare stage": {"stage": "received"},
    "number": {"q": "2026-00123456"}, "begin of a number": {"q": "2026-0012"}, "all numbers": {"q": "2026"},
    "item's name": {"q": "许可事项87"}, "any item's name": {"q": "事项"}, "nothing": {"q": "没有这个"},
    "red, kind, stage": {"level": "red", "kind": "joint", "stage": "approval"},
    "department, rare kind": {"department": "D03", "kind": "special"},
    "department, item, stage": {"department": "D03", "item": "I0878", "stage": "review"},
    "department, rare stage, red": {"department": "D03", "stage": "received", "level": "red"},
    "rare kind, rare stage": {"kind": "special", "stage": "received"},
    "department, text": {"department": "D03", "q": "许可事项1"},
}
RAISE = """
    WITH e AS (
        INSERT INTO duban.event (case_no, clock, kind, deadline_version, sequence, event_at, recorded_at, level, rank,
                                 due_at, window_code, department_code, item_code, told)
        SELECT c.case_no, c.clock, 'red', 1, 1, duban.now(), duban.now(), 'red', 2, c.due_at, c.window_code,
               c.department_code, c.item_code, 'no: bench'
          FROM duban.clock c WHERE c.case_no = %s RETURNING id, case_no)
    UPDATE duban.clock c SET level = 'red', rank = 2, severity = 2 FROM e WHERE c.case_no = e.case_no RETURNING e.id"""


def fill(bed):
    """Cases as intake leaves them; how fast the board's table and figures follow."""
    bed.connection.execute(DIRECTORY)
    for first in range(1, CASES + 1, 50_000):
        last = min(first + 49_999, CASES)
        bed.connection.execute(FILL, (first, last))
        bed.connection.execute(FACTS, (first, last))
    bed.settle()
    begin, looked, count = time.perf_counter(), 0, 1
    while count:
        count = bed.value("SELECT duban.web_fold(2000)")
        looked += count
    seconds = time.perf_counter() - begin
    bed.settle()
    return {"cases": CASES, "followed_per_s": looked / seconds}


def add_users(bed):
    for name, (role, place) in TOKENS.items():
        bed.connection.execute("INSERT INTO duban.web_user (name, role, place, created_at) VALUES (%s, %s, %s, duban.now())",
                               (name, role, place))
        bed.connection.execute("INSERT INTO duban.web_token (user_id, key, label, created_at)"
                               " SELECT id, %s, 'bench', duban.now() FROM duban.web_user WHERE name = %s",
                               (hashlib.sha256(b"token\0" + token(name).encode()).hexdigest(), name))


def token(user):
    return hashlib.sha256(user.encode()).hexdigest()


def measure_filters(web):
    """To the whole first page, and to a second one, each median and worst of a few."""
    for user in TOKENS:
        browser, times = Browser(web.port, token=token(user)), {}
        for name, fields in FILTERS.items():
            taken = []
            for _ in range(REPEATS):
                begin = time.perf_counter()
                answer = browser.api("board", **fields)
                taken.append((time.perf_counter() - begin) * 1000)
            if answer["next"]:
                begin = time.perf_counter()
                browser.api("board", after=answer["next"], **fields)
                taken.append((time.perf_counter() - begin) * 1000)
            times[name] = (statistics.median(taken), max(taken), len(answer["rows"]))
        print_figures(f"web_filters_{user}", **{f"{name} ({rows} rows) ms": round(median, 1)
                                                for name, (median, _, rows) in times.items()},
                      worst_median_ms=max(median for median, _, _ in times.values()),
                      worst_ms=max(most for _, most, _ in times.values()),
                      worst_is=max(times, key=lambda name: times[name][1]),
                      meets_goal=max(median for median, _, _ in times.values()) < 50)


def measure_events(bed, web):
    """From a level's commit until a viewer has read it."""
    arrived, ready = {}, threading.Event()
    events = Browser(web.port, token=token("boss")).events(timeout=60)

    def listen():
        for name, _, number in events:
            if name == "level":
                arrived[int(number)] = time.perf_counter()
            ready.set()
            if len(arrived) == LEVELS:
                return
    threading.Thread(target=listen, daemon=True).start()
    ready.wait(30)
    committed = {}
    for n in range(LEVELS):
        number = bed.value(RAISE, (f"2026-{1 + n * 37:08}",))
        committed[number] = time.perf_counter()
        time.sleep(0.013 + n % 7 * 0.011)
    deadline = time.perf_counter() + 10
    while len(arrived) < LEVELS and time.perf_counter() < deadline:
        time.sleep(0.05)
    assert len(arrived) == LEVELS, f"{len(arrived)} of {LEVELS} levels arrived"
    late = [(arrived[number] - at) * 1000 for number, at in committed.items() if number in arrived]
    events.close()
    return {"levels": LEVELS, "p50_ms": quantile(late, 0.5), "p95_ms": quantile(late, 0.95),
            "p99_ms": quantile(late, 0.99), "meets_goal": quantile(late, 0.95) < 300}


def ask_on(port, request, until, counts):
    with socket.create_connection(("127.0.0.1", port)) as connection:
        reader = connection.makefile("rb")
        while time.perf_counter() < until:
            connection.sendall(request)
            assert b" 200 " in reader.readline()
            length = 0
            for line in iter(reader.readline, b"\r\n"):
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            counts.append(len(reader.read(length)))


def measure_requests(web):
    """The first page of 50, on a few connections that stay."""
    figures = {}
    for name, user in (("all", "boss"), ("of a window", "win")):
        request = f"GET /api/v1/board HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token(user)}\r\n\r\n".encode()
        counts, begin = [], time.perf_counter()
        threads = [threading.Thread(target=ask_on, args=(web.port, request, begin + ASK_S, counts)) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        figures[f"board, {name}: requests_per_s"] = len(counts) / (time.perf_counter() - begin)
        figures[f"board, {name}: bytes"] = int(statistics.mean(counts))
    return figures


def measure_viewers(web):
    """Memory with many idle viewers."""
    before = web.memory_kib()[0]
    request = f"GET /api/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token('boss')}\r\n\r\n".encode()
    viewers = []
    for _ in range(VIEWERS):
        viewer = socket.create_connection(("127.0.0.1", web.port))
        viewer.sendall(request)
        viewers.append(viewer)
    for viewer in viewers:
        viewer.settimeout(60)
        assert b" 200 " in viewer.recv(100)
    now, highest = web.memory_kib()
    for viewer in viewers:
        viewer.close()
    return {"viewers": VIEWERS, "memory_before_mib": before / 1024, "memory_mib": now / 1024,
            "memory_highest_mib": highest / 1024, "meets_goal": now / 1024 < 60}


def weigh_page(web):
    """The board's page with all that it loads, once and uncompressed."""
    browser, found, wanted = Browser(web.port, token=token("boss")), {}, ["/"]
    while wanted:
        target = wanted.pop()
        if target in found:
            continue
        answer = browser.get(target)
        assert answer.status == 200, target
        found[target] = len(answer.body)
        if target == "/" or target.endswith(".js"):
            text = answer.body.decode()
            places = re.findall(r"""(?:src|href)="([^"#]+)"|^import .*?from '([^']+)'""", text, re.M)
            wanted += [urllib.parse.urljoin(target, one or other) for one, other in places]
    return {"files": len(found), "page_kib": sum(found.values()) / 1024}


def main():
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    with Bed() as bed:
        bed.database, bed.log = "bench", None
        print_figures("web_fill", load=os.getloadavg()[0], **fill(bed))
        add_users(bed)
        web = DubanWeb(bed, rate=100_000, burst=100_000)
        bed.daemons.append(web)
        web.start()
        Browser(web.port, token=token("boss")).api("me")  # it is connected
        print_figures("web_load", load=os.getloadavg()[0])
        measure_filters(web)
        print_figures("web_requests", load=os.getloadavg()[0], **measure_requests(web))
        print_figures("web_events", **measure_events(bed, web))
        print_figures("web_viewers", **measure_viewers(web))
        print_figures("web_page", **weigh_page(web))


if __name__ == "__main__":
    sys.exit(main())
