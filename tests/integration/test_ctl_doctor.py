"""dubanctl doctor: each thing that is wrong is found, and its remedy named."""

import json
import subprocess

import pytest

from harness.centre import write_yaml


@pytest.fixture
def centre(world):
    """One that is well."""
    world.import_directory()
    world.connection.execute("SELECT approval.generate(30, clock_timestamp(), 1)")
    world.set_now(None)
    with world.daemon() as daemon:
        world.wait_initial()
        world.running = daemon
        yield world


def look(world, *options):
    """The findings by area, and whether all is well."""
    done = subprocess.run([world.programs.dubanctl, "--config", world.write_config(), "--json", *options, "doctor"],
                          text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    assert done.returncode in (0, 1), done.stderr
    told = json.loads(done.stdout)
    assert told["well"] == (done.returncode == 0)
    for finding in told["findings"]:
        assert bool(finding["remedy"]) == (finding["grade"] != "ok"), finding
    return told


def problems(told):
    found = {}
    for finding in told["findings"]:
        if finding["grade"] != "ok":
            key = finding["area"], finding["grade"]
            found[key] = f"{found.get(key, '')}\n{finding['what']}"
    return found


def test_a_centre_that_is_well(centre):
    told = look(centre)
    assert {finding["area"] for finding in told["findings"]} == {
        "configuration", "calendar", "state", "daemon", "directory", "delivery", "source"}
    assert set(problems(told)) <= {("calendar", "warning"), ("state", "bad")}  # the year's end; fsync of the tests
    assert "fsync = off" in problems(told)["state", "bad"]


def test_changes_that_no_index_finds(centre):
    centre.connection.execute("DROP INDEX approval.case_file_changes, approval.case_file_open_changes")
    assert "没有用到索引" in problems(look(centre))["source", "warning"]


def test_in_words(centre):
    for language, words in (("zh-CN", ("正常  配置文件", "视图 approval.duban_case 符合约定")),
                            ("en", ("fine  ", "approval.duban_case keeps the contract"))):
        told = subprocess.run([centre.programs.dubanctl, "--config", centre.write_config(), "--lang", language, "doctor"],
                              text=True, stdout=subprocess.PIPE, check=False).stdout
        assert all(word in told for word in words), told


def test_without_a_daemon(centre):
    centre.running.term()
    told = look(centre)
    assert not told["well"] and "0 个" in problems(told)["daemon", "bad"]
    assert any("systemctl status duband" in finding["remedy"] for finding in told["findings"])


def test_another_configuration_than_the_daemons(centre):
    centre.settings["daemon"]["batch"] = 77
    assert "1 个 duband 使用的不是" in problems(look(centre))["daemon", "warning"]


def test_people_who_cannot_be_told(centre):
    directory = {"entries": [{"code": "CENTRE", "kind": "centre", "name": "中心"}]}
    centre.control("directory", "import", write_yaml(centre.folder / "directory.yaml", directory))
    centre.wait_for(lambda: centre.connection.execute("SELECT duban.web_fold(100000)") and
                    centre.value("SELECT sum(cases) FROM duban.board_count"), 30, "the cases are counted")
    told = [finding["what"] for finding in look(centre)["findings"] if finding["area"] == "directory"]
    window = centre.value("SELECT window_code FROM duban.board_count ORDER BY cases DESC, 1 LIMIT 1")
    assert len(told) == 2 and "supervision sms" in told[0] and "window sms" in told[0]
    assert window in told[1]


def test_what_waits_and_what_is_set_aside(centre):
    centre.connection.execute("INSERT INTO duban.bad_row VALUES ('B1', 'x', duban.now(), duban.now())")
    centre.connection.execute("""
        WITH e AS (INSERT INTO duban.endpoint (channel, address) VALUES ('sms', 'x') RETURNING id)
        INSERT INTO duban.endpoint_state (endpoint, state, since) SELECT id, 'stopped', duban.now() FROM e""")
    found = problems(look(centre))
    assert "1 个" in found["source", "warning"] and "sms stopped" in found["delivery", "bad"]


def test_a_database_that_is_not_migrated(centre):
    centre.connection.execute("DELETE FROM duban.migration WHERE version = (SELECT max(version) FROM duban.migration)")
    assert "数据库结构版本" in problems(look(centre))["state", "bad"]


@pytest.mark.parametrize("break_it, what", [
    ({"source": {"relation": "approval.nowhere"}}, "不符合约定"),
    ({"source": {"dsn": "host=/nowhere dbname=x"}}, "无法连接")])
def test_a_source_that_cannot_be_read(centre, break_it, what):
    centre.settings["source"] |= break_it["source"]
    assert what in problems(look(centre))["source", "bad"]


def test_the_state_database_is_away(centre):
    centre.settings["state"] = {"dsn": "host=/nowhere dbname=x"}
    assert "无法连接" in problems(look(centre))["state", "bad"]


def test_rows_that_are_not_understood(centre):
    centre.connection.execute("""
        UPDATE approval.case_file SET accepted_at = clock_timestamp() + interval '9 days'
         WHERE case_no = (SELECT min(case_no) FROM approval.case_file WHERE status = 'open')""")
    assert "1 行无法使用" in problems(look(centre))["source", "warning"]
