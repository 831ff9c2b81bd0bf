"""External components (XEP-0114): who may join, for which domains, and what reaches them."""

import re
import socket
import struct

import pytest
from slixmpp.exceptions import IqError

from conftest import PASSWORD, run
from harness import waiting, web
from harness.component import Component, RawComponent, join
from harness.raw import stream_error
from harness.slix import Clients
from harness.slix import run as play
from harness.stream import Stream, condition
from harness.trial import Trial, listener

pytestmark = pytest.mark.own_server
ONE, TWO, THREE = "one.localhost", "two.localhost", "three.localhost"
SHARED, OWN, COMMON = "shared secret", "own & <secret>", "common"


@pytest.fixture(scope="module")
def strict(request):
    """Listeners: several hosts; no check of senders; only for some; not for all hosts at once."""
    server = Trial(
        listeners=[
            listener("ejabberd_service", "hosts:", f'  {ONE}: {{password: "{SHARED}"}}',
                     f'  {TWO}: {{password: "{SHARED}"}}', f'  {THREE}: {{password: "{OWN}"}}'),
            listener("ejabberd_service", "check_from: false", f"password: {COMMON}"),
            listener("ejabberd_service", "access: unbanned", f"password: {COMMON}"),
            listener("ejabberd_service", "global_routes: false", "hosts:",
                     f"  four.localhost: {{password: {COMMON}}}",
                     f"  five.localhost: {{password: {COMMON}}}"),
        ])
    server.change(r"(?m)^acl:$", "acl:\n  banned:\n    user_glob: \"banned*\"")
    server.change(r"(?m)^  register:$", "  unbanned:\n    - deny: banned\n    - allow: all\n"
                  "  register:")
    yield from run(server, request.session)


@pytest.fixture
def user(strict):
    """Makes an account of the server: `user("romeo")` → its bare JID."""
    return lambda name: strict.account(name, PASSWORD)


async def refused(client, to, text):
    """The condition of the error that a message to `to` brings."""
    client.say(to, text)

    def found():
        return next((each for each in client.messages if each["type"] == "error"
                     and each["from"].bare == to), None)
    error = await waiting.until_async(found, f"an error from {to}")
    client.messages.remove(error)
    return error["error"]["condition"]


async def bounced(client, to):
    """The same once nobody takes what is sent there any more."""
    def asked_again():
        client.say(to, "still there?")
        return any(each["from"].bare == to for each in client.messages)
    await waiting.until_async(asked_again, f"{to} to be gone")
    return await refused(client, to, "gone?")


def test_a_component_serves_all_hosts_with_its_secret(strict, user):
    async def scenario():
        async with Clients(strict) as clients:
            romeo = await clients(user("romeo"), PASSWORD)
            one = await join(strict, ONE, SHARED, strict.more[0])
            three = await join(strict, THREE, OWN, strict.more[0])
            for component, domain in ((one, ONE), (one, TWO), (three, THREE)):
                romeo.say(f"nurse@{domain}/res", f"to {domain}")
                message = await component.heard(f"to {domain}")
                assert message["to"] == f"nurse@{domain}/res"
                assert message["from"] == romeo.boundjid
                component.say(f"nurse@{domain}", romeo.boundjid.bare, f"from {domain}")
                await romeo.wait_message(f"from {domain}", sender=f"nurse@{domain}")
            one.say(f"a@{TWO}", f"b@{THREE}", "between components")
            assert (await three.heard("between components"))["from"] == f"a@{TWO}"
            one.say(f"a@{TWO}", f"b@{ONE}", "to itself")
            await one.heard("to itself")
            await one.leave()
            await three.leave()

    play(scenario())


def test_one_host_at_a_time_without_global_routes(strict, user):
    async def scenario():
        async with Clients(strict) as clients:
            romeo = await clients(user("romeo"), PASSWORD)
            four = await join(strict, "four.localhost", COMMON, strict.more[3])
            assert await refused(romeo, "x@five.localhost", "?") in GONE
            five = await join(strict, "five.localhost", COMMON, strict.more[3])
            for component, name in ((four, "four"), (five, "five")):
                romeo.say(f"x@{name}.localhost", name)
                await component.heard(name)
                await component.leave()

    play(scenario())


