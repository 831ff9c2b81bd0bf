"""Logins tied to their TLS connection: SCRAM-SHA-*-PLUS (RFC 5802 §6, RFC 9266, XEP-0440)."""

import re

import pytest
from OpenSSL import SSL

from conftest import PASSWORD
from harness.scram import ExportingSocket, Scram
from harness.stream import Stream

pytestmark = pytest.mark.own_server
HASHES = ["SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512"]
TYPES = ["tls-exporter", "tls-server-end-point"]
VERSIONS = [SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION]


@pytest.fixture
def secured(server):
    """Opens a stream under TLS: `secured()`, or in clear text with `tls=False`."""
    streams = []

    def make(version=None, tls=True):
        stream = Stream(server)
        streams.append(stream)
        if tls:
            stream.begin()
            stream.heard = ""
            stream.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
            stream.hear("<proceed")
            stream.socket = ExportingSocket(stream.socket, stream.domain, version)
        stream.features = stream.open(stream.domain)
        return stream

    yield make
    for stream in streams:
        stream.socket.close()


@pytest.fixture
def user(account):
    return account("romeo").partition("@")[0]


def binding(stream, kind):
    if kind == "tls-exporter":
        return stream.socket.exporter()
    return stream.socket.end_point()


def offered(features):
    return re.findall("<mechanism>([^<]*)", features), re.findall("type='([^']*)'", features)


def test_bound_mechanisms_are_offered_under_tls_only(secured):
    mechanisms, types = offered(secured().features)
    assert {f"{each}-PLUS" for each in HASHES} < set(mechanisms)
    assert types == TYPES
    mechanisms, types = offered(secured(tls=False).features)
    assert not [each for each in mechanisms if each.endswith("-PLUS")] and types == []


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("mechanism", HASHES)
def test_each_binding_signs_in(secured, user, mechanism, kind, version):
    stream = secured(version)
    scram = Scram(f"{mechanism}-PLUS", user, PASSWORD, f"p={kind}", binding(stream, kind))
    assert scram.log_in(stream) is None
    stream.open(stream.domain)
    assert stream.bind("here").endswith("/here")
    stream.ping()


@pytest.mark.parametrize("kind", TYPES)
def test_another_connection_is_refused(secured, user, kind):
    """What somebody in between would have: the same password, other TLS."""
    stream, other = secured(), secured()
    data = binding(other, kind) if kind == "tls-exporter" else binding(other, kind)[::-1]
    for wrong in (data, b"", binding(stream, kind)[:-1], binding(stream, kind) + b"\0"):
        stream = secured()
        scram = Scram("SCRAM-SHA-256-PLUS", user, PASSWORD, f"p={kind}", wrong)
        assert scram.log_in(stream) == "not-authorized"


def test_the_data_of_one_type_do_not_pass_for_another(secured, user):
    stream = secured()
    scram = Scram("SCRAM-SHA-256-PLUS", user, PASSWORD, "p=tls-exporter", stream.socket.end_point())
    assert scram.log_in(stream) == "not-authorized"


def test_a_wrong_password_is_refused_with_the_right_binding(secured, user):
    stream = secured()
    scram = Scram("SCRAM-SHA-1-PLUS", user, "wrong", "p=tls-exporter", stream.socket.exporter())
    assert scram.log_in(stream) == "not-authorized"
    again = Scram("SCRAM-SHA-1-PLUS", user, PASSWORD, "p=tls-exporter", stream.socket.exporter())
    assert again.log_in(stream) is None


@pytest.mark.parametrize("mechanism", HASHES)
def test_a_client_that_was_kept_from_binding_is_refused(secured, user, mechanism):
    """RFC 5802 §6: flag `y`, “I could, but you did not offer it”, where it was offered."""
    assert Scram(mechanism, user, PASSWORD, "y").log_in(secured()) == "not-authorized"
    # Nor may the flag be changed on the way: the proof covers what the client meant.
    assert Scram(mechanism, user, PASSWORD, "n", said="y").log_in(secured()) == "not-authorized"


@pytest.mark.parametrize("mechanism", HASHES)
def test_a_client_that_could_bind_signs_in_where_nobody_can(secured, user, mechanism):
    assert Scram(mechanism, user, PASSWORD, "y").log_in(secured(tls=False)) is None


@pytest.mark.parametrize("mechanism", HASHES)
def test_a_client_that_cannot_bind_signs_in(secured, user, mechanism):
    assert Scram(mechanism, user, PASSWORD).log_in(secured()) is None


@pytest.mark.parametrize("mechanism, flag, condition", [
    ("SCRAM-SHA-256-PLUS", "n", "malformed-request"),
    ("SCRAM-SHA-256-PLUS", "y", "malformed-request"),
    ("SCRAM-SHA-256", "p=tls-exporter", "malformed-request"),
    ("SCRAM-SHA-256-PLUS", "p=tls-unique", "not-authorized"),
    ("SCRAM-SHA-256-PLUS", "p=", None), ("SCRAM-SHA-256-PLUS", "x", None),
])
def test_flags_that_do_not_fit_are_refused(secured, user, mechanism, flag, condition):
    outcome = Scram(mechanism, user, PASSWORD, flag).log_in(secured())
    assert outcome == condition or condition is None and outcome in (
        "malformed-request", "not-authorized")


def test_bound_mechanisms_are_refused_in_the_clear(secured, user):
    scram = Scram("SCRAM-SHA-256-PLUS", user, PASSWORD, "p=tls-exporter", b"\0" * 32)
    assert scram.log_in(secured(tls=False)) in ("encryption-required", "invalid-mechanism")
