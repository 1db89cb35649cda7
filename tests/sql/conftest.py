"""Fixtures: a sample approval system, or a state of duban's own, in a database of the test's own."""

import pytest

from harness.centre import ROOT
from state import State, install


@pytest.fixture(scope="session")
def new_source(cluster):
    """Makes a database with the sample approval system; returns its name."""
    template = cluster.create_database(name="template_source")
    cluster.load(template, ROOT / "sql/source/install.sql")
    return lambda: cluster.create_database(template)


@pytest.fixture
def source(cluster, new_source):
    """A connection to an empty sample approval system of the test's own."""
    with cluster.connect(new_source()) as connection:
        yield connection


@pytest.fixture(scope="session")
def state_template(cluster):
    name = cluster.create_database(name="template_state")
    install(cluster, name)
    return name


@pytest.fixture
def state(cluster, state_template):
    """An empty state, first contact done; its time stands still until the test moves it."""
    name = cluster.create_database(state_template)
    made = State(cluster, name)
    try:
        yield made
    finally:
        made.close()
        cluster.drop_database(name)
