"""duband is killed a hundred times, PostgreSQL crashes, gateway and receiver go and come back.

At the end nothing is missing and nothing has happened twice. The plan comes from a fixed seed;
what a kill hits is up to the machine.
"""

import random
import signal
import time

import pytest

from harness.account import Account
from harness.chaos import check_notifications, hasten
from harness.cluster import Cluster
from harness.life import Life
from harness.world import World, install

KILLS = 105
SEED = 20260601
# At so many kills PostgreSQL crashes, and comes back some kills later.
DATABASE_CRASHES = {12: 1, 27: 3, 44: 1, 61: 2, 78: 3, 96: 1}
# How long gateway and receiver stay away, in kills.
AWAY = {"gateway": {18: 4, 52: 3, 85: 5}, "receiver": {22: 5, 56: 4, 82: 6}}
# What is waited for before the dice say how much longer a daemon lives: nothing, a line of its
# log, or something sent.
PROGRESS = (None, "joined", "this daemon leads", "escalated", "traffic", "traffic")
FAULTS = [  # what goes wrong now and then while they are there
    ("gateway", "reset", {"taken": True, "rate": 0.02}),
    ("gateway", "reset", {"taken": False, "rate": 0.02}),
    ("gateway", "status", {"status": 503, "body": "Temporal failure, try again later.",
                           "rate": 0.05}),
    ("gateway", "hang", {"taken": True, "rate": 0.005}),
    ("receiver", "status", {"status": 500, "rate": 0.05}),
    ("receiver", "reset", {"taken": True, "rate": 0.03}),
    ("receiver", "delay", {"seconds": 0.3, "rate": 0.05}),
]


@pytest.fixture(scope="module")
def own_cluster():
    """The shared one isn't for crashing."""
    with Cluster() as made:
        yield made
        assert not made.panics()


@pytest.fixture
def world(own_cluster, programs, tmp_path):
    name = own_cluster.create_database()
    install(own_cluster, name, programs, tmp_path / "install")
    made = World(own_cluster, name, programs, tmp_path, moves_time=False)
    made.import_directory()
    hasten(made.settings)
    yield made
    made.close()


class Chaos:
    """Kills, crashes and outages in their order, with the centre's life in between."""

    def __init__(self, world, life, plan):
        self.world, self.life, self.plan = world, life, plan
        self.daemon = world.daemon()
        self.returns = {}  # name → the kill at which it comes back

    def run(self, kills):
        for number in range(kills):
            self._come_back(number)
            self.daemon.start()
            if number in DATABASE_CRASHES:
                self._work_a_moment()
                self.world.cluster.stop_immediate()
                self.returns["database"] = number + DATABASE_CRASHES[number]
            for name, times in AWAY.items():
                if number in times:
                    getattr(self.world, name).stop()
                    self.returns[name] = number + times[number]
            self._work_a_moment()
            self.daemon.kill9()
            if "database" not in self.returns and self.world.initial_done():
                self.life.go_on()
        self._come_back(None)

    def _come_back(self, number):
        for name, when in list(self.returns.items()):
            if number is not None and number < when:
                continue
            del self.returns[name]
            if name == "database":
                self.world.cluster.start()
                self.world.connection = self.world.cluster.connect(self.world.database)
            else:
                getattr(self.world, name).start()

    def _work_a_moment(self):
        """Until it says a certain thing (not always, and not without a database), and a bit."""
        sign, pause = self.plan.choice(PROGRESS), self.plan.uniform(0.005, 0.3)
        patience = time.monotonic() + (0 if "database" in self.returns else 2)
        before = self._seen(sign)
        while sign and self._seen(sign) == before and time.monotonic() < patience:
            time.sleep(0.002)
        time.sleep(pause)

    def _seen(self, sign):
        if sign == "traffic":
            return (self.world.gateway.requests + self.world.receiver.requests) // 5
        return sum(sign in line for line in self.daemon.log) if sign else 0


@pytest.mark.slow
def test_nothing_is_lost_or_doubled(world):
    plan = random.Random(SEED)
    life = Life(world, random.Random(SEED + 1))
    life.add_overdue(200)
    life.add_running(250, 30, 70)
    for name, kind, settings in FAULTS:
        getattr(world, name).faults.add(kind, times=None, **settings)
    chaos = Chaos(world, life, plan)
    chaos.run(KILLS)
    life.resume()
    print(f"\n{chaos.daemon.starts} daemons killed, {len(DATABASE_CRASHES)} databases crashed")

    world.gateway.faults.clear()
    world.receiver.faults.clear()
    chaos.daemon.start()
    try:
        world.wait_for(lambda: life.missing() <= 0, 60, "all events are recorded")
        world.wait_queue_empty(30)
    finally:
        account = Account(world)
        print(account.table())
    assert chaos.daemon.term() == 0
    assert chaos.daemon.starts > 100
    # The kills did strike: work was under way, and many daemons had a part in it.
    assert account.counts["sms"]["unknown"] and account.counts["webhook"]["repeated"]
    assert world.value("SELECT count(DISTINCT node) FROM duban.attempt") > 15
    life.check_ledger()
    assert world.count_events("baseline") == 1
    check_notifications(world)
    assert not account.wrong, account.wrong[:10]
    assert account.adds_up()
    assert world.receiver.invalid == []
    assert world.rows("SELECT * FROM duban.dead WHERE verdict <> 'unknown'") == []
    assert [line for line in chaos.daemon.log
            if "Sanitizer" in line or "runtime error" in line] == []


