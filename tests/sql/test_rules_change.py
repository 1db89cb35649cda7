"""A change of rules: what was told goes on counting, what really changes goes by the escalator, and a
pass over all clocks that can be interrupted anywhere."""

import pytest

from state import RANKS, START, Clock, days, decision, minutes

A = Clock("A1", basis=7)
YELLOW = [("yellow", "window", "hook")]
B_RULES = {"hash": 2, "rule": "r2"}   # the same facts by other rules


def raise_yellow(state, remind=()):
    """A clock whose window was warned."""
    state.intake([A])
    state.escalate(decision("A1", "yellow", "yellow", next=A.due), routes=YELLOW, remind=remind)
    return A.but(level="yellow", reached=state.now, next=A.due)


def versions(state, case="A1", name="completion"):
    stored = state.clock(case, name)
    return stored["deadline_version"], stored["raised_version"], stored["carried_from"]


def due(state):
    return state.due()[0]


# Carried over.

def test_a_level_that_still_holds_is_carried_over(state):
    yellow = raise_yellow(state)
    state.move(minutes(1))
    other = yellow.but(**B_RULES, due=A.due + days(1), next=A.due + days(1), policy="mild", calendar="c2")
    assert state.intake([other]) == (1, 0)
    stored = state.clock("A1")
    assert (stored["level"], stored["rank"], stored["due_at"]) == ("yellow", 1, other.due)
    assert (stored["next_at"], due(state)) == (other.next, [])
    assert versions(state) == (2, 2, 1)
    assert (stored["rule_version"], stored["policy"], stored["calendar_version"]) == ("r2", "mild", "c2")
    assert [row[2:] for row in state.events("A1")] == [
        ("yellow", 1, "yes"), ("yellow", 2, "no: told before the rules changed")]
    assert state.count("notification") == 1


def test_where_nothing_moves_there_is_no_other_deadline(state):
    yellow = raise_yellow(state)
    assert state.intake([yellow.but(**B_RULES)]) == (1, 0)
    assert versions(state) == (1, 1, 1)
    assert (state.clock("A1")["rule_version"], due(state), len(state.events("A1"))) == ("r2", [], 1)


def test_a_clock_without_a_level_moves_silently(state):
    state.intake([A])
    state.intake([A.but(**B_RULES, due=A.due + days(2), next=A.next + days(2))])
    assert versions(state) == (2, 2, 1)
    assert state.clock("A1")["next_at"] == A.next + days(2)
    assert state.events("A1") == []


def test_a_level_that_comes_earlier_is_due_at_once(state):
    state.intake([A])
    state.move(minutes(1))
    state.intake([A.but(**B_RULES, next=state.now - minutes(9))])
    assert due(state) == [("A1", "completion")]


def test_a_suspended_clock_is_carried_over_too(state):
    yellow = raise_yellow(state)
    stopped = yellow.but(state="suspended", hash=3, basis=8, next=None)
    state.intake([stopped])
    state.escalate(decision("A1", "yellow", hash=3, old_level="yellow"))
    assert state.intake([stopped.but(hash=4, rule="r2", due=A.due + days(3))]) == (1, 0)
    assert versions(state) == (1, 1, 1)
    stored = state.clock("A1")
    assert (stored["due_at"], stored["next_at"], stored["level"]) == (A.due, None, "yellow")


def test_a_suspended_clocks_levels_stay_apart(state):
    """Back and forth by rules: each level under a deadline version of its own."""
    yellow = raise_yellow(state)
    stopped = yellow.but(state="suspended", hash=3, basis=8, next=None)
    state.intake([stopped])
    state.escalate(decision("A1", "yellow", hash=3, old_level="yellow"))
    for number, (level, events) in enumerate([("normal", ["cleared"]), ("yellow", ["yellow"]),
                                              ("normal", ["cleared"])], 2):
        state.intake([stopped.but(hash=10 + number, rule=f"r{number}", level=level)])
        assert versions(state)[:2] == (number, number)
        old = "yellow" if level == "normal" else "normal"
        assert state.escalate(decision("A1", level, *events, hash=10 + number, old_level=old,
                                       version=number))[1] == 1


