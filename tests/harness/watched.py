"""A service centre that people look at: its cases, its daemon, and an account of each kind."""

from contextlib import contextmanager

from harness.web import add_user
from harness.world import World

START = "2026-06-01T02:00:00Z"


@contextmanager
def watched_centre(cluster, template, programs, folder, cases=300, prepare=None):
    """A world with a daemon and accounts: boss, hall, and win at `world.window`.

    `prepare(world)` may change its settings before the daemon starts.
    """
    name = cluster.create_database(template)
    world = World(cluster, name, programs, folder)
    try:
        world.import_directory()
        world.set_now(START)
        world.generate(cases, START)
        world.window = busiest_window(world)
        for user, role, place in (("boss", "supervision", ""), ("hall", "wall", ""),
                                  ("win", "window", world.window)):
            add_user(world, user, role, place)
        if prepare:
            prepare(world)
        with world.daemon():
            world.wait_initial()
            yield world
    finally:
        world.close()
        cluster.drop_database(name)


def busiest_window(world):
    return world.value("""
        SELECT coalesce((SELECT window_code FROM approval.duban_case WHERE status = 'open'
                          GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1),
                        (SELECT min(window_code) FROM approval.window_desk))""")
