"""Logins without a password: client certificates (XEP-0178), and anonymous ones (XEP-0175)."""

import base64
import re

import pytest

from conftest import PASSWORD, run
from harness import waiting
from harness.authority import Authority, showing
from harness.place import Place
from harness.slix import Clients
from harness.slix import run as play
from harness.stream import Old, Stream
from harness.trial import Trial, listener

pytestmark = pytest.mark.own_server
GUESTS, NAMED, MIXED = "guests.localhost", "named.localhost", "mixed.localhost"


@pytest.fixture(scope="module")
def strict(request, tmp_path_factory):
    """Listeners that ask for certificates: under STARTTLS, by direct TLS, and by host."""
    folder = tmp_path_factory.mktemp("authorities")
    authority = Authority(folder, "authority")
    trust = ("tls_verify: true", f"cafile: {authority.file}")
    server = Trial(
        hosts=[GUESTS, NAMED, MIXED], modules={"mod_legacy_auth": "{}"},
        listeners=[listener("ejabberd_c2s", "starttls: true", *trust),
                   listener("ejabberd_c2s", "tls: true", *trust),
                   listener("ejabberd_c2s", "starttls: true", "tls_verify: true")],
        options=f"""\
c2s_cafile: {authority.file}
host_config:
  {GUESTS}: {{auth_method: anonymous}}
  {NAMED}: {{auth_method: anonymous, anonymous_protocol: login_anon}}
  {MIXED}: {{auth_method: [sql, anonymous], anonymous_protocol: both}}
""")
    server.authority = authority
    server.stranger = Authority(folder, "stranger")
    yield from run(server, request.session)


@pytest.fixture
def certified(strict):
    """Opens a stream that shows a certificate: `certified("romeo@localhost")`."""
    streams = []

    def make(*addresses, authority=strict.authority, days=30, port=0, domain=None):
        name = f"client{next(strict.numbers)}"
        context = showing(*authority.certify(name, *addresses, days=days))
        return connect(context, port, domain)

    def connect(context, port=0, domain=None):
        stream = Stream(strict, port=strict.more[port], context=context, domain=domain,
                        tls=port == 1)
        streams.append(stream)
        stream.features = stream.begin(tls=port != 1)
        return stream

    make.connect = connect
    yield make
    for stream in streams:
        stream.socket.close()


def external(stream, authzid=""):
    return stream.attempt("EXTERNAL", base64.b64encode(authzid.encode()).decode() or "=")


@pytest.mark.parametrize("port", [0, 1])
@pytest.mark.parametrize("names_itself", [False, True])
def test_a_certificate_signs_in(strict, certified, port, names_itself):
    jid = strict.account("romeo", PASSWORD)
    stream = certified(jid, port=port)
    assert "<mechanism>EXTERNAL</mechanism>" in stream.features
    assert external(stream, jid if names_itself else "") is None
    stream.open(stream.domain)
    assert stream.bind("r") == f"{jid}/r"
    stream.ping()


def test_slixmpp_signs_in_with_a_certificate(strict):
    jid = strict.register("juliet", PASSWORD)
    certificate, key = strict.authority.certify("juliet", jid)

    async def scenario():
        async with Clients(strict) as clients:
            client = await clients(
                jid, "", mechanism="EXTERNAL", direct_tls=True, certfile=certificate,
                keyfile=key, target=Place(strict, tls=strict.more[1]))
            assert client["feature_mechanisms"].mech.name == "EXTERNAL"
            await client["xep_0199"].send_ping("localhost")

    play(scenario())


@pytest.mark.parametrize("addresses, options", [
    ((), {}), (("romeo@b.localhost",), {}), (("localhost",), {}),
    (("romeo@localhost",), {"days": -1}), (("romeo@localhost",), {"authority": "stranger"}),
])
def test_a_certificate_that_proves_nothing_is_no_way_in(strict, certified, addresses, options):
    """Of nobody here, ended, or of an authority that nobody trusts; a password still is one."""
    if "authority" in options:
        options = {"authority": strict.stranger}
    stream = certified(*addresses, **options)
    assert "EXTERNAL" not in stream.features and "PLAIN" in stream.features
    assert external(stream, "romeo@localhost") == "invalid-mechanism"
    user = strict.account("mercutio", PASSWORD).partition("@")[0]
    assert stream.authenticate(user, PASSWORD) is None


def test_without_a_certificate_there_is_no_such_mechanism(certified):
    stream = certified.connect(None)
    assert "EXTERNAL" not in stream.features and "PLAIN" in stream.features


def test_a_certificate_speaks_for_its_own_account_only(strict, certified):
    romeo, other = strict.register("mine", PASSWORD), strict.register("other", PASSWORD)
    stream = certified(romeo)
    for authzid in (other, "nobody@localhost", "mine@b.localhost", "not an address"):
        assert external(stream, authzid) == "invalid-authzid"
    assert external(stream, romeo) is None


def test_a_certificate_of_several_accounts_must_choose(strict, certified):
    """XEP-0178 §2."""
    both = [strict.register(f"one-of-two-{number}", PASSWORD) for number in range(2)]
    stream = certified(*both)
    assert external(stream) == "invalid-authzid"
    assert external(stream, both[1]) is None
    stream.open(stream.domain)
    assert stream.bind("r") == f"{both[1]}/r"


def test_a_certificate_of_no_account_is_refused(certified):
    assert external(certified("never-registered@localhost")) == "not-authorized"


def test_the_authorities_of_a_host_are_trusted(strict, certified):
    jid = strict.register("by-host", PASSWORD)
    assert external(certified(jid, port=2)) is None


