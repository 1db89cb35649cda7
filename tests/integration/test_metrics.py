"""What monitors get from a daemon: figures in two forms, health, readiness, the state of its machines."""

import http.client
import os
import re
import signal
import socket
from datetime import datetime, timezone

import pytest
from prometheus_client import parser as text_parser
from prometheus_client.openmetrics import parser as open_parser

from harness.away import away
from harness.promtool import PROMTOOL, WHY_NOT, promtool
from harness.web import free_port
from test_daemon import WINDOW_HOOK, YELLOW, Scene, june, make_case

OPEN = {"Accept": "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"}
STATE_FAMILIES = {"duban_open_cases", "duban_queue_messages", "duban_bad_rows", "duban_leader_known"}


def get(port, path, method="GET", headers=None, body=None):
    """(status, headers, text)"""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, body=body, headers=headers or {})
        reply = connection.getresponse()
        return reply.status, dict(reply.headers), reply.read().decode()
    finally:
        connection.close()


class Monitor:
    """Asks one daemon."""

    def __init__(self, port):
        self.port = port

    def families(self, form="open"):
        status, headers, text = get(self.port, "/metrics", headers=OPEN if form == "open" else None)
        assert status == 200
        parse = (open_parser if form == "open" else text_parser).text_string_to_metric_families
        return {family.name: family for family in parse(text)}

    def samples(self):
        """{(sample's name, label values…) or its name alone: value}"""
        return {(sample.name, *sample.labels.values()) if sample.labels else sample.name: sample.value
                for family in self.families().values() for sample in family.samples}

    def value(self, *key):
        return self.samples().get(key if len(key) > 1 else key[0])

    def ready(self):
        return get(self.port, "/readyz")[::2]


@pytest.fixture
def scene(world):
    made = Scene(world)
    made.port = free_port()
    world.settings["metrics"] = {"listen": f"127.0.0.1:{made.port}"}
    made.monitor = Monitor(made.port)
    return made


def test_what_a_daemon_tells_of_a_day(scene):
    """A case that turns yellow, a bad row, an endpoint that refuses: seen in the figures."""
    daemon, monitor, world = scene.start(), scene.monitor, scene.world
    scene.move(june(2, 12), make_case(), make_case(2, bad="unit"), set_aside=[make_case(2).case_no])
    world.receiver.faults.add("status", match=WINDOW_HOOK, times=None)
    scene.move(YELLOW, settle=False)
    world.wait_events("yellow", 1)
    world.wait_for(lambda: monitor.value("duban_attempts_total", "sms", "accepted"), 30, "the SMS is told of")
    world.wait_for(lambda: monitor.value("duban_attempts_total", "hook", "temporary"), 30, "so is the refusal")
    world.wait_for(lambda: monitor.value("duban_open_cases", "yellow") == 1, 30, "the level is counted")
    world.wait_for(lambda: monitor.value("duban_queue_messages", "hook", "ready"), 30, "the queue is counted")
    told = monitor.samples()
    assert told["duban_leader"] == told["duban_leader_known"] == told["duban_nodes"] == 1
    assert told["duban_bad_rows"] == told["duban_source_bad_rows_total"] == 1
    assert told["duban_first_contact_done"] == told["duban_rules_followed"] == 1
    assert told["duban_events_total"] == 1
    assert told["duban_level_delay_seconds_count"] == 1
    assert told["duban_delivery_seconds_count", "sms"] == told["duban_attempts_total", "sms", "accepted"]
    assert told["duban_attempts_total", "hook", "delivered"] == 1  # of the first contact
    assert told["duban_attempts_total", "hook", "gone"] == 0
    assert told["duban_dead_letters_total", "sms"] == 0
    assert told["duban_endpoints", "sms", "well"] == 1
    assert told["duban_stage_turn_seconds_count", "escalator"] > 0
    assert told["duban_database_round_trip_seconds_count", "state"] > 0
    assert {key[1]: value for key, value in told.items() if key[0] == "duban_database_connected"} == {
        "lead": 1, "work": 1, "source": 1, "metrics": 1}
    end = datetime(2027, 1, 1, tzinfo=YELLOW.tzinfo)  # the calendar's last day is over
    assert told["duban_calendar_remaining_seconds", "cn"] == pytest.approx((end - YELLOW).total_seconds(), abs=300)
    [config] = [key for key in told if key[0] == "duban_config_info"]
    assert config[1] == world.value("SELECT config_version FROM duban.node")
    assert told["process_open_fds"] > 5 and told["process_resident_memory_bytes"] > 1e6
    assert told["process_start_time_seconds"] == pytest.approx(datetime.now(timezone.utc).timestamp(), abs=600)
    assert daemon.term() == 0


