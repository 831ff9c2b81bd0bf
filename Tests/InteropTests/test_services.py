"""What the server itself answers: disco, ping, version, time, last activity, vCards, private
storage, registration; and a component beside it (XEP-0114)."""

import asyncio
import re

import pytest
import slixmpp
from slixmpp.exceptions import IqError
from slixmpp.xmlstream import ET

from conftest import PASSWORD
from harness import configuration, waiting, web
from harness.slix import Clients, run


def alone(server, account, scenario, **settings):
    """Runs `scenario(clients, romeo)` with one client signed in."""
    jid = account("romeo")

    async def one():
        async with Clients(server) as clients:
            await scenario(clients, await clients(jid, PASSWORD, **settings))

    run(one())


def test_the_server_says_what_it_is_and_can(server, account):
    async def scenario(_, romeo):
        info = (await romeo["xep_0030"].get_info(server.domain))["disco_info"]
        assert ("server", "im") in {identity[:2] for identity in info["identities"]}
        for feature in ("http://jabber.org/protocol/disco#info", "urn:xmpp:ping"):
            assert feature in info["features"]
        await romeo["xep_0030"].get_items(server.domain)

    alone(server, account, scenario)


def test_the_server_answers_small_questions(server, account):
    """XEP-0199, XEP-0092, XEP-0202, XEP-0012."""
    async def scenario(_, romeo):
        await romeo["xep_0199"].send_ping(server.domain)
        version = await romeo["xep_0092"].get_version(server.domain)
        assert version["software_version"]["name"]
        time = await romeo["xep_0202"].get_entity_time(server.domain)
        utc = time.xml.findtext("{urn:xmpp:time}time/{urn:xmpp:time}utc")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", utc), utc
        uptime = await romeo["xep_0012"].get_last_activity(server.domain)
        assert uptime["last_activity"]["seconds"] >= 0

    alone(server, account, scenario)


def test_last_activity_of_a_stranger_is_not_told(server, account):
    """XEP-0012 §8: only to those who may see the presence."""
    stranger = account("juliet")

    async def scenario(_, romeo):
        with pytest.raises(IqError) as refusal:
            await romeo["xep_0012"].get_last_activity(stranger)
        assert refusal.value.condition in ("forbidden", "service-unavailable", "not-authorized",
                                           "subscription-required")

    alone(server, account, scenario)


def test_unknown_requests_are_refused_politely(server, account):
    """RFC 6120 §8.4: service-unavailable."""
    async def scenario(_, romeo):
        request = romeo.Iq(stype="get", sto=server.domain)
        request.append(ET.Element("{urn:example:unknown}query"))
        with pytest.raises(IqError) as refusal:
            await request.send()
        assert refusal.value.condition == "service-unavailable"

    alone(server, account, scenario)


def test_a_vcard_is_kept_and_shown_to_others(server, account):
    """XEP-0054."""
    async def scenario(clients, romeo):
        card = romeo["xep_0054"].make_vcard()
        card["FN"] = "Romeo Montague"
        await romeo["xep_0054"].publish_vcard(card)
        juliet = await clients(account("juliet"), PASSWORD)
        seen = await juliet["xep_0054"].get_vcard(romeo.boundjid.bare)
        assert seen["vcard_temp"]["FN"] == "Romeo Montague"

    alone(server, account, scenario)


def test_nobody_learns_by_vcards_which_accounts_there_are(server, account):
    """XEP-0054 §3.3: no card and no account are answered alike."""
    async def scenario(_, romeo):
        conditions = []
        for address in (account("juliet"), "nobody@localhost"):
            with pytest.raises(IqError) as refused:
                await romeo["xep_0054"].get_vcard(address, cached=False)
            conditions.append(refused.value.condition)
        assert conditions == ["service-unavailable"] * 2

    alone(server, account, scenario)


def test_private_storage_keeps_what_a_client_puts_there(server, account):
    """XEP-0049."""
    async def scenario(clients, romeo):
        async def ask(client, kind, text=None):
            request = client.Iq(stype=kind)
            query = ET.SubElement(request.xml, "{jabber:iq:private}query")
            ET.SubElement(query, "{urn:example:notes}notes").text = text
            answer = await request.send()
            return answer.xml.find("{jabber:iq:private}query/{urn:example:notes}notes")

        assert not (await ask(romeo, "get")).text
        await ask(romeo, "set", "arise, fair sun")
        other = await clients(f"{romeo.boundjid.bare}/study", PASSWORD)
        assert (await ask(other, "get")).text == "arise, fair sun"

    alone(server, account, scenario)


