"""Sessions that need no login (`prebind` of mod_bosh): made by a site, carried on by its page."""

import asyncio
import re
import subprocess

import pytest

from conftest import PASSWORD, run
from harness import bosh, waiting
from harness.server import BINARIES
from harness.slix import Clients
from harness.slix import run as play
from harness.stream import Stream
from harness.strophe import Strophe
from harness.trial import Trial

pytestmark = pytest.mark.own_server
GUESTS = "guests.localhost"


@pytest.fixture(scope="module")
def site(request):
    """A server whose BOSH needs no login on a host for guests."""
    server = Trial(
        bosh="{prebind: true}", hosts=[GUESTS],
        options=f"host_config:\n  {GUESTS}: {{auth_method: anonymous}}\n")
    yield from run(server, request.session)


class Prebound(bosh.Session):
    """What the site does: one request, as its page will not have to."""

    def __init__(self, server, **options):
        super().__init__(server, domain=GUESTS, **options)
        self.jid = re.search("<jid>(.*?)</jid>", self.creation.text)[1]

    def handover(self):
        """What the page is given: address, session and the next request number."""
        return self.jid, self.sid, next(self.rids)


def message(to, text):
    return f"<message xmlns='jabber:client' to='{to}' type='chat'><body>{text}</body></message>"


def test_strophe_attaches_to_a_session_of_its_site(site, browser_for):
    romeo_jid = site.register("romeo", PASSWORD)
    window = browser_for(site)
    link = Strophe(window, site.bosh_url)
    do = asyncio.to_thread

    async def scenario():
        async with Clients(site) as clients:
            romeo = await clients(romeo_jid, PASSWORD)
            jid, sid, rid = await do(lambda: Prebound(site, wait=30).handover())
            assert await do(link.attach, jid, sid, rid) == jid
            await do(link.say, romeo_jid, "hello")
            heard = await romeo.wait_message("hello", sender=jid.partition("/")[0])
            assert heard["from"].full == jid
            romeo.say(jid, "welcome")
            await do(link.wait_heard, "welcome")
            await do(link.disconnect)

    play(scenario())
    assert window.console_errors() == []


def test_the_first_answer_has_all_that_is_needed(site):
    session = Prebound(site)
    answer = session.creation
    for name in ("sid", "wait", "requests", "inactivity", "hold", "authid", "from", "ver"):
        assert answer.attribute(name), name
    local, _, rest = session.jid.partition("@")
    domain, _, resource = rest.partition("/")
    assert (len(local), domain) == (32, GUESTS) and len(resource) >= 12
    assert "mechanism" not in answer.text and "<stream:features" in answer.text
    text = session.post(content=message(session.jid, "me")).text
    assert f"to='{session.jid}'" in text and f"from='{session.jid}'" in text
    assert session.end().condition == "none"
    assert Prebound(site).jid != session.jid


def test_nothing_of_a_guest_stays(site):
    session = Prebound(site)
    session.post(content="<iq xmlns='jabber:client' type='set' id='v'><vCard xmlns='vcard-temp'>"
                         "<FN>Guest</FN></vCard></iq>")
    session.end()
    other = Prebound(site)
    card = other.until("id='c'", content=f"<iq xmlns='jabber:client' type='get' id='c' to='"
                       f"{session.jid.partition('/')[0]}'><vCard xmlns='vcard-temp'/></iq>")
    assert "Guest" not in card.text


def test_who_says_who_it_is_logs_in(site):
    jid = site.register("juliet", PASSWORD)
    session = bosh.Session(site, attributes=f"from='{jid}'").sign_in(jid, PASSWORD)
    assert session.end().condition == "none"


def test_a_host_without_guests_refuses_and_is_warned_of(site):
    answer = bosh.post(site, f"<body rid='7' to='{site.domain}' wait='5' hold='1' ver='1.11' "
                             f"{bosh.XBOSH} xmlns='{bosh.BIND}'/>")
    assert answer.condition == "stream:not-authorized"
    assert "no anonymous logins" in answer.text
    done = subprocess.run(
        [BINARIES / "martletd", "--check", "--config", site.config, "--data", site.data],
        capture_output=True, text=True, timeout=waiting.PATIENCE)
    warnings = [line for line in (done.stdout + done.stderr).splitlines() if "prebind" in line]
    assert done.returncode == 0
    assert len(warnings) == 2, warnings
    assert all("auth_method: anonymous" in line and GUESTS not in line for line in warnings)


def test_over_tcp_guests_log_in_as_ever(site):
    with Stream(site, domain=GUESTS) as stream:
        assert "ANONYMOUS" in stream.begin(tls=True)
