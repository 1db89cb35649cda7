"""dubanctl setup by flags: from nothing to a daemon that warns, what it refuses, what it leaves alone."""

import hashlib
import json
import os
import subprocess

import pytest

from harness.centre import ROOT, write_secret, write_yaml
from harness.daemon import Duband
from harness.first_time import PASSWORD, SECRET, FirstTime, findings, outcomes
from harness.world import TEST_CLOCK
from standins.gateway import Gateway
from standins.receiver import SECRET as HOOK_SECRET

SUPERVISION = "19900000901"
APPLICANT = "19900000123"
DIRECTORY = {"entries": [
    {"code": "C", "kind": "centre", "name": "中心"},
    {"code": "S", "kind": "supervision", "name": "效能办", "parent": "C", "contacts": {"sms": [SUPERVISION]}},
    {"code": "D1", "kind": "department", "name": "住建局", "parent": "C"},
    {"code": "W1", "kind": "window", "name": "住建窗口", "parent": "D1", "contacts": {"sms": ["19900000501"]}}]}
DONE = {"answers": "done", "server": "warning", "schema": "done", "source": "warning", "configuration": "done",
        "test": "skipped"}  # fsync of the tests; an empty directory


@pytest.fixture(scope="module")
def server(programs):
    made = FirstTime(programs)
    yield made
    made.cluster.remove()


@pytest.fixture
def centre(server, tmp_path):
    server.begin(tmp_path)
    server.rows("SELECT approval.file('A1')", "approval")
    yield server
    server.clear()


@pytest.fixture
def sms():
    with Gateway(password=SECRET) as made:
        yield made


def snapshot(server):
    return (server.rows("SELECT a.rolname, a.rolcanlogin, a.rolpassword, r.rolconfig FROM pg_authid a"
                        " JOIN pg_roles r ON r.oid = a.oid ORDER BY 1"),
            server.rows("SELECT datname, datdba FROM pg_database ORDER BY 1"),
            sorted((str(path), path.stat().st_mtime_ns) for path in server.folder.rglob("*")))


# From nothing.

def move_until(connection, condition, daemon, seconds=60):
    """Lets duban's time pass until something has come true."""
    def look():
        connection.execute("UPDATE public.test_time SET at = at + interval '2 s'")
        return condition()
    daemon.wait_for(look, seconds, "it comes true as time passes")


def test_from_nothing_to_a_red_case(centre, sms):
    told = centre.report(*centre.flags(gateway=sms.url, test_phone=APPLICANT))
    assert outcomes(told) == {**DONE, "test": "done"}
    assert "测试消息" in sms.texts_to(APPLICANT)[0]
    owner = centre.cluster.dsn("duban")
    for argv in ([centre.programs.duband, "--check", "--config", centre.output],
                 [centre.programs.build / "web/duban-web", "--check", "--config", centre.output],
                 [centre.programs.dubanctl, "--config", centre.output, "config", "check"],
                 [centre.programs.dubanctl, "--config", centre.output, "--dsn", owner, "directory", "import",
                  write_yaml(centre.folder / "directory.yaml", DIRECTORY)]):
        subprocess.run(argv, check=True, capture_output=True)
    with centre.cluster.connect("duban") as connection:
        connection.execute(TEST_CLOCK)
        connection.execute("UPDATE public.test_time SET at = '2026-03-06T02:00:00Z'")
        daemon = Duband(centre.programs.duband, centre.output).start()
        try:
            daemon.wait_for(lambda: connection.execute("SELECT initial_done FROM duban.intake").fetchone() == (True,),
                            30, "first contact")
            connection.execute("UPDATE public.test_time SET at = '2026-03-10T02:00:00Z'")
            move_until(connection, lambda: any("红牌" in text for text in sms.texts_to(SUPERVISION)), daemon)
        finally:
            daemon.stop()
    text, = [text for text in sms.texts_to(SUPERVISION) if "红牌" in text]
    assert "A1" in text and "超期" in text


def test_the_owner_is_no_superuser(centre):
    centre.report(*centre.flags())
    assert centre.rows("""
        SELECT DISTINCT pg_get_userbyid(proowner) FROM pg_proc WHERE pronamespace = 'duban'::regnamespace
        UNION SELECT pg_get_userbyid(relowner) FROM pg_class WHERE relnamespace = 'duban'::regnamespace
        UNION SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'duban'""",
                       "duban") == [("duban_owner",)]
    assert centre.rows("""
        SELECT rolconfig FROM pg_roles WHERE rolname = 'duban_source'""")[0][0] == [
            "default_transaction_read_only=on", "enable_sort=off", "max_parallel_workers_per_gather=0"]


