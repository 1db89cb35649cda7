"""duban-web beside the daemons of a world, and a browser without a face."""

import http.client
import json
import re
import socket
import time
import urllib.parse

from harness.centre import write_yaml
from harness.daemon import Duband

PASSWORD = "correct horse 电池"


def free_port():
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def cookies(self):
        """{name: the whole Set-Cookie}"""
        found = self.headers.get_all("Set-Cookie") or []
        return {cookie.split("=", 1)[0]: cookie for cookie in found}


class Browser:
    """Cookies, the CSRF header, one connection a request. `token`: instead of a session."""

    def __init__(self, port, token=None, headers=None):
        self.port, self.token, self.extra = port, token, headers or {}
        self.cookies, self.csrf = {}, None

    def connect(self, timeout=20):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def headers(self, **more):
        headers = {**self.extra, **more}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        return headers

    def ask(self, method, target, body=None, **headers):
        connection = self.connect()
        try:
            connection.request(method, target, body, self.headers(**headers))
            answer = Answer(connection.getresponse())
        finally:
            connection.close()
        for name, cookie in answer.cookies.items():
            value = cookie.split(";", 1)[0].split("=", 1)[1]
            if value:
                self.cookies[name] = value
            else:
                self.cookies.pop(name, None)
        return answer

    def get(self, target, **fields):
        fields = {key: value for key, value in fields.items() if value is not None}
        return self.ask("GET", target + (f"?{urllib.parse.urlencode(fields)}" if fields else ""))

    def api(self, target, **fields):
        answer = self.get(f"/api/v1/{target}", **fields)
        assert answer.status == 200, (answer.status, answer.body)
        return answer.json

    def act(self, target, body=None):
        """A POST as the pages do it."""
        if self.csrf is None and not self.token:
            self.csrf = self.api("me")["csrf"]
        headers = {"X-Duban-CSRF": self.csrf} if self.csrf else {}
        return self.ask("POST", f"/api/v1/{target}", json.dumps(body or {}),
                        **headers, **{"Content-Type": "application/json"})

    def log_in(self, user, password=PASSWORD, **headers):
        page = self.get("/login").body.decode()
        csrf = re.search(r'name="csrf" value="([0-9a-f]+)"', page).group(1)
        form = urllib.parse.urlencode({"user": user, "password": password, "csrf": csrf})
        return self.ask("POST", "/login", form, **headers,
                        **{"Content-Type": "application/x-www-form-urlencoded"})

    def events(self, last=None, timeout=20):
        return Events(self, last, timeout)


class Events:
    """An event stream: iterate over (event, data, id)."""

    def __init__(self, browser, last, timeout):
        self.connection = browser.connect(timeout)
        more = {"Last-Event-ID": str(last)} if last is not None else {}
        self.connection.request("GET", "/api/v1/events", headers=browser.headers(**more))
        self.response = self.connection.getresponse()
        assert self.response.status == 200, self.response.read()

    def __iter__(self):
        fields = {}
        for line in self.response:
            line = line.decode().rstrip("\n")
            if line:
                key, _, value = line.partition(": ")
                fields[key] = value
            elif "event" in fields:
                yield fields["event"], json.loads(fields["data"]), fields.get("id")
                fields = {}
            else:
                fields = {}

    def wait(self, event, seconds=40, **expected):
        """The data of the next such event with these fields."""
        end = time.monotonic() + seconds
        for name, data, _ in self:
            assert time.monotonic() < end, f"no {event} {expected} within {seconds} s"
            if name == event and all(data.get(key) == value for key, value in expected.items()):
                return data
        raise AssertionError(f"the stream ended before {event} {expected}")

    def close(self):
        self.connection.close()


class DubanWeb(Duband):
    """One duban-web for a world. `before`: a command that runs it."""

    def __init__(self, world, name="web", before=(), **settings):
        self.world, self.port, self.file = world, free_port(), world.folder / f"{name}.yaml"
        self.settings = {"listen": f"127.0.0.1:{self.port}", "rate": 10000, "burst": 10000,
                         "state": {"dsn": world.cluster.dsn(world.database, "duban_web")},
                         **settings}
        super().__init__(world.programs.build / "web/duban-web", self.write_config(), name, output=world.log,
                         before=before)

    def write_config(self):
        """Writes the world's settings as they are now, and its own; its path."""
        return write_yaml(self.file, {**self.world.settings, "web": self.settings})

    def start(self):
        super().start()
        self.wait_log("web: listening")
        self.wait_for(lambda: sum(": connected" in line for line in self.log) >= 6 * self.starts, 10,
                      "all connections")
        return self

    def browser(self, user=None, **settings):
        browser = Browser(self.port, **settings)
        if user:
            answer = browser.log_in(user)
            assert (answer.status, answer.headers["Location"]) == (303, "/"), answer.headers
        return browser


def add_user(world, name, role, place="", password=PASSWORD):
    """Makes an account as an administrator does."""
    file = write_secret_text(world.folder / f"{name}.password", password)
    world.control("user", "add", name, "--role", role, "--place", place, "--password-file", file)


def write_secret_text(path, text):
    path.touch(mode=0o600)
    path.write_text(text + "\n", encoding="utf-8")
    return path
