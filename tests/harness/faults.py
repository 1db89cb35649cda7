"""What can go wrong around duband, each fault with its end.

    over = FAULTS["frozen"](storm)   # it has begun
    over()                           # and ends

A fault takes what it strikes from `storm` (harness.chaos.Storm) and by `storm.dice`.
"""

import os
import resource
import signal
from pathlib import Path

import psycopg

from harness.own_clock import sanitizer_of

ROLES = ("duban_daemon", "duban_source")
TABLES = ("clock", "event", "pending", "ready", "inflight", "message", "notification", "intake", "node")
BAD_CONFIGURATION = "state: {dsn: x}\nrotues: {}\n"


def nothing():
    """The end of a fault that has none."""


def any_of(storm):
    return storm.dice.choice(storm.running())


# Daemons.

def killed(storm):
    daemon = any_of(storm)
    daemon.kill9()
    return daemon.start


def ended(storm):
    """As for an update: it drains, and another begins."""
    daemon = any_of(storm)
    daemon.term(30)
    return daemon.start


def frozen(storm):
    """Longer than its lease perhaps; then it goes on as if nothing had been."""
    process = any_of(storm).process
    process.send_signal(signal.SIGSTOP)
    return lambda: process.poll() is None and process.send_signal(signal.SIGCONT)


def without_descriptors(storm):
    """No further file or connection can be opened."""
    daemon = any_of(storm)
    daemon.wait_begun()  # before, it could read nothing, and would end
    process = daemon.process
    before = resource.prlimit(process.pid, resource.RLIMIT_NOFILE)
    used = len(os.listdir(f"/proc/{process.pid}/fd"))
    resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (used, before[1]))
    return lambda: process.poll() is None and resource.prlimit(process.pid, resource.RLIMIT_NOFILE, before)


def without_memory(storm):
    """Little more than it has; whoever gets none ends, and is started anew."""
    daemon = any_of(storm)
    if sanitizer_of(daemon.binary):
        return nothing  # the sanitizer reserves terabytes
    before = resource.prlimit(daemon.pid, resource.RLIMIT_AS)
    pages = int(Path(f"/proc/{daemon.pid}/statm").read_text(encoding="ascii").split()[0])
    resource.prlimit(daemon.pid, resource.RLIMIT_AS, (pages * resource.getpagesize() + (1 << 20), before[1]))

    def over():
        if daemon.is_running():
            resource.prlimit(daemon.pid, resource.RLIMIT_AS, before)
        else:
            daemon.start()
    return over


def stepped(storm):
    """Somebody sets the clock of a daemon's machine, hours to and fro; later it is right again."""
    clock = storm.clocks.get(any_of(storm))
    if clock is None:
        return nothing  # it has none of its own
    clock.write_text(f"{storm.dice.choice((-30, -3, -0.1, 0.1, 3, 30)) * 3600:+.0f}\n", encoding="ascii")
    return lambda: clock.write_text("+0\n", encoding="ascii")


def reloaded(storm):
    """Other figures that change no rule."""
    storm.world.settings["daemon"]["batch"] = storm.dice.choice((10, 50, 200))
    storm.world.settings["source"]["batch"] = storm.dice.choice((5, 40, 100))
    storm.world.write_config()
    for daemon in storm.running():
        daemon.hup()
    return nothing


def reloaded_with_mistakes(storm):
    daemon = any_of(storm)
    for each in storm.running():
        each.wait_begun()  # or it would refuse to start
    refused = sum("the old configuration goes on" in line for line in daemon.log)
    storm.world.config.write_text(BAD_CONFIGURATION, encoding="utf-8")
    daemon.hup()
    try:
        daemon.wait_for(lambda: sum("the old configuration goes on" in line for line in daemon.log) > refused, 60,
                        "the mistake is told")
    finally:
        storm.world.write_config()
    return nothing


# The database.

def crashed(storm):
    storm.world.cluster.stop_immediate()
    return storm.start_database


def restarted(storm):
    storm.world.cluster.stop()
    return storm.start_database


