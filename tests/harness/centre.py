"""The service centre of the tests and the demo: its directory and its configuration.

Both are plain values, so that a test can change what it is about before they are written.
"""

import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CENTRE = "安澜县政务服务中心"
SUPERVISION_PHONE = "19900000901"
CENTRE_PHONE = "19900000902"


def write_yaml(path, value, private=False):
    """JSON is YAML, and quotes whatever needs it. Who reads it meanwhile finds it as it was."""
    draft = path.with_name(f"{path.name}.draft")
    draft.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    draft.chmod(0o600 if private else 0o644)
    return draft.rename(path)


def write_secret(path, text):
    path.touch(mode=0o600)
    path.write_text(text + "\n", encoding="ascii")
    return path


def make_directory(source, webhooks):
    """The sample centre's tree: windows, departments, the centre and its supervision office.

    `source` is a connection to the approval system, `webhooks` the base URL of their receiver.
    """
    windows = source.execute("""
        SELECT w.window_code, w.window_name, w.department_code,
               array_agg(s.phone ORDER BY s.staff_id) FILTER (WHERE s.phone IS NOT NULL)
          FROM approval.window_desk w LEFT JOIN approval.staff s USING (window_code)
         GROUP BY w.window_code ORDER BY w.window_code""").fetchall()
    departments = source.execute("""
        SELECT department_code, department_name FROM approval.department
         ORDER BY department_code""").fetchall()

    def entry(code, kind, name, parent=None, sms=(), hook=None):
        contacts = {"sms": list(sms), "hook": f"{webhooks}{hook}" if hook else None}
        parents = {"parent": parent} if parent else {}
        return {"code": code, "kind": kind, "name": name, **parents,
                "contacts": {channel: address for channel, address in contacts.items() if address}}

    entries = [
        entry("CENTRE", "centre", CENTRE, sms=[CENTRE_PHONE], hook="/centre"),
        entry("XNB", "supervision", "效能办", "CENTRE", [SUPERVISION_PHONE], "/supervision"),
    ]
    entries += [entry(code, "department", name, "CENTRE", hook=f"/department/{code}")
                for code, name in departments]
    entries += [entry(code, "window", name, department, (phones or [])[:1], f"/window/{code}")
                for code, name, department, phones in windows]
    return {"entries": entries}


def make_config(state_dsn, source_dsn, gateway, folder):
    """A whole configuration, with fast polls. Secrets are files in `folder`."""
    return {
        "centre": CENTRE,
        "locale": "zh-CN",
        "state": {"dsn": state_dsn},
        "source": {"dsn": source_dsn, "relation": "approval.duban_case", "poll": "200ms",
                   "overlap": "5s"},
        "daemon": {"poll": "200ms", "lease": "10s", "drain": "5s"},
        "calendars": {"cn": str(ROOT / "etc/calendars/cn.yaml")},
        "calendar": "cn",
        "policies": {"standard": [
            {"level": "yellow", "label": "黄牌", "before": "3 workdays"},
            {"level": "red", "label": "红牌", "when": "overdue"},
        ]},
        "clocks": {"completion": {"label": "办结", "policy": "standard"}},
        "channels": {
            "sms": {"type": "kannel", "url": f"{gateway}/cgi-bin/sendsms", "username": "duban",
                    "password_file": str(folder / "sms.password"), "from": "10690000",
                    "timeout": "5s", "digest": "0s"},
            "hook": {"type": "webhook", "secret_file": str(folder / "webhook.secret"),
                     "timeout": "5s"},
        },
        "hours": {"applicant": "any"},  # a test may run at night
        "routes": {
            "yellow": {"window": ["sms", "hook"]},
            "red": {"window": "sms", "department": "hook", "supervision": ["sms", "hook"]},
            "completed": {"applicant": "sms"},
            "baseline": {"supervision": "hook"},
        },
    }
