"""The package on a booted Debian: installed, set up as docs/operations.md says, run, hurt, removed.

In this order; each test goes on where the one before ended.
"""

import json
import re
import subprocess

import pytest

from harness.machine import Machine, Unavailable, make_tree, why_not_here

WHY_NOT = why_not_here()
pytestmark = pytest.mark.skipif(WHY_NOT is not None, reason=str(WHY_NOT))

SUPERVISION = "19900000901"
SETTINGS = """
centre: 安澜县政务服务中心
state: {dsn: host=/run/postgresql dbname=duban user=duban_daemon}
source: {dsn: host=/run/postgresql dbname=approval user=duban_source, relation: approval.duban_case, poll: 200ms}
daemon: {poll: 200ms, drain: 2s}
calendars: {cn: calendars/cn.yaml}
calendar: cn
policies:
  standard:
    - {level: yellow, label: 黄牌, before: 3 workdays}
    - {level: red, label: 红牌, when: overdue}
clocks: {completion: {label: 办结, policy: standard}}
channels: {sms: {type: kannel, url: http://127.0.0.1:13013/cgi-bin/sendsms, username: duban, from: '10690000',
                 password_credential: kannel, digest: 0s}}
hours: {supervision: any}
routes: {red: {supervision: sms}}
web: {state: {dsn: host=/run/postgresql dbname=duban user=duban_web}, listen: 127.0.0.1:8410}
"""
ROLES = """
CREATE ROLE duban_owner LOGIN CREATEROLE;
CREATE DATABASE duban OWNER duban_owner TEMPLATE template0 ENCODING 'UTF8';
CREATE DATABASE approval TEMPLATE template0 ENCODING 'UTF8';
"""
IDENT = "duban root duban_owner\nduban duban duban_daemon\nduban duban duban_source\nduban duban-web duban_web\n"
HBA = ("local duban duban_owner,duban_daemon,duban_web peer map=duban\n"
       "local approval duban_source peer map=duban\n")


@pytest.fixture(scope="module")
def machine(package):
    try:
        make_tree(package)
    except Unavailable as why:
        pytest.skip(str(why))
    made = Machine(package.parent)
    yield made
    made.stop()


def psql(machine, database, statement):
    return machine.run("runuser", "-u", "postgres", "--", "psql", "-qXAt", "-v", "ON_ERROR_STOP=1", "-d", database,
                       "-c", statement).strip()


def main_pid(machine):
    return int(machine.show("duband", "MainPID"))


def make_entries(machine):
    """The sample centre's windows, and its supervision office with a phone."""
    windows = psql(machine, "approval", "SELECT string_agg(window_code, ' ') FROM approval.window_desk").split()
    return {"entries": [
        {"code": "CENTRE", "kind": "centre", "name": "安澜县政务服务中心"},
        {"code": "XNB", "kind": "supervision", "name": "效能办", "parent": "CENTRE",
         "contacts": {"sms": SUPERVISION}},
        *({"code": code, "kind": "window", "name": code, "parent": "CENTRE"} for code in windows)]}


def wait_active(machine, unit="duband"):
    machine.wait(lambda: machine.show(unit, "ActiveState") == "active", 30, f"{unit} is active")


def inbox(machine):
    return machine.run("python3", "-c", "import sys, urllib.request as r;"
                       "sys.stdout.write(r.urlopen('http://127.0.0.1:13013/messages').read().decode())")


