"""The private PostgreSQL of the tests."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from harness.centre import ROOT
from harness.cluster import Cluster
from harness.processes import wait_for


def test_what_was_committed_survives_an_immediate_stop():
    with Cluster() as cluster:
        name = cluster.create_database()
        with cluster.connect(name) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS value")
        cluster.restart(immediate=True)
        with cluster.connect(name) as connection:
            assert connection.execute("SELECT value FROM kept").fetchall() == [(7,)]
        assert not cluster.panics()


def test_it_listens_on_its_socket_only(cluster):
    with cluster.connect("postgres") as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        assert connection.execute("SHOW unix_socket_directories").fetchone() == (
            str(cluster.folder),)


def test_removal_leaves_neither_files_nor_processes():
    cluster = Cluster()
    pid = cluster.process.pid
    cluster.remove()
    assert not cluster.folder.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_folder_whose_socket_would_not_fit_is_replaced(tmp_path):
    with Cluster(tmp_path / ("x" * 100)) as cluster:
        assert len(str(cluster.folder)) < 60
    assert not (tmp_path / ("x" * 100)).exists()


def test_databases_are_copied_from_a_template(cluster):
    template = cluster.create_database()
    with cluster.connect(template) as connection:
        connection.execute("CREATE TABLE copied AS SELECT 1 AS value")
    copy = cluster.create_database(template)
    with cluster.connect(copy) as connection:
        connection.execute("UPDATE copied SET value = 2")
    with cluster.connect(template) as connection:
        assert connection.execute("SELECT value FROM copied").fetchone() == (1,)
    cluster.drop_database(copy)
    with pytest.raises(psycopg.OperationalError):
        cluster.connect(copy)


def test_it_ends_with_whoever_started_it():
    """Even one that was killed leaves no PostgreSQL behind."""
    code = ("from harness.cluster import Cluster; import signal; made = Cluster(); "
            "print(made.folder, flush=True); signal.pause()")
    with subprocess.Popen([sys.executable, "-c", code], text=True, stdout=subprocess.PIPE,
                          cwd=ROOT / "tests") as owner:
        folder = Path(owner.stdout.readline().strip())
        owner.kill()
    try:
        wait_for(lambda: not (folder / "data/postmaster.pid").exists(), 20, "PostgreSQL ends")
    finally:
        shutil.rmtree(folder)
