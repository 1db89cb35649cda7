"""Joint cases 联办件: who leads them, which parts hold them up, and who is told."""

import pytest

from state import START, Clock, days, decision

PARENT = Clock("J1", next=START, window="W1")
DIRECTORY = """
    INSERT INTO duban.recipient VALUES ('D2', 'department', 'Department 2', 'C'), ('W3', 'window', 'Window 3', 'D2'),
        ('Y', 'system', 'Approval system', NULL);
    INSERT INTO duban.contact VALUES ('W2', 'hook', 'http://w2'), ('W3', 'hook', 'http://w3'), ('Y', 'hook', 'http://y');
    INSERT INTO duban.duty VALUES ('W3', 'window', 'W3'), ('W3', 'department', 'D2'), ('D2', 'department', 'D2'),
        ('W1', 'system', 'Y'), ('W3', 'system', 'Y');
"""


def part(number, window="W3", department="D2", **others):
    return Clock(f"J1-{number}", next=START, window=window, department=department, parent="J1", **others)


@pytest.fixture
def joint(state):
    """A whole case and three parts, of which the second is the worst."""
    state.owner.execute(DIRECTORY)
    state.intake([PARENT, part(1, window="W2", department="D1", due=START + days(1)), part(2, due=START + days(5)),
                  part(3, due=START + days(3))])
    rate(state, "J1-2", 8)
    return state


def rate(state, case, severity):
    state.owner.execute("UPDATE duban.clock SET severity = %s WHERE case_no = %s", (severity, case))


def told(state):
    """[(recipient, role, address, outcome)]"""
    return state.rows("SELECT recipient, role, address, outcome FROM duban.notification ORDER BY id")


def raise_red(state, case="J1", roles=("part",), **others):
    return state.escalate(decision(case, "red", "red", **others), routes=[("red", role, "hook") for role in roles])


# The parts.

def test_the_windows_of_the_parts_that_hold_it_up_are_told(joint):
    assert raise_red(joint) == (1, 1, 2)
    assert {row[:3] for row in told(joint)} == {("W2", "part", "http://w2"), ("W3", "part", "http://w3")}


@pytest.mark.parametrize("change", [{"state": "suspended"}, {"state": "stopped", "stopped": START}])
def test_parts_that_stand_still_or_are_done_hold_nothing_up(joint, change):
    joint.intake([part(1, window="W2", hash=2, **change)])
    raise_red(joint)
    assert [row[0] for row in told(joint)] == ["W3"]


def test_of_many_the_worst_twenty_are_told(state):
    windows = [f"P{number:02}" for number in range(30)]
    for window in windows:
        state.owner.execute("INSERT INTO duban.recipient VALUES (%s, 'window', %s, 'D1')", (window, window))
        state.owner.execute("INSERT INTO duban.contact VALUES (%s, 'hook', %s)", (window, f"http://{window}"))
        state.owner.execute("INSERT INTO duban.duty VALUES (%s, 'window', %s)", (window, window))
    state.intake([PARENT, *(part(number, window=window, due=START + days(30 - number))
                            for number, window in enumerate(windows)), part(99, window="P00")])
    rate(state, "J1-3", 4)
    assert raise_red(state)[2] == 20
    # By severity, then by what is due first; P00 has an early part besides.
    assert {row[0] for row in told(state)} == {"P03", "P00", *(f"P{number:02}" for number in range(12, 30))}


def test_a_window_that_nobody_knows_is_noted(joint):
    joint.intake([part(1, window="W9", hash=2)])
    raise_red(joint)
    assert told(joint) == [("W3", "part", "http://w3", None),
                           ("", "part", "", "unreachable: nobody is part for 'W9'")]


def test_each_is_told_once_whatever_its_roles(joint):
    joint.intake([part(1, window="W1", hash=2)])
    raise_red(joint, roles=["part", "window"])
    assert [row[0] for row in told(joint)] == ["W1", "W3"]


# The lead.

def test_the_department_that_leads_is_told_of_a_part(joint):
    joint.owner.execute("INSERT INTO duban.contact VALUES ('D2', 'hook', 'http://d2')")
    assert raise_red(joint, "J1-2", ["lead", "department"]) == (1, 1, 2)
    assert told(joint) == [("D1", "lead", "http://d1", None), ("D2", "department", "http://d2", None)]


def test_a_lead_whose_window_is_unknown_is_found_by_its_department(joint):
    joint.intake([PARENT.but(hash=2, window="W9", department="D2")])
    joint.owner.execute("INSERT INTO duban.contact VALUES ('D2', 'hook', 'http://d2')")
    raise_red(joint, "J1-2", ["lead"])
    assert told(joint) == [("D2", "lead", "http://d2", None)]


def test_a_lead_that_nobody_knows_is_noted(joint):
    joint.owner.execute("UPDATE duban.clock SET parent_case_no = 'J7' WHERE case_no = 'J1-2'")
    raise_red(joint, "J1-2", ["lead"])
    assert told(joint) == [("", "lead", "", "unreachable: nobody is lead for 'J7'")]


@pytest.mark.parametrize("roles", [["lead"], ["part"], ["lead", "part"]])
def test_a_case_alone_has_neither_lead_nor_parts(state, roles):
    state.intake([Clock("A1", next=START)])
    assert raise_red(state, "A1", roles) == (1, 1, 0)
    assert told(state) == []


# The deputies of both.

def test_deputies_stand_in(joint):
    joint.owner.execute("UPDATE duban.recipient SET absent = %s, deputy = 'W2' WHERE code = 'W3'",
                        (f"{{[{joint.day},{joint.day}]}}",))
    raise_red(joint)
    assert [row[:2] for row in told(joint)] == [("W2", "part")]


# Which part it is.

def test_a_level_names_the_worst_part(joint):
    raise_red(joint, roles=["window"])
    assert joint.one("SELECT detail FROM duban.event WHERE kind = 'red'") == "part: J1-2"
    rate(joint, "J1-2", 0)
    [draft] = joint.take()
    assert (draft["part"], draft["part_department"]) == ("J1-2", "Department 2"), "as it was"


def test_of_equal_ones_that_which_is_due_first(joint):
    rate(joint, "J1-2", 0)
    raise_red(joint, roles=["window"])
    assert joint.take()[0]["part"] == "J1-1"


def test_a_reminder_names_the_worst_part_of_its_day(joint):
    joint.escalate(decision("J1", "red", "red"), routes=[("red", "window", "hook")], remind=["red"])
    rate(joint, "J1-3", 9)
    [due] = joint.reminders()
    joint.remind((due, None, "red/1"), routes=[("red/1", "window", "hook")])
    assert [(d["kind"], d["part"]) for d in joint.take()] == [("red", "J1-2"), ("reminder", "J1-3")]


@pytest.mark.parametrize("case", ["J1-2", "A1"])
def test_other_cases_name_none(joint, case):
    if case == "A1":
        joint.intake([Clock("A1", next=START)])
    raise_red(joint, case, ["window"])
    assert joint.one("SELECT detail FROM duban.event") == ""
    [draft] = joint.take()
    assert (draft["part"], draft["part_department"], draft["taken"]) == (None, None, None)


# The approval system as a receiver.

def test_the_approval_system_is_told_as_others_are(joint):
    assert joint.escalate(decision("J1-2", "red", "tacit_approval"),
                          routes=[("tacit_approval", "system", "hook")])[2] == 1
    assert told(joint) == [("Y", "system", "http://y", None)]
