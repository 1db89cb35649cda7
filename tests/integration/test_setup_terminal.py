"""dubanctl setup on a terminal: questions, defaults, wrong answers, secrets, and giving up."""

import fcntl
import os
import pty
import select
import signal
import subprocess
import termios
import time

import pytest

from harness.centre import write_secret
from harness.first_time import PASSWORD, SECRET, FirstTime


class Terminal:
    """A program that believes that a person sits before it."""

    def __init__(self, argv, folder):
        self.master, slave = pty.openpty()
        self.text, self._seen = "", 0
        self.process = subprocess.Popen(
            argv, stdin=slave, stdout=slave, stderr=slave, start_new_session=True, cwd=folder,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(slave)

    def _read(self, seconds):
        if not select.select([self.master], [], [], seconds)[0]:
            return True
        try:
            data = os.read(self.master, 65536)
        except OSError:  # the other end is closed
            return False
        self.text += data.decode(errors="replace")
        return bool(data)

    def expect(self, words, seconds=180):
        """Waits until it says so, after what was expected before."""
        end = time.monotonic() + seconds
        while (place := self.text.find(words, self._seen)) < 0:
            assert time.monotonic() < end and self._read(1), f"{words!r} didn't come:\n{self.text}"
        self._seen = place + len(words)

    def send(self, text):
        os.write(self.master, text.encode())

    def answer(self, question, text=""):
        self.expect(question)
        self.send(text + "\n")

    def echoes(self):
        return bool(termios.tcgetattr(self.master)[3] & termios.ECHO)

    def end(self, seconds=180):
        """Its exit status."""
        end = time.monotonic() + seconds
        while self._read(1):
            assert time.monotonic() < end, self.text
        return self.process.wait(seconds)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.master)


@pytest.fixture(scope="module")
def server(programs):
    made = FirstTime(programs)
    yield made
    made.cluster.remove()


@pytest.fixture
def centre(server, tmp_path):
    server.begin(tmp_path)
    server.rows("SELECT approval.file('A1')", "approval")
    yield server
    server.clear()


@pytest.fixture
def open_terminal(centre):
    opened = []

    def make(*options, lang="zh-CN"):
        opened.append(Terminal(centre.argv(*options, lang=lang), centre.folder))
        return opened[-1]
    yield make
    for terminal in opened:
        terminal.close()


def unchanged(centre):
    return (sorted(path.name for path in centre.folder.iterdir()) == ["given.secret"]
            and not centre.rows("SELECT FROM pg_roles WHERE rolname LIKE 'duban%'"))


def few(centre):
    """Flags for what no question asks."""
    return ["--output", centre.output, "--calendar", centre.calendar]


def test_guided(centre, open_terminal):
    terminal = open_terminal(*few(centre))
    terminal.answer("中心名称", "")
    terminal.expect("不对：不可为空")
    terminal.answer("中心名称", "安澜县政务服务中心")
    terminal.answer("[host=/run/postgresql dbname=postgres user=postgres]", "nonsense")
    terminal.expect("不对：不是 libpq 连接串")
    terminal.answer("管理员的连接", "host=/nowhere dbname=postgres user=postgres")
    terminal.expect("不对：connection to server")  # it is tried at once
    terminal.answer("管理员的连接", centre.cluster.dsn("postgres"))
    terminal.answer(f"[{centre.cluster.dsn('duban', 'duban_daemon')}]",  # on the server that was named
                    f"dbname=duban user=duban_daemon password={PASSWORD}")
    terminal.expect("不对：")
    terminal.answer("duban 自己的数据库")
    terminal.answer("审批系统的数据库", centre.cluster.dsn("approval", "duban_source"))
    terminal.answer("办件视图", "duban_case")
    terminal.expect("不对：应为 模式.视图")
    terminal.answer("[approval.duban_case]")
    terminal.answer("通知渠道的类型", "pigeon")
    terminal.expect("不对：应为其中之一：")
    terminal.answer("[kannel]")
    terminal.answer("url", "ftp://nowhere/")
    terminal.answer("username", "duban")
    terminal.expect("渠道的密码或密钥")
    assert not terminal.echoes()
    terminal.send(SECRET + "\n")
    terminal.expect("不对：")  # the whole of it is looked at: ftp
    terminal.answer("通知渠道的类型")
    terminal.answer("url")  # its default
    terminal.answer("username", "duban")
    terminal.answer("渠道的密码或密钥", SECRET)
    terminal.answer("测试消息", "12345")
    terminal.expect("不对：")
    terminal.answer("测试消息")
    assert terminal.echoes()
    terminal.expect("（已输入）")
    assert unchanged(centre)
    terminal.answer("开始？", "")
    terminal.expect("接下来：")
    assert terminal.end() == 0
    assert SECRET not in terminal.text
    assert (centre.folder / "secrets/sms").read_text() == SECRET + "\n"
    assert "http://127.0.0.1:13013/cgi-bin/sendsms" not in centre.output.read_text()  # a default isn't written
    subprocess.run([centre.programs.dubanctl, "--config", centre.output, "config", "check"], check=True,
                   capture_output=True)


