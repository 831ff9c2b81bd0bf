"""A slixmpp client as the tests need it: signed in over TCP with STARTTLS, and waited for."""

import asyncio

import slixmpp

from . import waiting, web

PLUGINS = ("xep_0012", "xep_0030", "xep_0049", "xep_0054", "xep_0077", "xep_0085", "xep_0092",
           "xep_0184", "xep_0199", "xep_0202", "xep_0203")


class Client(slixmpp.ClientXMPP):
    """Keeps every message and presence it receives, in order."""

    def __init__(self, server, jid, password, direct_tls=False, mechanism=None, priority=0,
                 sends_presence=True, **settings):
        super().__init__(jid, password, sasl_mech=mechanism, ssl_context=web.trusting())
        self.target = server
        self.direct_tls = direct_tls
        self.priority = priority
        self.sends_presence = sends_presence
        self.messages = []
        self.presences = []
        self.failure = None
        self.is_over = asyncio.Event()
        self.is_ready = asyncio.Event()
        self.auto_reconnect = False
        self.enable_plaintext = False
        self.roster.auto_authorize = None
        self.roster.auto_subscribe = False
        for plugin in PLUGINS:
            self.register_plugin(plugin)
        for name, value in settings.items():
            setattr(self, name, value)
        self.add_event_handler("session_start", self.begin)
        self.add_event_handler("message", self.messages.append)
        self.add_event_handler("message_error", self.messages.append)
        self.add_event_handler("presence", self.presences.append)
        for name in ("failed_all_auth", "connection_failed", "stream_error"):
            self.add_event_handler(name, self.fail)
        self.add_event_handler("disconnected", lambda _: self.is_over.set())

    def fail(self, reason):
        self.failure = reason

    async def begin(self, _):
        await self.get_roster()
        if self.sends_presence:
            self.send_presence(ppriority=self.priority)
            # Until it comes back, messages for the account are kept for later.
            await waiting.until_async(
                lambda: any(each["from"] == self.boundjid for each in self.presences),
                f"its own presence at {self.boundjid}")
        self.is_ready.set()

    async def sign_in(self):
        """Returns self when the session runs; raises when it is refused."""
        port = self.target.ports.tls if self.direct_tls else self.target.ports.c2s
        self.enable_direct_tls = self.direct_tls
        self.enable_starttls = not self.direct_tls
        self.connect(host=self.target.host, port=port)
        await waiting.until_async(
            lambda: self.is_ready.is_set() or self.failure is not None or self.is_over.is_set(),
            f"{self.boundjid} to be signed in")
        if not self.is_ready.is_set():
            raise ConnectionError(f"{self.boundjid} was refused: {self.failure}")
        return self

    async def sign_out(self):
        if not self.is_over.is_set() and self.transport is not None:
            self.disconnect()
            await asyncio.wait_for(self.is_over.wait(), waiting.PATIENCE)

    def abandon(self):
        """Drops the connection without a word, as a lost network does."""
        self.abort()

    # Waiting for what others send

    async def wait_message(self, text, sender=None):
        def found():
            return next((each for each in self.messages if each["body"] == text
                         and (sender is None or each["from"].bare == sender)), None)
        return await waiting.until_async(found, f"“{text}” at {self.boundjid}")

    async def wait_presence(self, sender, kind):
        """`kind`: available, away, …, unavailable, subscribe, subscribed, …"""
        def found():
            return next((each for each in reversed(self.presences)
                         if each["from"].bare == sender and each["type"] == kind), None)
        return await waiting.until_async(found, f"{kind} of {sender} at {self.boundjid}")

    def subscription(self, jid):
        return self.client_roster[jid]["subscription"]

    async def wait_subscription(self, jid, state):
        await waiting.until_async(
            lambda: self.subscription(jid) == state, f"subscription {state} to {jid}")

    def say(self, to, text, kind="chat"):
        self.send_message(mto=to, mbody=text, mtype=kind)


class Clients:
    """Signs clients in and, at the end of a test, all of them out again."""

    def __init__(self, server):
        self.target = server
        self.signed_in = []

    async def __call__(self, jid, password, **settings):
        client = Client(self.target, jid, password, **settings)
        self.signed_in.append(client)
        return await client.sign_in()

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        for client in self.signed_in:
            await client.sign_out()


def run(scenario, timeout=180):
    """Runs a test written as a coroutine on an event loop of its own."""
    async def limited():
        await asyncio.wait_for(scenario, timeout)
    asyncio.run(limited())
