"""Leadership, and the list of running daemons."""

import pytest

from harness.processes import wait_for
from state import State, days, minutes


@pytest.fixture
def two(state):
    """Another daemon beside the first: its session and its number."""
    with state.session() as session:
        yield session, state.value("node_join", 0, "there-1", "v1", "0.1.0", session=session)


def leaders(state):
    return [row[0] for row in state.rows("SELECT id FROM duban.node WHERE leader ORDER BY id")]


def test_only_one_session_leads(state, two):
    session, node = two
    assert state.value("lead", state.node)
    assert not state.value("lead", node, session=session)
    assert state.value("lead", state.node), "and goes on"
    assert leaders(state) == [state.node]


def test_leading_twice_is_given_up_at_once(state, two):
    session, node = two
    for _ in range(3):
        assert state.value("lead", state.node)
    assert state.one("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
                     " AND classid = 1685414240") == 1
    state.daemon.execute("SELECT pg_advisory_unlock(1685414240, 0)")
    assert state.value("lead", node, session=session)


def test_the_next_leads_when_the_session_ends(state, two):
    session, node = two
    assert state.value("lead", state.node)
    state.daemon.close()
    wait_for(lambda: state.value("lead", node, session=session), what="the other leads")
    assert leaders(state) == [node]


def test_the_heart_beats_with_each_try(state, two):
    session, node = two
    state.value("lead", state.node)
    state.move(minutes(3))
    state.value("lead", state.node)
    assert state.rows("SELECT id, name, config_version, leader, heartbeat_at FROM duban.node"
                      " ORDER BY id") == [
        (state.node, "here-1", "v1", True, state.now),
        (node, "there-1", "v1", False, state.now - minutes(3))]


def test_a_daemon_that_is_gone_is_forgotten(state, two):
    session, node = two
    session.close()
    wait_for(lambda: state.one("SELECT count(*) FROM pg_locks WHERE classid = 1685414242") == 1)
    state.move(days(7))
    state.value("lead", state.node)
    assert state.count("node") == 2
    state.move(minutes(1))
    state.value("lead", state.node)
    assert state.rows("SELECT id FROM duban.node") == [(state.node,)]


def test_a_daemon_that_lives_is_not_forgotten(state, two):
    state.move(days(30))
    state.value("lead", state.node)
    assert state.count("node") == 2


def test_a_session_made_anew_takes_its_number_again(state):
    state.daemon.close()
    state.move(minutes(1))
    state.daemon = state.session()
    assert state.value("node_join", state.node, "here-1", "v2", "0.1.0") == state.node
    assert state.rows("SELECT id, config_version, started_at, heartbeat_at FROM duban.node") == [
        (state.node, "v2", state.now - minutes(1), state.now)]


def test_a_daemon_that_was_forgotten_joins_again(state):
    state.owner.execute("DELETE FROM duban.node")
    assert state.value("node_join", state.node, "here-1", "v1", "0.1.0") == state.node
    assert state.rows("SELECT id, name FROM duban.node") == [(state.node, "here-1")]


def test_each_daemon_has_a_number_of_its_own(state, two):
    assert two[1] != state.node


def test_leadership_ends_at_the_databases_border(cluster, state, state_template):
    """Two centres on one server don't hinder each other."""
    name = cluster.create_database(state_template)
    other = State(cluster, name)
    try:
        assert state.value("lead", state.node)
        assert other.value("lead", other.node)
    finally:
        other.close()
        cluster.drop_database(name)


def lead_by(session, node, config):
    """Whether it leads, and who is right if it is refused."""
    return session.execute("SELECT leads, refused FROM duban.lead_by(%s, %s, 60000000)",
                           (node, config)).fetchone()


def test_another_configuration_is_refused_while_somebody_has_the_right_one(state, two):
    session, node = two
    assert lead_by(state.daemon, state.node, "v1") == (True, None)
    assert lead_by(session, node, "v2") == (False, "here-1")
    assert lead_by(state.daemon, state.node, "v2") == (True, None), "the leader decides"
    assert lead_by(session, node, "v2") == (False, None), "it is as good, and not the leader"
    assert lead_by(session, node, "v1") == (False, "here-1")


def test_another_configuration_leads_when_nobody_has_the_right_one(state, two):
    session, node = two
    assert lead_by(state.daemon, state.node, "v1") == (True, None)
    state.daemon.close()
    wait_for(lambda: state.one("SELECT count(*) FROM pg_locks WHERE classid = 1685414242") == 1)
    assert lead_by(session, node, "v2") == (False, "here-1"), "it may be on its way"
    state.move(minutes(1))
    assert lead_by(session, node, "v2") == (True, None)


def test_a_session_that_works_does_not_hang(state, two):
    session, node = two
    pid = state.daemon.execute("SELECT pg_backend_pid()").fetchone()[0]
    hangs = "SELECT duban.session_hangs(%s, %s)"
    assert session.execute(hangs, (pid, 60_000_000)).fetchone() == (False,)
    assert session.execute(hangs, (pid, 0)).fetchone() == (True,)
    assert state.daemon.execute(hangs, (pid, 0)).fetchone() == (False,), "it asks this very moment"
