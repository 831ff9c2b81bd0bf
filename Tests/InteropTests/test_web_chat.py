"""The web chat in a real browser, together with a client over TCP with STARTTLS."""

import pytest
from selenium.webdriver.common.keys import Keys

from conftest import PASSWORD
from harness import waiting
from harness.scenes import befriend, do, introduce, meet
from harness.slix import Clients, run


def test_they_become_contacts_see_each_other_and_chat(meeting):
    async def scenario(window, juliet, romeo):
        address = romeo.boundjid.bare
        await befriend(window, juliet, romeo)

        romeo.send_presence(pshow="away", pstatus="in Mantua")
        await do(window.wait_contact, address, "away")
        await do(window.wait_text, f'.contact[data-jid="{address}"]', "in Mantua")
        await do(window.set_presence, "dnd", "on the balcony")
        presence = await romeo.wait_presence(juliet, "dnd")
        assert presence["status"] == "" or presence["status"] == "on the balcony"
        await waiting.until_async(
            lambda: romeo.presences[-1]["status"] == "on the balcony", "the status message")

        romeo.say(juliet, "<i>But soft!</i> & http://example.org/window")
        await do(window.wait_text, f'.contact[data-jid="{address}"] .unread', "1")
        await do(window.wait, lambda: window.driver.title.startswith("(1)"), "the number")
        await do(window.open_conversation, address)
        await do(window.wait_message, "<i>But soft!</i> & http://example.org/window", own=False)
        await do(window.wait, lambda: window.driver.title == "Martlet chat", "no number")
        assert not window.is_shown(".unread")

        composer = window.find("#composer-text")
        composer.send_keys("O Romeo,", Keys.SHIFT + Keys.ENTER + Keys.NULL, "Romeo!" + Keys.ENTER)
        message = await romeo.wait_message("O Romeo,\nRomeo!", sender=juliet)
        assert message["type"] == "chat"
        await do(window.wait_message, "O Romeo,\nRomeo!", own=True)

    meeting(scenario)


def test_a_request_is_accepted_in_the_browser(meeting):
    async def scenario(window, juliet, romeo):
        address = romeo.boundjid.bare
        romeo.send_presence(pto=juliet, ptype="subscribe")
        await do(window.answer_request, address, "approve")
        await romeo.wait_presence(juliet, "subscribed")
        await romeo.wait_presence(juliet, "subscribe")
        romeo.send_presence(pto=juliet, ptype="subscribed")
        await do(window.wait_contact, address, "online")
        await romeo.wait_subscription(juliet, "both")

    meeting(scenario)


def test_a_request_is_declined_in_the_browser(meeting):
    async def scenario(window, juliet, romeo):
        romeo.send_presence(pto=juliet, ptype="subscribe")
        await do(window.answer_request, romeo.boundjid.bare, "deny")
        await romeo.wait_presence(juliet, "unsubscribed")
        await do(window.wait_gone, "#requests")
        assert window.contact(romeo.boundjid.bare) is None

    meeting(scenario)


def test_a_contact_is_removed(meeting):
    async def scenario(window, juliet, romeo):
        address = romeo.boundjid.bare
        await befriend(window, juliet, romeo)
        await do(window.open_conversation, address)
        await do(window.click, "#peer-remove")
        await do(window.click, "#confirm-yes")
        await do(window.wait, lambda: window.contact(address) is None, "the contact to be gone")
        await romeo.wait_subscription(juliet, "none")
        await romeo.wait_presence(juliet, "unavailable")

    meeting(scenario)


def test_typing_is_shown_on_both_sides(meeting):
    """XEP-0085."""
    async def scenario(window, juliet, romeo):
        states = []
        for state in ("active", "composing", "paused"):
            romeo.add_event_handler(f"chatstate_{state}", lambda m: states.append(m["chat_state"]))
        await befriend(window, juliet, romeo)
        await do(window.open_conversation, romeo.boundjid.bare)

        message = romeo.make_message(mto=juliet, mbody="are you there?", mtype="chat")
        message["chat_state"] = "active"
        message.send()
        await do(window.wait_message, "are you there?")
        message = romeo.make_message(mto=juliet, mtype="chat")
        message["chat_state"] = "composing"
        message.send()
        await do(window.wait_text, "#typing", "typing")
        window.find("#composer-text").send_keys("I am")
        await waiting.until_async(lambda: "composing" in states, "composing")

    meeting(scenario)


