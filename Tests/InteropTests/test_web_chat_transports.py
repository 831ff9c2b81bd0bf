"""How the web chat connects, and what becomes of messages when a network fails."""

import itertools

import pytest

from conftest import PASSWORD, run
from harness import waiting
from harness.place import Place
from harness.scenes import do, heard_by, introduce, meet, shown_in, survive_restart
from harness.server import Martlet
from harness.slix import Clients
from harness.slix import run as run_scenario

TRANSPORTS = ["bosh", "websocket"]


# Which transport


def test_websocket_comes_first(account, browser):
    window = browser().sign_in(account("juliet"), PASSWORD)
    assert window.transport() == "websocket"
    window.wait_text("#connection-line", "Connected by WebSocket")


def test_another_transport_is_chosen_while_signed_in(meeting):
    async def scenario(window, juliet, romeo):
        await meet(window, juliet, romeo)
        await do(window.click, "#connection-open")
        await do(window.click, "#connection-choices [value=bosh]")
        await do(window.wait, lambda: window.transport() == "bosh", "BOSH")
        await do(window.wait_online)
        await do(window.wait_text, "#connection-facts", "Connected by BOSH")
        await do(window.click, "#connection-dialog .primary")
        await do(window.say, "by another way")
        await romeo.wait_message("by another way", sender=juliet)

    meeting(scenario)


def test_bosh_takes_over_where_websocket_is_refused(account, browser_for, line):
    line.refuse("GET /websocket", "GET /ws")
    window = browser_for(line).sign_in(account("juliet"), PASSWORD)
    assert window.transport() == "bosh"
    window.wait_text("#connection-line", "Connected by BOSH")


@pytest.mark.parametrize("kind", TRANSPORTS)
def test_a_transport_is_chosen_and_remembered(account, browser, kind):
    window = browser().sign_in(account("juliet"), PASSWORD, transport=kind)
    assert window.transport() == kind
    window.sign_out()
    window.open()
    assert window.find("#signin-transport").get_property("value") == kind


def test_a_transport_that_is_not_there_is_explained(account, browser_for, line):
    line.refuse("GET /websocket", "GET /ws")
    window = browser_for(line).sign_in(
        account("juliet"), PASSWORD, succeeds=False, transport="websocket")
    window.wait_text("#signin-error", "cannot be reached")
    window.choose_transport("automatic")
    window.fill("#signin-password", PASSWORD)
    window.click("#signin-submit")
    window.wait_online()


ELSEWHERE = """
  - port: {port}
    ip: "127.0.0.1"
    module: ejabberd_http
    request_handlers:
      /elsewhere/ws: ejabberd_http_ws
      /elsewhere/bosh: mod_bosh
      /.well-known/host-meta: mod_host_meta
      /.well-known/host-meta.json: mod_host_meta
      /: mod_http_fileserver
"""


@pytest.fixture
def elsewhere(request):
    """A server that only host-meta leads to: nothing is where one would guess."""
    port = waiting.free_ports(1)[0]
    address = f"//localhost:{port}/elsewhere"
    told = f"{{websocket_url: 'ws:{address}/ws', bosh_service_url: 'http:{address}/bosh'}}"
    server = Martlet(more_listeners=ELSEWHERE.format(port=port), host_meta=told)
    for _ in run(server, request.session):
        yield Place(server, http=port)


@pytest.mark.own_server
@pytest.mark.parametrize("kind", TRANSPORTS)
def test_host_meta_leads_to_the_server(elsewhere, browser_for, kind):
    """XEP-0156."""
    elsewhere.server.register("juliet", PASSWORD)
    window = browser_for(elsewhere).sign_in("juliet@localhost", PASSWORD, transport=kind)
    assert window.transport() == kind
    asked = window.driver.execute_script(
        "return performance.getEntriesByType('resource').map(({ name }) => name).join(' ')")
    assert "host-meta.json" in asked and "/http-bind" not in asked


# What becomes of messages


