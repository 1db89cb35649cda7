"""The pages in a browser, beside a daemon whose time is moved: what a viewer sees and does."""

import pytest

pytest.importorskip("selenium.webdriver", reason="python3-selenium isn't installed")
from selenium.webdriver.common.keys import Keys  # noqa: E402

SCRIPT = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"


def test_a_window_sees_only_its_own(page):
    world = page.web.world
    own = {number for number, in world.rows(
        "SELECT case_no FROM duban.clock WHERE window_code = %s AND state IN ('running', 'suspended')",
        (world.window,))}
    other = world.value("SELECT min(case_no) FROM duban.clock WHERE window_code <> %s", (world.window,))
    page.log_in("win").find(".cases tbody tr")
    assert set(page.values(".cases tbody tr", "data-case")) == own
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
    assert not page.count("[data-act=acknowledge]")
    assert world.rows("SELECT kind, detail FROM duban.event WHERE case_no = %s AND kind = 'acknowledged'",
                      (case,)) == [("acknowledged", "boss: 马上办")]
    page.click("[data-act=withdraw]")
    page.click("dialog .primary")
    page.has("dialog [role=alert]", "请填写理由")
    page.press(Keys.ESCAPE)
    page.lacks("dialog")
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
    page.run("document.querySelector('.cases tbody a').focus()")
    first, second = page.values(".cases tbody tr", "data-case")[:2]
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


def test_colours_follow_the_system_or_the_viewer(page):
    try:
        page.set_scheme("dark")
        page.log_in("boss").find(":root[data-theme=dark]")
        page.set_scheme("light")
        page.find(":root[data-theme=light]")  # without a new look at the page
        page.click("summary")
        page.click("[data-option=theme]")
        page.has("[data-option=theme]", "浅色")
        page.click("[data-option=theme]")
        page.has("[data-option=theme]", "深色")
        page.find(":root[data-theme=dark]")
        page.open("/login").find(":root[data-theme=dark]")  # kept
        page.open().click("summary")
        page.click("[data-option=theme]")
        page.has("[data-option=theme]", "跟随系统")
        page.find(":root[data-theme=light]")
    finally:
        page.reset_looks()


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
    page.run("window.stays = true")
    move_to(world, "SELECT next_at + interval '1 second' FROM duban.clock WHERE case_no = %s", case)
    page.has(f"{row} .badge", "黄牌")
    page.has("#announcer", f"{case}：黄牌")
    move_to(world, "SELECT due_at + interval '1 second' FROM duban.clock WHERE case_no = %s", case)
    page.has(f"{row} .badge", "红牌")
    page.has(f"{row} .left-main", "今日超期")
    assert page.count(f"{row}.changed .shape") and page.run("return window.stays")
    page.has("#announcer", f"{case}：红牌")


def test_the_database_goes_and_comes_back(page):
    world = page.web.world
    page.log_in("boss").find(".cases tbody tr")
    page.has(".pill", "实时")
    world.cluster.restart(immediate=True)
    world.connection = world.cluster.connect(world.database)
    case = world.value("SELECT min(case_no) FROM duban.clock WHERE level = 'normal' AND state = 'running'")
    move_to(world, "SELECT due_at + interval '1 second' FROM duban.clock WHERE case_no = %s", case)
    page.run("location.hash = '#/board?q=' + arguments[0]", case)
    page.has(f'tr[data-case="{case}"] .badge', "红牌")
