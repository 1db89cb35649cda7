"""The daemon seals the ledger; what is changed behind its back is found."""

import json
import subprocess

import pytest

from harness.processes import wait_for
from test_daemon import DUE, Scene, june, make_case


@pytest.fixture
def scene(world):
    return Scene(world)


def verify(world, *arguments):
    done = subprocess.run([world.programs.dubanctl, "--config", world.owner_config, "--json", "ledger", "verify",
                           *arguments], capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, json.loads(done.stdout)


def sealed(world):
    """Waits until all events are sealed; what verify tells then."""
    return wait_for(lambda: (told := verify(world)[1])["unsealed"] == 0 and told, seconds=60, what="all is sealed")


def test_what_the_daemon_records_is_sealed(scene):
    world = scene.world
    scene.start()
    scene.move(june(2), make_case(1), make_case(2))
    told = sealed(world)
    assert told["findings"] == [] and told["events"] == world.value("SELECT count(*) FROM duban.event") > 0
    kept = world.folder / "seals"
    kept.write_text(world.control("ledger", "export"), encoding="ascii")
    scene.move(DUE)
    assert world.count_events("red") == 2
    more = sealed(world)
    assert more["seals"] > told["seals"] and more["findings"] == []
    assert verify(world, "--against", kept)[0] == 0

    hidden = world.value("DELETE FROM duban.notification WHERE event IN"
                         " (SELECT id FROM duban.event WHERE kind = 'red') RETURNING event")
    world.connection.execute("DELETE FROM duban.event WHERE id = %s", (hidden,))
    status, found = verify(world)
    assert status == 1
    assert [(one["what"], one["id"]) for one in found["findings"]] == [("event_removed", hidden)]
