"""The web chat in a real, headless Chromium, driven the way a person uses it."""

import pathlib

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException, WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select

from . import waiting


# What a browser logs when a page asks for something that a server does not have to have.
EXPECTED_ERRORS = ("favicon", "/.well-known/host-meta", "/api/openapi.json",
                   "WebSocket connection to")


class Browser:
    """One window with nothing remembered from another; `album` is where its pictures go, if any."""

    def __init__(self, driver, base_url, album=None, width=1200, height=800, dark=False):
        self.driver = driver
        self.base_url = base_url
        self.album = album
        self.command("Emulation.setDeviceMetricsOverride", width=width, height=height,
                     deviceScaleFactor=1, mobile=width < 600)
        self.command("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def command(self, name, **arguments):
        self.driver.execute_cdp_cmd(name, arguments)

    def forget(self):
        """Leaves the page and everything it stored, for the next test."""
        self.set_network(True)
        self.driver.get("about:blank")
        self.command("Storage.clearDataForOrigin", origin=self.base_url, storageTypes="all")
        self.driver.get_log("browser")

    # Finding and waiting

    def open(self, path="/chat/"):
        self.driver.get(self.base_url + path)
        if path.startswith("/chat"):
            self.wait(lambda: self.driver.find_elements(By.CSS_SELECTOR, "html[data-ready]"),
                      "the chat page to be ready")
        return self

    def wait(self, condition, what):
        try:
            return waiting.until(condition, what, pause=0.05)
        except TimeoutError:
            raise TimeoutError(f"waited for {what}; on the page: {self.page_text()}") from None

    def find(self, selector):
        """The first visible element, as soon as there is one."""
        def visible():
            found = self.driver.find_elements(By.CSS_SELECTOR, selector)
            try:
                return next((each for each in found if each.is_displayed()), None)
            except StaleElementReferenceException:
                return None  # Redrawn meanwhile.
        return self.wait(visible, selector)

    def is_shown(self, selector):
        while True:
            try:
                return any(each.is_displayed()
                           for each in self.driver.find_elements(By.CSS_SELECTOR, selector))
            except StaleElementReferenceException:
                continue  # Redrawn meanwhile.

    def wait_gone(self, selector):
        self.wait(lambda: not self.is_shown(selector), f"no {selector}")

    def text(self, selector):
        """The text of an element, '' while it is not there; it may be redrawn at any moment."""
        return self.driver.execute_script(
            "return document.querySelector(arguments[0])?.innerText ?? ''", selector)

    def wait_text(self, selector, part):
        return self.wait(lambda: part in self.text(selector), f"“{part}” in {selector}")

    def page_text(self):
        return self.driver.execute_script("return document.body.innerText")[-600:]

    def click(self, selector):
        """Clicks once; what was redrawn between finding and clicking is found again."""
        def clicked():
            return self.driver.execute_script(
                "const found = [...document.querySelectorAll(arguments[0])]"
                ".find((each) => each.checkVisibility() && !each.disabled);"
                "found?.click(); return Boolean(found)", selector)
        self.wait(clicked, f"something to click at {selector}")

    def fill(self, selector, text):
        field = self.find(selector)
        field.clear()
        field.send_keys(text)

    def screenshot(self, name):
        if self.album:
            self.save_screenshot(self.album, name)

    def save_screenshot(self, folder, name):
        self.driver.save_screenshot(str(pathlib.Path(folder) / f"{name}.png"))

    # What a person does in the chat

    def sign_in(self, jid, password, succeeds=True, transport=None):
        """`transport`: `websocket` or `bosh` to allow no other."""
        self.open()
        if transport:
            self.choose_transport(transport)
        self.fill("#signin-jid", jid)
        self.fill("#signin-password", password + Keys.ENTER)
        if succeeds:
            self.wait_online()
        return self

    def choose_transport(self, kind):
        """On the entrance."""
        if not self.is_shown("#signin-transport"):
            self.click("#signin-options summary")
        Select(self.find("#signin-transport")).select_by_value(kind)

    def wait_lost(self):
        """Until the person is told that there is no connection."""
        self.wait(lambda: self.connection() in ("waiting", "connecting"), "the loss to be noticed")
        self.find("#connection-banner")

    def wait_online(self):
        self.wait(lambda: self.is_shown("#chat") and self.connection() == "online",
                  "the web chat to be online")

    def connection(self):
        return self.driver.execute_script("return document.documentElement.dataset.connection")

    def contact(self, jid):
        """`show` of a contact in the list, or None."""
        return self.driver.execute_script(
            "return [...document.querySelectorAll('.contact')]"
            ".find((each) => each.dataset.jid === arguments[0])?.dataset.show ?? null", jid)

    def wait_contact(self, jid, show):
        self.wait(lambda: self.contact(jid) == show, f"{jid} to be {show}")

    def add_contact(self, jid):
        self.click("#add-contact")
        self.fill("#add-jid", jid + Keys.ENTER)
        self.wait_gone("#add-dialog")

    def answer_request(self, jid, action):
        self.click(f'#request-list [data-jid="{jid}"] [data-action="{action}"]')

    def open_conversation(self, jid):
        self.click(f'.contact[data-jid="{jid}"]')
        self.find("#composer-text")

    def begin_conversation(self, jid):
        """With somebody new."""
        self.add_contact(jid)
        self.open_conversation(jid)

    def say(self, text):
        self.find("#composer-text").send_keys(text + Keys.ENTER)

    def messages(self):
        """Every message of the open conversation: dictionaries of text, own, state, delayed."""
        return self.driver.execute_script(
            "return [...document.querySelectorAll('.message')].map((each) => ({"
            " text: each.querySelector('.text')?.textContent ?? '',"
            " own: each.classList.contains('own-message'), state: each.dataset.state,"
            " delayed: Boolean(each.querySelector('.delayed')),"
            " problem: each.querySelector('.failure')?.innerText ?? '' }))")

    def wait_message(self, text, **facts):
        def found():
            return next((each for each in self.messages() if each["text"] == text
                         and all(each[name] == value for name, value in facts.items())), None)
        return self.wait(found, f"the message “{text}” {facts or ''}")

    def set_presence(self, show, status):
        Select(self.find("#own-show")).select_by_value(show)
        self.fill("#own-status", status + Keys.ENTER)

    def set_network(self, is_there):
        """Plugs the network cable of this window in or out."""
        self.command("Network.enable")
        self.command("Network.emulateNetworkConditions", offline=not is_there, latency=0,
                     downloadThroughput=-1, uploadThroughput=-1)

    def sign_out(self):
        self.click("#sign-out")
        self.find("#signin")

    def transport(self):
        return self.driver.execute_script("return document.documentElement.dataset.transport")

    def console_errors(self):
        """Errors of scripts and of the content security policy."""
        return [entry["message"] for entry in self.driver.get_log("browser")
                if entry["level"] == "SEVERE"
                and not any(word in entry["message"] for word in EXPECTED_ERRORS)]


class Drivers:
    """Chromium processes, used again by test after test: starting one takes seconds."""

    def __init__(self):
        self.free = []

    def take(self):
        if self.free:
            return self.free.pop()
        driver = webdriver.Chrome(options=options(), service=Service("/usr/bin/chromedriver"))
        driver.set_page_load_timeout(waiting.PATIENCE)
        driver.set_script_timeout(waiting.PATIENCE)
        return driver

    def give_back(self, window):
        try:
            window.forget()
        except WebDriverException:
            window.driver.quit()
        else:
            self.free.append(window.driver)

    def quit(self):
        for driver in self.free:
            driver.quit()


def options():
    chosen = webdriver.ChromeOptions()
    chosen.binary_location = "/usr/bin/chromium"
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu",
                     "--no-first-run", "--disable-extensions", "--disable-background-networking",
                     "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost"):
        chosen.add_argument(argument)
    chosen.accept_insecure_certs = True  # Those of the tests are signed by themselves.
    chosen.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return chosen