GONE = ("service-unavailable", "remote-server-not-found")


def test_a_component_that_leaves_is_gone(strict, user):
    """Its domains bounce what comes, and may be served again at once."""
    async def scenario():
        async with Clients(strict) as clients:
            romeo = await clients(user("romeo"), PASSWORD)
            for leaves in (True, False):
                one = await join(strict, ONE, SHARED, strict.more[0])
                await one["xep_0199"].send_ping("localhost", ifrom=ONE)
                if leaves:
                    await one.leave()
                else:
                    one.abort()
                    await one.over()
                for domain in (ONE, TWO):
                    assert await bounced(romeo, f"x@{domain}") in GONE
                with pytest.raises(IqError) as refusal:
                    await romeo["xep_0030"].get_info(TWO)
                assert refusal.value.condition in GONE
            again = await join(strict, ONE, SHARED, strict.more[0])
            romeo.say(f"x@{TWO}", "welcome back")
            await again.heard("welcome back")
            await again.leave()

    play(scenario())


def test_two_components_for_one_host_conflict(strict):
    async def scenario():
        first = await join(strict, ONE, SHARED, strict.more[0])
        with pytest.raises(ConnectionError, match="conflict"):
            await Component(strict, ONE, SHARED, strict.more[0]).join()
        # The first goes on, with the host that came along, too.
        first.say(ONE, f"x@{TWO}", "still mine")
        await first.heard("still mine")
        await first.leave()

    play(scenario())


def test_a_host_that_came_along_is_taken(strict):
    async def scenario():
        one = await join(strict, ONE, SHARED, strict.more[0])
        with pytest.raises(ConnectionError, match="conflict"):
            await Component(strict, TWO, SHARED, strict.more[0]).join()
        await one.leave()

    play(scenario())


@pytest.mark.parametrize("listener_index, domain, secret, expected", [
    (0, ONE, "guessed", "not-authorized"), (0, ONE, OWN, "not-authorized"),
    (0, ONE, "", "not-authorized"), (0, THREE, SHARED, "not-authorized"),
    (0, "other.localhost", SHARED, "host-unknown"), (0, "", SHARED, "host-unknown"),
    (0, f"user@{ONE}", SHARED, "host-unknown"),
    (1, "localhost", COMMON, "conflict"), (1, "b.localhost", COMMON, "conflict"),
])
def test_who_may_not_join_is_told_why(strict, listener_index, domain, secret, expected):
    with RawComponent(strict, domain, secret, strict.more[listener_index]) as component:
        assert stream_error(component.read_to_end()) == expected


def joined(server):
    """A component for `one.localhost`, as soon as the one before has left."""
    def attempt():
        try:
            return RawComponent(server, ONE, SHARED, server.more[0]).joined()
        except AssertionError:
            return None
    return waiting.until(attempt, "the former component to leave")


@pytest.mark.parametrize("sender, expected", [
    (f"from='x@{TWO}'", None), (f"from='{ONE}/res'", None),
    ("from='x@localhost'", "invalid-from"), (f"from='x@sub.{ONE}'", "invalid-from"),
    (f"from='x@{THREE}'", "invalid-from"), ("from='a@b@c'", "invalid-from"),
    ("", "improper-addressing"),
])
def test_the_sender_is_checked(strict, sender, expected):
    with joined(strict) as component:
        component.send(f"<iq type='get' id='p' to='localhost' {sender}>"
                       "<ping xmlns='urn:xmpp:ping'/></iq>")
        if expected is None:
            component.read_until(lambda text: "id='p'" in text)
        else:
            assert stream_error(component.read_to_end()) == expected


def test_a_stanza_for_nobody_ends_the_stream(strict):
    with joined(strict) as component:
        component.send(f"<message from='{ONE}'><body>?</body></message>")
        assert stream_error(component.read_to_end()) == "improper-addressing"


def test_a_stanza_before_the_handshake_ends_the_stream(strict):
    with RawComponent(strict, ONE, None, strict.more[0]) as component:
        component.send(f"<message from='{ONE}' to='x@localhost'><body>?</body></message>")
        assert stream_error(component.read_to_end()) == "not-authorized"


