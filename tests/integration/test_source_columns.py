"""A view may lack the optional columns, gain them and lose others while the daemon reads it."""

from test_daemon import YELLOW, Scene, june, make_case

import pytest

OPTIONAL = ("project_class", "agent_name", "agent_phone", "reopened_at", "extensions", "attributes")
FINE = "the view satisfies the contract"


@pytest.fixture
def scene(world):
    return Scene(world)


def show(world, added="", without=()):
    """The view of the daemon: the sample's without these columns, and with some others."""
    columns = [row[0] for row in world.rows("""
        SELECT column_name FROM information_schema.columns
         WHERE table_schema = 'approval' AND table_name = 'duban_case' ORDER BY ordinal_position""")]
    shown = ", ".join(name for name in columns if name not in OPTIONAL + tuple(without))
    with world.connection.transaction():
        world.connection.execute(f"""
            DROP VIEW IF EXISTS public.plain_case;
            CREATE VIEW public.plain_case AS SELECT {shown}{added} FROM approval.duban_case;
            GRANT SELECT ON public.plain_case TO duban_source""")
    world.settings["source"]["relation"] = "public.plain_case"


def test_a_view_without_them_that_is_then_widened_and_broken(scene):
    world = scene.world
    show(world)
    daemon = scene.start()
    assert daemon.log_has(f'{FINE} relation=public.plain_case optional_columns_missing='
                          f'"{", ".join(OPTIONAL)}"'), daemon.log_tail()
    scene.move(june(2), make_case(1), make_case(2))

    # Nothing of the cases has moved: reconcile finds what the new column says.
    show(world, ", CASE case_no WHEN 'AL2026000002' THEN '[]' ELSE '{}' END::jsonb AS attributes")
    daemon.wait_log('agent_phone, reopened_at, extensions"', 20)
    scene.time.settle(set_aside=["AL2026000002"])
    assert world.value("SELECT reason FROM duban.bad_row") == "attributes: not a JSON object"

    show(world, ", 1 AS extensions", without=["window_code"])
    daemon.wait_log("column window_code (text) is missing", 20)
    assert daemon.log_has("column extensions has type integer, expected jsonb")

    show(world, ", NULL::jsonb AS extensions")
    world.connection.execute("""
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE application_name = 'duband source'""")
    daemon.wait_log('reopened_at, attributes"', 20)
    scene.time.settle()
    scene.move(YELLOW)
    assert scene.told() == {(1, "yellow", 1): 1, (2, "yellow", 1): 1}


def test_extended_cases_are_due_when_their_slip_says(scene):
    """Two that count by themselves: the approval system's table of days, and duban's calendar,
    which closes at another hour."""
    world = scene.world
    world.connection.execute("SELECT approval.generate(1500, %s, 1, 0.1, 1.0)", (june(12),))
    scene.move(june(12), settle=False)
    world.daemon().start()
    world.wait_for(world.initial_done, 20, "first contact")
    rows = world.rows("""
        SELECT v.case_no, v.promised_due_at::date, k.due_at::date, v.extensions
          FROM approval.duban_case v JOIN duban.clock k USING (case_no)
         WHERE v.status = 'open' AND v.limit_unit = 'workday' AND v.suspensions = '[]'""")
    assert len(rows) > 800 and sum(bool(row[3]) for row in rows) > 15
    assert [row for row in rows if row[1] != row[2]] == []
