"""The alert rules and the dashboard: what they ask for exists, and the rules say what they shall."""

import json
import re

import pytest
import yaml

from harness.centre import ROOT
from harness.promtool import PROMTOOL, WHY_NOT, promtool

RULES = ROOT / "packaging/prometheus/duban.rules.yml"
DASHBOARD = ROOT / "packaging/grafana/duban.json"
TABLE = ROOT / "daemon/metrics_table.c"
needs_promtool = pytest.mark.skipif(PROMTOOL is None, reason=str(WHY_NOT))
NOW = '{instance="a",job="duban"}'
OTHER = '{instance="b",job="duban"}'


def label(**labels):
    pairs = {"instance": "a", "job": "duban", **labels}
    return "{" + ",".join(f'{key}="{value}"' for key, value in pairs.items()) + "}"


def rates(**tries):
    """Tries a minute on the channel sms, by verdict."""
    return {f"duban_attempts_total{label(channel='sms', verdict=verdict)}": f"0+{count}x120"
            for verdict, count in tries.items()}


def trips(seconds):
    """One round trip a minute that takes so long."""
    bounds = (0.1, 0.5, 1, "+Inf")
    return {f"duban_database_round_trip_seconds_bucket{label(database='state', le=bound)}":
            f"0+{int(bound == '+Inf' or seconds <= bound)}x120" for bound in bounds}


# alert: (series that raise it, series that don't, minutes until it fires, its labels)
CASES = {
    "DubanDown": ({f"up{NOW}": "0x120", f"up{OTHER}": "1x120"}, {f"up{NOW}": "1x120"}, 2, {"instance": "a"}),
    "DubanLeaderMissing": ({f"duban_leader_known{NOW}": "0x120", f"duban_leader_known{OTHER}": "0x120"},
                           {f"duban_leader_known{NOW}": "0x120", f"duban_leader_known{OTHER}": "1x120"}, 1, {}),
    "DubanSeveralLeaders": ({f"duban_leader{NOW}": "1x120", f"duban_leader{OTHER}": "1x120"},
                            {f"duban_leader{NOW}": "1x120", f"duban_leader{OTHER}": "0x120"}, 1, {}),
    "DubanDatabaseAway": ({f"duban_database_connected{label(connection='work')}": "0x120",
                           f"duban_database_connected{label(connection='lead')}": "1x120"},
                          {f"duban_database_connected{label(connection='work')}": "1x120"}, 2,
                          {"instance": "a", "connection": "work"}),
    "DubanDatabaseSlow": (trips(0.9), trips(0.05), 11, {"database": "state"}),
    "DubanSourceLag": ({f"duban_source_lag_seconds{NOW}": "601x120"}, {f"duban_source_lag_seconds{NOW}": "599x120"},
                       5, {}),
    "DubanEscalatorLate": ({f"duban_clock_due_oldest_age_seconds{NOW}": "301x120"},
                           {f"duban_clock_due_oldest_age_seconds{NOW}": "299x120"}, 5, {}),
    "DubanNotificationsLate": ({f"duban_pending_oldest_age_seconds{NOW}": "601x120"},
                               {f"duban_pending_oldest_age_seconds{NOW}": "599x120"}, 5, {}),
    "DubanQueueOld": ({f"duban_queue_oldest_age_seconds{label(channel='sms', state='ready')}": "901x120"},
                      {f"duban_queue_oldest_age_seconds{label(channel='sms', state='parked')}": "9999x120"}, 5,
                      {"channel": "sms", "state": "ready"}),
    "DubanBreakerOpen": ({f"duban_endpoints{label(channel='hook', state='open')}": "2x120"},
                         {f"duban_endpoints{label(channel='hook', state='open')}": "0x120",
                          f"duban_endpoints{label(channel='hook', state='well')}": "5x120"}, 15,
                         {"channel": "hook", "state": "open"}),
    "DubanEndpointStopped": ({f"duban_endpoints{label(channel='hook', state='gone')}": "1x120",
                              f"duban_endpoints{label(channel='hook', state='stopped')}": "0x120"},
                             {f"duban_endpoints{label(channel='hook', state='open')}": "1x120",
                              f"duban_endpoints{label(channel='hook', state='gone')}": "0x120"}, 0,
                             {"channel": "hook"}),
    "DubanDeadMessages": ({f"duban_dead_messages{label(channel='sms')}": "3x120"},
                          {f"duban_dead_messages{label(channel='sms')}": "0x120"}, 5, {"channel": "sms"}),
    "DubanBadRows": ({f"duban_bad_rows{NOW}": "7x120"}, {f"duban_bad_rows{NOW}": "0x120"}, 30, {}),
    "DubanCalendarEnds": ({f"duban_calendar_remaining_seconds{label(calendar='cn')}": "3800000x120"},
                          {f"duban_calendar_remaining_seconds{label(calendar='cn')}": "3900000x120"}, 60,
                          {"calendar": "cn"}),
    "DubanReloadFailed": ({f"duban_config_last_reload_successful{NOW}": "0x120"},
                          {f"duban_config_last_reload_successful{NOW}": "1x120"}, 5, {"instance": "a"}),
    "DubanConfigDiffers": ({f"duban_config_versions{NOW}": "2x120"}, {f"duban_config_versions{NOW}": "1x120"}, 15, {}),
    "DubanRulesUnapproved": ({f"duban_rules_followed{NOW}": "0x120"}, {f"duban_rules_followed{NOW}": "1x120"}, 15, {}),
    "DubanSelftestFailed": ({f"duban_selftest_successful{NOW}": "0x120"},
                            {f"duban_selftest_successful{NOW}": "1x120"}, 0, {}),
    "DubanAttemptsFail": (rates(delivered=60, accepted=10, temporary=30),
                          rates(delivered=60, accepted=30, temporary=10), 16, {"channel": "sms"}),
    "DubanStageStuck": ({f"duban_stage_turn_age_seconds{label(stage='intake')}": "301x120"},
                        {f"duban_stage_turn_age_seconds{label(stage='intake')}": "299x120"}, 0,
                        {"instance": "a", "stage": "intake"}),
    "DubanDescriptors": ({f"process_open_fds{NOW}": "900x120", f"process_max_fds{NOW}": "1024x120"},
                         {f"process_open_fds{NOW}": "100x120", f"process_max_fds{NOW}": "1024x120"}, 10,
                         {"instance": "a"}),
}


