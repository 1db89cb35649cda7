"""dubanctl migrate: what it makes, what it refuses, and that it is all or nothing."""

import json
import signal
import subprocess

import psycopg
import pytest

from harness.cluster import Cluster
from harness.processes import end, start, wait_for

PARTITION_LOCK = "SELECT pg_advisory_lock(1685414241, 1)"  # taken by the last step of a migration


class Migration:
    """dubanctl on one database."""

    def __init__(self, cluster, database, programs):
        self.cluster, self.database, self.programs = cluster, database, programs

    def argv(self, *arguments, user="postgres"):
        return [str(self.programs.dubanctl), "--dsn", self.cluster.dsn(self.database, user),
                *arguments]

    def run(self, *arguments, user="postgres"):
        return subprocess.run(self.argv(*arguments, user=user), capture_output=True, text=True,
                              stdin=subprocess.DEVNULL)

    def report(self, *arguments):
        done = self.run("--json", "migrate", *arguments)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def refused(self, user="postgres"):
        """What a migration that must fail says."""
        done = self.run("migrate", user=user)
        assert (done.returncode, done.stdout) == (1, "")
        return done.stderr

    def rows(self, sql, user="postgres"):
        with self.cluster.connect(self.database, user) as connection:
            cursor = connection.execute(sql)
            return cursor.fetchall() if cursor.description else None

    def value(self, sql):
        return self.rows(sql)[0][0]

    def has_schema(self):
        return self.value("SELECT to_regnamespace('duban') IS NOT NULL")

    def functions(self):
        return self.rows("""
            SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'duban'::regnamespace
             ORDER BY 1""")


@pytest.fixture
def migration(cluster, database, programs):
    return Migration(cluster, database, programs)


@pytest.fixture
def owner(cluster, database):
    """A database owner who may do nothing else."""
    name = f"owner_{database}"
    with cluster.connect("postgres") as connection:
        connection.execute(f'CREATE ROLE "{name}" LOGIN')
        connection.execute(f'ALTER DATABASE "{database}" OWNER TO "{name}"')
    yield name
    with cluster.connect("postgres") as connection:
        connection.execute(f'ALTER DATABASE "{database}" OWNER TO postgres')
    with cluster.connect(database) as connection:
        connection.execute(f'DROP OWNED BY "{name}" CASCADE')
        connection.execute(f'DROP ROLE "{name}"')


def test_an_empty_database_gets_everything(migration):
    report = migration.report()
    assert (report["from"], report["to"]) == (0, len(report["applied"]))
    assert report["applied"][0] == "001_state"
    today = migration.value("SELECT to_char(duban.now() AT TIME ZONE 'UTC', '_YYYYMMDD')")
    for table in "message", "attempt":
        assert migration.value(f"SELECT to_regclass('duban.{table}{today}') IS NOT NULL")


def test_a_second_time_changes_nothing(migration):
    first = migration.report()
    before = migration.rows("SELECT * FROM duban.migration"), migration.functions()
    assert migration.report() == {
        "from": first["to"], "to": first["to"], "applied": [], "waiting": [], "dry_run": False}
    assert (migration.rows("SELECT * FROM duban.migration"), migration.functions()) == before
    assert "最新" in migration.run("migrate").stdout
    assert "up to date" in migration.run("--lang", "en", "migrate").stdout


def test_a_dry_run_leaves_nothing(migration):
    assert migration.report("--dry-run")["dry_run"] is True
    assert not migration.has_schema()


def test_a_newer_schema_is_refused(migration):
    migration.report()
    migration.rows("INSERT INTO duban.migration VALUES (9999, 'later', 'x', now(), false)")
    migration.rows("CREATE FUNCTION duban.of_later() RETURNS int LANGUAGE sql AS 'SELECT 1'")
    before = migration.functions()
    assert "9999" in migration.refused()
    assert migration.functions() == before


def test_a_migration_that_was_changed_afterwards_is_refused(migration):
    migration.report()
    migration.rows("UPDATE duban.migration SET checksum = repeat('0', 64) WHERE version = 1")
    told = migration.refused()
    assert "001_state" in told and "checksum" in told


def test_functions_are_made_anew_but_the_clock_of_a_test_stays(migration):
    migration.report()
    shipped = migration.functions()
    migration.rows("""
        DROP FUNCTION duban.lead(bigint);
        CREATE FUNCTION duban.lead(bigint) RETURNS text LANGUAGE sql AS 'SELECT ''other''';
        CREATE FUNCTION duban.of_old() RETURNS int LANGUAGE sql AS 'SELECT 1';
        CREATE OR REPLACE FUNCTION duban.now() RETURNS timestamptz LANGUAGE sql STABLE
            PARALLEL SAFE AS 'SELECT timestamptz ''2026-06-03 09:00+08''';""")
    migration.report()
    assert migration.functions() == shipped
    assert migration.value("SELECT prorettype::regtype::text FROM pg_proc"
                           " WHERE oid = 'duban.lead(bigint)'::regprocedure") == "boolean"
    assert migration.value("SELECT duban.now() = '2026-06-03 01:00Z'")


def test_partitions_with_messages_outlive_a_migration(migration):
    migration.report()
    migration.rows("SELECT duban.maintain_partitions(duban.now() - interval '300 days', 0, 400)")
    count = migration.value("SELECT count(*) FROM pg_inherits")
    migration.report()
    assert migration.value("SELECT count(*) FROM pg_inherits") == count


