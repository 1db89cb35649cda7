"""A Debian of one's own, booted by systemd-nspawn: what an administrator's machine does with the package.

The tree is made once by mmdebstrap and kept; a machine boots on it with all that it writes in memory, so
every boot begins with the same bare system: systemd, PostgreSQL, and the libraries that the package asks
for. It has no network but its loopback.
"""

import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

from harness.centre import ROOT
from harness.processes import end, run, start, wait_for

TREE = ROOT / "build/boot/tree"
PROGRAMS = ("mmdebstrap", "systemd-nspawn", "nsenter", "dpkg-deb", "dpkg-buildpackage", "dh", "scdoc", "lintian")
# Neither safe on disk nor for people to read.
DPKG = ("force-unsafe-io", "path-exclude=/usr/share/man/*", "path-exclude=/usr/share/locale/*")
BESIDE = ("systemd", "systemd-sysv", "dbus", "postgresql-15", "python3")


def why_not_here():
    """Why no machine can boot here; None when one can."""
    if os.geteuid() != 0:
        return "booting a machine needs root"
    missing = [program for program in PROGRAMS if not shutil.which(program)]
    if missing:
        return f"{', '.join(missing)}: not installed (mmdebstrap, systemd-container, debhelper, scdoc, lintian)"
    return None if find_mirror() else "no Debian archive is known to apt here"


def find_mirror():
    """The archive that this system takes its own packages from."""
    folder = Path("/etc/apt")
    for file in [folder / "sources.list", *sorted((folder / "sources.list.d").glob("*"))]:
        text = file.read_text(encoding="utf-8") if file.is_file() else ""
        found = re.search(r"^(?:deb\s(?:\[.*?\]\s*)?|URIs:\s*)(https?://\S+)", text, re.MULTILINE)
        if found:
            return found[1]
    return None


def depends_of(package):
    """Names of the libraries that a .deb asks for."""
    told = run(["dpkg-deb", "--field", package, "Depends"])
    names = [alternatives.split("|")[0].split()[0] for alternatives in told.split(",")]
    return sorted(set(names) - {"systemd"})


class Unavailable(Exception):
    """What a machine is made of can't be had just now."""


def make_tree(package):
    """Once; its list of packages tells whether it is still the right one."""
    include = ",".join([*BESIDE, *depends_of(package)])
    mark = TREE.parent / "packages"
    if mark.exists() and mark.read_text(encoding="ascii") == include:
        return
    shutil.rmtree(TREE.parent, ignore_errors=True)
    TREE.parent.mkdir(parents=True)
    try:
        run(["mmdebstrap", "--quiet", "--mode=root", "--variant=minbase", f"--include={include}",
             *(f"--dpkgopt={option}" for option in DPKG), "bookworm", TREE, find_mirror()])
    except RuntimeError as error:
        raise Unavailable(f"mmdebstrap: {str(error)[-300:]}") from error
    (TREE / "etc/hostname").write_text("centre\n", encoding="ascii")
    (TREE / "etc/hosts").write_text("127.0.0.1 localhost centre\n", encoding="ascii")
    mark.write_text(include, encoding="ascii")


class Machine:
    """Boots at once. The project is at /src, `folder` at /mnt."""

    def __init__(self, folder):
        self.log = folder / "boot.log"
        with self.log.open("wb") as log:
            self.process = start(
                ["systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--boot",
                 f"--directory={TREE}", "--volatile=overlay", "--private-network",
                 "--link-journal=no", "--console=pipe", f"--bind-ro={ROOT}:/src", f"--bind={folder}:/mnt"],
                at_death="TERM", stdout=log, stderr=log)
        try:
            self.leader = wait_for(self._find_leader, 60, self.log_tail)
            wait_for(self._is_up, 120, self.log_tail, pause=0.2)
        except BaseException:
            self.stop()
            raise

    def log_tail(self):
        return "the machine boots\n" + self.log.read_text(errors="replace")[-4000:]

    def _find_leader(self):
        """systemd within; nspawn's child."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text(encoding="ascii")
        for child in children.split():
            if Path(f"/proc/{child}/comm").read_text(encoding="ascii") == "systemd\n":
                return int(child)
        return None

    def _is_up(self):
        return self.call("systemctl", "is-system-running").stdout.strip() in ("running", "degraded")

    def call(self, *argv):
        """Runs a program within, as root; what became of it."""
        return subprocess.run(["nsenter", f"--target={self.leader}", "--mount", "--uts", "--ipc", "--net", "--pid",
                               "--root", "--wd", *map(str, argv)], stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                              env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"})

    def run(self, *argv):
        """The same of one that must succeed; what it printed."""
        done = self.call(*argv)
        assert done.returncode == 0, f"{argv}: exit status {done.returncode}\n{done.stdout}\n{self.journal()}"
        return done.stdout

    def shell(self, script):
        return self.run("sh", "-euc", script)

    def write(self, path, text, mode="644"):
        """A file within."""
        target = Path(f"/proc/{self.leader}/root{path}")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch(mode=0o600)
        target.write_text(text, encoding="utf-8")
        target.chmod(int(mode, 8))

    def show(self, unit, key):
        return self.run("systemctl", "show", "--value", f"--property={key}", unit).strip()

    def journal(self, *arguments):
        return self.call("journalctl", "--no-pager", "--quiet", "--lines=60", *arguments).stdout

    def wait(self, condition, seconds, what):
        wait_for(condition, seconds, lambda: f"{what}\n{self.journal()}", pause=0.1)

    def stop(self):
        end(self.process, signal.SIGTERM, 60)