@pytest.mark.parametrize("kind", TRANSPORTS)
def test_states_of_a_message(meeting, kind):
    """Sent when the server has it, delivered when Romeo's client says so (XEP-0184)."""
    async def scenario(window, juliet, romeo):
        await meet(window, juliet, romeo)
        romeo["xep_0184"].auto_ack = False
        await do(window.say, "too rash, too unadvised")
        await do(window.wait_message, "too rash, too unadvised", state="sent")
        message = await romeo.wait_message("too rash, too unadvised", sender=juliet)
        romeo["xep_0184"].ack(message)
        await do(window.wait_message, "too rash, too unadvised", state="delivered")

    meeting(scenario, transport=kind)


@pytest.mark.parametrize("kind", TRANSPORTS)
def test_what_is_written_without_a_network_is_sent_later_in_order(meeting, line, kind):
    async def scenario(window, juliet, romeo):
        await meet(window, juliet, romeo)
        line.cut()
        texts = [f"line {number}" for number in range(5)]
        for text in texts:
            await do(window.say, text)
        await do(window.wait_lost)
        await do(window.wait_message, texts[-1], state="waiting")
        window.screenshot(f"network-lost-{kind}")
        line.mend()
        await do(window.wait_message, texts[-1], state="delivered")
        await do(window.wait_online)
        assert heard_by(romeo, juliet) == texts
        await do(window.wait_gone, "#connection-banner")

    meeting(scenario, at=line, transport=kind, expects_errors=True)


def test_nothing_is_lost_or_doubled_over_bosh_wherever_it_is_cut(meeting, line):
    """Both write while the line breaks and comes back again and again."""
    async def scenario(window, juliet, romeo):
        await meet(window, juliet, romeo)
        numbers = itertools.count()
        hers, his = [], []

        async def both_write():
            number = next(numbers)
            hers.append(f"from Juliet {number}")
            his.append(f"from Romeo {number}")
            await do(window.say, hers[-1])
            romeo.say(juliet, his[-1])

        for _ in range(4):
            await both_write()
            line.cut()
            await both_write()
            line.mend()
            await both_write()
            await do(window.wait_online)
        await waiting.until_async(lambda: set(hers) <= set(heard_by(romeo, juliet)), "all of hers")
        await waiting.until_async(lambda: set(his) <= set(shown_in(window)), "all of his")
        await do(window.wait_message, hers[-1], state="delivered")
        assert sorted(heard_by(romeo, juliet)) == sorted(hers)
        assert sorted(shown_in(window)) == sorted(his)

    meeting(scenario, at=line, transport="bosh", expects_errors=True)


def test_nothing_is_lost_or_doubled_over_websocket(meeting, line):
    """Once the server has noticed the loss, it keeps what Romeo writes (XEP-0160)."""
    async def scenario(window, juliet, romeo):
        await meet(window, juliet, romeo)
        hers, his = [], []
        for number in range(3):
            hers.append(f"from Juliet {number}")
            his.append(f"from Romeo {number}")
            romeo.presences.clear()
            line.cut()
            await do(window.say, hers[-1])
            await romeo.wait_presence(juliet, "unavailable")
            romeo.say(juliet, his[-1])
            line.mend()
            await do(window.wait_online)
            await romeo.wait_message(hers[-1], sender=juliet)
            await do(window.wait_message, his[-1])
            await do(window.wait_message, hers[-1], state="delivered")
        assert heard_by(romeo, juliet) == hers
        assert shown_in(window) == his

    meeting(scenario, at=line, transport="websocket", expects_errors=True)


def test_what_is_sent_twice_over_websocket_is_shown_once(account, browser, browser_for, line):
    """The server took it, and the line broke before it could say so: it comes under its old id."""
    juliet, romeo = account("juliet"), account("romeo")
    hers = browser_for(line).sign_in(juliet, PASSWORD, transport="websocket")
    his = browser().sign_in(romeo, PASSWORD)
    introduce(hers, his, juliet, romeo)
    line.deafen()
    hers.say("parting is such sweet sorrow")
    his.wait_message("parting is such sweet sorrow", own=False)
    line.cut()
    line.mend()
    hers.wait_message("parting is such sweet sorrow", state="delivered")
    hers.say("good night")
    his.wait_message("good night", own=False)
    assert shown_in(his) == ["parting is such sweet sorrow", "good night"]


