"""Starting, watching and ending processes: always our own, always by their id."""

import os
import pwd
import signal
import subprocess
import time


class Deadline(AssertionError):
    """A condition that did not come true in time."""


def wait_for(condition, seconds=10.0, what="the condition", pause=0.02):
    """Waits until `condition()` is true and returns its value; Deadline when it never is.

    `what` is a text, or a function that makes one when it is needed.
    """
    end = time.monotonic() + seconds
    while True:
        if value := condition():
            return value
        if time.monotonic() >= end:
            told = what() if callable(what) else what
            raise Deadline(f"not within {seconds:g} s: {told}")
        time.sleep(pause)


def unprivileged_user():
    """Whom servers run as that refuse root; None when we are nobody special ourselves."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return pwd.getpwnam("postgres" if "postgres" in names else "nobody")


def start(argv, user=None, at_death="TERM", before=(), **settings):
    """Popen of a process in a session of its own, so that a Ctrl-C is for us alone; it gets the
    signal `at_death` when this one dies, however it dies. `before`: a command that runs it while
    it has our rights still, as `nsenter --net=…`.

    Start it in a thread that lives on: the kernel takes the thread's end for ours.
    """
    guard = [*before, "setpriv", "--pdeathsig", at_death]
    if user:
        guard += ["--reuid", str(user.pw_uid), "--regid", str(user.pw_gid), "--clear-groups"]
    return subprocess.Popen([*guard, *map(str, argv)], stdin=subprocess.DEVNULL,
                            start_new_session=True, **settings)


def run(argv, user=None, **settings):
    """Runs a program to its end and returns its output; tells what it said when it fails."""
    if user:
        settings |= {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    done = subprocess.run(list(map(str, argv)), stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, **settings)
    if done.returncode != 0:
        raise RuntimeError(f"{argv[0]} exited with {done.returncode}:\n{done.stderr}{done.stdout}")
    return done.stdout


def end(process, number=signal.SIGTERM, seconds=10.0):
    """Sends a signal, unless it has ended, and waits; its exit status. Kills what won't go."""
    if process.poll() is None:
        process.send_signal(number)
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise Deadline(f"process {process.pid} did not end {seconds:g} s after signal {number}")
