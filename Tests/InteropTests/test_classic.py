"""What a classic configuration in Erlang terms promises is served, port by port."""

import http.client
import types

import pytest

from harness import bosh, waiting
from harness.component import RawComponent
from harness.polling import Poller
from harness.raw import stream_error
from harness.server import Ports, martletctl
from harness.stream import Stream
from harness.waiting import PATIENCE
from test_configurations import EXAMPLES, network, start, wait_for  # noqa: F401

pytestmark = pytest.mark.own_server
JID, PASSWORD = "romeo@localhost", "correct horse"
COMPONENT, SECRET = "msn-transport.bucc.cn", "1j5llz!o"


@pytest.fixture
def classic(network, tmp_path):  # noqa: F811
    """The server in a network of its own; `classic.call` calls what talks to it from there."""
    process, log = start(network, EXAMPLES / "classic.cfg", tmp_path)
    wait_for(network, process, log, [4222, 5280, 5347])
    server = types.SimpleNamespace(
        host="127.0.0.1", domain="localhost", ports=Ports(4222, 0, 5280, 5347),
        data=tmp_path / "data", call=network.call, log=log)
    assert martletctl(server, "register", "romeo", "localhost", PASSWORD).returncode == 0
    yield server
    assert network.end() == 0


def streams(server):
    with Stream(server).sign_in(JID, PASSWORD) as stream:
        stream.send(f"<message id='big' to='{stream.jid}'><body>{'x' * 60000}</body></message>")
        stream.hear("x</body></message>")
        stream.send(f"<message id='more' to='{stream.jid}'><body>{'x' * 66000}</body></message>")
        assert stream.ended() == "policy-violation"


def binding(server):
    answer = bosh.post(server, f"<body rid='1' to='localhost' wait='5' hold='1' ver='1.6' "
                       f"{bosh.XBOSH} xmlns='{bosh.BIND}'/>", path="/httpbind")
    assert answer.status == 200 and answer.attribute("sid") and "mechanisms" in answer.text


def polling(server):
    client = Poller(server).sign_in(JID, PASSWORD)
    with Stream(server).sign_in(JID, PASSWORD) as stream:
        stream.send(f"<message to='{JID}/poll' type='chat'><body>hello</body></message>")
        client.until("message")
    client.end_stream()


def status(server, path, method="GET"):
    connection = http.client.HTTPConnection(server.host, server.ports.http, timeout=PATIENCE)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read().decode()
    finally:
        connection.close()


def pages(server):
    """`/pub/archive` is a file server without a folder: nothing is there, and nothing leaks."""
    for path in ("/pub/archive/", "/pub/archive/../../../etc/passwd", "/pub", "/nowhere"):
        assert status(server, path)[0] in (400, 403, 404), path


def console(server):
    code, fields, page = status(server, "/admin/")
    if code in (302, 303):
        target = fields["Location"]
        code, _, page = status(server, target[target.index("/admin"):])
    assert code == 200 and "password" in page


def components(server):
    with RawComponent(server, COMPONENT, SECRET).joined() as component, \
            Stream(server).sign_in(JID, PASSWORD) as stream:
        stream.send(f"<message to='friend@{COMPONENT}' type='chat'><body>to msn</body></message>")
        component.read_until(lambda text: "to msn" in text)
        component.send(f"<message from='friend@{COMPONENT}' to='{JID}' type='chat'>"
                       "<body>from msn</body></message>")
        stream.hear("from msn")
    for domain, secret, condition in [
            (COMPONENT, "guessed", "not-authorized"), ("other.bucc.cn", SECRET, "host-unknown")]:
        with RawComponent(server, domain, secret) as refused:
            assert stream_error(refused.read_to_end()) == condition


def no_federation(server):
    """Other servers reach the listener; that they are refused there has a warning."""
    assert "listen[2].module: federation" in server.log.read_text(errors="replace")
    assert waiting.accepts(server.host, 5269)


@pytest.mark.parametrize("part", [
    streams, binding, polling, pages, console, components, no_federation])
def test_it_serves(classic, part):
    classic.call(part, classic)