def test_what_flags_tell_is_not_asked(centre, open_terminal):
    terminal = open_terminal(*centre.flags(centre=None), lang="en")
    terminal.answer("name of the centre", "Anlan")
    terminal.answer("test message")
    terminal.answer("Go on? [Y/n]", "n")
    assert terminal.end() == 1 and "interrupted: nothing was changed" in terminal.text
    assert "DSN" not in terminal.text.replace("--", "") and unchanged(centre)


def test_yes_asks_nothing(centre, open_terminal):
    terminal = open_terminal("--yes", *centre.flags())
    assert terminal.end() == 0 and "？" not in terminal.text and centre.output.exists()


@pytest.mark.parametrize("question, end", [
    ("中心名称", "\x03"), ("中心名称", "\x04"), ("管理员的连接", "\x03"), ("渠道的密码", "\x03"),
    ("渠道的密码", "\x04"), ("测试消息", "\x03"), ("开始？", "\x03"), ("开始？", "\x04"), ("开始？", "n\n")])
def test_giving_up_leaves_nothing(centre, open_terminal, question, end):
    left_out = {"中心名称": "centre", "管理员的连接": "admin_dsn", "渠道的密码": "channel_secret_file"}
    terminal = open_terminal(*centre.flags(**({left_out[question]: None} if question in left_out else {})))
    if question == "开始？":
        terminal.answer("测试消息")
    terminal.expect(question)
    terminal.send(end)
    assert terminal.end() == 1 and "什么都没有改动" in terminal.text
    assert unchanged(centre)


def test_an_interrupted_secret_leaves_a_terminal_that_shows(centre, open_terminal):
    terminal = open_terminal(*centre.flags(channel_secret_file=None))
    terminal.expect("渠道的密码")
    assert not terminal.echoes()
    terminal.process.send_signal(signal.SIGINT)
    terminal.expect("什么都没有改动")
    assert terminal.echoes()


def test_a_configuration_that_is_there_is_told_at_once(centre, open_terminal):
    centre.output.write_text("centre: 已有的\n")
    terminal = open_terminal(*few(centre))
    assert terminal.end() == 1 and "已存在，不会覆盖" in terminal.text and "中心名称" not in terminal.text
    assert centre.output.read_text() == "centre: 已有的\n"


def test_passwords_are_asked_for_over_the_network_only(centre, open_terminal):
    write_secret(centre.folder / "unused.secret", SECRET)
    terminal = open_terminal(*centre.flags(admin_dsn="host=127.0.0.1 port=1 dbname=postgres user=postgres"))
    terminal.expect("管理员的密码")
    assert not terminal.echoes()
    terminal.send(PASSWORD + "\n")
    terminal.answer("测试消息")
    terminal.answer("开始？", "y")
    terminal.expect("PostgreSQL 无法连接")
    assert terminal.end() == 1 and PASSWORD not in terminal.text and not centre.output.exists()


def test_the_process_list_has_no_secret(centre, open_terminal):
    terminal = open_terminal(*centre.flags(channel_secret_file=None))
    terminal.answer("渠道的密码", SECRET)
    terminal.answer("测试消息")
    terminal.expect("开始？")
    for part in "cmdline", "environ":
        with open(f"/proc/{terminal.process.pid}/{part}", "rb") as file:
            assert SECRET.encode() not in file.read()
    terminal.send("\n")
    assert terminal.end() == 0
