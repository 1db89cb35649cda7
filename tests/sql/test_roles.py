"""What the roles may do, and what not."""

import psycopg
import pytest

from harness.centre import ROOT
from state import START, Clock, days, decision, minutes
from test_irregularity import completion, look, reception, vanish

LEDGER = ("event", "message", "attempt")
WITHDRAW = "SELECT duban.withdraw('A1', NULL, 'w', 'r', '{}', '{}', '{}', '{}', NULL)"


def rights(state, role):
    """{table: rights} of all tables of the schema, partitions aside."""
    return dict(state.rows("""
        SELECT c.relname, string_agg(r.name, ' ' ORDER BY r.name)
          FROM pg_class c
          JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER'])
               AS r(name) ON has_table_privilege(%s, c.oid, r.name)
         WHERE c.relnamespace = 'duban'::regnamespace AND c.relkind IN ('r', 'p')
           AND NOT c.relispartition
         GROUP BY c.relname""", role))


def test_the_daemon_only_adds_to_the_ledger(state):
    held = rights(state, "duban_daemon")
    for table in LEDGER:
        assert held[table] == "INSERT SELECT"
    assert held["withdrawal"] == held["seal"] == "INSERT SELECT"
    for table in ("recipient", "contact", "duty", "install", "migration"):
        assert held[table] == "SELECT"
    assert not [table for table, words in held.items()
                if set(words.split()) & {"TRUNCATE", "REFERENCES", "TRIGGER"}]


@pytest.mark.parametrize("statement", [
    *(f"UPDATE duban.{table} SET kind = ''" for table in ("event", "message")),
    "UPDATE duban.attempt SET verdict = ''",
    "UPDATE duban.withdrawal SET reason = 'r'", "DELETE FROM duban.withdrawal",
    *(f"DELETE FROM duban.{table}" for table in LEDGER),
    *(f"TRUNCATE duban.{table}" for table in LEDGER),
    "DELETE FROM duban.clock", "DELETE FROM duban.notification",
    "DELETE FROM duban.message_20260601", "DROP TABLE duban.attempt_20260601",
    "CREATE TABLE duban.mine ()", "UPDATE duban.recipient SET name = ''",
    "ALTER TABLE duban.event DISABLE TRIGGER ALL", "SET ROLE postgres",
    "CREATE OR REPLACE FUNCTION duban.now() RETURNS timestamptz LANGUAGE sql AS 'SELECT now()'",
])
def test_what_the_daemon_may_not_do(state, statement):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        state.daemon.execute(statement)


