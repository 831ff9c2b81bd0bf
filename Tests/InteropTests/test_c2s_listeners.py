"""What an `ejabberd_c2s` listener asks of its clients: TLS, access, speed, who they are."""

import base64
import os
import socket
import stat
import struct
import time

import pytest

from conftest import PASSWORD, run
from harness import bosh, web
from harness.place import Place
from harness.scram import Scram
from harness.slix import Clients
from harness.slix import run as play
from harness.stream import Stream, condition
from harness.trial import Trial, listener
from harness.websocket import WebSocket

pytestmark = pytest.mark.own_server
TLS, SLOW, CLUB, PROXY, WEB = range(5)
BIND = ("<iq xmlns='jabber:client' type='set' id='b'>"
        "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>")
RATE = 2000
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


@pytest.fixture(scope="module")
def strict(request):
    server = Trial(
        listeners=[
            listener("ejabberd_c2s", "starttls_required: true"),
            listener("ejabberd_c2s", "shaper: slow"),
            listener("ejabberd_c2s", "access: club"),
            listener("ejabberd_c2s", "use_proxy_protocol: true", "starttls: true",
                     "access: from_documentation"),
            lambda port: web.listener(port, "access: club")],
        options=f"""\
shaper:
  crawl: {RATE}
shaper_rules:
  slow:
    none: quick
    crawl: all
""")
    server.path = str(server.folder / "c2s.sock")
    server.change(r"(?m)^listen:\n", f"""\
listen:
  - port: "unix:{server.path}"
    module: ejabberd_c2s
    unix_socket: {{mode: "0660"}}
""")
    server.change(r"(?m)^acl:$", """\
acl:
  quick:
    user: quick
  member:
    user_glob: "member*"
  documentation:
    ip: [192.0.2.0/24, 2001:db8::/32]""")
    server.change(r"(?m)^  register:$", """\
  club:
    - allow: member
  from_documentation:
    - allow: documentation
  register:""")
    yield from run(server, request.session)


# starttls_required


def test_nothing_but_tls_is_accepted_before_it(strict):
    """RFC 6120 §5.3.1: `required`, and no mechanism until then."""
    user = strict.account("romeo", PASSWORD).partition("@")[0]
    with Stream(strict, port=strict.more[TLS]) as stream:
        features = stream.begin()
        assert "<required" in features and "mechanism" not in features
        assert "register" not in features
        features = stream.starttls("localhost")
        assert "PLAIN" in features and "starttls" not in features
        assert stream.authenticate(user, PASSWORD) is None


def test_a_password_is_not_taken_before_it(strict):
    """RFC 6120 §6.5.4; the right one is not, either."""
    user = strict.account("romeo", PASSWORD).partition("@")[0]
    with Stream(strict, port=strict.more[TLS]) as stream:
        stream.begin()
        assert stream.authenticate(user, PASSWORD) == "encryption-required"
        assert stream.attempt("SCRAM-SHA-256", "") == "encryption-required"


@pytest.mark.parametrize("data", [
    "<iq type='set' id='r'><query xmlns='jabber:iq:register'><username>early</username>"
    "<password>bird</password></query></iq>",
    "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>",
    "<message to='romeo@localhost'><body>?</body></message>"])
def test_who_goes_on_without_tls_is_cut_off(strict, data):
    with Stream(strict, port=strict.more[TLS]) as stream:
        stream.begin()
        stream.send(data)
        assert stream.ended() in ("policy-violation", "not-authorized")
    with Stream(strict) as stream:
        stream.begin()
        assert stream.authenticate("early", "bird") == "not-authorized"


def test_slixmpp_takes_the_hint(strict):
    jid = strict.account("romeo", PASSWORD)

    async def scenario():
        async with Clients(Place(strict, c2s=strict.more[TLS])) as clients:
            await (await clients(jid, PASSWORD))["xep_0199"].send_ping("localhost")

    play(scenario())


# shaper


