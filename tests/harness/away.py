"""A database that is away, as far as one of duban's roles can tell."""

from contextlib import contextmanager


@contextmanager
def away(world, role):
    """Sessions of this role end, and no new one is let in."""
    database = world.database
    with world.cluster.connect("postgres") as admin:
        admin.execute(f"ALTER ROLE {role} NOLOGIN")
        try:
            admin.execute("""SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                              WHERE usename = %s AND datname = %s""", (role, database))
            yield
        finally:
            admin.execute(f"ALTER ROLE {role} LOGIN")
