"""The worked example of docs/source.md does what the page says."""

import re

import pytest

from harness.centre import ROOT
from test_source_view import CHANGES, CONTRACT, OPEN_CASES, OPEN_CHANGES, OPTIONAL, plan_nodes

PAGE = ROOT / "docs/source.md"

FILL = """
    INSERT INTO zwfw.sx VALUES ('A1', '食品经营许可', 'SC', 8, 'G', 20, 'G');
    INSERT INTO zwfw.bj (bjbh, sxbm, bjlx, ckbm, bjzt, sjsj, slsj, gxsj)
    SELECT 'B' || lpad(n::text, 6, '0'), 'A1', '2', 'SC-W1',
           CASE WHEN n %% 5 = 0 THEN '20' WHEN n %% 5 = 1 THEN '60' ELSE '90' END,
           t, t, t
      FROM generate_series(1, 20000) AS n,
           LATERAL (SELECT timestamp '2026-01-05 09:00' + n * interval '1 minute' AS t) at;
    INSERT INTO zwfw.gq SELECT row_number() OVER (), bjbh, '补正', slsj, NULL
      FROM zwfw.bj WHERE bjzt = '60';
    INSERT INTO zwfw.yq VALUES (2, 'B000007', 3, '王局长', '需会商', timestamp '2026-01-12 10:00'),
                               (1, 'B000007', 10, NULL, NULL, NULL);
    ANALYZE;
"""


@pytest.fixture
def example(source):
    """The page's SQL blocks but the last, which asks questions; with data."""
    *blocks, _ = re.findall(r"```sql\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    for block in blocks:
        source.execute(block)
    source.execute(FILL.replace("%%", "%"))
    return source


def questions():
    block = re.findall(r"```sql\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[-1]
    return [question for question in block.split(";\n") if question.strip()]


def test_example_has_the_contracts_columns_and_an_optional_one(example):
    columns = example.execute("""
        SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute
         WHERE attrelid = 'bridge.duban_case'::regclass AND attnum > 0
         ORDER BY attnum""").fetchall()
    assert columns == CONTRACT + [("extensions", "jsonb")]
    assert set(columns) <= set(CONTRACT + OPTIONAL)


def test_example_shows_extensions(example):
    example.execute("SET TimeZone = 'Asia/Shanghai'")
    shown = dict(example.execute("SELECT case_no, extensions FROM bridge.duban_case "
                                 "WHERE case_no IN ('B000007', 'B000008')"))
    assert shown == {"B000008": None, "B000007": [
        {"value": 3, "unit": "workday", "approver": "王局长", "reason": "需会商",
         "at": "2026-01-12T10:00:00+08:00"},
        {"value": 10, "unit": "workday", "approver": None, "reason": None, "at": None}]}


def test_page_names_every_column_once(source):
    table = PAGE.read_text(encoding="utf-8").split("## The columns")[1].split("### updated_at")[0]
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert [name for cell in cells for name in re.findall(r"`(\w+)`", cell)] \
        == [name for name, _ in CONTRACT + OPTIONAL]


@pytest.mark.parametrize("query, parameters, index", [
    (CHANGES, ("2026-01-08", "B"), "bj_changes"),
    (OPEN_CHANGES, ("2026-01-08", "B"), "bj_open_changes"),
    (OPEN_CASES, ("B001",), "bj_open"),
])
def test_examples_indexes_serve(example, query, parameters, index):
    plan = example.execute("EXPLAIN (FORMAT JSON) "
                           + query.replace("approval.duban_case", "bridge.duban_case"),
                           parameters).fetchone()[0][0]["Plan"]
    nodes = list(plan_nodes(plan))
    assert index in [node.get("Index Name") for node in nodes]
    assert not [node for node in nodes if node["Node Type"].endswith("Sort")]


def test_questions_find_what_they_look_for(example):
    twice, words, aside, plan = questions()
    assert example.execute(twice).fetchall() == []
    assert example.execute(words).fetchall() == []
    assert example.execute(aside).fetchall() == []
    example.execute("UPDATE zwfw.sx SET cnsxdw = 'X'")
    example.execute("UPDATE zwfw.gq SET jssj = kssj WHERE bjbh = 'B000001'")
    example.execute("UPDATE zwfw.bj SET slsj = NULL, cbsj = sjsj WHERE bjbh = 'B000005'")
    assert example.execute(words).fetchall() == [("limit_unit", "X", 20000)]
    assert [row[0] for row in example.execute(aside + " ORDER BY 1")] == ["B000001", "B000005"]
    assert "bj_changes" in str(example.execute(plan).fetchall())
