"""Signed-in clients: over TCP, with TLS, over BOSH and over WebSocket."""

import asyncio
import base64
import os
import re
import ssl

from . import login
from .servers import HOST, header

BIND = "http://jabber.org/protocol/httpbind"
FRAMING = "urn:ietf:params:xml:ns:xmpp-framing"
PATIENCE = 60
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
END = b"</message>"
REFUSAL = re.compile(r"<failure\b|<stream:error\b|<body\b[^>]*type=.terminate")


class Link(asyncio.Protocol):
    """A connection that hands what it hears to `take`."""

    def __init__(self, take, lost):
        self.take, self.lost = take, lost
        self.is_open = True

    @classmethod
    async def open(cls, port, take, lost, **tls):
        loop = asyncio.get_running_loop()
        return (await loop.create_connection(lambda: cls(take, lost), HOST, port, **tls))[1]

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.take(data)

    def connection_lost(self, error):
        if self.is_open:
            self.lost(error or "the server closed the connection")

    def send(self, data):
        self.transport.write(data)

    def close(self):
        self.is_open = False
        self.transport.abort()


class Session:
    """What the transports share: signing in, asking, counting messages."""

    def __init__(self, server, jid):
        self.server, self.jid = server, jid
        self.heard, self.answer = "", None
        self.tail = b""
        self.count = None  # called with the number of messages that came
        self.failure = None

    async def sign_in(self, mechanism=None):
        await self.connect()
        await login.log_in(self, await self.open(), mechanism)
        await self.open()
        await self.ask(login.bind(), "</jid>")
        self.send(login.available())
        return self

    async def register(self):
        """Makes the account; one that is there already will do."""
        await self.connect()
        await self.open()
        answer = await self.ask(login.registration(self.jid.partition("@")[0]), "iq>|<iq[^>]*/>")
        if not re.search(r"<iq\b[^>]*type=.result", answer) and "conflict" not in answer:
            raise ConnectionError(answer)
        self.close()

    async def ask(self, stanza, pattern):
        """Sends, and returns what is heard until the pattern is in it."""
        self.heard = ""
        self.pattern = re.compile(pattern)
        self.answer = asyncio.get_running_loop().create_future()
        self.send(stanza)
        try:
            return await asyncio.wait_for(self.answer, PATIENCE)
        except TimeoutError:
            raise ConnectionError(f"no {pattern} in {self.heard[-500:]!r}") from None
        finally:
            self.answer = None

    @property
    def is_asking(self):
        return self.answer is not None and not self.answer.done()

    def hear(self, data):
        """Stanzas, or parts of them."""
        if self.is_asking:
            self.heard += data.decode("utf-8", "replace")
            if REFUSAL.search(self.heard):
                self.lose(self.heard[-500:])
            elif self.pattern.search(self.heard):
                self.answer.set_result(self.heard)
        elif self.count:
            data = self.tail + data
            self.tail = data[-(len(END) - 1):] if not data.endswith(END) else b""
            if found := data.count(END):
                self.count(found)

    def lose(self, reason):
        self.failure = self.failure or ConnectionError(str(reason))
        if self.is_asking:
            self.answer.set_exception(self.failure)


class TCPSession(Session):
    """A stream over TCP (RFC 6120), without encryption."""

    tls = {}

    async def connect(self):
        port = self.server.tls if self.tls else self.server.c2s
        self.link = await Link.open(port, self.hear, self.lose, **self.tls)

    async def open(self):
        return await self.ask(header(self.server.domain), "features>")

    def send(self, stanza):
        self.link.send(stanza.encode())

    def close(self):
        self.link.close()


def unchecked():
    """TLS that takes any certificate."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class TLSSession(TCPSession):
    """The same with TLS from the first byte (XEP-0368)."""

    tls = {"ssl": unchecked(), "server_hostname": "localhost"}


class WebSocketSession(Session):
    """XMPP over WebSocket (RFC 7395), without compression."""

    async def connect(self):
        self.upgraded = asyncio.get_running_loop().create_future()
        self.buffer = b""
        self.link = await Link.open(self.server.http, self.take, self.lose)
        self.link.send(
            f"GET {self.server.ws} HTTP/1.1\r\nHost: {self.server.domain}:{self.server.http}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n"
            "Sec-WebSocket-Protocol: xmpp\r\n\r\n".encode())
        await asyncio.wait_for(self.upgraded, PATIENCE)

    async def open(self):
        return await self.ask(
            f"<open xmlns='{FRAMING}' to='{self.server.domain}' version='1.0'/>", "features>")

    def take(self, data):
        self.buffer += data
        if not self.upgraded.done():
            head, end, rest = self.buffer.partition(b"\r\n\r\n")
            if not end:
                return
            if b" 101 " not in head.partition(b"\r\n")[0]:
                self.upgraded.set_exception(ConnectionError(head.decode("latin-1")))
                return
            self.upgraded.set_result(None)
            self.buffer = rest
        while (frame := self.next_frame()) is not None:
            opcode, payload = frame
            if opcode == PING:
                self.send_frame(PONG, payload)
            elif opcode == CLOSE:
                self.lose("the server closed the WebSocket")
            elif opcode != PONG:
                self.hear(payload)

    def next_frame(self):
        """Takes one frame from the buffer (RFC 6455 §5.2); None when there is no whole one."""
        data = self.buffer
        if len(data) < 2:
            return None
        size, start = data[1], 2
        if size > 125:
            start = 4 if size == 126 else 10
            if len(data) < start:
                return None
            size = int.from_bytes(data[2:start])
        if len(data) < start + size:
            return None
        self.buffer = data[start + size:]
        return data[0] & 15, data[start:start + size]

    def send(self, stanza):
        self.send_frame(TEXT, stanza.encode())

    def send_frame(self, opcode, payload):
        """One frame, masked as a client's must be (RFC 6455 §5.3)."""
        size, key = len(payload), os.urandom(4)
        mask = (key * (size // 4 + 1))[:size]
        masked = (int.from_bytes(payload) ^ int.from_bytes(mask)).to_bytes(size)
        length = (bytes([0x80 | size]) if size < 126 else b"\xfe" + size.to_bytes(2)
                  if size < 65536 else b"\xff" + size.to_bytes(8))
        self.link.send(bytes([0x80 | opcode]) + length + key + masked)

    def close(self):
        self.link.close()
