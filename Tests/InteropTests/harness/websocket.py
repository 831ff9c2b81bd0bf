"""WebSocket frames written by hand (RFC 6455), for what no well-behaved client would send."""

import base64
import hashlib
import itertools
import os
import re
import socket
import struct
import time
import zlib

from .raw import ERROR
from .waiting import PATIENCE

PATH = "/websocket"
GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
FRAMING = "urn:ietf:params:xml:ns:xmpp-framing"
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
DEFLATE = "permessage-deflate"
# RFC 7692 §7.2.1: what every compressed message would end with.
TAIL = b"\x00\x00\xff\xff"


def frame(opcode, payload=b"", fin=True, rsv=0, mask=b"\x37\xfa\x21\x3d", length=None, form=None):
    """One frame. `mask=None` leaves it unmasked; `length` lies about the payload; `form` is the
    number of bytes, 1, 2 or 8, that the length is written in."""
    payload = payload.encode() if isinstance(payload, str) else payload
    length = len(payload) if length is None else length
    form = form or (1 if length < 126 else 2 if length < 65536 else 8)
    head = bytes([fin << 7 | rsv << 4 | opcode])
    flag = 0x80 if mask is not None else 0
    head += {1: lambda: bytes([flag | length]),
             2: lambda: bytes([flag | 126]) + struct.pack(">H", length),
             8: lambda: bytes([flag | 127]) + struct.pack(">Q", length)}[form]()
    if mask is None:
        return head + payload
    cycled = itertools.islice(itertools.cycle(mask), len(payload))
    return head + mask + bytes(a ^ b for a, b in zip(payload, cycled))


def deflated(text, level=6):
    """A compressed message without context, as a client sends it."""
    packer = zlib.compressobj(level, zlib.DEFLATED, -15)
    data = packer.compress(text.encode() if isinstance(text, str) else text)
    return (data + packer.flush(zlib.Z_SYNC_FLUSH)).removesuffix(TAIL)


def inflated(data):
    return zlib.decompressobj(-15).decompress(data + TAIL)


def close_payload(code, reason=b""):
    return struct.pack(">H", code) + (reason.encode() if isinstance(reason, str) else reason)


class Frame:
    def __init__(self, first, payload):
        self.fin = bool(first & 0x80)
        self.rsv = first >> 4 & 7
        self.opcode = first & 15
        self.payload = payload

    @property
    def text(self):
        data = inflated(self.payload) if self.rsv & 4 else self.payload
        return data.decode()

    @property
    def code(self):
        """Of a Close frame; None when it has none."""
        return struct.unpack(">H", self.payload[:2])[0] if len(self.payload) >= 2 else None

    def __repr__(self):
        return f"<frame {self.opcode} rsv {self.rsv} {self.payload[:200]!r}>"


class Handshake:
    """The answer to an opening handshake: status and header fields."""

    def __init__(self, text):
        head, *lines = text.split("\r\n")
        self.status = int(head.split()[1]) if head.startswith("HTTP/") else 0
        self.fields = {}
        for line in lines:
            name, _, value = line.partition(":")
            self.fields.setdefault(name.lower(), []).append(value.strip())

    def __getitem__(self, name):
        return ", ".join(self.fields.get(name.lower(), [])) or None


