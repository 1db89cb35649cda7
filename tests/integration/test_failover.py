"""Several daemons and several databases: one of them dies, hangs, or is not what it was."""

import os
import signal
from datetime import timedelta

import pytest

from harness import pooler as pooler_module
from harness.centre import ROOT, make_directory
from harness.cluster import Cluster
from harness.cut import Network, why_not_here
from harness.processes import wait_for
from harness.replica import Pair
from harness.scene import LONG_S, START, Scene
from harness.world import World, install

@pytest.fixture
def pair(programs, tmp_path):
    with Pair() as made:
        database = made.create_database()
        install(made, database, programs, tmp_path / "install")
        made.attach()
        made.database = database
        yield made


@pytest.fixture
def twins(pair, programs, tmp_path):
    """A centre on a primary and its standby."""
    made = World(pair, pair.database, programs, tmp_path)
    try:
        made.import_directory()
        yield made
    finally:
        made.close()


# --- the primary dies ---

def test_the_primary_is_killed_and_its_standby_promoted(twins, pair):
    """Nothing that was acknowledged is lost, no level is raised twice, no short message sent
    twice: two daemons find the new primary by themselves."""
    scene = Scene(twins, 60)
    daemons = scene.start(2)
    twins.gateway.faults.add("delay", seconds=0.2, times=None)
    for second in range(80, 200, 5):
        scene.to(second)
    twins.wait_for(lambda: len(twins.gateway.messages) > 10, LONG_S, "messages are being sent")
    assert twins.queued() > 0
    recorded = set(twins.rows("SELECT case_no, clock, kind, deadline_version FROM duban.event"))

    pair.kill_primary()
    pair.promote()
    scene.reconnect(pair.standby)
    assert recorded <= set(twins.rows("SELECT case_no, clock, kind, deadline_version"
                                      " FROM duban.event"))
    for second in range(200, 320, 5):
        scene.to(second)
    twins.gateway.faults.clear()
    scene.settle()

    scene.check()
    assert twins.count_events("yellow") == twins.count_events("red") == 60
    # Red is for four; each has a message, or the reason why there is none.
    assert twins.value("SELECT count(*) FROM duban.notification n JOIN duban.event e"
                       " ON e.id = n.event WHERE e.kind = 'red'") == 4 * 60
    assert not twins.rows("SELECT * FROM duban.notification"
                          " WHERE message IS NULL AND coalesce(outcome, '') = ''")
    assert all(daemon.is_running() for daemon in daemons)


# --- the primary is one no more, and still answers ---

def test_a_primary_that_takes_no_writes_any_more_is_left(twins, pair):
    """It was demoted by a setting; the standby is promoted beside it."""
    scene = Scene(twins, 20)
    [daemon] = scene.start()
    scene.to(150)
    with pair.primary.connect("postgres") as old:
        old.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        old.execute("SELECT pg_reload_conf()")
        daemon.wait_log("takes no writes", LONG_S)
        pair.promote()
        scene.reconnect(pair.standby)
        scene.to(320)
        twins.wait_for(lambda: twins.count_events("red") == 20, LONG_S, "levels are raised")
        scene.settle()
        scene.check()
        wait_for(lambda: not sessions(old), LONG_S, lambda: f"it is left: {sessions(old)}")


def sessions(connection):
    """Which of duband's connections are on this server."""
    return connection.execute("""SELECT application_name FROM pg_stat_activity
                                  WHERE application_name LIKE 'duband %'""").fetchall()


def test_a_former_primary_that_answers_as_one_is_left(twins, pair):
    """It comes back and takes writes; whoever has met its successor doesn't go there."""
    scene = Scene(twins, 20)
    [daemon] = scene.start()
    scene.to(150)
    pair.kill_primary()
    pair.promote()
    scene.reconnect(pair.standby)
    scene.to(200)
    daemon.wait_for(lambda: daemon.log.count("<6>queue: connected") == 2, LONG_S, "it goes on")
    pair.primary.configure(synchronous_standby_names="", log_connections="on")
    pair.primary.start()
    with pair.primary.connect(twins.database) as old:
        before = old.execute("SELECT count(*) FROM duban.event").fetchone()
        end_sessions(pair.standby)
        wait_for(lambda: "authorized: user=duban_daemon" in pair.primary.log.read_text(), LONG_S,
                 "it tries the old one, which is the first in its DSN")
        wait_for(lambda: len(sessions(twins.connection)) == 4, LONG_S, "all are on the new one")
        scene.to(320)
        scene.settle()
        assert old.execute("SELECT count(*) FROM duban.event").fetchone() == before
        assert not sessions(old)
    assert twins.count_events("red") == 20
    scene.check()


def end_sessions(cluster):
    with cluster.connect("postgres") as connection:
        connection.execute("""SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                               WHERE application_name LIKE 'duband %'""")