def pour(server, jid, stanzas, size, port):
    """Seconds until a server has taken that many messages of about that size."""
    with Stream(server, port=port).sign_in(jid, PASSWORD) as stream:
        began = time.monotonic()
        filler = "x" * size
        for _ in range(stanzas):
            stream.send(f"<message type='chat' to='{stream.jid}'><body>{filler}</body></message>")
        stream.ping()
        assert stream.heard.count(filler) == stanzas
        return time.monotonic() - began


def test_a_shaper_slows_a_client_down(strict):
    """Two seconds' worth beyond what may come at once."""
    jid = strict.account("romeo", PASSWORD)
    took = pour(strict, jid, 6, 1000, strict.more[SLOW])
    assert 6000 / RATE - 1.2 <= took


def test_the_shaper_depends_on_who_logs_in(strict):
    """Others would need 25 seconds for as much."""
    assert pour(strict, strict.register("quick", PASSWORD), 50, 1000, strict.more[SLOW]) < 15
    assert pour(strict, strict.account("romeo", PASSWORD), 50, 1000, None) < 15


def test_one_slow_client_slows_nobody_else(strict):
    jid, other = strict.account("romeo", PASSWORD), strict.account("juliet", PASSWORD)
    with Stream(strict, port=strict.more[SLOW]).sign_in(jid, PASSWORD) as slow, \
            Stream(strict, port=strict.more[SLOW]).sign_in(other, PASSWORD) as swift:
        slow.send(f"<message to='{jid}'><body>{'x' * 60_000}</body></message>")
        began = time.monotonic()
        swift.ping()
        # The other waits for thirty seconds.
        assert time.monotonic() - began < 15


# access


def test_a_rule_keeps_accounts_from_a_listener(strict):
    member, other = strict.account("member", PASSWORD), strict.account("other", PASSWORD)
    with Stream(strict, port=strict.more[CLUB]).sign_in(member, PASSWORD) as stream:
        stream.ping()
    with Stream(strict, port=strict.more[CLUB], domain="localhost") as stream:
        stream.begin()
        refused = stream.authenticate(other.partition("@")[0], PASSWORD)
        if refused is None:
            stream.open("localhost")
            refused = stream.bind()
        assert refused == "not-allowed"
        # No way around it: a session would answer.
        stream.send("<iq type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>")
        stream.hear("not-authorized")
    with Stream(strict).sign_in(other, PASSWORD) as stream:
        stream.ping()


def over_bosh(server, user):
    """The condition that binding is refused with; None when it is not."""
    session = bosh.Session(server)
    plain = base64.b64encode(f"\0{user}\0{PASSWORD}".encode()).decode()
    session.until("<success", "", "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' "
                  f"mechanism='PLAIN'>{plain}</auth>")
    session.until("<bind", "xmpp:restart='true' xmlns:xmpp='urn:xmpp:xbosh'")
    return condition(session.until("</iq>", "", BIND).text)


def over_websocket(server, user):
    with WebSocket(server) as link:
        link.open()
        plain = base64.b64encode(f"\0{user}\0{PASSWORD}".encode()).decode()
        link.say("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>"
                 f"{plain}</auth>")
        assert "<success" in link.hear_text()
        link.open()
        link.say(BIND)
        return condition(link.hear_text())


@pytest.mark.parametrize("log_in", [over_bosh, over_websocket])
def test_the_rule_holds_on_the_web_too(strict, log_in):
    club = Place(strict, http=strict.more[WEB])
    assert log_in(club, strict.account("member", PASSWORD).partition("@")[0]) is None
    assert log_in(club, strict.account("other", PASSWORD).partition("@")[0]) == "not-allowed"


# PROXY


def v2(family, source, destination, command=0x21):
    kind = socket.AF_INET if family == 0x11 else socket.AF_INET6
    body = socket.inet_pton(kind, source) + socket.inet_pton(kind, destination)
    body += struct.pack("!HH", 40000, 5222)
    return SIGNATURE + struct.pack("!BBH", command, family, len(body)) + body


