#!/usr/bin/python3
"""How long it takes until another daemon leads, and until a silent server is noticed: with the shipped
settings, two daemons, and real deaths. Each figure is the worst of its rounds.

The leader is killed; it is stopped by a signal (SIGSTOP), which takes its lease; its packets to the
database vanish; the database's primary is killed and its standby promoted. Where no network can be
made (it needs root) its figures are missing.
"""

import os
import signal
import statistics
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bed import print_figures  # noqa: E402
from harness.cluster import Cluster  # noqa: E402
from harness.cut import Network, why_not_here  # noqa: E402
from harness.processes import wait_for  # noqa: E402
from harness.replica import Pair  # noqa: E402
from harness.world import Programs, World, install  # noqa: E402

ROUNDS = {"killed": 10, "stopped": 2, "quiet": 3, "busy": 3, "cut off": 3, "promoted": 3}
OUTAGE_S = 20  # as Patroni's lease takes
LEADS = "this daemon leads"
GONE = {name: f"{name}: not connected" for name in ("state", "queue", "source", "metrics")}


@contextmanager
def centre(cluster, host=None):
    """A centre in a new database of that server. `host`: where daemons reach it."""
    programs = Programs("build/release")
    with tempfile.TemporaryDirectory(prefix="duban-bench-", dir="/tmp") as folder:
        database = cluster.create_database()
        install(cluster, database, programs, Path(folder) / "install")
        if isinstance(cluster, Pair):
            cluster.attach()
        world = World(cluster, database, programs, Path(folder) / "world", moves_time=False)
        world.settings["daemon"] = {}  # as shipped
        del world.settings["source"]["poll"], world.settings["source"]["overlap"]
        if host:
            for part, user in (("state", "duban_daemon"), ("source", "duban_source")):
                world.settings[part]["dsn"] = f"host={host} dbname={database} user={user}"
        try:
            world.import_directory()
            yield world
        finally:
            world.close()


def lines(daemon, text):
    return sum(text in line for line in daemon.log)


def wait_more(daemon, text, before, seconds):
    daemon.wait_for(lambda: lines(daemon, text) > before, seconds, text)


def start(world, before=()):
    """A daemon that has joined."""
    daemon = world.daemon(before=before).start()
    wait_more(daemon, "joined", 0, 60)
    return daemon


def takes_over(other, act, seconds):
    """From the act until the other daemon leads."""
    before = lines(other, LEADS)
    begun = time.monotonic()
    act()
    wait_more(other, LEADS, before, seconds)
    return time.monotonic() - begun


def start_leader(world):
    daemon = start(world)
    wait_more(daemon, LEADS, 0, 60)
    return daemon


def measure_killed(world):
    leader, other = start_leader(world), start(world)
    took = []
    for _ in range(ROUNDS["killed"]):
        took.append(takes_over(other, leader.kill9, 60))
        joined = lines(leader, "joined")
        leader.start()
        wait_more(leader, "joined", joined, 60)
        leader, other = other, leader
    return took


def measure_stopped(world):
    leader, other = world.daemons[:2]
    if world.value("SELECT name FROM duban.node WHERE leader").endswith(f"/{other.pid}"):
        leader, other = other, leader
    took = []
    for _ in range(ROUNDS["stopped"]):
        lost = lines(leader, "leadership lost")
        took.append(takes_over(other, lambda: os.kill(leader.pid, signal.SIGSTOP), 400))
        os.kill(leader.pid, signal.SIGCONT)
        wait_more(leader, "leadership lost", lost, 60)
        wait_more(leader, "joined", 0, 60)
        leader, other = other, leader
    return took


def until_noticed(network, daemon, names):
    """From when packets vanish until the daemon has noticed it on all these connections."""
    before = {name: lines(daemon, GONE[name]) for name in names}
    again = {name: lines(daemon, f"{name}: connected") for name in names}
    with network.cut():
        begun = time.monotonic()
        for name in names:
            wait_more(daemon, GONE[name], before[name], 120)
        took = time.monotonic() - begun
    for name in names:
        wait_more(daemon, f"{name}: connected", again[name], 120)
    return took


def measure_busy(world, network, daemon):
    """While the server works on a query of each session that writes."""
    took = []
    for _ in range(ROUNDS["busy"]):
        with world.cluster.connect(world.database) as lead, \
                world.cluster.connect(world.database) as work:
            lead.execute("BEGIN; LOCK TABLE duban.node")
            work.execute("BEGIN; LOCK TABLE duban.inflight")
            wait_for(lambda: world.value("""
                SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted""") >= 2,
                     60, "both sessions wait")
            took.append(until_noticed(network, daemon, GONE))
    return took


def measure_cut_off(network, leader, other):
    """The leader loses its network, the other one is on the database's own machine."""
    took = []
    for _ in range(ROUNDS["cut off"]):
        with network.cut():
            took.append(takes_over(other, lambda: None, 120))
        wait_for(lambda: lines(leader, "leadership lost") == len(took), 120, "it has noticed")
        led = lines(leader, LEADS)
        other.term()  # the first one leads again
        wait_more(leader, LEADS, led, 120)
        joined = lines(other, "joined")
        other.start()
        wait_more(other, "joined", joined, 60)
    return took


def measure_network():
    if why := why_not_here():
        print(why, file=sys.stderr)
        return {}
    with Network() as network, Cluster(before=network.inside, settings={
            "listen_addresses": network.address}) as cluster:
        with (cluster.data / "pg_hba.conf").open("a", encoding="ascii") as file:
            file.write(f"host all all {network.own}/32 trust\nhost all all {network.address}/32 trust\n")
        cluster.reload()
        with centre(cluster, network.address) as world:
            daemon = start_leader(world)
            wait_more(daemon, "metrics: connected", 0, 60)
            quiet = [until_noticed(network, daemon, GONE) for _ in range(ROUNDS["quiet"])]
            busy = measure_busy(world, network, daemon)
            daemon.term()
            leader = start_leader(world)
            cut_off = measure_cut_off(network, leader, start(world, network.inside))
    return {"noticed quiet": quiet, "noticed busy": busy, "leader cut off": cut_off}


def measure_promoted():
    """From when the standby takes writes. By then daemons have tried in vain for long."""
    took = []
    for _ in range(ROUNDS["promoted"]):
        with Pair() as pair, centre(pair) as world:
            daemon = start_leader(world)
            pair.kill_primary()
            time.sleep(OUTAGE_S)
            pair.promote()
            begun = time.monotonic()
            wait_more(daemon, LEADS, 1, 120)
            took.append(time.monotonic() - begun)
            world.connection.close()
    return took


def main():
    with Cluster() as cluster, centre(cluster) as world:
        found = {"leader killed": measure_killed(world), "leader stopped": measure_stopped(world)}
    found |= measure_network()
    found["standby promoted"] = measure_promoted()
    print(found, file=sys.stderr)
    figures = {}
    for name, took in found.items():
        figures[name.replace(" ", "_") + "_s"] = round(max(took), 2)
        figures[name.replace(" ", "_") + "_median_s"] = round(statistics.median(took), 2)
    print_figures("failover", **figures)


if __name__ == "__main__":
    main()