def test_receipts_mark_messages_as_delivered(meeting):
    """XEP-0184."""
    async def scenario(window, juliet, romeo):
        await befriend(window, juliet, romeo)
        await do(window.open_conversation, romeo.boundjid.bare)
        await do(window.say, "swear not by the moon")
        await do(window.wait_message, "swear not by the moon", state="delivered")

    meeting(scenario)


def test_offline_messages_are_marked_with_their_time(server, account, browser):
    juliet, romeo_jid = account("juliet"), account("romeo")
    window = browser()

    async def scenario():
        async with Clients(server) as clients:
            romeo = await clients(romeo_jid, PASSWORD)
            romeo.say(juliet, "while you were asleep")
            await romeo["xep_0199"].send_ping(server.domain)
        await do(window.sign_in, juliet, PASSWORD)
        await do(window.open_conversation, romeo_jid)
        await do(window.wait_message, "while you were asleep", delayed=True)

    run(scenario())


def test_a_message_that_cannot_be_delivered_says_so(server, account, browser):
    window = browser().sign_in(account("juliet"), PASSWORD)
    nobody = f"nobody-at-all@{server.domain}"
    window.begin_conversation(nobody)
    window.say("anyone?")
    message = window.wait_message("anyone?", state="failed")
    assert "does not exist or does not take messages" in message["problem"]


def test_a_wrong_password_is_explained(server, account, browser):
    window = browser().sign_in(account("juliet"), "wrong", succeeds=False)
    window.wait_text("#signin-error", "Wrong name or password.")
    assert not window.is_shown("#chat")
    window.fill("#signin-password", PASSWORD + Keys.ENTER)
    window.wait_online()


def test_a_foreign_domain_is_explained(browser):
    window = browser().sign_in("juliet@capulet.example", PASSWORD, succeeds=False)
    window.wait_text("#signin-error", "not in charge of that domain")


