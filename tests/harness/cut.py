"""A network of two hosts that can be cut: packets vanish, nobody is told.

    with Network() as network:
        cluster = Cluster(before=network.inside, settings={"listen_addresses": network.address})
        with network.cut(): …

The other host is a network namespace, which needs root. Packets are cut by sending them to a
hardware address that nobody has.
"""

import os
import shutil
import subprocess
from contextlib import contextmanager

from harness.processes import run

NOBODY = "02:00:00:00:00:99"


def why_not_here():
    """Why there can be none; None when there can."""
    if os.geteuid() != 0:
        return "a network namespace needs root"
    if not all(map(shutil.which, ("ip", "nsenter"))):
        return "ip or nsenter is not installed (iproute2, util-linux)"
    name = f"dubt{os.getpid()}"
    made = subprocess.run(["ip", "link", "add", name, "type", "veth", "peer", "name", f"{name}p"],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if made.returncode != 0:
        return f"no virtual network can be made here: {made.stdout.strip()}"
    run(["ip", "link", "del", name])
    return None


class Network:
    def __init__(self):
        number = os.getpid() % 60000
        self.namespace = f"duban-cut{os.getpid()}"
        self.near, self.far = f"dubn{os.getpid()}", f"dubf{os.getpid()}"
        prefix = f"10.213.{number // 250}.{number % 63 * 4}"
        base, _, last = prefix.rpartition(".")
        self.own, self.address = f"{base}.{int(last) + 1}", f"{base}.{int(last) + 2}"
        run(["ip", "netns", "add", self.namespace])
        try:
            self._connect()
        except BaseException:
            self.close()
            raise

    @property
    def inside(self):
        """What to put before a command that is to run on the other host."""
        return ["nsenter", f"--net=/run/netns/{self.namespace}"]

    def _connect(self):
        run(["ip", "link", "add", self.near, "type", "veth", "peer", "name", self.far, "netns",
             self.namespace])
        for before, device, address in (([], self.near, self.own),
                                        (self.inside, self.far, self.address)):
            run([*before, "ip", "address", "add", f"{address}/30", "dev", device])
            run([*before, "ip", "link", "set", device, "up"])
        run([*self.inside, "ip", "link", "set", "lo", "up"])

    @contextmanager
    def cut(self):
        ends = (([], self.near, self.address), (self.inside, self.far, self.own))
        for before, device, other in ends:
            run([*before, "ip", "neigh", "replace", other, "lladdr", NOBODY, "nud", "permanent",
                 "dev", device])
        try:
            yield
        finally:
            for before, device, other in ends:
                run([*before, "ip", "neigh", "del", other, "dev", device])

    def close(self):
        """Its link goes with the namespace, at the latest when its last process has ended."""
        subprocess.run(["ip", "link", "del", self.near], stderr=subprocess.DEVNULL)
        run(["ip", "netns", "del", self.namespace])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
