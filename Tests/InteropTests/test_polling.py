"""HTTP polling (XEP-0025) with a client written from its text."""

import asyncio
import socket

import pytest

from conftest import PASSWORD
from harness import waiting
from harness.polling import Keys, PATH, Poller, PollError, STREAM, post
from harness.server import Martlet
from harness.slix import Clients, run


@pytest.fixture(params=["with keys", "without keys"])
def poller(request, server, account):
    """A client that is signed in."""
    client = Poller(server, Keys(length=7) if request.param == "with keys" else None)
    client.jid = account("romeo")
    return client.sign_in(client.jid, PASSWORD)


def test_messages_go_both_ways(server, account, poller):
    async def scenario():
        async with Clients(server) as clients:
            juliet = await clients(account("juliet"), PASSWORD)
            await asyncio.to_thread(
                poller.send, f"<message to='{juliet.boundjid.full}' type='chat'>"
                "<body>by post &amp; stamp</body></message>")
            message = await juliet.wait_message("by post & stamp")
            assert message["from"] == f"{poller.jid}/poll"
            for number in range(30):
                juliet.say(poller.jid, f"answer {number}")
            texts = []
            while len(texts) < 30:
                found = await asyncio.to_thread(poller.send)
                texts += [each["text"] for each in found if each["name"] == "message"]
            assert texts == [f"answer {number}" for number in range(30)]

    run(scenario())


def test_many_requests_use_up_many_keys(poller):
    for number in range(40):
        answer = poller.until("iq", f"<iq type='get' id='p{number}' to='{poller.domain}'>"
                              "<ping xmlns='urn:xmpp:ping'/></iq>")
        assert answer["attributes"]["id"] == f"p{number}"
        assert answer["attributes"]["type"] == "result"


def test_a_stream_may_be_cut_anywhere(server, account):
    client = Poller(server)
    jid = account("romeo")
    client.sign_in(jid, PASSWORD)
    text = f"<message to='{jid}' type='chat'><body>né à Zürich</body></message>"
    for character in text:
        client.send(character)
    waiting.until(lambda: texts(client) or client.send() and False, "the message")
    assert texts(client) == ["né à Zürich"]


def test_the_end_of_the_stream_is_the_end_of_the_session(poller):
    poller.end_stream()
    with pytest.raises(PollError, match="0:0"):
        poller.send()


def test_a_wrong_key_is_refused_and_changes_nothing(server, account):
    client = Poller(server, Keys()).sign_in(account("romeo"), PASSWORD)
    right = client.keys
    client.keys = Keys()
    with pytest.raises(PollError, match="-3:0"):
        client.send("<presence type='unavailable'/></stream:stream>")
    client.keys = right
    client.send()
    assert not client.is_over


@pytest.mark.parametrize(("body", "error"), [
    ("", "-2:0"), ("<xml/>", "-2:0"), ("0;,", "-2:0"), ("a b,", "-2:0"), ("unknown,", "0:0"),
    ("0:0,", "0:0"), ("\0,", "-2:0"), ("0;a;b;c,", "-2:0")])
def test_errors_are_identifiers(server, body, error):
    assert post(server, body) == (error, "")


def test_an_unknown_host_is_a_stream_error(server):
    client = Poller(server, domain="elsewhere.example")
    assert client.until("stream:error", STREAM.format(domain=client.domain))
    assert client.is_over


def test_a_request_that_breaks_off_is_not_processed(server, account):
    jid = account("romeo")
    client = Poller(server).sign_in(jid, PASSWORD)
    body = f"{client.identifier},<message to='{jid}' type='chat'><body>again</body></message>"
    with socket.create_connection((server.host, server.ports.http)) as link:
        link.sendall(f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body) + 1}\r\n\r\n"
                     .encode() + body.encode())
    client.send()
    assert not any(each["name"] == "message" for each in client.elements)


@pytest.mark.own_server
def test_a_session_that_timed_out_leaves_its_messages_to_the_account():
    server = Martlet(http_poll_timeout=10)
    server.start()
    try:
        jid = server.register("romeo", PASSWORD)
        other = server.register("juliet", PASSWORD)
        client = Poller(server).sign_in(jid, PASSWORD)
        sender = Poller(server).sign_in(other, PASSWORD, resource="other")
        for text in ("first", "second"):
            sender.send(f"<message to='{jid}' type='chat'><body>{text}</body></message>")
        sender.send(f"<iq type='get' id='lost' to='{jid}/poll'>"
                    "<query xmlns='jabber:iq:version'/></iq>")
        error = sender.until("iq")
        assert error["attributes"]["id"] == "lost" and error["attributes"]["type"] == "error"
        with pytest.raises(PollError, match="0:0"):
            client.send()
        client = Poller(server).sign_in(jid, PASSWORD)
        waiting.until(lambda: client.send() is not None and len(texts(client)) == 2,
                      "the messages from the offline store")
        assert texts(client) == ["first", "second"]
    finally:
        server.stop()
        server.discard()


@pytest.mark.own_server
def test_a_restart_loses_nothing_that_was_not_fetched(own_server):
    server = own_server
    jid = server.register("romeo", PASSWORD)
    client = Poller(server).sign_in(jid, PASSWORD)
    sender = Poller(server).sign_in(server.register("juliet", PASSWORD), PASSWORD, resource="other")
    sender.until("message", f"<message to='{jid}' type='chat'><body>first</body></message>"
                 f"<message to='{sender.jid}' type='chat'><body>sent</body></message>")
    # Its answer may have been lost: no request follows.
    waiting.until(lambda: client.send() and texts(client) == ["first"], "the first message")
    sender.until("message", f"<message to='{jid}' type='chat'><body>second</body></message>"
                 f"<message to='{sender.jid}' type='chat'><body>sent</body></message>")
    server.stop()
    server.start()
    with pytest.raises(PollError, match="0:0"):
        client.send()
    client = Poller(server).sign_in(jid, PASSWORD)
    waiting.until(lambda: client.send() is not None and len(texts(client)) == 2,
                  "the messages from the offline store")
    assert texts(client) == ["first", "second"]


def texts(client):
    """What messages say, without what the offline store adds to them."""
    return [each["text"].removesuffix("Offline Storage") for each in client.elements
            if each["name"] == "message"]
