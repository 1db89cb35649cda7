"""Moving a world's time: step by step, and never while anything is under way.

    moved = MovedTime(world)
    moved.to(instant, changes)       # the changes (year.Change) happen, and it is that late
    moved.settle()                   # until duban has done all that follows
"""

from datetime import timedelta

from harness.processes import wait_for
from harness.year import store

AHEAD_DAYS, KEPT_DAYS = 30, 30
DAY = timedelta(days=1)

# First contact is over, intake has read the last change, nothing is due, nothing released waits to be told, and only these cases
# are set aside. One statement, so one moment: what follows a row is written along with it.
QUIET = """
SELECT (SELECT initial_done FROM duban.intake)
   AND NOT EXISTS (SELECT FROM duban.clock WHERE next_at <= duban.now())
   AND NOT EXISTS (SELECT FROM duban.reminder WHERE next_at <= duban.now())
   AND NOT EXISTS (SELECT FROM duban.pending WHERE release_at <= duban.now())
   AND NOT EXISTS (SELECT FROM duban.ready)
   AND NOT EXISTS (SELECT FROM duban.inflight)
   AND (SELECT (updated_at, case_no) FROM duban.intake) =
       (SELECT (updated_at, case_no) FROM approval.case_file
         ORDER BY updated_at DESC, case_no DESC LIMIT 1)
   AND (SELECT coalesce(array_agg(case_no ORDER BY case_no), '{}') FROM duban.bad_row) = %s"""

UNREST = """
SELECT 'due', case_no, next_at::text FROM duban.clock WHERE next_at <= duban.now()
UNION ALL SELECT 'reminder', case_no, next_at::text FROM duban.reminder WHERE next_at <= duban.now()
UNION ALL SELECT 'set aside', case_no, reason FROM duban.bad_row
UNION ALL SELECT 'pending', notification::text, hold_reason FROM duban.pending
UNION ALL SELECT 'ready', id::text, due_at::text FROM duban.ready
UNION ALL SELECT 'in flight', id::text, lease_until::text FROM duban.inflight"""


class MovedTime:
    """`store(connection, changes)` writes what `to` is given."""

    def __init__(self, world, store=store):
        self.world, self.store = world, store
        self.now = self.partitions_until = None

    def to(self, now, changes=()):
        """Both at once: duban never sees the one without the other."""
        connection = self.world.connection
        if not self.now or now > self.partitions_until:
            for table in ("message", "attempt", "receipt"):  # as a daemon does it
                connection.execute("SELECT duban.maintain_partitions_of(%s, %s, %s, %s)",
                                   (table, now, AHEAD_DAYS, KEPT_DAYS))
            self.partitions_until = now + (AHEAD_DAYS - 5) * DAY
        with connection.transaction():
            self.store(connection, changes)
            connection.execute("UPDATE public.test_time SET at = %s", (now,))
        self.now = now

    def settle(self, set_aside=(), seconds=20):
        def is_quiet():
            assert any(daemon.is_running() for daemon in self.world.daemons), self._unrest()
            return self.world.value(QUIET, (sorted(set_aside),))
        wait_for(is_quiet, seconds, self._unrest, pause=0.004)

    def _unrest(self):
        logs = "\n".join(daemon.log_tail(10) for daemon in self.world.daemons)
        return f"{self.now}: {self.world.rows(UNREST)}\n{logs}"
