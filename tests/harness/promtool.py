"""Prometheus' own checker: Debian's package `prometheus` has it, or ./dev has put it into build/tools."""

import shutil
import subprocess

from harness.centre import ROOT

PROMTOOL = shutil.which("promtool") or next(
    (str(path) for path in [ROOT / "build/tools/promtool"] if path.exists()), None)
WHY_NOT = None if PROMTOOL else "promtool is missing: ./dev test brings it"


def promtool(*arguments, text=None, cwd=None):
    """(exit status, all that it said)"""
    done = subprocess.run([PROMTOOL, *map(str, arguments)], input=text, text=True, cwd=cwd,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return done.returncode, done.stdout