def test_only_the_address_is_remembered(account, browser):
    jid = account("juliet")
    window = browser().open()
    window.click("#signin-remember")
    window.fill("#signin-jid", jid)
    window.fill("#signin-password", PASSWORD + Keys.ENTER)
    window.wait_online()
    stored = window.driver.execute_script(
        "return JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    assert jid in stored and PASSWORD not in stored
    window.sign_out()
    assert window.find("#signin-jid").get_property("value") == jid
    assert window.find("#signin-password").get_property("value") == ""


def test_an_account_is_made_in_the_browser(server, run_name, browser):
    name = f"rosaline-{run_name}"
    window = browser().open()
    window.click("#register-open")
    window.fill("#register-domain", server.domain + Keys.ENTER)
    window.fill("#register-field-username", name)
    window.fill("#register-field-password", PASSWORD + Keys.ENTER)
    window.wait_online()
    window.wait_text("#own-name", name)
    window.sign_out()
    window.click("#register-open")
    window.click("#register-next")
    window.fill("#register-field-username", name)
    window.fill("#register-field-password", PASSWORD + Keys.ENTER)
    window.wait_text("#register-error", "already taken")


def test_signing_out_is_seen_by_contacts(meeting):
    async def scenario(window, juliet, romeo):
        await befriend(window, juliet, romeo)
        await do(window.sign_out)
        await romeo.wait_presence(juliet, "unavailable")

    meeting(scenario)


def test_closing_the_page_is_seen_by_contacts(meeting):
    async def scenario(window, juliet, romeo):
        await befriend(window, juliet, romeo)
        window.driver.get("about:blank")
        await romeo.wait_presence(juliet, "unavailable")

    meeting(scenario)


def test_two_windows_chat_with_each_other(account, browser):
    romeo, juliet = account("romeo"), account("juliet")
    one = browser().sign_in(romeo, PASSWORD)
    other = browser(width=360, height=740, dark=True).sign_in(juliet, PASSWORD)
    introduce(one, other, romeo, juliet)
    one.say("good night")
    other.wait_message("good night", own=False)
    other.say("a thousand times the worse")
    one.wait_message("a thousand times the worse", own=False)


@pytest.mark.parametrize("dark", [False, True])
def test_a_phone_shows_everything_without_scrolling_sideways(account, browser, dark):
    window = browser(width=360, height=640, dark=dark)
    for path in ("/", "/chat/"):
        window.open(path)
        assert_fits(window, path)
    window.screenshot(f"phone-sign-in-{'dark' if dark else 'light'}")
    jid = account("juliet")
    window.sign_in(jid, PASSWORD)
    window.add_contact(f"somebody-with-a-rather-long-name-{'x' * 40}@localhost")
    assert_fits(window, "the contact list")
    window.click(".contact")
    window.say("a-long-word-without-a-place-to-break" * 5)
    assert_fits(window, "a conversation")
    composer = window.find("#composer-send").rect
    assert composer["y"] + composer["height"] <= 640
    window.screenshot(f"phone-chat-{'dark' if dark else 'light'}")
    window.click("#back")
    assert window.is_shown("#sidebar") and not window.is_shown("#conversation")


def assert_fits(window, place):
    width = window.driver.execute_script("return document.documentElement.scrollWidth")
    assert width <= 360, f"{place} is {width} pixels wide"


def test_the_keyboard_is_enough(account, browser):
    window = browser().sign_in(account("juliet"), PASSWORD)
    for name in ("anna", "berta"):
        window.add_contact(f"{name}@localhost")
    keys = window.driver.switch_to
    window.find(".contact").send_keys(Keys.ARROW_DOWN)
    focused = keys.active_element
    assert focused.get_attribute("data-jid") == "berta@localhost"
    focused.send_keys(Keys.ENTER)
    window.find("#composer-text")
    assert keys.active_element.get_attribute("id") == "composer-text"
    keys.active_element.send_keys(Keys.ESCAPE)
    window.wait(lambda: window.is_shown("#conversation-none"), "the conversation to close")


def test_the_newest_message_stays_in_view_until_one_looks_up(meeting):
    log = "document.getElementById('messages')"
    rest = f"return {log}.scrollHeight - {log}.scrollTop - {log}.clientHeight"

    async def scenario(window, juliet, romeo):
        await meet(window, juliet, romeo)
        for number in range(30):
            romeo.say(juliet, f"sonnet {number}")
        await do(window.wait_message, "sonnet 29")
        await do(window.wait, lambda: window.driver.execute_script(rest) < 2, "the end in view")
        window.command("Emulation.setDeviceMetricsOverride", width=900, height=400,
                       deviceScaleFactor=1, mobile=False)
        await do(window.wait, lambda: window.driver.execute_script(rest) < 2, "the end, still")
        window.driver.execute_script(f"{log}.scrollTop = 0")
        await do(window.wait, lambda: window.driver.execute_script(rest) > 200, "the beginning")
        # The page hears of it with the next frame.
        await do(window.driver.execute_async_script, """
            const done = arguments[0];
            requestAnimationFrame(() => requestAnimationFrame(() => done()));""")
        romeo.say(juliet, "news")
        await do(window.wait_message, "news")
        await do(window.find, "#to-end")
        assert window.driver.execute_script(rest) > 200
        await do(window.click, "#to-end")
        await do(window.wait, lambda: window.driver.execute_script(rest) < 2, "the end again")
        await do(window.wait_gone, "#to-end")

    meeting(scenario)


def test_without_scripts_it_says_what_it_needs(browser):
    window = browser()
    window.command("Emulation.setScriptExecutionDisabled", value=True)
    try:
        window.driver.get(f"{window.base_url}/chat/")
        shown = window.driver.find_element("css selector", "#signin").text
        assert "needs JavaScript" in shown and "Password" not in shown
    finally:
        window.command("Emulation.setScriptExecutionDisabled", value=False)


@pytest.mark.parametrize("address, words", [
    ("nobody@localhost", "There is no such address"),
    ("anybody@nowhere.invalid", "could not be found")])
def test_who_cannot_be_asked_is_told(account, browser, address, words):
    window = browser().sign_in(account("juliet"), PASSWORD)
    window.add_contact(address)
    window.wait_text(f'.contact[data-jid="{address}"]', words)
    window.wait_text("#announcer", f"{address} could not be asked")


@pytest.mark.parametrize("command, words", [
    ("kick_user", "an administrator"), ("unregister", "The account was removed")])
def test_whoever_is_sent_away_hears_why(server, account, browser, command, words):
    jid = account("juliet")
    window = browser().sign_in(jid, PASSWORD)
    server.control(command, *jid.split("@"))
    window.wait_text("#signin-error", words)
