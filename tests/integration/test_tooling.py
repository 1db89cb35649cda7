"""The project's own tools: the layer check, and the counting of tests."""

import importlib.util
import json
import re
import shutil
import subprocess
import sys

import pytest

from harness.centre import ROOT

SPEC = importlib.util.spec_from_file_location("layers", ROOT / "tests/layers.py")
layers = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(layers)

MESON = "libduban_sources = files(\n  'error.c',\n  'limit.c',\n  'clock.c',\n  # outside\n  'log.c',\n)\n"


@pytest.fixture
def project(tmp_path):
    """Writes a small project, then tells what the check says of it."""
    def check(**files):
        sources = {"lib/meson.build": MESON, "lib/error.c": "", "lib/limit.c": "",
                   "lib/clock.c": "", "lib/log.c": "", "include/duban/error.h": "",
                   "include/duban/limit.h": "", "include/duban/clock.h": "",
                   "include/duban/types.h": "", "include/duban/log.h": ""}
        sources |= {name.replace("__", "/").replace("_c", ".c").replace("_h", ".h"): text
                    for name, text in files.items()}
        for name, text in sources.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
        (tmp_path / "include/duban").mkdir(parents=True, exist_ok=True)
        return layers.Layers(tmp_path).check()
    return check


@pytest.mark.parametrize("source", [
    '#include "duban/limit.h"\n#include <time.h>\n',
    '#include "duban/clock.h"\n',
    '/* time(NULL) */ const char *text = "getenv(x)"; int local_time(void);\n',
])
def test_what_a_module_may_do(project, source):
    assert project(lib__clock_c=source) == []


@pytest.mark.parametrize("source, told", [
    ('#include "duban/log.h"\n', 'lib/clock.c:1: "duban/log.h" belongs to log.c'),
    ('\n#include "duban/unknown.h"\n', "lib/clock.c:2:"),
    ("\n\n#include <ev.h>\n", "lib/clock.c:3: <ev.h> in a pure module"),
    ("#include <curl/curl.h>\n", "lib/clock.c:1: <curl/curl.h> in a pure module"),
    ("int f(void) { return time(0); }\n", "lib/clock.c:1: time() in a pure module"),
    ("/*\n*/ char *home(void) { return getenv(\"HOME\"); }\n", "lib/clock.c:2: getenv()"),
])
def test_what_a_module_may_not_do(project, source, told):
    problems = project(lib__clock_c=source)
    assert len(problems) == 1 and problems[0].startswith(told)


def test_modules_outside_may_use_the_world(project):
    assert project(lib__log_c='#include <ev.h>\n#include "duban/clock.h"\nint f = time(0);\n') == []


def test_headers_keep_the_order_too(project):
    types = '#include "duban/clock.h"\n'
    assert project(include__duban__types_h=types) == []
    problems = project(include__duban__types_h=types,
                       include__duban__limit_h='#include "duban/types.h"\n')
    assert problems == ['include/duban/limit.h:1: "duban/types.h" belongs to clock.c, '
                        "which stands below"]


def test_parts_of_a_noun_share_its_headers(project):
    order = MESON.replace("'clock.c'", "'clock_due.c',\n  'clock.c'")
    files = {"lib/meson.build": order, "lib/clock_due.c": '#include "duban/clock.h"\n'
             '#include "clock_types.h"\n', "lib/clock_types.h": '#include "duban/clock.h"\n'}
    assert project(**files) == []
    files["lib/limit.c"] = '#include "clock_types.h"\n'
    assert len(project(**files)) == 1


def test_programs_see_public_headers_only(project):
    good = '#include "duban/clock.h"\n#include "own.h"\n#include <ev.h>\n'
    assert project(daemon__own_h="", daemon__main_c=good) == []
    assert len(project(daemon__own_h="", daemon__main_c='#include "../lib/clock.c"\n')) == 1


def test_unlisted_modules_are_named(project):
    assert project(lib__stray_c="") == ["lib/stray.c:1: is not listed in lib/meson.build"]


def count(tmp_path, records, report=None):
    (tmp_path / "log.json").write_text("".join(json.dumps(record) + "\n" for record in records))
    if report is not None:
        (tmp_path / "report.xml").write_text(report)
    done = subprocess.run(
        [sys.executable, ROOT / "tests/harness/count.py", tmp_path / "log.json",
         tmp_path / "report.xml"], text=True, capture_output=True, check=False)
    return done.stdout, done.returncode