def test_changed_facts_are_told_anew_even_with_other_rules(state):
    yellow = raise_yellow(state)
    state.intake([yellow.but(hash=2, basis=8, rule="r2", due=A.due + days(1))])
    assert versions(state) == (2, 1, 2)
    assert due(state) == [("A1", "completion")]


def test_a_new_deadline_that_nobody_was_told_of_yet_stays_to_be_told(state):
    yellow = raise_yellow(state)
    extended = yellow.but(hash=2, basis=8, due=A.due + days(1))
    state.intake([extended])
    state.intake([extended.but(hash=3, rule="r2", due=A.due + days(2))])
    assert versions(state) == (3, 1, 3)
    assert due(state) == [("A1", "completion")]


def test_a_row_from_before_there_were_rule_versions_counts_as_told(state):
    yellow = raise_yellow(state)
    state.owner.execute("UPDATE duban.clock SET rule_version = '', basis_hash = 0")
    assert state.intake([yellow.but(**B_RULES)]) == (1, 0)
    assert (versions(state), due(state)) == ((1, 1, 1), [])
    state.owner.execute("UPDATE duban.clock SET rule_version = '', basis_hash = 0")
    state.intake([yellow.but(hash=3, rule="r3", due=A.due + days(1))])
    assert (versions(state), due(state)) == ((2, 1, 2), [("A1", "completion")])


def test_what_has_ended_stays_by_its_rules(state):
    state.intake([A.but(state="stopped", stopped=START, next=None)])
    state.escalate(decision("A1", "normal", "met"))
    before = state.clock("A1")
    assert state.intake([A.but(state="stopped", stopped=START, next=None, rule="r2", due=A.due + days(1))]) == (0, 0)
    assert state.clock("A1") == before


def test_a_withdrawal_is_carried_over(state):
    yellow = raise_yellow(state)
    state.owner.execute("UPDATE duban.clock SET withdrawn_rank = 1, withdrawn_version = 1")
    state.intake([yellow.but(**B_RULES, due=A.due + days(1))])
    stored = state.clock("A1")
    assert (stored["withdrawn_rank"], stored["withdrawn_version"]) == (1, 2)


def test_a_level_that_was_carried_over_can_be_withdrawn(state):
    """The event of which it was told leaves the figures, and what waits of it is cancelled."""
    yellow = raise_yellow(state)
    state.intake([yellow.but(**B_RULES, due=A.due + days(1))])
    assert state.rows("SELECT kind, deadline_version FROM duban.level_event") == [("yellow", 1)]
    [done] = state.withdraw("A1")
    assert (done["done"], done["cancelled"]) == ("withdrawn", 1)
    assert state.rows("SELECT * FROM duban.level_event") == []


# Levels that really change.

def test_a_higher_level_is_told_and_only_that(state):
    yellow = raise_yellow(state)
    state.intake([yellow.but(**B_RULES, level="red", due=A.due - days(8), next=None)])
    assert versions(state) == (2, 2, 1)
    assert state.clock("A1")["level"] == "yellow", "the escalator raises, not intake"
    assert due(state) == [("A1", "completion")]
    assert state.escalate(decision("A1", "red", "red", hash=2, old_level="yellow", version=2))[1] == 1
    assert versions(state) == (2, 2, 2)
    assert [row[2:4] for row in state.events("A1")] == [("yellow", 1), ("red", 2)]