# Anonymous


def test_guests_get_an_address_nobody_else_has(strict):
    async def scenario():
        async with Clients(strict) as clients:
            guests = [await clients(GUESTS, "", mechanism="ANONYMOUS") for _ in range(2)]
            one, two = (each.boundjid for each in guests)
            assert one.domain == two.domain == GUESTS
            assert one.local and two.local and one.local != two.local
            # Its presence is known when this is answered: nothing waits for a guest who is away.
            await guests[1]["xep_0199"].send_ping(GUESTS)
            guests[0].say(two.bare, "who are you?")
            await guests[1].wait_message("who are you?", sender=one.bare)
            await guests[1].sign_out()
            guests[0].say(two.bare, "still there?")
            message = await guests[0].wait_message("still there?", sender=two.bare)
            assert message["error"]["condition"] == "service-unavailable"

    play(scenario())


def test_guests_have_no_passwords(strict):
    with Stream(strict, domain=GUESTS) as stream:
        features = stream.begin(tls=True)
        assert re.findall("<mechanism>(.*?)</mechanism>", features) == ["ANONYMOUS"]
        assert stream.authenticate("romeo", PASSWORD) == "invalid-mechanism"
        assert stream.attempt("ANONYMOUS", base64.b64encode(b"t" * 256).decode()) == (
            "malformed-request")
        assert stream.attempt("ANONYMOUS", base64.b64encode(b"a trace").decode()) is None


def test_a_host_with_accounts_has_no_guests(strict):
    with Stream(strict) as stream:
        assert "ANONYMOUS" not in stream.begin(tls=True)
        assert stream.attempt("ANONYMOUS", "=") == "invalid-mechanism"


def named(server, name, domain=NAMED, password="whatever"):
    """A guest under a name of its choice; the condition of a refusal in place of the stream."""
    stream = Stream(server, domain=domain)
    stream.begin(tls=True)
    refusal = stream.authenticate(name, password)
    if refusal:
        stream.socket.close()
        return refusal
    stream.open(domain)
    assert stream.bind("r") == f"{name}@{domain}/r"
    return stream


def test_guests_may_choose_a_name_where_the_protocol_says_so(strict):
    with Stream(strict, domain=NAMED) as stream:
        features = stream.begin(tls=True)
        assert "ANONYMOUS" not in features
        assert stream.attempt("ANONYMOUS", "=") == "invalid-mechanism"
        assert stream.authenticate("whoever", "whatever") is None
        stream.open(NAMED)
        assert stream.bind("r") == f"whoever@{NAMED}/r"
        stream.ping()


def test_slixmpp_is_a_guest_with_a_name(strict):
    async def scenario():
        async with Clients(strict) as clients:
            juliet = await clients(f"juliet@{NAMED}", "anything")
            other = await clients(GUESTS, "", mechanism="ANONYMOUS")
            await juliet["xep_0199"].send_ping(NAMED)
            other.say(juliet.boundjid.bare, "who are you?")
            await juliet.wait_message("who are you?", sender=other.boundjid.bare)

    play(scenario())


def test_a_name_is_one_guest_s_until_nothing_is_left_of_it(strict):
    first = named(strict, "solo")
    assert named(strict, "solo") == "not-authorized"
    with pytest.raises(AssertionError, match="exists"):
        strict.register("solo", PASSWORD, NAMED)
    first.ask("<iq type='set' id='v'><vCard xmlns='vcard-temp'><FN>First</FN></vCard></iq>")
    first.send("</stream:stream>")
    first.ended()

    def next_one():
        stream = named(strict, "solo")
        return None if stream == "not-authorized" else stream

    second = waiting.until(next_one, "the name to be free")
    with second:
        card = second.ask("<iq type='get' id='c'><vCard xmlns='vcard-temp'/></iq>")
        assert "First" not in card


def test_an_account_is_nobody_s_but_its_owner_s(strict):
    jid = strict.account("owner", PASSWORD, MIXED)
    name = jid.partition("@")[0]
    assert named(strict, name, MIXED, "wrong") == "not-authorized"
    with named(strict, name, MIXED, PASSWORD) as stream:
        stream.ping()
    with named(strict, "passer-by", MIXED) as guest:
        guest.ping()
    with Stream(strict, domain=MIXED) as stream:
        assert "ANONYMOUS" in stream.begin(tls=True)
        assert stream.attempt("ANONYMOUS", "=") is None


def test_an_account_of_a_host_that_has_only_guests_now_stays_closed(strict):
    """Registered while the host had accounts: its name is for nobody, with whatever password."""
    strict.register("former", PASSWORD, NAMED)
    for password in ("wrong", PASSWORD):
        assert named(strict, "former", NAMED, password) == "not-authorized"
    strict.control("unregister", "former", NAMED)
    named(strict, "former").socket.close()


def test_old_clients_are_guests_by_iq(strict):
    """XEP-0078, with the same rules."""
    with Old(strict, domain=NAMED) as stream:
        assert stream.login("grandpa", "whatever") is None
        stream.ping()
        with Old(strict, domain=NAMED) as other:
            assert other.login("grandpa", "whatever") == "not-authorized"
    jid = strict.account("elder", PASSWORD, MIXED)
    with Old(strict, domain=MIXED) as stream:
        assert stream.login(jid.partition("@")[0], "wrong") == "not-authorized"
        assert stream.login(jid.partition("@")[0], PASSWORD) is None
    with Old(strict, domain=GUESTS) as stream:
        assert stream.login("nobody", "whatever") == "not-authorized"
