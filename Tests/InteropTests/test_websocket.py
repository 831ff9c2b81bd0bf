"""XMPP over WebSocket (RFC 7395): Strophe.js in a browser, client libraries, and every rule."""

import asyncio
import base64
import re
import xml.etree.ElementTree as tree

import aiohttp
import pytest
import websockets.sync.client

from conftest import PASSWORD
from harness import waiting, web
from harness.place import Place
from harness.server import Martlet
from harness.slix import Clients, run
from harness.strophe import Strophe
from harness.websocket import (CLOSE, FRAMING, PING, PONG, TEXT, WebSocket, close_payload,
                               closes_in_time, frame, outcome)

do = asyncio.to_thread


def ws_url(server):
    return f"ws://localhost:{server.ports.http}/websocket"


def test_strophe_in_a_browser_chats_with_a_tcp_client(server, account, browser):
    juliet, romeo_jid = account("juliet"), account("romeo")
    window = browser()
    link = Strophe(window, ws_url(server))

    async def scenario():
        async with Clients(server) as clients:
            romeo = await clients(romeo_jid, PASSWORD)
            full = await do(link.connect, f"{juliet}/browser", PASSWORD)
            assert full == f"{juliet}/browser"
            await do(link.say, romeo_jid, "But soft! <&> é 😀")
            message = await romeo.wait_message("But soft! <&> é 😀", sender=juliet)
            assert message["from"].full == full
            texts = ["it is the east", "what light " * 4000, "and Juliet is the sun"]
            for text in texts:
                romeo.say(juliet, text)
            await do(link.wait_heard, *texts)
            await do(link.disconnect)
        assert window.console_errors() == []

    run(scenario())


def test_strophe_is_told_of_a_wrong_password(server, account, browser):
    assert Strophe(browser(), ws_url(server)).connect(account("juliet"), "wrong") is None


def test_a_stream_as_the_rfc_shows_it(server, account):
    """§3.3–3.6 from the handshake to the end, by the letter."""
    with WebSocket(server) as link:
        assert link.handshake.status == 101
        assert link.handshake["Sec-WebSocket-Accept"] == link.expected_accept
        assert link.handshake["Sec-WebSocket-Protocol"] == "xmpp"
        assert link.handshake["Sec-WebSocket-Extensions"] is None
        opening, features = link.open(f"to='{server.domain}' xml:lang='de'")
        assert opening.startswith("<open ") and opening.endswith("/>")
        assert f"xmlns='{FRAMING}'" in opening and f"from='{server.domain}'" in opening
        assert re.search(" id='[^']{16,}'", opening)
        assert "version='1.0'" in opening and "xml:lang='de'" in opening
        assert features.startswith("<stream:features xmlns:stream='http://etherx.jabber.org/streams'")
        assert "mechanisms" in features and "xmpp-tls" not in features
        link.say(f"<close xmlns='{FRAMING}'/>")
        assert link.hear_text() == f"<close xmlns='{FRAMING}'/>"
        link.send(frame(CLOSE, close_payload(1000)))
        heard = link.hear_to_end()
        assert outcome(heard) == (None, 1000) and len(heard) == 1


def test_every_message_is_a_document_of_its_own(server, account):
    jid = account("juliet")
    with WebSocket(server) as link:
        full = link.sign_in(jid, PASSWORD)
        link.say("<iq xmlns='jabber:client' type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>")
        link.say("<presence xmlns='jabber:client'/>")
        link.say(f"<message xmlns='jabber:client' to='{full}' type='chat'><body>é</body></message>")
        seen = set()
        while not {"iq", "presence", "message"} <= seen:
            element = tree.fromstring(link.hear_text())
            assert element.tag.startswith("{jabber:client}")
            seen.add(element.tag.partition("}")[2])


