"""Messages for accounts that are away (XEP-0160): how many, which, in what order, and once."""

import contextlib
import re
import socket
import sqlite3
import struct
import time

import pytest

from conftest import PASSWORD, run
from harness import waiting
from harness.stream import Stream
from harness.trial import Trial, listener

pytestmark = pytest.mark.own_server
MOST, LARGE = 5, 250
# More 10 KB messages than a kernel takes, fewer than the server keeps for a connection (8 MiB).
UNREAD = 700


@pytest.fixture(scope="module")
def strict(request):
    """Five messages may wait for an account, for some more; one host keeps those without body."""
    server = Trial(
        hosts=["empty.localhost"],
        options=f"""\
shaper_rules:
  max_user_offline_messages: {{{LARGE}: large, {MOST}: all}}
host_config:
  empty.localhost:
    modules:
      mod_ping: {{}}
      mod_offline: {{store_empty_body: true}}
""")
    server.change(r"(?m)^acl:$", "acl:\n  large:\n    user_glob: \"large*\"")
    yield from run(server, request.session)


@pytest.fixture
def sender(strict):
    with Stream(strict).sign_in(strict.account("juliet", PASSWORD), PASSWORD) as stream:
        yield stream


def send(sender, to, text, kind="chat", extra=""):
    body = f"<body>{text}</body>" if text is not None else ""
    sender.send(f"<message id='m-{text}' to='{to}' type='{kind}'>{body}{extra}</message>")


def settled(sender):
    """Everything that was sent is stored or has come back."""
    sender.ping(f"settled{len(sender.heard)}")
    return sender.heard


def fetch(strict, jid, resource="later", presence="<presence/>", mark="end"):
    """What a new session gets when it becomes available, in order."""
    stream = Stream(strict).sign_in(jid, PASSWORD, resource, presence=False)
    stream.send(presence)
    return stream, collect(stream, mark)


def collect(stream, mark="end"):
    """What came until a message to itself, sent last, has come too; and none after that."""
    for number in range(2):
        stream.send(f"<message to='{stream.jid}' type='chat'><body>{mark}{number}</body></message>")
        stream.hear(f"<body>{mark}{number}</body></message>")
    return [text for text in bodies(stream.heard) if not text.startswith(mark)]


def bodies(heard):
    return re.findall(r"<message\b(?:(?!</message>).)*?<body>([^<]*)</body>", heard, re.DOTALL)


def test_more_than_may_wait_come_back(strict, sender):
    jid = strict.account("romeo", PASSWORD)
    for number in range(MOST + 3):
        send(sender, jid, f"line{number}")
    heard = settled(sender)
    refused = re.findall(r"<message[^>]*id='m-(line\d)'[^>]*>", heard)
    assert refused == [f"line{number}" for number in range(MOST, MOST + 3)]
    assert heard.count("service-unavailable") == 3
    stream, got = fetch(strict, jid)
    assert got == [f"line{number}" for number in range(MOST)]
    stream.socket.close()


def test_fetching_makes_room(strict, sender):
    jid = strict.account("romeo", PASSWORD)
    with Stream(strict).sign_in(jid, PASSWORD, presence=False) as stream:
        for round in "abc":
            for number in range(MOST):
                send(sender, jid, f"{round}{number}")
            assert "error" not in settled(sender)
            stream.heard = ""
            stream.send("<presence/>")
            assert collect(stream) == [f"{round}{number}" for number in range(MOST)]
            stream.send("<presence type='unavailable'/>")
            stream.ping(f"away{round}")


@pytest.mark.parametrize("attempt", range(6))
def test_nothing_is_lost_when_somebody_leaves(strict, sender, attempt):
    """Sent after the client has seen the end of its stream: it waits for the next."""
    jid = strict.account("romeo", PASSWORD)
    for round in "ab":
        texts = [f"{round}{number}" for number in range(MOST)]
        for text in texts:
            send(sender, jid, text)
        assert "error" not in settled(sender)
        stream, got = fetch(strict, jid)
        assert got == texts
        stream.send("</stream:stream>")
        assert stream.ended() is None


