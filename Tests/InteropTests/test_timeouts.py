"""What happens to those who say nothing: before login, after it, and when the server asks."""

import contextlib
import re
import threading
import time

import pytest

from conftest import PASSWORD, run
from harness import waiting
from harness.component import RawComponent
from harness.raw import stream_error
from harness.stream import Stream, header
from harness.trial import Trial, listener
from harness.websocket import WebSocket, outcome

pytestmark = pytest.mark.own_server
PINGED = "pinged.localhost"
# The smallest that the options allow, in seconds.
INTERVAL, NEGOTIATION = 10, 1


@pytest.fixture(scope="module")
def strict(request):
    server = Trial(
        hosts=[PINGED],
        listeners=[listener("ejabberd_c2s", f"idle_timeout: {INTERVAL}"),
                   listener("ejabberd_c2s", f"whitespace_interval: {INTERVAL}")],
        options=f"""\
negotiation_timeout: {NEGOTIATION}
host_config:
  {PINGED}:
    modules:
      mod_ping: {{send_pings: true, ping_interval: {INTERVAL}, ping_ack_timeout: 1,
                 timeout_action: kill}}
""")
    yield from run(server, request.session)


class Watched:
    """A signed-in stream that is read in the background, with the time of its end."""

    def __init__(self, stream, answers=False, says=""):
        self.stream, self.answers, self.says = stream, answers, says
        self.began, self.ended, self.is_enough = time.monotonic(), None, threading.Event()
        stream.heard = ""
        self.threads = [threading.Thread(target=each, daemon=True) for each in (
            self.read, *([self.talk] if says else []))]
        for each in self.threads:
            each.start()

    def read(self):
        answered = 0
        with contextlib.suppress(TimeoutError, OSError):
            while not self.stream.is_closed:
                self.stream.receive(time.monotonic() + 60)
                for mark in re.findall("<iq[^>]* id='([^']*)'[^>]*><ping", self.stream.heard):
                    if self.answers and not answered:
                        self.stream.send(f"<iq type='result' id='{mark}' to='{PINGED}'/>")
                        answered += 1
        self.ended = time.monotonic()

    def talk(self):
        while not self.is_enough.wait(1):
            self.stream.send(self.says)

    def lasted(self):
        """Seconds until the server ended it, which it must."""
        waiting.until(lambda: self.ended, "the end of the stream", timeout=3 * INTERVAL)
        return self.ended - self.began

    def close(self):
        self.is_enough.set()
        self.stream.hang_up()
        for each in self.threads:
            each.join(10)
        self.stream.socket.close()


@pytest.fixture(scope="module")
def watched(strict):
    """All streams at once, so that their times pass together."""
    idle, white = strict.more

    def bound(port=None, domain=None, **behaviour):
        jid = strict.account("romeo", PASSWORD, domain)
        stream = Stream(strict, port=port).sign_in(jid, PASSWORD, presence=False)
        return Watched(stream, **behaviour)

    streams = {
        "silent": bound(idle), "white space": bound(idle, says=" "), "kept alive": bound(white),
        "usual": bound(), "pinged": bound(domain=PINGED),
        "answering": bound(domain=PINGED, answers=True), "busy": bound(domain=PINGED, says=" "),
    }
    yield streams
    for each in streams.values():
        each.close()


def unfinished(strict):
    """Streams that do not get to their login, each at another point."""
    jid = strict.account("tybalt", PASSWORD)
    ready = Stream(strict)
    ready.begin()
    assert ready.authenticate(jid.partition("@")[0], PASSWORD) is None
    unbound = Stream(strict)
    unbound.begin()
    assert unbound.authenticate(jid.partition("@")[0], PASSWORD) is None
    unbound.open("localhost")
    opened, secured = Stream(strict), Stream(strict)
    opened.begin()
    secured.begin(tls=True)
    partial = Stream(strict, first=header("localhost")[:40])
    return {"opened": opened, "secured": secured, "authenticated": ready, "unbound": unbound,
            "half a header": partial, "nothing": Stream(strict)}


def test_a_login_must_not_take_long(strict, watched):
    for name, stream in unfinished(strict).items():
        with stream:
            heard = stream.read_to_end()
            assert stream_error(heard) == "connection-timeout", name


def test_a_login_is_not_prolonged_by_sending_slowly(strict, watched):
    with Stream(strict) as stream:
        stream.begin()
        stream.send("<auth ")
        slow = Watched(stream, says=" ")
        assert slow.lasted() < 10 * NEGOTIATION
        assert stream_error(stream.heard) == "connection-timeout"
        slow.close()


def test_a_handshake_must_not_take_long(strict, watched):
    """TLS that does not begin, under STARTTLS and where it comes first."""
    with Stream(strict) as stream, Stream(strict, port=strict.ports.tls) as direct:
        stream.begin()
        stream.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        stream.read_to_end()
        direct.read_to_end()


def test_a_component_must_join_in_time(strict, watched):
    with RawComponent(strict, "comp.localhost", None) as component:
        assert stream_error(component.read_to_end()) == "connection-timeout"


def test_a_web_socket_must_log_in_in_time(strict, watched):
    with WebSocket(strict) as link:
        link.open()
        assert outcome(link.hear_to_end())[0] == "connection-timeout"


def test_a_silent_client_is_pinged_and_ended(watched):
    each = watched["pinged"]
    assert INTERVAL <= each.lasted() < 2 * INTERVAL
    assert "urn:xmpp:ping" in each.stream.heard
    assert stream_error(each.stream.heard) == "connection-timeout"


def test_a_silent_client_is_ended_where_idleness_has_a_limit(watched):
    each = watched["silent"]
    assert INTERVAL - 1 <= each.lasted() < 1.1 * INTERVAL + 1
    assert stream_error(each.stream.heard) == "connection-timeout"


def test_white_space_keeps_a_connection_alive(watched):
    each = watched["kept alive"]
    waiting.until(lambda: each.stream.heard, "white space")
    assert each.stream.heard.strip() == "" and each.ended is None


def test_who_gives_a_sign_of_life_stays(watched):
    """White space, or the answer to a ping; and others are asked for nothing."""
    watched["pinged"].lasted()
    watched["silent"].lasted()
    for name in ("white space", "answering", "busy", "usual"):
        assert watched[name].ended is None, name
    assert "urn:xmpp:ping" in watched["answering"].stream.heard
    for name in ("busy", "usual", "white space"):
        assert watched[name].stream.heard == "", name