# --- packets vanish ---

@pytest.fixture
def network():
    if why := why_not_here():
        pytest.skip(why)
    with Network() as made:
        yield made


@pytest.fixture
def distant(network, programs, tmp_path):
    """A centre whose database is on another host; the test itself is on its socket."""
    with Cluster(before=network.inside, settings={"listen_addresses": network.address}) as cluster:
        with (cluster.data / "pg_hba.conf").open("a", encoding="ascii") as file:
            file.write(f"host all all {network.own}/32 trust\n")
        cluster.reload()
        database = cluster.create_database()
        install(cluster, database, programs, tmp_path / "install")
        made = World(cluster, database, programs, tmp_path)
        for part, user in (("state", "duban_daemon"), ("source", "duban_source")):
            made.settings[part]["dsn"] = f"host={network.address} dbname={database} user={user}"
        try:
            made.import_directory()
            yield made
        finally:
            made.close()


@pytest.mark.parametrize("busy", [False, True], ids=["quiet", "busy"])
def test_a_half_open_connection_is_noticed(distant, network, busy):
    """Also while the server works on a query. When packets come through again all goes on, and
    the session that lingers on the server doesn't keep the leadership."""
    scene = Scene(distant, 20)
    [daemon] = scene.start()
    with distant.cluster.connect(distant.database) as blocker:
        if busy:  # every stage that writes
            blocker.execute("BEGIN; LOCK TABLE duban.node, duban.clock")
            distant.wait_for(lambda: blocker.execute("SELECT count(*) FROM pg_locks"
                                                     " WHERE NOT granted").fetchone()[0] > 0,
                             LONG_S, "somebody waits")
        with network.cut():
            for name in ("state", "queue", "source"):
                daemon.wait_log(f"{name}: not connected", LONG_S)
    scene.to(320)
    scene.settle()
    assert distant.count_events("red") == 20
    assert sum("this daemon leads" in line for line in daemon.log) == 2
    scene.check()


# --- the leader hangs ---

def test_a_hung_leader_is_replaced_and_does_no_harm_when_it_goes_on(world):
    scene = Scene(world, 40)
    first, second = scene.start(2)
    world.gateway.faults.add("delay", seconds=0.2, times=None)
    for at in range(100, 180, 5):
        scene.to(at)
    world.wait_for(lambda: len(world.gateway.messages) > 5, LONG_S, "messages are being sent")

    os.kill(first.pid, signal.SIGSTOP)
    try:
        second.wait_log("this daemon leads", LONG_S)
        assert not second.log_has("stands by")
        scene.to(320)
        second.wait_for(lambda: world.count_events("red") == 40, LONG_S, "the second escalates")
    finally:
        os.kill(first.pid, signal.SIGCONT)
    first.wait_log("leadership lost", LONG_S)
    world.gateway.faults.clear()
    scene.settle()
    scene.check()
    assert sum(line.count("this daemon leads") for line in first.log + second.log) == 2


# --- another configuration ---

def tell_administrators(world):
    """Where an administrator is told of alarms."""
    directory = make_directory(world.connection, world.receiver.url)
    directory["entries"].append({"code": "ADMIN", "kind": "admin", "name": "管理员",
                                 "contacts": {"hook": f"{world.receiver.url}/admin"}})
    world.import_directory(directory)
    world.settings["alarms"] = {"channels": ["hook"], "cache": str(world.folder / "contacts")}
    world.settings["daemon"]["poll"] = "50ms"


def alarms(world):
    return [webhook["body"]["type"] for webhook in world.receiver.webhooks
            if webhook["path"] == "/admin"]


def change_setting(world):
    world.settings["daemon"]["batch"] = 77


def change_calendar(world):
    with open(world.settings["calendars"]["cn"], "a", encoding="utf-8") as file:
        file.write("  - {name: 地方假日, date: 2026-12-01}\n")


@pytest.mark.parametrize("change", [change_setting, change_calendar])
def test_a_daemon_of_another_configuration_stands_by(world, change):
    """It neither leads nor sends, and the administrators hear of it, until it is as the leader."""
    calendar = world.folder / "cn.yaml"
    lines = (ROOT / "etc/calendars/cn.yaml").read_text(encoding="utf-8").rstrip("\n") + "\n"
    calendar.write_text(lines, encoding="utf-8")
    world.settings["calendars"]["cn"] = str(calendar)
    tell_administrators(world)
    scene = Scene(world, 20)
    [first] = scene.start()
    change(world)
    [second] = scene.start()
    second.wait_log("stands by: its configuration", LONG_S)
    assert not first.log_has("stands by")
    world.wait_for(lambda: alarms(world) == ["duban.alarm"], LONG_S, "the alarm is told")
    scene.to(320)
    scene.settle()
    assert world.rows("SELECT DISTINCT node FROM duban.attempt") == world.rows(
        "SELECT id FROM duban.node WHERE leader")

    first.hup()  # now it has the same
    second.wait_log("stands by no more", LONG_S)
    world.wait_for(lambda: alarms(world) == ["duban.alarm", "duban.alarm_over"], LONG_S,
                   "its end is told")
    assert not second.log_has("this daemon leads")
    scene.check()