def test_the_number_depends_on_whose_they_are(strict, sender):
    """And many arrive in their order, with the time they were sent at."""
    jid = strict.account("large", PASSWORD)
    texts = [f"line{number}" for number in range(LARGE)]
    for text in [*texts, "too many"]:
        send(sender, jid, text)
    assert settled(sender).count("type='error'") == 1
    stream, got = fetch(strict, jid)
    assert got == texts
    stamps = re.findall(r"<delay[^>]*stamp='([^']*)Z'", stream.heard)
    assert len(stamps) == LARGE and stamps == sorted(stamps)
    stream.socket.close()


NO_STORE = "<no-store xmlns='urn:xmpp:hints'/>"
STORE = "<store xmlns='urn:xmpp:hints'/>"
COMPOSING = "<composing xmlns='http://jabber.org/protocol/chatstates'/>"


def test_what_has_no_later_sense_is_not_kept(strict, sender):
    """XEP-0160 §3, XEP-0334: chat and normal with a body are, unless a hint says otherwise."""
    jid = strict.account("romeo", PASSWORD)
    send(sender, jid, "hinted", extra=NO_STORE)
    send(sender, jid, "both hints", extra=STORE + NO_STORE)
    send(sender, jid, "headline", kind="headline")
    send(sender, jid, "an error", kind="error")
    send(sender, jid, "a-room", kind="groupchat")
    send(sender, jid, None, extra=COMPOSING)
    send(sender, jid, "chat")
    send(sender, jid, "normal", kind="normal")
    send(sender, jid, "to a resource that is gone".replace(" ", "-"))
    sender.send(f"<message to='{jid}/gone' type='chat'><body>for gone</body></message>")
    errors = re.findall(r"<message[^>]*type='error'[^>]*>", settled(sender))
    assert len(errors) == 1 and "a-room" in errors[0]
    stream, got = fetch(strict, jid)
    assert got == ["chat", "normal", "to-a-resource-that-is-gone", "for gone"]
    assert "composing" not in stream.heard
    stream.socket.close()


def test_a_hint_or_an_option_keeps_what_has_no_body(strict, sender):
    usual = strict.account("romeo", PASSWORD)
    empty = strict.account("romeo", PASSWORD, "empty.localhost")
    receipt = "<received xmlns='urn:xmpp:receipts' id='{}'/>".format
    send(sender, usual, None, extra=receipt("kept-by-hint") + STORE)
    send(sender, usual, None, extra=receipt("not-kept"))
    send(sender, empty, None, extra=receipt("kept-by-option"))
    settled(sender)
    stream, _ = fetch(strict, usual)
    assert "kept-by-hint" in stream.heard and "not-kept" not in stream.heard
    other, _ = fetch(strict, empty)
    assert "kept-by-option" in other.heard
    stream.socket.close()
    other.socket.close()


def test_two_that_come_online_together_get_each_message_once(strict, sender):
    for attempt in range(3):
        jid = strict.account("large", PASSWORD)
        texts = [f"line{number}" for number in range(120)]
        for text in texts:
            send(sender, jid, text)
        settled(sender)
        pair = [Stream(strict).sign_in(jid, PASSWORD, name, presence=False) for name in "ab"]
        for stream in pair:
            stream.send("<presence/>")
        got = [collect(stream, f"end{stream.jid[-1]}") for stream in pair]
        for each in got:
            assert each == sorted(set(each), key=texts.index), "twice, or out of order"
        assert sorted(got[0] + got[1]) == sorted(texts), f"attempt {attempt}"
        for stream in pair:
            stream.socket.close()


def test_who_wants_none_gets_none(strict, sender):
    """RFC 6121 §8.5.2.2: a negative priority; they wait until it is another."""
    jid = strict.account("romeo", PASSWORD)
    send(sender, jid, "patience")
    settled(sender)
    stream, got = fetch(strict, jid, presence="<presence><priority>-1</priority></presence>")
    assert got == []
    send(sender, jid, "still away")
    settled(sender)
    stream.send("<presence><priority>0</priority></presence>")
    assert collect(stream, "then") == ["end0", "end1", "patience", "still away"]
    stream.socket.close()


