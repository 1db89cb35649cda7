"""What monitors are told of the state: counts and ages, and that they are bounded."""

from harness.processes import wait_for
from state import START, Clock, days, decision, minutes

US = 1_000_000


def figures(state, most=1000):
    """{family: value} and {(family, label…): value}"""
    while state.value("web_fold", 1000):
        pass
    return {(family, *labels) if (labels := [one for one in (first, second) if one is not None]) else family: value
            for family, first, second, value in state.call("metrics", most)}


def test_an_empty_state_has_nothing_that_waits(state):
    told = figures(state)
    assert told["duban_nodes"] == 1
    assert told["duban_config_versions"] == 1
    for name in ("duban_leader_known", "duban_bad_rows", "duban_alarms", "duban_pending_notifications",
                 "duban_pending_oldest_age_seconds", "duban_clock_due_oldest_age_seconds",
                 "duban_case_overdue_oldest_age_seconds"):
        assert told[name] == 0, name
    assert not [name for name in told if name[0] in ("duban_open_cases", "duban_queue_messages")]
    assert "duban_selftest_successful" not in told


def test_cases_by_level_and_the_oldest_ones(state):
    state.intake([Clock("A1"), Clock("A2"), Clock("A2", name="reply"),
                  Clock("A3", level="yellow"), Clock("A4", level="red", due=START - minutes(5)),
                  Clock("A5", level="red", state="suspended", due=START - days(9), next=None),
                  Clock("A6", state="stopped", next=None, due=START - days(30)),
                  Clock("A7", name="selftest", due=START - days(1))], baseline=True)
    state.owner.execute("UPDATE duban.clock SET next_at = %s WHERE case_no = 'A3'", (START - minutes(2),))
    told = figures(state)
    assert {name[1]: value for name, value in told.items() if name[0] == "duban_open_cases"} == {
        "normal": 2, "yellow": 1, "red": 2}
    assert told["duban_clock_due_oldest_age_seconds"] == 120 * US
    assert told["duban_case_overdue_oldest_age_seconds"] == 300 * US  # not of what stands still or has ended


def test_what_was_not_counted_yet_is_told(state):
    assert figures(state)["duban_board_behind_seconds"] == 0
    state.intake([Clock("A1", level="yellow")], baseline=True)
    state.move(minutes(2))
    told = {family: value for family, _, _, value in state.call("metrics", 9)}
    assert told["duban_board_behind_seconds"] == 120 * US
    assert "duban_open_cases" not in told
    assert figures(state)["duban_board_behind_seconds"] == 0


def test_the_queue_by_channel_and_state(state):
    for case in ("A1", "A2", "A4"):
        state.queue(case, "yellow")
    state.intake([Clock("A3", next=START)])
    state.escalate(decision("A3", "red", "red"), routes=[("red", "department", "sms")])
    state.move(minutes(3))
    told = figures(state)
    assert told["duban_pending_notifications"] == 2  # two numbers of the department
    assert told["duban_pending_oldest_age_seconds"] == 180 * US
    assert told["duban_queue_messages", "hook", "ready"] == 3
    assert told["duban_queue_oldest_age_seconds", "hook", "ready"] == 180 * US
    assert told["duban_queue_messages", "hook", "parked"] == 0
    [one, two] = state.claim(most=2, endpoints=[1])
    told = figures(state)
    assert told["duban_queue_messages", "hook", "inflight"] == 2
    assert told["duban_queue_messages", "hook", "ready"] == 1
    state.complete(one, "permanent", dead="no")
    state.complete(two, "temporary", retry=minutes(7))
    told = figures(state)
    assert told["duban_dead_messages", "hook"] == 1
    assert ("duban_queue_messages", "hook", "inflight") not in told
    state.claim(endpoints=[1])  # the third
    told = figures(state)
    assert told["duban_queue_messages", "hook", "ready"] == 1  # to be tried again, and not late
    assert told["duban_queue_oldest_age_seconds", "hook", "ready"] == 0


def test_a_parked_message_waits_since_its_first_try(state):
    state.queue("A1", "yellow")
    state.call("endpoint_report", [1], ["open"], [False], [60 * US], [""], [None], [state.now], ["down"])
    state.call("park", [1], [None], 100)
    state.move(minutes(10))
    told = figures(state)
    assert told["duban_queue_messages", "hook", "parked"] == 1
    assert told["duban_queue_oldest_age_seconds", "hook", "parked"] == 600 * US


def test_counts_stop_at_what_was_asked_for(state):
    state.intake([Clock(f"A{n}") for n in range(30)], bad=[(f"B{n}", "no") for n in range(9)], baseline=True)
    for n in range(40, 46):
        state.queue(f"A{n}", "yellow")
    told = figures(state, most=4)
    assert told["duban_open_cases", "normal"] == 30  # figures, not counts
    assert told["duban_bad_rows"] == 4
    assert told["duban_queue_messages", "hook", "ready"] == 4


def test_leader_and_nodes(state):
    other = state.session()
    state.call("node_join", 0, "there-2", "v2", "0.1.0", session=other)
    assert state.value("lead", state.node)
    told = figures(state)
    assert (told["duban_nodes"], told["duban_leader_known"], told["duban_config_versions"]) == (2, 1, 2)
    other.close()
    wait_for(lambda: figures(state)["duban_nodes"] == 1, 30, "its session has ended")
    assert figures(state)["duban_config_versions"] == 1


def test_watermark_alarms_and_the_self_test(state):
    state.owner.execute("INSERT INTO duban.intake (updated_at, case_no, first_contact_at) VALUES (%s, 'A1', %s)",
                        (START, START))
    state.owner.execute("INSERT INTO duban.alarm VALUES ('queue:1', 'd', now(), NULL, NULL), ('queue:2', 'd', now(), now(), now())")
    state.owner.execute("INSERT INTO duban.selftest VALUES (%s, 'c', 'hook', %s, '', '', 1),"
                        " (%s, 'c', 'hook', %s, 'not sent', 'd', NULL), (%s, 'c', 'hook', NULL, '', '', NULL)",
                        (START - days(3), START, START - days(2), START, START))
    told = figures(state)
    assert told["duban_source_watermark_timestamp_seconds"] == START.timestamp() * US
    assert told["duban_alarms"] == 1
    assert told["duban_selftest_successful"] == 0  # the last that has ended
    assert told["duban_selftest_last_timestamp_seconds"] == (START - days(2)).timestamp() * US


def test_the_daemon_may_ask_in_a_session_that_only_reads(state):
    state.daemon.execute("SET default_transaction_read_only = on")
    assert ("duban_nodes", None, None, 1) in state.call("metrics", 9)