def test_killed_in_the_middle_it_leaves_nothing(migration):
    with migration.cluster.connect(migration.database) as holder:
        holder.execute(PARTITION_LOCK)
        process = start(migration.argv("migrate"), stdout=subprocess.PIPE)
        wait_for(lambda: migration.value("SELECT count(*) FROM pg_locks WHERE NOT granted"), 20,
                 "the migration waits in its last step")
        assert end(process, signal.SIGKILL) == -signal.SIGKILL
        process.stdout.close()
    wait_for(lambda: not migration.value("""
        SELECT count(*) FROM pg_stat_activity WHERE application_name = 'dubanctl'
           AND datname = current_database()"""), 20, "the server notices")
    assert not migration.has_schema()
    assert migration.report()["from"] == 0


def test_two_at_once_follow_each_other(migration):
    with migration.cluster.connect(migration.database) as holder:
        holder.execute(PARTITION_LOCK)
        processes = [start(migration.argv("--json", "migrate"), stdout=subprocess.PIPE, text=True)
                     for _ in range(2)]
        wait_for(lambda: migration.value("SELECT count(*) FROM pg_locks WHERE NOT granted") == 2,
                 20, "both wait")
    reports = [json.loads(process.communicate(timeout=60)[0]) for process in processes]
    newest = reports[0]["to"]
    assert sorted(report["from"] for report in reports) == [0, newest]


def test_the_owner_of_the_database_is_enough(migration, owner):
    with migration.cluster.connect("postgres") as connection:
        for role in "duban_daemon", "duban_read":
            connection.execute(f"DO $$ BEGIN CREATE ROLE {role}; EXCEPTION"
                               " WHEN duplicate_object THEN NULL; END $$")
    done = migration.run("migrate", user=owner)
    assert done.returncode == 0, done.stderr
    # A superuser who migrates later doesn't become the owner of anything.
    migration.report()
    assert migration.rows("""
        SELECT DISTINCT pg_get_userbyid(proowner) FROM pg_proc
         WHERE pronamespace = 'duban'::regnamespace
        UNION SELECT pg_get_userbyid(relowner) FROM pg_class
         WHERE relnamespace = 'duban'::regnamespace""") == [(owner,)]


def test_missing_roles_are_named_with_their_remedy(programs):
    # A server of its own: roles are the whole server's.
    with Cluster() as cluster:
        with cluster.connect("postgres") as connection:
            connection.execute("CREATE ROLE clerk LOGIN")
            connection.execute("CREATE DATABASE centre OWNER clerk")
        told = Migration(cluster, "centre", programs).refused(user="clerk")
    assert "CREATE ROLE duban_daemon; CREATE ROLE duban_read;" in told


def test_a_server_out_of_reach_is_said(programs, tmp_path):
    done = subprocess.run([programs.dubanctl, "--dsn", f"host={tmp_path}", "migrate"],
                          capture_output=True, text=True)
    assert done.returncode == 1 and str(tmp_path) in done.stderr


@pytest.mark.parametrize("arguments", [["migrate", "extra"], ["migrate", "--force"], ["migrat"],
                                       [], ["--lang", "fr", "migrate"]])
def test_wrong_usage_exits_with_2(programs, arguments):
    done = subprocess.run([programs.dubanctl, *arguments], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "") and done.stderr


# Least rights.

@pytest.fixture
def as_role(cluster, template):
    """Runs a statement as one of the roles, in a migrated database."""
    name = cluster.create_database(template)

    def run(role, sql):
        with cluster.connect(name, role) as connection:
            cursor = connection.execute(sql)
            return cursor.fetchall() if cursor.description else None

    yield run
    cluster.drop_database(name)


@pytest.mark.parametrize("role,sql", [
    ("duban_daemon", "UPDATE duban.event SET told = 'x'"),
    ("duban_daemon", "DELETE FROM duban.event"),
    ("duban_daemon", "TRUNCATE duban.event"),
    ("duban_daemon", "UPDATE duban.message SET body = 'x'"),
    ("duban_daemon", "DELETE FROM duban.attempt"),
    ("duban_daemon", "DELETE FROM duban.clock"),
    ("duban_daemon", "INSERT INTO duban.contact VALUES ('a', 'sms', '1')"),
    ("duban_daemon", "UPDATE duban.migration SET checksum = ''"),
    ("duban_daemon", "CREATE TABLE duban.own (a int)"),
    ("duban_read", "SELECT address FROM duban.contact"),
    ("duban_read", "SELECT address FROM duban.notification"),
    ("duban_read", "SELECT address FROM duban.message"),
    ("duban_read", "SELECT body FROM duban.message"),
    ("duban_read", "SELECT address FROM duban.endpoint"),
    ("duban_read", "INSERT INTO duban.node (name) VALUES ('x')"),
    ("duban_read", "SELECT duban.maintain_partitions(now(), 1, 1)"),
])
def test_rights_end_there(as_role, role, sql):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_role(role, sql)


@pytest.mark.parametrize("role,sql", [
    ("duban_daemon", "INSERT INTO duban.event (case_no, clock, kind, deadline_version, sequence,"
     " event_at, recorded_at, level, rank, window_code, department_code, item_code, told)"
     " VALUES ('', '', 'k', 1, 0, now(), now(), 'normal', 0, '', '', '', 'yes')"),
    ("duban_daemon", "SELECT * FROM duban.contact"),
    ("duban_daemon", "SELECT duban.maintain_partitions(now(), 1, 400)"),
    ("duban_read", "SELECT * FROM duban.event"),
    ("duban_read", "SELECT duban.status(20)"),
])
def test_rights_reach_so_far(as_role, role, sql):
    as_role(role, sql)
