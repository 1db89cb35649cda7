"""A throw-away PostgreSQL cluster: private, on a Unix socket, gone afterwards."""

import os
import pathlib
import shutil
import subprocess
import tempfile

import psycopg

SERVER_USER = "postgres"


def server_programs():
    """The newest installed server's program directory."""
    homes = pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb")
    return max(homes, key=lambda path: int(path.parts[-3])).parent


class Cluster:
    """Owns one server process and its directory; no durability, no network."""

    def __init__(self):
        self.programs = server_programs()
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="duban-pg-"))
        self.home.chmod(0o755)
        if os.geteuid() == 0:
            shutil.chown(self.home, SERVER_USER)

    def _server(self, program, *arguments):
        # PostgreSQL refuses to run as root.
        drop = []
        if os.geteuid() == 0:
            drop = ["setpriv", f"--reuid={SERVER_USER}", f"--regid={SERVER_USER}", "--clear-groups"]
        subprocess.run([*drop, self.programs / program, "-D", self.home / "data", *arguments],
                       check=True, cwd="/", stdout=subprocess.DEVNULL)

    def start(self):
        self._server("initdb", "--auth=trust", f"--username={SERVER_USER}", "--encoding=UTF8",
                     "--locale=C.UTF-8", "--no-sync")
        options = (f"-c listen_addresses='' -c unix_socket_directories={self.home} -c fsync=off "
                   "-c synchronous_commit=off -c full_page_writes=off -c jit=off")
        self._server("pg_ctl", "-w", "-l", self.home / "log", "-o", options, "start")

    def stop(self):
        try:
            self._server("pg_ctl", "-w", "-m", "immediate", "stop")
        finally:
            shutil.rmtree(self.home)

    def connect(self, database, user=SERVER_USER):
        return psycopg.connect(host=str(self.home), dbname=database, user=user, autocommit=True)

    def load(self, database, script):
        """Runs a psql script; any error in it is an error."""
        subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", self.home,
                        "-U", SERVER_USER, "-d", database, "-f", script],
                       check=True, capture_output=True, text=True)
