"""Random histories of intake and escalation: calls in any order, repeated, and abandoned in the middle.

Whatever happens, each event exists at most once, the numbers of a case have no gap, and each level
that a clock has come to is in the ledger under the deadline that it was reached in.
"""

import random

import pytest

from state import RANKS, START, Clock, decision, minutes

LEVELS = list(RANKS)
CASES = [f"A{number}" for number in range(6)]
NAMES = ["completion", "reply"]


class Model:
    """What the approval system says of each clock; a daemon that forgets everything at times."""

    def __init__(self, state, seed):
        self.state = state
        self.random = random.Random(seed)
        self.facts = {(case, name): Clock(case, name, hash=1, next=START + minutes(5))
                      for case in CASES for name in NAMES}
        self.hashes = dict.fromkeys(self.facts, 1)
        self.calls = []  # what was sent before, to be repeated

    def change(self):
        """One clock's facts change."""
        key = self.random.choice(list(self.facts))
        self.hashes[key] += 1
        self.facts[key] = self.facts[key].but(
            hash=self.hashes[key],
            state=self.random.choice(["running"] * 4 + ["suspended", "stopped", "absent"]),
            level=self.random.choice(LEVELS), due=START + minutes(self.random.randrange(50)),
            stopped=self.state.now, next=self.state.now + minutes(5))

    def intake(self):
        """Whole cases; a clock that a case doesn't have is left out."""
        cases = self.random.sample(CASES, self.random.randrange(1, 5))
        bad = [(self.random.choice(CASES), "bad")] if self.random.random() < 0.1 else []
        good = [case for case in cases if (case, "bad") not in bad]
        page = [self.facts[case, name] for case in good for name in NAMES]
        page = [clock for clock in page if clock.state != "absent"]
        self.send(lambda: self.state.intake(page, bad=bad, good=good))

    def vanish(self):
        case = self.random.choice(CASES)
        self.send(lambda: self.state.value("intake_vanished", self.state.now, [case]))

    def escalate(self):
        """As the escalator decides: from the row as it was read and the facts as they are now."""
        decisions = []
        for row in self.state.call("escalator_due", self.random.choice([1, 3, 100]), None)[:-1]:
            _, _, case, name, rank, version, raised, stored_hash, _ = row
            clock = self.facts[case, name]
            if clock.state == "absent" and stored_hash == 0:
                decisions.append(decision(case, "normal", *["cleared"] * (rank > 0), name=name,
                                          hash=0, old_level=LEVELS[rank], version=version))
            elif clock.hash == stored_hash and clock.state != "absent":
                decisions.append(self.decide(clock, rank, version, raised))
        self.send(lambda: self.state.escalate(*decisions))

    @staticmethod
    def decide(clock, rank, version, raised):
        level = RANKS[clock.level]
        stopped = clock.state == "stopped"
        start = 0 if raised != version else min(rank, level)
        events = [(LEVELS[n], "yes" if n == level and not stopped else "no: passed")
                  for n in range(start + 1, level + 1)]
        if stopped:
            events.append("completed")
        elif level < rank:
            events.insert(0, "cleared")
        return decision(clock.case, clock.level, *events, name=clock.name, hash=clock.hash,
                        old_level=LEVELS[rank], version=version,
                        next=clock.next if clock.state == "running" else None)

    def send(self, call):
        """Heard, lost on the way back (and so repeated later), or lost on the way there."""
        fate = self.random.random()
        if fate < 0.2:
            with self.state.daemon.transaction(force_rollback=True):
                call()
        else:
            call()
        self.calls = [*self.calls[-9:], call]

    def repeat(self):
        if self.calls:
            self.random.choice(self.calls)()

    def step(self):
        self.random.choices([self.change, self.intake, self.escalate, self.repeat, self.vanish],
                            [6, 4, 6, 3, 0.3])[0]()


def check(state):
    assert state.rows("SELECT case_no, clock, kind, deadline_version FROM duban.event"
                      " GROUP BY 1, 2, 3, 4, CASE WHEN kind = 'cleared' THEN repeat END"
                      " HAVING count(*) > 1") == []
    assert state.rows("SELECT case_no, sequence, place FROM (SELECT case_no, sequence, row_number()"
                      " OVER (PARTITION BY case_no ORDER BY id) AS place FROM duban.event) e"
                      " WHERE sequence <> place") == []
    assert state.rows("SELECT c.case_no, c.clock, c.level, c.raised_version FROM duban.clock c"
                      " WHERE c.rank > 0 AND NOT EXISTS (SELECT FROM duban.event e"
                      " WHERE (e.case_no, e.clock, e.kind, e.deadline_version)"
                      " = (c.case_no, c.clock, c.level, c.raised_version))") == []
    assert state.rows("SELECT event, recipient, role, channel, address FROM duban.notification"
                      " GROUP BY 1, 2, 3, 4, 5 HAVING count(*) > 1") == []
    assert state.rows("SELECT id FROM duban.notification n WHERE (outcome IS NULL)"
                      " <> EXISTS (SELECT FROM duban.pending p WHERE p.notification = n.id)") == []
    assert state.rows("SELECT e.id FROM duban.event e WHERE told <> 'yes'"
                      " AND EXISTS (SELECT FROM duban.notification n WHERE n.event = e.id)") == []


@pytest.mark.parametrize("seed", range(5))
def test_whatever_happens_each_level_is_recorded_once(state, seed):
    model = Model(state, seed)
    for number in range(400):
        model.step()
        if number % 20 == 0:
            state.move(minutes(1))
        if number % 100 == 99:
            check(state)
    # At rest: everything is taken in and escalated, and nothing is due any more.
    state.move(minutes(60))
    model.facts = {key: clock.but(next=None) for key, clock in model.facts.items()}
    model.facts = {key: clock.but(hash=clock.hash + 1000) for key, clock in model.facts.items()}
    state.intake([clock for clock in model.facts.values() if clock.state != "absent"], good=CASES)
    model.random.random = lambda: 1.0
    model.random.choice = lambda items: items[-1]
    model.escalate()
    assert state.due() == ([], None)
    check(state)
    for (case, name), clock in model.facts.items():
        if clock.state == "absent":
            assert state.rows("SELECT FROM duban.clock WHERE (case_no, clock) = (%s, %s) AND (rank > 0"
                              " OR state NOT IN ('dropped', 'stopped', 'vanished'))", case, name) == []
            continue
        stored = state.clock(case, name)
        assert (stored["level"], stored["state"]) == (clock.level, clock.state)
        assert (clock.state == "stopped") <= bool(state.rows(
            "SELECT FROM duban.event WHERE (case_no, clock, kind, deadline_version)"
            " = (%s, %s, 'completed', %s)", case, name, stored["deadline_version"]))
    assert state.count("event") > 60, "the history has something to say"
