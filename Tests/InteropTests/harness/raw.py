"""Streams written byte by byte, for what no well-behaved client would send."""

import codecs
import re
import socket
import time

from . import web
from .waiting import PATIENCE

ERROR = re.compile(
    r"<(?:\w+:)?error\b[^>]*>.*?<(?P<condition>[a-z-]+)[^>]*urn:ietf:params:xml:ns:xmpp-streams",
    re.DOTALL)


class RawStream:
    """A TCP connection to a client port that sends what it is told and keeps what it hears."""

    def __init__(self, host, port, timeout=PATIENCE):
        self.socket = socket.create_connection((host, port), timeout=timeout)
        self.timeout = timeout
        self.heard = ""
        self.decoder = utf8()
        self.is_closed = False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        """Sends text or bytes; a server that has already hung up is no failure here."""
        try:
            self.socket.sendall(data.encode() if isinstance(data, str) else data)
        except OSError:
            self.is_closed = True

    def open(self, domain, version="1.0"):
        """Opens the stream and returns the features."""
        self.heard = ""
        self.send(header(domain, version))
        return self.read_until(lambda text: "features>" in text or "features/>" in text)

    def starttls(self, domain):
        """Negotiates TLS without checking the certificate, and opens the stream anew."""
        self.heard = ""
        self.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        self.read_until(lambda text: "proceed" in text)
        self.socket = web.trusting().wrap_socket(self.socket, server_hostname=domain)
        return self.open(domain)

    def hang_up(self):
        """Ends the sending side."""
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            self.is_closed = True

    def read_until(self, enough):
        """Everything heard since the last `open`, as soon as `enough` of it is there."""
        deadline = time.monotonic() + self.timeout
        while not enough(self.heard):
            self.receive(deadline)
            if self.is_closed and not enough(self.heard):
                raise AssertionError(f"closed after {self.heard[-500:]!r}")
        return self.heard

    def read_to_end(self):
        """Everything heard until the server closes the connection, which it must."""
        deadline = time.monotonic() + self.timeout
        while not self.is_closed:
            self.receive(deadline)
        return self.heard

    def receive(self, deadline):
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError(f"heard only {self.heard[-500:]!r}")
        self.socket.settimeout(left)
        try:
            data = self.socket.recv(65536)
        except TimeoutError:
            raise TimeoutError(f"heard only {self.heard[-500:]!r}") from None
        except OSError:
            data = b""
        self.is_closed = not data
        self.heard += self.decoder.decode(data, self.is_closed)


def utf8():
    """Decodes pieces that may end inside a character."""
    return codecs.getincrementaldecoder("utf-8")("replace")


def header(domain, version="1.0", namespace="jabber:client"):
    """The opening tag of a client stream."""
    return (
        f"<?xml version='1.0'?><stream:stream to='{domain}' version='{version}' "
        f"xmlns='{namespace}' xmlns:stream='http://etherx.jabber.org/streams'>")


def stream_error(heard):
    """The condition of the stream error in what was heard (RFC 6120 §4.9.3), or None."""
    found = ERROR.search(heard)
    return found and found["condition"]


def register_in_band(server, user, password, domain):
    """Makes an account before signing in (XEP-0077) and returns its bare JID."""
    with RawStream(server.host, server.ports.c2s) as stream:
        stream.open(domain)
        stream.starttls(domain)
        stream.send(
            "<iq type='set' id='r'><query xmlns='jabber:iq:register'>"
            f"<username>{user}</username><password>{password}</password></query></iq>")
        answer = stream.read_until(lambda text: re.search(r"<iq\b[^>]*id=.r.", text))
        assert re.search(r"<iq\b[^>]*type=.result", answer), answer
    return f"{user}@{domain}"
