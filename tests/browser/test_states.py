"""What pages show before, instead of and without their data: designed states, in which they recover by themselves."""

from datetime import timedelta

import pytest

from harness.away import away
from harness.web import add_user

pytest.importorskip("selenium.webdriver", reason="python3-selenium isn't installed")
from harness.page import WAIT_S  # noqa: E402

SECOND = timedelta(seconds=1)
# Requests for /api/v1/PATH wait until `release()`, or are answered with `failing.status`.
HOLD = """
    const ask = fetch;
    window.held = [];
    window.holding = %s;
    window.failing = 0;
    window.release = () => { window.holding = null; for (const go of held.splice(0)) go(); };
    window.fetch = async (path, options) => {
      if (window.holding && path.startsWith('/api/v1/' + window.holding))
        await new Promise(go => held.push(go));
      if (window.failing && path.startsWith('/api/v1/'))
        return new Response('{"error": {"code": "internal", "message": "no"}}', {status: window.failing});
      return ask(path, options);
    };"""


@pytest.fixture
def before(page):
    """Runs a script in each page before its own."""
    added = []

    def add(script):
        told = page.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": script})
        added.append(told["identifier"])

    yield add
    for identifier in added:
        page.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", {"identifier": identifier})


def test_nothing_that_fits(page):
    page.log_in("boss").open("/#/board?q=nowhere").has(".state-title", "没有符合条件的办件")
    page.click("summary")
    page.find(".menu-list button")
    page.picture("state-empty")
    assert page.violations() == []
    page.click("summary")
    page.click(".filters button.quiet")
    page.find(".cases tbody tr")
    assert not page.count(".state")


def test_a_window_without_cases(page):
    world = page.web.world
    empty = world.value("""
        SELECT w.window_code FROM approval.window_desk w
         WHERE NOT EXISTS (SELECT FROM duban.clock c WHERE c.window_code = w.window_code
                                                       AND c.state IN ('running', 'suspended'))
         ORDER BY 1 LIMIT 1""")
    add_user(world, "idle", "window", empty)
    add_user(world, "idlehall", "wall", empty)
    page.log_in("idle").has(".urgent.calm", "今天没有紧急办件")
    page.has(".state-title", "没有在办办件")
    page.log_in("idlehall").has(".wall-empty", "当前没有在办办件")


def test_nothing_to_send(page):
    page.log_in("boss").open("/#/delivery").has("#main", "没有死信")
    page.has("#main", "全部正常")


def test_loading(page, before):
    before(HOLD % "'board'")
    page.log_in("boss").has(".skeleton[role=status]", "正在读取")
    assert page.values(".table-place", "aria-busy") == ["true"]
    assert set(page.text(".figure-count").splitlines()) == {"—"}
    page.picture("state-loading")
    assert page.violations() == []
    page.run("release()")
    page.find(".cases tbody tr")
    assert not page.count(".skeleton")
    page.lacks("[aria-busy]")


def test_an_error_before_there_are_data(page, before):
    before(HOLD % "'overview'")
    page.log_in("boss").open("/#/overview")
    page.wait(lambda: page.run("return held.length"), "the request")
    page.run("failing = 503; release()")
    page.has("[role=alert]", "暂时读不到数据")
    page.has("[role=alert] .waiting", "秒后重试")
    page.picture("state-error")
    assert page.violations() == []
    page.run("failing = 0")
    page.find(".heat")  # it has tried again
    assert not page.count("[role=alert]:not([hidden])")


def test_an_error_that_does_not_pass(page, before):
    before(HOLD % "'delivery'")
    page.log_in("boss").open("/#/delivery")
    page.wait(lambda: page.run("return held.length"), "the request")
    page.run("failing = 500; release()")
    page.has("[role=alert]", "出错了")
    assert not page.count(".waiting button")


def test_an_error_beside_data(page, before):
    before(HOLD % "null")
    page.log_in("boss").find(".cases tbody tr")
    page.run("failing = 503")
    page.click("[data-figure=red]")
    page.has(".notice[role=alert]", "暂时读不到数据")
    assert page.count(".table-place.stale .cases tbody tr")
    page.picture("state-error-beside-data")
    page.run("failing = 0")
    page.run("document.querySelector('.notice button').click()")  # unless it has tried again by itself
    page.lacks(".table-place.stale")
    assert not page.count(".notice.bad:not([hidden])")


