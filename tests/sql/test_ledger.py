"""The ledger's seals: what is sealed and when, and what `dubanctl ledger verify` finds."""

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from harness.processes import wait_for
from state import START, days

EVENT = """
    INSERT INTO duban.event (case_no, clock, kind, deadline_version, sequence, event_at, recorded_at, level,
                             rank, due_at, window_code, department_code, item_code, told, detail)
    VALUES (%s, 'completion', %s, 1, 1, %s, %s, 'red', 2, %s, 'W1', 'D1', 'I1', 'yes', %s) RETURNING id"""
FORGED = """
    INSERT INTO duban.event (id, case_no, clock, kind, deadline_version, sequence, event_at, recorded_at, level,
                             rank, window_code, department_code, item_code, told)
    OVERRIDING SYSTEM VALUE
    VALUES (%s, 'F' || %s::text, 'completion', 'red', 1, 1, now(), now(), 'red', 2, 'W1', 'D1', 'I1', 'yes')"""


def record(session, case, kind="red", detail="", due=START):
    """An event, as the daemon's role; its id."""
    return session.execute(EVENT, (case, kind, START, START, due, detail)).fetchone()[0]


def skip_id(state):
    """Takes an id that no event gets."""
    return state.one("SELECT nextval('duban.event_id_seq')")


class Ledger:
    def __init__(self, state, programs, folder):
        self.state, self.programs, self.folder = state, programs, folder
        self.mark = ""

    def seal(self, most=100, session=None):
        """One turn of the sealer; how many events were sealed."""
        self.mark, _, events, _, _, self.behind = self.state.call(
            "ledger_seal", self.mark, most, session=session)[0]
        return events

    def fill(self, events=10, batch=4):
        """Events 1 … in seals of `batch`."""
        for number in range(1, events + 1):
            assert record(self.state.daemon, f"A{number}") == number
        while self.seal(batch):
            pass
        return self

    def forge(self, statement, *arguments):
        """What an administrator of the database does: no right is in the way."""
        self.state.owner.execute(statement, arguments)

    def run(self, *arguments, user="duban_read"):
        return subprocess.run(
            [self.programs.dubanctl, "--dsn", self.state.cluster.dsn(self.state.database, user), "ledger",
             *arguments], capture_output=True, text=True, timeout=60, check=False)

    def verify(self, *arguments):
        """[(what, id)] that is found."""
        done = self.run("verify", "--json", *arguments)
        told = json.loads(done.stdout)
        assert done.returncode == (1 if told["findings"] else 0), done.stderr
        assert told["found"] == len(told["findings"])
        self.told = told
        return [(finding["what"], finding["id"]) for finding in told["findings"]]

    def export(self, *arguments):
        file = self.folder / "seals"
        done = self.run("export", *arguments)
        assert done.returncode == 0, done.stderr
        file.write_text(done.stdout, encoding="ascii")
        return file

    def seals(self):
        """[(number, after, up to, events)]"""
        return self.state.rows("SELECT number, after_event, up_to, events FROM duban.seal ORDER BY number")

    def reseal(self):
        """Makes all seals anew: they then fit whatever the ledger has become."""
        self.forge("TRUNCATE duban.seal")
        self.mark = ""
        while self.seal(4):
            pass


@pytest.fixture
def ledger(state, programs, tmp_path):
    return Ledger(state, programs, tmp_path)


# --- sealing ---

def test_all_is_sealed_in_batches_once(ledger):
    ledger.fill()
    assert ledger.seals() == [(1, 0, 4, 4), (2, 4, 8, 4), (3, 8, 10, 2)]
    assert ledger.seal() == 0
    record(ledger.state.daemon, "B1")
    assert ledger.seal() == 1
    assert ledger.seals()[3:] == [(4, 10, 11, 1)]
    assert ledger.verify() == []
    assert (ledger.told["seals"], ledger.told["events"], ledger.told["up_to"], ledger.told["unsealed"]) == (
        4, 11, 11, 0)