def test_a_level_that_no_longer_holds_is_cleared_once_for_each_time(state):
    """Forth and back and forth, with another due instant or the same."""
    raise_yellow(state)
    for number in range(2, 6):
        level = "normal" if number % 2 == 0 else "yellow"
        old = "yellow" if number % 2 == 0 else "normal"
        state.intake([A.but(hash=number, rule=f"r{number}", level=level)])
        assert due(state) == [("A1", "completion")]
        kind = "cleared" if level == "normal" else "yellow"
        assert state.escalate(decision("A1", level, kind, hash=number, old_level=old, version=number,
                                       next=A.due))[1] == 1
        assert versions(state) == (number, number, number)
    assert [row[2] for row in state.events("A1")] == ["yellow", "cleared", "yellow", "cleared", "yellow"]


def test_back_before_the_escalator_saw_it_is_as_if_nothing_had_been(state):
    """The warning that waits is neither lost nor told twice."""
    yellow = raise_yellow(state, remind=["yellow"])
    state.intake([A.but(**B_RULES, due=A.due + days(9))])
    assert (versions(state), due(state)) == ((2, 2, 1), [("A1", "completion")])
    state.move(minutes(1))
    state.intake([yellow.but(hash=1)])
    assert (versions(state), due(state)) == ((3, 3, 1), [])
    [pending] = state.take()
    assert pending["stale"] is None
    [reminder] = state.reminders()
    assert (reminder["deadline_version"], reminder["gone"]) == (3, False)


def test_back_after_it_was_cleared_is_told_anew_and_the_first_one_isnt(state):
    yellow = raise_yellow(state)
    state.intake([A.but(**B_RULES, due=A.due + days(9))])
    state.escalate(decision("A1", "normal", "cleared", hash=2, old_level="yellow", version=2, next=A.due),
                   routes=[])
    state.intake([yellow.but(hash=1)])
    assert due(state) == [("A1", "completion")]
    state.escalate(decision("A1", "yellow", "yellow", version=3, next=A.due), routes=YELLOW)
    first, second = state.take()
    assert first["stale"] == "cancelled: the deadline has changed" and second["stale"] is None


# Reminders.

def test_reminders_go_on_under_the_new_deadline(state):
    yellow = raise_yellow(state, remind=["yellow"])
    [first] = state.reminders()
    state.remind((first, state.now, "yellow/1"), routes=[("yellow/1", "window", "hook")])
    state.intake([yellow.but(**B_RULES, due=A.due + days(1))])
    state.move(minutes(1))
    [moved] = state.reminders()
    assert (moved["deadline_version"], moved["sent"], moved["gone"]) == (2, 1, False)
    assert state.remind((moved, None, "yellow/1"), routes=[("yellow/1", "window", "hook")]) == (1, 1, 1)
    assert state.rows("SELECT deadline_version, repeat, due_at FROM duban.event WHERE kind = 'reminder'"
                      " ORDER BY id") == [(1, 1, A.due), (2, 2, A.due + days(1))]


def test_reminders_end_when_their_level_does(state):
    raise_yellow(state, remind=["yellow"])
    state.intake([A.but(**B_RULES, due=A.due + days(9))])
    assert [reminder["gone"] for reminder in state.reminders()] == [False], "until it is cleared"
    state.escalate(decision("A1", "normal", "cleared", hash=2, old_level="yellow", version=2, next=A.due))
    assert [reminder["gone"] for reminder in state.reminders()] == [True]


# Levels that have other ranks.

@pytest.fixture
def more_levels():
    """A policy with a level below yellow."""
    RANKS.update({"amber": 1, "yellow": 2, "red": 3})
    yield
    RANKS.pop("amber")
    RANKS.update({"yellow": 1, "red": 2})


def test_a_level_keeps_its_messages_when_its_rank_changes(state, more_levels):
    RANKS.update({"yellow": 1, "red": 2})
    yellow = raise_yellow(state, remind=["yellow"])
    RANKS.update({"yellow": 2, "red": 3})
    state.intake([yellow.but(**B_RULES)])
    assert versions(state) == (2, 2, 1)
    assert state.clock("A1")["rank"] == 2
    [pending] = state.take()
    assert pending["stale"] is None
    assert [reminder["gone"] for reminder in state.reminders()] == [False]
    assert state.compose()[0] == 1
    [message] = state.claim()
    assert message["kind"] == "yellow" and message["token"]