def test_what_was_fetched_is_not_kept(strict, sender):
    jid = strict.account("romeo", PASSWORD)
    send(sender, jid, "once")
    settled(sender)
    for expected in (["once"], []):
        stream, got = fetch(strict, jid)
        assert got == expected
        # Becoming available once more brings nothing again.
        stream.send("<presence><show>away</show></presence>")
        assert collect(stream, "again").count("once") == len(expected)
        stream.send("</stream:stream>")
        assert stream.ended() is None


def test_nobody_is_told_that_an_account_exists(strict, sender):
    """A stranger's message to no account comes back; nothing waits for whoever registers it."""
    send(sender, "nobody@localhost", "hello?")
    assert "service-unavailable" in settled(sender)
    jid = strict.register("nobody", PASSWORD)
    stream, got = fetch(strict, jid)
    assert got == []
    stream.socket.close()


def deaf_ears(*limits):
    """A server for clients that read nothing: two listeners, the second with TLS."""
    listeners = [
        listener("ejabberd_c2s", "shaper: none", "max_stanza_size: 65536", *limits, *more)
        for more in ([], ["tls: true"])]
    return Trial(
        listeners=listeners,
        options=f"shaper_rules:\n  max_user_offline_messages: {UNREAD}\n")


def unhurried():
    return deaf_ears("send_timeout: infinity")


@pytest.fixture(scope="module")
def patient(request):
    """Whoever reads nothing for two seconds is cut off; much may wait for an account."""
    yield from run(deaf_ears("send_timeout: 2 s"), request.session)


class Deaf(Stream):
    """Signed in, and reads nothing."""

    def __init__(self, server, tls, jid):
        super().__init__(server, server.more[tls], tls=tls)
        self.sign_in(jid, PASSWORD, "deaf")

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


def deaf_with_messages(server, tls):
    """A sender, and a client that has left unread all that was sent to it."""
    sender = Stream(server, server.more[0]).sign_in(server.account("juliet", PASSWORD), PASSWORD)
    deaf = Deaf(server, tls, server.account("romeo", PASSWORD))
    for number in range(UNREAD):
        sender.send(
            f"<message to='{deaf.jid}' type='chat'><body>{number} {'m' * 10000}</body></message>")
    assert "error" not in settled(sender)
    return sender, deaf


def last_stored(server, jid):
    with contextlib.closing(sqlite3.connect(server.data / "martlet.db")) as database:
        found = database.execute(
            "SELECT stanza FROM offline_message WHERE owner = ? ORDER BY id DESC", (jid,)
        ).fetchone()
    return found[0] if found else b""


def check_stored(server, deaf, tls, is_read):
    """What the next session gets: all from a certain message on, and in order.

    `is_read` says whether the deaf one reads what has left the server: that must be the others,
    and none of them again. Of TLS records that left in part it is not known what they hold.
    """
    jid = deaf.jid.partition("/")[0]
    # Who comes earlier is given some at once, before those that have been stored.
    waiting.until(lambda: f"{UNREAD - 1} mm".encode() in last_stored(server, jid), "the last")
    later = Stream(server).sign_in(jid, PASSWORD)
    later.hear(f"<body>{UNREAD - 1} m+</body>")
    stored = numbers(later.heard)
    assert stored == list(range(stored[0], UNREAD))
    assert stored[0] > 0, "the system took some"
    later.socket.close()
    if is_read:
        deaf.read_to_end()
        got = numbers(deaf.heard)
        assert got == list(range(len(got)))
        assert 0 <= len(got) - stored[0] <= (3 if tls else 0)


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("end", ["cut off", "reset", "closed", "half closed"])
def test_what_a_client_leaves_unread_waits_for_the_next(patient, end, tls):
    """As over WebSocket, BOSH and polling: what has not left the server is stored, in order."""
    sender, deaf = deaf_with_messages(patient, tls)
    if end == "reset":
        deaf.reset()
    elif end == "closed":
        deaf.socket.close()
    elif end == "half closed":
        # Not by its own method, which gives up TLS in both directions.
        socket.socket.shutdown(deaf.socket, socket.SHUT_WR)
    waiting.until(
        lambda: deaf.jid not in patient.control("connected_users"), "the end of the session",
        timeout=30)
    check_stored(patient, deaf, tls, is_read=end in ("cut off", "half closed"))
    assert "error" not in settled(sender)
    sender.socket.close()


