"""The contract view: its shape, its mapping, its indexes, its role."""

import datetime

import psycopg
import pytest

from harness.centre import ROOT

AT = datetime.datetime.fromisoformat("2026-11-20T10:00:00+08:00")

CONTRACT = [
    ("case_no", "text"), ("item_code", "text"), ("item_name", "text"), ("kind", "text"),
    ("department_code", "text"), ("window_code", "text"), ("handler_name", "text"),
    ("handler_phone", "text"), ("applicant_name", "text"), ("applicant_phone", "text"),
    ("limit_value", "integer"), ("limit_unit", "text"), ("statutory_value", "integer"),
    ("statutory_unit", "text"), ("promised_due_at", "timestamp with time zone"),
    ("stage", "text"), ("status", "text"), ("received_at", "timestamp with time zone"),
    ("accepted_at", "timestamp with time zone"), ("processed_at", "timestamp with time zone"),
    ("reviewed_at", "timestamp with time zone"), ("approved_at", "timestamp with time zone"),
    ("completed_at", "timestamp with time zone"), ("suspensions", "jsonb"), ("result", "text"),
    ("parent_case_no", "text"), ("updated_at", "timestamp with time zone"),
]
# A view may lack any of these.
OPTIONAL = [
    ("project_class", "text"), ("agent_name", "text"), ("agent_phone", "text"),
    ("reopened_at", "timestamp with time zone"), ("extensions", "jsonb"), ("attributes", "jsonb"),
]
COLUMN = {name: place for place, (name, _) in enumerate(CONTRACT + OPTIONAL)}

CHANGES = ("SELECT * FROM approval.duban_case WHERE (updated_at, case_no) > (%s, %s) "
           "ORDER BY updated_at, case_no LIMIT 500")
OPEN_CHANGES = ("SELECT * FROM approval.duban_case WHERE status IN ('open', 'suspended') "
                "AND (updated_at, case_no) > (%s, %s) ORDER BY updated_at, case_no LIMIT 500")
OPEN_CASES = ("SELECT * FROM approval.duban_case WHERE status IN ('open', 'suspended') "
              "AND case_no > %s ORDER BY case_no LIMIT 500")
NAMED_CASES = "SELECT * FROM approval.duban_case WHERE case_no = ANY (%s)"


def generate(source, cases, seed=1):
    source.execute("SELECT approval.generate(%s, %s, %s)", (cases, AT, seed))


def one(source, query, *parameters):
    return source.execute(query, parameters).fetchone()[0]


def test_columns_and_types_are_the_contract(source):
    columns = source.execute("""
        SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute
         WHERE attrelid = 'approval.duban_case'::regclass AND attnum > 0 ORDER BY attnum""")
    assert columns.fetchall() == CONTRACT + OPTIONAL


def test_words_are_mapped(source):
    generate(source, 5000)
    words = {column: {row[0] for row in source.execute(
        f"SELECT DISTINCT {column} FROM approval.duban_case")}
        for column in ("kind", "limit_unit", "stage", "status")}
    assert words["kind"] == {"instant", "promised", "joint", "reported", "returned", "special",
                             "agent"}
    assert words["limit_unit"] == {"workday", "day", "workhour", "hour"}
    assert words["stage"] == {"received", "accepted", "processing", "review", "approval",
                              "completed"}
    assert words["status"] == {"open", "suspended", "completed", "returned", "withdrawn"}


def test_unknown_words_and_missing_people_pass_through(source):
    generate(source, 10)
    case_no = one(source, "SELECT min(case_no) FROM approval.case_file")
    source.execute("UPDATE approval.case_file SET promised_unit = '旬', kind = '新件', "
                   "staff_id = NULL, applicant_id = NULL WHERE case_no = %s", (case_no,))
    row = source.execute("SELECT limit_unit, kind, handler_phone, applicant_name "
                         "FROM approval.duban_case WHERE case_no = %s", (case_no,)).fetchone()
    assert row == ("旬", "新件", None, None)


def test_suspensions_are_an_array_in_order(source):
    generate(source, 10)
    case_no = one(source, "SELECT min(case_no) FROM approval.case_file")
    source.execute("SET TimeZone = 'Asia/Shanghai'")
    source.execute("DELETE FROM approval.clock_stop")
    query = "SELECT suspensions FROM approval.duban_case WHERE case_no = %s"
    assert one(source, query, case_no) == []
    source.execute("""
        INSERT INTO approval.clock_stop (case_no, reason, started_at, ended_at)
        VALUES (%(no)s, '年检', '2026-11-10 09:00:00.25+08', NULL),
               (%(no)s, '补正', '2026-11-03 09:00+08', '2026-11-05 17:30+08')""", {"no": case_no})
    assert one(source, query, case_no) == [
        {"reason": "supplement", "from": "2026-11-03T09:00:00+08:00",
         "to": "2026-11-05T17:30:00+08:00"},
        {"reason": "年检", "from": "2026-11-10T09:00:00.25+08:00", "to": None},
    ]


