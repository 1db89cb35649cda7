"""The whole system under load while faults come at random, and then the audit.

    with Storm(programs, seed, folder) as storm:
        storm.run(seconds)
        storm.quiesce()
        storm.audit()

The order of faults, what each strikes, how long it lasts and what happens to cases follow from the
seed; what a fault meets is up to the machine. The database's log lies on a small disk of its own.
"""

import math
import os
import random
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import psycopg

from harness.account import Account
from harness.cluster import Cluster
from harness.faults import FAULTS, OF_DAEMON, OF_DATABASE
from harness.life import POLICY, Life
from harness.own_clock import make_clock, sanitizer_of
from harness.processes import run
from harness.replica import Standby, kill, wait_in_step
from harness.world import World, install

DISK_MIB = 192
DAEMONS = 2
LONGEST_S = 4 * 3600  # well before cases that have much time are near their end
BEFORE_S = 20    # a case is never sooner due than this after it is registered
LASTS_S = (0.2, 4.0)
PAUSE_S = (0.1, 1.5)
LOAD = 2          # cases registered in each turn
SAMPLES = 60      # of memory and descriptors
GROWTH_KIB = 24 << 10
QUEUES = ("pending", "ready", "inflight", "parked")
QUEUE_BYTES = 8 << 20
ROUTES = {"yellow": 2, "red": 4, "completed": 1, "baseline": 1}


def hasten(settings):
    """Figures with which seconds of a test are hours of a centre."""
    settings["daemon"] |= {"poll": "100ms", "lease": "5s", "batch": 50}
    settings["source"] |= {"poll": "100ms", "batch": 40, "reconcile_pause": "10ms"}
    settings["policies"]["standard"] = POLICY
    for channel in settings["channels"].values():
        channel |= {"timeout": "1s", "retry_first": "100ms", "retry_most": "1s",
                    "breaker_first": "200ms", "breaker_most": "1s"}


def check_notifications(world):
    """Each has an outcome, and each that was composed has one message."""
    assert world.rows("SELECT * FROM duban.notification WHERE outcome IS NULL") == []
    assert world.rows("""
        SELECT n.id, count(m.id) FROM duban.notification n LEFT JOIN duban.message m
               ON m.id = n.message
         GROUP BY n.id HAVING count(m.id) <> (n.outcome = 'composed')::int""") == []
    assert world.value("SELECT count(*) FROM duban.message") == world.value(
        "SELECT count(*) FROM duban.notification WHERE outcome = 'composed'")
    for kind, count in world.rows("""
            SELECT e.kind, count(n.id) FROM duban.event e LEFT JOIN duban.notification n
                   ON n.event = e.id
             WHERE e.told = 'yes' GROUP BY e.id"""):
        if kind == "cleared":  # goes to those who were warned, of each level once
            assert count <= ROUTES["yellow"] + ROUTES["red"]
        else:
            assert count == ROUTES.get(kind, 0), kind


def open_files(pid):
    """What a process's descriptors lead to; each by itself."""
    found = set()
    for number in os.listdir(f"/proc/{pid}/fd"):
        try:
            target = os.readlink(f"/proc/{pid}/fd/{number}")
        except FileNotFoundError:
            continue
        found.add(target if target.startswith("socket:") else f"{number} {target}")
    return found


def sockets_to(*ports):
    lines = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    ends = [line.split() for line in lines]
    return {f"socket:[{end[9]}]" for end in ends if int(end[2].split(":")[1], 16) in ports}


