"""XMPP over WebSocket (RFC 7395): Strophe.js in a browser, client libraries, and every rule."""

import asyncio
import json
import re

import aiohttp
import pytest
import websockets.sync.client

from conftest import PASSWORD
from harness import waiting
from harness.slix import Clients, run
from harness.websocket import (CLOSE, FRAMING, PING, PONG, TEXT, WebSocket, close_payload, frame,
                               outcome, ping)

do = asyncio.to_thread

STROPHE = """
const [url, jid, password, done] = arguments;
const script = document.createElement("script");
script.src = "/lib/strophe/strophe.js";
script.onload = () => {
  window.heard = [];
  window.states = [];
  const link = window.link = new Strophe.Connection(url);
  link.addHandler((message) => {
    window.heard.push(Strophe.getText(message.getElementsByTagName("body")[0] ?? message));
    return true;
  }, null, "message");
  link.connect(jid, password, (status) => {
    window.states.push(status);
    if (status === Strophe.Status.CONNECTED) {
      link.send($pres());
      done(link.jid);
    }
    if ([Strophe.Status.AUTHFAIL, Strophe.Status.CONNFAIL].includes(status)) done(null);
  });
};
document.head.append(script);
"""


def ws_url(server):
    return f"ws://localhost:{server.ports.http}/websocket"


def strophe(window, server, jid, password=PASSWORD):
    """Logs in with Strophe.js on a page of the server; returns the full address or None."""
    window.open("/")
    window.driver.set_script_timeout(waiting.PATIENCE)
    return window.driver.execute_async_script(STROPHE, ws_url(server), f"{jid}/browser", password)


def test_strophe_in_a_browser_chats_with_a_tcp_client(server, account, browser):
    juliet, romeo_jid = account("juliet"), account("romeo")
    window = browser()

    async def scenario():
        async with Clients(server) as clients:
            romeo = await clients(romeo_jid, PASSWORD)
            full = await do(strophe, window, server, juliet)
            assert full == f"{juliet}/browser"
            script = window.driver.execute_script
            await do(script, "link.send($msg({to: arguments[0], type: 'chat'})"
                             ".c('body').t(arguments[1]))", romeo_jid, "But soft! <&> é 😀")
            message = await romeo.wait_message("But soft! <&> é 😀", sender=juliet)
            assert message["from"].full == full
            long = "what light " * 4000
            for text in ("it is the east", long, "and Juliet is the sun"):
                romeo.say(juliet, text)
            await do(window.wait, lambda: len(script("return heard")) == 3, "three messages")
            assert script("return heard") == ["it is the east", long, "and Juliet is the sun"]
            await do(script, "link.disconnect('bye')")
            await do(window.wait, lambda: script(
                "return states.includes(Strophe.Status.DISCONNECTED)"), "the end")
        assert window.console_errors() == []

    run(scenario())


def test_strophe_is_told_of_a_wrong_password(server, account, browser):
    assert strophe(browser(), server, account("juliet"), "wrong") is None


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
    import xml.etree.ElementTree as tree
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