@pytest.mark.skipif(PROMTOOL is None, reason=str(WHY_NOT))
def test_promtool_has_nothing_to_say(scene):
    scene.start()
    scene.world.wait_for(lambda: scene.monitor.value("duban_leader_known"), 30, "the state is known")
    status, headers, text = get(scene.port, "/metrics")
    assert headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert promtool("check", "metrics", text=text) == (0, "")
    assert promtool("check", "metrics", text=text.replace("# HELP duban_leader Whether", "# was Whether"))[0] != 0


def test_both_forms_tell_the_same(scene):
    scene.start()
    scene.world.wait_for(lambda: scene.monitor.value("duban_leader_known"), 30, "the state is known")
    opened, text = scene.monitor.families(), scene.monitor.families("text")
    assert set(opened) == set(text)
    for name, family in opened.items():
        assert (family.type, family.documentation) == (text[name].type, text[name].documentation), name
        assert name.endswith(family.unit), name
        assert family.documentation.endswith(".")
        assert family.unit or not name.endswith(("_seconds", "_bytes"))
    _, headers, page = get(scene.port, "/metrics", headers=OPEN)
    assert headers["Content-Type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert page.endswith("\n# EOF\n")


def test_ready_while_the_state_is_reached_and_somebody_leads(scene):
    daemon, monitor, world = scene.start(), scene.monitor, scene.world
    world.wait_for(lambda: monitor.ready() == (200, "ready\n"), 30, "it is ready")
    port = free_port()
    world.settings["metrics"]["listen"] = f"127.0.0.1:{port}"
    second, other = world.daemon(), Monitor(port)
    second.config = world.folder / "second.yaml"
    second.config.write_bytes(world.config.read_bytes())
    second.start()
    world.wait_for(lambda: second.log_has("listening") and other.ready() == (200, "ready\n"), 30,
                   "so is one that stands by")
    assert other.value("duban_leader") == 0
    assert other.value("duban_source_lag_seconds") is None  # the leader's to tell
    world.wait_for(lambda: monitor.value("duban_nodes") == 2, 30, "they see each other")
    assert monitor.value("duban_config_versions") == 2

    with away(world, "duban_daemon"):
        world.wait_for(lambda: monitor.ready() == (503, "the state database isn't reached\n"), 30, "it isn't ready")
        assert get(monitor.port, "/healthz")[::2] == (200, "ok\n")
        world.wait_for(lambda: not set(monitor.families()) & STATE_FAMILIES, 30, "what isn't known isn't told")
        world.wait_for(lambda: monitor.value("duban_database_connected", "work") == 0, 30, "the loss is told")
        assert monitor.value("duban_database_losses_total", "work") >= 1
    world.wait_for(lambda: monitor.ready()[0] == other.ready()[0] == 200, 60, "both are ready again")
    world.wait_for(lambda: monitor.value("duban_leader") + other.value("duban_leader") == 1, 30, "one leads")
    daemon.kill9()
    world.wait_for(lambda: other.value("duban_leader") == 1, 60, "the other has taken over")
    world.wait_for(lambda: other.ready() == (200, "ready\n"), 30, "and is ready")


def test_reloads(scene):
    daemon, monitor, world = scene.start(), scene.monitor, scene.world
    before = monitor.samples()
    assert before["duban_config_last_reload_successful"] == 1
    good = world.config.read_text(encoding="utf-8")
    world.config.write_text("centre: [", encoding="utf-8")
    daemon.hup()
    world.wait_for(lambda: monitor.value("duban_config_last_reload_successful") == 0, 30, "it failed")
    told = monitor.samples()
    assert told["duban_config_reloads_total", "failure"] == 1
    assert told["duban_config_last_reload_success_timestamp_seconds"] == before[
        "duban_config_last_reload_success_timestamp_seconds"]
    world.config.write_text(good + "\n# changed\n", encoding="utf-8")
    daemon.hup()
    world.wait_for(lambda: monitor.value("duban_config_last_reload_successful") == 1, 30, "it was taken")
    told = monitor.samples()
    assert told["duban_config_reloads_total", "success"] == 1
    assert len([key for key in told if key[0] == "duban_config_info"]) == 1
    assert [key for key in told if key[0] == "duban_config_info"] != [key for key in before if
                                                                       key[0] == "duban_config_info"]


def test_only_what_it_is_for(scene):
    scene.start()
    scene.world.wait_for(lambda: scene.monitor.ready()[0] == 200, 30, "it is ready")
    for path, method, status in [
            ("/metrics", "HEAD", 200), ("/metrics", "POST", 405), ("/healthz", "DELETE", 405), ("/readyz?a=b", "GET", 200),
            ("/metrics/", "GET", 404), ("/metricsx", "GET", 404), ("/", "GET", 404), ("/../etc/passwd", "GET", 404)]:
        assert get(scene.port, path, method)[0] == status, (path, method)
    assert get(scene.port, "/metrics", "GET", body=b"x" * 100)[0] == 413  # no body is read


def test_scrapers_that_stand_around_hold_nothing_up(scene):
    """More connections than are served, none of which finishes its request or reads its answer."""
    daemon = scene.start()
    idle = [socket.create_connection(("127.0.0.1", scene.port)) for _ in range(60)]
    try:
        for number, one in enumerate(idle):
            one.sendall(b"GET /metrics HTTP/1.1\r\nHost: a\r\n" + (b"\r\n" if number % 2 else b"X: "))
        scene.move(june(2, 12), make_case())
        scene.move(YELLOW)  # levels go on
        assert scene.world.count_events("yellow") == 1
        scene.world.wait_for(lambda: open_sockets(daemon.pid, scene.port) <= 16, 60, "most are cut off")
    finally:
        for one in idle:
            one.close()
    scene.world.wait_for(lambda: asks(scene.port), 60, "others get their turn")


def asks(port):
    try:
        return get(port, "/healthz")[0] == 200
    except OSError:
        return False


def open_sockets(pid, port):
    """How many of the daemon's descriptors are accepted connections of that port."""
    inodes = set()
    with open("/proc/net/tcp", encoding="ascii") as table:
        for line in list(table)[1:]:
            fields = line.split()
            if int(fields[1].split(":")[1], 16) == port and fields[3] == "01":
                inodes.add(f"socket:[{fields[9]}]")
    links = []
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            links.append(os.readlink(f"/proc/{pid}/fd/{name}"))
        except FileNotFoundError:
            pass
    return len(inodes.intersection(links))


def test_sigusr1_tells_what_every_machine_does(scene):
    """Also where little is logged; and without addresses, numbers and secrets."""
    scene.world.settings["log_level"] = "error"
    daemon, world = scene.start(), scene.world
    scene.move(june(2, 12), make_case())
    world.gateway.faults.add("hang", times=None)
    scene.move(YELLOW, settle=False)
    world.wait_for(lambda: scene.monitor.value("duban_requests_under_way", "sms"), 60, "an SMS is on its way")
    assert daemon.log == []
    daemon.process.send_signal(signal.SIGUSR1)
    daemon.wait_log("state: dispatcher", 60)
    lines = [re.sub(r"^<\d>", "", line) for line in daemon.log]
    assert all(line.startswith("state: ") for line in lines)
    stages = {found.group(1) for line in lines if (found := re.match(r"state: stage stage=(\S+) state=\w+", line))}
    assert stages == {"intake", "reconcile", "recompute", "escalator", "reminder", "composer", "dispatcher", "alarm",
                      "selftest", "enquiry"}
    assert {found.group(1) for line in lines if (found := re.match(
        r"state: connection connection=(\w+) state=(idle|\"running a query\")", line))} == {
            "lead", "work", "source", "metrics"}
    assert any(re.match(r"state: endpoint channel=sms endpoint=\d+ state=well .*sending=1", line) for line in lines)
    text = "\n".join(lines)
    assert scene.window_phone not in text and "http" not in text and "demo" not in text
    world.gateway.faults.clear()


def test_the_sentence_of_systemctl_status(scene, monkeypatch):
    path = scene.world.folder / "n"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(path))
        manager.settimeout(60)
        monkeypatch.setenv("NOTIFY_SOCKET", str(path))
        daemon = scene.start()
        scene.move(june(2, 12), make_case(), make_case(2))
        scene.move(YELLOW)
        wanted = "STATUS=主节点；状态库已连接，业务库已连接；在办2件，其中预警2件；待发消息最久已等0秒；手中消息0条"
        scene.world.wait_for(lambda: manager.recv(4096).decode() == wanted, 60, wanted)
        assert daemon.term() == 0


def test_a_place_that_is_taken_is_tried_until_it_is_free(scene):
    with socket.create_server(("127.0.0.1", scene.port)):
        daemon = scene.start()
        daemon.wait_log("metrics: not listening; trying on", 60)
    daemon.wait_log("metrics: listening", 60)
    assert get(scene.port, "/healthz")[0] == 200
