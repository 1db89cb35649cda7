"""A PostgreSQL of one's own: made by initdb, on a Unix socket only, removed afterwards."""

import os
import re
import shutil
import signal
import tempfile
from pathlib import Path

import psycopg

from harness.processes import end, run, start, unprivileged_user, wait_for

SOCKET_PATH_MOST = 107 - len("/.s.PGSQL.5432")
MEMORY, MEMORY_LEAST = Path("/dev/shm"), 6 << 30


def find_programs():
    """Where initdb and postgres are: the newest that Debian has installed."""
    found = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    places = sorted((path.parent for path in found), key=lambda path: int(path.parent.name))
    if places:
        return places[-1]
    on_path = shutil.which("initdb")
    if not on_path:
        raise RuntimeError("PostgreSQL's server programs are missing (postgresql-15)")
    return Path(on_path).resolve().parent


def find_place(on_disk):
    """In memory, where there is plenty: a copied database is hundreds of small files, and to make them
    on a disk takes ten times the work."""
    in_memory = not on_disk and os.access(MEMORY, os.W_OK | os.X_OK) and (
        shutil.disk_usage(MEMORY).free >= MEMORY_LEAST)
    return MEMORY if in_memory else Path("/tmp")


class Cluster:
    """Starts at once. `folder`: where to put it, when PostgreSQL's user may go there and the
    socket's path fits; a new one otherwise, `on_disk` or wherever it is fast."""

    def __init__(self, folder=None, fsync=False, settings=None, before=(), on_disk=False):
        self.programs = find_programs()
        self.user = unprivileged_user()
        self.before = before  # a command that runs it, as `nsenter --net=…`
        self.folder = self._make_folder(folder, find_place(on_disk or fsync))
        self.data = self.folder / "data"
        self.log = self.folder / "postgres.log"
        self.process = None
        self._names = 0
        try:
            self._create({"fsync": "on" if fsync else "off", **(settings or {})})
            self.start()
        except BaseException:
            self.remove()
            raise

    def _make_folder(self, wanted, place):
        if wanted and self._is_usable(Path(wanted).absolute()):
            return Path(wanted).absolute()
        folder = Path(tempfile.mkdtemp(prefix="duban-", dir=place))
        self._give(folder)
        return folder

    def _is_usable(self, folder):
        if len(str(folder)) > SOCKET_PATH_MOST:
            return False
        folder.mkdir(parents=True)
        self._give(folder)
        try:
            run(["test", "-x", folder, "-a", "-w", folder], self.user)
        except RuntimeError:
            folder.rmdir()
            return False
        return True

    def _give(self, folder):
        folder.chmod(0o700)
        if self.user:
            os.chown(folder, self.user.pw_uid, self.user.pw_gid)

    def _create(self, settings):
        run([self.programs / "initdb", "-D", self.data, "-U", "postgres", "-A", "trust",
             "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"], self.user, cwd=self.folder)
        settings = {
            "listen_addresses": "", "unix_socket_directories": str(self.folder),
            "timezone": "UTC", "log_timezone": "UTC", "max_connections": "100",
            "log_min_messages": "warning", "log_lock_waits": "on",
            "log_line_prefix": "%m [%p] %q%a %u@%d ", **settings}
        self.configure(**settings)

    def configure(self, **settings):
        """Adds settings, which overrule earlier ones: for its next start, or `reload`."""
        lines = [f"{key} = '{value}'\n" for key, value in settings.items()]
        with (self.data / "postgresql.auto.conf").open("a", encoding="utf-8") as file:
            file.writelines(lines)

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    # Its life.

    def start(self):
        with self.log.open("ab") as log:
            self.process = start([self.programs / "postgres", "-D", self.data], self.user,
                                 at_death="INT", before=self.before, stdout=log, stderr=log,
                                 cwd=self.folder)
        wait_for(self._answers, 60, lambda: f"PostgreSQL starts\n{self.log_tail()}")

    def _answers(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"PostgreSQL ended:\n{self.log_tail()}")
        try:
            with self.connect("postgres"):
                return True
        except psycopg.OperationalError:
            return False

    def stop(self):
        """Sessions are cut, what was committed is written."""
        self._end(signal.SIGINT)

    def stop_immediate(self):
        """As a crash: the next start recovers from the log."""
        self._end(signal.SIGQUIT)

    def _end(self, number):
        if self.process:
            end(self.process, number, 60)
            self.process = None

    def restart(self, immediate=False):
        self.stop_immediate() if immediate else self.stop()
        self.start()

    def remove(self):
        """Stops it and deletes everything. Harmless twice."""
        self.stop_immediate()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()

    def log_tail(self, lines=20):
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def panics(self):
        """Lines of the server's log that tell of a crash or a corruption."""
        return [line for line in self.log.read_text(errors="replace").splitlines()
                if re.search(r"PANIC|terminated by signal|invalid page", line)]

    # Its databases.

    def dsn(self, database, user="postgres"):
        return f"host={self.folder} port=5432 dbname={database} user={user}"

    def connect(self, database, user="postgres", **settings):
        """An autocommit connection. What tests ask is asked once: to compile it takes seconds."""
        return psycopg.connect(self.dsn(database, user), autocommit=True, connect_timeout=10,
                               **{"options": "-c jit=off", **settings})

    def create_database(self, template="template1", name=None):
        """Its name: a new one when none is given. Nobody may be connected to the template.

        By copying files: with fsync off that takes two thirds of the time of copying through the log.
        """
        self._names += 1
        name = name or f"t{self._names}"
        with self.connect("postgres") as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')
        return name

    def drop_database(self, name):
        with self.connect("postgres") as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def load(self, database, file):
        """Runs an SQL file with psql: all of it, or an error that tells the line."""
        run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "--single-transaction",
             "-d", self.dsn(database), "-f", file],
            env={**os.environ, "PGOPTIONS": "-c client_min_messages=warning"})
