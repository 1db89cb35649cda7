"""A server on which duban was never installed, and `dubanctl setup` on it.

Roles belong to a whole server, so it is one of its own; `clear` makes it new again.
"""

import json
import subprocess

from harness.centre import write_secret
from harness.cluster import Cluster

SECRET = "a-secret-of-the-gateway"
PASSWORD = "a-password-of-the-daemon"

# Whichever year it is: the shipped one ends with the notices that there are.
CALENDAR = """
name: cn
zone: Asia/Shanghai
valid: {from: 2020-01-01, until: 2099-12-31}
hours: {weekdays: [09:00-12:00, 13:00-17:00]}
"""

# What an approval system shows, as plainly as can be: the tests change its rows.
VIEW = """
CREATE SCHEMA approval;
CREATE TABLE approval.bj (
    case_no text, item_code text, item_name text, kind text, department_code text, window_code text,
    handler_name text, handler_phone text, applicant_name text, applicant_phone text,
    limit_value int, limit_unit text, statutory_value int, statutory_unit text,
    promised_due_at timestamptz, stage text, status text, received_at timestamptz,
    accepted_at timestamptz, processed_at timestamptz, reviewed_at timestamptz,
    approved_at timestamptz, completed_at timestamptz, suspensions jsonb, result text,
    parent_case_no text, updated_at timestamptz, extensions jsonb);
CREATE INDEX ON approval.bj (updated_at, case_no);
CREATE INDEX ON approval.bj (case_no);
CREATE VIEW approval.duban_case AS SELECT * FROM approval.bj;
CREATE FUNCTION approval.file(p_case text, p_change jsonb DEFAULT '{}') RETURNS void LANGUAGE sql AS $$
    INSERT INTO approval.bj SELECT * FROM jsonb_populate_record(NULL::approval.bj, jsonb_build_object(
        'case_no', p_case, 'item_code', 'I1', 'item_name', '施工许可', 'kind', 'promised',
        'department_code', 'D1', 'window_code', 'W1', 'applicant_name', '王小明',
        'applicant_phone', '19900000123', 'limit_value', 5, 'limit_unit', 'workday',
        'stage', 'processing', 'status', 'open', 'received_at', '2026-03-02T09:00:00+08:00',
        'accepted_at', '2026-03-02T09:30:00+08:00', 'suspensions', '[]'::jsonb,
        'updated_at', '2026-03-02T09:30:00+08:00') || p_change)
$$;
"""


class FirstTime:
    def __init__(self, programs, cluster=None):
        self.cluster = cluster or Cluster()
        self.programs = programs
        self.folder = None
        self.calendar = self.cluster.folder / "calendar.yaml"
        self.calendar.write_text(CALENDAR)
        self._standard = {row[0] for row in self._ask("SELECT rolname FROM pg_roles")}

    def _ask(self, sql, database="postgres"):
        with self.cluster.connect(database) as connection:
            cursor = connection.execute(sql)
            return cursor.fetchall() if cursor.description else []

    def rows(self, sql, database="postgres"):
        return self._ask(sql, database)

    def begin(self, folder):
        """An approval system, and a folder to install to."""
        self.folder = folder
        self.cluster.create_database(name="approval")
        self._ask(VIEW, "approval")
        write_secret(folder / "given.secret", SECRET)

    def clear(self):
        for (name,) in self._ask("SELECT datname FROM pg_database WHERE datname IN ('duban', 'approval')"):
            self.cluster.drop_database(name)
        for (name,) in self._ask("SELECT rolname FROM pg_roles"):
            if name not in self._standard:
                self._ask(f'DROP ROLE "{name}"')

    @property
    def output(self):
        return self.folder / "duban.yaml"

    def flags(self, gateway="http://127.0.0.1:1", **changes):
        """All that an unattended run needs; a change to None leaves a flag out."""
        flags = {
            "centre": "安澜县政务服务中心", "admin-dsn": self.cluster.dsn("postgres"),
            "state-dsn": self.cluster.dsn("duban", "duban_daemon"),
            "source-dsn": self.cluster.dsn("approval", "duban_source"),
            "source-relation": "approval.duban_case", "channel": "kannel",
            "channel-secret-file": self.folder / "given.secret",
            "calendar": self.calendar, "output": self.output,
            **{name.replace("_", "-"): value for name, value in changes.items()}}
        argv = [str(part) for name, value in flags.items() if value is not None
                for part in (f"--{name}", value)]
        if flags["channel"] == "kannel":
            for setting in f"url={gateway}/cgi-bin/sendsms", "username=duban", "from=10690000":
                argv += ["--channel-set", setting]
        return argv

    def argv(self, *options, lang="zh-CN"):
        return [str(self.programs.dubanctl), "--lang", lang, "setup", *map(str, options)]

    def run(self, *options, lang="zh-CN"):
        return subprocess.run(self.argv(*options, lang=lang), text=True, stdin=subprocess.DEVNULL,
                              capture_output=True, check=False)

    def report(self, *options, status=0):
        """What it tells a program."""
        done = self.run("--json", *options)
        assert done.returncode == status, done.stdout + done.stderr
        told = json.loads(done.stdout)
        assert told["done"] == (status == 0)
        return told


def outcomes(told):
    return {step["step"]: step["outcome"] for step in told["steps"]}


def findings(told, step, grade=None):
    """What a step found, a line each with its remedy."""
    return "\n".join(f"{one['what']} → {one['remedy']}" for found in told["steps"] if found["step"] == step
                     for one in found["findings"] if grade in (None, one["grade"]))
