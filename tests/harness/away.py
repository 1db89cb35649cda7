"""A database that is away, as far as one of duban's roles can tell."""

import time
from contextlib import contextmanager


@contextmanager
def away(world, role):
    """Sessions of this role end, and no new one is let in."""
    database = world.database
    with world.cluster.connect("postgres") as admin:
        admin.execute(f"ALTER ROLE {role} NOLOGIN")
        try:
            for _ in range(10):  # one that was let in just before shows itself a little later
                admin.execute("""SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                                  WHERE usename = %s AND datname = %s""", (role, database))
                time.sleep(0.03)
            yield
        finally:
            admin.execute(f"ALTER ROLE {role} LOGIN")
