"""A primary and its standby: two PostgreSQLs with streaming replication between them.

    with Pair() as pair:
        install(pair, pair.create_database(), …)
        pair.attach()                      # the standby, a copy of all that is there
        pair.kill_primary()
        pair.promote()

It serves a World as a Cluster does: its DSN has both hosts, so that whoever may write answers.
Once the standby is attached every commit waits for it: what was acknowledged isn't lost.
"""

import signal

import psycopg

from harness.cluster import Cluster
from harness.processes import end, run, wait_for


class Standby(Cluster):
    """A copy of another cluster that follows it until it is promoted."""

    def __init__(self, primary, folder=None):
        self.primary = primary
        super().__init__(folder)

    def _create(self, settings):
        run([self.programs / "pg_basebackup", "-D", self.data, "-d", self.primary.dsn("postgres"),
             "-R", "-c", "fast", "--no-sync"], self.user, cwd=self.folder)
        # The last line of a key counts: a place of its own, and nobody to wait for once it leads.
        self.configure(unix_socket_directories=str(self.folder), synchronous_standby_names="")

    def promote(self):
        run([self.programs / "pg_ctl", "promote", "-D", self.data, "-t", "120"], self.user,
            cwd=self.folder)


def wait_in_step(primary, standby):
    """From here on commits wait for the standby."""
    def is_in_step():
        with primary.connect("postgres") as connection:
            return connection.execute("""SELECT 1 FROM pg_stat_replication
                                          WHERE sync_state = 'sync' AND state = 'streaming'"""
                                      ).fetchone()
    primary.configure(synchronous_standby_names="*")
    primary.reload()
    wait_for(is_in_step, 60, lambda: f"the standby follows\n{standby.log_tail()}")


def kill(primary):
    """The whole server at once, as a machine that loses its power."""
    end(primary.process, signal.SIGKILL)
    primary.process = None


class Pair:
    def __init__(self):
        self.primary = Cluster(settings={"wal_level": "replica", "max_wal_senders": "4",
                                         "wal_keep_size": "256MB"})
        self.standby = None
        self.hosts = [self.primary.folder]

    def attach(self):
        """Makes the standby; from here on commits wait for it."""
        self.standby = Standby(self.primary)
        self.hosts.append(self.standby.folder)
        wait_in_step(self.primary, self.standby)

    def kill_primary(self):
        kill(self.primary)

    def promote(self):
        self.standby.promote()

    def remove(self):
        for cluster in (self.standby, self.primary):
            if cluster:
                cluster.remove()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()

    # As a Cluster.

    def dsn(self, database, user="postgres"):
        hosts = ",".join(map(str, self.hosts))
        return f"host={hosts} port=5432 dbname={database} user={user}"

    def connect(self, database, user="postgres"):
        return psycopg.connect(self.dsn(database, user), autocommit=True, connect_timeout=10,
                               target_session_attrs="read-write")

    def create_database(self):
        return self.primary.create_database()

    def load(self, database, file):
        self.primary.load(database, file)