@pytest.mark.parametrize("tls", [False, True])
def test_what_a_client_leaves_unread_outlives_the_server(request, tls):
    """A server that is asked to end waits for nobody for long, and forgets nothing."""
    for server in run(unhurried(), request.session):
        _, deaf = deaf_with_messages(server, tls)
        server.stop()
        server.start()
        check_stored(server, deaf, tls, is_read=True)


@pytest.mark.parametrize("tls", [False, True])
def test_messages_to_itself_of_a_client_that_resets_as_it_ends(patient, tls):
    """Nobody is there to take them when they come: they wait for the next session."""
    watcher = Stream(patient).sign_in(patient.account("juliet", PASSWORD), PASSWORD)
    for attempt in range(20):
        jid = patient.account("romeo", PASSWORD)
        hasty = Deaf(patient, tls, jid)
        for to in (jid, hasty.jid):
            hasty.send("".join(
                f"<message to='{to}' type='chat'><body>{number} m</body></message>"
                for number in range(5)) + "</stream:stream>" * (to == hasty.jid))
        hasty.reset()
        watcher.ping(f"alive{attempt}")
    watcher.socket.close()


def test_nothing_is_lost_when_somebody_resets_between_two_messages(patient):
    """No message waits for the connection: the first that it refuses is stored, too."""
    sender = Stream(patient).sign_in(patient.account("juliet", PASSWORD), PASSWORD)
    for attempt in range(30):
        deaf = Deaf(patient, False, patient.account("romeo", PASSWORD))
        sender.send(f"<message to='{deaf.jid}' type='chat'><body>0 m</body></message>")
        sender.ping(f"first{attempt}")
        deaf.hear("<body>0 m</body>")
        deaf.reset()
        sender.send(f"<message to='{deaf.jid}' type='chat'><body>1 m</body></message>")
        sender.ping(f"second{attempt}")
        later = Stream(patient).sign_in(deaf.jid.partition("/")[0], PASSWORD)
        later.hear("<body>1 m</body>")
        later.socket.close()
    sender.socket.close()


def numbers(heard):
    """Of the messages that came whole."""
    return [int(found) for found in
            re.findall(r"<body>(\d+) m+</body>(?:<delay[^<]*</delay>)?</message>", heard)]


LONG, MANY = 55000, 300


def whole(data):
    return [int(found) for found in re.findall(rb"<body>(\d+) m+</body>", data)]


def read(stream, last, pace=None):
    """Reads until the message of that number, or to the end; what came. `pace`: bytes a second."""
    got, began = bytearray(), time.monotonic()
    stream.socket.settimeout(waiting.PATIENCE)
    try:
        while data := stream.socket.recv(1 << 16):
            got += data
            if re.search(rb"<body>%d m+</body>" % last, got[-2 * LONG:]):
                break
            while pace and len(got) > pace * (time.monotonic() - began):
                time.sleep(0.01)
    except TimeoutError:
        raise
    except OSError:
        pass  # cut off
    return bytes(got)


def many_wait(server, name):
    """An account for which 16 MB of messages wait, more than a stream may leave unread."""
    jid = server.register(name, PASSWORD)
    with Stream(server).sign_in(server.register("juliet", PASSWORD), PASSWORD) as sender:
        for number in range(MANY):
            sender.send(f"<message to='{jid}' type='chat'><body>{number} {'m' * LONG}"
                        "</body></message>")
        sender.ping("stored")
    return jid


@pytest.mark.parametrize("pace", [3_000_000, None])
def test_a_client_that_reads_slowly_gets_all_that_waited(own_server, pace):
    jid = many_wait(own_server, "romeo")
    first = Stream(own_server).sign_in(jid, PASSWORD, "first", presence=False)
    first.send("<presence/>")
    got = set(whole(read(first, MANY - 1, pace)))
    first.socket.close()
    if len(got) < MANY:
        # What it could not take, since it was let go, waits for the next session.
        second = Stream(own_server).sign_in(jid, PASSWORD, "second", presence=False)
        second.send("<presence/>")
        got |= set(whole(read(second, MANY - 1)))
    assert got == set(range(MANY))