def test_a_clearing_is_told_by_the_ranks_of_now(state, more_levels):
    """Red was the second level, yellow is now."""
    RANKS.update({"yellow": 1, "red": 2})
    state.intake([A])
    state.escalate(decision("A1", "red", "red", next=A.due), routes=[("red", "window", "hook")])
    state.compose()
    RANKS.update({"yellow": 2, "red": 3})
    state.intake([A.but(level="yellow", **B_RULES)])
    state.owner.execute("UPDATE duban.clock SET rank = 2")  # as it was stored
    cleared = decision("A1", "yellow", "cleared", hash=2, old_level="yellow", taken=3, version=2)
    assert state.escalate(cleared)[1:] == (1, 1)
    [pending] = state.take()
    assert (pending["kind"], pending["stale"]) == ("cleared", None)


def test_a_higher_level_supersedes_what_was_told_by_other_ranks(state, more_levels):
    """The old rank of the one is the new rank of the other."""
    RANKS.update({"amber": 2, "yellow": 3, "red": 1})
    state.intake([A])
    state.escalate(decision("A1", "yellow", "yellow", next=A.due), routes=YELLOW)
    RANKS.update({"yellow": 1, "red": 3})
    state.intake([A.but(level="yellow", **B_RULES)])
    state.escalate(decision("A1", "red", "red", hash=2, old_level="yellow", version=2), routes=YELLOW)
    [pending] = state.take()
    assert pending["kind"] == "yellow" and pending["stale"].startswith("cancelled: ")


# Texts that name a date.

def composed(state, repeatable=True, **others):
    yellow = raise_yellow(state)
    assert state.compose(repeatable=repeatable, **others)[0] == 1
    state.move(minutes(1))
    state.intake([yellow.but(**B_RULES, due=A.due + days(1))])
    return yellow


def test_a_text_with_the_old_date_is_worded_anew(state):
    composed(state)
    assert state.claim() == []
    assert state.attempts() == [(0, "cancelled", "cancelled: worded anew")]
    state.move(minutes(1))
    [again] = state.take()
    assert (again["kind"], again["deadline_version"], again["stale"]) == ("yellow", 1, None)
    assert state.compose()[0] == 1
    [message] = state.claim()
    assert state.complete(message, "delivered") == (1, 0)
    assert state.count("notification", "outcome = 'composed'") == 1


def test_a_text_that_may_have_arrived_keeps_its_words(state):
    yellow = raise_yellow(state)
    state.compose(repeatable=True)
    [message] = state.claim()
    state.complete(message, "temporary", retry=minutes(1))
    state.move(minutes(2))
    state.intake([yellow.but(**B_RULES, due=A.due + days(1))])
    [again] = state.claim()
    assert again["id"] == message["id"], "its receiver knows it by its id"


def test_a_text_that_surely_was_not_sent_is_worded_anew_after_a_try(state):
    yellow = raise_yellow(state)
    state.compose(repeatable=False)
    [message] = state.claim()
    state.complete(message, "temporary", retry=minutes(1))
    state.move(minutes(2))
    state.intake([yellow.but(**B_RULES, due=A.due + days(1))])
    assert state.claim() == []
    assert len(state.take()) == 1


def test_where_no_date_moved_the_text_stays(state):
    yellow = raise_yellow(state)
    state.compose()
    state.move(minutes(1))
    state.intake([yellow.but(**B_RULES)])
    assert len(state.claim()) == 1