def test_a_lost_answer_over_bosh_is_asked_for_again(meeting, line):
    """XEP-0124 §14.3: the server took the request, and gives its answer from the buffer."""
    async def scenario(window, juliet, romeo):
        await meet(window, juliet, romeo)
        line.deafen()
        await do(window.say, "it was the nightingale")
        await romeo.wait_message("it was the nightingale", sender=juliet)
        romeo.say(juliet, "it was the lark")
        await romeo["xep_0199"].send_ping(romeo.boundjid.domain)
        line.cut()
        line.mend()
        await do(window.wait_message, "it was the lark")
        await do(window.wait_message, "it was the nightingale", state="delivered")
        assert heard_by(romeo, juliet) == ["it was the nightingale"]
        assert shown_in(window) == ["it was the lark"]

    meeting(scenario, at=line, transport="bosh", expects_errors=True)


@pytest.mark.parametrize("kind", TRANSPORTS)
def test_a_network_that_only_falls_silent_is_noticed(meeting, line, kind):
    async def scenario(window, juliet, romeo):
        await meet(window, juliet, romeo)
        line.silence()
        await do(window.say, "can you hear me?")
        await do(window.wait_lost)
        line.mend()
        await do(window.click, "#connection-retry")
        await do(window.wait_message, "can you hear me?", state="delivered")
        assert heard_by(romeo, juliet) == ["can you hear me?"]

    meeting(scenario, at=line, transport=kind, expects_errors=True)


@pytest.mark.parametrize("kind", TRANSPORTS)
def test_after_a_loss_presence_and_contacts_are_as_they_are(meeting, line, kind):
    async def scenario(window, juliet, romeo):
        await meet(window, juliet, romeo)
        line.cut()
        await do(window.wait_lost)
        romeo.send_presence(pshow="dnd", pstatus="in a vault")
        line.mend()
        await do(window.wait_online)
        await do(window.wait_contact, romeo.boundjid.bare, "dnd")
        await romeo.wait_presence(juliet, "available")

    meeting(scenario, at=line, transport=kind, expects_errors=True)


@pytest.fixture
def forgetful(request):
    """A server that ends a BOSH session after a few seconds without a request."""
    yield from run(Martlet(bosh="{max_inactivity: 4, max_wait: 5}"), request.session)


@pytest.mark.own_server
def test_a_session_that_expired_meanwhile_is_followed_by_a_new_one(
        forgetful, browser_for, line_to):
    juliet, romeo_jid = (forgetful.register(name, PASSWORD) for name in ("juliet", "romeo"))
    line = line_to(forgetful)
    window = browser_for(line)

    async def scenario():
        async with Clients(forgetful) as clients:
            romeo = await clients(romeo_jid, PASSWORD)
            await do(window.sign_in, juliet, PASSWORD, transport="bosh")
            await meet(window, juliet, romeo)
            romeo.presences.clear()
            line.cut()
            await do(window.say, "I waited")
            await romeo.wait_presence(juliet, "unavailable")
            romeo.say(juliet, "so did I")
            line.mend()
            await do(window.wait_message, "so did I", delayed=True)
            await do(window.wait_message, "I waited", state="delivered")
            assert heard_by(romeo, juliet) == ["I waited"]
            assert shown_in(window) == ["so did I"]

    run_scenario(scenario())


@pytest.mark.own_server
@pytest.mark.parametrize("kind", TRANSPORTS)
def test_a_restart_of_the_server_is_survived(own_server, browser_for, kind):
    juliet, romeo = (own_server.register(name, PASSWORD) for name in ("juliet", "romeo"))
    window = browser_for(own_server).sign_in(juliet, PASSWORD, transport=kind)
    survive_restart(window, own_server, romeo)


def test_signing_out_asks_when_messages_wait(account, browser_for, line):
    juliet, romeo = account("juliet"), account("romeo")
    window = browser_for(line).sign_in(juliet, PASSWORD)
    window.begin_conversation(romeo)
    line.cut()
    window.say("wait for me")
    window.wait_lost()
    window.click("#sign-out")
    window.click("#confirm-no")
    window.wait_message("wait for me", state="waiting")
    window.click("#sign-out")
    window.click("#confirm-yes")
    window.find("#signin")
