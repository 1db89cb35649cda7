"""A browser for all tests of a process, a centre with duban-web for those of a file."""

import pytest

pytest.importorskip("selenium.webdriver", reason="python3-selenium isn't installed")

from harness.page import CHROMIUM, DRIVER, Page, open_browser  # noqa: E402
from harness.watched import watched_centre  # noqa: E402
from harness.web import DubanWeb  # noqa: E402


@pytest.fixture(scope="session")
def driver():
    if not (DRIVER and CHROMIUM):
        pytest.skip("chromium isn't installed")
    made = open_browser()
    try:
        yield made
    finally:
        made.quit()


@pytest.fixture(scope="module")
def centre(cluster, template, programs, tmp_path_factory):
    """One for all tests of a file, in the order in which they stand: they move its time forwards only."""
    with watched_centre(cluster, template, programs, tmp_path_factory.mktemp("pages")) as made:
        yield made


@pytest.fixture(scope="module")
def web(centre):
    with DubanWeb(centre, session_idle="400d", session_most="400d") as made:
        yield made


@pytest.fixture
def page(driver, web):
    made = Page(driver, web)
    yield made
    complaints = made.complaints()
    driver.get("about:blank")
    assert complaints == []