def rules():
    [group] = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return {rule["alert"]: rule for rule in group["rules"]}


def firing(alert, minutes, *expected):
    """A question to promtool: is the alert firing then, with these labels?"""
    def sample(labels):
        text = ",".join(f'{key}="{value}"' for key, value in sorted(labels.items()))
        return {"labels": f"ALERTS{{{text}}}", "value": 1}
    return {"expr": f'ALERTS{{alertname="{alert}",alertstate="firing"}}', "eval_time": f"{minutes}m",
            "exp_samples": [sample(labels) for labels in expected]}


def ask(folder, *tests):
    """What promtool says of the tests."""
    file = folder / "rules.test.yml"
    file.write_text(json.dumps({"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": tests}),
                    encoding="utf-8")
    return promtool("test", "rules", file)


def series(values):
    return {"interval": "1m", "input_series": [{"series": one, "values": told} for one, told in values.items()]}


def test_every_alert_has_its_case():
    assert set(CASES) == set(rules())
    for name, rule in rules().items():
        assert rule["labels"]["severity"] in ("critical", "warning"), name
        assert re.search("[一-鿿]", rule["annotations"]["summary"]), name
        assert re.search("[一-鿿].*。 .*\\S[.?]$", rule["annotations"]["description"]), name


@needs_promtool
def test_promtool_accepts_the_rules():
    status, told = promtool("check", "rules", "--lint=all", "--lint-fatal", RULES)
    assert status == 0, told
    assert f"{len(CASES)} rules found" in told


@needs_promtool
@pytest.mark.parametrize("alert", CASES)
def test_an_alert_fires_when_it_shall_and_only_then(tmp_path, alert):
    loud, quiet, minutes, labels = CASES[alert]
    rule = rules()[alert]
    known = {"alertname": alert, "alertstate": "firing", "severity": rule["labels"]["severity"], "job": "duban",
             **labels}
    before = [firing(alert, minutes - 1)] if minutes > 0 else []
    status, told = ask(tmp_path, {**series(loud), "promql_expr_test": [*before, firing(alert, minutes + 3, known)]},
                       {**series(quiet), "promql_expr_test": [firing(alert, 90)]})
    assert status == 0, told
    assert ask(tmp_path, {**series(loud), "promql_expr_test": [firing(alert, minutes + 3)]})[0] != 0


@needs_promtool
def test_no_leader_is_known_while_nobody_reaches_the_state(tmp_path):
    status, told = ask(tmp_path, {**series({f"duban_leader{NOW}": "0x120"}), "promql_expr_test": [firing(
        "DubanLeaderMissing", 5, {"alertname": "DubanLeaderMissing", "alertstate": "firing",
                                  "severity": "critical"})]})
    assert status == 0, told


@needs_promtool
@pytest.mark.parametrize("alert", CASES)
def test_the_words_of_an_alert_are_filled_in(tmp_path, alert):
    """promtool tells what an alert says when it is asked for something else."""
    loud, _, minutes, _ = CASES[alert]
    status, told = ask(tmp_path, {**series(loud), "alert_rule_test": [
        {"alertname": alert, "eval_time": f"{minutes + 3}m", "exp_alerts": []}]})
    assert status != 0
    assert re.search(r'summary="[^"]*[一-鿿]', told), told
    assert "error" not in told and "{{" not in told and "<no value>" not in told, told


# --- what is asked for exists ---

