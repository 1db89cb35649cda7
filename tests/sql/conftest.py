"""Fixtures: one cluster a session, one database a test."""

import itertools
import pathlib

import pytest

from cluster import Cluster

SOURCE = pathlib.Path(__file__).parents[2] / "sql" / "source"


@pytest.fixture(scope="session")
def cluster():
    owned = Cluster()
    try:
        owned.start()
        yield owned
    finally:
        owned.stop()


@pytest.fixture(scope="session")
def new_source(cluster):
    """Makes a database with the sample approval system; returns its name."""
    with cluster.connect("postgres") as admin:
        admin.execute("CREATE DATABASE source_template")
    cluster.load("source_template", SOURCE / "install.sql")
    number = itertools.count(1)

    def make():
        name = f"source_{next(number)}"
        with cluster.connect("postgres") as admin:
            admin.execute(f"CREATE DATABASE {name} TEMPLATE source_template")
        return name

    return make


@pytest.fixture
def source(cluster, new_source):
    """A connection to an empty sample approval system of the test's own."""
    with cluster.connect(new_source()) as connection:
        yield connection
