"""The administrators' console: with a browser, and as without scripts."""

import re
import urllib.request

import pytest
from selenium.webdriver.common.keys import Keys

from conftest import PASSWORD
from harness import axe, waiting
from harness.console import ADMIN, BrowserConsole, PlainConsole
from harness.slix import Clients, run

PAGES = ["overview", "accounts", "sessions", "listeners", "supervision", "configuration", "log",
         "commands"]


@pytest.fixture(scope="session")
def admin(server):
    return server.register(ADMIN, PASSWORD)


@pytest.fixture
def plain(server, admin):
    console = PlainConsole(server)
    assert console.sign_in(admin, PASSWORD).status == 200
    return console


@pytest.fixture
def console(browser, admin):
    def open_console(**options):
        return BrowserConsole(browser(**options)).sign_in(admin, PASSWORD)
    return open_console

# Without scripts

def test_what_a_link_says_is_not_what_the_console_says(plain, admin):
    # Who makes a link must not choose the heading, the button or a secret of what it leads to.
    plain.get("run/change_password?a-user=" + ADMIN + "&a-host=localhost&a-newpass=chosen-for-you"
              "&title=Your+session+has+expired&label=Continue")
    assert "Your session has expired" not in plain.text
    assert "Continue" not in plain.text
    assert 'value="chosen-for-you"' not in plain.page


def test_an_account_lives_and_dies_without_scripts(plain, run_name):
    name = f"plain-{run_name}"
    plain.get("accounts?host=localhost").follow("New account")
    plain.submit("/run/register", **{"a-user": name, "a-password": "first secret"})
    assert plain.status == 200 and "The account is there." in plain.text
    plain.get(f"accounts?host=localhost&q={name}")
    assert name in plain.text and "Active" in plain.text
    plain.follow("Password").submit("/run/change_password", **{"a-newpass": "second secret"})
    assert "The password is changed." in plain.text
    plain.get(f"accounts?host=localhost&q={name}").follow("Disable")
    plain.submit("/run/ban_account")
    plain.get(f"accounts?host=localhost&q={name}")
    assert "Disabled" in plain.text
    plain.submit("/run/unban_account")
    plain.get(f"accounts?host=localhost&q={name}")
    assert "Active" in plain.text
    plain.follow(name).follow("Delete").submit("/run/unregister")
    plain.get(f"accounts?host=localhost&q={name}")
    assert "No account matches" in plain.text


def test_a_session_is_kicked_without_scripts(plain, server, account):
    romeo_jid = account("romeo")

    async def scenario():
        async with Clients(server) as clients:
            romeo = await clients(romeo_jid, PASSWORD)
            ended = []
            romeo.add_event_handler("disconnected", ended.append)
            plain.get(f"sessions?host=localhost&q={romeo_jid}")
            assert romeo_jid in plain.text and "127.0.0.1" in plain.text
            plain.follow("Kick").submit("/run/kick_session")
            assert "The session is ended." in plain.text
            await waiting.until_async(lambda: ended, "the end of the stream")
            plain.get(f"sessions?host=localhost&q={romeo_jid}")
            assert "No session matches" in plain.text or "Nobody is connected" in plain.text

    run(scenario())


def test_the_configuration_is_checked_and_reloaded(plain):
    plain.get("configuration").submit("/run/check_config")
    assert "the configuration is good" in plain.text
    plain.get("configuration").follow("Reload").submit("/run/reload_config")
    assert "Nothing has changed." in plain.text


@pytest.mark.own_server
def test_a_mistake_in_the_configuration_is_shown_with_its_line(own_server):
    own_server.register(ADMIN, PASSWORD)
    console = PlainConsole(own_server)
    console.sign_in(f"{ADMIN}@localhost", PASSWORD)
    lines = own_server.config.read_text().splitlines()
    lines.insert(5, "loglevle: info")
    own_server.config.write_text("\n".join(lines) + "\n")
    console.get("configuration").follow("Reload").submit("/run/reload_config")
    assert console.status == 422
    assert "martlet.yml:6" in console.text and "loglevel" in console.text
    console.get("overview")
    assert console.status == 200