def test_a_digest_is_worded_anew_as_a_digest(state):
    first, second = A, Clock("A2", basis=7)
    state.intake([first, second])
    state.escalate(*[decision(case, "yellow", "yellow", next=A.due) for case in ("A1", "A2")],
                   routes=[(*YELLOW[0], 60_000_000)])
    state.move(minutes(2))
    state.compose_write(state.take(), digest=True, usage=[5, 6])
    assert state.count("usage") == 2
    state.move(minutes(1))
    state.intake([second.but(**B_RULES, level="yellow", due=A.due + days(1))])
    assert state.claim() == []
    assert (state.count("usage"), state.attempts()) == (0, [(0, "cancelled", "cancelled: worded anew")])
    assert state.one("SELECT count(DISTINCT group_key) FROM duban.pending") == 1
    state.move(minutes(1))
    assert state.compose_write(state.take(), digest=True)[0] == 1
    assert [message["kind"] for message in state.claim()] == ["digest"]


def test_a_digest_in_which_what_moved_is_stale_anyway_goes_out(state):
    first, second = A, Clock("A2", basis=7)
    state.intake([first, second])
    state.escalate(*[decision(case, "yellow", "yellow", next=A.due) for case in ("A1", "A2")],
                   routes=[(*YELLOW[0], 60_000_000)])
    state.move(minutes(2))
    state.compose_write(state.take(), digest=True)
    state.move(minutes(1))
    state.intake([second.but(hash=2, basis=8, rule="r2", level="yellow", due=A.due + days(1))])
    assert [message["kind"] for message in state.claim()] == ["digest"]


# Clocks that come and go.

def test_a_clock_that_its_case_no_longer_has_is_dropped(state):
    reply = A.but(name="reply")
    state.intake([A, reply])
    assert state.intake([A], good=["A1"]) == (1, 0)
    stored = state.clock("A1", "reply")
    assert (stored["state"], stored["next_at"], stored["facts_hash"]) == ("dropped", None, 0)
    assert [row[1:] for row in state.events("A1")] == [("reply", "dropped", 2, "no: recorded only")]
    assert state.intake([A], good=["A1"]) == (0, 0)


def test_others_of_the_page_and_elsewhere_stay(state):
    state.intake([A, Clock("A2"), Clock("A3"), Clock("A2", name="reply", state="stopped", stopped=START)])
    state.escalate(decision("A2", "normal", "met", name="reply"))
    assert state.intake([Clock("A2")], bad=[("A3", "no limit")], good=["A2"]) == (0, 1)
    assert state.rows("SELECT case_no, clock, state FROM duban.clock ORDER BY 1, 2") == [
        ("A1", "completion", "running"), ("A2", "completion", "running"), ("A2", "reply", "stopped"),
        ("A3", "completion", "running")]


def test_a_dropped_clocks_level_is_cleared(state):
    raise_yellow(state, remind=["yellow"])
    state.compose()
    state.intake([], good=["A1"])
    assert due(state) == [("A1", "completion")]
    assert state.escalate(decision("A1", "normal", "cleared", hash=0, old_level="yellow", version=2)) == (1, 1, 1)
    stored = state.clock("A1")
    assert (stored["state"], stored["level"], stored["next_at"]) == ("dropped", "normal", None)
    [cleared] = state.take()
    assert (cleared["kind"], cleared["stale"]) == ("cleared", None)
    assert state.claim() == []
    assert state.attempts() == [(0, "cancelled", "cancelled: the case no longer has this clock")]
    assert [reminder["gone"] for reminder in state.reminders()] == [True]


@pytest.mark.parametrize("back, raised", [("running", 1), ("suspended", 1), ("stopped", 1)])
def test_a_dropped_clock_may_come_back(state, back, raised):
    raise_yellow(state)
    state.intake([], good=["A1"])
    state.escalate(decision("A1", "normal", "cleared", hash=0, old_level="yellow", version=2))
    assert state.intake([A.but(state=back, level="yellow", stopped=START)]) == (1, 0)
    assert state.clock("A1")["state"] == back
    assert due(state) == [("A1", "completion")]
    new = back != "stopped"
    assert versions(state)[:2] == (3 if new else 2, 2)


