#!/usr/bin/python3
"""A webhook receiver: checks Standard Webhooks signatures and prints one line per webhook.

usage: receiver.py [--port N] [--port-file F] [--secret whsec_…]

    POST /any/path     a webhook: 204, or 401 when its signature is wrong
    GET  /messages     {"count", "ids", "repeats", "invalid", "requests", "webhooks": [...]}
    POST /control      {"faults": [...], "clear": true}
"""

import argparse
import base64
import hashlib
import hmac
import json
import sys
import threading
import time
from collections import Counter
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from standins.http_server import Reply, Server, serve_from_command_line, text_reply

SECRET = "whsec_" + base64.b64encode(b"a secret for demonstrations only").decode()
COLOURS = {"yellow": "33;1", "red": "31;1", "completed": "32"}
WORDS = {"yellow": "黄牌", "red": "红牌", "completed": "办结", "baseline": "初始"}


def sign(secret, identity, timestamp, body):
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = b".".join((identity.encode(), timestamp.encode(), body))
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def why_invalid(request, secret, tolerance_s):
    """What is wrong with a webhook's signature; None when it is right."""
    named = [request.headers.get(f"webhook-{part}") for part in ("id", "timestamp", "signature")]
    if not all(named):
        return "a webhook header is missing"
    identity, timestamp, signatures = named
    if not timestamp.isdigit():
        return "the timestamp is no number"
    if tolerance_s is not None and abs(request.at - int(timestamp)) > tolerance_s:
        return f"the timestamp is {request.at - int(timestamp):.0f} s off"
    expected = sign(secret, identity, timestamp, request.body)
    if not any(hmac.compare_digest(expected, given) for given in signatures.split()):
        return "the signature is wrong"
    return None


def describe(webhook):
    """The event's kind, and one line for people."""
    data = webhook["body"].get("data") or {}
    case = data.get("case") or {}
    kind = webhook["body"].get("type", "?").rpartition(".")[2]
    counts = [f"{one.get('level_label')} {one.get('clocks')}" for one in data.get("counts") or []]
    told = name_of(data.get("recipient"))
    parts = [case.get("number"), name_of(case.get("item")), name_of(case.get("window")),
             time_left(data), *counts, f"→ {told}" if told else None]
    return kind, "  ".join(part for part in parts if part)


def name_of(value):
    value = value or {}
    return value.get("name") or value.get("code")


def time_left(data):
    for key, word in (("overdue", "已超期"), ("remaining", "剩余")):
        if left := data.get(key):
            days = left.get("workdays")
            if days:
                return f"{word} {days} 个工作日"
            return "已超期" if key == "overdue" else "今日到期"
    return None


class Receiver(Server):
    """`tolerance_s` None: timestamps aren't compared with the clock (tests move it)."""

    def __init__(self, port=0, secret=SECRET, tolerance_s=300, output=None):
        super().__init__(port)
        self.secret, self.tolerance_s, self.output = secret, tolerance_s, output
        self._lock = threading.Lock()
        self._webhooks = []
        self._invalid = []

    @property
    def webhooks(self):
        """What came with a right signature: dicts with id, at, path, body (the JSON)."""
        with self._lock:
            return list(self._webhooks)

    @property
    def invalid(self):
        """Why others were refused."""
        with self._lock:
            return list(self._invalid)

    @property
    def counts(self):
        """How often each id was received."""
        return Counter(webhook["id"] for webhook in self.webhooks)

    def is_service(self, request):
        return request.method == "POST" and request.path != "/control"

    def report(self, query):
        counts = self.counts
        return {"count": counts.total(), "ids": len(counts), "requests": self.requests,
                "repeats": counts.total() - len(counts), "invalid": self.invalid,
                "webhooks": self.webhooks}

    def answer(self, request):
        wrong = why_invalid(request, self.secret, self.tolerance_s)
        try:
            body = json.loads(request.body)
        except ValueError:
            wrong = wrong or "the body is no JSON"
        if wrong:
            with self._lock:
                self._invalid.append(wrong)
            self._print("invalid", f"webhook refused: {wrong}")
            return text_reply(401, f"{wrong}\n")
        webhook = {"id": request.headers["webhook-id"], "at": request.at, "path": request.path,
                   "body": body}
        with self._lock:
            self._webhooks.append(webhook)
        self._print(*describe(webhook))
        return Reply(204)

    def _print(self, kind, line):
        if not self.output:
            return
        word = WORDS.get(kind, kind)
        if self.output.isatty():
            word = f"\x1b[{COLOURS.get(kind, '1')}m{word}\x1b[0m"
        print(f"{time.strftime('%H:%M:%S')}  {word}  {line}", file=self.output, flush=True)


def main():
    parser = argparse.ArgumentParser(description="A webhook receiver.")
    parser.add_argument("--secret", default=SECRET)
    serve_from_command_line(
        lambda given: Receiver(given.port, given.secret, output=sys.stdout), parser)


if __name__ == "__main__":
    main()
