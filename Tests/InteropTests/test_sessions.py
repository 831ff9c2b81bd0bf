"""Several sessions of one account: conflicts of resources (RFC 6120 §7.7.2.2) and their number."""

import time

import pytest

from conftest import PASSWORD, run
from harness import waiting
from harness.stream import Stream
from harness.trial import Trial

pytestmark = pytest.mark.own_server
POLICIES = ["setresource", "closeold", "closenew", "acceptnew"]


@pytest.fixture(scope="module")
def strict(request):
    """A host for each policy, `closeold.localhost` and so on; at most three sessions."""
    hosts = [f"{policy}.localhost" for policy in POLICIES]
    settings = "".join(f"  {policy}.localhost: {{resource_conflict: {policy}}}\n"
                       for policy in POLICIES)
    server = Trial(hosts=hosts, options=f"""\
shaper_rules:
  max_user_sessions: {{2: boss, 3: all}}
host_config:
{settings}""")
    server.change(r"(?m)^acl:$", "acl:\n  boss:\n    user: boss")
    yield from run(server, request.session)


@pytest.fixture
def two(strict):
    """Two streams of one account: the first bound to `garden`, the second about to bind."""
    streams = []

    def make(policy):
        jid = strict.account("romeo", PASSWORD, f"{policy}.localhost")
        first = Stream(strict).sign_in(jid, PASSWORD, "garden")
        second = Stream(strict, domain=first.domain)
        streams.extend([first, second])
        second.begin()
        assert second.authenticate(jid.partition("@")[0], PASSWORD) is None
        second.open(second.domain)
        return first, second

    yield make
    for stream in streams:
        stream.socket.close()


@pytest.mark.parametrize("policy", ["closeold", "acceptnew"])
def test_the_new_stream_takes_the_resource_over(two, policy):
    first, second = two(policy)
    assert second.bind("garden") == first.jid
    assert first.ended() == "conflict"
    second.ping()


def test_the_server_sets_another_resource(two):
    first, second = two("setresource")
    given = second.bind("garden")
    assert given.startswith(first.jid.partition("/")[0] + "/") and given != first.jid
    first.ping()
    second.ping()


def test_the_new_stream_is_refused_and_may_choose_again(two):
    first, second = two("closenew")
    assert second.bind("garden") == "conflict"
    first.ping()
    assert second.bind("balcony") == first.jid.replace("garden", "balcony")
    second.ping()


def test_the_oldest_session_gives_way_to_one_too_many(strict):
    jid = strict.register("mercutio", PASSWORD)
    streams = [Stream(strict).sign_in(jid, PASSWORD, f"r{number}") for number in range(4)]
    assert streams[0].ended() == "policy-violation"
    for stream in streams[1:]:
        stream.ping()
        stream.socket.close()


def test_the_number_of_sessions_depends_on_who_asks(strict):
    jid = strict.register("boss", PASSWORD)
    streams = [Stream(strict).sign_in(jid, PASSWORD, f"r{number}") for number in range(3)]
    assert streams[0].ended() == "policy-violation"
    for stream in streams[1:]:
        stream.ping()
        stream.socket.close()


def test_taking_a_resource_over_is_not_one_session_more(strict):
    jid = strict.register("benvolio", PASSWORD)
    streams = [Stream(strict).sign_in(jid, PASSWORD, f"r{number}") for number in (0, 1, 2, 2)]
    assert streams[2].ended() == "conflict"
    for stream in (streams[0], streams[1], streams[3]):
        stream.ping()
        stream.socket.close()


def fill_roster(server, jid, items):
    """Puts contacts with sixty groups each into a roster, 55 KB apiece; how many were taken."""
    groups = "".join(f"<group>{number:03}{'g' * 900}</group>" for number in range(60))
    with Stream(server).sign_in(jid, PASSWORD, "fill", presence=False) as stream:
        taken = 0
        for number in range(items):
            answer = stream.ask(
                f"<iq type='set' id='fill{number}'><query xmlns='jabber:iq:roster'>"
                f"<item jid='contact{number}@localhost'>{groups}</item></query></iq>")
            taken += "result" in answer
            assert "result" in answer or "resource-constraint" in answer
            stream.heard = ""
    return taken


GET_ROSTER = "<iq type='get' id='roster'><query xmlns='jabber:iq:roster'/></iq>"


def test_rosters_that_nobody_reads_cost_a_limited_amount(own_server):
    jid = own_server.register("romeo", PASSWORD)
    assert 10 < fill_roster(own_server, jid, 60) < 60
    before, streams = own_server.memory(), []
    for number in range(8):
        stream = Stream(own_server).sign_in(jid, PASSWORD, f"r{number}", presence=False)
        stream.send(GET_ROSTER * 20)
        streams.append(stream)
    # As long as it still grows, within reason.
    looks, end = [before], time.monotonic() + waiting.PATIENCE / 2
    while max(looks) not in looks[:-30] and time.monotonic() < end:
        time.sleep(0.05)
        looks.append(own_server.memory())
    most = max(looks)
    for stream in streams:
        stream.socket.close()
    # Eight streams may each leave 8 MiB unread.
    assert (most - before) / 1024 < 8 * 8 + 80, "MiB"


def test_whoever_fills_a_roster_can_fetch_it(own_server):
    jid = own_server.register("romeo", PASSWORD)
    taken = fill_roster(own_server, jid, 60)
    with Stream(own_server).sign_in(jid, PASSWORD, "fetch", presence=False) as stream:
        stream.send(GET_ROSTER)
        stream.read_until(lambda text: text.endswith("</query></iq>"))
        assert stream.heard.count("<item ") == taken


@pytest.mark.parametrize("command, end", [
    ("unregister", []), ("ban_account", ["spam"])])
@pytest.mark.parametrize("is_restarted", [False, True])
def test_an_account_that_ends_leaves_no_stream_behind(own_server, command, end, is_restarted):
    """Streams that have logged in and not bound end with it."""
    jid = own_server.register("ghost", PASSWORD)
    with Stream(own_server) as stream:
        stream.begin()
        assert stream.authenticate("ghost", PASSWORD) is None
        if is_restarted:
            stream.open("localhost")
        own_server.control(command, "ghost", "localhost", *end)
        assert stream.ended() == "not-authorized"
        assert jid not in own_server.control("connected_users")