def suite(tests=0, failures=0, errors=0, skipped=0):
    return (f'<testsuites><testsuite tests="{tests}" failures="{failures}" errors="{errors}" '
            f'skipped="{skipped}"/></testsuites>')


FINE = {"name": "a", "result": "OK", "stdout": "1..2\nok 1 - x\nok 2 - y\n"}


@pytest.mark.parametrize("records, report, line, status", [
    ([FINE], suite(3), "5 passed, 0 failed", 0),
    ([FINE], suite(3, skipped=1), "4 passed, 0 failed, 1 skipped", 0),
    ([FINE], suite(3, failures=1, errors=1), "3 passed, 2 failed", 1),
    ([FINE | {"result": "FAIL", "stdout": "ok 1 - x\nnot ok 2 - y\n"}], suite(1),
     "2 passed, 1 failed", 1),
    # Leaked after its last case, died before its first.
    ([FINE | {"result": "ERROR"}], suite(1), "3 passed, 1 failed", 1),
    ([{"name": "b", "result": "TIMEOUT"}], suite(1), "1 passed, 1 failed", 1),
    ([FINE], None, "2 passed, 1 failed", 1),
    ([], suite(0), "0 passed, 0 failed", 1),
])
def test_counting(tmp_path, records, report, line, status):
    assert count(tmp_path, records, report) == (line + "\n", status)


def test_counting_several_logs(tmp_path):
    """The fuzzers' tests have a log of their own, and where there is no clang they are skipped."""
    logs = [tmp_path / "unit.json", tmp_path / "fuzz.json"]
    report = tmp_path / "report.xml"
    report.write_text(suite(3))
    logs[0].write_text(json.dumps(FINE) + "\n")
    for told, line, status in (({"name": "a", "result": "FAIL", "stdout": "ERROR: libFuzzer"}, "5 passed, 1 failed", 1),
                               ({"name": "fuzzing", "result": "SKIP"}, "5 passed, 0 failed, 1 skipped", 0)):
        logs[1].write_text(json.dumps(told) + "\n")
        done = subprocess.run([sys.executable, ROOT / "tests/harness/count.py", *logs, report], text=True,
                              capture_output=True, check=False)
        assert (done.stdout, done.returncode) == (line + "\n", status)


# What is packaged beside the programs.

def commands_of(programs):
    told = subprocess.run([programs.dubanctl, "--lang", "en", "--help"], text=True, check=True,
                          stdout=subprocess.PIPE).stdout
    return re.findall(r"^  ([a-z-]+) +\S", told.partition("commands:\n")[2], re.MULTILINE)


def test_every_command_has_its_pages_and_is_completed(programs):
    commands = commands_of(programs)
    assert len(commands) > 15
    described = {line.split()[1] for line in (ROOT / "docs/dubanctl.md").read_text().splitlines()
                 if line.startswith("## ")}
    manuals = (ROOT / "packaging/man/meson.build").read_text()
    listed = re.search(r"foreach command : \[(.*?)\]", manuals, re.DOTALL)[1]
    completed = re.search(r"local commands='(.*?)'", (ROOT / "packaging/bash/dubanctl").read_text(), re.DOTALL)[1]
    assert set(commands) == described == set(re.findall(r"'([a-z-]+)'", listed)) == set(completed.split())


@pytest.mark.skipif(not shutil.which("scdoc"), reason="scdoc isn't installed")
def test_a_manual_page_says_what_docs_say(tmp_path):
    page = tmp_path / "dubanctl-ack.1"
    subprocess.run([sys.executable, ROOT / "packaging/man/manual.py", "scdoc", "1.2", page, page.name, "a command",
                    ROOT / "docs/dubanctl.md", "ack"], check=True)
    text = page.read_text()
    assert text.count(".SH ") == 3 and "dubanctl ack CASE" in text and "dubanctl withdraw" not in text
    for rubbish in ("](", "**", "`ack"):
        assert rubbish not in text


def test_package_and_program_have_the_same_version():
    version = re.search(r"version: '([0-9.]+)'", (ROOT / "meson.build").read_text())[1]
    assert (ROOT / "packaging/debian/changelog").read_text().startswith(f"duban ({version})")
