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
# In seconds: the smallest that the options allow, and enough for a login on a busy machine.
INTERVAL, NEGOTIATION = 10, 3


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

    def __init__(self, stream, answers=False, says="", is_in=True):
        self.stream, self.answers, self.says = stream, answers, says
        self.began, self.ended, self.is_enough = time.monotonic(), None, threading.Event()
        if is_in:
            stream.ping()  # What the server hears last comes after the beginning.
        stream.heard = ""
        self.threads = [threading.Thread(target=each, daemon=True) for each in (
            self.read, *([self.talk] if says else []))]
        for each in self.threads:
            each.start()

    def read(self):
        answered = 0
        with contextlib.suppress(TimeoutError, OSError):
            while not self.stream.is_closed:
                self.stream.receive(time.monotonic() + waiting.PATIENCE)
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
        waiting.until(lambda: self.ended, "the end of the stream")
        return self.ended - self.began

    def close(self):
        self.is_enough.set()
        self.stream.hang_up()
        for each in self.threads:
            each.join(waiting.PATIENCE)
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


@pytest.fixture(scope="module")
def unfinished(strict, watched):
    """Those who do not get to their login, each at another point; their times pass together."""
    user = strict.account("tybalt", PASSWORD).partition("@")[0]
    with contextlib.ExitStack() as stack:
        def stream(**options):
            return stack.enter_context(Stream(strict, **options))

        made = {name: stream() for name in ("nothing", "opened", "handshake")}
        made["half a header"] = stream(first=header("localhost")[:40])
        made["direct handshake"] = stream(port=strict.ports.tls)
        made["opened"].begin()
        made["handshake"].begin()
        made["handshake"].send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        made["slow"] = stream()
        made["slow"].begin()
        made["slow"].send("<auth ")
        slow = Watched(made["slow"], says=" ", is_in=False)
        made["secured"] = stream()
        made["secured"].begin(tls=True)
        made["authenticated"] = stream()
        made["authenticated"].begin()
        assert made["authenticated"].authenticate(user, PASSWORD) is None
        made["unbound"] = stream()
        made["unbound"].begin()
        assert made["unbound"].authenticate(user, PASSWORD) is None
        made["unbound"].open("localhost")
        made["component"] = stack.enter_context(RawComponent(strict, "comp.localhost", None))
        made["web socket"] = stack.enter_context(WebSocket(strict))
        made["web socket"].open()
        yield made | {"slow": slow}
        slow.close()


@pytest.mark.parametrize("name", [
    "nothing", "half a header", "opened", "secured", "authenticated", "unbound", "component"])
def test_a_login_must_not_take_long(unfinished, name):
    assert stream_error(unfinished[name].read_to_end()) == "connection-timeout"


def test_a_login_is_not_prolonged_by_sending_slowly(unfinished):
    unfinished["slow"].lasted()
    assert stream_error(unfinished["slow"].stream.heard) == "connection-timeout"


@pytest.mark.parametrize("name", ["handshake", "direct handshake"])
def test_a_handshake_must_not_take_long(unfinished, name):
    """TLS that does not begin, under STARTTLS and where it comes first."""
    unfinished[name].read_to_end()


def test_a_web_socket_must_log_in_in_time(unfinished):
    assert outcome(unfinished["web socket"].hear_to_end())[0] == "connection-timeout"


def test_a_silent_client_is_pinged_and_ended(watched):
    each = watched["pinged"]
    assert INTERVAL <= each.lasted() < 3 * INTERVAL
    assert "urn:xmpp:ping" in each.stream.heard
    assert stream_error(each.stream.heard) == "connection-timeout"


def test_a_silent_client_is_ended_where_idleness_has_a_limit(watched):
    each = watched["silent"]
    assert INTERVAL - 1 <= each.lasted() < 3 * INTERVAL
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
