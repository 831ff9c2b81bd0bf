"""Messages, presence, rosters and subscriptions between slixmpp clients (RFC 6121)."""

import datetime

import pytest

from conftest import PASSWORD
from harness import waiting
from harness.slix import Clients, run


def pair(server, account, scenario):
    """Runs `scenario(clients, romeo, juliet)`, both signed in."""
    romeo_jid, juliet_jid = account("romeo"), account("juliet")

    async def both():
        async with Clients(server) as clients:
            romeo = await clients(romeo_jid, PASSWORD)
            juliet = await clients(juliet_jid, PASSWORD)
            await scenario(clients, romeo, juliet)

    run(both())


async def befriend(one, other):
    """The full handshake, both ways (RFC 6121 §3.1)."""
    for asking, asked in ((one, other), (other, one)):
        asking.send_presence(pto=asked.boundjid.bare, ptype="subscribe")
        await asked.wait_presence(asking.boundjid.bare, "subscribe")
        asked.send_presence(pto=asking.boundjid.bare, ptype="subscribed")
        await asking.wait_presence(asked.boundjid.bare, "subscribed")
    for each, peer in ((one, other), (other, one)):
        await each.wait_subscription(peer.boundjid.bare, "both")


def test_messages_reach_bare_and_full_addresses(server, account):
    async def scenario(_, romeo, juliet):
        romeo.say(juliet.boundjid.bare, "to your account")
        romeo.say(juliet.boundjid.full, "to your client")
        for text in ("to your account", "to your client"):
            message = await juliet.wait_message(text, sender=romeo.boundjid.bare)
            assert message["from"] == romeo.boundjid
        assert [each["body"] for each in juliet.messages] == ["to your account", "to your client"]

    pair(server, account, scenario)


def test_messages_keep_their_order(server, account):
    async def scenario(_, romeo, juliet):
        texts = [f"line {number}" for number in range(200)]
        for text in texts:
            romeo.say(juliet.boundjid.bare, text)
        await juliet.wait_message(texts[-1])
        assert [each["body"] for each in juliet.messages] == texts

    pair(server, account, scenario)


def test_text_arrives_as_it_was_sent(server, account):
    text = "<b>&amp;</b> \"quotes\" 'n' ümläut 日本語 🐦\nsecond line\ttab"

    async def scenario(_, romeo, juliet):
        romeo.say(juliet.boundjid.bare, text)
        await juliet.wait_message(text)

    pair(server, account, scenario)


def test_a_negative_priority_gets_no_message_for_the_account(server, account):
    """RFC 6121 §8.5.2.1.1."""
    async def scenario(clients, romeo, juliet):
        quiet = await clients(f"{juliet.boundjid.bare}/quiet", PASSWORD, priority=-1)
        await juliet.wait_presence(juliet.boundjid.bare, "available")
        romeo.say(juliet.boundjid.bare, "to the account")
        await juliet.wait_message("to the account")
        romeo.say(quiet.boundjid.full, "to the quiet one")
        await quiet.wait_message("to the quiet one")
        assert [each["body"] for each in quiet.messages] == ["to the quiet one"]

    pair(server, account, scenario)


def test_a_message_to_nobody_comes_back_as_an_error(server, account):
    async def scenario(_, romeo, __):
        romeo.say(f"nobody-at-all@{server.domain}", "hello?")
        await waiting.until_async(
            lambda: any(each["type"] == "error" for each in romeo.messages), "an error")
        assert romeo.messages[-1]["error"]["condition"] == "service-unavailable"

    pair(server, account, scenario)


def test_offline_messages_wait_with_the_time_they_were_sent(server, account):
    """XEP-0160, XEP-0203."""
    async def scenario(clients, romeo, juliet):
        address = juliet.boundjid.bare
        await juliet.sign_out()
        before = datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=2)
        for number in range(3):
            romeo.say(address, f"while you were away {number}")
        # An answer to a later request: the server has handled all of the above.
        await romeo["xep_0199"].send_ping(server.domain)
        again = await clients(address, PASSWORD)
        await again.wait_message("while you were away 2")
        assert [each["body"] for each in again.messages] == [
            f"while you were away {number}" for number in range(3)]
        for message in again.messages:
            stamp = message["delay"]["stamp"]
            assert before <= stamp <= datetime.datetime.now(datetime.UTC)
        await again.sign_out()
        third = await clients(address, PASSWORD)
        await third["xep_0199"].send_ping(server.domain)
        assert third.messages == []

    pair(server, account, scenario)


