"""Fixtures: one PostgreSQL a run, one database a test."""

import pytest

from harness.cluster import Cluster
from harness.world import Programs, World, install
from standins.gateway import Gateway
from standins.receiver import Receiver


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