def test_an_empty_ledger_has_no_seal(ledger):
    assert ledger.seal() == 0
    assert ledger.seals() == [] and ledger.verify() == []


def test_a_full_batch_goes_on_at_once(ledger):
    for number in range(4):
        record(ledger.state.daemon, f"A{number}")
    assert ledger.seal(4) == 4 and ledger.behind and ledger.mark
    assert ledger.seal(4) == 0 and not ledger.behind and ledger.mark == ""


def test_a_transaction_held_open_is_waited_for(ledger):
    """Its lower id is committed after higher ones."""
    state = ledger.state
    with state.session() as slow:
        with slow.transaction():
            assert record(slow, "slow") == 1
            assert record(state.daemon, "quick") == 2
            assert [ledger.seal() for _ in range(3)] == [0, 0, 0]
            assert ledger.seals() == []
            assert ledger.verify() == [] and ledger.told["unsealed"] == 1
    record(state.daemon, "later")
    assert ledger.seal() == 2, "what had an id when the sealer began to wait"
    assert ledger.seals() == [(1, 0, 2, 2)]
    assert ledger.seal() == 1
    assert ledger.verify() == []


def test_transactions_that_follow_each_other_hold_up_nothing(ledger):
    """There is always one under way, but none of those that were there at first."""
    state = ledger.state
    with state.session() as one, state.session() as other:
        one.execute("BEGIN")
        record(one, "A1")
        assert ledger.seal() == 0
        other.execute("BEGIN")
        record(other, "A2")
        one.execute("COMMIT")
        assert ledger.seal() == 1, "the other began later, with a higher id"
        other.execute("COMMIT")
    assert ledger.seal() == 1
    assert ledger.seals() == [(1, 0, 1, 1), (2, 1, 2, 1)]


def test_a_transaction_that_is_given_up_leaves_a_gap(ledger):
    with ledger.state.session() as slow:
        slow.execute("BEGIN")
        record(slow, "A1")
        record(ledger.state.daemon, "A2")
        assert ledger.seal() == 0
        slow.execute("ROLLBACK")
    assert ledger.seal() == 1
    assert ledger.seals() == [(1, 0, 2, 1)] and ledger.verify() == []


def test_a_mark_of_another_server_is_not_trusted(ledger):
    """After a failover the sequence may be behind what was seen on the primary before."""
    record(ledger.state.daemon, "A1")
    ledger.mark = "1.5 1000"
    assert ledger.seal() == 1
    assert ledger.seals() == [(1, 0, 1, 1)]


def test_seals_need_fresh_snapshots(ledger):
    with ledger.state.session() as session, session.transaction():
        session.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        with pytest.raises(psycopg.errors.RaiseException, match="READ COMMITTED"):
            ledger.seal(session=session)


def test_the_faster_of_two_sealers_wins(ledger):
    """The other one, which would have made the same seal, goes on from the one that was made."""
    state = ledger.state
    record(state.daemon, "A1")
    with state.session() as fast, ThreadPoolExecutor(1) as pool:
        fast.execute("BEGIN")
        assert ledger.seal(session=fast) == 1
        slow = pool.submit(ledger.seal)
        wait_for(lambda: state.one("SELECT count(*) FROM pg_locks WHERE NOT granted") == 1)
        fast.execute("COMMIT")
        assert slow.result() == 0 and ledger.behind
    assert ledger.seal() == 0 and not ledger.behind
    assert ledger.seals() == [(1, 0, 1, 1)]


# --- what is found ---

def columns_of_event(state):
    return [row[0] for row in state.rows(
        "SELECT attname FROM pg_attribute WHERE attrelid = 'duban.event'::regclass AND attnum > 0"
        " AND NOT attisdropped AND attname <> 'id' ORDER BY attnum")]


