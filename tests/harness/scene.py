"""A centre on which several daemons work while its time is moved by hand.

    scene = Scene(world, 60)
    first, second = scene.start(2)
    scene.to(150)                      # seconds
    scene.settle()
    scene.check()                      # every level once, no short message twice, nothing lost
"""

import random
from datetime import datetime, timedelta, timezone

from harness.account import Account
from harness.life import POLICY, Life

START = datetime(2026, 6, 3, 2, tzinfo=timezone.utc)
LONG_S = 120  # for what takes a second where nothing else runs


class Scene:
    """A centre whose time is moved by seconds, in a database that may be another one later."""

    def __init__(self, world, cases=0):
        self.world, self.second = world, 0
        world.settings["policies"]["standard"] = POLICY
        world.settings["daemon"]["lease"] = "8s"
        world.set_now(START)
        self.life = Life(world, random.Random(1))
        self.life.add_running(cases, 100, 300)

    def start(self, count=1, **settings):
        """That many daemons more, one after the other: the first of all leads."""
        new = []
        for _ in range(count):
            new.append(self.world.daemon(**settings).start())
            first = self.world.daemons[0]
            new[-1].wait_log("this daemon leads" if new[-1] is first else "joined", LONG_S)
        self.world.wait_initial(LONG_S)  # what is found later is no baseline
        self.world.wait_for(lambda: self.world.value("SELECT count(*) FROM duban.clock")
                            == len(self.life.expected), LONG_S, "all cases are known")
        return new

    def to(self, second):
        self.second = second
        self.world.set_now(START + timedelta(seconds=second))

    def reconnect(self, server):
        """Another one leads."""
        self.world.connection.close()
        self.world.connection = server.connect(self.world.database)
        self.to(self.second)

    def settle(self):
        """Time goes on until everything is recorded and nothing waits any more."""
        def is_quiet():
            self.to(self.second + 1)
            return self.life.missing() <= 0 and not self.world.queued()
        self.world.wait_for(is_quiet, LONG_S, "everything is recorded and told")

    def check(self):
        self.life.check_ledger()
        account = Account(self.world)
        wrong = [line for line in account.wrong if not line.startswith("webhook alarm-")]
        assert not wrong and account.adds_up(), (wrong, account.table())
        return account.counts
