"""E-mail to a leader, through a mail server that demands TLS and a login."""

import json
import random
from datetime import timedelta

import pytest

from harness.centre import make_config, make_directory, write_secret, write_yaml
from harness.life import POLICY, Life
from harness.processes import wait_for
from harness.world import World
from standins.mail import PASSWORD, USER, MailServer, make_identity

LEADER = "wang.zhuren@anlan.gov.cn"


def channel(folder, mail):
    return {"type": "mail", "digest": "0s", "url": f"smtp://127.0.0.1:{mail.port}", "username": USER,
            "password_file": str(folder / "mail.password"), "from": "duban@anlan.gov.cn",
            "from_name": "安澜县政务服务中心督办系统", "timeout": "2s", "retry_first": "100ms",
            "retry_most": "1s"}


class MailWorld(World):
    """A centre in real time whose leader is told of red cards by mail alone."""

    def __init__(self, cluster, database, programs, folder, mail):
        super().__init__(cluster, database, programs, folder, moves_time=False)
        self.mail = mail
        write_secret(folder / "mail.password", PASSWORD)
        self.settings["policies"]["standard"] = POLICY
        self.settings["channels"] = {"mail": channel(folder, mail)}
        self.settings["routes"] = {"red": {"leader": "mail"}}
        self.settings["tls"] = {"ca_file": str(mail.identity[0])}
        owner = cluster.dsn(database)
        settings = make_config(owner, owner, self.gateway.url, folder)
        settings["channels"]["mail"] = self.settings["channels"]["mail"]
        write_yaml(self.owner_config, settings)
        directory = make_directory(self.connection, self.receiver.url)
        directory["entries"].append({"code": "LD", "kind": "leader", "name": "王主任",
                                     "parent": "CENTRE", "contacts": {"mail": LEADER}})
        self.import_directory(directory)
        self.life = Life(self, random.Random(1))

    def raise_red(self):
        """A case whose end has come; the message about it."""
        before = set(self.rows("SELECT public_id FROM duban.message"))
        self.life.add_running(1, 0.2, 0.4)
        def new():
            return set(self.rows("SELECT public_id FROM duban.message")) - before
        self.wait_for(new, 10, "a message is written")
        [(made,)] = new()
        return made

    def attempts(self, message):
        return self.rows("""SELECT a.verdict, a.detail FROM duban.attempt a
                              JOIN duban.message m ON m.id = a.message
                             WHERE m.public_id = %s ORDER BY a.number""", (message,))

    def wait_attempts(self, message, *verdicts):
        """Until its tries have come to these verdicts; what was said of each."""
        self.wait_for(lambda: len(self.attempts(message)) >= len(verdicts), 10,
                      f"{len(verdicts)} attempts")
        found = self.attempts(message)[:len(verdicts)]
        assert tuple(verdict for verdict, _ in found) == verdicts, found
        return [detail for _, detail in found]

    def arrived(self, message):
        return [mail for mail in self.mail.messages if f"<{message}@" in mail.id]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("mail")


@pytest.fixture(scope="module")
def mail(folder):
    with MailServer(make_identity(folder)) as made:
        yield made


@pytest.fixture(scope="module")
def world(cluster, template, programs, folder, mail):
    name = cluster.create_database(template)
    made = MailWorld(cluster, name, programs, folder, mail)
    try:
        made.daemon().start()
        made.wait_initial()
        yield made
    finally:
        made.close()
        cluster.drop_database(name)


def reload(world):
    [daemon] = world.daemons
    used = sum("configuration in use" in line for line in daemon.log)
    world.write_config()
    daemon.hup()
    daemon.wait_for(lambda: sum("configuration in use" in line for line in daemon.log) > used,
                    10, "the configuration is in use")


def test_a_red_card_arrives_once_as_it_was_written(world):
    message = world.raise_red()
    [detail] = world.wait_attempts(message, "accepted")
    assert detail.startswith("SMTP 250 (message): 2.0.0 queued as")
    [arrived] = world.arrived(message)
    assert (arrived.sender, arrived.recipients) == ("duban@anlan.gov.cn", [LEADER])
    assert arrived.secure and arrived.user == USER
    parsed = arrived.parsed
    written = json.loads(world.value("SELECT body FROM duban.message WHERE public_id = %s",
                                     (message,)))
    assert parsed["Subject"] == written["subject"]
    assert parsed.get_content().strip() == written["text"]
    case_no = world.value("SELECT case_no FROM duban.message WHERE public_id = %s", (message,))
    assert parsed["Subject"].startswith("督办：红牌 ") and case_no in parsed["Subject"]
    assert "红牌" in parsed.get_content() and case_no in parsed.get_content()
    [sender] = parsed["From"].addresses
    assert (sender.display_name, sender.addr_spec) == ("安澜县政务服务中心督办系统",
                                                       "duban@anlan.gov.cn")
    assert parsed["To"] == LEADER and parsed["Auto-Submitted"] == "auto-generated"
    assert parsed["Message-ID"] == f"<{message}@anlan.gov.cn>"
    assert abs(parsed["Date"].datetime - world.now()) < timedelta(minutes=1)
    assert parsed.get_content_type() == "text/plain" and not parsed.defects
    assert all(len(line) <= 76 and line.isascii() for line in arrived.content.split(b"\r\n"))