def families():
    """{name of a sample: names of its labels}"""
    found = {}
    for kind, text in re.findall(r"=\s+(GAUGE|COUNTER|HISTOGRAM)\((.*?)\),\n", TABLE.read_text(encoding="utf-8"),
                                 re.DOTALL):
        name, *_ = re.findall(r'"((?:[^"\\]|\\.)*)"', text)
        labels = set(re.findall(r'"(\w+)"', text.rsplit('."', 1)[1]))
        suffixes = {"GAUGE": [""], "COUNTER": ["_total"], "HISTOGRAM": ["_bucket", "_sum", "_count"]}[kind]
        found |= {name + suffix: labels | ({"le"} if suffix == "_bucket" else set()) for suffix in suffixes}
    return found


def why_unknown(expression, known):
    """What an expression asks for that duband doesn't tell; None when it tells all."""
    scraped = {"instance", "job"}
    text = re.sub(r'"[^"]*"', '""', expression)
    for name, selector in re.findall(r"\b((?:duban|process)_\w+|up)\b(?:\{([^}]*)\})?", text):
        labels = {"up": set(), **known}.get(name)
        if labels is None:
            return f"{name}: no such metric"
        for asked in re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", selector or ""):
            if asked not in labels | scraped:
                return f"{name} has no label {asked}"
    every = {label for labels in known.values() for label in labels} | scraped
    for grouped in re.findall(r"\b(?:by|without)\s*\(([^)]*)\)", text):
        for asked in re.findall(r"\w+", grouped):
            if asked not in every:
                return f"no metric has a label {asked}"
    return None


def test_the_rules_ask_for_what_exists():
    known = families()
    assert len(known) > 60
    assert [problem for rule in rules().values() if (problem := why_unknown(rule["expr"], known))] == []


@pytest.mark.parametrize("expression, problem", [
    ("duban_leaders > 0", "duban_leaders: no such metric"),
    ("duban_attempts", "duban_attempts: no such metric"),
    ('duban_open_cases{channel="sms"}', "duban_open_cases has no label channel"),
    ("sum by (chanel) (duban_open_cases)", "no metric has a label chanel")])
def test_a_wrong_question_is_found(expression, problem):
    assert why_unknown(expression, families()) == problem


def panels():
    found = []
    for panel in json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]:
        found += [panel, *panel.get("panels", [])]
    return found


def questions():
    return [target["expr"] for panel in panels() for target in panel.get("targets", [])]


def plain(expression):
    """A dashboard's expression with its variables filled in."""
    return re.sub(r"\$__rate_interval", "5m", expression.replace("$instance", ".*").replace("$channel", ".*"))


def test_the_dashboard_asks_for_what_exists():
    known = families()
    assert len(questions()) > 20
    assert [problem for one in questions() if (problem := why_unknown(plain(one), known))] == []
    dashboard = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            assert why_unknown(re.sub(r"label_values\((.*), *\w+\)", r"\1", variable["query"]["query"]), known) is None


@needs_promtool
def test_the_dashboards_questions_can_be_read(tmp_path):
    """As recording rules, which promtool reads."""
    file = tmp_path / "questions.yml"
    asked = [{"record": f"q:{number}", "expr": plain(one)} for number, one in enumerate(questions())]
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": asked}]}), encoding="utf-8")
    status, told = promtool("check", "rules", "--lint=none", file)
    assert status == 0, told


def test_the_dashboard_is_for_chinese_readers_and_whole():
    every = panels()
    assert len({panel["id"] for panel in every}) == len(every)
    for panel in every:
        assert re.search("[一-鿿]", panel["title"]), panel["title"]
        assert panel["type"] == "row" or panel["targets"], panel["title"]
        assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
    for one, other in ((a, b) for a in every for b in every if a["id"] < b["id"]):
        a, b = one["gridPos"], other["gridPos"]
        apart = (a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"]
                 or a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"])
        assert apart, (one["title"], other["title"])


def test_commands_that_the_rules_name_exist():
    headings = re.findall(r"^## ([a-z-]+)(?: ([a-z|]+)$)?", (ROOT / "docs/dubanctl.md").read_text(encoding="utf-8"),
                          re.MULTILINE)
    known = {f"{command} {word}".strip() for command, words in headings for word in words.split("|")}
    named = set(re.findall(r"dubanctl ((?:[a-z-]+)(?: [a-z]+)?)\b", RULES.read_text(encoding="utf-8")))
    assert len(named) > 4
    assert named <= known, named - known


def test_the_manual_has_every_figure_and_alert():
    manual = (ROOT / "docs/metrics.md").read_text(encoding="utf-8")
    told = {name for line in manual.splitlines() if line.startswith("| `")
            for name in re.findall(r"`((?:duban|process)_\w+)`", line.split("|")[1])}
    suffixes = {"_bucket", "_sum", "_count"}
    assert told == {re.sub("(_bucket|_sum|_count)$", "", name) if any(name.endswith(one) for one in suffixes) else name
                    for name in families()}
    for line in manual.splitlines():
        if line.startswith("| `") and (named := re.findall(r"`((?:duban|process)_\w+)`", line.split("|")[1])):
            labels = set(re.findall(r"`(\w+)`", line.split("|")[2]))
            for name in named:
                assert labels == families().get(name, families().get(f"{name}_sum")), name
    assert set(re.findall(r"`(Duban\w+)`", manual)) == set(rules())