def test_an_account_is_registered_changed_and_removed_in_band(server, run_name):
    """XEP-0077 §3."""
    name = f"benvolio-{run_name}"
    jid = f"{name}@{server.domain}"

    class Registering(slixmpp.ClientXMPP):
        """Registers before it signs in."""

        def __init__(self):
            super().__init__(jid, PASSWORD, ssl_context=web.trusting())
            self.outcome = asyncio.get_running_loop().create_future()
            self.enable_direct_tls = False
            self.auto_reconnect = False
            self.register_plugin("xep_0077")
            self["xep_0077"].force_registration = True
            self.add_event_handler("register", self.register)

        async def register(self, _):
            request = self.Iq(stype="set", sto=server.domain)
            request["register"]["username"] = name
            request["register"]["password"] = PASSWORD
            try:
                await request.send()
                self.outcome.set_result("registered")
            except IqError as error:
                self.outcome.set_result(error.condition)
            self.disconnect()

        @classmethod
        async def attempt(cls):
            client = cls()
            client.connect(host=server.host, port=server.ports.c2s)
            return await asyncio.wait_for(client.outcome, waiting.PATIENCE)

    async def scenario():
        assert await Registering.attempt() == "registered"
        assert await Registering.attempt() == "conflict"
        async with Clients(server) as clients:
            client = await clients(jid, PASSWORD)
            await client["xep_0077"].change_password("another", jid=server.domain)
            await client.sign_out()
            with pytest.raises(ConnectionError):
                await clients(jid, PASSWORD)
            client = await clients(jid, "another")
            try:
                await client["xep_0077"].cancel_registration(jid=server.domain, timeout=5)
            except slixmpp.exceptions.IqTimeout:
                pass  # The stream may end before its answer is read.
            await asyncio.wait_for(client.is_over.wait(), waiting.PATIENCE)
            with pytest.raises(ConnectionError):
                await clients(jid, "another")

    run(scenario())


class Echo(slixmpp.ComponentXMPP):
    """A component that says back what it hears."""

    def __init__(self, server, secret=configuration.COMPONENT_SECRET):
        super().__init__(
            configuration.COMPONENT, secret, server.host, server.ports.component)
        self.is_ready = asyncio.Event()
        self.is_over = asyncio.Event()
        self.auto_reconnect = False
        self.register_plugin("xep_0030")
        self["xep_0030"].add_identity("gateway", "echo", name="Echo")
        self.add_event_handler("session_start", lambda _: self.is_ready.set())
        self.add_event_handler("disconnected", lambda _: self.is_over.set())
        self.add_event_handler("message", self.answer)

    def answer(self, message):
        if message["type"] != "error":
            self.send_message(
                mto=message["from"], mfrom=message["to"], mtype=message["type"],
                mbody=f"echo: {message['body']}")


def test_a_component_answers_a_user(server, account):
    async def scenario(_, romeo):
        component = Echo(server)
        component.connect()
        await asyncio.wait_for(component.is_ready.wait(), waiting.PATIENCE)
        romeo.say(f"nymph@{configuration.COMPONENT}", "hello")
        answer = await romeo.wait_message("echo: hello")
        assert answer["from"].bare == f"nymph@{configuration.COMPONENT}"
        info = (await romeo["xep_0030"].get_info(configuration.COMPONENT))["disco_info"]
        assert ("gateway", "echo") in {identity[:2] for identity in info["identities"]}
        component.disconnect()
        await asyncio.wait_for(component.is_over.wait(), waiting.PATIENCE)

        def bounced():
            romeo.say(f"nymph@{configuration.COMPONENT}", "still there?")
            return any(each["type"] == "error" for each in romeo.messages)

        await waiting.until_async(bounced, "an error", pause=0.1)

    alone(server, account, scenario)


def test_a_component_with_a_wrong_secret_is_refused(server):
    async def scenario():
        component = Echo(server, secret="guessed")
        component.connect()
        await asyncio.wait_for(component.is_over.wait(), waiting.PATIENCE)
        assert not component.is_ready.is_set()

    run(scenario())
