"""External components (XEP-0114): slixmpp's, and one that sends what it is told."""

import asyncio
import hashlib
import re
import time

import slixmpp

from . import waiting
from .raw import RawStream

ACCEPT = "jabber:component:accept"


class Component(slixmpp.ComponentXMPP):
    """Keeps the messages it hears."""

    def __init__(self, server, domain, secret, port=None):
        super().__init__(domain, secret, server.host, port or server.ports.component)
        self.auto_reconnect = False
        self.register_plugin("xep_0030")
        self.register_plugin("xep_0199")
        self.messages, self.error = [], None
        self.is_ready, self.is_over = asyncio.Event(), asyncio.Event()
        self.add_event_handler("session_start", lambda _: self.is_ready.set())
        self.add_event_handler("disconnected", lambda _: self.is_over.set())
        self.add_event_handler("message", self.messages.append)
        self.add_event_handler("message_error", self.messages.append)
        self.add_event_handler("stream_error", self.keep)

    def keep(self, error):
        self.error = error["condition"]

    async def join(self):
        """Returns self when it has joined; raises when it is refused."""
        self.connect()
        await waiting.until_async(
            lambda: self.is_ready.is_set() or self.is_over.is_set(), f"{self.boundjid} to join")
        if not self.is_ready.is_set():
            raise ConnectionError(self.error)
        return self

    async def leave(self):
        if not self.is_over.is_set():
            self.disconnect()
        await self.over()

    async def over(self):
        await asyncio.wait_for(self.is_over.wait(), waiting.PATIENCE)

    async def heard(self, text):
        def found():
            return next((each for each in self.messages if each["body"] == text), None)
        return await waiting.until_async(found, f"“{text}” at {self.boundjid}")

    def say(self, sender, to, text):
        self.send_message(mto=to, mfrom=sender, mbody=text, mtype="chat")


async def join(server, domain, secret, port=None):
    """A component that has joined, as soon as a former one for the same host has left."""
    deadline = time.monotonic() + waiting.PATIENCE
    while True:
        try:
            return await Component(server, domain, secret, port).join()
        except ConnectionError as refusal:
            if "conflict" not in refusal.args or time.monotonic() > deadline:
                raise


class RawComponent(RawStream):
    """Joins by hand."""

    def __init__(self, server, domain, secret, port=None):
        super().__init__(server.host, port or server.ports.component)
        self.send(f"<stream:stream xmlns='{ACCEPT}' to='{domain}' "
                  "xmlns:stream='http://etherx.jabber.org/streams'>")
        self.read_until(lambda text: re.search("<stream:stream[^>]*>", text))
        mark = re.search(r"<stream:stream[^>]* id='([^']*)'", self.heard)
        if mark and secret is not None:
            digest = hashlib.sha1((mark[1] + secret).encode()).hexdigest()
            self.send(f"<handshake>{digest}</handshake>")

    def joined(self):
        self.read_until(lambda text: "<handshake" in text)
        return self
