"""dubanctl template preview: what each text channel would send, and what it costs."""

import json
import subprocess

import pytest

from harness.centre import ROOT

CONFIGS = ROOT / "tests/unit/config/fine"


@pytest.fixture
def preview(programs, tmp_path):
    """Runs it; (exit code, stdout, stderr)."""
    for name in ("kannel", "webhook"):
        (tmp_path / name).write_text("0123456789abcdef")
        (tmp_path / name).chmod(0o600)

    def run(config, *arguments, language="zh"):
        done = subprocess.run(
            [programs.dubanctl, "--lang", language, "--config", CONFIGS / config, "template",
             "preview", *arguments],
            capture_output=True, text=True, timeout=30,
            env={"CREDENTIALS_DIRECTORY": str(tmp_path)})
        return done.returncode, done.stdout, done.stderr
    return run


def test_text_length_code_and_parameters_are_shown(preview):
    code, out, _ = preview("codes.yaml", "yellow", "window", "--channel", "sms")
    assert code == 0
    assert out == ("yellow · window → sms (aliyun)\n"
                   "  食品经营许可证核发（FC202611160083）\n"
                   "  31 字，计 1 条\n"
                   "  模板 SMS_1\n"
                   "    {1} name = 食品经营许可证核发\n"
                   "    {2} no = FC202611160083\n\n")


def test_all_routes_of_short_messages_are_shown(preview):
    code, out, _ = preview("codes.yaml", "--json")
    assert code == 0
    shown = json.loads(out)
    assert [(one["kind"], one["role"], one["channel"]) for one in shown] == [
        ("yellow", "window", "sms"), ("yellow", "window", "plain"), ("yellow", "department", "sms"),
        ("red", "window", "sms"), ("red", "leader", "sms"), ("completed", "applicant", "plain")]
    by_channel = {one["channel"]: one for one in shown if one["kind"] == "yellow"
                  and one["role"] == "window"}
    assert by_channel["plain"]["text"] == by_channel["sms"]["text"]
    # the signature 【丰城政务】 is billed where it is known
    assert by_channel["sms"]["units"] == by_channel["plain"]["units"] + 6
    assert by_channel["plain"]["code"] == "" and by_channel["plain"]["params"] == []


def test_reminders_are_shown_too(preview):
    code, out, _ = preview("reminders.yaml", "reminder", "--json")
    assert code == 0
    assert [(one["role"], one["channel"], one["text"]) for one in json.loads(out)] == [
        ("window", "sms", "催办（第1次）：食品经营许可证核发（办件FC202611160083）还剩3个工作日，请尽快办结。"),
        ("window", "sms", "催办（第1次）：食品经营许可证核发（办件FC202611160083）已超期2个工作日，请尽快办结。"),
        ("department", "sms",
         "催办（第1次）：市场监管局3号窗口食品经营许可证核发（FC202611160083）已超期2个工作日，请督促办结。"),
        ("leader", "sms",
         "催办（第1次）：red，市场监管局3号窗口食品经营许可证核发（FC202611160083）已超期2个工作日，请督办。")]


def test_what_fits_no_route_is_said(preview):
    code, out, err = preview("codes.yaml", "green", language="en")
    assert (code, out, err) == (1, "", "no route to a channel of short messages fits\n")


def test_usage(preview):
    code, out, err = preview("codes.yaml", "a", "b", "c")
    assert code == 2 and out == "" and "template preview" in err