def test_a_subscription_is_asked_granted_and_taken_back(server, account):
    async def scenario(_, romeo, juliet):
        await befriend(romeo, juliet)
        await juliet.wait_presence(romeo.boundjid.bare, "available")
        juliet.send_presence(pshow="away", pstatus="on the balcony")
        away = await romeo.wait_presence(juliet.boundjid.bare, "away")
        assert away["status"] == "on the balcony"
        juliet.send_presence(pto=romeo.boundjid.bare, ptype="unsubscribed")
        await romeo.wait_presence(juliet.boundjid.bare, "unavailable")
        await romeo.wait_subscription(juliet.boundjid.bare, "from")
        await juliet.wait_subscription(romeo.boundjid.bare, "to")

    pair(server, account, scenario)


def test_a_denied_subscription_shows_nothing(server, account):
    async def scenario(_, romeo, juliet):
        romeo.send_presence(pto=juliet.boundjid.bare, ptype="subscribe")
        await juliet.wait_presence(romeo.boundjid.bare, "subscribe")
        juliet.send_presence(pto=romeo.boundjid.bare, ptype="unsubscribed")
        await romeo.wait_presence(juliet.boundjid.bare, "unsubscribed")
        await romeo.wait_subscription(juliet.boundjid.bare, "none")
        assert not [each for each in romeo.presences if each["from"].bare == juliet.boundjid.bare
                    and each["type"] == "available"]

    pair(server, account, scenario)


def test_a_request_to_somebody_away_is_kept_for_them(server, account):
    """RFC 6121 §3.1.3."""
    async def scenario(clients, romeo, juliet):
        address = juliet.boundjid.bare
        await juliet.sign_out()
        romeo.send_presence(pto=address, ptype="subscribe")
        await romeo["xep_0199"].send_ping(server.domain)
        again = await clients(address, PASSWORD)
        await again.wait_presence(romeo.boundjid.bare, "subscribe")

    pair(server, account, scenario)


def test_a_lost_connection_becomes_unavailable_presence(server, account):
    """RFC 6121 §4.5.2: the server speaks for a client that is gone."""
    async def scenario(_, romeo, juliet):
        await befriend(romeo, juliet)
        await romeo.wait_presence(juliet.boundjid.bare, "available")
        juliet.abandon()
        await romeo.wait_presence(juliet.boundjid.bare, "unavailable")

    pair(server, account, scenario)


def test_contacts_are_probed_at_sign_in(server, account):
    """RFC 6121 §4.3: a newcomer learns at once who is there."""
    async def scenario(clients, romeo, juliet):
        await befriend(romeo, juliet)
        juliet.send_presence(pshow="dnd", pstatus="reading")
        await romeo.wait_presence(juliet.boundjid.bare, "dnd")
        address = romeo.boundjid.bare
        await romeo.sign_out()
        await juliet.wait_presence(address, "unavailable")
        again = await clients(address, PASSWORD)
        seen = await again.wait_presence(juliet.boundjid.bare, "dnd")
        assert seen["status"] == "reading"

    pair(server, account, scenario)


def test_roster_changes_reach_every_client_of_the_account(server, account):
    """RFC 6121 §2.1.6: roster pushes."""
    async def scenario(clients, romeo, juliet):
        other = await clients(f"{romeo.boundjid.bare}/study", PASSWORD)
        contact = juliet.boundjid.bare
        await romeo.update_roster(contact, name="Juliet", groups=["Capulets", "Verona"])
        for client in (romeo, other):
            await waiting.until_async(
                lambda: client.client_roster[contact]["name"] == "Juliet", "the push")
            assert sorted(client.client_roster[contact]["groups"]) == ["Capulets", "Verona"]
        await romeo.del_roster_item(contact)
        await waiting.until_async(
            lambda: not other.client_roster.has_jid(contact)
            or other.client_roster[contact]["subscription"] in ("remove", "none"), "the removal")
        answer = await other.get_roster()
        assert contact not in [str(jid) for jid in answer["roster"]["items"]]

    pair(server, account, scenario)


def test_an_unchanged_roster_is_not_sent_again(server, account):
    """RFC 6121 §2.6: versioning."""
    async def scenario(_, romeo, juliet):
        if "rosterver" not in romeo.features:
            pytest.skip("this server does not offer roster versioning")
        await romeo.update_roster(juliet.boundjid.bare, name="Juliet")
        request = romeo.Iq(stype="get")
        request["roster"]["ver"] = ""
        version = (await request.send())["roster"]["ver"]
        assert version
        request = romeo.Iq(stype="get")
        request["roster"]["ver"] = version
        answer = await request.send()
        assert answer.xml.find("{jabber:iq:roster}query") is None

    pair(server, account, scenario)