def test_a_second_run_changes_nothing(centre):
    flags = centre.flags()
    centre.report(*flags)
    before = snapshot(centre)
    told = centre.report(*flags)
    assert outcomes(told) == DONE and snapshot(centre) == before
    assert "未改动" in findings(told, "schema") and "已是最新" in findings(told, "schema")
    assert "内容相同" in findings(told, "configuration")


def test_a_dry_run_changes_nothing(centre):
    before = snapshot(centre)
    told = centre.report("--dry-run", *centre.flags(test_phone=APPLICANT))
    assert told["dry_run"] and told["rows"]["fine"] == 1
    assert snapshot(centre) == before and not centre.output.exists()
    assert findings(told, "schema").count("将建立") == 4 and "将建立" in findings(told, "source")
    assert "channels:" in told["text"] and SECRET not in told["text"]
    centre.report(*centre.flags())
    assert "将" not in findings(centre.report("--dry-run", *centre.flags()), "schema")


# Secrets.

def test_secrets_are_files_that_others_cannot_read(centre):
    done = centre.run(*centre.flags())
    assert done.returncode == 0, done.stdout + done.stderr
    secret = centre.folder / "secrets/sms"
    assert secret.read_text() == SECRET + "\n"
    assert secret.stat().st_mode & 0o137 == 0 and secret.parent.stat().st_mode & 0o027 == 0
    assert centre.output.stat().st_mode & 0o777 == 0o644
    for text in done.stdout, done.stderr, centre.output.read_text():
        assert SECRET not in text


def test_no_secret_can_be_given_on_the_command_line(centre):
    dsn = centre.cluster.dsn("duban", "duban_daemon") + f" password={PASSWORD}"
    done = centre.run(*centre.flags(state_dsn=dsn))
    assert done.returncode == 2 and "密码" in done.stderr and PASSWORD not in done.stderr + done.stdout
    readable = write_secret(centre.folder / "open.secret", SECRET)
    readable.chmod(0o644)
    done = centre.run(*centre.flags(channel_secret_file=readable))
    assert done.returncode == 2 and "0600" in done.stderr and SECRET not in done.stderr


def test_roles_with_passwords(centre):
    """PostgreSQL asks the daemon's role for its password, and never learns it in clear."""
    rules = centre.cluster.data / "pg_hba.conf"
    before = rules.read_text()
    rules.write_text("local all duban_daemon scram-sha-256\nlocal all duban_source scram-sha-256\n" + before)
    centre.cluster.configure(log_statement="ddl")
    centre.cluster.reload()
    try:
        given = write_secret(centre.folder / "given.password", PASSWORD)
        told = centre.report(*centre.flags(state_password_file=given, source_password_file=given))
        assert outcomes(told) == DONE
        config = centre.output.read_text()
        assert "password_file: 'secrets/state'" in config and "password_file: 'secrets/source'" in config
        subprocess.run([centre.programs.dubanctl, "--config", centre.output, "status"], check=True,
                       capture_output=True)
        assert "CREATE ROLE duban_daemon LOGIN PASSWORD" in centre.cluster.log.read_text()
        assert PASSWORD not in centre.cluster.log.read_text()
        other = write_secret(centre.folder / "other.password", PASSWORD + "x")
        told = centre.report(*centre.flags(state_password_file=other, source_password_file=given), status=1)
        assert outcomes(told)["schema"] == "failed" and "--state-password-file" in findings(told, "schema", "bad")
    finally:
        rules.write_text(before)
        centre.cluster.configure(log_statement="none")
        centre.cluster.reload()


# What is there stays.

def test_a_configuration_is_never_written_over(centre):
    centre.output.write_text("centre: 已有的\n# 手工修改\n")
    told = centre.report(*centre.flags(), status=1)
    assert outcomes(told)["configuration"] == "failed" and outcomes(told)["test"] == "skipped"
    assert centre.output.read_text() == "centre: 已有的\n# 手工修改\n"
    shown = findings(told, "configuration")
    assert "- centre: 已有的" in shown and "+ centre:" not in shown.split("→")[1] and "--output" in shown
    assert not (centre.folder / "secrets").exists()
    assert outcomes(centre.report(*centre.flags(output=centre.folder / "other.yaml"))) == DONE


