"""The pages in a browser, beside a daemon whose time is moved: what a viewer sees and does."""

import shutil

import pytest

from harness.processes import wait_for
from harness.web import PASSWORD, DubanWeb, add_user
from harness.world import World

webdriver = pytest.importorskip("selenium.webdriver", reason="python3-selenium isn't installed")
from selenium.common.exceptions import StaleElementReferenceException  # noqa: E402
from selenium.webdriver.common.action_chains import ActionChains  # noqa: E402
from selenium.webdriver.chrome.service import Service  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402

DRIVER, CHROMIUM = shutil.which("chromedriver"), shutil.which("chromium")
pytestmark = pytest.mark.skipif(not (DRIVER and CHROMIUM), reason="chromium isn't installed")

START = "2026-06-01T02:00:00Z"
SCRIPT = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"


class Page:
    """A window of the browser at one duban-web."""

    def __init__(self, driver, web):
        self.driver, self.web = driver, web

    def open(self, path="/"):
        self.driver.get("about:blank")  # so that a hash alone loads the page anew, too
        self.driver.get(f"http://127.0.0.1:{self.web.port}{path}")
        return self

    def log_in(self, user):
        self.driver.delete_all_cookies()
        self.open("/login")
        self.find("[name=user]").send_keys(user)
        self.find("[name=password]").send_keys(PASSWORD, Keys.ENTER)
        self.wait(lambda: "/login" not in self.driver.current_url, "being logged in")
        return self

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def wait(self, condition, what):
        wait_for(condition, 15, what)

    def find(self, selector):
        self.wait(lambda: self.all(selector), selector)
        return self.all(selector)[0]

    def click(self, selector):
        self.at(selector, lambda element: element.click())

    def enter(self, selector):
        self.at(selector, lambda element: element.send_keys(Keys.ENTER))

    def at(self, selector, act):
        """Does that to the element, again when the page drew it anew just then."""
        def done():
            try:
                act(self.find(selector))
                return True
            except StaleElementReferenceException:
                return False
        self.wait(done, f"an act at {selector}")

    def has(self, selector, text):
        """Waits until an element of that kind shows the text. Read in one step: pages redraw."""
        self.wait(lambda: text in self.text(selector), f"'{text}' in {selector}")

    def text(self, selector):
        return self.driver.execute_script(
            "return [...document.querySelectorAll(arguments[0])].map(e => e.innerText).join('\\n')", selector)

    def focus(self, script="return document.activeElement.outerHTML"):
        return self.driver.execute_script(script)

    def press(self, *keys):
        """To whatever has the focus at that moment: an element looked up before may be gone."""
        for key in keys:
            ActionChains(self.driver).send_keys(key).perform()

    def complaints(self):
        """What the browser's console tells, but for requests that are refused on purpose."""
        return [entry["message"] for entry in self.driver.get_log("browser")
                if "Failed to load resource" not in entry["message"]]


@pytest.fixture(scope="module")
def driver():
    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     "--window-size=1280,900", "--lang=zh-CN"):
        options.add_argument(argument)
    options.binary_location = CHROMIUM
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    made = webdriver.Chrome(options=options, service=Service(DRIVER))
    try:
        yield made
    finally:
        made.quit()


@pytest.fixture(scope="module")
def web(cluster, template, programs, tmp_path_factory):
    """One for all tests, in the order in which they stand: they move its time forwards only."""
    name = cluster.create_database(template)
    world = World(cluster, name, programs, tmp_path_factory.mktemp("pages"))
    try:
        world.import_directory()
        yield from serve(world)
    finally:
        world.close()
        cluster.drop_database(name)


def serve(world):
    world.set_now(START)
    world.generate(300, START)
    window = world.value("""
        SELECT window_code FROM approval.duban_case WHERE status = 'open'
         GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1""")
    for user, role, place in (("boss", "supervision", ""), ("hall", "wall", ""), ("win", "window", window)):
        add_user(world, user, role, place)
    world.window = window
    with world.daemon():
        world.wait_initial()
        with DubanWeb(world, session_idle="400d", session_most="400d") as made:
            yield made


@pytest.fixture
def page(driver, web):
    made = Page(driver, web)
    yield made
    assert made.complaints() == []
    driver.get("about:blank")


def test_a_window_sees_only_its_own(page):
    world = page.web.world
    own = {number for number, in world.rows(
        "SELECT case_no FROM duban.clock WHERE window_code = %s AND state IN ('running', 'suspended')",
        (world.window,))}
    other = world.value("SELECT min(case_no) FROM duban.clock WHERE window_code <> %s", (world.window,))
    page.log_in("win").find(".cases tbody tr")
    assert {row.get_attribute("data-case") for row in page.all(".cases tbody tr")} == own
    assert "发送" not in page.text("#banner nav")
    page.has(".urgent-left", page.text(".cases tbody tr:first-child .left-main"))
    page.open(f"/#/case/{other}").has("[role=alert]", "没有这个办件")
    page.open("/#/delivery").find(".urgent")  # not its page: its first one instead


def test_the_wall_shows_no_personal_data(page):
    world = page.web.world
    page.log_in("hall").find(".wall-table tbody tr")
    assert page.driver.current_url.endswith("/wall")
    text = page.driver.page_source
    personal = world.rows("SELECT applicant_name, applicant_phone, handler_name, handler_phone FROM approval.duban_case")
    assert len(personal) > 100
    names = {value for row in personal for value in row if value}
    assert not [name for name in names if name in text]
    page.has(".wall-age", "更新")
    page.open("/wall?seconds=2").find(".wall-table tbody tr")
    first = page.text(".wall-table tbody")
    page.wait(lambda: page.text(".wall-table tbody") != first, "the next page")  # it turns by itself


