"""A stand-in mail server: SMTP with STARTTLS and AUTH, in a thread of its own.

    with MailServer(make_identity(folder)) as mail:
        mail.fault("RCPT", "451 4.7.1 come later")   # the next RCPT is answered so
        mail.fault("END", "close")                   # takes the next message, then cuts the line
        mail.messages                                # what was taken

Faults are for CONNECT, EHLO, STARTTLS, AUTH, MAIL, RCPT, DATA and END: a reply instead of the usual
one, or "close", or "hang".
"""

import asyncio
import base64
import email
import email.policy
import ssl
import threading
from dataclasses import dataclass, field

from harness.processes import run
from standins.http_server import Server

HOST = "mail.example"
USER, PASSWORD = "duban", "mail password"


def make_identity(folder, name="mail"):
    """A certificate for 127.0.0.1 that vouches for itself, and its key: (path, path)."""
    certificate, key = folder / f"{name}.crt", folder / f"{name}.key"
    run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", key, "-out", certificate])
    return certificate, key


@dataclass
class Message:
    sender: str
    recipients: list
    content: bytes  # as it came, without the last dot
    secure: bool    # over TLS
    user: str       # who was logged in; "" for nobody

    @property
    def parsed(self):
        return email.message_from_bytes(self.content, policy=email.policy.default)

    @property
    def id(self):
        return self.parsed["Message-ID"]


class Refused(Exception):
    """This step has its reply already."""


@dataclass
class Session:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    secure: bool = False
    user: str = ""
    sender: str = ""
    recipients: list = field(default_factory=list)

    def say(self, *lines):
        self.writer.write("".join(f"{line}\r\n" for line in lines).encode())

    async def line(self):
        line = await self.reader.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("it ended, or speaks with bare line feeds")
        return line[:-2]


class MailServer(Server):
    """`identity` is a certificate and its key. Without `starttls` it offers none; with `smtps` it
    speaks TLS from the first byte. These may be changed while it runs."""

    def __init__(self, identity, port=0):
        super().__init__(port)
        self.identity, self.starttls, self.smtps = identity, True, False
        self.messages = []
        self.heard = []  # the verbs of all connections
        self._script = {}
        self._lock = threading.Lock()

    def fault(self, step, reply):
        with self._lock:
            self._script.setdefault(step, []).append(reply)

    async def _step(self, session, step):
        """Goes on, or does what a fault says and raises Refused or ConnectionError."""
        with self._lock:
            reply = self._script.get(step) and self._script[step].pop(0)
        if not reply:
            return
        if reply == "hang":
            await asyncio.Event().wait()
        if reply == "close":
            raise ConnectionError(step)
        session.say(reply)
        raise Refused

    def _context(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.identity)
        return context

    async def _serve(self, reader, writer):
        self.connections += 1
        session = Session(reader, writer)
        try:
            if self.smtps:
                await self._secure(session)
            await self._talk(session)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the peer went away, or a fault has cut the line
        finally:
            writer.close()

    async def _secure(self, session):
        await session.writer.start_tls(self._context())
        session.secure = True

    async def _talk(self, session):
        try:
            await self._step(session, "CONNECT")
        except Refused:
            return
        session.say(f"220 {HOST} ESMTP")
        while line := await session.line():
            verb, _, rest = line.decode("ascii").partition(" ")
            self.heard.append(verb)
            try:
                if verb == "QUIT":
                    session.say("221 2.0.0 bye")
                    return
                await self._step(session, verb)
                await getattr(self, f"_on_{verb.lower()}")(session, rest)
            except Refused:
                pass

    async def _on_ehlo(self, session, _):
        offers = ["PIPELINING", "8BITMIME"]
        if self.starttls and not session.secure:
            offers.append("STARTTLS")
        if session.secure:
            offers.append("AUTH LOGIN PLAIN")
        lines = [HOST, *offers]
        session.say(*[f"250-{line}" for line in lines[:-1]], f"250 {lines[-1]}")

    async def _on_starttls(self, session, _):
        if not self.starttls:
            session.say("502 5.5.1 not here")
            return
        session.say("220 2.0.0 go ahead")
        await self._secure(session)

    async def _on_auth(self, session, rest):
        if rest == "PLAIN":
            session.say("334 ")
            _, user, password = base64.b64decode(await session.line()).decode().split("\0")
        else:
            session.say("334 VXNlcm5hbWU6")
            user = base64.b64decode(await session.line()).decode()
            session.say("334 UGFzc3dvcmQ6")
            password = base64.b64decode(await session.line()).decode()
        if (user, password) != (USER, PASSWORD):
            session.say("535 5.7.8 authentication failed")
            return
        session.user = user
        session.say("235 2.7.0 welcome")

    async def _on_mail(self, session, rest):
        if not session.user:
            session.say("530 5.7.0 authentication required")
            return
        session.sender, session.recipients = rest.removeprefix("FROM:<").removesuffix(">"), []
        session.say("250 2.1.0 ok")

    async def _on_rcpt(self, session, rest):
        session.recipients.append(rest.removeprefix("TO:<").removesuffix(">"))
        session.say("250 2.1.5 ok")

    async def _on_data(self, session, _):
        session.say("354 go on")
        lines = []
        while (line := await session.line()) != b".":
            lines.append(line.removeprefix(b"."))
        self.messages.append(Message(session.sender, session.recipients,
                                     b"\r\n".join([*lines, b""]), session.secure, session.user))
        await self._step(session, "END")
        session.say(f"250 2.0.0 queued as {len(self.messages)}")
