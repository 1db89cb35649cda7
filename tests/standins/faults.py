"""Ways in which a stand-in fails when a test asks for it.

    faults.add("status", status=503, headers={"Retry-After": "2"}, times=3)
    faults.add("reset", taken=True)                  # takes the message, then cuts the line
    faults.add("hang", match="to=13800000001", times=None)
    faults.add("delay", seconds=2, rate=0.1, times=None)

The first fault that matches a request and has turns left is played; `times=None` never ends.
"""

import asyncio
import gzip
import random
import socket
import struct
import threading
from dataclasses import dataclass, field

RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close with RST


@dataclass
class Fault:
    kind: str
    status: int = 503
    headers: dict = field(default_factory=dict)
    body: str = ""
    seconds: float = 1.0  # delay: before the answer; slow: between two bytes
    size: int = 64 << 20  # huge: bytes of the body; bomb: bytes when unpacked
    match: str = ""  # part of the request's target
    times: int | None = 1
    rate: float = 1.0  # share of the matching requests that it strikes
    taken: bool = False  # the message is received all the same

    def __post_init__(self):
        if self.kind != "delay" and not hasattr(self, f"play_{self.kind}"):
            raise ValueError(f"unknown fault: {self.kind}")

    async def play(self, writer, reply_type):
        """Answers in the faulty way. Whether the connection lives on."""
        return await getattr(self, f"play_{self.kind}")(writer, reply_type)

    def _reply(self, reply_type):
        return reply_type(self.status, self.body.encode(), self.headers)

    async def play_status(self, writer, reply_type):
        writer.write(self._reply(reply_type).encode())
        return True

    async def play_reset(self, writer, _):
        line = writer.get_extra_info("socket")
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        writer.transport.abort()
        return False

    async def play_close(self, _, __):
        return False

    async def play_hang(self, _, __):
        await asyncio.Event().wait()

    async def play_garbage(self, writer, _):
        writer.write(b"\x16\x03\x01 this is not HTTP\r\n\r\n")
        return False

    async def play_slow(self, writer, reply_type):
        for byte in self._reply(reply_type).encode():
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(self.seconds)
        return True

    async def play_huge(self, writer, _):
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {self.size}\r\n\r\n"
        writer.write(head.encode())
        for _ in range(0, self.size, 1 << 16):
            writer.write(b"x" * (1 << 16))
            await writer.drain()
        return False

    async def play_bomb(self, writer, reply_type):
        body = gzip.compress(bytes(self.size), compresslevel=9)
        writer.write(reply_type(200, body, {"Content-Encoding": "gzip"}).encode())
        return True

    async def play_redirect(self, writer, reply_type):
        writer.write(reply_type(302, b"", {"Location": "/elsewhere", **self.headers}).encode())
        return True


class Faults:
    """The faults in waiting; may be used from any thread."""

    def __init__(self, seed=1):
        self._lock = threading.Lock()
        self._faults = []
        self._random = random.Random(seed)

    def add(self, kind, **settings):
        with self._lock:
            self._faults.append(Fault(kind, **settings))

    def clear(self):
        with self._lock:
            self._faults.clear()

    def take(self, target):
        """The fault that strikes this request, or None."""
        with self._lock:
            for fault in self._faults:
                if fault.match in target and self._random.random() < fault.rate:
                    return self._use(fault)
        return None

    def _use(self, fault):
        if fault.times is not None:
            fault.times -= 1
            if fault.times <= 0:
                self._faults.remove(fault)
        return fault
