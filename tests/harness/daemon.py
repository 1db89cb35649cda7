"""Runs duband as tests need it: its log is kept, signals go to its own pid only."""

import os
import signal
import subprocess
import threading

from harness.processes import end, start, wait_for


class Duband:
    """One daemon. `binary` and `config` are paths; start() may follow any kind of end."""

    def __init__(self, binary, config, name="duband", output=None, environment=None,
                 before=()):
        self.binary, self.config, self.name = binary, config, name
        self.output = output  # where its log is shown as well
        self.environment = environment
        self.before = before  # a command that runs it, as `nsenter --net=…`
        self.process = None
        self.starts = 0
        self._first = 0  # its first line since it was started
        self._lines = []
        self._reader = None

    def start(self):
        assert not self.is_running(), f"{self.name} runs already"
        self.process = start([*self.before, self.binary, "--config", self.config], text=True,
                             errors="replace", stderr=subprocess.PIPE, env=self.environment)
        self.starts += 1
        self._first = len(self._lines)
        self._reader = threading.Thread(target=self._read, args=(self.process.stderr,),
                                        daemon=True)
        self._reader.start()
        return self

    def _read(self, stream):
        for line in stream:
            self._lines.append(line.rstrip("\n"))
            if self.output:
                print(f"{self.name}: {line}", end="", file=self.output, flush=True)
        stream.close()

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    @property
    def pid(self):
        return self.process.pid

    @property
    def log(self):
        """The lines of all runs so far."""
        return list(self._lines)

    def log_tail(self, lines=30):
        return "\n".join(self._lines[-lines:])

    def log_has(self, text):
        return any(text in line for line in self._lines)

    def wait_log(self, text, seconds=10):
        self.wait_for(lambda: self.log_has(text), seconds, f"{text!r} in the log")

    def wait_for(self, condition, seconds=10, what="the condition"):
        """As processes.wait_for, but a daemon that has ended fails at once, with its log."""
        def check():
            value = condition()
            assert value or self.is_running(), (
                f"{self.name} ended with {self.process.returncode}:\n{self.log_tail()}")
            return value
        return wait_for(check, seconds, lambda: f"{what}; {self.name} says:\n{self.log_tail()}")

    # Ends, and other signals.

    def kill9(self):
        end(self.process, signal.SIGKILL)
        self._reader.join(5)

    def term(self, seconds=15):
        """Its exit status after SIGTERM; 0 when it drained."""
        status = end(self.process, signal.SIGTERM, seconds)
        self._reader.join(5)
        return status

    def wait_begun(self):
        """Until it has read its configuration and takes care of signals, unlike what runs it."""
        self.wait_for(lambda: len(self._lines) > self._first, 60, "its first line")

    def hup(self):
        self.wait_begun()
        self.process.send_signal(signal.SIGHUP)

    def stop(self):
        """At the end of a test: harmless when it has ended."""
        if self.process:
            self.term()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    # What it uses.

    def memory_kib(self):
        """Resident memory now, and its highest: (VmRSS, VmHWM)."""
        with open(f"/proc/{self.pid}/status", encoding="ascii") as file:
            fields = dict(line.split(":", 1) for line in file)
        return tuple(int(fields[key].split()[0]) for key in ("VmRSS", "VmHWM"))

    def cpu_seconds(self):
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
