"""dubanctl setup's report on the approval system's view: rows of every wrong kind, counted and named."""

import json

import pytest

from harness.daemon import Duband
from harness.first_time import FirstTime, findings, outcomes
from harness.world import TEST_CLOCK

# A change of a good row → the kind it must be counted as, and the column where that tells kinds apart.
WRONG = [
    ({"case_no": ""}, "no_case_no", ""),
    ({"case_no": "长" * 40}, "bad_case_no", ""),
    ({"status": "已经受理等待申请人补正材料之后再行办理"}, "unknown_status", ""),  # is cut within a character
    ({"status": "closed"}, "unknown_status", ""),
    ({"status": None}, "unknown_status", ""),
    ({"stage": "checking"}, "unknown_stage", ""),
    ({"window_code": None, "department_code": None}, "no_place", ""),
    ({"limit_value": None}, "no_limit", ""),
    ({"limit_value": -3}, "bad_limit", ""),
    ({"limit_unit": "week"}, "unknown_unit", "limit_unit"),
    ({"statutory_value": 20, "statutory_unit": "G"}, "unknown_unit", "statutory_unit"),
    ({"statutory_value": -1, "statutory_unit": "day"}, "bad_statutory", ""),
    ({"accepted_at": "2099-01-01T09:00:00+08:00"}, "in_future", "accepted_at"),
    ({"received_at": "2099-01-01T09:00:00+08:00"}, "in_future", "received_at"),
    ({"updated_at": None}, "no_updated_at", ""),
    ({"accepted_at": None}, "no_accepted_at", ""),
    ({"status": "completed", "stage": "completed"}, "no_completed_at", ""),
    ({"completed_at": "2026-03-03T09:00:00+08:00"}, "not_completed", ""),
    ({"status": "suspended"}, "not_suspended", ""),
    ({"suspensions": [{"reason": "x", "from": "2026-03-03T09:00:00+08:00", "to": None}]}, "still_suspended", ""),
    ({"suspensions": [{"from": "2026-03-03T09:00:00+08:00", "too": None}]}, "suspension_key", ""),
    ({"suspensions": [{"from": "2026-03-03T09:00:00+08:00", "to": "2026-03-05T09:00:00+08:00"},
                      {"from": "2026-03-04T09:00:00+08:00", "to": "2026-03-06T09:00:00+08:00"}]},
     "suspension_order", ""),
    ({"suspensions": [{"from": "2026-03-03T09:00:00+08:00", "to": None},
                      {"from": "2026-03-04T09:00:00+08:00", "to": "2026-03-06T09:00:00+08:00"}]},
     "suspension_open", ""),
    ({"suspensions": [{"from": "2026-03-05T09:00:00+08:00", "to": "2026-03-03T09:00:00+08:00"}]},
     "suspension_ends", ""),
    ({"suspensions": {"from": "2026-03-03"}}, "bad_suspensions", ""),
    ({"extensions": [{"value": 0, "unit": "workday"}]}, "bad_extensions", ""),
    ({"limit_value": 90000}, "beyond_calendar", ""),
    ({"accepted_at": "1999-03-02T09:00:00+08:00", "received_at": None}, "before_calendar", ""),
]


@pytest.fixture(scope="module")
def server(programs):
    made = FirstTime(programs)
    yield made
    made.cluster.remove()


@pytest.fixture
def centre(server, tmp_path):
    server.begin(tmp_path)
    yield server
    server.clear()


def file(server, case, **changes):
    file_all(server, [(case, changes)])


def file_all(server, cases):
    with server.cluster.connect("approval") as connection:
        connection.execute("SELECT approval.file(c.case_no, c.change::jsonb)"
                           "  FROM unnest(%s::text[], %s::text[]) AS c (case_no, change)",
                           ([case for case, _ in cases], [json.dumps(changes) for _, changes in cases]))


def kinds(told):
    return {(kind["kind"], kind["column"]): kind["count"] for kind in told["rows"]["kinds"]}


def test_every_kind_is_counted_and_has_its_remedy(centre):
    expected = {}
    file_all(centre, [(f"K{number:03}", change) for number, (change, _, _) in enumerate(WRONG)])
    file_all(centre, [(f"G{number:03}", {}) for number in range(40)])
    for _, kind, column in WRONG:
        expected[kind, column] = expected.get((kind, column), 0) + 1
    told = centre.report(*centre.flags())
    assert kinds(told) == expected  # nothing among "other"
    rows = told["rows"]
    assert (rows["fine"], rows["wrong"], rows["cut"]) == (40, len(WRONG), False)
    assert rows["open"] + rows["ended"] == 40 + len(WRONG)
    for kind in rows["kinds"]:
        assert f"{kind['count']} 行 {kind['what']}" in findings(told, "source", "warning")
        assert kind["remedy"] and kind["example"] and len(kind["cases"]) == min(kind["count"], 5)
    assert outcomes(told)["source"] == "warning" and outcomes(told)["configuration"] == "done"


