"""A service centre with all its parts: approval system, state, gateway, receiver, daemon.

    world.generate(100, "2026-06-01T02:00:00Z")
    world.set_now("2026-06-03T01:00:00Z")
    with world.daemon():
        world.wait_events("red", 5)

One database holds both the approval system (schema approval) and duban's state (schema duban);
the daemon meets them as its two least privileged roles.
"""

import json
import os
from pathlib import Path

from harness.centre import ROOT, make_config, make_directory, write_secret, write_yaml
from harness.daemon import Duband
from harness.processes import run, wait_for
from standins.gateway import Gateway
from standins.receiver import SECRET, Receiver

TEST_CLOCK = """
CREATE TABLE IF NOT EXISTS public.test_time (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    at       timestamptz  -- null: the real time
);
INSERT INTO public.test_time DEFAULT VALUES ON CONFLICT DO NOTHING;
GRANT SELECT ON public.test_time TO PUBLIC;
CREATE OR REPLACE FUNCTION duban.now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT coalesce((SELECT at FROM public.test_time), clock_timestamp()) $$;
"""


class Programs:
    """The binaries of one build folder."""

    def __init__(self, build=None):
        self.build = ROOT / (build or os.environ.get("DUBAN_BUILD", "build/test"))
        self.duband = self.build / "daemon/duband"
        self.dubanctl = self.build / "ctl/dubanctl"

    def control(self, config, *arguments):
        """Runs dubanctl; its output."""
        return run([self.dubanctl, "--config", config, *arguments])


def install(cluster, database, programs, folder):
    """Puts the approval system and duban's state into an empty database."""
    folder.mkdir(parents=True, exist_ok=True)
    cluster.load(database, ROOT / "sql/source/install.sql")
    programs.control(write_owner_config(cluster, database, folder, "http://127.0.0.1:1"),
                     "migrate")
    with cluster.connect(database) as connection:  # who may log in is the site's matter
        connection.execute("ALTER ROLE duban_daemon LOGIN")
        connection.execute("ALTER ROLE duban_read LOGIN")
        connection.execute("ALTER ROLE duban_web LOGIN")


def write_secrets(folder):
    write_secret(folder / "sms.password", "demo")
    write_secret(folder / "webhook.secret", SECRET)


def write_owner_config(cluster, database, folder, gateway):
    """For dubanctl, which works as the database's owner."""
    write_secrets(folder)
    owner = cluster.dsn(database)
    return write_yaml(folder / "owner.yaml", make_config(owner, owner, gateway, folder))


class World:
    """Owns its stand-ins and daemons; the database is the caller's."""

    def __init__(self, cluster, database, programs, folder, moves_time=True, output=None,
                 signature="", log=None):
        """`output`: where webhooks are told of, `log`: where daemons' logs go as well."""
        self.cluster, self.database, self.programs = cluster, database, programs
        self.folder, self.log = Path(folder), log
        self.folder.mkdir(parents=True, exist_ok=True)
        self.gateway = Gateway(signature=signature).start()
        self.receiver = Receiver(tolerance_s=None if moves_time else 300, output=output).start()
        self.connection = cluster.connect(database)
        if moves_time:
            self.connection.execute(TEST_CLOCK)
        self.daemons = []
        self.owner_config = write_owner_config(cluster, database, self.folder, self.gateway.url)
        self.settings = make_config(
            cluster.dsn(database, "duban_daemon"), cluster.dsn(database, "duban_source"),
            self.gateway.url, self.folder)
        self.config = self.folder / "duban.yaml"

    # What is there before the daemon runs.

    def import_directory(self, directory=None):
        """The sample centre's own directory, unless another is given."""
        directory = directory or make_directory(self.connection, self.receiver.url)
        self.control("directory", "import", write_yaml(self.folder / "directory.yaml", directory))

    def write_config(self):
        """Writes `settings` as they are now; its path."""
        return write_yaml(self.config, self.settings)

    def control(self, *arguments):
        return self.programs.control(self.owner_config, *arguments)

    def set_now(self, instant):
        """Moves both clocks: duban's, and the approval system's for this connection. None: the
        real time."""
        self.connection.execute("UPDATE public.test_time SET at = %s::timestamptz", (instant,))
        self.connection.execute("SELECT set_config('approval.now', %s, false)",
                                (str(instant or ""),))

    def now(self):
        return self.value("SELECT duban.now()")

    def generate(self, cases, at, seed=1):
        return self.value("SELECT approval.generate(%s::int, %s::timestamptz, %s::int)",
                          (cases, at, seed))

    # Daemons.

    def daemon(self, **settings):
        """A daemon that isn't started yet; several share the configuration."""
        name = f"duband{len(self.daemons) + 1}" if self.daemons else "duband"
        daemon = Duband(self.programs.duband, self.write_config(), name, output=self.log, **settings)
        self.daemons.append(daemon)
        return daemon

    def status(self):
        return json.loads(self.control("status", "--json"))

    # What has become of it.

    def rows(self, sql, parameters=()):
        return self.connection.execute(sql, parameters).fetchall()

    def value(self, sql, parameters=()):
        """The one value of the first row; None without one."""
        row = self.connection.execute(sql, parameters).fetchone()
        return row[0] if row else None

    def count_events(self, kind):
        return self.value("SELECT count(*) FROM duban.event WHERE kind = %s", (kind,))

    def initial_done(self):
        return bool(self.value("SELECT initial_done FROM duban.intake"))

    def wait_initial(self, seconds=30):
        self.wait_for(self.initial_done, seconds, "the first intake is done")

    def wait_events(self, kind, count, seconds=20):
        self.wait_for(lambda: self.count_events(kind) >= count, seconds,
                      f"{count} events of kind {kind}")

    def wait_queue_empty(self, seconds=30):
        """Until everything raised so far is sent, dead or cancelled."""
        self.wait_for(lambda: not self.queued(), seconds, "the queue is empty")

    def queued(self):
        return self.value("""
            SELECT (SELECT count(*) FROM duban.pending) + (SELECT count(*) FROM duban.ready)
                 + (SELECT count(*) FROM duban.parked) + (SELECT count(*) FROM duban.inflight)""")

    def wait_for(self, condition, seconds=10, what="the condition"):
        """Fails at once when no daemon is left that could make it true."""
        running = [daemon for daemon in self.daemons if daemon.is_running()]
        if running:
            return running[0].wait_for(condition, seconds, what)
        return wait_for(condition, seconds, what)

    def close(self):
        try:
            for daemon in self.daemons:
                daemon.stop()
        finally:
            self.connection.close()
            self.gateway.stop()
            self.receiver.stop()
