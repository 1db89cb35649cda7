"""Fixtures: one PostgreSQL a run, one database a test."""

import pytest

from harness.cluster import Cluster
from harness.world import Programs, World, install
from standins.gateway import Gateway
from standins.receiver import Receiver

# What takes minutes begins first, so that the processes that share the files end together.
LONG = ["test_boot.py", "test_boot_setup.py", "test_failover.py", "test_year.py", "test_chaos.py",
        "test_crash.py", "test_crash_delivery.py", "test_rules_property.py", "test_plans.py", "test_web.py",
        "test_simulate.py", "test_looks.py", "test_states.py", "test_metrics.py", "test_ctl_dead.py"]


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: LONG.index(item.path.name) if item.path.name in LONG else len(LONG))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """A file is one process's; so are all that boot a machine: they share the package and the tree."""
    from xdist.scheduler import LoadFileScheduling

    class ByFile(LoadFileScheduling):
        def _split_scope(self, nodeid):
            file = nodeid.partition("::")[0]
            return "tests/system" if file.startswith("tests/system/") else file

    return ByFile(config, log)


@pytest.fixture(scope="session")
def cluster():
    with Cluster() as made:
        yield made
        assert not made.panics()


@pytest.fixture(scope="session")
def programs():
    return Programs()


@pytest.fixture(scope="session")
def template(cluster, programs, tmp_path_factory):
    """The name of a database with the sample approval system and an empty state."""
    name = cluster.create_database(name="template_world")
    install(cluster, name, programs, tmp_path_factory.mktemp("install"))
    return name


@pytest.fixture
def database(cluster):
    """The name of an empty database."""
    name = cluster.create_database()
    yield name
    cluster.drop_database(name)


@pytest.fixture
def world(cluster, template, programs, tmp_path):
    """A centre whose time the test moves, with its directory imported and no case yet."""
    name = cluster.create_database(template)
    made = World(cluster, name, programs, tmp_path)
    try:
        made.import_directory()
        yield made
    finally:
        made.close()
        cluster.drop_database(name)


@pytest.fixture
def gateway():
    with Gateway() as made:
        yield made


@pytest.fixture
def receiver():
    with Receiver(tolerance_s=None) as made:
        yield made
