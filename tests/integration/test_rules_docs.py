"""docs/rules: every piece of YAML is taken as it stands, both languages say the same, and the
places that they list are there, each with scenarios."""

import os
import re
import subprocess

import pytest

from harness.centre import ROOT

PAGES = ("docs/rules.md", "docs/rules.zh-CN.md")
PIECE = re.compile(r"^```yaml\n(.*?)^```$", re.DOTALL | re.MULTILINE)

# What a piece leaves out.
SMALL_CENTRE = {
    "centre": "centre: 安澜县政务服务中心",
    "state": "state: {dsn: dbname=duban}",
    "source": "source: {dsn: dbname=approval, relation: approval.duban_case}",
    "calendars": "calendars: {cn: calendars/cn.yaml}",
    "calendar": "calendar: cn",
    "clocks": "clocks: {completion: {policy: standard}}",
    "channels": "channels: {sms: {type: mail, url: 'smtp://127.0.0.1', from: d@example.org}}",
    "routes": "routes: {completed: {applicant: sms}}",
}


def read(page):
    return (ROOT / page).read_text(encoding="utf-8")


def pieces_of(page):
    return PIECE.findall(read(page))


def complete(piece):
    return "\n".join([piece, *(line for section, line in SMALL_CENTRE.items()
                               if not re.search(rf"^{section}:", piece, re.MULTILINE))])


def check(programs, folder, text, environment=None):
    """What duband says about a configuration; "" when nothing is wrong with it."""
    (folder / "calendars").symlink_to(ROOT / "etc/calendars")
    (folder / "duban.yaml").write_text(text, encoding="utf-8")
    done = subprocess.run([programs.duband, "--check", "--config", folder / "duban.yaml"],
                          env={**os.environ, **(environment or {})}, capture_output=True,
                          text=True, timeout=30, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.mark.parametrize("page, number", [(page, number) for page in PAGES
                                          for number in range(len(pieces_of(page)))])
def test_pieces_are_taken(programs, tmp_path, page, number):
    assert check(programs, tmp_path, complete(pieces_of(page)[number])) == ""


def test_a_wrong_piece_is_refused(programs, tmp_path):
    text = complete("policies:\n  standard:\n    - {level: yellow, befor: 3 workdays}\n")
    assert "unknown key 'befor'; did you mean 'before'?" in check(programs, tmp_path, text)


def without_comments(piece):
    return [re.sub(r"\s*# .*", "", line) for line in piece.splitlines()]


def test_both_languages_show_the_same():
    english, chinese = ([without_comments(piece) for piece in pieces_of(page)] for page in PAGES)
    assert english == chinese
    assert len(english) >= 15


def test_both_languages_have_the_same_sections():
    english, chinese = (re.findall(r"^(#+) ", PIECE.sub("", read(page)), re.MULTILINE)
                        for page in PAGES)
    assert english == chinese


def places_of(page):
    return re.findall(r"`etc/places/(\w+)\.yaml`", read(page))


@pytest.mark.parametrize("page", PAGES)
def test_every_place_is_listed(page):
    shipped = {path.stem for path in (ROOT / "etc/places").glob("*.yaml")}
    assert set(places_of(page)) == shipped
    assert len(places_of(page)) == len(shipped)


@pytest.mark.parametrize("place", sorted(set(places_of(PAGES[0]))))
def test_every_place_has_scenarios(place):
    scenarios = (ROOT / "tests/scenarios").glob("*.yaml")
    assert any(f"configuration: etc/places/{place}.yaml\n" in path.read_text(encoding="utf-8")
               for path in scenarios)


# --- the examples of etc/duban.yaml that are commented out ---

def uncommented(text):
    """The configuration with the rules that it only mentions."""
    begin, end = text.index("# suspensions:"), text.index("\n# Ways out.")
    rules = re.sub(r"^( *)# ((?:  )*(?:- \{|[a-z_]+:[ \n{]).*)", r"\1\2", text[begin:end],
                   flags=re.MULTILINE)
    return text[:begin] + rules + text[end:]


def test_the_examples_of_the_shipped_configuration_are_taken(programs, tmp_path):
    shipped = read("etc/duban.yaml")
    text = uncommented(shipped)
    assert len(re.findall(r"^ +- \{", text, re.MULTILINE)) > len(re.findall(r"^ +- \{", shipped,
                                                                          re.MULTILINE))
    assert re.search(r"^suspensions:", text, re.MULTILINE)
    (tmp_path / "credentials").mkdir()
    for name in ("kannel", "webhook"):
        (tmp_path / "credentials" / name).write_text("a secret of some length\n")
        (tmp_path / "credentials" / name).chmod(0o600)
    assert check(programs, tmp_path, text, {"CREDENTIALS_DIRECTORY": tmp_path / "credentials"}) == ""
