"""Other rules for a world's daemon: written, planned, loaded, and waited for.

    rules = Rules(world, daemon)
    world.settings["policies"]["standard"][0]["before"] = "4 workdays"
    planned = rules.plan()
    rules.load()
"""

import json

# What of a clock must be as it was when rules have changed and changed back.
CLOCKS = """
SELECT case_no, clock, state, level, rank, severity, due_at, next_at, policy, calendar_version, rule_version,
       facts_hash, basis_hash, window_code
  FROM duban.clock WHERE state <> 'dropped' ORDER BY 1, 2"""


class Rules:
    def __init__(self, world, daemon):
        self.world, self.daemon = world, daemon

    def plan(self, *options):
        """What the settings as they are now would do."""
        return json.loads(self.world.programs.control(
            self.world.write_config(), "--dsn", self.world.cluster.dsn(self.world.database), "--json", "plan",
            *options))

    def version(self):
        return self.plan()["rules"]["new"]

    def approve(self, author="王主任"):
        return self.plan("--yes", "--by", author)

    def in_force(self):
        """The rules in force; None while others are on their way."""
        [(version, under_way)] = self.world.rows(
            "SELECT rules_version, recompute_version FROM duban.intake")
        return None if under_way else version

    def load(self, settle=None):
        """Loads the settings as they are now, and waits until all clocks follow them."""
        version = self.version()
        loads = sum("configuration in use" in line for line in self.daemon.log)
        self.daemon.hup()
        self.daemon.wait_for(
            lambda: sum("configuration in use" in line for line in self.daemon.log) > loads, 10, "the reload")
        self.daemon.wait_for(lambda: self.in_force() == version, 20, "all clocks follow the rules")
        if settle:
            settle()
        return version

    def clocks(self):
        return self.world.rows(CLOCKS)