def test_another_secret_is_not_written_over(centre):
    (centre.folder / "secrets").mkdir()
    write_secret(centre.folder / "secrets/sms", "another")
    told = centre.report(*centre.flags(), status=1)
    assert "another secret" in findings(told, "configuration") and not centre.output.exists()
    assert (centre.folder / "secrets/sms").read_text() == "another\n"


def test_without_its_folder_nothing_is_begun(centre):
    before = snapshot(centre)
    told = centre.report(*centre.flags(output=centre.folder / "missing/duban.yaml"), status=1)
    assert outcomes(told) | {"answers": "failed"} == dict.fromkeys(DONE, "skipped") | {"answers": "failed"}
    assert "missing/" in findings(told, "answers")
    assert snapshot(centre) == before


def test_what_cannot_be_written_leaves_nothing(centre):
    (centre.folder / "secrets").write_text("no folder\n")
    told = centre.report(*centre.flags(), status=1)
    assert outcomes(told)["configuration"] == "failed"
    assert sorted(path.name for path in centre.folder.iterdir()) == ["given.secret", "secrets"]


def test_wrong_answers_change_nothing(centre):
    before = snapshot(centre)
    flags = centre.flags() + ["--channel-set", "dlr_mask=99"]
    told = centre.report(*flags, status=1)
    assert outcomes(told) == {"answers": "failed", **dict.fromkeys(
        ("server", "schema", "source", "configuration", "test"), "skipped")}
    assert "31" in findings(told, "answers") and snapshot(centre) == before


# Schemas.

def test_a_newer_schema_is_refused(centre):
    centre.report(*centre.flags())
    centre.rows("INSERT INTO duban.migration VALUES (9999, 'later', 'x', now(), false)", "duban")
    centre.output.unlink()
    told = centre.report(*centre.flags(), status=1)
    assert outcomes(told)["schema"] == "failed" and "9999" in findings(told, "schema", "bad")
    assert outcomes(told)["configuration"] == "skipped" and not centre.output.exists()


def test_an_older_schema_is_brought_up(centre):
    first = ROOT / "sql/schema/001_state.sql"
    centre.cluster.create_database(name="duban")
    with centre.cluster.connect("duban") as connection, connection.transaction():
        connection.execute((ROOT / "sql/migrate/begin.sql").read_text())
        connection.execute(first.read_text())
        connection.execute("INSERT INTO duban.migration VALUES (1, %s, %s, now(), false)",
                           ("schema/001_state.sql", hashlib.sha256(first.read_bytes()).hexdigest()))
    told = centre.report(*centre.flags())
    assert "版本 1 → " in findings(told, "schema") and "已允许登录" in findings(told, "schema")


# Rights.

def test_without_the_right_to_make_roles(centre):
    centre.rows("CREATE ROLE clerk LOGIN")
    flags = centre.flags(admin_dsn=centre.cluster.dsn("postgres", "clerk"))
    told = centre.report(*flags, status=1)
    assert "CREATE ROLE duban_daemon LOGIN;" in findings(told, "schema", "bad")
    assert not centre.output.exists() and not centre.rows("SELECT FROM pg_database WHERE datname = 'duban'")
    for role in "duban_daemon", "duban_web":
        centre.rows(f"CREATE ROLE {role} LOGIN")
    told = centre.report(*flags, status=1)
    assert "CREATE DATABASE duban OWNER clerk" in findings(told, "schema", "bad")
    assert "GRANT SELECT ON approval.duban_case TO duban_source" in findings(told, "source", "bad")
    # What the remedies say, said by a superuser; then the database's owner is enough.
    centre.rows("CREATE ROLE duban_read")
    centre.rows("CREATE ROLE duban_source LOGIN")
    centre.rows("CREATE DATABASE duban OWNER clerk TEMPLATE template0 ENCODING 'UTF8'")
    centre.rows("GRANT USAGE ON SCHEMA approval TO duban_source", "approval")
    centre.rows("GRANT SELECT ON approval.duban_case TO duban_source", "approval")
    assert outcomes(centre.report(*flags)) == DONE


def test_a_database_in_another_encoding(centre):
    centre.rows("CREATE DATABASE duban TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'")
    told = centre.report(*centre.flags(), status=1)
    assert "SQL_ASCII" in findings(told, "server", "bad") and outcomes(told)["schema"] == "skipped"


# Out of reach.

def test_a_server_out_of_reach(centre):
    told = centre.report(*centre.flags(admin_dsn="host=/nowhere dbname=postgres user=postgres"), status=1)
    assert "/nowhere" in findings(told, "server", "bad") and outcomes(told)["schema"] == "skipped"


