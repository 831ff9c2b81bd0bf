"""A client of HTTP polling, written from XEP-0025 and strict about it: no library speaks it."""

import base64
import hashlib
import http.client
import itertools
import re
import secrets
import time
import xml.parsers.expat

from .waiting import PATIENCE

PATH = "/http-poll"
# What requests are said to be counts for nothing; the form is that of the text's examples.
CONTENT_TYPES = itertools.cycle([
    "application/x-www-form-urlencoded", "text/xml", "text/plain; charset=iso-8859-1",
    "application/octet-stream", "no type at all", ""])
IDENTIFIER = re.compile(r"[A-Za-z0-9:-]+\Z")
ERRORS = {"0:0": "unknown", "-1:0": "server", "-2:0": "bad request", "-3:0": "key sequence"}
STREAM = ("<stream:stream to='{domain}' xmlns='jabber:client' version='1.0' "
          "xmlns:stream='http://etherx.jabber.org/streams'>")


class PollError(Exception):
    """An identifier that ends in `:0`."""

    def __init__(self, identifier):
        super().__init__(f"{identifier}: {ERRORS.get(identifier, 'not defined')}")
        self.identifier = identifier


class Keys:
    """K(n, seed) down to K(0, seed); a new sequence begins with the last key."""

    def __init__(self, length=20):
        self.length = length
        self.sequence = self.make()

    def make(self):
        keys = [secrets.token_urlsafe(12)]
        for _ in range(self.length):
            keys.append(base64.b64encode(hashlib.sha1(keys[-1].encode()).digest()).decode())
        return keys

    def head(self):
        """The keys of the next request, with their semicolons."""
        key = self.sequence.pop()
        if self.sequence:
            return f";{key}"
        self.sequence = self.make()
        return f";{key};{self.sequence.pop()}"


def post(server, body, timeout=PATIENCE):
    """One request on a connection of its own: what every answer must have is checked."""
    connection = http.client.HTTPConnection(server.host, server.ports.http, timeout=timeout)
    try:
        connection.request("POST", PATH, body.encode(),
                           {"Content-Type": next(CONTENT_TYPES)})
        answer = connection.getresponse()
        text = answer.read().decode("utf-8")
    finally:
        connection.close()
    assert answer.status == 200, f"HTTP {answer.status}"
    assert answer.getheader("Content-Type").partition(";")[0] == "text/xml"
    cookies = answer.headers.get_all("Set-Cookie") or []
    assert len(cookies) == 1, f"cookies: {cookies}"
    name, _, rest = cookies[0].partition("=")
    assert name == "ID", cookies[0]
    identifier = rest.partition(";")[0]
    assert IDENTIFIER.match(identifier), identifier
    return identifier, text


class Poller:
    """A session: sends pieces of a stream, keeps the elements that come back."""

    def __init__(self, server, keys=None, domain=None):
        self.server = server
        self.domain = domain or server.domain
        self.keys = keys
        self.identifier = "0"
        self.elements = []
        self.is_over = False
        self.restart()

    def restart(self):
        """What comes next is a new stream."""
        self.parser = xml.parsers.expat.ParserCreate("utf-8")
        self.parser.StartElementHandler = self.begin
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.add
        self.depth = 0

    def begin(self, name, attributes):
        self.depth += 1
        if self.depth == 2:
            self.elements.append({"name": name, "attributes": attributes, "inside": [], "text": ""})
        elif self.depth > 2:
            self.elements[-1]["inside"].append((name, attributes))

    def end(self, _):
        self.depth -= 1
        if self.depth == 0:
            self.is_over = True

    def add(self, text):
        if self.depth > 1:
            self.elements[-1]["text"] += text

    def send(self, content=""):
        """One request; returns the elements that its answer completed."""
        head = self.identifier + (self.keys.head() if self.keys else "")
        identifier, text = post(self.server, f"{head},{content}")
        if identifier.endswith(":0"):
            raise PollError(identifier)
        assert self.identifier in ("0", identifier), "the identifier changed"
        self.identifier = identifier
        before = len(self.elements)
        if text:
            self.parser.Parse(text, False)
        return self.elements[before:]

    def until(self, name, content="", timeout=PATIENCE):
        """Sends, then polls until an element of that name came; returns it."""
        deadline = time.monotonic() + timeout
        found = self.send(content)
        while True:
            for element in found:
                if element["name"] == name:
                    return element
            assert time.monotonic() < deadline, f"no {name} in {self.elements}"
            time.sleep(0.05)
            found = self.send()

    def sign_in(self, jid, password, resource="poll"):
        self.jid = jid
        self.until("stream:features", STREAM.format(domain=self.domain))
        user = jid.partition("@")[0]
        plain = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
        self.until("success", "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>"
                   f"{plain}</auth>")
        self.restart()
        self.until("stream:features", STREAM.format(domain=self.domain))
        self.until("iq", "<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
                   f"<resource>{resource}</resource></bind></iq>")
        self.until("presence", "<presence/>")
        return self

    def end_stream(self):
        """Closes the stream and checks that the server does."""
        self.send("<presence type='unavailable'/></stream:stream>")
        assert self.is_over