@pytest.mark.parametrize("compressed", [False, True])
def test_websockets_as_a_client(server, account, compressed):
    with websockets.sync.client.connect(
            ws_url(server), subprotocols=["xmpp"],
            compression="deflate" if compressed else None) as link:
        assert link.subprotocol == "xmpp"
        link.send(f"<open xmlns='{FRAMING}' to='{server.domain}' version='1.0'/>")
        assert link.recv().startswith("<open ")
        assert "features" in link.recv()
        link.send(f"<close xmlns='{FRAMING}'/>")
        assert link.recv().startswith("<close ")


def test_aiohttp_as_a_client(server, account):
    async def scenario():
        async with aiohttp.ClientSession() as session:
            async with session.ws_connect(
                    ws_url(server), protocols=["xmpp"], compress=15) as link:
                await link.send_str(
                    f"<open xmlns='{FRAMING}' to='{server.domain}' version='1.0'/>")
                assert (await link.receive_str()).startswith("<open ")
                assert "features" in await link.receive_str()
                await link.ping(b"still there?")
                await link.send_str(f"<close xmlns='{FRAMING}'/>")
                assert (await link.receive_str()).startswith("<close ")
                await link.close()
                assert link.close_code == 1000

    run(scenario())


# The rules of RFC 7395, one by one

CLIENT = "xmlns='jabber:client'"
OPEN = f"<open xmlns='{FRAMING}' to='localhost' version='1.0'/>"


@pytest.mark.parametrize("first, condition", [
    ("<open xmlns='jabber:client' to='localhost'/>", "invalid-namespace"),
    ("<open to='localhost'/>", "invalid-namespace"),
    ("<stream:stream xmlns:stream='http://etherx.jabber.org/streams' to='localhost'>", "bad-format"),
    (f"<message {CLIENT}/>", "not-authorized"),
    ("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'/>", "not-authorized"),
    (f"<open xmlns='{FRAMING}' to='elsewhere.example' version='1.0'/>", "host-unknown"),
    (f"<open xmlns='{FRAMING}' version='1.0'/>", "host-unknown"),
    (f"<open xmlns='{FRAMING}' to='localhost' version='x'/>", "unsupported-version"),
    (f" {OPEN}", "bad-format"), (" ", "bad-format"), ("", "bad-format"),
    (OPEN + OPEN, "not-well-formed"), (OPEN[:-2] + ">", "not-well-formed"),
    ("<?xml version='1.0' encoding='UTF-16'?>" + OPEN, "unsupported-encoding"),
])
def test_a_stream_that_opens_wrongly_is_answered_and_ended(server, first, condition):
    """§3.4, §3.5: our `<open/>`, the error, `<close/>`, and a Close frame, each on its own."""
    with WebSocket(server) as link:
        link.say(first)
        heard = link.hear_to_end()
        assert [each.opcode for each in heard] == [TEXT, TEXT, TEXT, CLOSE]
        assert heard[0].text.startswith("<open ")
        assert heard[1].text.startswith("<stream:error xmlns:stream=")
        assert heard[2].text == f"<close xmlns='{FRAMING}'/>"
        assert outcome(heard)[0] == condition


@pytest.mark.parametrize("text, condition", [
    (OPEN, "bad-format"), (f"<close {CLIENT}/>", "invalid-namespace"),
    (" ", "bad-format"), (f"<message {CLIENT}/><presence {CLIENT}/>", "not-well-formed"),
    (f"<message {CLIENT}>", "not-well-formed"), ("<message/>", "unsupported-stanza-type"),
    (f"<message {CLIENT}><!-- x --></message>", "restricted-xml"),
    ("<!DOCTYPE x><message/>", "restricted-xml"),
    (f"<message {CLIENT} from='mallory@localhost'/>", "invalid-from"),
])
def test_messages_that_end_the_stream(server, account, text, condition):
    """§3.3.3, §3.8: one element a message, no white space in its place."""
    with WebSocket(server) as link:
        link.sign_in(account("juliet"), PASSWORD)
        link.say(text)
        heard = link.hear_to_end()
        assert [each.opcode for each in heard] == [TEXT, TEXT, CLOSE]
        assert outcome(heard)[0] == condition and heard[1].text.startswith("<close ")