def test_a_source_out_of_reach_holds_up_nothing_else(centre):
    told = centre.report(*centre.flags(source_dsn="host=/nowhere dbname=a user=b"), status=1)
    assert outcomes(told)["schema"] == "done" and outcomes(told)["source"] == "failed"
    assert "/nowhere" in findings(told, "source", "bad") and "GRANT SELECT" in findings(told, "source", "bad")
    assert outcomes(told)["configuration"] == "skipped" and not centre.output.exists()
    assert outcomes(centre.report(*centre.flags())) == DONE  # and on from there


def test_a_view_that_is_not_there(centre):
    told = centre.report(*centre.flags(source_relation="approval.nothing"), status=1)
    assert "approval.nothing" in findings(told, "source", "bad")


def test_a_gateway_that_refuses(centre):
    with Gateway(password="other") as other:
        told = centre.report(*centre.flags(gateway=other.url, test_phone=APPLICANT), status=1)
    assert outcomes(told)["test"] == "failed" and "rejected" in findings(told, "test")
    assert outcomes(told)["configuration"] == "done" and centre.output.exists()
    told = centre.report(*centre.flags(gateway=other.url, test_phone=APPLICANT), status=1)
    assert "temporary" in findings(told, "test")  # nobody is there any more


def test_a_test_by_webhook(centre, receiver):
    given = write_secret(centre.folder / "hook.secret", HOOK_SECRET)
    told = centre.report(*centre.flags(channel="webhook", channel_secret_file=given,
                                       test_phone=f"{receiver.url}/test"))
    assert outcomes(told)["test"] == "done"
    hook, = receiver.webhooks
    assert hook["path"] == "/test" and hook["body"]["type"].endswith("test")
    assert "applicant" not in centre.output.read_text()  # a webhook carries no personal data


# Usage.

def test_missing_flags_are_named(centre):
    done = centre.run()
    assert done.returncode == 2
    assert [line for line in done.stderr.splitlines() if line.startswith("--")] == [
        "--centre", "--admin-dsn", "--state-dsn", "--source-dsn", "--source-relation", "--channel"]
    done = centre.run(*centre.flags(centre=None, channel_secret_file=None))
    assert [line for line in done.stderr.splitlines() if line.startswith("--")] == ["--centre", "--channel-secret-file"]
    done = centre.run("--yes", lang="en")
    assert done.returncode == 2 and "missing" in done.stderr
    assert [line for line in done.stderr.splitlines() if line.startswith("--")] == [
        "--centre", "--channel-secret-file", "--channel-set username=…"]


@pytest.mark.parametrize("wrong, told", [
    ({"channel": "aliyun"}, "kannel"), ({"channel": "pigeon"}, "kannel"), ({"rows": "0"}, "1000000"),
    ({"locale": "fr"}, "zh-CN"), ({"source_relation": "duban_case"}, "模式.视图"),
    ({"state_dsn": "dbname=duban"}, "user="), ({"source_dsn": "host"}, "libpq"),
    ({"test_phone": "12345"}, "test-phone"), ({"channel_secret_file": "/nowhere/secret"}, "/nowhere/secret"),
    ({"centre": "中\n心"}, "控制字符")])
def test_wrong_flags(centre, wrong, told):
    done = centre.run(*centre.flags(**wrong))
    assert done.returncode == 2 and told in done.stderr and done.stdout == ""


@pytest.mark.parametrize("options", [["--dsn", "dbname=x"], ["extra"], ["--channel-set", "x"],
                                     ["--channel-set", "colour=red"], ["--channel-set", "password=x"]])
def test_wrong_usage(centre, options):
    assert centre.run(*centre.flags(), *options).returncode == 2


def test_in_words(centre):
    done = centre.run(*centre.flags())
    assert done.returncode == 0 and done.stderr == ""
    for words in ("[1/6] 配置：", "[3/6] 角色和数据库：通过\n", "接下来：", "systemctl enable --now duband duban-web",
                  "directory import", "user add"):
        assert words in done.stdout
    os.unlink(centre.output)
    done = centre.run(*centre.flags(), lang="en")
    assert done.returncode == 0 and "[3/6] roles and database: done\n" in done.stdout and "Next:" in done.stdout
    assert "locale: en" in centre.output.read_text() and "# duban's own database" in centre.output.read_text()


def test_json_is_one_object(centre):
    done = centre.run("--json", *centre.flags())
    assert json.loads(done.stdout)["output"] == str(centre.output) and done.stdout.count("\n") == 1