def test_as_intake_sees_them(centre):
    """The daemon sets aside just those rows."""
    file_all(centre, [(f"K{number:03}", change) for number, (change, _, _) in enumerate(WRONG)
                      if "updated_at" not in change and change.get("case_no") != ""])
    file(centre, "G1")
    told = centre.report(*centre.flags())
    with centre.cluster.connect("duban") as connection:
        connection.execute(TEST_CLOCK)
        daemon = Duband(centre.programs.duband, centre.output).start()
        try:  # the first contact takes in open cases; changes since then, all
            daemon.wait_for(lambda: connection.execute(
                "SELECT initial_done FROM duban.intake").fetchone() == (True,), 30, "first contact")
            centre.rows("UPDATE approval.bj SET updated_at = now()", "approval")
            daemon.wait_for(lambda: connection.execute("SELECT count(*) FROM duban.bad_row").fetchone()[0]
                            >= told["rows"]["wrong"], 30, "all are set aside")
            daemon.wait_for(lambda: connection.execute(
                "SELECT count(*) FROM duban.clock WHERE case_no = 'G1'").fetchone()[0] == 1, 30, "G1 is taken in")
            assert connection.execute("SELECT count(*) FROM duban.bad_row").fetchone()[0] == told["rows"]["wrong"]
        finally:
            daemon.stop()


def test_many_of_a_kind_are_counted_the_most_first(centre):
    file_all(centre, [(f"A{number:05}", {"limit_unit": "week"} if number >= 200 else {})
                      for number in range(1500)])  # more than a page
    file(centre, "B1", stage="checking")
    told = centre.report(*centre.flags())
    assert kinds(told) == {("unknown_unit", "limit_unit"): 1300, ("unknown_stage", ""): 1}
    assert told["rows"]["kinds"][0]["cases"] == [f"A{number:05}" for number in range(200, 205)]
    assert told["rows"]["fine"] == 200
    told = centre.report("--rows", "150", *centre.flags())
    assert told["rows"]["open"] == 150 and told["rows"]["cut"] and "--rows" in findings(told, "source")


def test_a_view_without_a_usable_row_is_not_installed(centre):
    file(centre, "A1", limit_unit="week")
    told = centre.report(*centre.flags(), status=1)
    assert outcomes(told)["source"] == "failed" and not centre.output.exists()


def test_an_empty_view_is_something_to_look_at(centre):
    told = centre.report(*centre.flags())
    assert "视图是空的" in findings(told, "source", "warning")


def test_a_case_that_is_there_twice(centre):
    for case in "A1", "A2", "A2", "A3":
        file(centre, case)
    told = centre.report(*centre.flags())
    assert kinds(told) == {("twice", ""): 1} and told["rows"]["kinds"][0]["cases"] == ["A2"]
    assert told["rows"]["fine"] == 3


def test_names_and_numbers_of_people_are_not_shown(centre):
    file(centre, "A1", applicant_phone="0792-6661234")
    file(centre, "A2", applicant_phone=None)
    file(centre, "A3", stage="李四13812345678")
    done = centre.run(*centre.flags())
    assert done.returncode == 0
    for secret in "王小明", "6661234", "13812345678", "19900000123":
        assert secret not in done.stdout
    assert "138****5678" in done.stdout and "不是可用的手机号：1 行；没有电话：1 行" in done.stdout


def test_columns_are_all_named(centre):
    centre.rows("DROP VIEW approval.duban_case", "approval")
    centre.rows("ALTER TABLE approval.bj DROP stage, DROP status, ALTER received_at TYPE timestamp", "approval")
    centre.rows("CREATE VIEW approval.duban_case AS SELECT * FROM approval.bj", "approval")
    told = centre.report(*centre.flags(), status=1)
    bad = findings(told, "source", "bad")
    assert "column stage (text) is missing" in bad and "column status (text) is missing" in bad
    assert "column received_at has type timestamp without time zone" in bad and told["rows"] is None


def test_what_is_lost_without_optional_columns(centre):
    file(centre, "A1")
    told = findings(centre.report(*centre.flags()), "source")
    for column in "project_class", "agent_phone", "reopened_at", "attributes":
        assert f"没有可选列 {column}：" in told
    assert "没有可选列 extensions：" not in told


def test_codes_that_the_directory_does_not_know(centre):
    file(centre, "A1", window_code="W1", department_code="D1")
    file(centre, "A2", window_code="W2", department_code="D1")
    file(centre, "A3", window_code="住" * 50, department_code="D1")
    told = centre.report(*centre.flags())
    assert (told["rows"]["strange_windows"], told["rows"]["strange_departments"]) == (["W1", "W2", "住" * 50], ["D1"])
    centre.rows("INSERT INTO duban.recipient (code, kind, name) VALUES ('W1', 'window', 'x'), ('D1', 'department', 'y')",
                "duban")
    told = centre.report(*centre.flags())
    assert (told["rows"]["strange_windows"], told["rows"]["strange_departments"]) == (["W2", "住" * 50], [])


def test_changes_without_an_index(centre):
    file(centre, "A1")
    centre.rows("DROP INDEX approval.bj_updated_at_case_no_idx", "approval")
    assert "没有用到索引" in findings(centre.report(*centre.flags()), "source", "warning")
