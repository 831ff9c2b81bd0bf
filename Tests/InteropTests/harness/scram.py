"""The client's side of SCRAM, with channel binding (RFC 5802, 7677, 5929, 9266)."""

import base64
import hashlib
import hmac
import select

from OpenSSL import SSL

HASHES = {"SCRAM-SHA-1": "sha1", "SCRAM-SHA-256": "sha256", "SCRAM-SHA-512": "sha512"}


class Scram:
    """One login; `flag` is the GS2 flag, such as `n`, `y` or `p=tls-exporter`."""

    nonce = "fyko+d2lbbFgONRv9qkxdawL"

    def __init__(self, mechanism, user, password, flag="n", binding=b"", said=None):
        """`said` is the flag that the second message claims, where it differs from the first."""
        self.mechanism = mechanism
        self.hash = HASHES[mechanism.removesuffix("-PLUS")]
        self.password = password.encode()
        self.header = f"{flag},,"
        self.bound = f"{said or flag},,".encode() + binding
        self.bare = f"n={user},r={self.nonce}"

    @property
    def first(self):
        return text(self.header + self.bare)

    def hmac(self, key, message):
        return hmac.digest(key, message, self.hash)

    def answer(self, challenge):
        """The second message; keeps what the server must prove."""
        parts = dict(part.split("=", 1) for part in challenge.split(","))
        assert parts["r"].startswith(self.nonce) and parts["r"] != self.nonce
        salted = hashlib.pbkdf2_hmac(
            self.hash, self.password, base64.b64decode(parts["s"]), int(parts["i"]))
        without = f"c={text(self.bound)},r={parts['r']}"
        message = f"{self.bare},{challenge},{without}".encode()
        key = self.hmac(salted, b"Client Key")
        signature = self.hmac(hashlib.new(self.hash, key).digest(), message)
        proof = bytes(a ^ b for a, b in zip(key, signature))
        self.expected = text(self.hmac(self.hmac(salted, b"Server Key"), message))
        return text(f"{without},p={text(proof)}")

    def log_in(self, stream):
        """None when it worked and the server proved itself, else the condition."""
        outcome = stream.attempt_open(self.mechanism, self.first)
        if outcome != "challenge":
            return outcome
        stream.send("<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
                    f"{self.answer(stream.challenge)}</response>")
        refused = stream.verdict()
        if refused is None:
            final = base64.b64decode(stream.hear("<success[^>]*>([^<]*)<")[1]).decode()
            assert final == f"v={self.expected}", "the server does not know the password"
        return refused


def text(data):
    return base64.b64encode(data.encode() if isinstance(data, str) else data).decode()


class ExportingSocket:
    """TLS by pyOpenSSL, which, unlike Python's `ssl`, gives exported keying material."""

    def __init__(self, link, name, version=None):
        context = SSL.Context(SSL.TLS_CLIENT_METHOD)
        if version:
            context.set_min_proto_version(version)
            context.set_max_proto_version(version)
        link.settimeout(None)
        self.link = link
        self.timeout = None
        self.tls = SSL.Connection(context, link)
        self.tls.set_tlsext_host_name(name.encode())
        self.tls.set_connect_state()
        self.tls.do_handshake()

    def exporter(self):
        """The data of `tls-exporter` (RFC 9266 §2)."""
        return self.tls.export_keying_material(b"EXPORTER-Channel-Binding", 32, b"")

    def end_point(self):
        """The data of `tls-server-end-point`: our certificates are signed with SHA-256."""
        certificate = self.tls.get_peer_certificate(as_cryptography=True)
        assert certificate.signature_hash_algorithm.name == "sha256"
        return certificate.fingerprint(certificate.signature_hash_algorithm)

    def sendall(self, data):
        self.tls.sendall(data)

    def settimeout(self, seconds):
        self.timeout = seconds

    def recv(self, count):
        if not self.tls.pending() and not select.select([self.link], [], [], self.timeout)[0]:
            raise TimeoutError
        try:
            return self.tls.recv(count)
        except SSL.ZeroReturnError:
            return b""
        except SSL.Error as error:
            raise OSError(str(error)) from None

    def close(self):
        self.link.close()
