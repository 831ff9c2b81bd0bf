"""Clients of other makers meet the web chat: profanity and mcabber in a terminal, aioxmpp."""

import asyncio

import aioxmpp
import aioxmpp.security_layer
import pytest

from conftest import PASSWORD
from harness import terminal, waiting
from harness.slix import run

do = asyncio.to_thread


@pytest.fixture
def in_terminal(server, tmp_path):
    """Starts a terminal client: `in_terminal(terminal.profanity, jid)`."""
    started = []

    def start(client, jid):
        started.append(client(server, jid, PASSWORD, tmp_path / client.__name__))
        return started[-1]

    yield start
    for each in started:
        each.close()


def test_profanity_and_the_browser_become_contacts_and_chat(account, browser, in_terminal):
    juliet, romeo = account("juliet"), account("romeo")
    client = in_terminal(terminal.profanity, romeo)
    window = browser().sign_in(juliet, PASSWORD)

    window.add_contact(romeo)
    client.wait(f"Received authorization request from {juliet}")
    client.line(f"/sub allow {juliet}")
    client.line(f"/sub request {juliet}")
    window.wait_contact(romeo, "online")

    client.line("/status set dnd fencing")
    window.wait_contact(romeo, "dnd")
    window.wait_text(f'.contact[data-jid="{romeo}"]', "fencing")
    client.line(f"/msg {juliet} it is the east")
    window.open_conversation(romeo)
    window.wait_message("it is the east", own=False)
    window.say("and Juliet is the sun")
    client.wait("and Juliet is the sun")
    window.set_presence("away", "balcony")
    client.wait("(?i)away")


def test_mcabber_and_the_browser_become_contacts_and_chat(account, browser, in_terminal):
    juliet, romeo = account("juliet"), account("romeo")
    client = in_terminal(terminal.mcabber, romeo)
    window = browser().sign_in(juliet, PASSWORD)

    window.add_contact(romeo)
    client.wait("wants to (subscribe|be notified)|subscription request|wants to subscribe")
    client.line(f"/authorization allow {juliet}")
    client.line(f"/authorization request {juliet}")
    window.wait_contact(romeo, "online")

    client.line("/status away fencing")
    window.wait_contact(romeo, "away")
    client.line(f"/say_to {juliet} it is the east")
    window.open_conversation(romeo)
    window.wait_message("it is the east", own=False)
    window.say("and Juliet is the sun")
    client.line(f"/roster search {juliet}")
    client.keys("Enter")
    client.wait("and Juliet is the sun")


def aioxmpp_client(server, jid):
    """An aioxmpp client that takes the certificate of the test for what it is."""
    security = aioxmpp.make_security_layer(PASSWORD, no_verify=True)
    address = aioxmpp.JID.fromstr(jid)
    return aioxmpp.PresenceManagedClient(
        address, security,
        override_peer=[(server.host, server.ports.c2s, aioxmpp.connector.STARTTLSConnector())])


def test_aioxmpp_and_the_browser_become_contacts_and_chat(server, account, browser):
    juliet, romeo_jid = account("juliet"), account("romeo")
    address = aioxmpp.JID.fromstr(juliet)
    window = browser()

    async def scenario():
        client = aioxmpp_client(server, romeo_jid)
        heard, seen = [], []
        roster = client.summon(aioxmpp.RosterClient)
        presence = client.summon(aioxmpp.PresenceClient)
        messages = client.summon(aioxmpp.dispatcher.SimpleMessageDispatcher)
        messages.register_callback(aioxmpp.MessageType.CHAT, None, heard.append)
        roster.on_subscribe.connect(lambda stanza: approve(stanza.from_))
        presence.on_available.connect(lambda jid, stanza: seen.append((jid.bare(), stanza)))

        def approve(jid):
            roster.approve(jid)
            roster.subscribe(jid)

        async with client.connected():
            await do(window.sign_in, juliet, PASSWORD)
            await do(window.add_contact, romeo_jid)
            await do(window.wait_contact, romeo_jid, "online")
            await waiting.until_async(
                lambda: any(jid == address for jid, _ in seen), "Juliet's presence")

            message = aioxmpp.Message(to=address, type_=aioxmpp.MessageType.CHAT)
            message.body[None] = "it is the east"
            await client.send(message)
            await do(window.open_conversation, romeo_jid)
            await do(window.wait_message, "it is the east", own=False)
            await do(window.say, "and Juliet is the sun")
            await waiting.until_async(
                lambda: any(each.body.any() == "and Juliet is the sun"
                            for each in heard if each.body), "the answer")
            client.presence = aioxmpp.PresenceState(True, aioxmpp.PresenceShow.XA)
            await do(window.wait_contact, romeo_jid, "xa")
        await do(window.wait_contact, romeo_jid, "offline")

    run(scenario())
