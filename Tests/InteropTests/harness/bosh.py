"""BOSH requests written by hand (XEP-0124), for what no well-behaved client would send."""

import base64
import http.client
import itertools
import random
import re
import socket

from .waiting import PATIENCE

BIND = "http://jabber.org/protocol/httpbind"
XBOSH = "xmlns:xmpp='urn:xmpp:xbosh' xmpp:version='1.0'"


class Answer:
    """What came back: the HTTP status and, in the body, how the session ended."""

    def __init__(self, status, text):
        self.status = status
        self.text = text
        tag = re.search(r"<body\b[^>]*>", text)
        self.body = tag[0] if tag else ""

    def attribute(self, name):
        found = re.search(rf"\s{name}=(['\"])(.*?)\1", self.body)
        return found and found[2]

    @property
    def condition(self):
        """The terminal condition; for a stream error inside, that one as `stream:…`."""
        if self.attribute("type") != "terminate":
            return None
        condition = self.attribute("condition")
        if condition != "remote-stream-error":
            return condition or "none"
        inner = re.search(r"<([a-z-]+)[^>]*urn:ietf:params:xml:ns:xmpp-streams", self.text)
        return f"stream:{inner[1]}" if inner else condition

    def __str__(self):
        return f"HTTP {self.status}, {self.condition}: {self.text[:200]!r}"


def post(server, body, path="/http-bind", timeout=PATIENCE):
    """One request on a connection of its own."""
    connection = http.client.HTTPConnection(server.host, server.ports.http, timeout=timeout)
    try:
        connection.request("POST", path, body.encode() if isinstance(body, str) else body,
                           {"Content-Type": "text/xml; charset=utf-8"})
        answer = connection.getresponse()
        return Answer(answer.status, answer.read().decode("utf-8", "replace"))
    finally:
        connection.close()


def trickle(server, data, declared, piece=1, hangs_up=False):
    """Sends a request in pieces; declares another length than it has, if told so."""
    head = (f"POST /http-bind HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\n"
            f"Content-Length: {declared}\r\nConnection: close\r\n\r\n").encode()
    with socket.create_connection((server.host, server.ports.http), timeout=PATIENCE) as link:
        link.sendall(head)
        try:
            for at in range(0, len(data), piece):
                link.sendall(data[at:at + piece])
            if hangs_up:
                link.shutdown(socket.SHUT_WR)
            heard = b"".join(iter(lambda: link.recv(65536), b""))
        except OSError:
            heard = b""
    first, _, rest = heard.decode("utf-8", "replace").partition("\r\n")
    status = int(first.split()[1]) if first.startswith("HTTP/") else 0
    return Answer(status, rest.partition("\r\n\r\n")[2])


class Session:
    """A BOSH session that has not logged in."""

    def __init__(self, server, wait=5, hold=1, attributes="", domain=None):
        self.server = server
        self.rids = itertools.count(random.randrange(1, 1 << 40))
        self.answers = []
        self.creation = answer = post(server, self.body(
            f"to='{domain or server.domain}' wait='{wait}' hold='{hold}' ver='1.11' {XBOSH} {attributes}"))
        self.sid = answer.attribute("sid")
        assert self.sid, f"no session: {answer}"

    def body(self, attributes="", content="", rid=None):
        sid = f"sid='{self.sid}' " if getattr(self, "sid", None) else ""
        rid = next(self.rids) if rid is None else rid
        return f"<body rid='{rid}' {sid}{attributes} xmlns='{BIND}'>{content}</body>"

    def post(self, attributes="", content="", rid=None):
        answer = post(self.server, self.body(attributes, content, rid))
        self.answers.append(answer)
        return answer

    def sign_in(self, jid, password, resource="bosh", stream=""):
        """Logs in with PLAIN, binds and becomes available; `stream` is an attribute or nothing."""
        user = jid.partition("@")[0]
        plain = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
        self.until("<success", stream, "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' "
                   f"mechanism='PLAIN'>{plain}</auth>")
        self.until("<bind", f"xmpp:restart='true' xmlns:xmpp='urn:xmpp:xbosh' {stream}")
        self.until("<jid>", stream, "<iq type='set' id='bind' xmlns='jabber:client'><bind "
                   f"xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>{resource}</resource>"
                   "</bind></iq>")
        self.until("<presence", stream, "<presence xmlns='jabber:client'/>")
        return self

    def until(self, text, attributes="", content=""):
        """Sends a request, then empty ones, until an answer has the text; returns that answer."""
        answer = self.post(attributes, content)
        for _ in range(20):
            assert answer.condition is None, f"waited for {text}: {answer}"
            if text in answer.text:
                return answer
            answer = self.post()
        raise AssertionError(f"no {text}: {answer}")

    def end(self):
        return self.post("type='terminate'")