def test_an_xml_declaration_is_read(server):
    with WebSocket(server) as link:
        link.say("<?xml version='1.0' encoding='UTF-8'?>" + OPEN)
        assert link.hear_text().startswith("<open ")


def auth(jid):
    secret = base64.b64encode(f"\0{jid.split('@')[0]}\0{PASSWORD}".encode()).decode()
    return f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{secret}</auth>"


def test_after_sasl_a_new_stream_begins_without_a_close(server, account):
    """§3.7"""
    with WebSocket(server) as link:
        first, _ = link.open()
        link.say(auth(account("juliet")))
        assert link.hear_text().startswith("<success ")
        second, features = link.open()
        assert second.startswith("<open ") and "<bind " in features
        ids = {re.search(" id='(.*?)'", each)[1] for each in (first, second)}
        assert len(ids) == 2


def test_a_client_that_does_not_open_anew_after_sasl_is_ended(server, account):
    with WebSocket(server) as link:
        link.open()
        link.say(auth(account("juliet")))
        assert link.hear_text().startswith("<success ")
        link.say(f"<presence {CLIENT}/>")
        assert outcome(link.hear_to_end())[0] == "not-authorized"


def test_messages_sent_ahead_are_taken_in_order(server, account):
    """A client need not wait for answers: what comes while one is worked out waits."""
    jid = account("juliet")
    with WebSocket(server) as link:
        messages = [
            OPEN, auth(jid), OPEN,
            f"<iq {CLIENT} type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>",
            *[f"<iq {CLIENT} type='get' id='{n}'><query xmlns='jabber:iq:roster'/></iq>"
              for n in range(200)], f"<close xmlns='{FRAMING}'/>"]
        link.send(b"".join(frame(TEXT, each) for each in messages))
        heard = []
        while not heard or not heard[-1].startswith("<close "):
            heard.append(link.hear_text())
        answers = [re.search(" id='(\\w+)'", each)[1] for each in heard if each.startswith("<iq ")]
        assert answers == ["b", *map(str, range(200))]


def test_the_session_ends_with_its_connection(server, account):
    """§3.6: also when nobody said so."""
    romeo_jid, juliet_jid = account("romeo"), account("juliet")
    with WebSocket(server) as romeo:
        full = romeo.sign_in(romeo_jid, PASSWORD)
        for leave in (lambda link: link.socket.close(), lambda link: link.send(frame(CLOSE)),
                      lambda link: link.say(f"<close xmlns='{FRAMING}'/>")):
            juliet = WebSocket(server)
            juliet.sign_in(juliet_jid, PASSWORD)
            juliet.say(f"<presence {CLIENT}/>")
            juliet.say(f"<presence {CLIENT} to='{full}'/>")
            romeo.hear_until(f"from='{juliet_jid}")
            leave(juliet)
            assert "unavailable" in romeo.hear_until(f"from='{juliet_jid}")
            juliet.socket.close()


def test_a_replaced_session_is_told(server, account):
    jid = account("juliet")
    with WebSocket(server) as first, WebSocket(server) as second:
        first.sign_in(jid, PASSWORD, "balcony")
        second.sign_in(jid, PASSWORD, "balcony")
        assert outcome(first.hear_to_end()) == ("conflict", 1000)
        assert "result" in second.ping()


def test_a_client_that_does_not_answer_the_close_is_cut_off(server):
    """RFC 6455 §7.1.1: after a few seconds."""
    with WebSocket(server) as link:
        link.open()
        link.say(f"<close xmlns='{FRAMING}'/>")
        assert link.hear_text().startswith("<close ")
        assert closes_in_time(link)