def test_the_database_is_away(page):
    world = page.web.world
    page.log_in("boss").has(".pill-text", "实时")
    page.run("window.stays = true")
    with away(world, "duban_web"):
        page.has(".pill-text", "数据库暂不可用")
        page.has("#connection", "数据库暂不可用，显示的是")
        told = page.text("#connection")
        page.wait(lambda: page.text(".pill-age").strip() not in ("数据 0秒前", "数据 1秒前"), "an age that grows")
        assert page.text("#connection") == told  # the time of the data stands
        assert page.count("main.stale .cases tbody tr")
        assert page.violations() == []
    page.has(".pill-text", "实时")
    page.lacks("main.stale")
    assert page.text("#connection") == "" and page.run("return window.stays")


def test_the_database_is_away_at_first(page):
    world = page.web.world
    page.log_in("boss")
    with away(world, "duban_web"):
        page.web.wait_for(lambda: "暂时无法连接数据库" in page.open("/").text("main"), WAIT_S, "the page that waits")
        assert page.violations() == []
    page.find(".cases tbody tr")


@pytest.fixture
def stopped(page):
    """Stops the server for as long as the block lasts."""
    web = page.web

    class Stopped:
        def __enter__(self):
            web.term()

        def __exit__(self, *_):
            web.start()

    yield Stopped()
    if not web.is_running():
        web.start()


def test_the_server_is_away(page, stopped):
    page.log_in("boss").has(".pill-text", "实时")
    rows = page.values(".cases tbody tr", "data-case")
    page.run("window.stays = true")
    with stopped:
        page.has("#connection", "连接中断，显示的是")
        page.picture("state-lost")
        assert page.values(".cases tbody tr", "data-case") == rows
    page.has(".pill-text", "实时")
    page.lacks("main.stale")
    assert page.text("#connection") == "" and page.run("return window.stays")


def test_the_server_is_away_for_the_wall(page, stopped):
    page.log_in("hall").open("/wall?seconds=2").find(".wall-table tbody tr")
    page.run("window.stays = true")
    with stopped:
        page.has(".wall-age", "连接中断，显示的是")
        assert page.count("#wall.stale .wall-table tbody tr")
        page.picture("state-lost-wall")
        assert page.violations() == []
    page.lacks("#wall.stale")
    page.has(".wall-age", "更新")
    assert page.run("return window.stays")


def test_the_wall_in_a_window_of_another_size(page):
    page.log_in("hall").open("/wall?seconds=300").find(".wall-table tbody tr")
    before = page.count(".wall-table tbody tr")
    try:
        page.set_size(1280, 500)
        page.wait(lambda: 0 < page.count(".wall-table tbody tr") < before, "fewer rows")
    finally:
        page.reset_looks()


NOTICES = """(() => {
    if (location.protocol !== 'http:')
      return;
    window.shown = JSON.parse(sessionStorage.getItem('shown') ?? '[]');
    window.tones = 0;
    const permission = '%s';
    window.Notification = class {
      static permission = sessionStorage.getItem('permission') ?? 'default';
      static async requestPermission() {
        sessionStorage.setItem('permission', permission);
        return Notification.permission = permission;
      }
      constructor(title, {body}) { shown.push(`${title}: ${body}`); window.last = this; }
    };
    const part = () => ({frequency: {setValueAtTime() {}}, gain: {setValueAtTime() {}, exponentialRampToValueAtTime() {}},
                         connect: other => other, start() { tones++; }, stop() {}});
    window.AudioContext = class {
      currentTime = 0;
      createOscillator = part;
      createGain = part;
    };
    })()"""


def next_at(world, level):
    """Which case gets this level next, and when."""
    column = {"yellow": "next_at", "red": "due_at"}[level]
    below = {"yellow": "normal", "red": "yellow"}[level]
    return world.rows(f"""
        SELECT case_no, {column} FROM duban.clock
         WHERE level = %s AND state = 'running' AND {column} > duban.now()
         ORDER BY {column}, case_no LIMIT 1""", (below,))[0]


