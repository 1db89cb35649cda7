"""A browser without a face at the pages of a duban-web, looked at in ways that survive redraws."""

import base64
import shutil

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from harness.centre import ROOT
from harness.processes import wait_for
from harness.web import PASSWORD

DRIVER, CHROMIUM = shutil.which("chromedriver"), shutil.which("chromium")
AXE = ROOT / "tests/browser/node_modules/axe-core/axe.min.js"
RUN_AXE = """
    const [tags, done] = arguments;
    axe.run(document, {runOnly: tags, resultTypes: ['violations']}).then(
      ({violations}) => done(violations.flatMap(rule => rule.nodes.map(node =>
        `${rule.id}: ${node.target.join(' ')}: ${node.failureSummary}`))),
      error => done([String(error)]));"""
WAIT_S = 45  # for what comes at once, unless the machine is busy with other tests


def open_browser():
    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     "--window-size=1280,900", "--lang=zh-CN", "--hide-scrollbars"):
        options.add_argument(argument)
    options.binary_location = CHROMIUM
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(options=options, service=Service(DRIVER))


class Page:
    """A window of the browser at one duban-web."""

    def __init__(self, driver, web):
        self.driver, self.web = driver, web

    # Where to.

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

    # What is there. Read in one step: pages draw themselves anew at any time.

    def run(self, script, *values):
        return self.driver.execute_script(script, *values)

    def wait(self, condition, what):
        wait_for(condition, WAIT_S, what)

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def count(self, selector):
        return self.run("return document.querySelectorAll(arguments[0]).length", selector)

    def find(self, selector):
        self.wait(lambda: self.count(selector), selector)
        return self.all(selector)[0]

    def text(self, selector):
        return self.run(
            "return [...document.querySelectorAll(arguments[0])].map(e => e.innerText).join('\\n')", selector)

    def values(self, selector, attribute):
        return self.run("return [...document.querySelectorAll(arguments[0])].map(e => e.getAttribute(arguments[1]))",
                        selector, attribute)

    def has(self, selector, text):
        """Waits until an element of that kind shows the text."""
        self.wait(lambda: text in self.text(selector), lambda: f"'{text}' in {selector}: '{self.text(selector)}'")

    def lacks(self, selector):
        self.wait(lambda: not self.count(selector), f"no {selector}")

    def focus(self):
        return self.run("return document.activeElement.outerHTML")

    def complaints(self):
        """What the browser's console tells, but for requests that are refused on purpose."""
        return [entry["message"] for entry in self.driver.get_log("browser")
                if "Failed to load resource" not in entry["message"]]

    # Acts.

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
            except (StaleElementReferenceException, IndexError):
                return False
        self.wait(done, f"an act at {selector}")

    def press(self, *keys):
        """To whatever has the focus at that moment: an element looked up before may be gone."""
        for key in keys:
            ActionChains(self.driver).send_keys(key).perform()

    # How it looks.

    def set_size(self, width, height):
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})

    def set_scheme(self, scheme):
        """What the viewer's system prefers: light or dark."""
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce"}]})

    def violations(self):
        """What axe-core finds against WCAG 2.1 A and AA; nothing where axe-core isn't installed."""
        if not AXE.exists():
            return []
        if not self.run("return Boolean(window.axe)"):
            self.run(AXE.read_text(encoding="utf-8"))
        return self.driver.execute_async_script(RUN_AXE, ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"])

    def picture(self, name):
        """Keeps it in the build folder's screenshots/: of the whole page, as far as three screens
        reach; of a dialog, what is seen."""
        width, height = self.run("""
            const most = document.querySelector('dialog[open]') ? innerHeight : 3 * innerHeight;
            return [innerWidth, Math.min(document.documentElement.scrollHeight, most)];""")
        taken = self.driver.execute_cdp_cmd("Page.captureScreenshot", {
            "captureBeyondViewport": True, "clip": {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}})
        folder = self.web.world.programs.build / "screenshots"
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.png").write_bytes(base64.b64decode(taken["data"]))

    def reset_looks(self):
        self.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