def test_one_that_is_back_before_it_was_said_was_never_away(state):
    """The daemon was killed in between, or other rules came at once."""
    yellow = raise_yellow(state, remind=["yellow"])
    state.compose()
    state.intake([], good=["A1"])
    assert [message["kind"] for message in state.claim()] == ["yellow"], "nobody has said that it is gone"
    assert state.intake([yellow.but(**B_RULES)]) == (1, 0)
    assert (versions(state), due(state)) == ((3, 3, 1), [])
    assert [row[2:] for row in state.events("A1")] == [
        ("yellow", 1, "yes"), ("dropped", 2, "no: recorded only"),
        ("yellow", 3, "no: told before the rules changed")]
    assert [reminder["gone"] for reminder in state.reminders()] == [False]


def test_one_that_is_back_with_another_level_has_the_former_cleared(state):
    raise_yellow(state)
    state.intake([], good=["A1"])
    state.intake([A.but(**B_RULES, due=A.due + days(9))])
    assert (versions(state), due(state)) == ((3, 3, 1), [("A1", "completion")])
    assert state.clock("A1")["level"] == "yellow"
    state.escalate(decision("A1", "normal", "cleared", hash=2, old_level="yellow", version=3))
    assert state.events("A1")[-1][2:] == ("cleared", 3, "yes")


def test_one_that_is_back_stays_withdrawn(state):
    yellow = raise_yellow(state)
    state.value("withdraw", "A1", None, "Wang", "by mistake", [], [], [], [], None)
    state.intake([], good=["A1"])
    state.intake([yellow.but(**B_RULES)])
    stored = state.clock("A1")
    assert (stored["withdrawn_version"], stored["withdrawn_rank"]) == (3, 1)


def test_a_dropped_clock_whose_case_vanishes_is_not_due_for_ever(state):
    raise_yellow(state)
    state.intake([], good=["A1"])
    assert state.value("intake_vanished", state.now, ["A1"]) == 1
    assert due(state) == []


def test_a_dropped_clock_whose_case_is_set_aside_is_not_due_for_ever(state):
    raise_yellow(state)
    state.intake([], good=["A1"])
    state.intake(bad=[("A1", "no limit")])
    assert due(state) == []


def test_a_baseline_drops_nothing(state):
    state.intake([A, A.but(name="reply")], baseline=True)
    assert state.intake([A], baseline=True) == (0, 0)
    assert state.clock("A1", "reply")["state"] == "running"


# The pass.

@pytest.fixture
def ruled(state):
    """First contact is over, by the rules r1."""
    state.call("intake_begin")
    state.call("rules_first", "r1")
    state.call("intake_baseline_done", START, [], [], state.day)
    return state


def begin(state, version, need=False):
    """(needed, approved, fresh, former, after, cases, clocks)"""
    return state.call("recompute_begin", version, need)[0][1:]


def in_force(state):
    return state.rows("SELECT rules_version, recompute_version, recompute_after FROM duban.intake")[0]


def test_before_first_contact_nothing_is_needed(state):
    assert begin(state, "r1")[0] is False
    state.call("intake_begin")
    state.call("rules_first", "r1")
    assert begin(state, "r2")[0] is False
    state.call("rules_first", "r2")
    assert in_force(state)[0] == "r1", "the first page was by these"


def test_the_same_rules_need_no_pass(ruled):
    assert begin(ruled, "r1")[0] is False


def test_a_pass_goes_on_where_it_was(ruled):
    assert begin(ruled, "r2") == (True, True, True, "r1", "", 0, 0)
    assert ruled.value("recompute_step", "r2", "", "A5", 5, 3, False)
    assert begin(ruled, "r2") == (True, True, False, "r1", "A5", 5, 3)
    assert not ruled.value("recompute_step", "r2", "", "A5", 5, 3, False), "a repeat"
    assert not ruled.value("recompute_step", "r3", "A5", "A9", 4, 4, False), "other rules"
    assert ruled.value("recompute_step", "r2", "A5", "A9", 4, 4, True)
    assert in_force(ruled) == ("r2", "", "")
    assert begin(ruled, "r2")[0] is False
    [(kind, subject, told, detail)] = ruled.rows(
        "SELECT kind, clock, told, detail FROM duban.event WHERE kind = 'rules_changed'")
    assert (subject, told) == ("r2", "no: recorded only")
    assert detail.startswith("from r1, ") and detail.endswith("9 cases, 7 clocks")