def test_notifications_and_sound(page, before):
    world = page.web.world
    before(NOTICES % "granted")
    case, at = next_at(world, "yellow")
    page.log_in("boss").open(f"/#/board?q={case}").has(f'tr[data-case="{case}"] .badge', "正常")
    page.has(".pill-text", "实时")
    world.set_now((at + SECOND).isoformat())
    page.has("#announcer", f"{case}：黄牌")  # said, but not aloud
    assert page.run("return [shown.length, tones]") == [0, 0]
    page.click("summary")
    page.click("[data-option=notify]")
    page.has("[data-option=notify]", "桌面提醒：开")
    page.click("[data-option=sound]")
    page.has("[data-option=sound]", "声音：开")
    assert page.run("return tones") == 1  # so that one knows it
    page.open().has(".pill-text", "实时")  # the choice stays
    case, at = next_at(world, "red")
    world.set_now((at + SECOND).isoformat())
    page.wait(lambda: page.run("return shown.length"), "a notification")
    shown, tones = page.run("return [shown, tones]")
    assert tones == 1
    assert shown[0] == f"督办: {case}：红牌" or "件办件的级别有变化" in shown[0], shown  # others may be due at once
    page.run("last.onclick()")
    page.wait(lambda: page.driver.current_url.endswith((f"#/case/{case}", "#/")), "where it leads")
    page.run("localStorage.clear()")


def test_notifications_that_the_browser_forbids(page, before):
    before(NOTICES % "denied")
    page.log_in("boss").has(".pill-text", "实时")
    page.run("sessionStorage.clear()")
    page.open().has(".pill-text", "实时")
    page.click("summary")
    page.click("[data-option=notify]")
    page.has("#toast", "浏览器不允许桌面提醒")
    page.has("[data-option=notify]", "桌面提醒：关")


# What the server says of a path, changed by `change(body)`.
AMEND = """(() => {
    const ask = fetch;
    const change = %s;
    window.fetch = async (path, options) => {
      const response = await ask(path, options);
      if (!path.startsWith('/api/v1/%s') || path.includes('explanation'))
        return response;
      return new Response(JSON.stringify(change(await response.json())));
    };
    })()"""

COURSE = """body => {
    for (const message of body.messages)
      Object.assign(message, {
        tries: [{number: 1, at: '2026-06-01T03:00:00Z', verdict: 'temporary', code: 503, detail: 'try later', took_ms: 12},
                {number: 2, at: '2026-06-01T03:00:30Z', verdict: 'accepted', code: 202, detail: '', took_ms: 8}],
        receipts: [{at: '2026-06-01T03:00:10Z', reported_at: null, status: 'failed', code: 'E17', detail: 'no such number'}]});
    return body;
    }"""


def test_the_course_of_a_message(page, before):
    world = page.web.world
    case = world.value("""
        SELECT min(e.case_no) FROM duban.event e JOIN duban.notification n ON n.event = e.id WHERE e.kind = 'red'""")
    before(AMEND % (COURSE, "cases/"))
    page.log_in("boss").open(f"/#/case/{case}").has(".messages .course summary", "发送经过（3）")
    assert not page.count(".course details[open]")
    page.click(".course summary")
    page.find(".course details[open] li")
    page.picture("messages-open")
    steps = page.text(".course details[open] ol").splitlines()
    assert [next(word for word in ("第1次：暂时失败", "回执：未能送达", "第2次：网关已接收", "?") if word in step or word == "?")
            for step in steps] == ["第1次：暂时失败", "回执：未能送达", "第2次：网关已接收"]  # in the order of time
    assert "代码 503" in steps[0] and "try later" in steps[0] and "E17" in steps[1]


def test_all_items_can_be_chosen(page):
    world = page.web.world
    code, name, cases = world.rows("""
        SELECT c.item_code, i.name, count(DISTINCT c.case_no) FROM duban.clock c JOIN duban.item i ON i.code = c.item_code
         WHERE c.state IN ('running', 'suspended') GROUP BY 1, 2 ORDER BY 3 DESC, 1 LIMIT 1""")[0]
    page.log_in("boss").has("[name=item]", f"{name} ({cases})")
    page.at(f'[name=item] option[value="{code}"]', lambda option: option.click())
    page.wait(lambda: page.count(".cases tbody tr") == cases, f"the {cases} cases of {name}")
    assert f"item={code}" in page.driver.current_url
    assert set(page.text(".item-name").splitlines()) == {name}


def test_the_server_counts_what_is_due_today(page, before):
    before(AMEND % ("body => ({...body, due_today: 1234})", "board"))
    page.log_in("win").has(".urgent-figures", "1,234")


def test_data_that_are_old_say_so(page, before):
    before(AMEND % ("body => ({...body, counted_at: '2026-05-31T02:05:00Z'})", "board"))
    page.log_in("boss").has(".notice[role=status]", "数据截至 10:05")
    page.picture("state-old")
    page.find(".cases tbody tr")
    assert page.violations() == []
    page.log_in("win").has(".notice[role=status]", "数据截至 10:05")
