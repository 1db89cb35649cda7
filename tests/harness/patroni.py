"""PostgreSQL under Patroni, as docs/operations.md recommends it: two servers, and etcd to decide.

    with Patronis() as patronis:
        install(patronis, patronis.create_database(), …)
        patronis.kill_leader()             # Patroni and PostgreSQL, as a machine that loses its power
        patronis.wait_leader()             # the other one was promoted
        patronis.bring_back()
        patronis.switch_over()

It serves a World as a Cluster does: its DSN has both hosts. All of it runs on loopback, as a user
without rights, with the settings that Patroni ships but for shorter pauses.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

import psycopg

from harness.centre import write_yaml
from harness.cluster import find_programs
from harness.processes import end, run, start, unprivileged_user, wait_for

PROGRAMS = ("patroni", "patronictl", "etcd")
SCOPE = "duban"
LONG_S = 180


def why_not_here():
    """Why there can be none; None when there can."""
    missing = [program for program in PROGRAMS if not shutil.which(program)]
    if missing:
        return (f"{', '.join(missing)}: not installed (patroni, python3-etcd, etcd-server;"
                " keep etcd's own service from starting)")
    done = subprocess.run(["patroni", "--version"], capture_output=True, text=True)
    return None if done.returncode == 0 else f"patroni doesn't run: {done.stderr.strip()[-200:]}"


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Process:
    """A server with a log in the folder."""

    def __init__(self, patronis, name, argv):
        self.patronis, self.name, self.argv = patronis, name, argv
        self.log = patronis.folder / f"{name}.log"
        self.process = None

    def start(self):
        with self.log.open("ab") as log:
            self.process = start(self.argv, self.patronis.user, stdout=log, stderr=log,
                                 cwd=self.patronis.folder)

    def stop(self):
        if self.process:
            end(self.process, signal.SIGTERM, 60)
            self.process = None

    def log_tail(self, lines=30):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


class Etcd(Process):
    def __init__(self, patronis):
        client, peer = (f"http://127.0.0.1:{port}" for port in free_ports(2))
        self.endpoint = client.removeprefix("http://")
        super().__init__(patronis, "etcd", [
            shutil.which("etcd"), "--name", "etcd1", "--data-dir", patronis.folder / "etcd",
            "--listen-client-urls", client, "--advertise-client-urls", client,
            "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
            "--initial-cluster", f"etcd1={peer}", "--unsafe-no-fsync", "--log-level", "warn"])


class Node(Process):
    """One Patroni and its PostgreSQL."""

    def __init__(self, patronis, number):
        name = f"node{number}"
        self.port, self.rest = free_ports(2)
        self.data = patronis.folder / name
        self.config = write_yaml(patronis.folder / f"{name}.yaml", self._settings(patronis, name))
        super().__init__(patronis, name, [shutil.which("patroni"), self.config])

    def _settings(self, patronis, name):
        return {
            "scope": SCOPE, "name": name,
            "etcd3": {"hosts": patronis.etcd.endpoint},
            "restapi": {"listen": f"127.0.0.1:{self.rest}",
                        "connect_address": f"127.0.0.1:{self.rest}"},
            "bootstrap": {
                "dcs": {"ttl": 20, "loop_wait": 1, "retry_timeout": 5, "synchronous_mode": True,
                        "postgresql": {"use_pg_rewind": True, "use_slots": True}},
                "initdb": [{"encoding": "UTF8"}, {"locale": "C.UTF-8"}, "data-checksums",
                           "no-sync"],
            },
            "postgresql": {
                "listen": f"127.0.0.1:{self.port}", "connect_address": f"127.0.0.1:{self.port}",
                "data_dir": str(self.data), "bin_dir": str(find_programs()),
                "pgpass": str(patronis.folder / f"{name}.pgpass"),
                "authentication": {"superuser": {"username": "postgres", "password": "s"},
                                   "replication": {"username": "replicator", "password": "r"},
                                   "rewind": {"username": "rewinder", "password": "w"}},
                "pg_hba": ["host all all 127.0.0.1/32 trust",
                           "host replication all 127.0.0.1/32 trust"],
                "parameters": {"unix_socket_directories": "", "fsync": "off", "timezone": "UTC",
                               "log_timezone": "UTC", "max_connections": 100},
            },
            "watchdog": {"mode": "off"},
        }

    def kill(self):
        """Patroni first, or it would start its PostgreSQL again."""
        postmaster = int((self.data / "postmaster.pid").read_text().splitlines()[0])
        end(self.process, signal.SIGKILL)
        self.process = None
        os.kill(postmaster, signal.SIGKILL)


class Patronis:
    def __init__(self):
        self.programs, self.user = find_programs(), unprivileged_user()
        self.folder = Path(tempfile.mkdtemp(prefix="duban-patroni-", dir="/tmp"))
        if self.user:
            os.chown(self.folder, self.user.pw_uid, self.user.pw_gid)
        self.etcd, self.nodes = Etcd(self), []
        try:
            self.etcd.start()
            for number in (1, 2):
                self.nodes.append(Node(self, number))
                if self.user:
                    os.chown(self.nodes[-1].config, self.user.pw_uid, self.user.pw_gid)
                self.nodes[-1].start()
                self.wait_leader()
            self.wait_in_step()
        except BaseException:
            self.remove()
            raise

    def remove(self):
        """The standby first: a leader waits for it when it stops."""
        for node in reversed(self.nodes):
            node.stop()
        self.etcd.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()

    def say(self):
        return "\n".join(f"{one.name}:\n{one.log_tail()}" for one in [self.etcd, *self.nodes])

    # Who leads.

    def members(self):
        """Name → role and state, as patronictl lists them."""
        told = run([shutil.which("patronictl"), "-c", self.nodes[0].config, "list", "-f", "json"])
        return {row["Member"]: (row["Role"], row["State"]) for row in json.loads(told)}

    def leader(self):
        """The node that takes writes, after the clients' fashion; None when there is none."""
        try:
            with self.connect("postgres") as connection:
                port = int(connection.execute("SHOW port").fetchone()[0])
        except psycopg.OperationalError:
            return None
        return next(node for node in self.nodes if node.port == port)

    def wait_leader(self, other_than=None):
        def there():
            found = self.leader()
            return found if found is not other_than else None
        return wait_for(there, LONG_S, lambda: f"a server leads\n{self.say()}", pause=0.1)

    def wait_in_step(self):
        """Until commits wait for the standby, and Patroni would promote it."""
        wait_for(lambda: ("Sync Standby", "running") in self.members().values(), LONG_S,
                 lambda: f"the standby follows: {self.members()}\n{self.say()}", pause=0.5)

    def kill_leader(self):
        """The node that was killed."""
        dead = self.leader()
        dead.kill()
        return dead

    def switch_over(self):
        """As planned: the standby leads, the leader follows. The new leader."""
        old = self.leader()
        [new] = [node for node in self.nodes if node is not old]
        told = run([shutil.which("patronictl"), "-c", old.config, "switchover", SCOPE, "--master",
                    old.name, "--candidate", new.name, "--force"])
        assert "Successfully switched over" in told, told  # its exit status is 0 in any case
        assert self.wait_leader(old) is new
        return new

    # As a Cluster.

    def dsn(self, database, user="postgres"):
        ports = ",".join(str(node.port) for node in self.nodes)
        hosts = ",".join("127.0.0.1" for _ in self.nodes)
        return f"host={hosts} port={ports} dbname={database} user={user}"

    def connect(self, database, user="postgres"):
        return psycopg.connect(self.dsn(database, user), autocommit=True, connect_timeout=10,
                               target_session_attrs="read-write")

    def create_database(self):
        with self.connect("postgres") as connection:
            connection.execute("CREATE DATABASE centre")
        return "centre"

    def load(self, database, file):
        run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "--single-transaction",
             "-d", self.dsn(database) + " target_session_attrs=read-write", "-f", file],
            env={**os.environ, "PGOPTIONS": "-c client_min_messages=warning"})