def test_a_further_change_begins_anew(ruled):
    begin(ruled, "r2")
    ruled.value("recompute_step", "r2", "", "A5", 5, 3, False)
    assert begin(ruled, "r3") == (True, True, True, "r1", "", 0, 0)
    assert not ruled.value("recompute_step", "r2", "A5", "A9", 4, 4, True)


def test_back_to_the_former_rules_in_the_middle_is_a_pass_too(ruled):
    begin(ruled, "r2")
    ruled.value("recompute_step", "r2", "", "A5", 5, 3, False)
    assert begin(ruled, "r1", need=True) == (True, True, True, "r1", "", 0, 0)
    assert ruled.value("recompute_step", "r1", "", "A9", 9, 3, True)
    assert in_force(ruled) == ("r1", "", "")


# Approvals.

def test_rules_that_nobody_approved_wait(ruled):
    assert begin(ruled, "r2", need=True)[:2] == (True, False)
    assert in_force(ruled) == ("r1", "", "")
    ruled.owner.execute("SELECT duban.rules_approve('r2', ' 王主任 ', '{}')")
    assert ruled.value("rules_are_approved", "r2") and not ruled.value("rules_are_approved", "r3")
    assert begin(ruled, "r2", need=True)[:3] == (True, True, True)
    assert ruled.value("rules_are_approved", "r2"), "another daemon loads them while they come"
    assert ruled.rows("SELECT version, author, approved_at FROM duban.rules_approval") == [
        ("r2", "王主任", ruled.now)]


def test_an_approval_counts_until_other_rules_have_come(ruled):
    ruled.owner.execute("SELECT duban.rules_approve('r2', 'a', '{}'), duban.rules_approve('r3', 'a', '{}')")
    ruled.move(minutes(1))
    begin(ruled, "r3")
    ruled.value("recompute_step", "r3", "", "", 0, 0, True)
    assert [ruled.value("rules_are_approved", version) for version in ("r1", "r2", "r3")] == [
        False, False, True]


def test_an_approval_needs_a_name(ruled):
    with pytest.raises(Exception, match="name"):
        ruled.owner.execute("SELECT duban.rules_approve('r2', ' ', '{}')")


def test_the_daemon_and_readers_cannot_approve(ruled):
    for user in ("duban_daemon", "duban_read"):
        with ruled.cluster.connect(ruled.database, user=user) as session:
            with pytest.raises(Exception, match="permission denied"):
                session.execute("SELECT duban.rules_approve('r2', 'me', '{}')")


# What status tells.

def test_status_tells_the_rules_and_how_far_a_pass_is(ruled):
    ruled.intake([A, A.but(name="reply"), Clock("A2")])
    status = ruled.one("SELECT duban.status(9)")["rules"]
    assert (status["version"], status["recompute"], status["approved_by"]) == ("r1", None, None)
    begin(ruled, "r2")
    ruled.value("recompute_step", "r2", "", "A1", 1, 2, False)
    progress = ruled.one("SELECT duban.status(9)")["rules"]["recompute"]
    assert (progress["version"], progress["cases"], progress["clocks"], progress["of"], progress["after"]) == (
        "r2", 1, 2, 2, "A1")


def test_what_is_stored_of_some_cases(ruled):
    ruled.intake([A, A.but(name="reply"), Clock("A2")], bad=[("B1", "no limit")])
    rows = ruled.call("plan_page", ["A1", "B1", "C1"])
    assert sorted((row[0], row[1] or "", row[2]) for row in rows) == [
        ("A1", "completion", "running"), ("A1", "reply", "running"), ("B1", "", "bad")]
