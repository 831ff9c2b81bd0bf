"""The web pages for people who see, hear or move differently: axe-core, keyboard, phone, motion."""

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from conftest import PASSWORD
from harness import axe
from harness.scenes import do, meet

LOOKS = pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
SIZES = pytest.mark.parametrize("size", [(1200, 800), (360, 740)], ids=["desktop", "phone"])


@pytest.fixture
def look(browser, dark, size):
    """A window of that size, in light or dark."""
    width, height = size
    return browser(width=width, height=height, dark=dark)


def check(window, place, dark, size):
    window.screenshot(f"axe-{place}-{size[0]}-{'dark' if dark else 'light'}")
    axe.check(window, place)


@LOOKS
@SIZES
def test_the_landing_page(look, dark, size):
    check(look.open("/"), "landing", dark, size)


@LOOKS
@SIZES
def test_the_entrance_and_registration(look, server, dark, size):
    window = look.open()
    window.click("#signin-options summary")
    check(window, "entrance", dark, size)
    window.click("#signin-submit")
    window.wait_text("#signin-error", "Please enter an address")
    check(window, "entrance-refused", dark, size)
    window.click("#register-open")
    check(window, "registration-server", dark, size)
    window.fill("#register-domain", server.domain + Keys.ENTER)
    window.find("#register-field-username")
    check(window, "registration-form", dark, size)


@LOOKS
@SIZES
def test_the_chat_and_its_dialogs(look, account, browser_for, line, server, dark, size):
    romeo, juliet = account("romeo"), account("juliet")
    width, height = size
    other = look.sign_in(romeo, PASSWORD)
    window = browser_for(line, width=width, height=height, dark=dark).sign_in(juliet, PASSWORD)
    check(window, "chat-empty", dark, size)

    window.click("#add-contact")
    window.fill("#add-jid", "no address" + Keys.ENTER)
    window.wait_text("#add-error", "Please enter an address")
    check(window, "dialog-add", dark, size)
    window.click("#add-cancel")
    window.click("#connection-open")
    check(window, "dialog-connection", dark, size)
    window.click("#connection-dialog .primary")

    other.add_contact(juliet)
    window.find("#request-list li")
    check(window, "request", dark, size)
    window.answer_request(romeo, "approve")
    other.wait_contact(juliet, "online")
    other.open_conversation(juliet)
    other.say("Juliet, http://localhost/window and all")
    window.wait_text(".unread", "1")
    check(window, "unread", dark, size)
    window.open_conversation(romeo)
    window.say("three words, dear Romeo")
    window.wait_message("three words, dear Romeo", state="delivered")
    other.find("#composer-text").send_keys("Sw")
    window.wait_text("#typing", "typing")
    check(window, "conversation", dark, size)

    line.cut()
    window.say("and good night indeed")
    window.wait_lost()
    check(window, "lost", dark, size)
    line.mend()
    window.wait_online()
    window.click("#peer-remove")
    check(window, "dialog-confirm", dark, size)
    window.click("#confirm-no")
    if window.is_shown("#back"):
        window.click("#back")
    nobody = f"nobody@{server.domain}"
    window.begin_conversation(nobody)
    window.say("anyone?")
    window.wait_message("anyone?", state="failed")
    check(window, "failed", dark, size)


@LOOKS
@SIZES
def test_files_in_a_conversation(meeting, dark, size):
    async def scenario(window, juliet, romeo):
        await meet(window, juliet, romeo)
        for url in ("https://example.org/window.png", "https://example.org/letter.pdf"):
            message = romeo.make_message(mto=juliet, mbody=url, mtype="chat")
            romeo.register_plugin("xep_0066")
            message["oob"]["url"] = url
            message.send()
            await do(window.wait_message, url)
        await do(window.say, "https://example.org/my%20window.png")
        await do(check, window, "files", dark, size)

    meeting(scenario, width=size[0], height=size[1], dark=dark)


def focused(window):
    return window.driver.switch_to.active_element