def test_what_guards_the_console(server, plain):
    for path in PAGES:
        plain.get(path)
        assert plain.status == 200
        policy = plain.fields["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy
        assert plain.fields["X-Frame-Options"] == "DENY"
        assert plain.fields["Cache-Control"] == "no-store"
        assert not re.search(r"\sstyle=|\son[a-z]+=|<style|javascript:", plain.page)
    action, hidden = next(each for each in plain.get("accounts").forms()
                          if each[0].endswith("/sign-out"))
    assert plain.post(action, hidden, Origin="https://evil.example").status == 403
    assert plain.post(action, hidden | {"csrf": "x"}).status == 403
    assert plain.post(action, hidden, **{"Sec-Fetch-Site": "same-site"}).status == 403
    assert plain.get("overview").status == 200 and plain.url.endswith("overview")
    assert plain.post(action, hidden).url.endswith("/sign-in")
    assert plain.get("overview").url.endswith("/sign-in?next=overview")
    request = urllib.request.Request(
        f"{server.base_url}/admin/overview", headers={"Authorization": "Basic YTpi"})
    with urllib.request.urlopen(request) as answer:
        assert answer.url.endswith("/sign-in?next=overview")
        assert "WWW-Authenticate" not in answer.headers


def test_the_log_is_kept_as_a_file(plain):
    plain.get("log").follow("Download")
    assert "attachment" in plain.fields["Content-Disposition"]
    assert "console sign-in" in plain.page


# In a browser

def test_making_an_account_in_a_dialog_and_filtering_as_one_types(console, run_name):
    console = console()
    window = console.window
    console.open("accounts?host=localhost")
    window.click("a[data-ask]")
    window.find("dialog[open]")
    name = f"dialog-{run_name}"
    window.fill("dialog input[name=a-user]", name)
    window.fill("dialog input[name=a-password]", "a long secret\n")
    window.wait_text(".notice", "The account is there.")
    window.find("#q-q").send_keys(name)
    window.wait(lambda: len(console.rows()) == 1 and name in console.rows()[0], "one row")
    assert f"q={name}" in console.driver.current_url
    assert window.console_errors() == []


def test_the_list_of_sessions_follows(console, server, account):
    juliet = account("juliet")
    console = console()
    console.open(f"sessions?host=localhost&q={juliet}")
    assert console.rows() == []

    async def scenario():
        async with Clients(server) as clients:
            await clients(juliet, PASSWORD)
            await waiting.until_async(
                lambda: any(juliet in row for row in console.rows()), "the session in the list")

    run(scenario())
    console.window.wait(lambda: console.rows() == [], "an empty list")
    assert console.window.console_errors() == []


def test_a_list_that_follows_leaves_the_focus_where_it_is(console, server, account):
    juliet, romeo = account("juliet"), account("romeo")
    console = console()

    async def scenario():
        async with Clients(server) as clients:
            await clients(juliet, PASSWORD)
            console.open("sessions?host=localhost")
            console.driver.execute_script(
                "document.querySelector(`[aria-label^='Kick: ${arguments[0]}']`).focus()", juliet)
            await clients(romeo, PASSWORD)
            await waiting.until_async(
                lambda: any(romeo in row for row in console.rows()), "the other session")
            label = console.driver.switch_to.active_element.get_attribute("aria-label")
            assert label.startswith(f"Kick: {juliet}")

    run(scenario())


def test_rows_are_put_in_order(console):
    console = console()
    console.open("commands")
    names = [row.split()[0] for row in console.rows()]
    click = "[...document.querySelectorAll('.sort')].find((each) => each.textContent === %r).click()"
    console.driver.execute_script("return " + click % "Command")
    assert [row.split()[0] for row in console.rows()] == sorted(names)
    console.driver.execute_script("return " + click % "Command")
    assert [row.split()[0] for row in console.rows()] == sorted(names, reverse=True)
    order = console.driver.execute_script(
        "return document.querySelector('thead th').getAttribute('aria-sort')")
    assert order == "descending"


def test_a_page_says_when_the_server_is_away(server, admin, browser_for, line):
    console = BrowserConsole(browser_for(line)).sign_in(admin, PASSWORD)
    console.open("log")
    line.cut()
    console.window.wait_text(".word", "No answer from the server")
    line.mend()
    console.window.wait_text(".word", "answers again")


def test_what_cannot_be_undone_is_not_one_key_away(console):
    console = console()
    console.open("accounts?host=localhost&q=console")
    console.window.click("a.bad[data-ask]")
    console.window.find("dialog[open]")
    assert console.driver.switch_to.active_element.text == "Cancel"
    console.driver.switch_to.active_element.send_keys(Keys.ENTER)
    console.wait_no_dialog()
    assert "Delete" in console.driver.switch_to.active_element.text


def test_values_are_read_off_a_chart(console):
    console = console()
    console.open("overview").window.find(".chart svg")
    # All in one go: new figures draw the chart anew.
    shown = console.driver.execute_script("""
        const drawing = document.querySelector('.chart svg');
        const box = drawing.getBoundingClientRect();
        const look = () => [document.querySelectorAll('.chart .at').length,
          document.querySelector('.legend .when').checkVisibility()];
        drawing.dispatchEvent(new PointerEvent('pointermove', {
          bubbles: true, clientX: box.right - 20, clientY: box.top + box.height / 2 }));
        const over = look();
        document.body.dispatchEvent(new PointerEvent('pointermove', { bubbles: true }));
        return [over, look()];""")
    assert shown == [[1, True], [0, False]]


def test_the_log_pauses(console):
    console = console()
    console.open("log")
    console.window.click("[data-pause]")
    console.window.wait_text("[data-pause]", "Go on")


def test_colours_are_chosen_and_stay(console):
    console = console()
    console.window.click("button[value=dark]")
    console.window.wait(
        lambda: console.driver.execute_script(
            "return getComputedStyle(document.body).backgroundColor") == "rgb(12, 17, 25)", "dark")
    console.open("accounts")
    theme = console.driver.execute_script("return document.documentElement.dataset.theme")
    assert theme == "dark"
    console.window.click("button[value=system]")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360], ids=["desk", "phone"])