class WebSocket:
    """A connection that sends what it is told and keeps what it hears."""

    def __init__(self, server, path=PATH, changes=None, method="GET", version="HTTP/1.1",
                 early=b"", timeout=PATIENCE):
        """`changes` replaces header fields of a proper handshake; None leaves one out."""
        self.server = server
        self.domain = server.domain
        self.socket = socket.create_connection((server.host, server.ports.http), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.key = base64.b64encode(os.urandom(16)).decode()
        self.buffer = b""
        self.is_at_end = False
        fields = {
            "Host": f"localhost:{server.ports.http}", "Upgrade": "websocket",
            "Connection": "Upgrade", "Sec-WebSocket-Key": self.key,
            "Sec-WebSocket-Version": "13", "Sec-WebSocket-Protocol": "xmpp",
        } | (changes or {})
        lines = [f"{name}: {value}" for name, values in fields.items() if values is not None
                 for value in (values if isinstance(values, list) else [values])]
        head = "\r\n".join([f"{method} {path} {version}", *lines, "", ""])
        self.send(head.encode() + early)
        self.handshake = Handshake(self._head())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    @property
    def is_open(self):
        return self.handshake.status == 101

    @property
    def expected_accept(self):
        return base64.b64encode(hashlib.sha1((self.key + GUID).encode()).digest()).decode()

    # Sending

    def send(self, data, piece=None):
        """Sends bytes, in pieces if told so; a server that has hung up is no failure here."""
        try:
            if piece is None:
                self.socket.sendall(data)
            else:
                for at in range(0, len(data), piece):
                    self.socket.sendall(data[at:at + piece])
        except OSError:
            pass

    def say(self, text, **options):
        self.send(frame(TEXT, text, **options))

    def hang_up(self):
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    # Hearing

    def _fill(self):
        try:
            data = self.socket.recv(65536)
        except ConnectionError:
            data = b""
        self.buffer += data
        self.is_at_end = not data
        return bool(data)

    def _take(self, count):
        while len(self.buffer) < count:
            if not self._fill():
                raise EOFError(f"the server closed; left: {self.buffer[:200]!r}")
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def _head(self):
        while b"\r\n\r\n" not in self.buffer and self._fill():
            pass
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        return head.decode("latin-1")

    def body(self):
        """What follows the head of a refusal."""
        while self._fill():
            pass
        return self.buffer.decode("utf-8", "replace")

    def hear(self):
        """The next frame; a server's are not masked and in their shortest form (§5.1, §5.2)."""
        first, second = self._take(2)
        assert not second & 0x80, "the server masked a frame"
        length = second & 0x7F
        if length == 126:
            length = struct.unpack(">H", self._take(2))[0]
            assert length >= 126, "a length that is not in its shortest form"
        elif length == 127:
            length = struct.unpack(">Q", self._take(8))[0]
            assert length >= 65536, "a length that is not in its shortest form"
        return Frame(first, self._take(length))

    def hear_text(self):
        """The next message's text; pings are answered on the way."""
        while True:
            heard = self.hear()
            if heard.opcode == PING:
                self.send(frame(PONG, heard.payload))
                continue
            assert heard.opcode == TEXT and heard.fin, f"expected text, heard {heard}"
            return heard.text

    def hear_until(self, enough):
        """The first message with that text in it."""
        while True:
            text = self.hear_text()
            if enough in text:
                return text

    def hear_to_end(self):
        """All frames until the server closes the connection; its Close frame is confirmed."""
        heard = []
        while True:
            try:
                heard.append(self.hear())
            except EOFError:
                return heard
            if heard[-1].opcode == CLOSE:
                self.send(frame(CLOSE, heard[-1].payload))

    # Streams (RFC 7395)

    def open(self, attributes=None, **options):
        """Opens a stream; returns our `<open/>` and the features."""
        to = f"to='{self.domain}'" if attributes is None else attributes
        self.say(f"<open xmlns='{FRAMING}' {to} version='1.0'/>", **options)
        return self.hear_text(), self.hear_text()

    def sign_in(self, jid, password, resource=""):
        """SASL PLAIN, a new stream, and a bound resource; returns the full address."""
        self.open()
        secret = base64.b64encode(f"\0{jid.split('@')[0]}\0{password}".encode()).decode()
        self.say("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>"
                 f"{secret}</auth>")
        assert "<success" in self.hear_text()
        self.open()
        self.say("<iq xmlns='jabber:client' type='set' id='b'>"
                 "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
                 f"{resource and f'<resource>{resource}</resource>'}</bind></iq>")
        return re.search("<jid>(.*)</jid>", self.hear_text())[1]

    def ping(self, mark="p"):
        """An XMPP ping and its answer: the stream still works."""
        self.say(ping(mark))
        return self.hear_until(f"id='{mark}'")


def ping(mark="p"):
    return f"<iq xmlns='jabber:client' type='get' id='{mark}'><ping xmlns='urn:xmpp:ping'/></iq>"


def outcome(frames):
    """How the server ended a connection: the stream error, if one, and the close code."""
    condition = code = None
    for each in frames:
        if each.opcode == CLOSE:
            code = each.code or "none"
        elif each.opcode == TEXT:
            found = ERROR.search(each.text)
            condition = found["condition"] if found else condition
    return condition, code


def closes_in_time(link, seconds=PATIENCE):
    """Whether the server ends the connection; what it says is thrown away."""
    deadline = time.monotonic() + seconds
    link.socket.settimeout(seconds)
    try:
        while time.monotonic() < deadline and link._fill():
            link.buffer = b""
    except TimeoutError:
        return False
    return link.is_at_end