@pytest.mark.parametrize("first, may_enter", [
    (b"PROXY TCP4 192.0.2.1 192.0.2.2 40000 5222\r\n", True),
    (b"PROXY TCP6 2001:db8::1 2001:db8::2 40000 5222\r\n", True),
    (v2(0x11, "192.0.2.1", "192.0.2.2"), True), (v2(0x21, "2001:db8::1", "::1"), True),
    (b"PROXY TCP4 198.51.100.1 192.0.2.2 40000 5222\r\n", False),
    (v2(0x11, "198.51.100.1", "192.0.2.2"), False), (b"PROXY UNKNOWN\r\n", False),
    (v2(0x11, "192.0.2.1", "192.0.2.2", command=0x20), False),
], ids=["v1", "v1 IPv6", "v2", "v2 IPv6", "v1 other", "v2 other", "v1 unknown", "v2 local"])
def test_the_header_says_who_it_is(strict, first, may_enter):
    """The rule of the listener asks for the address: that is the one in the header."""
    user = strict.account("romeo", PASSWORD).partition("@")[0]
    with Stream(strict, port=strict.more[PROXY], first=first) as stream:
        stream.begin(tls=True)
        assert stream.authenticate(user, PASSWORD) is None
        stream.open("localhost")
        assert (stream.bind("r") == f"{user}@localhost/r") == may_enter


def test_the_header_and_the_stream_may_come_byte_by_byte(strict):
    user = strict.account("romeo", PASSWORD).partition("@")[0]
    with Stream(strict, port=strict.more[PROXY]) as stream:
        stream.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in v2(0x11, "192.0.2.1", "192.0.2.2"):
            stream.send(bytes([byte]))
        stream.begin(tls=True)
        assert stream.authenticate(user, PASSWORD) is None


@pytest.mark.parametrize("first", [
    b"<?xml version='1.0'?><stream:stream to='localhost'>", b"PROXY TCP4 192.0.2.1\r\n",
    b"PROXY TCP4 999.0.2.1 192.0.2.2 40000 5222\r\n", b"PROXY TCP4" + b" " * 200,
    b"\r\n\r\n\0\r\nQUIX\n" + b"\0" * 20, SIGNATURE + b"\x31\x11\x00\x0c" + b"\0" * 12])
def test_without_a_header_there_is_no_stream(strict, first):
    with Stream(strict, port=strict.more[PROXY], first=first) as stream:
        assert "<stream:stream" not in stream.read_to_end()


# unix:


@pytest.fixture
def local(strict):
    """A session through the unix socket."""
    jid = strict.account("romeo", PASSWORD)
    with Stream(strict, port=strict.path) as stream:
        stream.begin()
        user = jid.partition("@")[0]
        assert Scram("SCRAM-SHA-256", user, PASSWORD).log_in(stream) is None
        stream.open("localhost")
        stream.jid = stream.bind("local")
        yield stream


def test_a_unix_socket_serves_streams(strict, local):
    assert stat.S_IMODE(os.stat(strict.path).st_mode) == 0o660
    with Stream(strict).sign_in(strict.account("juliet", PASSWORD), PASSWORD) as other:
        other.send(f"<message to='{local.jid}' type='chat'><body>hello</body></message>")
        local.hear("<body>hello</body>")
        local.ping()


def test_who_comes_by_a_unix_socket_is_on_this_machine(strict):
    """As from 127.0.0.1: passwords may come in the clear, accounts may be registered."""
    with Stream(strict, port=strict.path) as stream:
        features = stream.begin()
        assert "PLAIN" in features and "iq-register" in features


def test_the_socket_file_goes_with_the_listener(strict, local):
    strict.change(r'(?m)^  - port: "unix:.*\n(    .*\n)*', "")
    strict.control("reload_config")
    assert not os.path.exists(strict.path)
    local.ping()
