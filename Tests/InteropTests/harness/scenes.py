"""What happens in many tests of the web chat: Juliet in a browser, Romeo with slixmpp."""

import asyncio

do = asyncio.to_thread


async def befriend(window, juliet, romeo):
    """Juliet asks in the browser; Romeo grants, and asks back."""
    await do(window.add_contact, romeo.boundjid.bare)
    await romeo.wait_presence(juliet, "subscribe")
    romeo.send_presence(pto=juliet, ptype="subscribed")
    romeo.send_presence(pto=juliet, ptype="subscribe")
    await do(window.wait_contact, romeo.boundjid.bare, "online")
    await romeo.wait_subscription(juliet, "both")
    await romeo.wait_presence(juliet, "available")


async def meet(window, juliet, romeo):
    """The same, and Juliet opens the conversation."""
    await befriend(window, juliet, romeo)
    await do(window.open_conversation, romeo.boundjid.bare)


def introduce(one, asked, one_jid, asked_jid):
    """The same between two windows."""
    one.add_contact(asked_jid)
    asked.answer_request(one_jid, "approve")
    one.wait_contact(asked_jid, "online")
    asked.wait_contact(one_jid, "online")
    one.open_conversation(asked_jid)
    asked.open_conversation(one_jid)


def survive_restart(window, server, jid):
    """What is written to somebody while the server is away is sent when it is back."""
    window.begin_conversation(jid)
    server.stop()
    window.wait_lost()
    window.say("after the restart")
    window.wait_text("#connection-banner", "Trying again in")
    window.wait_message("after the restart", state="waiting")
    server.start()
    window.wait_message("after the restart", state="sent")
    window.wait_online()
    window.wait_gone("#connection-banner")


def heard_by(romeo, juliet):
    """The texts that Romeo has from Juliet, in the order of arrival."""
    return [each["body"] for each in romeo.messages
            if each["from"].bare == juliet and each["body"] and each["type"] != "error"]


def shown_in(window):
    """The texts from Romeo in Juliet's open conversation."""
    return [each["text"] for each in window.messages() if not each["own"]]
