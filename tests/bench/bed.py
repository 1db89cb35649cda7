"""What the benchmarks of the whole daemon stand on: a PostgreSQL of their own, the sample approval
system, the release build of duband, and a webhook receiver that is no brake.

    with Bed() as bed:
        bed.generate(100_000)
        with bed.daemon() as daemon:
            bed.wait_initial(60)

duban's clock runs on real time, moved by a fixed span: it begins on a Wednesday evening, so that no
office opens or closes in the middle of a measurement.
"""

import json
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from harness.centre import CENTRE, make_config, write_yaml  # noqa: E402
from harness.cluster import Cluster  # noqa: E402
from harness.daemon import Duband  # noqa: E402
from harness.processes import end, start, wait_for  # noqa: E402
from harness.world import Programs, install, write_secrets  # noqa: E402

BEGIN = "2026-06-03T12:30:00Z"      # 20:30 in the centre
GENERATED = "2026-06-03T09:30:00Z"  # the office was closed since: hardly anything changed
DATABASE = "bench"

# As Debian ships it, save for what a server of this size would set. synchronous_commit stays on;
# fsync is off as in the tests: what is measured is the work, not this machine's disk.
SERVER = {"shared_buffers": "512MB", "max_wal_size": "4GB", "checkpoint_timeout": "15min"}


class Bed:
    """Owns its cluster, its receiver and its daemons."""

    def __init__(self):
        self.programs = Programs("build/release")
        self.folder = Path(tempfile.mkdtemp(prefix="duban-bench-", dir="/tmp"))
        self.cluster = Cluster(settings=SERVER, on_disk=True)
        self.daemons, self.receiver = [], None
        try:
            self.cluster.create_database(name=DATABASE)
            install(self.cluster, DATABASE, self.programs, self.folder)
            self.connection = self.cluster.connect(DATABASE)
            self.receiver = ReceiverProcess(self.programs.build, self.folder)
            self.settings = self._make_settings()
            self.set_clock(BEGIN)
            self.connection.execute("SELECT set_config('approval.now', %s, false)", (BEGIN,))
            self._import_directory()
        except BaseException:
            self.close()
            raise

    def _make_settings(self):
        """The sample configuration with the shipped polls; one webhook for each red case."""
        settings = make_config(self.cluster.dsn(DATABASE, "duban_daemon"),
                               self.cluster.dsn(DATABASE, "duban_source"),
                               "http://127.0.0.1:1", self.folder)
        write_secrets(self.folder)
        settings["daemon"] = {}
        settings["source"] = {"dsn": settings["source"]["dsn"], "relation": "approval.duban_case"}
        settings["routes"] = {"yellow": {"window": "hook"}, "red": {"window": "hook"}}
        return settings

    def _import_directory(self):
        """The centre's windows, all of them told through one URL."""
        rows = self.rows("SELECT window_code, window_name FROM approval.window_desk")
        entries = [{"code": "CENTRE", "kind": "centre", "name": CENTRE}]
        entries += [{"code": code, "kind": "window", "name": name, "parent": "CENTRE",
                     "contacts": {"hook": self.receiver.url}} for code, name in rows]
        owner = {**self.settings, "state": {"dsn": self.cluster.dsn(DATABASE)}}
        self.programs.control(write_yaml(self.folder / "owner.yaml", owner), "directory", "import",
                              write_yaml(self.folder / "directory.yaml", {"entries": entries}))

    # Time and data.

    def set_clock(self, instant):
        """Lets duban's clock go on from `instant`; `shift_us` is how far it is ahead of ours."""
        self.shift_us = self.value("""
            SELECT (extract(epoch FROM %s::timestamptz - clock_timestamp()) * 1e6)::bigint""",
                                   (instant,))
        self.connection.execute(f"""
            CREATE OR REPLACE FUNCTION duban.now() RETURNS timestamptz LANGUAGE sql STABLE
            PARALLEL SAFE AS $$
                SELECT clock_timestamp() + {self.shift_us} * interval '1 microsecond'
            $$""")

    def generate(self, cases, at=GENERATED, late_share=0.03):
        """Open cases, one in ten of them suspended."""
        self.connection.execute("""
            SELECT approval.generate(%s::int, %s::timestamptz, 1, %s::float8, 1.0::float8, 60)""",
                                (cases, at, late_share))
        self.connection.execute("""
            UPDATE approval.case_file SET updated_at = updated_at
             WHERE case_no = (SELECT min(case_no) FROM approval.case_file)""")

    def settle(self):
        """Statistics as autovacuum would have them in time, and no checkpoint in the middle."""
        self.connection.execute("VACUUM ANALYZE")
        self.connection.execute("CHECKPOINT")

    def rows(self, sql, parameters=()):
        return self.connection.execute(sql, parameters).fetchall()

    def value(self, sql, parameters=()):
        return self.connection.execute(sql, parameters).fetchone()[0]

    # Daemons.

    def daemon(self):
        daemon = Duband(self.programs.duband, write_yaml(self.folder / "duban.yaml", self.settings))
        self.daemons.append(daemon)
        return daemon

    def wait_initial(self, seconds):
        self.wait("SELECT initial_done FROM duban.intake", seconds)

    def wait(self, sql, seconds, pause=0.1):
        """Until the query's value is true, or nothing comes of it."""
        def check():
            found = self.rows(sql)
            return bool(found and found[0][0])
        daemon = self.daemons[-1]
        wait_for(check, seconds, lambda: f"{sql}\n{daemon.log_tail()}", pause)

    def close(self):
        for daemon in self.daemons:
            daemon.stop()
        if self.receiver:
            self.receiver.stop()
        self.cluster.remove()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class ReceiverProcess:
    """bench_receiver: counts, and notes when which message came."""

    def __init__(self, build, folder):
        port, self.arrivals_file = folder / "receiver.port", folder / "arrivals"
        self.process = start([build / "tests/bench/bench_receiver", "--port-file", port,
                              "--log-file", self.arrivals_file],
                             text=True, stdout=subprocess.PIPE)
        wait_for(lambda: port.exists() and port.read_text().endswith("\n"), 10, "the receiver")
        self.url = f"http://127.0.0.1:{port.read_text().strip()}/hook"

    def take_counts(self):
        """What it has received since it was last asked."""
        self.process.send_signal(signal.SIGUSR1)
        return json.loads(self.process.stdout.readline())

    def arrivals(self):
        """Message id → when it came first, in microseconds since 1970."""
        found = {}
        for line in self.arrivals_file.read_text(encoding="ascii").splitlines():
            at, message = line.split()
            found.setdefault(message, int(at))
        return found

    def stop(self):
        end(self.process)
        self.process.stdout.close()


def quantile(values, share):
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


def print_figures(bench, **figures):
    """The one line of a benchmark that bench.py gathers."""
    print(json.dumps({"bench": bench, **figures}), flush=True)
