"""What other processes, and a crash, may learn of a daemon: no secret."""

from pathlib import Path

import pytest

from harness.centre import write_secret
from harness.web import DubanWeb
from standins.receiver import SECRET

PASSWORD = "a-password-that-nobody-guesses-7319"


def of_process(pid, name):
    return Path(f"/proc/{pid}/{name}").read_bytes()


def check(pid, secrets):
    [cores] = [line for line in of_process(pid, "limits").decode().splitlines() if line.startswith("Max core file size")]
    assert cores.split()[4:6] == ["0", "0"]
    for name in ("cmdline", "environ"):
        text = of_process(pid, name)
        assert name == "environ" or text
        assert not [secret for secret in secrets if secret.encode() in text], name


@pytest.mark.parametrize("reload", [False, True])
def test_duband_gives_no_secret_away(world, reload):
    """Neither after its start nor when it has read its secrets anew."""
    write_secret(world.folder / "sms.password", PASSWORD)
    daemon = world.daemon().start()
    daemon.wait_log("this daemon leads", 60)
    if reload:
        daemon.hup()
        daemon.wait_log("configuration in use", 60)
    check(daemon.pid, [PASSWORD, SECRET])
    assert not [line for line in daemon.log if PASSWORD in line or SECRET in line]


def test_duban_web_gives_no_secret_away(world):
    write_secret(world.folder / "sms.password", PASSWORD)
    with DubanWeb(world) as web:
        check(web.process.pid, [PASSWORD, SECRET])