def test_the_laws_reasons_to_stop_a_clock_are_mapped(source):
    generate(source, 10)
    words = {"补正": "supplement", "听证": "hearing", "招标": "bidding", "拍卖": "auction",
             "检验": "testing", "检疫": "quarantine", "鉴定": "appraisal",
             "专家评审": "expert_review", "公示": "public_notice", "上报": "reported"}
    case_no = one(source, "SELECT min(case_no) FROM approval.case_file")
    source.execute("DELETE FROM approval.clock_stop")
    source.execute("""
        INSERT INTO approval.clock_stop (case_no, reason, started_at, ended_at)
        SELECT %s, reason, t, t + interval '1 minute'
          FROM unnest(%s::text[]) WITH ORDINALITY AS r (reason, n),
               LATERAL (SELECT timestamptz '2026-11-02 09:00+08' + n * interval '1 hour' AS t) at""",
                   (case_no, list(words)))
    stops = one(source, "SELECT suspensions FROM approval.duban_case WHERE case_no = %s", case_no)
    assert [stop["reason"] for stop in stops] == list(words.values())


@pytest.mark.parametrize("stored, shown", [
    ("绿色通道", "green_channel"), ("重点项目", "key_project"), ("普通", None), ("招商", "招商"),
])
def test_project_classes_are_mapped(source, stored, shown):
    generate(source, 1)
    source.execute("UPDATE approval.case_file SET project_class = %s", (stored,))
    assert one(source, "SELECT project_class FROM approval.duban_case") == shown


def test_extensions_are_an_array_in_order_or_null(source):
    generate(source, 10)
    case_no = one(source, "SELECT min(case_no) FROM approval.case_file")
    source.execute("SET TimeZone = 'Asia/Shanghai'")
    source.execute("DELETE FROM approval.extension")
    query = "SELECT extensions FROM approval.duban_case WHERE case_no = %s"
    assert one(source, query, case_no) is None
    source.execute("""
        INSERT INTO approval.extension (case_no, more_value, more_unit, approver, reason, granted_at)
        VALUES (%(no)s, 2, '旬', NULL, NULL, '2026-11-10 09:00+08'),
               (%(no)s, 10, '工作日', '本机关负责人', '需多部门会商', '2026-11-03 09:00+08')""",
                   {"no": case_no})
    assert one(source, query, case_no) == [
        {"value": 10, "unit": "workday", "approver": "本机关负责人", "reason": "需多部门会商",
         "at": "2026-11-03T09:00:00+08:00"},
        {"value": 2, "unit": "旬", "approver": None, "reason": None,
         "at": "2026-11-10T09:00:00+08:00"},
    ]


@pytest.mark.parametrize("query, key_of, first", [
    (CHANGES, lambda row: (row[COLUMN["updated_at"]], row[0]), ("-infinity", "")),
    (OPEN_CHANGES, lambda row: (row[COLUMN["updated_at"]], row[0]), ("-infinity", "")),
    (OPEN_CASES, lambda row: (row[0],), ("",)),
])
def test_pages_see_each_case_once(source, query, key_of, first):
    generate(source, 6000)
    condition = "status IN ('open', 'suspended')" if query != CHANGES else "true"
    expected = {row[0] for row in source.execute(
        f"SELECT case_no FROM approval.case_file WHERE {condition}")}
    # Ties in updated_at, which a key of the time alone would lose.
    source.execute("ALTER TABLE approval.case_file DISABLE TRIGGER case_file_stamp")
    source.execute("UPDATE approval.case_file "
                   "SET updated_at = date_trunc('day', updated_at) WHERE received_at > '2026-06-01'")
    seen, key = [], first
    while page := source.execute(query, key).fetchall():
        seen += [row[0] for row in page]
        key = key_of(page[-1])
    assert len(seen) == len(expected) > 0
    assert set(seen) == expected


def plan_nodes(node):
    yield node
    for child in node.get("Plans", []):
        yield from plan_nodes(child)


@pytest.mark.parametrize("query, parameters, index", [
    (CHANGES, ("2026-06-01", "SP"), "case_file_changes"),
    (OPEN_CHANGES, ("2026-06-01", "SP"), "case_file_open_changes"),
    (OPEN_CASES, ("SP2026",), "case_file_open"),
    (NAMED_CASES, (["SP20261102000001", "SP20261102000002"],), "case_file_pkey"),
])
def test_reads_use_their_index_and_never_sort(source, query, parameters, index):
    generate(source, 60000)
    plan = one(source, "EXPLAIN (FORMAT JSON) " + query, *parameters)[0]["Plan"]
    nodes = list(plan_nodes(plan))
    used = [node["Index Name"] for node in nodes if "Index Name" in node]
    assert [name for name in used if name.startswith("case_file")] == [index]
    assert not [node for node in nodes if node["Node Type"].endswith("Sort")]
    assert not [node for node in nodes if node["Node Type"] == "Seq Scan"
                and node["Relation Name"] in ("case_file", "applicant", "clock_stop", "extension")]


PARTS = {"clock_stop": ("reason, started_at", "'补正', now()", "ended_at = now()"),
         "extension": ("more_value, more_unit, granted_at", "5, '工作日', now()", "more_value = 7")}