def test_every_column_is_sealed(ledger):
    """Also those that later migrations add: a form of its own is due then."""
    ledger.fill(4)
    for column in columns_of_event(ledger.state):
        kind = ledger.state.one("SELECT format_type(atttypid, atttypmod) FROM pg_attribute"
                                " WHERE attrelid = 'duban.event'::regclass AND attname = %s", column)
        change = {"text": f"{column} || 'x'", "boolean": f"NOT {column}",
                  "timestamp with time zone": f"{column} + interval '1 us'"}.get(kind, f"{column} + 1")
        ledger.forge("BEGIN")
        ledger.forge("CREATE TEMPORARY TABLE kept ON COMMIT PRESERVE ROWS AS SELECT * FROM duban.event WHERE id = 3")
        ledger.forge(f"UPDATE duban.event SET {column} = {change} WHERE id = 3")
        ledger.forge("COMMIT")
        assert ledger.verify() == [("event_changed", 3)], column
        ledger.forge(f"UPDATE duban.event SET {column} = (SELECT {column} FROM kept) WHERE id = 3")
        ledger.forge("DROP TABLE kept")
    assert ledger.verify() == []


def test_null_and_empty_differ(ledger):
    record(ledger.state.daemon, "A1", due=None)
    ledger.seal()
    assert ledger.verify() == []
    ledger.forge("UPDATE duban.event SET due_at = %s", START)
    assert ledger.verify() == [("event_changed", 1)]


def test_texts_can_not_be_moved_between_columns(ledger):
    record(ledger.state.daemon, 'A", "1', detail='紧急\n"\\')
    ledger.seal()
    assert ledger.verify() == []
    ledger.forge("UPDATE duban.event SET window_code = 'W1D', department_code = '1'")
    assert ledger.verify() == [("event_changed", 1)]


@pytest.mark.parametrize("event", [1, 4, 5, 10])
def test_a_removed_row_is_named(ledger, event):
    ledger.fill().forge("DELETE FROM duban.event WHERE id = %s", event)
    assert ledger.verify() == [("event_removed", event)]


def test_several_are_named_in_their_order(ledger):
    ledger.fill().forge("DELETE FROM duban.event WHERE id IN (2, 3, 9, 10)")
    ledger.forge("UPDATE duban.event SET told = 'no' WHERE id IN (4, 8)")
    assert ledger.verify() == [("event_removed", 2), ("event_removed", 3), ("event_changed", 4),
                               ("event_changed", 8), ("event_removed", 9), ("event_removed", 10)]


def test_a_whole_batch_may_be_removed(ledger):
    ledger.fill().forge("DELETE FROM duban.event")
    assert ledger.verify() == [("event_removed", number) for number in range(1, 11)]


def test_a_row_that_takes_a_gap_is_inserted(ledger):
    """In the middle, and at the end of what is sealed."""
    state = ledger.state
    record(state.daemon, "A1")
    assert skip_id(state) == 2
    record(state.daemon, "A3")
    assert skip_id(state) == 4
    ledger.seal()
    assert ledger.seals() == [(1, 0, 4, 2)] and ledger.verify() == []
    for event in (2, 4):
        ledger.forge(FORGED, event, event)
    assert ledger.verify() == [("event_inserted", 2), ("event_inserted", 4)]


@pytest.mark.parametrize("event", [-5, 0, 10**6])
def test_a_row_that_no_sequence_gave_is_inserted(ledger, event):
    ledger.fill().forge(FORGED, event, event)
    assert ledger.verify() == [("event_inserted", event)]


def test_rows_that_wait_for_a_seal_are_no_finding(ledger):
    record(ledger.fill().state.daemon, "B1")
    assert ledger.verify() == [] and ledger.told["unsealed"] == 1


def test_more_is_inserted_than_a_page_holds(ledger):
    state = ledger.state
    record(state.daemon, "A1")
    ledger.forge("SELECT setval('duban.event_id_seq', 5000)")
    record(state.daemon, "A5001")
    ledger.seal()
    for event in range(10, 3000):
        ledger.forge(FORGED, event, event)
    done = ledger.run("verify", "--json")
    told = json.loads(done.stdout)
    assert done.returncode == 1 and (told["found"], len(told["findings"])) == (2990, 1000)
    assert "… and 1990 more" in ledger.run("verify", "--lang", "en").stdout


