"""How pages look: what axe-core finds in them (WCAG 2.1 A and AA), and a picture of each.

The pictures are NAME-LANGUAGE-SCHEME-SIZE.png.
"""

import pytest

from harness.centre import write_secret
from harness.watched import START, watched_centre
from harness.web import DubanWeb, free_port

pytest.importorskip("selenium.webdriver", reason="python3-selenium isn't installed")
from selenium.webdriver.common.keys import Keys  # noqa: E402

from harness.page import AXE, WAIT_S  # noqa: E402

DAY_2 = "2026-06-03T03:20:00Z"
SIZES = {"1280": (1280, 900), "phone": (390, 844), "4k": (3840, 2160)}
LANGUAGES = {"zh": "zh-CN", "en": "en"}
# What is wider than the window, or cut off by what is around it.
CLIPPED = """
    const seen = element => element.checkVisibility() && !element.closest('.unseen, .scroller, .explanation-place, thead, [aria-hidden=true]');
    const wide = document.scrollingElement.scrollWidth > innerWidth ? [`page: ${document.scrollingElement.scrollWidth} px`] : [];
    return wide.concat([...document.querySelectorAll('main *, #banner *')].filter(seen).filter(element => {
      const box = element.getBoundingClientRect();
      return box.width > 1 && (box.right > innerWidth + 1 || box.left < -1);
    }).map(element => `${element.tagName} ${element.className}: ${element.textContent.slice(0, 30)}`));"""

CHARTS_DRAWN = """
    const drawn = canvas => {
      const blank = Object.assign(document.createElement('canvas'), {width: canvas.width, height: canvas.height});
      return canvas.width > 0 && canvas.height > 0 && canvas.toDataURL() !== blank.toDataURL();
    };
    const charts = [...document.querySelectorAll('.chart canvas')];
    return charts.length === 2 && charts.every(drawn);"""


def prepare(world):
    """Receipts come back, one department's webhook has gone for good, the gateway refuses three."""
    listen = f"127.0.0.1:{free_port()}"
    world.settings["channels"]["sms"] |= {
        "dlr_mask": 31, "dlr_url": f"http://{listen}/receipt/sms/{{secret}}?id={{id}}&type=%d&reply=%A&at=%T",
        "receipt_path_file": str(world.folder / "receipts.path")}
    world.settings |= {"receipts": {"listen": listen}, "web": {}}
    write_secret(world.folder / "receipts.path", "Kq3_0-9fX2bLmN7t")
    department = world.value("SELECT min(department_code) FROM approval.department")
    world.receiver.faults.add("status", status=410, match=f"/department/{department}", times=None)
    world.gateway.faults.add("status", status=400, body="Missing receiver number, rejected", times=3)
    world.value("SELECT approval.generate_demo(%s::timestamptz, 160, 3)", (START,))


@pytest.fixture(scope="module")
def centre(cluster, template, programs, tmp_path_factory):
    """Two days of a centre's life: levels raised and told, cases completed."""
    folder = tmp_path_factory.mktemp("looks")
    with watched_centre(cluster, template, programs, folder, prepare=prepare) as world:
        for hour in range(2, 52):
            at = world.value("SELECT %s::timestamptz + %s * interval '1 hour'", (START, hour - 2))
            if 1 <= (hour % 24) <= 8:
                world.rows("SELECT * FROM approval.live_tick(%s, %s::int, arrivals => 4, acceptances => 4,"
                           " completions => 4, advances => 6)", (at, hour))
        world.set_now(DAY_2)
        world.wait_events("red", 5)
        world.wait_events("completed", 20)
        world.wait_for(lambda: not world.value("SELECT count(*) FROM duban.pending")
                       + world.value("SELECT count(*) FROM duban.ready") + world.value("SELECT count(*) FROM duban.inflight"),
                       WAIT_S, "what can be sent is sent")
        yield world


@pytest.fixture(scope="module")
def web(centre):
    source = {"dsn": centre.cluster.dsn(centre.database, "duban_source"), "relation": "approval.duban_case"}
    with DubanWeb(centre, source=source, session_idle="400d", session_most="400d") as made:
        browser = made.browser("boss")
        made.wait_for(lambda: sum(count["cases"] for count in browser.api("board")["counts"]) > 20, WAIT_S,
                      "cases are counted")
        tell_receipts(centre)
        yield made


def tell_receipts(world):
    """Most messages have arrived, some could not be delivered and are dead letters by now."""
    failed = 0
    for number, message in enumerate(world.gateway.messages):
        assert world.gateway.tell(message, 2 if number % 9 == 4 else 1) == 200
        failed += number % 9 == 4
    world.wait_for(lambda: world.value("SELECT count(*) FROM duban.dead") >= failed, WAIT_S, "dead letters")


