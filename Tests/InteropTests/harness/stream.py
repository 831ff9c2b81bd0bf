"""A client on a raw stream that also knows how to behave: it signs in, binds, asks."""

import base64
import re
import socket

from . import web
from .raw import RawStream, header, stream_error, utf8
from .waiting import PATIENCE

SASL = "urn:ietf:params:xml:ns:xmpp-sasl"
BIND = "urn:ietf:params:xml:ns:xmpp-bind"
REGISTER = "jabber:iq:register"
LEGACY_AUTH = "jabber:iq:auth"
CONDITION = re.compile(r"<([a-z-]+)[^<>]*urn:ietf:params:xml:ns:xmpp-stanzas")


class Stream(RawStream):
    """`port` is a number, or the path of a unix socket; `first` is sent before the stream.

    `context` is the client's side of TLS; with `tls`, TLS comes first.
    """

    def __init__(self, server, port=None, domain=None, first=b"", timeout=PATIENCE, tls=False,
                 context=None):
        self.domain = domain or server.domain
        self.timeout = timeout
        self.heard = ""
        self.decoder = utf8()
        self.is_closed = False
        port = port or server.ports.c2s
        if isinstance(port, str):
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(timeout)
            self.socket.connect(port)
        else:
            self.socket = socket.create_connection((server.host, port), timeout=timeout)
        self.send(first)
        self.context = context or web.trusting()
        if tls:
            self.socket = self.context.wrap_socket(self.socket, server_hostname=self.domain)

    def starttls(self, domain):
        self.heard = ""
        self.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        self.read_until(lambda text: "proceed" in text)
        self.socket = self.context.wrap_socket(self.socket, server_hostname=domain)
        return self.open(domain)

    def begin(self, tls=False):
        """Opens the stream, under TLS if told so; returns the features."""
        features = self.open(self.domain)
        return self.starttls(self.domain) if tls else features

    def hear(self, pattern, start=0):
        """The first match in what was heard since `start`, now or later."""
        sought = re.compile(pattern, re.DOTALL)
        self.read_until(lambda text: sought.search(text, start))
        return sought.search(self.heard, start)

    def ask(self, stanza):
        """Sends a stanza that has an id (`id='…'`); returns what answers it, with its end tag."""
        mark = re.search(r"id='([^']*)'", stanza)[1]
        kind = re.match(r"<(\w+)", stanza)[1]
        before = len(self.heard)
        self.send(stanza)
        return self.hear(
            rf"<{kind}\b[^>]*\bid=['\"]{mark}['\"][^>]*?(/>|(?<!/)>.*?</{kind}>)", before)[0]

    def authenticate(self, user, password, mechanism="PLAIN"):
        """One attempt; returns None or the condition of the failure."""
        plain = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
        return self.attempt(mechanism, plain)

    def attempt(self, mechanism, response):
        self.heard = ""
        self.send(f"<auth xmlns='{SASL}' mechanism='{mechanism}'>{response}</auth>")
        return self.verdict()

    def attempt_open(self, mechanism, response):
        """The same for a mechanism that goes on: `challenge`, kept decoded, or the condition."""
        self.heard = ""
        self.send(f"<auth xmlns='{SASL}' mechanism='{mechanism}'>{response}</auth>")
        found = self.hear(r"<challenge[^>]*>([^<]*)</challenge>|<failure[^>]*>.*?</failure>")
        if found[1] is None:
            return self.verdict()
        self.challenge = base64.b64decode(found[1]).decode()
        return "challenge"

    def verdict(self):
        """None for success, else the condition of the failure."""
        found = self.hear(r"<success[^>]*?(/>|>.*?</success>)|<failure[^>]*>.*?</failure>")[0]
        if found.startswith("<success"):
            return None
        return re.search(r"<([a-z-]+)", found.removeprefix("<failure"))[1]

    def bind(self, resource=None):
        """The bound address, or the condition of the refusal."""
        wanted = f"<resource>{resource}</resource>" if resource else ""
        answer = self.ask(
            f"<iq type='set' id='bind-{resource}'><bind xmlns='{BIND}'>{wanted}</bind></iq>")
        jid = re.search("<jid>(.*)</jid>", answer)
        return jid[1] if jid else condition(answer)

    def sign_in(self, jid, password, resource=None, tls=False, presence=True):
        """All of it, up to available presence; the stream itself is returned."""
        user, _, self.domain = jid.partition("@")
        self.begin(tls)
        refused = self.authenticate(user, password)
        assert refused is None, refused
        self.open(self.domain)
        self.jid = self.bind(resource)
        assert self.jid.startswith(jid), self.jid
        if presence:
            self.ask("<presence id='here'/>")
        return self

    def ping(self, mark="ping"):
        """The stream still works: returns when the server has answered."""
        answer = self.ask(
            f"<iq type='get' id='{mark}' to='{self.domain}'><ping xmlns='urn:xmpp:ping'/></iq>")
        assert "result" in answer, answer
        return answer

    def ended(self):
        """Waits for the end; the condition of the stream error, or None without one."""
        return stream_error(self.read_to_end())

    def register(self, user, password):
        """Registration on a stream that has begun; `result`, or the condition of the error."""
        answer = self.ask(
            f"<iq type='set' id='register-{user}'><query xmlns='{REGISTER}'>"
            f"<username>{user}</username><password>{password}</password></query></iq>")
        return condition(answer) or "result"


def condition(stanza):
    """The condition of an error stanza (RFC 6120 §8.3), or None."""
    found = CONDITION.search(stanza)
    return found and found[1]


__all__ = ["Stream", "condition", "header", "stream_error"]


class Old(Stream):
    """A stream whose header has no version."""

    def __init__(self, server, **options):
        super().__init__(server, **options)
        self.send(f"<stream:stream to='{self.domain}' xmlns='jabber:client' "
                  "xmlns:stream='http://etherx.jabber.org/streams'>")
        self.opening = self.hear("<stream:stream[^>]*>")[0]

    def auth(self, children, kind="set"):
        return self.ask(f"<iq type='{kind}' id='auth' to='{self.domain}'>"
                        f"<query xmlns='{LEGACY_AUTH}'>{children}</query></iq>")

    def login(self, user, password, resource="old"):
        """None when it worked, else the condition of the refusal."""
        answer = self.auth(f"<username>{user}</username><password>{password}</password>"
                           f"<resource>{resource}</resource>")
        assert condition(answer) or "type='result'" in answer, answer
        return condition(answer)
