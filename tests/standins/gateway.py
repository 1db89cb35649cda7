#!/usr/bin/python3
"""A stand-in SMS gateway: speaks Kannel's sendsms interface and shows the phones' inboxes.

usage: gateway.py [--port N] [--port-file F] [--username U] [--password P] [--signature S]

    GET  /cgi-bin/sendsms   as Kannel 1.4.5 answers it, its silent losses included
    GET  /                  the inboxes as a web page
    GET  /messages          {"count", "requests", "messages": [...]}; ?to=NUMBER, ?after=ID
    POST /control           {"faults": [...], "clear": true, "connected": false}

A message with a dlr-url can be reported on, as Kannel does it: see tell().
"connected": false answers as Kannel does while it has lost its message centre: queued.
The page shows the signature that an operator puts before each text; messages are kept without it.
"""

import argparse
import codecs
import re
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import quote

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from standins.http_server import Reply, Server, serve_from_command_line, text_reply

PAGE = Path(__file__).with_name("inbox.html")
NUMBER = re.compile(r"\+?[0-9]+")
SEGMENTS_MOST = 10  # what Kannel calls max-messages

GSM_BASIC = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENDED = set("|^€{}[]~\\\f")


def units_of(text, coding):
    """Length in the units that operators bill: UTF-16 or GSM characters."""
    if coding == "2":
        return len(text.encode("utf-16-be")) // 2
    return sum(2 if character in GSM_EXTENDED else 1 for character in text)


def segments_of(text, coding):
    whole, part = (70, 67) if coding == "2" else (160, 153)
    units = units_of(text, coding)
    return 1 if units <= whole else -(-units // part)


def as_sent(text, coding):
    """What reaches the phone of a text: without coding=2 only GSM's characters survive."""
    if coding != "2":
        text = "".join(c if c in GSM_BASIC or c in GSM_EXTENDED else "?" for c in text)
    while segments_of(text, coding) > SEGMENTS_MOST:
        text = text[:-1]
    return text


class Gateway(Server):
    def __init__(self, port=0, username="duban", password="demo", signature=""):
        super().__init__(port)
        self.username, self.password, self.signature = username, password, signature
        self.connected = True
        self._lock = threading.Lock()
        self._messages = []

    @property
    def messages(self):
        """What the phones have received: dicts with id, at, from, to, text, coding, segments."""
        with self._lock:
            return list(self._messages)

    def texts_to(self, number):
        return [message["text"] for message in self.messages if message["to"] == number]

    @staticmethod
    def tell(message, kind, reply="", seconds=10):
        """Reports what became of a message: 1 delivered, 2 failed, …; the status of the answer, 0
        without one."""
        url = message["dlr-url"].replace("%d", str(kind)).replace("%A", quote(reply))
        try:
            with urllib.request.urlopen(url.replace("%T", str(int(message["at"]))), timeout=seconds) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def is_service(self, request):
        return request.path == "/cgi-bin/sendsms"

    def control(self, settings):
        self.connected = settings.pop("connected", self.connected)
        super().control(settings)

    def report(self, query):
        messages = self.messages
        count = len(messages)
        if "to" in query:
            messages = [message for message in messages if message["to"] == query["to"]]
        after = int(query.get("after", 0))
        messages = [message for message in messages if message["id"] > after]
        return {"count": count, "requests": self.requests, "signature": self.signature,
                "messages": messages}

    def show(self, request):
        if request.path != "/":
            return None
        security = "default-src 'self'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
        return Reply(200, PAGE.read_bytes(), {"Content-Type": "text/html; charset=utf-8",
                                              "Content-Security-Policy": security})

    def answer(self, request):
        if request.method == "POST":
            return text_reply(400, "Invalid content-type")
        charset = request.query().get("charset", "UTF-8")
        try:
            codecs.lookup(charset)
        except LookupError:
            return text_reply(400, "Charset or body misformed, rejected")
        query = request.query(charset)
        refusal = self._refuse(query)
        return refusal or self._accept(query, request.at)

    def _refuse(self, query):
        given = (query.get("username", query.get("user")),
                 query.get("password", query.get("pass")))
        if given != (self.username, self.password):
            return text_reply(403, "Authorization failed for sendsms")
        if not query.get("to", "").strip():
            return text_reply(400, "Missing receiver number, rejected")
        if not query.get("from"):
            return text_reply(400, "Sender missing and no global set, rejected")
        if not all(NUMBER.fullmatch(number) for number in query["to"].split()):
            return text_reply(
                400, "Number(s) has/have been denied by white- and/or black-lists.")
        return None

    def _accept(self, query, at):
        coding = query.get("coding", "0")
        text = as_sent(query.get("text", ""), coding)
        with self._lock:
            for number in query["to"].split():
                self._messages.append({
                    "id": len(self._messages) + 1, "at": at, "from": query["from"],
                    "to": number, "text": text, "coding": coding,
                    "segments": segments_of(text, coding), "dlr-url": query.get("dlr-url", ""),
                })
        told = "0: Accepted for delivery" if self.connected else "3: Queued for later delivery"
        return text_reply(202, told)


def main():
    parser = argparse.ArgumentParser(description="A stand-in SMS gateway.")
    parser.add_argument("--username", default="duban")
    parser.add_argument("--password", default="demo")
    parser.add_argument("--signature", default="")
    serve_from_command_line(
        lambda given: Gateway(given.port, given.username, given.password, given.signature),
        parser)


if __name__ == "__main__":
    main()