def test_a_client_that_does_not_read_is_cut_off(server, account):
    """What waits for it is bounded, and nobody else waits."""
    juliet, romeo = account("juliet"), account("romeo")
    with WebSocket(server) as slow, WebSocket(server) as sender:
        full = slow.sign_in(juliet, PASSWORD)
        sender.sign_in(romeo, PASSWORD)
        before = server.memory()
        for _ in range(400):
            sender.say(f"<message {CLIENT} to='{full}' type='chat'><body>{'x' * 60_000}</body>"
                       "</message>")
        assert "result" in sender.ping("done")
        assert server.memory() < before + 40 * 1024
        heard = slow.hear_to_end()
        assert outcome(heard)[0] in ("resource-constraint", None) and len(heard) < 400


# What the configuration says

@pytest.fixture
def configured():
    """Starts a server with more lines in its configuration."""
    started = []

    def start(lines):
        server = Martlet()
        server.config.write_text(server.config.read_text() + lines)
        started.append(server.start())
        return server

    yield start
    for each in started:
        each.stop()
        each.discard()


@pytest.mark.own_server
def test_a_stopping_server_says_so(own_server):
    own_server.register("juliet", PASSWORD)
    with WebSocket(own_server) as link, WebSocket(own_server) as fresh:
        link.sign_in("juliet@localhost", PASSWORD)
        own_server.stop()
        assert outcome(link.hear_to_end()) == ("system-shutdown", 1001)
        assert outcome(fresh.hear_to_end())[1] == 1001
    own_server.start()


@pytest.mark.own_server
def test_origins_that_may_connect(configured):
    server = configured('websocket_origin: ["https://chat.example.org"]\n')
    for origin, status in [("https://chat.example.org", 101), (None, 101),
                           ("https://evil.example", 403), ("null", 403)]:
        with WebSocket(server, changes={"Origin": origin}) as link:
            assert link.handshake.status == status, origin


@pytest.mark.own_server
def test_clients_are_sent_elsewhere(configured):
    """§3.6.1"""
    uri = "wss://other.example.org/websocket?a&b"
    server = configured(f'websocket_see_other_uri: "{uri}"\n')
    with WebSocket(server) as link:
        link.say(OPEN)
        heard = link.hear_to_end()
        close = tree.fromstring(heard[0].text)
        assert close.tag == f"{{{FRAMING}}}close" and close.get("see-other-uri") == uri
        assert len(heard) == 2 and heard[1].code == 1000


@pytest.mark.own_server
def test_quiet_clients_are_asked_and_those_that_are_gone_are_ended(configured):
    server = configured("websocket_ping_interval: 1\n")
    server.register("juliet", PASSWORD)
    with WebSocket(server) as silent, WebSocket(server) as alive:
        silent.open()
        alive.open()
        pings = []
        while len(pings) < 4:
            heard = alive.hear()
            assert heard.opcode == PING
            alive.send(frame(PONG, heard.payload))
            pings.append(heard)
        heard = [each.opcode for each in silent.hear_to_end()]
        assert set(heard[:-1]) == {PING} and heard[-1] == CLOSE


@pytest.mark.own_server
def test_who_does_not_read_is_cut_off_however_alive_it_seems():
    """As over TCP (`send_timeout`): neither pings nor pongs are signs that what waits is read."""
    (port,) = waiting.free_ports(1)
    server = Martlet(more_ports=(port,), more_listeners=web.listener(port, "send_timeout: 1 s"))
    server.start()
    try:
        with WebSocket(Place(server, http=port)) as link:
            link.socket.settimeout(0.2)
            pings = unsent = frame(PING, bytes(125)) * 1000

            def is_cut_off():
                nonlocal unsent
                try:
                    unsent = unsent[link.socket.send(unsent):] or pings
                except TimeoutError:
                    return False
                except OSError:
                    return True
                return False

            waiting.until(is_cut_off, "the end of the connection")
    finally:
        server.stop()
        server.discard()


@pytest.mark.own_server
def test_silence_ends_a_connection(configured):
    server = configured("websocket_ping_interval: 0\nwebsocket_timeout: 1\n")
    with WebSocket(server) as link:
        link.open()
        assert [each.opcode for each in link.hear_to_end()] == [CLOSE]
