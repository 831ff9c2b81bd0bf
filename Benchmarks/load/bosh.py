"""A signed-in client over BOSH (XEP-0124, XEP-0206)."""

import asyncio
import random
import re

from . import login
from .sessions import BIND, Link, Session

WAIT = 60
LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
XBOSH = "xmlns:xmpp='urn:xmpp:xbosh'"


class BOSHSession(Session):
    """At most two requests are open: one that waits, and one that brings something."""

    REQUESTS = 2

    async def connect(self):
        self.rid, self.sid = random.randrange(1, 1 << 32), None
        self.idle, self.links = [], []
        self.open_requests, self.answers = 0, 0
        self.outgoing = []
        self.is_pumping, self.is_signed_in = False, False

    async def open(self):
        if self.sid is None:
            answer = await self.ask(
                f"to='{self.server.domain}' wait='{WAIT}' hold='1' ver='1.11' xml:lang='en' "
                f"{XBOSH} xmpp:version='1.0'", r"\bsid=")
            self.sid = re.search(r"\bsid=['\"]([^'\"]+)", answer)[1]
            if "features>" in answer:
                return answer
            return await self.ask("", "features>")
        return await self.ask(f"to='{self.server.domain}' xmpp:restart='true' {XBOSH}",
                              "features>")

    async def sign_in(self, mechanism=None):
        await super().sign_in(mechanism)
        self.is_signed_in = True
        self.pump()
        return self

    def send(self, stanza):
        """A stanza, or the attributes of a request without one."""
        self.outgoing.append(stanza)
        self.pump()

    def renew(self):
        """Has the request that waits answered and leaves a new one.

        It cannot be empty: two such in a row are too much for servers (XEP-0124 §12).
        """
        self.send(login.available())

    def pump(self):
        """Opens a request when there is something to send, or none to wait with."""
        if self.is_pumping or self.failure:
            return
        self.is_pumping = True
        while self.open_requests < self.REQUESTS and (
                self.outgoing
                or not self.open_requests and (self.is_asking or self.is_signed_in)):
            self.post()
        self.is_pumping = False

    def post(self):
        attributes = ""
        if self.outgoing and not self.outgoing[0].startswith("<"):
            attributes, content = self.outgoing.pop(0), ""
        else:
            content, self.outgoing = "".join(self.outgoing), []
        sid = f"sid='{self.sid}' " if self.sid else ""
        body = f"<body rid='{self.rid}' {sid}{attributes} xmlns='{BIND}'>{content}</body>".encode()
        self.rid += 1
        self.open_requests += 1
        link = self.idle.pop() if self.idle else Connection(self)
        link.post(b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml; charset=utf-8"
                  b"\r\nContent-Length: %d\r\n\r\n%s"
                  % (self.server.bosh.encode(), len(body), body))

    def answered(self, link, body):
        self.idle.append(link)
        self.open_requests -= 1
        self.answers += 1
        if self.is_signed_in and b"terminate" in body[:300]:
            self.lose(body[:300])
        self.hear(body)
        self.pump()

    def close(self):
        for link in self.links:
            link.close()


class Connection:
    """Carries one request at a time over a connection that stays."""

    def __init__(self, session):
        self.session = session
        self.buffer, self.link, self.is_busy = b"", None, False
        session.links.append(self)

    def post(self, request):
        self.is_busy = True
        if self.link:
            self.link.send(request)
        else:
            self.opening = asyncio.ensure_future(self.open(request))

    async def open(self, request):
        try:
            self.link = await Link.open(self.session.server.http, self.take, self.lost)
            self.link.send(request)
        except OSError as error:
            self.session.lose(error)

    def take(self, data):
        self.buffer += data
        head, end, body = self.buffer.partition(b"\r\n\r\n")
        if not end:
            return
        found = LENGTH.search(head)
        if b" 200 " not in head[:16] or not found:
            self.session.lose(f"{head.decode('latin-1')} {body[:200]}")
        elif len(body) >= int(found[1]):
            self.buffer, self.is_busy = b"", False
            self.session.answered(self, body)

    def lost(self, reason):
        """An idle connection may go; one with a request in it may not."""
        if self.is_busy:
            self.session.lose(reason)
        else:
            self.session.idle.remove(self)

    def close(self):
        if self.link:
            self.link.close()
        elif self.is_busy:
            self.opening.cancel()
