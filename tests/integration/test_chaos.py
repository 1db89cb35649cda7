"""A short storm; ./dev chaos makes longer ones."""

import pytest

from harness.chaos import Storm


@pytest.mark.slow
def test_a_short_storm_leaves_everything_in_order(programs, tmp_path):
    with Storm(programs, 20261126, tmp_path, print) as storm:
        storm.run(25)
        storm.quiesce()
        figures = storm.audit()
    assert sum(figures["struck"].values()) >= 5 and figures["messages"]["sms"]["received"] > 50