def test_from_looks_only_at_later_seals(ledger):
    ledger.fill().forge("DELETE FROM duban.event WHERE id IN (2, 9)")
    assert ledger.verify("--from", "5") == [("event_removed", 9)] and ledger.told["seals"] == 2
    assert ledger.verify("--from", "4") == [("event_removed", 2), ("event_removed", 9)]
    late = ledger.run("verify", "--from", "11", "--lang", "en")
    assert (late.returncode, late.stderr) == (1, "dubanctl: no seal covers event 11, or a later one\n")


@pytest.mark.parametrize("change", [
    "sealed_at = sealed_at + interval '1 us'", "form = 2", "events = 3", "entries = ''",
    r"entries = substr(entries, 1, 40) || '\x00'",
])
def test_a_changed_seal_is_named(ledger, change):
    ledger.fill().forge(f"UPDATE duban.seal SET {change} WHERE number = 2")
    assert ("seal_changed", 2) in ledger.verify()


def test_a_changed_range_is_named(ledger):
    """Though its events are the same."""
    ledger.fill().forge("UPDATE duban.seal SET after_event = 3 WHERE number = 2")
    assert ("seal_changed", 2) in ledger.verify()


def test_a_seal_that_was_mended_for_a_changed_row_is_named(ledger):
    """Its hash is made anew, but the next seal was chained to the old one."""
    ledger.fill()
    ledger.forge("UPDATE duban.event SET told = 'no' WHERE id = 3")
    ledger.forge("CREATE TABLE public.later AS SELECT * FROM duban.seal WHERE number > 1")
    ledger.reseal()
    ledger.forge("DELETE FROM duban.seal WHERE number > 1")
    ledger.forge("INSERT INTO duban.seal SELECT * FROM public.later")
    assert ledger.verify() == [("seal_changed", 2)]


@pytest.mark.parametrize("number, found", [(1, [("seal_missing", 1)]), (2, [("seal_missing", 2)])])
def test_a_cut_chain_is_found(ledger, number, found):
    ledger.fill().forge("DELETE FROM duban.seal WHERE number = %s", number)
    assert [finding for finding in ledger.verify() if finding[0] != "event_inserted"] == found


def test_seals_are_not_joined_over_a_gap(ledger):
    """The later seals are numbered anew, so that none seems to be missing."""
    ledger.fill().forge("DELETE FROM duban.seal WHERE number = 2")
    ledger.forge("UPDATE duban.seal SET number = 2 WHERE number = 3")
    assert ("seal_changed", 2) in ledger.verify()


def test_a_withdrawal_without_its_event_is_found(ledger):
    """A level leaves the figures by a row of duban.withdrawal: the ledger has to say so."""
    state = ledger.fill(4, 4).state
    ledger.forge("INSERT INTO duban.withdrawal VALUES (3, 4, %s, '王主任', '系统日期录错')", START)
    assert ledger.verify() == [("withdrawal_unfounded", 3)]
    ledger.forge("DELETE FROM duban.withdrawal")
    taken = state.daemon.execute(EVENT.replace("'red', 2", "'normal', 0"), (
        "A3", "level_withdrawn", START, START, START, "王主任: 系统日期录错")).fetchone()[0]
    state.daemon.execute("INSERT INTO duban.withdrawal VALUES (3, %s, %s, '王主任', '系统日期录错')",
                         (taken, START))
    ledger.seal()
    assert ledger.verify() == []


# --- kept elsewhere ---

@pytest.mark.parametrize("form", [(), ("--json",)])
def test_who_rewrites_ledger_and_seals_is_found_out(ledger, form):
    kept = ledger.fill().export(*form)
    assert ledger.verify("--against", kept) == []
    ledger.forge("UPDATE duban.event SET told = 'no' WHERE id = 6")
    ledger.reseal()
    assert ledger.verify() == [], "by itself it seems whole"
    # The batches are the same, and made at the same moment: all that differs is what was sealed.
    assert ledger.verify("--against", kept) == [("seal_differs", 2), ("seal_differs", 3)]


