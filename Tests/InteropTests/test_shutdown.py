"""The server is asked to end: everybody connected hears `system-shutdown`, and it ends with 0."""

import signal
import socket
import threading
import time

import pytest

from conftest import PASSWORD
from harness import bosh, configuration, polling, waiting
from harness.component import RawComponent
from harness.server import martletctl
from harness.stream import Stream, header, stream_error
from harness.websocket import WebSocket, outcome

pytestmark = pytest.mark.own_server
DOWN = "system-shutdown"


@pytest.fixture
def going(own_server):
    """A server with an account; `going.end()` asks it to end, `going.code()` waits for that."""
    own_server.jid = own_server.register("romeo", PASSWORD)
    process = own_server.process
    own_server.end = lambda: process.send_signal(signal.SIGTERM)

    def code():
        code = process.wait(timeout=waiting.PATIENCE)
        own_server.process = own_server.pid = None
        return code

    own_server.code = code
    yield own_server
    if own_server.process is process and process.poll() is not None:
        code()


def bound(server, **options):
    return Stream(server).sign_in(server.jid, PASSWORD, **options)


def opened(server, tls=False):
    stream = Stream(server)
    stream.begin(tls)
    return stream


def authenticated(server):
    stream = opened(server)
    assert stream.authenticate("romeo", PASSWORD) is None
    return stream


def unbound(server):
    stream = authenticated(server)
    stream.open(server.domain)
    return stream


def half_open(server):
    """Inside its first header; the rest of that comes too late."""
    return Stream(server, first=header(server.domain)[:60])


def component(server):
    return RawComponent(
        server, configuration.COMPONENT, configuration.COMPONENT_SECRET).joined()


def joining(server):
    return RawComponent(server, configuration.COMPONENT, None)


@pytest.mark.parametrize("connect", [
    bound, lambda server: bound(server, tls=True), lambda server: bound(server, presence=False),
    opened, authenticated,
    lambda server: opened(server, tls=True),
    unbound, component,
    joining,
], ids=["bound", "TLS", "without presence", "opened", "authenticated", "secured", "unbound",
        "component", "component without handshake"])
def test_a_stream_over_tcp_hears_it(going, connect):
    with connect(going) as stream:
        going.end()
        heard = stream.read_to_end()
        assert going.code() == 0
        assert stream_error(heard) == DOWN
        assert heard.rstrip().endswith("</stream:stream>")


@pytest.mark.parametrize("connect", [half_open, lambda server: Stream(server)],
                         ids=["half a header", "nothing sent"])
def test_a_connection_without_a_stream_holds_nothing_up(going, connect):
    with connect(going) as stream:
        going.end()
        stream.read_to_end()
        assert going.code() == 0


def test_a_held_bosh_request_is_answered_with_it(going):
    session = bosh.Session(going, wait=60).sign_in(going.jid, PASSWORD)
    answers = []
    ping = f"<iq xmlns='jabber:client' type='result' id='x' to='{going.domain}'/>"
    holders = [threading.Thread(target=lambda: answers.append(session.post(content=ping)),
                                daemon=True) for _ in range(2)]
    for each in holders:
        each.start()
    # Of two requests one is held: it has arrived when the other is answered.
    waiting.until(lambda: answers, "an answer")
    assert answers[0].condition is None
    going.end()
    for each in holders:
        each.join(waiting.PATIENCE)
    assert answers[1].condition in (DOWN, f"stream:{DOWN}")
    assert going.code() == 0


def test_a_polling_client_hears_it_at_its_next_poll(going):
    client = polling.Poller(going).sign_in(going.jid, PASSWORD)
    going.end()
    element = client.until("stream:error")
    assert DOWN in [name for name, _ in element["inside"]]
    assert going.code() == 0


def poller(server):
    return polling.Poller(server).sign_in(server.jid, PASSWORD)


def bosh_session(server):
    return bosh.Session(server).sign_in(server.jid, PASSWORD)


@pytest.mark.parametrize("connect", [poller, bosh_session])
def test_what_was_not_fetched_waits_for_the_next_session(going, connect):
    """A message for a client between two requests is kept over the end."""
    connect(going)
    with Stream(going).sign_in(going.register("juliet", PASSWORD), PASSWORD) as sender:
        sender.send(f"<message to='{going.jid}/{keeps_resource(connect)}' type='chat'>"
                    "<body>kept?</body></message>")
        sender.ping()
        going.end()
        assert going.code() == 0
    going.start()
    with Stream(going).sign_in(going.jid, PASSWORD, "later") as later:
        later.send(f"<message to='{going.jid}/later' type='chat'><body>last</body></message>")
        assert "kept?" in later.hear("<message.*<body>last</body>")[0]


def keeps_resource(connect):
    return "poll" if connect is poller else "bosh"


@pytest.mark.parametrize("signs_in", [True, False])
def test_a_web_socket_hears_it(going, signs_in):
    link = WebSocket(going)
    if signs_in:
        link.sign_in(going.jid, PASSWORD)
    else:
        link.open()
    going.end()
    assert outcome(link.hear_to_end()) == (DOWN, 1001)
    assert going.code() == 0


def test_all_at_once_hear_it(going):
    """And one who never hangs up does not keep the server from ending."""
    streams = [bound(going, resource=f"r{number}") for number in range(50)]
    link = WebSocket(going)
    link.sign_in(going.jid, PASSWORD)
    began = time.monotonic()
    going.end()
    assert going.code() == 0
    assert time.monotonic() - began < 30
    assert [stream_error(each.read_to_end()) for each in streams] == [DOWN] * 50
    assert outcome(link.hear_to_end())[0] == DOWN
    for each in streams:
        each.socket.close()


def test_nobody_gets_in_while_it_ends_and_the_ports_are_free_then(going):
    with bound(going) as stream:
        going.end()
        stream.read_to_end()
        assert going.code() == 0
    for port in (going.ports.c2s, going.ports.tls, going.ports.http, going.ports.component):
        assert not waiting.accepts(going.host, port)
        with socket.socket() as again:
            again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            again.bind((going.host, port))
    assert not (going.data / "martletd.sock").exists()


def test_the_command_to_stop_does_the_same(going):
    with bound(going) as stream:
        martletctl(going, "stop")
        assert stream.ended() == DOWN
        assert going.code() == 0


def test_the_command_to_stop_is_answered(own_server):
    for _ in range(5):
        done = martletctl(own_server, "stop")
        assert own_server.process.wait(timeout=waiting.PATIENCE) == 0
        own_server.process = None
        assert (done.returncode, done.stdout) == (0, "The server is stopping.\n"), done.stderr
        own_server.start()