class Storm:
    """`faults`: those that come; none of them makes a soak. `lasting`: those that stay throughout.
    `load`: cases registered in each turn."""

    def __init__(self, programs, seed, folder, say=lambda text: None, faults=tuple(FAULTS), lasting=(), load=LOAD):
        self.seed, self.dice, self.say = seed, random.Random(seed), say
        self.faults, self.lasting, self.load, self.samples = faults, lasting, load, []
        self.folder, self.disk, self.over, self.struck = folder, None, {}, Counter()
        self.fallen = []
        self.clocks = {}  # of daemons that have one of their own: its file
        self.cluster = Cluster(on_disk=True)
        self.places = [self.cluster.folder, Path(f"{self.cluster.folder}b")]  # of servers that follow each other
        self.world = None
        try:
            self._move_log()
            name = self.cluster.create_database()
            install(self.cluster, name, programs, folder / "install")
            self.world = World(self.cluster, name, programs, folder, moves_time=False)
            self.world.import_directory()
            for part, user in (("state", "duban_daemon"), ("source", "duban_source")):
                self.world.settings[part]["dsn"] = (f"host={self.places[0]},{self.places[1]} port=5432"
                                                    f" dbname={name} user={user}")
            hasten(self.world.settings)
            self.world.write_config()
            self.life = Life(self.world, random.Random(seed + 1))
            self.life.add_overdue(50)
            self.life.add_running(50, BEFORE_S, BEFORE_S + 30)
            for number in range(DAEMONS):
                self._start_daemon(number)
            self.world.wait_initial()
            for daemon in self.world.daemons:
                for area in ("source", "queue", "state", "metrics"):
                    daemon.wait_log(f"{area}: connected", 60)
            self.before = self._resources()
        except BaseException:
            self.close()
            raise

    # The database.

    def _move_log(self):
        """Onto a small disk, where we may make one."""
        if os.geteuid() != 0:
            return
        self.disk = self.cluster.folder / "disk"
        self.cluster.stop()
        self.disk.mkdir()
        run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}M,mode=700", "duban-chaos", self.disk])
        run(["cp", "-a", self.cluster.data / "pg_wal", self.disk / "pg_wal"])
        run(["rm", "-r", self.cluster.data / "pg_wal"])
        (self.cluster.data / "pg_wal").symlink_to(self.disk / "pg_wal")
        run(["chown", "-R", f"--reference={self.cluster.data}", self.disk])
        with (self.cluster.data / "postgresql.auto.conf").open("a", encoding="ascii") as file:
            file.write("max_wal_size = '64MB'\nmin_wal_size = '32MB'\nrestart_after_crash = on\n")
        self.cluster.start()

    def fill_disk(self):
        filler = self.disk / "filler"
        try:
            with filler.open("wb") as file:
                while file.write(b"\0" * (1 << 20)):
                    file.flush()
        except OSError:
            pass
        return filler

    def start_database(self):
        self.cluster.start()
        self.connect()

    def connect(self):
        self.world.connection = self.cluster.connect(self.world.database)

    def fail_over(self):
        """A standby is made in the other place; the primary dies; the standby leads."""
        old = self.cluster
        new = Standby(old, next(place for place in self.places if place != old.folder))
        wait_in_step(old, new)
        kill(old)
        new.promote()
        self._give_up_disk()
        old.remove()
        self.cluster = self.world.cluster = new
        self.connect()

    def renew_disk(self):
        """The new primary's log, onto a small disk again."""
        self._move_log()
        self.connect()

    def _give_up_disk(self):
        if self.disk and self.disk.is_mount():
            run(["umount", self.disk])
        self.disk = None

    @contextmanager
    def admin(self, database="postgres"):
        with psycopg.connect(self.cluster.dsn(database), autocommit=True) as connection:
            yield connection

    # The storm.

    def _start_daemon(self, number):
        clock = self.folder / f"clock{number}"
        by_clock = make_clock(self.world.programs.duband, clock)
        daemon = self.world.daemon(before=by_clock or ())
        if by_clock:
            self.clocks[daemon] = clock
        daemon.start()

    def running(self):
        return [daemon for daemon in self.world.daemons if daemon.is_running()]

    def run(self, seconds):
        """Faults at random, two at a time at most, with the centre's life in between."""
        for name in self.lasting:
            self.over[name] = (math.inf, FAULTS[name](self))
        begin = next_sample = time.monotonic()
        end = begin + seconds
        while (now := time.monotonic()) < end:
            if now >= next_sample:
                self.samples.append({"at": round(now - begin)} | self._of_daemons())
                next_sample += seconds / SAMPLES
            self._strike(now)
            self._live()
            time.sleep(self.dice.uniform(*PAUSE_S))
            self._recover(time.monotonic())
            self._look_for_fallen()
        self._recover(None)
        self._look_for_fallen()

    def _strike(self, now):
        name = self.dice.choice(self._possible())
        lasts = self.dice.uniform(*LASTS_S) * (2 if name == "frozen" else 1)
        if name is not None:
            self.say(f"{name}, {lasts:.1f} s")
            self.struck[name] += 1
            self.over[name] = (now + lasts, FAULTS[name](self))

    def _possible(self):
        """None: a moment of peace."""
        names = [None]
        if len(self.over) < 2 + len(self.lasting):
            taken = set(self.over) - set(self.lasting)
            names += [name for name in self.faults if name not in taken
                      and not (name in OF_DATABASE and taken & OF_DATABASE)
                      and not (name in OF_DAEMON and (taken & OF_DAEMON or len(self.running()) < DAEMONS))]
        impossible = set() if self.disk else {"full_disk"}
        impossible |= {"failed_over"} if self.lasting else set()  # their sessions end with the primary
        return [name for name in names if name not in impossible]

    def _recover(self, now):
        for name, (until, over) in list(self.over.items()):
            if now is None or until <= now:
                del self.over[name]
                over()

    def _look_for_fallen(self):
        """Daemons that ended though nobody ended them: started again, as systemd would, and held against us."""
        for daemon in self.world.daemons:
            if not set(self.over) & OF_DAEMON and not daemon.is_running():
                self.fallen.append(f"{daemon.name} ended with {daemon.process.returncode}:\n{daemon.log_tail()}")
                daemon.start()

    def _live(self):
        """What people do at their windows, while the database takes it."""
        if set(self.over) & {"crashed", "restarted", "full_disk", "locked", "slow", "failed_over"}:
            return
        self.life.add_running(self.load, BEFORE_S, BEFORE_S + 20)
        self.life.go_on()

    # Afterwards.

    def quiesce(self):
        self.world.gateway.faults.clear()
        self.world.receiver.faults.clear()
        for daemon in self.world.daemons:
            if not daemon.is_running():
                daemon.start()
        self.life.resume()
        self.world.wait_for(lambda: self.life.missing() <= 0, 180, "all events are recorded")
        self.world.wait_queue_empty(120)

    def _resources(self):
        """Connections to the database, and each daemon's open files and memory."""
        with self.admin() as admin:
            (connections,) = admin.execute("SELECT count(*) FROM pg_stat_activity WHERE usename = ANY (%s)",
                                           (["duban_daemon", "duban_source"],)).fetchone()
        return {"connections": connections} | self._of_daemons()

    def _of_daemons(self):
        """Kept connections to gateway and receivers aren't counted: they come and go with the load."""
        told = sockets_to(self.world.gateway.port, self.world.receiver.port)
        running = self.running()
        return {"descriptors": [len(open_files(daemon.pid) - told) for daemon in running],
                "memory_kib": [daemon.memory_kib()[0] for daemon in running]}

    def _queue_bytes(self):
        """Of each table that only holds what is under way: it is empty now."""
        with self.admin(self.world.database) as admin:
            for table in QUEUES:
                assert admin.execute(f"SELECT count(*) FROM duban.{table}").fetchone() == (0,), table
                admin.execute(f"VACUUM duban.{table}")
            return {table: admin.execute("SELECT pg_table_size(%s)", (f"duban.{table}",)).fetchone()[0]
                    for table in QUEUES}

    def audit(self):
        """Figures; an assertion for what must never be."""
        account, after = Account(self.world), self._resources()
        figures = {"seed": self.seed, "cases": len(self.life.expected), "struck": dict(self.struck),
                   "daemons_started": sum(daemon.starts for daemon in self.world.daemons),
                   "events": self.world.value("SELECT count(*) FROM duban.event"),
                   "messages": {channel: dict(count) for channel, count in account.counts.items()},
                   "before": self.before, "after": after, "queue_bytes": self._queue_bytes(),
                   "samples": self.samples}
        self.say(account.table())
        assert not self.fallen, self.fallen[0]
        self.life.check_ledger()
        assert self.world.count_events("baseline") == 1
        check_notifications(self.world)
        assert not account.wrong, account.wrong[:10]
        assert account.adds_up()
        assert self.world.rows("SELECT * FROM duban.dead WHERE verdict <> 'unknown'") == []
        assert self.world.receiver.invalid == []
        assert after["connections"] <= self.before["connections"], (self.before, after)
        assert max(after["descriptors"]) <= max(self.before["descriptors"]) + 2, (self.before, after)
        assert max(figures["queue_bytes"].values()) < QUEUE_BYTES, figures["queue_bytes"]
        grown = max(after["memory_kib"]) - max(self.before["memory_kib"])
        assert grown < GROWTH_KIB or sanitizer_of(self.world.programs.duband), (self.before, after)
        assert not [line for daemon in self.world.daemons for line in daemon.log
                    if "Sanitizer" in line or "runtime error" in line]
        return figures

    def close(self):
        for _, over in self.over.values():
            try:
                over()
            except Exception as error:  # pylint: disable=broad-except # the rest is to end, too
                self.say(f"not ended: {error}")
        if self.world:
            self.world.close()
        self.cluster.stop_immediate()
        self._give_up_disk()
        self.cluster.remove()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