def test_an_end_that_was_cut_off_is_found_out(ledger):
    kept = ledger.fill().export()
    ledger.forge("DELETE FROM duban.seal WHERE number = 3")
    ledger.forge("DELETE FROM duban.event WHERE id > 8")
    assert ledger.verify() == []
    assert ledger.verify("--against", kept) == [("seal_lost", 3)]


def test_an_export_may_begin_and_end_anywhere(ledger):
    state = ledger.fill().state
    state.move(days(1))
    record(state.daemon, "B1")
    assert ledger.seal() == 1
    kept = ledger.export("--since", "2026-06-02T00:00:00Z")
    assert [line.split()[:4] for line in kept.read_text().splitlines()] == [["4", "10", "11", "1"]]
    record(state.daemon, "B2")
    assert ledger.seal() == 1
    assert ledger.verify("--against", kept) == []
    assert ledger.verify("--against", ledger.export(), "--from", "9") == []
    assert ledger.export("--since", "2027-01-01T00:00:00Z").read_text() == ""


@pytest.mark.parametrize("content", [
    "", "# nothing\n", "1 0 4 4 2026-06-01T02:00:00Z abc\n", "{\n", "{}\n", "seal\n",
    "2 4 8 4 t " + "0" * 64 + "\n1 0 4 4 t " + "0" * 64 + "\n", "1 0 4 4 t " + "G" * 64 + "\n", "x" * 3000,
])
def test_a_file_that_is_no_export_is_refused(ledger, content):
    file = ledger.folder / "broken"
    file.write_text(content, encoding="ascii")
    ledger.fill(4)
    done = ledger.run("verify", "--against", file)
    assert (done.returncode, done.stdout) == (1, "") and str(file) in done.stderr


# --- who may, and how it is told ---

@pytest.mark.parametrize("statement", [
    "UPDATE duban.seal SET events = 1", "DELETE FROM duban.seal", "TRUNCATE duban.seal",
    "ALTER TABLE duban.seal DISABLE TRIGGER ALL"])
@pytest.mark.parametrize("role", ["duban_daemon", "duban_read", "duban_web"])
def test_only_the_owner_may_change_seals(ledger, role, statement):
    with ledger.fill().state.cluster.connect(ledger.state.database, user=role) as session:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            session.execute(statement)


def test_it_is_told_in_words(ledger):
    ledger.fill().forge("DELETE FROM duban.event WHERE id = 2")
    assert ledger.run("verify").stdout == (
        "记录 2 被删除（封印 1）\n核对封印 3 个、记录 9 条，至记录 10；未封 0 条：不一致\n")
    assert ledger.run("verify", "--lang", "en").stdout == (
        "event 2 was removed (seal 1)\n3 seals, 9 events, up to event 10; not sealed yet 0: not as they were sealed\n")


def test_seals_are_listed_the_newest_first(ledger):
    assert ledger.run("seals").stdout == "还没有封印\n"
    ledger.fill()
    first, second = ledger.run("seals", "--limit", "2").stdout.splitlines()
    assert first.split()[0] == "3" and "9–10" in first and "2 条" in first
    assert second.split()[-1] == ledger.state.one("SELECT encode(hash, 'hex') FROM duban.seal WHERE number = 2")
    told = json.loads(ledger.run("seals", "--json").stdout)
    assert [(seal["number"], seal["after_event"], seal["up_to"], seal["events"]) for seal in told] == [
        (3, 8, 10, 2), (2, 4, 8, 4), (1, 0, 4, 4)]


@pytest.mark.parametrize("arguments", [
    (), ("burn",), ("verify", "x"), ("verify", "--from", "0"), ("verify", "--from", "1x"), ("seals", "x"),
    ("export", "--limit", "1")])
def test_wrong_usage(ledger, arguments):
    assert ledger.run(*arguments).returncode == 2