# What a restart or a lost connection could do to messages that were claimed but never sent.

def start_with_gateway_away(world, cases):
    """A daemon that has `cases` short messages waiting for the gateway to come back."""
    world.settings["channels"]["sms"]["breaker_failures"] = 1000  # they stay in the queue
    life = Life(world, random.Random(1))
    daemon = world.daemon().start()
    world.wait_initial()
    world.gateway.stop()
    life.add_running(cases, 5, 30)
    world.wait_for(lambda: count_waiting(world) == cases, 10, "messages wait for the gateway")
    return daemon


def count_waiting(world):
    return world.value("SELECT count(*) FROM duban.ready JOIN duban.message USING (id)"
                       " WHERE channel = 'sms' AND attempt > 1")


def test_a_claim_whose_reply_was_lost_is_given_back(world):
    """The database says that the daemon has them; the daemon never heard of it."""
    world.settings["routes"] = {"yellow": {"window": "sms"}}
    daemon = start_with_gateway_away(world, 5)
    daemon.process.send_signal(signal.SIGSTOP)
    world.wait_for(lambda: world.value(
        "SELECT count(*) FROM duban.ready WHERE due_at <= duban.now()") == 5, 5, "all are due")
    claimed = world.value("""
        SELECT count(c.id)
          FROM duban.node n, duban.endpoint e,
               duban.claim(n.id, 60000000, ARRAY[e.id]::bigint[], '{5}', '{null}') c""")
    assert claimed == 5
    world.gateway.start()
    daemon.process.send_signal(signal.SIGCONT)
    world.wait_queue_empty(6)
    assert daemon.log_has("gave unsent messages back")
    account = Account(world)
    assert not account.wrong and account.counts["sms"]["received"] == 5, account.table()


def test_what_could_not_be_begun_within_its_lease_is_given_back(world):
    """One hanging request holds up the others of its lane until their lease is too short."""
    world.settings["routes"] = {"yellow": {"window": "sms"}}
    world.settings["channels"]["sms"] |= {"concurrency": 1, "timeout": "3s"}
    life = Life(world, random.Random(1))
    with world.daemon() as daemon:
        world.wait_initial()
        life.add_running(20, 5, 30)  # the window grows while all is quick
        world.wait_events("yellow", 20)
        world.wait_queue_empty()
        world.gateway.faults.add("hang", taken=True)
        life.add_running(8, 5, 30)
        world.wait_events("yellow", 28)
        world.wait_queue_empty(15)
    assert daemon.log_has("gave unsent messages back")
    account = Account(world)
    assert not account.wrong, account.wrong
    assert account.counts["sms"]["unknown"] == account.counts["sms"]["of them received"] == 1
    assert account.counts["sms"]["received"] == 27


def test_a_completion_is_logged_once_however_often_it_is_repeated(world):
    """The reply to it was lost, so the daemon says it again."""
    world.settings["routes"] = {"yellow": {"window": "sms"}}
    start_with_gateway_away(world, 1).kill9()
    complete = """
        SELECT completed, late FROM duban.complete(%s, ARRAY[%s]::bigint[], ARRAY[%s]::bigint[],
               ARRAY[%s]::bigint[], '{accepted}', '{202}', '{x}', '{y}', '{3}', '{-1}', '{""}', '{""}', '{0}')"""
    world.wait_for(lambda: world.value("SELECT due_at <= duban.now() FROM duban.ready"), 5, "due")
    node, identity, token, attempt = world.rows("""
        SELECT n.id, c.id, c.token, c.attempt
          FROM duban.node n, duban.endpoint e,
               duban.claim(n.id, 60000000, ARRAY[e.id]::bigint[], '{5}', '{null}') c
         WHERE c.id IS NOT NULL""")[0]
    assert world.rows(complete, (node, identity, token, attempt)) == [(1, 0)]
    assert world.rows(complete, (node, identity, token, attempt)) == [(0, 0)]
    assert world.value("SELECT count(*) FROM duban.attempt WHERE verdict = 'accepted'") == 1