def cut(storm):
    """Every connection at once."""
    with storm.admin() as admin:
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = ANY (%s)", (list(ROLES),))
    return nothing


def slow(storm):
    """One of duban's sessions is not served for a while."""
    with storm.admin() as admin:
        sessions = admin.execute("SELECT pid FROM pg_stat_activity WHERE usename = ANY (%s)", (list(ROLES),)).fetchall()
    if not sessions:
        return nothing
    (session,) = storm.dice.choice(sessions)
    os.kill(session, signal.SIGSTOP)
    return lambda: Path(f"/proc/{session}").exists() and os.kill(session, signal.SIGCONT)


def locked(storm):
    """Somebody holds a table."""
    holder = psycopg.connect(storm.world.cluster.dsn(storm.world.database))
    try:
        holder.execute("SET lock_timeout = '2s'")
        holder.execute(f"LOCK TABLE duban.{storm.dice.choice(TABLES)} IN ACCESS EXCLUSIVE MODE")
    except psycopg.errors.LockNotAvailable:
        pass
    return holder.close


def pinned(storm):
    """A transaction looks at how things were, so that vacuum may remove nothing."""
    holder = psycopg.connect(storm.world.cluster.dsn(storm.world.database))
    holder.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    holder.execute("SELECT count(*) FROM duban.install")
    return holder.close


def unvacuumed(storm):
    with storm.admin() as admin:
        admin.execute("ALTER SYSTEM SET autovacuum = off")
        admin.execute("SELECT pg_reload_conf()")

    def over():
        with storm.admin() as again:
            again.execute("ALTER SYSTEM RESET autovacuum")
            again.execute("SELECT pg_reload_conf()")
    return over


def full_disk(storm):
    """The write-ahead log has no room: PostgreSQL panics."""
    filler = storm.fill_disk()
    try:
        with storm.admin() as admin:
            for _ in range(8):  # into segments that aren't there
                admin.execute("SELECT pg_logical_emit_message(true, 'chaos', repeat('x', 4000000))")
                admin.execute("SELECT pg_switch_wal()")
    except psycopg.OperationalError:
        pass

    def over():
        filler.unlink(missing_ok=True)
        storm.world.cluster.stop_immediate()
        storm.start_database()
    return over


def failed_over(storm):
    """The primary dies and its standby is promoted; later that one's log lies on a small disk, too."""
    storm.fail_over()
    return storm.renew_disk


# Whom it talks to.

def gateway_away(storm):
    storm.world.gateway.stop()
    return storm.world.gateway.start


def receiver_away(storm):
    storm.world.receiver.stop()
    return storm.world.receiver.start


MISBEHAVIOUR = [
    ("reset", {"taken": True}), ("reset", {"taken": False}), ("hang", {"taken": True}),
    ("status", {"status": 503}), ("status", {"status": 429, "headers": {"Retry-After": "1"}}),
    ("delay", {"seconds": 0.5}), ("close", {})]


def misbehaving(storm):
    party = storm.dice.choice((storm.world.gateway, storm.world.receiver))
    kind, settings = storm.dice.choice(MISBEHAVIOUR)
    party.faults.add(kind, times=None, rate=storm.dice.choice((0.05, 0.3, 1.0)), **settings)
    return party.faults.clear


FAULTS = {fault.__name__: fault for fault in (
    killed, ended, frozen, without_descriptors, without_memory, stepped, reloaded, reloaded_with_mistakes, crashed,
    restarted, failed_over, cut, slow, locked, pinned, unvacuumed, full_disk, gateway_away, receiver_away, misbehaving)}
# Not two of these at a time: each ends with a database that runs, or needs one.
OF_DATABASE = {"crashed", "restarted", "failed_over", "full_disk", "cut", "slow", "locked", "pinned", "unvacuumed"}
OF_DAEMON = {"killed", "ended", "frozen", "without_descriptors", "without_memory", "stepped", "reloaded",
             "reloaded_with_mistakes"}
