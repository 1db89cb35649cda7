"""A browser for all tests of a process, a centre with duban-web for those of a file."""

import pytest

from harness.watched import watched_centre
from harness.web import DubanWeb

# harness.page is imported where it is needed: without selenium the tests here are skipped, and
# those of other folders run.


@pytest.fixture(scope="session")
def driver():
    from harness.page import CHROMIUM, DRIVER, open_browser
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
    from harness.page import Page
    made = Page(driver, web)
    yield made
    complaints = made.complaints()
    driver.get("about:blank")
    assert complaints == []