def case_to_show(world):
    """One that was told of, and stood still on the way."""
    return world.value("""
        SELECT c.case_no FROM duban.clock c JOIN approval.duban_case s USING (case_no)
          JOIN duban.event e USING (case_no) JOIN duban.notification n ON n.event = e.id
         WHERE c.level = 'red' AND c.state = 'running'
         GROUP BY c.case_no, s.suspensions ORDER BY s.suspensions IS NULL, count(*) DESC, 1 LIMIT 1""")


def place_to_show(world):
    """A department whose open cases are of all levels."""
    return world.value("""
        SELECT department_code FROM duban.clock WHERE state IN ('running', 'suspended')
         GROUP BY 1 ORDER BY count(DISTINCT level) DESC, count(*) FILTER (WHERE level = 'yellow') DESC, 1 LIMIT 1""")


# name: (who looks, at which address, what must be there)
def pages_of(world):
    case = f"/#/case/{case_to_show(world)}"
    return {
        "login": (None, "/login", "#login-form"),
        "nowhere": (None, "/nowhere", "#message"),
        "board": ("boss", f"/#/board?department={place_to_show(world)}", ".cases tbody tr"),
        "case": ("boss", case, ".explanation table"),
        "dialog": ("boss", case, "[data-act=withdraw]"),
        "mine": ("win", "/", ".urgent"),
        "wall": ("hall", "/wall?seconds=300", ".wall-table"),
        "overview": ("boss", "/#/overview", ".chart canvas"),
        "delivery": ("boss", "/#/delivery", ".plain-table"),
    }


@pytest.fixture(scope="module")
def addresses(centre):
    return pages_of(centre)


def look_at(page, address, name, language):
    """Opens a page as its viewer and in the language; returns when it is all there."""
    user, path, content = address
    if user and getattr(page.driver, "viewer", None) != (user, page.web.port):
        page.log_in(user)
        page.driver.viewer = (user, page.web.port)
    elif not user:
        page.driver.delete_all_cookies()
        page.driver.viewer = None
    page.open("/static/theme.js")  # any page of ours, for its storage
    page.run("localStorage.clear(); localStorage.setItem('duban.locale', arguments[0])", LANGUAGES[language])
    page.open(path).find(content)
    if name == "dialog":
        page.click(content)
        page.find("dialog[open] textarea")
    elif user in ("boss", "win"):
        page.has(".pill[data-state=open]", "")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["login", "nowhere", "board", "case", "dialog", "mine", "wall", "overview", "delivery"])
def test_a_page(page, addresses, name, language):
    wrong = []
    try:
        page.set_size(*SIZES["1280"])
        look_at(page, addresses[name], name, language)
        for scheme in ("light", "dark"):
            page.set_scheme(scheme)
            page.find(f":root[data-theme={scheme}]")
            for size, (width, height) in SIZES.items():
                if size == "4k" and name != "wall":
                    continue
                page.set_size(width, height)
                if name == "wall" and size != "phone":
                    wait_for_wall(page)
                if name == "overview":
                    page.wait(lambda: page.run(CHARTS_DRAWN), "the charts")
                page.picture(f"{name}-{language}-{scheme}-{size}")
                wrong += [f"{size}: {what}" for what in page.run(CLIPPED)]
            page.set_size(*SIZES["1280"])
            if language == "zh" or scheme == "light":
                wrong += [f"{scheme}: {what}" for what in page.violations()]
    finally:
        page.reset_looks()
    assert wrong == []
    if not AXE.exists():
        pytest.skip("axe-core isn't installed: only looked at")


def wait_for_wall(page):
    """It reads as many rows as fit, whenever its window changes."""
    def room():
        """How many more rows there is room for; less than none: the wall's foot is out of sight."""
        return page.run("""
            const rows = document.querySelectorAll('.wall-table tbody tr');
            const foot = document.querySelector('.wall-foot').getBoundingClientRect();
            const last = rows[rows.length - 1].getBoundingClientRect();
            return (Math.min(foot.top, innerHeight - foot.height) - last.bottom) / last.height;""")
    page.wait(lambda: -0.1 < room() < 2, lambda: f"rows that fill the wall; room for {room()}")


def test_people_are_shown_to_who_gives_a_reason(page, addresses):
    world, case = page.web.world, addresses["case"][1].rpartition("/")[2]
    applicant, handler = world.rows(
        "SELECT applicant_name, handler_name FROM approval.duban_case WHERE case_no = %s", (case,))[0]
    look_at(page, addresses["case"], "case", "zh")
    assert applicant not in page.driver.page_source
    page.click("[data-act=people]")
    page.click("dialog .primary")
    page.has("dialog [role=alert]", "请填写理由")
    page.at("dialog textarea", lambda field: field.send_keys("通知补正"))
    page.click("dialog .primary")
    page.has("dialog .people-list", applicant)
    page.has("dialog .people-list", handler)
    page.picture("people")
    assert page.violations() == []
    page.press(Keys.ESCAPE)
    page.lacks("dialog")
    assert applicant not in page.driver.page_source
    page.has(".plain-table", "查看联系人")
    page.has(".plain-table", "通知补正")
