#!/usr/bin/python3
"""A service centre on this machine: ./dev demo

A private PostgreSQL with the sample approval system, an SMS gateway whose inboxes are a web page,
a webhook receiver, duband and duban-web with its board, both in their release build. duban first
meets a few cases and records them as its baseline; what comes afterwards is raised and told. Ends
with Ctrl-C and leaves nothing; with --once it ends when each kind of SMS has arrived and the board
has shown its cases.
"""

import argparse
import json
import secrets
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from harness.centre import ROOT
from harness.cluster import Cluster
from harness.processes import Deadline
from harness.web import Browser, DubanWeb, add_user
from harness.world import Programs, World, install

ONCE_SECONDS = 60
CASES_BEFORE = 40
CASES = 400
TICK_SECONDS = 1.0
SUMMARY_SECONDS = 10
KINDS = ("yellow", "red", "completed")


def say(text=""):
    print(text, file=sys.stderr, flush=True)


class Demo:
    def __init__(self, folder, started):
        self.folder, self.started = folder, started
        self.cluster = self.world = self.log = self.web = None
        self.ticks = self.board_rows = 0
        self.logins = {}

    def seconds(self):
        return time.monotonic() - self.started

    def prepare(self):
        programs = Programs("build/release")
        say("PostgreSQL …")
        self.cluster = Cluster(self.folder / "db")
        self.cluster.create_database(name="demo")
        say("approval system and state …")
        install(self.cluster, "demo", programs, self.folder)
        self.log = (self.folder / "duband.log").open("w", encoding="utf-8")
        self.world = World(self.cluster, "demo", programs, self.folder, moves_time=False,
                           output=sys.stderr, signature="安澜政务", log=self.log)
        self.world.import_directory()

    def begin(self):
        """First contact with a few cases, then the several hundred that duban is to tell of."""
        self.generate(CASES_BEFORE, seed=99)
        daemon = self.world.daemon().start()
        self.world.wait_initial(max(1.0, ONCE_SECONDS - self.seconds()))
        self.open_board()
        say(f"  inbox      {self.world.gateway.url}/")
        say(f"  webhooks   {self.world.receiver.url}/ (told below)")
        say(f"  duband     pid {daemon.pid}, duban-web pid {self.web.pid}, log {self.log.name}")
        say(f"  database   psql '{self.cluster.dsn('demo')}'")
        say()
        self.generate(CASES, seed=1)

    def open_board(self):
        """duban-web beside the daemon, and who may log in: their names are their roles."""
        [(window, name)] = self.world.rows("""
            SELECT d.window_code, d.window_name
              FROM approval.window_desk d JOIN approval.duban_case c USING (window_code)
             GROUP BY 1, 2 ORDER BY count(*) DESC, 1 LIMIT 1""")
        source = {"dsn": self.cluster.dsn("demo", "duban_source"), "relation": "approval.duban_case"}
        self.web = DubanWeb(self.world, rate=50, burst=200, source=source)
        self.web.start()
        url = f"http://127.0.0.1:{self.web.port}"
        say(f"  board      {url}/")
        for user, place, sees in (("supervision", "", f"效能办 the whole centre: {url}/"),
                                  ("window", window, f"{name}: {url}/#/mine"),
                                  ("wall", "", f"大屏 the hall's wall: {url}/wall")):
            self.logins[user] = secrets.token_urlsafe(9)
            add_user(self.world, user, user, place, self.logins[user])
            say(f"    login    {user:<11}  password {self.logins[user]}  {sees}")

    def see_board(self):
        """How many cases the board's API shows to supervision, page by page."""
        browser = Browser(self.web.port)
        browser.log_in("supervision", self.logins["supervision"])
        rows, after = 0, None
        while True:
            page = browser.api("board", limit=200, after=after)
            rows += len(page["rows"])
            after = page["next"]
            if after is None:
                return rows

    def generate(self, cases, seed):
        self.world.value("SELECT approval.generate_demo(now(), %s::int, %s::int)", (cases, seed))

    def live(self, is_done):
        """The centre's life goes on, tick by tick, until `is_done()`."""
        next_tick = next_summary = time.monotonic()
        while not is_done():
            now = time.monotonic()
            if now >= next_tick:
                self.ticks += 1
                self.world.rows("SELECT * FROM approval.live_tick(now(), %s::int)", (self.ticks,))
                next_tick = now + TICK_SECONDS
            if now >= next_summary:
                self.tell_summary()
                next_summary = now + SUMMARY_SECONDS
            self.world.wait_for(lambda: True)  # complains when the daemon has ended
            time.sleep(0.1)

    def sms_by_kind(self):
        """How many SMS of each kind the gateway has and the state knows as taken."""
        arrived = {(message["to"], message["text"]) for message in self.world.gateway.messages}
        counts = dict.fromkeys(KINDS, 0)
        for kind, *sent in self.world.rows("""
                SELECT m.kind, m.address, m.body
                  FROM duban.message m JOIN duban.attempt a ON a.message = m.id
                 WHERE m.channel = 'sms' AND a.verdict IN ('accepted', 'delivered')
                   AND m.kind = ANY (%s)""", (list(KINDS),)):
            counts[kind] += tuple(sent) in arrived
        return counts

    def results(self):
        return {**self.sms_by_kind(), "sms_delivered": len(self.world.gateway.messages),
                "webhooks_delivered": len(self.world.receiver.counts),
                "dead": self.world.value("SELECT count(*) FROM duban.dead"),
                "board_rows": self.board_rows, "seconds": round(self.seconds(), 1)}

    def tell_summary(self):
        told = self.results()
        say(f"—— 黄牌 {told['yellow']} · 红牌 {told['red']} · 办结 {told['completed']} · "
            f"短信共 {told['sms_delivered']} · webhook {told['webhooks_delivered']} · "
            f"未送达 {told['dead']}")

    def has_all_kinds(self):
        if self.seconds() > ONCE_SECONDS:
            missing = [kind for kind, count in self.sms_by_kind().items() if not count]
            raise Deadline(f"no SMS of kind {', '.join(missing)} within {ONCE_SECONDS} s")
        return all(self.sms_by_kind().values())

    def end(self, keep):
        if self.web:
            self.web.stop()
        if self.world:
            self.world.close()
        if self.log:
            self.log.close()
        if self.cluster and keep:
            self.cluster.stop()
            say(f"kept: {self.folder}, database files {self.cluster.folder}")
        elif self.cluster:
            self.cluster.remove()
        if not keep:
            shutil.rmtree(self.folder, ignore_errors=True)


