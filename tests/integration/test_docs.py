"""The pages: their links lead somewhere, and the commands of the READMEs exist."""

import re
import shlex
import subprocess

import pytest

from harness.centre import ROOT

PAGES = sorted(path.relative_to(ROOT).as_posix() for path in
               [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
READMES = ("README.md", "README.zh-CN.md")
LINK = re.compile(r"\]\(([^()\s]+)\)")
FENCE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
COMMAND = re.compile(r"(?:\./dev|\bdubanctl|\bduband) [^`\n#]+")
TAKES_VALUE = {"--dsn", "--config", "--lang", "--limit", "--calendar", "--name"}


def read(page):
    return (ROOT / page).read_text(encoding="utf-8")


def anchors_of(page):
    """What its headings are called in links, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", read(page)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def check_link(page, target):
    """Why a link of the page leads nowhere, or None."""
    path, _, anchor = target.partition("#")
    linked = (ROOT / page).parent / path if path else ROOT / page
    if not linked.exists():
        return f"{target}: no such file"
    if anchor and anchor not in anchors_of(linked.resolve().relative_to(ROOT)):
        return f"{target}: no such heading"
    return None


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    targets = [target for target in LINK.findall(FENCE.sub("", read(page)))
               if not re.match(r"[a-z]+:", target)]
    assert [problem for target in targets if (problem := check_link(page, target))] == []


def test_a_broken_link_is_found():
    assert check_link("README.md", "docs/nothing.md") == "docs/nothing.md: no such file"
    assert check_link("docs/design.md", "#no-such") == "#no-such: no such heading"
    assert check_link("docs/design.md", "../README.md#try-it") is None


# --- commands ---

def commands_of(page):
    """The commands that the page tells people to type: code spans, and lines of shell blocks."""
    text = read(page)
    blocks = re.findall(r"^```sh\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    prompts = re.findall(r"^[$] (.+)$", text, re.MULTILINE)
    spans = re.findall(r"`([^`\n]+)`", FENCE.sub("", text))
    found = [found for code in [*blocks, *prompts, *spans] for found in COMMAND.findall(code)]
    return [shlex.split(command) for command in found]


def split_words(arguments):
    """(words, options) of a command's arguments; an option's value is neither."""
    words, options, rest = [], [], iter(arguments)
    for argument in rest:
        if not argument.startswith("-"):
            words.append(argument)
            continue
        options.append(argument)
        if argument in TAKES_VALUE:
            next(rest)
    return words, options


def help_of(*command):
    """What a program says of itself; a command with subcommands lists them when it gets none."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, cwd=ROOT, check=False)
    return done.stdout + done.stderr


def lists(text, word):
    """Whether a line of the text, or an alternative of its usage, begins with the word."""
    return re.search(rf"(?:^\s*|[ |]){re.escape(word)}(?:[ |\n]|$)", text, re.MULTILINE)


def what_is_unknown(programs, command):
    """The first part of the command that the program doesn't know, or None."""
    name, (words, options) = command[0], split_words(command[1:])
    if name == "duband":
        text = help_of(programs.duband, "--help")
        return next((option for option in options if not lists(text, option)), None)
    if name == "./dev":
        text = help_of("./dev", "--help")
        return next((part for part in [*words[:1], *options] if not lists(text, part)), None)
    if not words or not lists(help_of(programs.dubanctl, "--help"), words[0]):
        return words[0] if words else "no command"
    if len(words) > 1 and not lists(help_of(programs.dubanctl, words[0]), words[1]):
        return words[1]
    return None


@pytest.mark.parametrize("page", READMES)
def test_commands_exist(page, programs):
    commands = commands_of(page)
    assert {command[0] for command in commands} == {"./dev", "duband", "dubanctl"}
    for command in commands:
        assert what_is_unknown(programs, command) is None, command


@pytest.mark.parametrize("command, unknown", [
    ("dubanctl nothing", "nothing"),
    ("dubanctl calendar nothing", "nothing"),
    ("dubanctl directory import FILE", None),
    ("duband --nothing", "--nothing"),
    ("./dev nothing", "nothing"),
    ("./dev demo --nothing", "--nothing"),
])
def test_an_unknown_command_is_found(programs, command, unknown):
    assert what_is_unknown(programs, command.split()) == unknown


def test_both_readmes_name_the_same_commands():
    assert commands_of(READMES[0]) == commands_of(READMES[1])