def test_the_package_is_without_blame(package):
    done = subprocess.run(["lintian", "--allow-root", "--fail-on", "error,warning", package], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert done.returncode == 0, done.stdout


def test_installing_starts_nothing_that_is_not_configured(machine, package):
    machine.run("dpkg", "--install", f"/mnt/{package.name}")
    for unit in ("duband", "duban-web"):
        assert machine.show(unit, "UnitFileState") == "enabled"
        assert (machine.show(unit, "ActiveState"), machine.show(unit, "ConditionResult")) == ("inactive", "no")
    assert "/nonexistent" in machine.run("getent", "passwd", "duban", "duban-web")
    assert machine.run("stat", "-c", "%a %U", "/etc/duban/credentials").strip() == "700 root"
    assert machine.run("duband", "--version").strip() == machine.run("dubanctl", "--version").strip().replace(
        "dubanctl", "duband")


def test_it_is_confined(machine):
    told = machine.run("systemd-analyze", "security", "--no-pager", "duband")
    exposure = float(re.search(r"Overall exposure level for duband.service: ([0-9.]+)", told)[1])
    assert exposure <= 1.5


def test_set_up_and_running(machine):
    machine.shell("cp -r /src/sql/source /run/source && chmod -R a+rX /run/source")
    machine.write("/run/source/roles.sql", ROLES)
    machine.shell("runuser -u postgres -- psql -qX -v ON_ERROR_STOP=1 -f /run/source/roles.sql")
    machine.shell("runuser -u postgres -- psql -qX -v ON_ERROR_STOP=1 -d approval -f /run/source/install.sql")
    psql(machine, "approval", "ALTER ROLE duban_source LOGIN")
    settings = "/etc/postgresql/15/main"
    ident, hba = (machine.run("cat", f"{settings}/{name}.conf") for name in ("pg_ident", "pg_hba"))
    machine.write(f"{settings}/pg_ident.conf", ident + IDENT, "640")
    machine.write(f"{settings}/pg_hba.conf", HBA + hba, "640")
    machine.run("systemctl", "reload", "postgresql@15-main")
    machine.write("/etc/duban/duban.yaml", SETTINGS)
    machine.write("/etc/duban/credentials/kannel", "demo\n", "600")
    machine.write("/etc/duban/credentials/webhook", "unused\n", "600")
    machine.write("/run/directory.yaml", json.dumps(make_entries(machine)))
    owner = "dubanctl --dsn 'host=/run/postgresql dbname=duban user=duban_owner'"
    machine.shell(f"{owner} migrate")
    psql(machine, "duban", "ALTER ROLE duban_daemon LOGIN; ALTER ROLE duban_web LOGIN")
    machine.shell(f"CREDENTIALS_DIRECTORY=/etc/duban/credentials {owner} directory import /run/directory.yaml")
    machine.run("systemd-run", "--quiet", "--unit=gateway", "--collect", "python3",
                "/src/tests/standins/gateway.py", "--port", "13013")
    machine.run("systemctl", "start", "duband", "duban-web")
    wait_active(machine)
    wait_active(machine, "duban-web")
    machine.wait(lambda: psql(machine, "duban", "SELECT initial_done FROM duban.intake") == "t", 30, "first contact")


def test_a_case_turns_red_and_the_message_arrives(machine):
    psql(machine, "approval", "SELECT approval.generate(40, clock_timestamp(), 7, 1.0, 1.0, 60)")
    machine.wait(lambda: json.loads(inbox(machine))["count"] > 0, 30, "a short message")
    [first, *_] = json.loads(inbox(machine))["messages"]
    assert first["to"] == SUPERVISION and "超期" in first["text"]


def test_the_journal_has_fields(machine):
    entry = json.loads(machine.run("journalctl", "--unit=duband", "--output=json", "--lines=1", "DUBAN_AREA=escalator",
                                   "--no-pager"))
    assert int(entry["DUBAN_EVENTS"]) > 0 and entry["PRIORITY"] == "6"
    assert entry["MESSAGE"].startswith("escalator: escalated clocks=")
    assert entry["SYSLOG_IDENTIFIER"] == "duband"


def test_the_board_answers(machine):
    assert "200" in machine.run("python3", "-c", "import urllib.request as r;"
                                "print(r.urlopen('http://127.0.0.1:8410/login').status)")


def test_nobody_looks_into_the_processes(machine):
    """Of one that isn't dumpable the kernel gives all files to root."""
    for unit, user in (("duband", "duban"), ("duban-web", "duban-web")):
        pid = machine.show(unit, "MainPID")
        assert machine.run("stat", "-c", "%U", f"/proc/{pid}/environ").strip() == "root"
        assert machine.run("stat", "-c", "%U", f"/proc/{pid}").strip() in (user, "root")
        limits = machine.run("cat", f"/proc/{pid}/limits")
        assert re.search(r"^Max core file size +0 +0 ", limits, re.MULTILINE)


def test_status_means_something(machine):
    machine.wait(lambda: "主节点" in machine.show("duband", "StatusText"), 30, "it says what it does")


def test_killed_it_is_started_anew(machine):
    before = main_pid(machine)
    machine.run("systemctl", "kill", "--kill-whom=main", "--signal=KILL", "duband")
    machine.wait(lambda: main_pid(machine) not in (0, before), 30, "another process")
    wait_active(machine)
    assert machine.show("duband", "NRestarts") == "1"


def test_the_watchdog_catches_a_stopped_loop(machine):
    machine.write("/etc/systemd/system/duband.service.d/watchdog.conf",
                  "[Service]\nWatchdogSec=1s\nRestartSec=100ms\nWatchdogSignal=SIGKILL\n")
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "restart", "duband")
    before = main_pid(machine)
    machine.run("systemctl", "kill", "--kill-whom=main", "--signal=STOP", "duband")
    machine.wait(lambda: main_pid(machine) not in (0, before), 30, "another process")
    wait_active(machine)
    assert "Watchdog timeout" in machine.journal("--unit=duband")
    machine.run("rm", "-r", "/etc/systemd/system/duband.service.d")
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "restart", "duband")


def test_reload(machine):
    before = main_pid(machine)
    machine.write("/etc/duban/duban.yaml", SETTINGS.replace("poll: 200ms, drain", "pol: 200ms, drain"))
    machine.run("systemctl", "reload", "duband")
    machine.wait(lambda: "did you mean 'poll'" in machine.journal("--unit=duband"), 10, "the mistake is told")
    machine.write("/etc/duban/duban.yaml", SETTINGS.replace("drain: 2s", "drain: 3s"))
    machine.run("systemctl", "reload", "duband")
    machine.wait(lambda: "reload: configuration in use" in machine.journal("--unit=duband"), 10, "it is loaded")
    assert main_pid(machine) == before and machine.show("duband", "ActiveState") == "active"


def test_an_upgrade_restarts_it_and_keeps_the_configuration(machine, package):
    before, settings = main_pid(machine), machine.run("cat", "/etc/duban/duban.yaml")
    machine.run("dpkg", "--install", f"/mnt/{package.name}")
    wait_active(machine)
    assert main_pid(machine) != before and machine.run("cat", "/etc/duban/duban.yaml") == settings


def test_removal_leaves_no_process(machine):
    machine.run("dpkg", "--remove", "duban")
    assert machine.shell("grep -lsx -e duband -e duban-web /proc/[0-9]*/comm || true") == ""
    assert machine.call("systemctl", "cat", "duband").returncode != 0
    assert machine.run("cat", "/etc/duban/duban.yaml")
