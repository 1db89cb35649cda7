"""A rolling upgrade: the schema is widened under daemons at work, they are replaced one by one, and
what only the former ones needed is taken away when none is left.

The release after this one is made from tests/upgrade: its programs have two more migrations.
"""

import json
import subprocess

import pytest

from harness.scene import LONG_S, Scene

EXPANDED, CONTRACTED = 900, 901
CONTRACT = "901_contract_region"


class Release:
    """The next release's programs."""

    def __init__(self, world):
        self.world = world
        folder = world.programs.build / "tests/upgrade"
        self.duband, self.dubanctl = folder / "duband-next", folder / "dubanctl-next"

    def command(self, *arguments):
        return [str(self.dubanctl), "--config", str(self.world.owner_config), *arguments]

    def start_migration(self):
        return subprocess.Popen(self.command("--json", "migrate"), text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)

    def migrate(self, *arguments):
        """Its report; AssertionError with what it says when it fails."""
        done = subprocess.run(self.command("--json", "migrate", *arguments), capture_output=True,
                              text=True, stdin=subprocess.DEVNULL)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def refusal(self, *arguments):
        done = subprocess.run(self.command("migrate", *arguments), capture_output=True, text=True,
                              stdin=subprocess.DEVNULL)
        assert done.returncode == 1, done.stdout
        return done.stderr

    def status(self):
        return json.loads(subprocess.run(self.command("--json", "status"), capture_output=True,
                                         text=True, check=True).stdout)

    def daemon(self):
        """Not started yet."""
        daemon = self.world.daemon()
        daemon.binary = self.duband
        return daemon


@pytest.fixture
def release(world):
    return Release(world)


def has(world, table):
    return world.value("SELECT to_regclass(%s) IS NOT NULL", (table,))


def regions(world):
    """Of red clocks: whether what was kept for former programs has filled theirs."""
    return {row[0] for row in world.rows("SELECT region = 'region of ' || department_code"
                                         " FROM duban.clock WHERE level = 'red'")}


def lost(daemon):
    """What a daemon said of its connections to the state."""
    return [line for line in daemon.log if "not connected" in line]


def test_an_upgrade_while_daemons_work(world, release):
    scene = Scene(world, 60)
    first, second = scene.start(2)
    known = world.value("SELECT max(version) FROM duban.migration")
    world.gateway.faults.add("delay", seconds=0.05, times=None)

    # Expand. Levels are raised and messages sent all the time.
    at = 80
    for turn in range(4):  # functions are made anew each time
        migration = release.start_migration()
        while migration.poll() is None:
            at = min(at + 1, 220)
            scene.to(at)
        told, said = migration.communicate()
        assert migration.returncode == 0, said
        report = json.loads(told)
        assert (report["from"], report["to"]) == (EXPANDED if turn else known, EXPANDED)
        assert report["waiting"] == [CONTRACT]
    world.wait_for(lambda: len(world.rows("SELECT DISTINCT node FROM duban.takeover")) == 2, LONG_S,
                   "the former daemons call a function that has one parameter more")
    world.wait_for(lambda: True in regions(world), LONG_S, "what they write is completed for them")
    assert not lost(first) + lost(second)
    assert world.status()["schema"] == {"database": EXPANDED, "program": known}

    # The daemons are replaced, the leader first.
    assert CONTRACT in (said := release.refusal("--contract")) and f"/{first.pid}" in said, said
    assert first.term(60) == 0
    second.wait_log("this daemon leads", LONG_S)
    new = release.daemon().start()
    new.wait_log("joined", LONG_S)
    scene.to(at + 20)
    said = release.refusal("--contract")
    assert f"/{second.pid}" in said and f"/{first.pid}" not in said and f"/{new.pid}" not in said
    assert has(world, "duban.region_former")
    assert second.term(60) == 0
    new.wait_log("this daemon leads", LONG_S)
    newer = release.daemon().start()
    newer.wait_log("joined", LONG_S)

    # Contract.
    assert release.migrate("--contract") == {
        "from": EXPANDED, "to": CONTRACTED, "applied": [CONTRACT], "waiting": [], "dry_run": False}
    assert not has(world, "duban.region_former")
    taken = world.value("SELECT count(*) FROM duban.takeover")
    world.wait_for(lambda: world.value("SELECT count(*) FROM duban.takeover") > taken, LONG_S,
                   "the new ones call the new function")
    world.gateway.faults.clear()
    scene.to(330)
    scene.settle()
    assert world.count_events("yellow") == world.count_events("red") == 60
    scene.check()
    assert not lost(new) + lost(newer)

    # A former one that comes back is told, and waits.
    first.start()
    first.wait_log("install the newer release", LONG_S)
    assert not first.log_has("registered") and sum("joined" in line for line in first.log) == 1
    assert {node["name"].rpartition("/")[2] for node in release.status()["nodes"]
            if node["alive"]} == {str(new.pid), str(newer.pid)}


def test_a_new_daemon_waits_for_its_schema(world, release):
    """It goes on by itself when the migration is there; the former one works meanwhile."""
    scene = Scene(world, 20)
    [former] = scene.start()
    new = release.daemon().start()
    new.wait_log("run dubanctl migrate", LONG_S)
    scene.to(200)
    world.wait_for(lambda: world.count_events("yellow") > 0, LONG_S, "levels are raised")
    assert not new.log_has("joined")
    release.migrate()
    new.wait_log("joined", LONG_S)
    assert former.term(60) == 0
    new.wait_log("this daemon leads", LONG_S)
    scene.to(330)
    scene.settle()
    assert world.count_events("red") == 20
    scene.check()


def test_a_new_database_gets_all_steps_at_once(cluster, database, programs, tmp_path):
    done = subprocess.run([programs.build / "tests/upgrade/dubanctl-next", "--dsn",
                           cluster.dsn(database), "--json", "migrate"],
                          capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["to"] == CONTRACTED and report["waiting"] == []
    with cluster.connect(database) as connection:
        assert connection.execute("""
            SELECT oid::regprocedure::text FROM pg_proc WHERE proname = 'reap'
               AND pronamespace = 'duban'::regnamespace""").fetchall() == [
                   ("duban.reap(bigint,boolean)",)]


def test_a_contract_step_is_tried_and_taken_back(world, release):
    release.migrate()
    assert release.migrate("--contract", "--dry-run")["applied"] == [CONTRACT]
    assert has(world, "duban.region_former")


def test_whoever_holds_a_table_is_waited_for(cluster, world, release):
    """And named as the reason when it doesn't end; the schema stays as it was."""
    with cluster.connect(world.database) as holder:
        holder.execute("BEGIN; LOCK TABLE duban.clock IN ACCESS SHARE MODE")
        migration = release.start_migration()
        world.wait_for(lambda: "lock timeout" in cluster.log_tail(200), LONG_S, "it has let go")
        holder.execute("COMMIT")
        told, said = migration.communicate(timeout=LONG_S)
    assert migration.returncode == 0, said
    assert json.loads(told)["to"] == EXPANDED
