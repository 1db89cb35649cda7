"""Which programs the schema goes with, and who keeps a contract step off."""

import psycopg
import pytest

from harness.processes import wait_for


@pytest.fixture
def steps(state):
    """Three steps were applied, the second of them a contract step."""
    state.owner.execute("""
        INSERT INTO duban.migration VALUES (1, 'a', '', now(), false), (2, 'b', '', now(), true),
            (3, 'c', '', now(), false)""")
    return state


def begin(session, known, pid="pg_backend_pid()"):
    return session.execute(f"SELECT * FROM duban.session_begin({known}, {pid})").fetchall()


def test_a_session_is_told_what_the_schema_is(steps):
    with steps.session() as session:
        assert begin(session, 3) == [(3, 2)]
        assert session.execute("SELECT * FROM duban.schema_version()").fetchall() == [(3, 2)]


def test_the_web_has_no_right_on_the_table_and_is_told(steps):
    with steps.cluster.connect(steps.database, user="duban_web") as session:
        assert begin(session, 3) == [(3, 2)]


def test_programs_that_do_not_know_the_step_keep_it_off(steps):
    with steps.session() as old, steps.session() as new:
        begin(old, 2)
        begin(new, 3)
        joined = "SELECT duban.node_join(0, 'gw1/17', 'v1', '0.1.0')"
        old.execute(joined)
        new.execute(joined.replace("17", "18"))
        assert steps.owner.execute("SELECT duban.shut_out_former(3)").fetchone() == (
            "duband 0.1.0 gw1/17",)
    wait_for(lambda: steps.owner.execute("SELECT duban.shut_out_former(3)").fetchone() == (None,),
             what="the server has ended their sessions")


def test_others_than_daemons_are_told_by_the_name_of_their_session(steps):
    with steps.cluster.connect(steps.database, user="duban_web",
                               application_name="duban-web 1") as session:
        begin(session, 2)
        [told] = steps.owner.execute("SELECT duban.shut_out_former(3)").fetchone()
        assert told.startswith("duban-web 1")


def test_nobody_comes_in_while_the_step_is_made(steps):
    """Those who know it do; a former one waits until the end, and is told of the step then."""
    with steps.cluster.connect(steps.database) as migrator, steps.session() as session:
        session.execute("SET lock_timeout = '100ms'")
        with migrator.transaction():
            assert migrator.execute("SELECT duban.shut_out_former(3)").fetchone() == (None,)
            with pytest.raises(psycopg.errors.LockNotAvailable):
                begin(session, 2)
            assert begin(session, 3) == [(3, 2)]
            migrator.execute("UPDATE duban.migration SET contract = true WHERE version = 3")
        assert begin(session, 2) == [(3, 3)]


def test_behind_a_pooler_no_lock_is_left(steps):
    with steps.session() as session:
        assert begin(session, 2, "pg_backend_pid() + 1") == [(3, 2)]
        assert steps.owner.execute("SELECT duban.shut_out_former(3)").fetchone() == (None,)
