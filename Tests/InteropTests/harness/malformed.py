"""Streams that no honest client sends, each with the stream errors that answer it.

A case is what is sent after a starting point, in pieces; the conditions are those that RFC 6120
§4.9.3 (or §11 for the XML itself) gives for it. Random details come from a seeded source, so that
a failing case can be repeated.
"""

import random
from dataclasses import dataclass

from .raw import header

STREAMS = "http://etherx.jabber.org/streams"
MEBIBYTE = 1 << 20


@dataclass
class Case:
    """One broken stream."""

    name: str
    data: bytes
    conditions: set
    # Where it starts: at the first byte, inside an open stream, or after login.
    start: str = "fresh"
    # Bytes sent at once; 0 sends all in one go.
    piece: int = 0
    # Whether the client ends its side afterwards; then no error is owed, only the end.
    hangs_up: bool = False

    def pieces(self):
        size = self.piece or len(self.data) or 1
        return [self.data[at:at + size] for at in range(0, len(self.data), size)]


class Maker:
    """Makes cases for one domain."""

    def __init__(self, domain, seed):
        self.domain = domain
        self.random = random.Random(seed)

    def word(self, shortest=1, longest=12):
        return "".join(self.random.choices(
            "abcdefghijklmnopqrstuvwxyz", k=self.random.randint(shortest, longest)))

    def cases(self, count):
        """`count` cases, taking turns through all kinds."""
        kinds = [*self.headers(), *self.syntax(), *self.restricted(), *self.sizes(), *self.rules()]
        for number in range(count):
            yield self.vary(*kinds[number % len(kinds)])

    def signed_in_cases(self, count):
        kinds = [*self.syntax(), *self.restricted(), *self.sizes(), *self.late_rules()]
        for number in range(count):
            name, make, conditions, _, hangs_up = self.kind(*kinds[number % len(kinds)])
            yield Case(name, self.encode(make()), conditions, "signed in", 0, hangs_up)

    @staticmethod
    def kind(name, make, conditions, start="open", hangs_up=False):
        return name, make, conditions, start, hangs_up

    def vary(self, *kind):
        name, make, conditions, start, hangs_up = self.kind(*kind)
        data = self.encode(make())
        piece = 0
        if len(data) < 400 and self.random.random() < 0.3:
            piece = self.random.randint(1, 7)
            name += ", slowly"
        return Case(name, data, conditions, start, piece, hangs_up)

    @staticmethod
    def encode(data):
        return data if isinstance(data, bytes) else data.encode()

    def headers(self):
        """Wrong from the first byte."""
        bad = {"not-well-formed"}
        encoding = {"unsupported-encoding"}
        namespace = {"invalid-namespace"}
        good = header(self.domain)
        return [
            ("garbage", lambda: self.word(20, 300), bad, "fresh"),
            ("an HTTP request", lambda: f"GET /{self.word()} HTTP/1.1\r\nHost: x\r\n\r\n", bad,
             "fresh"),
            ("a TLS handshake", lambda: b"\x16\x03\x01\x02\x00\x01" + self.random.randbytes(200),
             bad | encoding, "fresh"),
            ("zero bytes", lambda: b"\0" * 64, bad | encoding, "fresh"),
            ("UTF-16", lambda: good.encode("utf-16"), encoding, "fresh"),
            ("another encoding", lambda: good.replace(
                "version='1.0'?", "version='1.0' encoding='iso-8859-1'?", 1), encoding, "fresh"),
            ("a wrong content namespace", lambda: header(
                self.domain, namespace=f"jabber:{self.word()}"), namespace, "fresh"),
            ("no content namespace", lambda: good.replace("xmlns='jabber:client'", ""),
             namespace, "fresh"),
            ("a wrong stream namespace", lambda: good.replace(STREAMS, f"urn:{self.word()}"),
             namespace, "fresh"),
            ("an undeclared stream prefix", lambda: good.replace(f"xmlns:stream='{STREAMS}'", ""),
             bad | namespace | {"bad-namespace-prefix"}, "fresh"),
            ("another root", lambda: f"<{self.word()} xmlns='jabber:client'>",
             {"bad-format", *namespace}, "fresh"),
            ("a bad version", lambda: header(self.domain, version=self.word()),
             {"unsupported-version"}, "fresh"),
            ("an unknown host", lambda: header(f"{self.word()}.example"), {"host-unknown"},
             "fresh"),
            ("no host", lambda: good.replace(f"to='{self.domain}'", ""),
             {"host-unknown", "improper-addressing"}, "fresh"),
            ("a DTD before the stream", lambda: f"<!DOCTYPE {self.word()}>{good[21:]}",
             {"restricted-xml"}, "fresh"),
            ("a comment before the stream", lambda: f"<!-- {self.word()} -->{good[21:]}",
             {"restricted-xml"}, "fresh"),
            ("half a header", lambda: good[:self.random.randint(1, len(good) - 1)], bad, "fresh",
             True),
        ]

    def syntax(self):
        """XML that is none."""
        bad = {"not-well-formed"}
        encoding = bad | {"unsupported-encoding"}
        return [
            ("mismatched tags", lambda: f"<iq><{self.word()}a></{self.word()}b>", bad),
            ("the stream closed twice too early", lambda: "<iq></stream:stream>", bad),
            ("an attribute twice", lambda: "<iq id='1' id='2'/>", bad),
            ("an attribute without quotes", lambda: f"<iq id={self.word()}/>", bad),
            ("angle brackets", lambda: "<" * self.random.randint(2, 50) + ">", bad),
            ("a bare ampersand", lambda: "<message><body>a & b</body></message>", bad),
            ("a control character", lambda: "<message><body>\x01</body></message>", bad),
            ("a reference to nothing", lambda: "<message><body>&#0;</body></message>", bad),
            ("a reserved byte", lambda: b"<message><body>\xff</body></message>", encoding),
            ("half a character", lambda: b"<message><body>\xe2\x82</body></message>", encoding),
            ("an overlong form", lambda: b"<message><body>\xc0\xaf</body></message>", encoding),
            ("a surrogate", lambda: b"<message><body>\xed\xa0\x80</body></message>", encoding),
            ("Latin-1", lambda: "<message><body>café crème</body></message>".encode("latin-1"),
             encoding),
            ("a prefix never declared", lambda: f"<{self.word()}:iq/>",
             bad | {"bad-namespace-prefix"}),
            ("half a stanza", lambda: f"<message><body>{self.word()}", bad, "open", True),
        ]

    def restricted(self):
        """XML that XMPP forbids (RFC 6120 §11.1)."""
        forbidden = {"restricted-xml"}
        return [
            ("a comment", lambda: f"<!-- {self.word(1, 40)} -->", forbidden),
            ("a comment in a stanza", lambda: f"<message><!--{self.word()}--></message>",
             forbidden),
            ("a processing instruction", lambda: f"<?{self.word()}x {self.word()}?>", forbidden),
            ("an undefined entity", lambda: f"<message><body>&{self.word()}z;</body></message>",
             {"restricted-xml", "not-well-formed"}),
            ("a billion laughs", self.laughs, {"restricted-xml", "not-well-formed"}),
            ("an external entity", lambda: "<!DOCTYPE x [<!ENTITY f SYSTEM 'file:///etc/passwd'>]>"
             "<message>&f;</message>", {"restricted-xml", "not-well-formed"}),
        ]

    @staticmethod
    def laughs():
        names = ["lol", *(f"lol{number}" for number in range(1, 10))]
        lines = ["<!ENTITY lol 'lol'>"]
        lines += [f"<!ENTITY {name} '{('&' + before + ';') * 10}'>"
                  for before, name in zip(names, names[1:])]
        return f"<!DOCTYPE x [{''.join(lines)}]><message>&lol9;</message>"

    def sizes(self):
        """More than a stanza may hold."""
        limit = {"policy-violation"}
        return [
            ("a stanza too large", lambda: f"<message><body>{'x' * MEBIBYTE}", limit),
            ("an attribute too large", lambda: f"<message id='{'x' * MEBIBYTE}'", limit),
            ("a name too large", lambda: "<" + "x" * MEBIBYTE, limit | {"not-well-formed"}),
            ("deep nesting", lambda: "<a>" * 3000, limit),
            ("many attributes", lambda: "<iq " + " ".join(
                f"a{number}=''" for number in range(3000)) + "/>", limit),
            ("many namespaces", lambda: "<iq " + " ".join(
                f"xmlns:a{number}='urn:{number}'" for number in range(2000)) + "/>", limit),
        ]

    def rules(self):
        """Well-formed, but not now (RFC 6120 §4.9.3.12 and others)."""
        early = {"not-authorized", "policy-violation"}
        return [
            ("a message before login", lambda: "<message to='a@localhost'><body>x</body></message>",
             early),
            ("presence before login", lambda: "<presence/>", early),
            ("a roster request before login", lambda: "<iq type='get' id='1'>"
             "<query xmlns='jabber:iq:roster'/></iq>", early),
            ("an unknown element before login", lambda: f"<{self.word()} xmlns='urn:x'/>",
             early | {"unsupported-stanza-type"}),
            ("text between stanzas", lambda: self.word() + "<presence/>",
             {"bad-format", "not-well-formed", *early}),
            ("a stream in the stream", lambda: header(self.domain)[21:],
             {"bad-format", "invalid-xml", "unsupported-stanza-type", *early}),
        ]

    def late_rules(self):
        """Well-formed, but never."""
        return [
            ("an unknown stanza", lambda: f"<{self.word()}x/>", {"unsupported-stanza-type"}),
            ("a sender that is somebody else", lambda: "<message from='mallory@localhost/x' "
             "to='a@localhost'><body>x</body></message>", {"invalid-from"}),
            ("text between stanzas", lambda: self.word() + "<presence/>",
             {"bad-format", "not-well-formed"}),
        ]
