"""dubanctl setup on a booted Debian, as root and without a password: PostgreSQL believes the system who
connects, the services need no credentials.

In this order; each test goes on where the one before ended.
"""

import json
import re

import pytest

from harness.machine import Machine, Unavailable, make_tree, why_not_here

WHY_NOT = why_not_here()
pytestmark = pytest.mark.skipif(WHY_NOT is not None, reason=str(WHY_NOT))

SUPERVISION = "19900000901"
SETTINGS = "/etc/postgresql/15/main"
SETUP = ("setup", "--yes", "--centre", "安澜县政务服务中心", "--channel", "kannel", "--channel-set", "username=duban",
         "--channel-set", "from=10690000", "--channel-secret-file", "/root/kannel.password")


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


def make_directory(machine):
    windows = psql(machine, "approval", "SELECT string_agg(window_code, ' ') FROM approval.window_desk").split()
    return {"entries": [
        {"code": "CENTRE", "kind": "centre", "name": "中心"},
        {"code": "XNB", "kind": "supervision", "name": "效能办", "parent": "CENTRE", "contacts": {"sms": SUPERVISION}},
        *({"code": code, "kind": "window", "name": code, "parent": "CENTRE"} for code in windows)]}


def inbox(machine):
    told = machine.run("python3", "-c", "import sys, urllib.request as r;"
                       "sys.stdout.write(r.urlopen('http://127.0.0.1:13013/messages').read().decode())")
    return json.loads(told)["messages"]


def test_the_roles_that_are_not_let_in_are_told_how(machine, package):
    machine.run("dpkg", "--install", f"/mnt/{package.name}")
    machine.shell("cp -r /src/sql/source /run/source && chmod -R a+rX /run/source")
    psql(machine, "postgres", "CREATE DATABASE approval TEMPLATE template0 ENCODING 'UTF8'")
    machine.shell("runuser -u postgres -- psql -qX -v ON_ERROR_STOP=1 -d approval -f /run/source/install.sql")
    psql(machine, "approval", "DROP OWNED BY duban_source; DROP ROLE duban_source;"
                              " SELECT approval.generate(200, clock_timestamp() - interval '60 days', 3)")
    machine.write("/root/kannel.password", "demo\n", "600")
    done = machine.call("dubanctl", "--json", *SETUP)
    assert done.returncode == 1, done.stdout
    told = json.loads(done.stdout)
    assert {step["step"]: step["outcome"] for step in told["steps"]}["schema"] == "failed"
    [remedy] = [one["remedy"] for step in told["steps"] if step["step"] == "schema" for one in step["findings"]
                if one["grade"] == "bad"]
    lines = [line.strip() + "\n" for line in remedy.splitlines()]
    for name, begin, before in (("pg_ident", "duban ", False), ("pg_hba", "local ", True)):
        text = machine.run("cat", f"{SETTINGS}/{name}.conf")
        added = "".join(line for line in lines if line.startswith(begin))
        assert added
        machine.write(f"{SETTINGS}/{name}.conf", added + text if before else text + added, "640")
    machine.run("systemctl", "reload", "postgresql@15-main")


def test_then_everything_is_done(machine):
    machine.run("systemd-run", "--quiet", "--unit=gateway", "--collect", "python3",
                "/src/tests/standins/gateway.py", "--port", "13013")
    machine.wait(lambda: machine.call("python3", "-c", "import socket; socket.create_connection(('127.0.0.1', 13013))")
                 .returncode == 0, 30, "the gateway is there")
    told = machine.run("dubanctl", *SETUP, "--test-phone", "19900000123")
    assert "接下来：" in told and inbox(machine)[0]["to"] == "19900000123"
    assert machine.run("stat", "-c", "%a %U %G", "/etc/duban/secrets/sms").strip() == "640 root duban"
    assert "calendars/cn.yaml" in machine.run("cat", "/etc/duban/duban.yaml")
    machine.write("/run/directory.yaml", json.dumps(make_directory(machine)))
    command = re.search(r"^ *(dubanctl .* directory import) directory.yaml$", told, re.MULTILINE)[1]
    machine.shell(f"{command} /run/directory.yaml")
    machine.run("systemctl", "enable", "--now", "duband", "duban-web")
    for unit in "duband", "duban-web":
        machine.wait(lambda: machine.show(unit, "ActiveState") == "active", 30, f"{unit} is active")
    machine.wait(lambda: psql(machine, "duban", "SELECT initial_done FROM duban.intake") == "t", 30, "first contact")


def test_a_case_turns_red_and_the_message_arrives(machine):
    psql(machine, "approval", "SELECT approval.generate(40, clock_timestamp(), 7, 1.0, 1.0, 60)")
    machine.wait(lambda: any("超期" in one["text"] for one in inbox(machine) if one["to"] == SUPERVISION), 60,
                 "a short message")


def test_a_daemon_leads(machine):
    told = json.loads(machine.run("dubanctl", "--json", "--dsn",
                                  "host=/run/postgresql dbname=duban user=duban_owner", "status"))
    assert [node["leader"] for node in told["nodes"]] == [True]
