"""The console as a person uses it: in a browser, and with plain requests as without scripts."""

import html
import http.cookiejar
import re
import urllib.error
import urllib.parse
import urllib.request

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from .waiting import PATIENCE

ADMIN = "console-admin"


class PlainConsole:
    """A browser that has no scripts: it follows links, and sends forms as they stand."""

    def __init__(self, server):
        self.base = f"{server.base_url}/admin"
        self.opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        self.page, self.status, self.url, self.fields = "", 0, "", {}

    def get(self, path):
        return self.send(urllib.request.Request(urllib.parse.urljoin(self.base + "/", path)))

    def post(self, action, fields, **headers):
        body = urllib.parse.urlencode(fields).encode()
        return self.send(urllib.request.Request(
            urllib.parse.urljoin(self.url, action), body, headers))

    def send(self, request):
        try:
            answer = self.opener.open(request, timeout=PATIENCE)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            self.page = answer.read().decode(errors="replace")
            self.status, self.url, self.fields = answer.status, answer.url, answer.headers
        return self

    def forms(self):
        """Every form of the page: its action, and its hidden fields."""
        found = []
        for form in re.findall(r"<form\b[^>]*>.*?</form>", self.page, re.S):
            action = html.unescape(re.search(r'action="([^"]*)"', form)[1])
            hidden = {
                html.unescape(re.search(r'name="([^"]*)"', field)[1]):
                    html.unescape(re.search(r'value="([^"]*)"', field)[1])
                for field in re.findall(r'<input\b[^>]*type="hidden"[^>]*>', form)}
            found.append((action, hidden))
        return found

    def submit(self, ending, **fields):
        """Sends the first form whose action ends so."""
        action, hidden = next(each for each in self.forms() if each[0].endswith(ending))
        return self.post(action, hidden | fields)

    def follow(self, label):
        """Follows the first link of that name."""
        for href, inside in re.findall(r'<a\b[^>]*?href="([^"]*)"[^>]*>(.*?)</a>', self.page, re.S):
            if html.unescape(re.sub("<[^>]*>", "", inside)).strip() == label:
                return self.get(urllib.parse.urljoin(self.url, html.unescape(href)))
        raise AssertionError(f"no link “{label}” on {self.url}")

    def sign_in(self, account, password):
        self.get("sign-in")
        return self.submit("/sign-in", account=account, password=password)

    @property
    def text(self):
        return html.unescape(re.sub(r"<[^>]*>", " ", self.page))


class BrowserConsole:
    """The console in a window of Chromium."""

    def __init__(self, window):
        self.window = window
        self.driver = window.driver

    def open(self, path=""):
        self.driver.get(f"{self.window.base_url}/admin/{path}")
        self.ready()
        return self

    def ready(self):
        self.window.wait(
            lambda: self.driver.find_elements(By.CSS_SELECTOR, "html[data-ready]"), "the page")

    def sign_in(self, account, password):
        self.open("sign-in")
        self.window.fill("#account", account)
        self.window.fill("#password", password + Keys.ENTER)
        self.window.find("nav.side, header.bar")
        self.ready()
        return self

    def rows(self):
        return self.driver.execute_script(
            "return [...document.querySelectorAll('tbody tr')].map((each) => each.innerText)")

    def wait_no_dialog(self):
        self.window.wait(
            lambda: not self.driver.find_elements(By.CSS_SELECTOR, "dialog"), "no dialog")

    def overflow(self):
        """By how many pixels the page is wider than its window."""
        return self.driver.execute_script(
            "return document.documentElement.scrollWidth - document.documentElement.clientWidth")
