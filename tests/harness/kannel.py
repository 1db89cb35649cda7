"""A real Kannel in a network namespace of its own: bearerbox, smsbox, and a message centre.

Kannel listens on all interfaces and ports that can't be chosen freely by a test, hence the
namespace, which needs root. fakesmsc stands for the phone network: what it prints has arrived.
"""

import os
import re
import shutil
import signal
import subprocess
import threading
from urllib.parse import unquote_to_bytes

from harness.processes import end, run, start, wait_for

FAKESMSC = "/usr/lib/kannel/test/fakesmsc"
PROGRAMS = ("bearerbox", "smsbox", FAKESMSC, "ip")
RECEIVED = re.compile(r"Got message \d+: <\S+ (\S+) (\S+) (?:.* )?(\S*)>")
CONNECTED, DISCONNECTED = "Fakesmsc client connected", "EOF from fakesmsc client"
SENDSMS = "http://127.0.0.1:13013/cgi-bin/sendsms"

SETTINGS = """
group = core
admin-port = 13000
admin-password = "{password}"
smsbox-port = 13001
log-file = "{folder}/bearerbox.log"
log-level = 0
store-type = file
store-location = "{folder}/store"
box-allow-ip = "127.0.0.1"

group = smsc
smsc = fake
smsc-id = phones
port = 10000
connect-allow-ip = "127.0.0.1"

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = 13013
log-file = "{folder}/smsbox.log"
log-level = 0

group = sendsms-user
username = duban
password = "{password}"
max-messages = 10
concatenation = true
"""


def why_not_here():
    """Why Kannel can't run here; None when it can."""
    if os.geteuid() != 0:
        return "a network namespace needs root"
    missing = [program for program in PROGRAMS if not shutil.which(program)]
    if missing:
        return f"{', '.join(missing)}: not installed (kannel, kannel-extras, iproute2)"
    made = subprocess.run(["ip", "netns", "add", f"duban-try{os.getpid()}"], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    if made.returncode != 0:
        return f"no network namespace can be made here: {made.stdout.strip()}"
    run(["ip", "netns", "del", f"duban-try{os.getpid()}"])
    return None


class Kannel:
    """`folder` takes its files. Everything is stopped and the namespace removed by close()."""

    def __init__(self, folder, password="demo"):
        self.folder = folder
        self.namespace = f"duban-{os.getpid()}"
        self.boxes = {}
        self._lines = []
        self.config = folder / "kannel.conf"
        self.config.write_text(SETTINGS.format(folder=folder, password=password))
        run(["ip", "netns", "add", self.namespace])
        try:
            run([*self.inside, "ip", "link", "set", "lo", "up"])
            self.start("bearerbox")
            self._wait_port(13001)
            self.start("smsbox")
            self._wait_port(13013)
            self.connect_phones()
        except BaseException:
            self.close()
            raise

    @property
    def inside(self):
        """What to put before a command that is to run in the namespace."""
        # Not "ip netns exec", which wants to change the mounts as well and may not in a chroot.
        return ["nsenter", f"--net=/run/netns/{self.namespace}"]

    def start(self, name):
        """bearerbox or smsbox; smsbox is there when it listens."""
        self.boxes[name] = start([*self.inside, name, self.config], stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
        if name == "smsbox":
            self._wait_port(13013)

    def stop(self, name):
        end(self.boxes.pop(name), seconds=15)

    def connect_phones(self):
        """fakesmsc tells on stderr what it gets; it sends nothing itself."""
        before = self._logged(CONNECTED)
        phones = start([*self.inside, FAKESMSC, "-H", "127.0.0.1", "-r", "10000", "-m", "0",
                        "0 0 text never"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                       text=True, errors="replace")
        self.boxes["phones"] = phones
        threading.Thread(target=self._read, args=(phones.stderr,), daemon=True).start()
        wait_for(lambda: self._logged(CONNECTED) > before, 15, "the message centre is there")

    def cut_phones(self):
        """Kannel has no message centre any more."""
        before = self._logged(DISCONNECTED)
        end(self.boxes.pop("phones"), signal.SIGKILL)
        wait_for(lambda: self._logged(DISCONNECTED) > before, 15, "the message centre is gone")

    def _logged(self, text):
        return (self.folder / "bearerbox.log").read_text(errors="replace").count(text)

    def _read(self, stream):
        for line in stream:
            self._lines.append(line)
        stream.close()

    def _wait_port(self, port):
        wait_for(lambda: f":{port} " in run([*self.inside, "ss", "-Hltn"]), 10,
                 f"Kannel listens on {port}")

    @property
    def messages(self):
        """What the phones have got: (number, kind of coding, text)."""
        found = filter(None, map(RECEIVED.search, list(self._lines)))
        return [(to, kind, decode(kind, data)) for to, kind, data in map(re.Match.groups, found)]

    def close(self):
        try:
            for name in ("smsbox", "bearerbox", "phones"):
                if name in self.boxes:
                    self.stop(name)
        finally:
            run(["ip", "netns", "del", self.namespace])


def decode(kind, data):
    """fakesmsc prints percent-encoded bytes: UTF-16 ("ucs-2", and the parts of long messages,
    "udh"), else GSM characters."""
    return unquote_to_bytes(data.replace("+", " ")).decode(
        "latin-1" if kind == "text" else "utf-16-be", "replace")