def run_once(demo):
    """The JSON object's value, and the exit status."""
    reason = None
    try:
        demo.prepare()
        demo.begin()
        demo.live(demo.has_all_kinds)
        demo.board_rows = demo.see_board()
    except (AssertionError, RuntimeError, OSError) as error:
        reason = str(error)
        say(f"demo: {reason}")
    try:
        told = demo.results()
    except Exception as error:  # no world, or its database has gone: the reason stands already
        reason = reason or str(error)
        told = {**dict.fromkeys(KINDS, 0), "sms_delivered": 0, "webhooks_delivered": 0, "dead": 0,
                "board_rows": 0, "seconds": round(demo.seconds(), 1)}
    return {**told, **({"reason": reason} if reason else {})}, 1 if reason else 0


def run_on(demo):
    demo.prepare()
    demo.begin()
    say("Ctrl-C ends it and removes everything.")
    demo.live(lambda: False)


def interrupt(*_):
    raise KeyboardInterrupt


def main():
    parser = argparse.ArgumentParser(prog="./dev demo", description="A service centre here.")
    parser.add_argument("--once", action="store_true", help="end when each kind of SMS arrived")
    parser.add_argument("--json", action="store_true", help="with --once: print the counts")
    parser.add_argument("--keep", action="store_true", help="leave database and logs")
    options = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, interrupt)
    home = ROOT / "build/demo"
    home.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=home))
    folder.chmod(0o711)  # PostgreSQL's user passes through
    demo, status = Demo(folder, time.monotonic()), 0
    try:
        if options.once:
            told, status = run_once(demo)
            if options.json:
                print(json.dumps(told), flush=True)
            else:
                say(json.dumps(told))
        else:
            run_on(demo)
    except (AssertionError, RuntimeError) as error:  # a part of it has failed and said why
        say(f"demo: {error}")
        status = 1
    except KeyboardInterrupt:
        say("\nending …")
        status = 130 if options.once else 0
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)  # once is enough
        demo.end(options.keep)
    return status


if __name__ == "__main__":
    sys.exit(main())
