"""The package, built once for all that boot with it."""

import subprocess

import pytest

from harness.centre import ROOT


@pytest.fixture(scope="session")
def package(tmp_path_factory):
    """Built as anyone would."""
    folder = tmp_path_factory.mktemp("package")
    done = subprocess.run([ROOT / "packaging/build-deb", folder], env={"PATH": "/usr/bin:/bin:/usr/sbin:/sbin",
                          "DEB_BUILD_OPTIONS": "nocheck terse"}, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert done.returncode == 0, done.stdout[-4000:]
    [made] = folder.glob("duban_*.deb")
    return made