def test_pages_are_accessible_and_fit(console, server, account, width, dark):
    juliet = account("juliet")
    console = console(width=width, height=800, dark=dark)
    window = console.window
    look = f"{'phone' if width < 600 else 'desk'}-{'dark' if dark else 'light'}"

    async def scenario():
        async with Clients(server) as clients:
            await clients(juliet, PASSWORD)
            found = []
            for page in PAGES + [f"account?jid={juliet}", "account?jid=nobody@localhost",
                                 "accounts?q=nobody-at-all", "log?q=never-logged",
                                 "configuration?show=all", "run/register?a-host=localhost",
                                 "run/unregister?a-user=x&a-host=localhost&tone=bad"]:
                console.open(page)
                window.screenshot(f"console-{look}-{re.sub('[^a-z]+', '-', page)}")
                assert console.overflow() <= 0, f"{page} is too wide"
                found += [f"{page}: {line}" for _, line in axe.findings(window)]
            assert found == []

    run(scenario())
    assert [each for each in window.console_errors() if "nobody@localhost" not in each] == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360], ids=["desk", "phone"])
def test_dialogs_and_failures_are_accessible(console, width, dark):
    console = console(width=width, height=800, dark=dark)
    window, found = console.window, []
    console.open("accounts?host=localhost&q=console")
    for opener in ("a.good[data-ask]", "a.bad[data-ask]"):
        window.click(opener)
        window.find("dialog[open]")
        found += [f"{opener}: {line}" for _, line in axe.findings(window)]
        window.click("dialog [data-close]")
        console.wait_no_dialog()
    console.open("run/change_password?a-user=nobody&a-host=localhost&title=Password")
    window.fill("input[type=password]", "a long secret\n")
    window.find("[role=alert]")
    found += [f"a failed command: {line}" for _, line in axe.findings(window)]
    assert found == []
    assert console.overflow() <= 0


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_chosen_against_the_system_are_accessible(console, theme):
    console = console(dark=theme == "light")
    console.window.click(f"button[value={theme}]")
    found = []
    for page in PAGES:
        console.open(page)
        found += [f"{page}: {line}" for _, line in axe.findings(console.window)]
    assert found == []
    scheme = console.driver.execute_script(
        "return getComputedStyle(document.documentElement).colorScheme")
    assert scheme == theme
    console.window.click("button[value=system]")


def test_text_of_double_size_still_fits(console):
    """WCAG 1.4.4: a desktop at 200 %."""
    console = console(width=640, height=400)
    for page in PAGES:
        assert console.open(page).overflow() <= 0, f"{page} is too wide"


def test_nothing_moves_for_those_who_do_not_want_it(console):
    console = console()
    console.window.command("Emulation.setEmulatedMedia", features=[
        {"name": "prefers-reduced-motion", "value": "reduce"}])
    console.open("accounts")
    moving = console.driver.execute_script(
        "return [...document.querySelectorAll('*')].filter((each) =>"
        " /[1-9]/.test(getComputedStyle(each).transitionDuration)).length")
    assert moving == 0


def test_the_style_needs_no_browser_of_these_days(plain):
    """Colours in plain hexadecimal digits, which browsers knew long before `light-dark()`."""
    plain.get("overview")
    for name in ("console.css", "dark.css"):
        address = re.search(rf'href="([^"]*{name})"', plain.page)[1]
        style = plain.get(address).page
        assert "--ground: #" in style
        assert "light-dark(" not in style and "color-mix(" not in style
        plain.get("overview")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_door_is_accessible(browser, dark):
    window = browser(width=360, dark=dark)
    console = BrowserConsole(window).open("sign-in")
    window.screenshot(f"console-door-{'dark' if dark else 'light'}")
    assert axe.findings(window) == []
    assert console.overflow() <= 0


def test_the_menu_of_a_phone_opens_and_leads_on(console):
    console = console(width=360)
    window = console.window
    assert not window.is_shown("#menu")
    window.click("[popovertarget=menu]")
    window.find("#menu")
    window.screenshot("console-phone-menu")
    window.click('#menu a[href$="/sessions"]')
    window.wait(lambda: console.driver.title.startswith("Sessions"), "the sessions")


def test_everything_is_reached_by_keyboard(console):
    console = console()
    console.open("accounts?host=localhost")
    seen = []
    for _ in range(40):
        focused = console.driver.switch_to.active_element
        focused.send_keys(Keys.TAB)
        active = console.driver.switch_to.active_element
        seen.append(active.get_attribute("outerHTML")[:600])
    assert "Skip to the content" in seen[0]
    for part in ('/admin/sessions"', 'id="q-q"', 'data-ask', 'value="dark"'):
        assert any(part in each for each in seen), part