def test_the_daemon_may_call_every_function(state):
    """Each of them once with work to do, as the daemon's role."""
    called = set()
    plain = state.call

    def counted(function, *arguments, **others):
        called.add(function)
        return plain(function, *arguments, **others)
    state.call = counted
    state.call("node_join", state.node, "here", "v1", "0.1.0")
    state.call("lead", state.node)
    state.call("ledger_seal", "", 9)
    state.call("lead_by", state.node, "v", 60_000_000)
    state.call("maintain_partitions", START, 4, 30)
    state.call("maintain_partitions_of", "message", START, 4, 30)
    state.call("intake_begin")
    state.call("rules_first", "r1")
    state.intake([Clock("A1"), Clock("A0", level="red")], baseline=True, bad=[("B1", "no limit")],
                 mark=(None, None, START, "A1"))
    state.call("intake_baseline_done", START, ["supervision"], ["hook"], state.day)
    state.intake([Clock("A1", hash=2)], good=["A1", "B1"])
    state.call("open_case_write", START, days(90), ["A1"], ["I1"], ["事项"], ["promised"], ["accepted"], ["open"],
               [""], [""], [START], [START])
    state.call("reconcile_page", "", 9)
    state.call("recompute_begin", "r2", True)
    state.call("recompute_begin", "r2", False)
    assert state.value("recompute_step", "r2", "", "A1", 1, 1, True)
    state.call("plan_page", ["A1"])
    state.due()
    state.escalate(decision("A1", "red", "red", hash=2), remind=["red"])
    called.add("reminder_due")
    [due] = state.reminders()
    assert state.remind((due, START, "red/1"), routes=[("red/1", "window", "hook")]) == (1, 1, 1)
    assert state.value("acknowledge", "A1", None, "here", "")[0]["done"] == "acknowledged"
    assert state.withdraw("A1")[0]["done"] == "withdrawn"
    state.call("event_without_case", "calendar_ends", "", 1, "", None, ["supervision"], ["hook"], state.day)
    state.call("off_duty", "W1", "hook", "http://w1", state.day, True)
    state.call("composer_take", 9, None, 9, state.day, True)
    state.call("composer_usage", START, [1], [2], [3], 4)
    state.compose()
    one, two, *others = state.claim(lease=minutes(1))
    state.complete(one, "temporary", retry=minutes(1))
    assert state.value("release", [two["id"]], [two["token"]]) == 1
    state.call("release_unknown", state.node, [])
    state.move(minutes(2))
    state.call("reap", state.node)
    look(state, [("A1", "second_supplement", 2, START)], [Clock("A1", hash=3)],
         [reception("A1", "W1", START), completion("A1", True)])
    vanish(state, "A1")
    state.call("alarm_look", 1, 9)
    state.call("alarm_update", ["queue:1"], ["late"])
    state.call("alarm_told", "queue:1", state.now, False)
    state.call("alarm_contacts", ["hook"], 9)
    state.call("metrics", 9)
    state.call("selftest_look", "W1", "hook", 1, 1)
    state.call("selftest_look", "W1", "hook", 1, 0)
    hook, failed = [state.one("SELECT channel FROM duban.message WHERE id = %s", one["id"])], ["failed"]
    state.call("receipt_write", hook * 2, ["", one["public_id"]], ["p9", ""], failed * 2, failed * 2, failed * 2,
               [START, START], [], [])
    state.call("receipt_match", 9, None, [], [])
    state.call("awaiting_overdue", 9, [], [])
    state.call("enquiry_due", ["sms"], 9)
    state.call("enquiry_done", [two["id"]], [-1])
    endpoint = [one["endpoint"]]
    state.call("endpoint_trouble")
    state.call("endpoint_report", endpoint, ["stopped"], [False], [1], ["r"], [None], [START], ["e"])
    state.call("park", endpoint, [None], 9)
    state.call("endpoint_reload")
    state.call("park_expire", endpoint, [-60_000_001], ["sms"], 9)
    state.call("unpark", endpoint, [0], 9)
    state.call("session_begin", 1, 1)
    state.call("schema_version")
    helpers = {"probe", "probe_message", "digest_stale", "digest_outdated", "message_stale",
               "carried_rank", "was_told", "reword", "intake_drop", "rules_are_approved", "fall_back", "endpoint_place",
               "now", "is_new_deadline", "next_sequence", "notify", "on_duty", "stand_in",
               "stale_reason", "told_rank", "complete_late", "reminder_begin", "is_acknowledged",
               "cancel_waiting", "silence_of", "alarm_record", "selftest_progress", "warned", "is_person",
               "irregularity_record", "irregularity_of_changes", "irregularity_of_receptions",
               "irregularity_of_habits", "irregularity_severity", "irregularity_next",
               "irregularity_instant",
               "worst_part", "joint_places", "withdraw_clock", "withdraw_level",
               "selftest_end_clocks", "event_digest", "ledger_writers", "ledger_complete",
               "receipt_find", "receipt_number", "receipt_settle", "receipt_bury", "session_hangs",
               "node_with_right_config", "patience_us", "metrics_age", "metrics_cases", "metrics_queue",
               "metrics_nodes"}  # called by others
    owners = {name for name in state.types if name.startswith((
        "board_", "channel_", "dead_", "directory_", "doctor", "explain_", "irregularity_list",
        "ledger_seals", "ledger_since", "ledger_export", "message_", "rules_approve", "silence_", "status",
        "test_send", "web_", "former_", "shut_out_")) and name != "silence_of"}
    assert called | helpers | owners == set(state.types)


def test_readers_see_no_personal_data(state):
    with state.cluster.connect(state.database, user="duban_read") as reader:
        for table in ("event", "clock", "ready", "dead", "attempt", "node", "bad_row", "withdrawal",
                      "level_event", "case_level", "window_habit", "seal"):
            reader.execute(f"SELECT * FROM duban.{table}")
        reader.execute("SELECT id, kind, case_no FROM duban.message")
        reader.execute("SELECT key FROM duban.install")
        for statement in ("SELECT body FROM duban.message", "SELECT address FROM duban.message",
                          "SELECT address FROM duban.contact", "SELECT address FROM duban.notification",
                          "SELECT address FROM duban.endpoint", "SELECT * FROM duban.message_20260601",
                          "SELECT secret FROM duban.install", "SELECT * FROM duban.reception", WITHDRAW,
                          "DELETE FROM duban.dead", "INSERT INTO duban.bad_row VALUES ('', '', now(), now())",
                          "SELECT duban.maintain_partitions(now(), 0, 0)"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                reader.execute(statement)


def test_granting_again_changes_nothing(state):
    before = rights(state, "duban_daemon"), rights(state, "duban_read")
    state.cluster.load(state.database, ROOT / "sql/schema/roles.sql")
    assert (rights(state, "duban_daemon"), rights(state, "duban_read")) == before
