"""A PgBouncer of one's own, on a Unix socket, in front of a cluster."""

import shutil
import subprocess

from harness.processes import end, start, wait_for

PROGRAM = "/usr/sbin/pgbouncer"
PORT = 6432
SETTINGS = """
[databases]
* = host={cluster} port=5432

[pgbouncer]
unix_socket_dir = {cluster}
listen_port = {port}
auth_type = trust
auth_file = {users}
pool_mode = {mode}
logfile = {cluster}/pgbouncer.log
"""


def why_not_here():
    return None if shutil.which(PROGRAM) else "PgBouncer is not installed (pgbouncer)"


class Pooler:
    """Its files and its socket are in the cluster's folder."""

    def __init__(self, cluster, mode):
        self.cluster = cluster
        users = cluster.folder / "pooler-users"
        users.write_text('"duban_daemon" ""\n"duban_source" ""\n"postgres" ""\n', encoding="ascii")
        config = cluster.folder / "pgbouncer.ini"
        config.write_text(SETTINGS.format(cluster=cluster.folder, port=PORT, users=users, mode=mode),
                          encoding="ascii")
        self.process = start([PROGRAM, "-q", config], cluster.user, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL, cwd=cluster.folder)
        wait_for(lambda: (cluster.folder / f".s.PGSQL.{PORT}").exists(), 60, "PgBouncer listens")

    def dsn(self, database, user):
        return f"host={self.cluster.folder} port={PORT} dbname={database} user={user}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        end(self.process)
