"""A small HTTP/1.1 server for stand-ins, in a thread of its own, that can misbehave on demand.

A stand-in derives from Server and says what it answers. Its faults (faults.py) decide whether
that answer arrives. Every stand-in understands

    POST /control   {"faults": [...], "clear": true, ...}   see Server.control
    GET  /messages  what it has received, as JSON
"""

import argparse
import asyncio
import json
import signal
import socket
import sys
import threading
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from standins.faults import Faults

BODY_MOST = 1 << 20


@dataclass
class Request:
    method: str
    target: str  # as sent, with the query
    headers: dict  # lower-case names
    body: bytes
    at: float = field(default_factory=time.time)

    @property
    def path(self):
        return unquote(urlsplit(self.target).path)

    def query(self, encoding="utf-8"):
        """Parameters of the query; the last of a name counts."""
        pairs = parse_qsl(urlsplit(self.target).query, keep_blank_values=True,
                          encoding=encoding, errors="replace")
        return dict(pairs)


@dataclass
class Reply:
    status: int = 200
    body: bytes = b""
    headers: dict = field(default_factory=dict)

    def encode(self):
        reason = HTTPStatus(self.status).phrase if self.status in list(HTTPStatus) else "Odd"
        headers = dict(self.headers)
        if self.status not in (204, 304):
            headers.setdefault("Content-Length", len(self.body))
        lines = [f"HTTP/1.1 {self.status} {reason}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + self.body


def text_reply(status, text, kind="text/plain"):
    return Reply(status, text.encode(), {"Content-Type": f"{kind}; charset=utf-8"})


def json_reply(value, status=200):
    return text_reply(status, json.dumps(value, ensure_ascii=False), "application/json")


async def read_body(reader, headers):
    if headers.get("transfer-encoding", "").lower() != "chunked":
        length = int(headers.get("content-length", 0))
        if length > BODY_MOST:
            raise ValueError("request too large")
        return await reader.readexactly(length)
    body = b""
    while size := int((await reader.readline()).split(b";")[0], 16):
        body += await reader.readexactly(size)
        await reader.readline()
        if len(body) > BODY_MOST:
            raise ValueError("request too large")
    await reader.readline()
    return body


async def read_request(reader, writer):
    """The next request of a connection; None when the peer has closed it."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    pairs = (line.partition(":") for line in lines if line)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    if headers.get("expect", "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    return Request(method, target, headers, await read_body(reader, headers))


class Server:
    """Owns a thread with an event loop. start() and stop() may be called from any other."""

    def __init__(self, port=0):
        self.port = port  # 0: a free one, known after start()
        self.faults = Faults()
        self.requests = 0  # service requests, failed ones included
        self.connections = 0
        self._loop = None
        self._thread = None

    # What a stand-in says of itself.

    def is_service(self, request):
        """Whether a request is for the service that is stood in for, and may thus fail."""
        raise NotImplementedError

    def answer(self, request):
        """Takes a service request: its Reply."""
        raise NotImplementedError

    def show(self, request):
        """Any other request: its Reply. None when there is no such page."""
        return None

    def report(self, query):
        """The JSON value of GET /messages."""
        raise NotImplementedError

    def control(self, settings):
        """Changes the behaviour: "faults" adds some (see faults.py), "clear" drops old ones."""
        if settings.pop("clear", False):
            self.faults.clear()
        for fault in settings.pop("faults", []):
            self.faults.add(**fault)
        if settings:
            raise ValueError(f"unknown: {', '.join(settings)}")

    # The life of the server.

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        listener = socket.create_server(("127.0.0.1", self.port), backlog=1024)
        self.port = listener.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(listener, ready), daemon=True)
        self._thread.start()
        ready.wait()
        return self

    def stop(self):
        """Closes all connections; the port can be taken again by start(). Harmless twice."""
        if self._thread:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._thread = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def _run(self, listener, ready):
        loop = self._loop
        asyncio.set_event_loop(loop)
        server = loop.run_until_complete(asyncio.start_server(self._serve, sock=listener))
        loop.call_soon(ready.set)
        loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.gather(*asyncio.all_tasks(loop), return_exceptions=True))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()

    async def _serve(self, reader, writer):
        self.connections += 1
        try:
            while request := await read_request(reader, writer):
                if not await self._respond(request, writer):
                    break
                await writer.drain()
        except (ConnectionError, ValueError, asyncio.IncompleteReadError,
                asyncio.LimitOverrunError, asyncio.CancelledError):
            pass  # the peer went away or spoke nonsense: that ends this connection only
        finally:
            writer.close()

    async def _respond(self, request, writer):
        """Whether the connection lives on."""
        if not self.is_service(request):
            writer.write(self._side_door(request).encode())
            return True
        self.requests += 1
        fault = self.faults.take(request.target)
        if not fault:
            writer.write(self.answer(request).encode())
            return True
        if fault.kind == "delay":
            await asyncio.sleep(fault.seconds)
            writer.write(self.answer(request).encode())
            return True
        if fault.taken:
            self.answer(request)
        return await fault.play(writer, Reply)

    def _side_door(self, request):
        if request.path == "/messages":
            return json_reply(self.report(request.query()))
        if request.path == "/control" and request.method == "POST":
            try:
                self.control(json.loads(request.body))
            except (ValueError, TypeError, AttributeError) as error:
                return text_reply(400, f"{error}\n")
            return Reply(204)
        return self.show(request) or text_reply(404, "no such page\n")


def serve_from_command_line(make_server, parser=None):
    """main() of a stand-in: runs until SIGTERM or Ctrl-C."""
    parser = parser or argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    parser.add_argument("--port-file", type=Path, help="where to write the port")
    arguments = parser.parse_args()
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    with make_server(arguments) as server:
        if arguments.port_file:
            arguments.port_file.write_text(f"{server.port}\n")
        print(server.url, file=sys.stderr, flush=True)
        signal.sigwait({signal.SIGTERM, signal.SIGINT})