def test_a_daemon_that_stands_by_leads_when_no_other_is_left(world):
    """Better another configuration than none; the former one is then the other."""
    scene = Scene(world, 20)
    [first] = scene.start()
    world.write_config()
    before = world.config.read_bytes()
    change_setting(world)
    [second] = scene.start()
    second.wait_log("stands by: its configuration", LONG_S)
    first.kill9()
    scene.to(320)
    second.wait_log("this daemon leads", LONG_S)
    world.config.write_bytes(before)
    first.start()
    first.wait_log("stands by: its configuration", LONG_S)
    scene.settle()
    scene.check()
    assert sum("this daemon leads" in line for line in first.log) == 1


# --- source and state on different servers ---

class Split:
    """The approval system's statements go to its server, all others to duban's own."""

    def __init__(self, state, source):
        self.state, self.source = state, source

    def execute(self, sql, parameters=()):
        return (self.source if "approval" in sql else self.state).execute(sql, parameters)

    def close(self):
        self.state.close()
        self.source.close()


@pytest.fixture
def apart(programs, tmp_path):
    """A centre with two servers: `servers` by what they are for."""
    with Cluster() as state, Cluster() as source:
        servers = {"state": state, "source": source}
        for cluster in servers.values():
            install(cluster, cluster.create_database(name="centre"), programs, tmp_path / "install")
        made = World(state, "centre", programs, tmp_path)
        made.servers = servers
        made.connection = Split(made.connection, source.connect("centre"))
        made.settings["source"]["dsn"] = source.dsn("centre", "duban_source")
        try:
            made.import_directory()
            yield made
        finally:
            made.close()


def test_the_source_crashes_while_the_state_is_there(apart):
    """Nothing is raised by what was true once; what is in the queue still goes out."""
    scene = Scene(apart, 20)
    [daemon] = scene.start()
    apart.servers["source"].stop_immediate()
    daemon.wait_log("source: not connected", LONG_S)
    apart.connection.state.execute("UPDATE public.test_time SET at = %s",
                                   (START + timedelta(seconds=320),))
    beats = "SELECT max(heartbeat_at) FROM duban.node WHERE leader"
    apart.wait_for(lambda: apart.value(beats) == START + timedelta(seconds=320), LONG_S,
                   "the leader has heard what time it is")
    assert apart.count_events("red") == 0
    assert not daemon.log_has("leadership lost")

    apart.servers["source"].start()
    apart.connection.source = apart.servers["source"].connect("centre")
    scene.to(320)
    scene.settle()
    assert apart.count_events("red") == 20
    scene.check()


def test_the_state_crashes_while_the_source_is_there(apart):
    """The approval system's people work on; what they did meanwhile is found."""
    scene = Scene(apart, 20)
    [daemon] = scene.start()
    scene.to(150)
    apart.servers["state"].stop_immediate()
    daemon.wait_log("state: not connected", LONG_S)
    daemon.wait_log("leadership lost", LONG_S)
    assert not daemon.log_has("source: not connected")
    scene.life.add_running(10, 60, 100)

    apart.servers["state"].start()
    apart.connection.state = apart.servers["state"].connect("centre")
    for second in range(160, 330, 10):
        scene.to(second)
    scene.settle()
    assert apart.count_events("red") == 30
    scene.check()


# --- a pooler in between ---

@pytest.fixture(params=["transaction", "session"])
def pooler(cluster, request):
    if why := pooler_module.why_not_here():
        pytest.skip(why)
    with pooler_module.Pooler(cluster, request.param) as made:
        yield made


def test_a_pooler_before_the_state_is_refused(world, pooler):
    """It would let go of the locks that daemons know each other by; so it is said at once."""
    world.settings["state"]["dsn"] = pooler.dsn(world.database, "duban_daemon")
    daemon = world.daemon().start()
    for name in ("state", "queue"):
        daemon.wait_log(f'{name}: not connected error="a connection pooler stands in between', LONG_S)
    assert not world.rows("SELECT * FROM duban.node")


def test_a_pooler_before_the_source_does_no_harm(world, pooler):
    world.settings["source"]["dsn"] = pooler.dsn(world.database, "duban_source")
    scene = Scene(world, 20)
    scene.start()
    scene.to(320)
    scene.settle()
    assert world.count_events("red") == 20
    scene.check()