PART_CHANGES = [
    "INSERT INTO approval.{table} (case_no, {columns}) VALUES (%(no)s, {values})",
    "UPDATE approval.{table} SET {change} WHERE case_no = %(no)s",
    "UPDATE approval.{table} SET case_no = %(other)s WHERE case_no = %(no)s",
    "DELETE FROM approval.{table} WHERE case_no = %(no)s",
]


def moves_updated_at(source, change, case_no, other):
    """That it does, though the clock has gone back; and the other's only when it is named."""
    source.execute("SET approval.now = '2024-05-01 09:00+08'")
    query = "SELECT updated_at FROM approval.case_file WHERE case_no = %s"
    before, other_before = one(source, query, case_no), one(source, query, other)
    assert source.execute(change, {"no": case_no, "other": other}).rowcount == 1
    assert one(source, query, case_no) > before
    assert (one(source, query, other) > other_before) == ("%(other)s" in change)


def two_cases(source):
    generate(source, 20)
    return [row[0] for row in source.execute(
        "SELECT case_no FROM approval.case_file ORDER BY case_no LIMIT 2")]


@pytest.mark.parametrize("change", [
    "stage = 'review', reviewed_at = now()", "updated_at = '2020-01-01'", "reopened_at = now()",
    "attributes = '{}'", "agent_phone = '19900000801'",
])
def test_any_change_of_a_case_moves_updated_at(source, change):
    moves_updated_at(source, f"UPDATE approval.case_file SET {change} WHERE case_no = %(no)s",
                     *two_cases(source))


@pytest.mark.parametrize("table", list(PARTS))
@pytest.mark.parametrize("change", PART_CHANGES)
def test_any_change_of_its_parts_moves_updated_at(source, table, change):
    case_no, other = two_cases(source)
    columns, values, update = PARTS[table]
    words = {"table": table, "columns": columns, "values": values, "change": update}
    source.execute(f"DELETE FROM approval.{table}")
    if change is not PART_CHANGES[0]:
        source.execute(PART_CHANGES[0].format(**words), {"no": case_no})
    moves_updated_at(source, change.format(**words), case_no, other)


def test_role_reads_the_view_and_nothing_else(cluster, source):
    generate(source, 10)
    with cluster.connect(source.info.dbname, user="duban_source") as reader:
        assert one(reader, "SELECT count(*) FROM approval.duban_case") == 10
        reader.execute("SET default_transaction_read_only = off")
        for forbidden in ("SELECT * FROM approval.case_file", "SELECT * FROM approval.applicant",
                          "SELECT * FROM approval.extension",
                          "DELETE FROM approval.clock_stop", "SELECT approval.live_tick(now())",
                          "UPDATE approval.case_file SET stage = 'review'",
                          "CREATE TABLE approval.mine ()"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                reader.execute(forbidden)


def test_role_is_a_gentle_guest(cluster, source):
    with cluster.connect(source.info.dbname, user="duban_source") as reader:
        assert one(reader, "SHOW transaction_read_only") == "on"
        assert one(reader, "SHOW max_parallel_workers_per_gather") == "0"


def test_role_reads_recent_open_cases_in_order_of_the_index(cluster, source):
    """All open cases are recent, so that the planner takes those left for few."""
    generate(source, 60000)
    last = one(source, "SELECT case_no FROM approval.case_file ORDER BY case_no "
                       "OFFSET 57000 LIMIT 1")
    source.execute("UPDATE approval.case_file SET status = 'completed' "
                   "WHERE case_no < %s AND status <> 'completed'", (last,))
    source.execute("UPDATE approval.case_file SET status = 'open' WHERE case_no >= %s", (last,))
    source.execute("ANALYZE approval.case_file")
    with cluster.connect(source.info.dbname, user="duban_source") as reader:
        nodes = list(plan_nodes(one(reader, "EXPLAIN (FORMAT JSON) " + OPEN_CASES,
                                    last)[0]["Plan"]))
        assert "case_file_open" in [node.get("Index Name") for node in nodes]
        assert not [node for node in nodes if node["Node Type"] in ("Sort", "Bitmap Heap Scan")]
        reader.execute("SET enable_sort = on")
        assert "Sort" in str(reader.execute("EXPLAIN " + OPEN_CASES, (last,)).fetchall())


def test_loading_again_changes_nothing(cluster, source):
    generate(source, 200)
    query = ("SELECT md5(string_agg(c::text, '' ORDER BY case_no)) FROM approval.duban_case c")
    before = one(source, query)
    cluster.load(source.info.dbname, ROOT / "sql/source/install.sql")
    assert one(source, query) == before


def test_only_the_drop_file_drops(cluster, source):
    generate(source, 10)
    cluster.load(source.info.dbname, ROOT / "sql/source/drop.sql")
    assert one(source, "SELECT to_regnamespace('approval')") is None
    cluster.load(source.info.dbname, ROOT / "sql/source/install.sql")
    assert one(source, "SELECT count(*) FROM approval.duban_case") == 0