def test_acknowledging(page):
    world = page.web.world
    case = world.value("SELECT min(case_no) FROM duban.clock WHERE level = 'yellow' AND state = 'running'")
    page.log_in("boss").open(f"/#/case/{case}")
    page.click("[data-act=acknowledge]")
    assert "act-note" in page.focus()  # the dialog takes the focus
    page.press("马上办", Keys.TAB, Keys.TAB, Keys.ENTER)
    page.has(".clock-list .mark-chip", "已签收")
    page.has(".plain-table", "马上办")
    assert not page.all("[data-act=acknowledge]")
    assert world.rows("SELECT kind, detail FROM duban.event WHERE case_no = %s AND kind = 'acknowledged'",
                      (case,)) == [("acknowledged", "boss: 马上办")]
    page.click("[data-act=withdraw]")
    page.click("dialog .primary")
    page.has("dialog [role=alert]", "请填写理由")
    page.press(Keys.ESCAPE)
    page.wait(lambda: not page.all("dialog"), "the dialog to close")
    assert f"/#/case/{case}" in page.driver.current_url
    page.press(Keys.ESCAPE)
    page.find(".cases")


def test_pages_that_are_left_give_their_connection_back(page):
    """Browsers open six to a server: more pages than that were left, and the next one is as fast."""
    page.log_in("boss")
    for _ in range(8):
        page.open().has(".pill", "实时")


def test_a_script_in_a_name_is_text(page):
    world = page.web.world
    case, item = world.rows("SELECT case_no, item_code FROM duban.clock WHERE state = 'running' ORDER BY 1 LIMIT 1")[0]
    for names in ("approval.item SET item_name = %s WHERE item_code = %s", "duban.item SET name = %s WHERE code = %s"):
        world.connection.execute("UPDATE " + names, (SCRIPT, item))
    page.log_in("boss").open(f"/#/board?q={case}").has(f'tr[data-case="{case}"] .item-name', SCRIPT)
    page.open(f"/#/case/{case}").has(".case-item", SCRIPT)
    page.driver.delete_all_cookies()
    assert "owned" not in page.driver.title


def test_a_walk_by_keyboard(page):
    page.log_in("boss").find(".cases tbody tr")
    page.press(Keys.TAB)
    assert 'id="skip"' in page.focus()
    page.press(Keys.ENTER)
    assert 'id="main"' in page.focus()
    page.press(Keys.TAB)
    assert 'class="figure' in page.focus()
    page.driver.execute_script("document.querySelector('.cases tbody a').focus()")
    first, second = [row.get_attribute("data-case") for row in page.all(".cases tbody tr")[:2]]
    page.press(Keys.ARROW_DOWN)
    assert second in page.focus()
    page.press(Keys.ARROW_UP)
    assert first in page.focus()
    page.press(Keys.ENTER)
    page.has("h1", first)
    page.press(Keys.ESCAPE)
    page.find(".cases tbody tr")
    page.wait(lambda: first in page.focus(), "the focus where it was")
    for view, name in (("overview", "统计"), ("delivery", "发送")):
        page.enter(f'nav a[href="#/{view}"]')
        page.has("h1", name)
    page.enter("summary")
    page.enter("[data-option=language]")
    page.has("h1", "Delivery")
    page.enter("[data-option=language]")
    page.has("h1", "发送")


def move_to(world, sql, case):
    world.set_now(world.value(sql, (case,)).isoformat())


def test_a_row_turns_yellow_and_then_red(page):
    world = page.web.world
    case = world.value("""
        SELECT case_no FROM duban.clock WHERE level = 'normal' AND state = 'running'
         ORDER BY next_at LIMIT 1""")
    page.log_in("boss").open(f"/#/board?q={case}")
    row = f'tr[data-case="{case}"]'
    page.has(f"{row} .badge", "正常")
    page.has(".pill", "实时")
    page.driver.execute_script("window.stays = true")
    move_to(world, "SELECT next_at + interval '1 second' FROM duban.clock WHERE case_no = %s", case)
    page.has(f"{row} .badge", "黄牌")
    page.has("#announcer", f"{case}：黄牌")
    move_to(world, "SELECT due_at + interval '1 second' FROM duban.clock WHERE case_no = %s", case)
    page.has(f"{row} .badge", "红牌")
    page.has(f"{row} .left-main", "今日超期")
    assert page.all(f"{row}.changed .shape") and page.driver.execute_script("return window.stays")
    page.has("#announcer", f"{case}：红牌")


def test_the_database_goes_and_comes_back(page):
    world = page.web.world
    page.log_in("boss").find(".cases tbody tr")
    page.has(".pill", "实时")
    world.cluster.restart(immediate=True)
    world.connection = world.cluster.connect(world.database)
    case = world.value("SELECT min(case_no) FROM duban.clock WHERE level = 'normal' AND state = 'running'")
    move_to(world, "SELECT due_at + interval '1 second' FROM duban.clock WHERE case_no = %s", case)
    page.driver.execute_script("location.hash = '#/board?q=' + arguments[0]", case)
    page.has(f'tr[data-case="{case}"] .badge', "红牌")