def test_many_at_once_arrive_once_each(world):
    before = len(world.mail.messages)
    world.life.add_running(30, 0.2, 0.4)
    world.wait_for(lambda: len(world.mail.messages) >= before + 30, 10, "30 messages")
    world.wait_queue_empty()
    arrived = [message.id for message in world.mail.messages[before:]]
    assert len(arrived) == len(set(arrived)) == 30


def test_what_is_refused_for_now_is_tried_again(world):
    world.mail.fault("RCPT", "451 4.7.1 greylisted")
    world.mail.fault("CONNECT", "421 4.3.2 busy")
    message = world.raise_red()
    first, second, _ = world.wait_attempts(message, "temporary", "temporary", "accepted")
    assert (first, second) == ("SMTP 421 (greeting): 4.3.2 busy",
                               "SMTP 451 (recipient): 4.7.1 greylisted")
    assert len(world.arrived(message)) == 1


@pytest.mark.parametrize("fault, said", [
    ("close", "the connection broke after the end of the message"),
    ("hang", "no reply in time after the end of the message")])
def test_after_an_unclear_end_it_comes_again_under_its_id(world, fault, said):
    world.mail.fault("END", fault)
    message = world.raise_red()
    assert world.wait_attempts(message, "unknown", "accepted")[0] == said
    first, second = world.arrived(message)
    assert first.id == second.id and first.parsed.get_content() == second.parsed.get_content()


def test_an_unknown_receiver_is_final(world):
    world.mail.fault("RCPT", f"550 5.1.1 <{LEADER}>: no such user")
    message = world.raise_red()
    [detail] = world.wait_attempts(message, "permanent")
    assert detail == "SMTP 550 (recipient): 5.1.1 <w**@anlan.gov.cn>: no such user"
    assert world.value("""SELECT d.verdict FROM duban.dead d JOIN duban.message m ON m.id = d.id
                           WHERE m.public_id = %s""", (message,)) == "permanent"
    assert world.arrived(message) == []


def test_without_tls_nothing_is_said(world):
    world.mail.starttls, before = False, len(world.mail.heard)
    message = world.raise_red()
    [detail] = world.wait_attempts(message, "rejected")
    assert "STARTTLS" in detail
    assert set(world.mail.heard[before:]) <= {"EHLO", "QUIT"}
    world.mail.starttls = True
    world.mail.fault("STARTTLS", "454 4.7.0 not now")
    reload(world)  # the channel is stopped until then
    details = world.wait_attempts(message, "rejected", "temporary", "accepted")
    assert details[1] == "SMTP 454 (TLS): 4.7.0 not now"
    assert len(world.arrived(message)) == 1


def test_a_server_that_cannot_be_trusted_gets_nothing(world, folder):
    right, before = world.mail.identity, len(world.mail.heard)
    world.mail.identity = make_identity(folder, "other")
    message = world.raise_red()
    [detail] = world.wait_attempts(message, "rejected")
    assert "certificate" in detail
    assert set(world.mail.heard[before:]) <= {"EHLO", "STARTTLS"}
    world.mail.identity = right
    reload(world)
    world.wait_attempts(message, "rejected", "accepted")


def test_a_wrong_password_loses_nothing(world, folder):
    write_secret(folder / "mail.password", "wrong")
    reload(world)
    message = world.raise_red()
    [detail] = world.wait_attempts(message, "rejected")
    assert detail == "SMTP 535 (login): 5.7.8 authentication failed"
    write_secret(folder / "mail.password", PASSWORD)
    reload(world)
    wait_for(lambda: world.arrived(message), 10, "the message arrives")


def test_tls_from_the_start(world):
    world.mail.smtps = True
    world.settings["channels"]["mail"]["url"] = f"smtps://127.0.0.1:{world.mail.port}"
    reload(world)
    message = world.raise_red()
    world.wait_attempts(message, "accepted")
    [arrived] = world.arrived(message)
    assert arrived.secure and arrived.user == USER


def test_secrets_and_addresses_stay_out_of_the_log(world):
    log = "\n".join(line for daemon in world.daemons for line in daemon.log)
    assert "dead" in log and PASSWORD not in log and LEADER not in log