def test_an_unchecked_component_speaks_for_others(strict, user):
    async def scenario():
        async with Clients(strict) as clients:
            romeo = await clients(user("romeo"), PASSWORD)
            component = await join(strict, "free.localhost", COMMON, strict.more[1])
            for sender in ("ghost@elsewhere.example", "somebody@localhost", "x@free.localhost"):
                component.say(sender, romeo.boundjid.bare, f"I am {sender}")
                await romeo.wait_message(f"I am {sender}", sender=sender)
            await component.leave()

    play(scenario())


def test_a_rule_keeps_users_from_a_component(strict, user):
    async def scenario():
        async with Clients(strict) as clients:
            romeo = await clients(user("romeo"), PASSWORD)
            banned = await clients(user("banned"), PASSWORD)
            component = await join(strict, "club.localhost", COMMON, strict.more[2])
            assert await refused(banned, "door@club.localhost", "let me in") == "not-allowed"
            romeo.say("door@club.localhost", "good evening")
            await component.heard("good evening")
            assert [each["body"] for each in component.messages] == ["good evening"]
            await component.leave()

    play(scenario())


def test_what_a_component_sends_in_vain_comes_back(strict):
    async def scenario():
        component = await join(strict, ONE, SHARED, strict.more[0])
        for to in ("nobody@localhost", "nobody@b.localhost", f"x@{THREE}", "x@far.example"):
            component.say(f"me@{TWO}", to, "hello?")
            error = await waiting.until_async(
                lambda: next((each for each in component.messages
                              if each["from"].bare == to), None), f"an error from {to}")
            assert error["to"] == f"me@{TWO}" and error["type"] == "error"
            assert condition(str(error)) in GONE
        with pytest.raises(IqError) as refusal:
            await component["xep_0030"].get_info("nobody@localhost", ifrom=ONE)
        assert condition(str(refusal.value.iq)) == "service-unavailable"
        info = await component["xep_0030"].get_info("localhost", ifrom=ONE)
        assert "urn:xmpp:ping" in info["disco_info"]["features"]
        await component.leave()

    play(scenario())


UNREAD = 700


class DeafComponent(RawComponent):
    """Joined, and reads nothing more."""

    def __init__(self, server, tls):
        self.tls = tls
        super().__init__(server, "deaf.localhost", COMMON, server.more[tls])
        self.joined()

    def send(self, data):
        if self.tls and not hasattr(self.socket, "context"):
            self.socket = web.trusting().wrap_socket(self.socket)
        super().send(data)


@pytest.fixture(scope="module")
def patient(request):
    """Listeners for components, the second with TLS; who reads nothing for two seconds is out."""
    lines = ["send_timeout: 2 s", "shaper: none", "hosts:",
             f"  deaf.localhost: {{password: {COMMON}}}"]
    server = Trial(listeners=[
        listener("ejabberd_service", *lines), listener("ejabberd_service", "tls: true", *lines),
        listener("ejabberd_c2s", "shaper: none", "max_stanza_size: 65536")])
    yield from run(server, request.session)


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("end", ["cut off", "reset", "half closed"])
def test_what_a_component_leaves_unread_comes_back(patient, end, tls):
    """In order, and all of it; none that the component can have read."""
    with Stream(patient, patient.more[2]) as sender:
        sender.sign_in(patient.account("romeo", PASSWORD), PASSWORD)
        deaf = DeafComponent(patient, tls)
        for number in range(UNREAD):
            sender.send(f"<message to='x@deaf.localhost' id='m{number}' type='chat'>"
                        f"<body>{'m' * 10000}</body></message>")
        sender.ping("sent")
        if end == "reset":
            deaf.socket.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            deaf.socket.close()
        elif end == "half closed":
            # Not by its own method, which gives up TLS in both directions.
            socket.socket.shutdown(deaf.socket, socket.SHUT_WR)
        sender.hear(f"<message[^>]*id='m{UNREAD - 1}'")
        returned = [int(found) for found in
                    re.findall(r"<message(?=[^>]*type='error')[^>]*id='m(\d+)'", sender.heard)]
        assert returned == list(range(returned[0], UNREAD))
        assert returned[0] > 0, "the system took some"
        if end != "reset":
            got = len(re.findall("</message>", deaf.read_to_end()))
            assert 0 <= got - returned[0] <= (3 if tls else 0)
        deaf.socket.close()
