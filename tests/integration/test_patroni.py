"""A state under Patroni: its primary dies and another is promoted, then the roles are changed as
planned. Every level once, no short message twice, nothing lost.

Needs Debian's patroni, python3-etcd and etcd-server, which ./dev doesn't install.
"""

import pytest

from harness.patroni import Patronis, why_not_here
from harness.scene import LONG_S, Scene
from harness.world import World, install

WHY_NOT = why_not_here()
pytestmark = pytest.mark.skipif(WHY_NOT is not None, reason=str(WHY_NOT))


@pytest.fixture
def patronis():
    with Patronis() as made:
        yield made


@pytest.fixture
def centre(patronis, programs, tmp_path):
    database = patronis.create_database()
    install(patronis, database, programs, tmp_path / "install")
    made = World(patronis, database, programs, tmp_path)
    try:
        made.import_directory()
        yield made
    finally:
        made.close()


def recorded(world):
    return set(world.rows("SELECT case_no, clock, kind, deadline_version FROM duban.event"))


def test_the_primary_dies_and_the_roles_change(centre, patronis):
    scene = Scene(centre, 60)
    daemons = scene.start(2)
    centre.gateway.faults.add("delay", seconds=0.3, times=None)
    for second in range(80, 180, 5):
        scene.to(second)
    centre.wait_for(lambda: len(centre.gateway.messages) > 10, LONG_S, "messages are being sent")
    before = recorded(centre)

    dead = patronis.kill_leader()
    leader = patronis.wait_leader(dead)
    scene.reconnect(patronis)
    assert before <= recorded(centre)
    for second in range(180, 225, 5):
        scene.to(second)
    centre.wait_for(lambda: centre.count_events("red") > 20, LONG_S, "levels are raised again")

    # The dead one comes back as a standby, and later leads again.
    dead.start()
    patronis.wait_in_step()
    assert patronis.leader() is leader
    for second in range(225, 250, 5):
        scene.to(second)
    before = recorded(centre)
    assert patronis.switch_over() is dead
    scene.reconnect(patronis)
    assert before <= recorded(centre)
    scene.to(320)
    centre.gateway.faults.clear()
    scene.settle()

    scene.check()
    assert centre.count_events("yellow") == centre.count_events("red") == 60
    assert centre.value("SELECT count(*) FROM duban.notification n JOIN duban.event e"
                        " ON e.id = n.event WHERE e.kind = 'red'") == 4 * 60
    assert all(daemon.is_running() for daemon in daemons)