def tab(window):
    """Moves on with the Tab key; returns the id (or class) of what has the focus then."""
    focused(window).send_keys(Keys.TAB)
    element = focused(window)
    return element.get_attribute("id") or element.get_attribute("class")


def test_the_focus_goes_through_the_entrance_in_reading_order(browser):
    window = browser().open()
    assert focused(window).get_attribute("id") == "signin-jid"
    assert [tab(window) for _ in range(3)] == [
        "signin-password", "signin-remember", "signin-submit"]


def test_the_focus_goes_through_the_chat_in_reading_order_and_can_be_seen(account, browser):
    window = browser().sign_in(account("juliet"), PASSWORD)
    window.begin_conversation("anna@localhost")
    window.find("#composer-attach")
    window.driver.execute_script("document.getElementById('sign-out').focus()")
    order = ["own-show", "own-status", "contact-search", "add-contact", "contact",
             "connection-open", "peer-remove", "messages", "composer-attach", "composer-text",
             "composer-send"]
    for expected in order:
        assert tab(window) == expected
        outline = focused(window).value_of_css_property("outline-style")
        assert outline != "none", f"{expected} does not show that it has the focus"


@pytest.mark.parametrize("opener,dialog", [
    ("add-contact", "add-dialog"), ("connection-open", "connection-dialog")])
def test_a_dialog_keeps_the_focus_and_gives_it_back(account, browser, opener, dialog):
    window = browser().sign_in(account("juliet"), PASSWORD)
    window.driver.execute_script("document.getElementById(arguments[0]).focus()", opener)
    focused(window).send_keys(Keys.ENTER)
    window.find(f"#{dialog}")
    for _ in range(6):
        tab(window)
        assert window.driver.execute_script(
            "return document.activeElement === document.body"
            " || document.activeElement.closest('dialog')?.id === arguments[0]", dialog)
    window.find(f"#{dialog} input").send_keys(Keys.ESCAPE)
    window.wait_gone(f"#{dialog}")
    assert focused(window).get_attribute("id") == opener


def test_what_happens_is_said_to_screen_readers(account, browser):
    """Live regions are there before they speak, and the log of messages is one."""
    window = browser().sign_in(account("juliet"), PASSWORD)
    roles = {each.get_attribute("id"): each.get_attribute("role")
             for each in window.driver.find_elements(By.CSS_SELECTOR, "[role]")}
    assert roles["messages"] == "log"
    assert roles["announcer"] == roles["typing"] == roles["connection-text"] == "status"
    assert roles["signin-error"] == "alert"
    other = account("berta")
    window.add_contact(other)
    window.wait(lambda: f"{other} was asked" in window.driver.execute_script(
        "return document.getElementById('announcer').textContent"), "the announcement")


def test_no_motion_for_those_who_do_not_want_any(browser):
    window = browser()
    window.command("Emulation.setEmulatedMedia", features=[
        {"name": "prefers-reduced-motion", "value": "reduce"}])
    for path in ("/", "/chat/"):
        window.open(path)
        moving = window.driver.execute_script(
            "return [...document.querySelectorAll('*')].filter((each) => {"
            " const style = getComputedStyle(each);"
            " return style.animationName !== 'none' || /[1-9]/.test(style.transitionDuration);"
            "}).map((each) => each.outerHTML.slice(0, 80))")
        assert moving == []


@pytest.mark.parametrize("path", ["/", "/chat/"])
def test_text_of_double_size_still_fits(browser, path):
    """WCAG 1.4.4: on a desktop at 200 %."""
    window = browser(width=600, height=400).open(path)
    width = window.driver.execute_script("return document.documentElement.scrollWidth")
    assert width <= 600


def test_the_checker_finds_what_is_wrong(browser):
    window = browser().open()
    window.driver.execute_script(
        "document.body.insertAdjacentHTML('beforeend',"
        " '<main><button></button><p class=\"hint\"><ul><p>x</p></ul></main>')")
    serious = {line.split(":")[1].strip() for impact, line in axe.findings(window)
               if impact in axe.SERIOUS}
    assert {"button-name", "list"} <= serious
