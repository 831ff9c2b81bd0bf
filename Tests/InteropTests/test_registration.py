"""Who may register, how often, from where; changing passwords, removing accounts (XEP-0077)."""

import contextlib

import pytest

from conftest import PASSWORD, run
from harness import waiting
from harness.stream import REGISTER, Stream, condition
from harness.trial import Trial, listener

pytestmark = pytest.mark.own_server
FEATURE = "http://jabber.org/features/iq-register"
NOBODY, SLOW, OPEN = "nobody.localhost", "slow.localhost", "open.localhost"


@pytest.fixture(scope="module")
def strict(request):
    """One that registers from this machine only, and one host with narrower rules of access."""
    server = Trial(
        hosts=[NOBODY, OPEN],
        listeners=[listener("ejabberd_c2s", "use_proxy_protocol: true", "starttls: true")],
        modules={"mod_register": "{password_min_length: 6}"},
        options=f"""\
host_config:
  {NOBODY}:
    modules:
      mod_ping: {{}}
      mod_register: {{access: but_romeo, access_remove: none, password_min_length: 6}}
  {OPEN}:
    modules:
      mod_register: {{ip_access: documentation}}
""")
    server.change(r"(?m)^  register:$", """\
  but_romeo:
    - deny: romeo
    - allow: all
  documentation:
    - allow: documentation
  register:""")
    server.change(r"(?m)^acl:$", """\
acl:
  romeo:
    user_glob: "romeo*"
  documentation:
    ip: 192.0.2.0/24""")
    yield from run(server, request.session)


def proxied(server, address="192.0.2.1", domain=None):
    """A stream that comes, says the PROXY header, from that address."""
    kind = "TCP6" if ":" in address else "TCP4"
    to = "::1" if ":" in address else "192.0.2.2"
    return Stream(server, port=server.more[0], domain=domain,
                  first=f"PROXY {kind} {address} {to} 40000 5222\r\n")


def local(server, domain=None):
    return Stream(server, domain=domain)


def test_this_machine_is_offered_registration(strict):
    with local(strict) as stream:
        assert FEATURE in stream.begin()
        assert stream.register("juliet", PASSWORD) == "result"
        assert stream.register("juliet", PASSWORD) == "conflict"
    with local(strict) as stream:
        stream.sign_in("juliet@localhost", PASSWORD)


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1"])
def test_others_are_not(strict, address):
    """Without `ip_access`, only this machine may: neither offered nor granted."""
    with proxied(strict, address) as stream:
        assert FEATURE not in stream.begin(tls=True)
        assert stream.register("stranger", PASSWORD) == "not-allowed"
    with local(strict) as stream:
        stream.begin()
        assert stream.authenticate("stranger", PASSWORD) == "not-authorized"


def test_a_proxy_may_speak_for_this_machine(strict):
    with proxied(strict, "127.0.0.1") as stream:
        assert FEATURE in stream.begin()


def test_the_rule_of_addresses_decides_where_one_is_written(strict):
    with proxied(strict, domain=OPEN) as stream:
        assert FEATURE in stream.begin(tls=True)
        assert stream.register("far", PASSWORD) == "result"
    for stranger in (proxied(strict, "198.51.100.1", OPEN), local(strict, OPEN)):
        with stranger as stream:
            assert FEATURE not in stream.begin(tls=True)
            assert stream.register("near", PASSWORD) == "not-allowed"


@pytest.mark.parametrize("name, outcome", [
    ("romeo", "forbidden"), ("Romeo2", "forbidden"), ("tybalt", "result")])
def test_a_rule_chooses_the_names(strict, name, outcome):
    with local(strict, NOBODY) as stream:
        stream.begin()
        assert stream.register(name, PASSWORD) == outcome


@pytest.mark.parametrize("name, password, outcome", [
    ("short", "12345", "not-acceptable"), ("", PASSWORD, "not-acceptable"),
    ("a@b", PASSWORD, "jid-malformed"), ("a b", PASSWORD, "jid-malformed"),
    ("n" * 1024, PASSWORD, "jid-malformed"), ("empty", "", "not-acceptable")])
def test_unusable_names_and_passwords_are_refused(strict, name, password, outcome):
    with local(strict) as stream:
        stream.begin()
        assert stream.register(name, password) == outcome


def ask(stream, children, kind="set", to=True):
    to = f"to='{stream.domain}'" if to else ""
    return stream.ask(
        f"<iq type='{kind}' id='q' {to}><query xmlns='{REGISTER}'>{children}</query></iq>")


def test_the_rule_of_removal_keeps_an_account(strict):
    jid = strict.register("keeper", PASSWORD, NOBODY)
    with Stream(strict).sign_in(jid, PASSWORD) as stream:
        assert condition(ask(stream, "<remove/>")) == "not-allowed"
        stream.ping()
    with Stream(strict).sign_in(jid, PASSWORD):
        pass


def test_a_removed_account_is_gone_with_all_its_sessions(strict):
    jid = strict.register("leaver", PASSWORD)
    with Stream(strict).sign_in(jid, PASSWORD) as other, \
            Stream(strict).sign_in(jid, PASSWORD) as stream:
        assert condition(ask(stream, "<remove/>")) is None
        assert stream.ended() == "not-authorized"
        assert other.ended() == "not-authorized"
    with local(strict) as stream:
        stream.begin()
        assert stream.authenticate("leaver", PASSWORD) == "not-authorized"


@pytest.mark.xfail(strict=False, reason="a request without `to` is answered service-unavailable")
def test_an_account_is_removed_without_naming_the_server(strict):
    """§3.2: the entity should not write `to` when it leaves its own server."""
    jid = strict.register("nameless", PASSWORD)
    with Stream(strict).sign_in(jid, PASSWORD) as stream:
        assert condition(ask(stream, "<remove/>", to=False)) is None
        assert stream.ended() == "not-authorized"


def test_the_password_is_changed_by_its_owner_only(strict):
    jid = strict.register("changer", PASSWORD)
    strict.register("victim", PASSWORD)
    change = "<username>{}</username><password>{}</password>".format
    with Stream(strict).sign_in(jid, PASSWORD) as stream:
        assert "<registered" in ask(stream, "", "get")
        for children, outcome in [
                (change("victim", "another one"), "not-allowed"),
                (change("changer", "12345"), "bad-request"),
                (change("changer", ""), "bad-request"),
                ("<username>changer</username>", "bad-request"),
                ("<remove/>" + change("changer", "another one"), "bad-request")]:
            assert condition(ask(stream, children)) == outcome, children
        assert condition(ask(stream, change("changer", "another one"))) is None
        stream.ping()
    for password, outcome in [(PASSWORD, "not-authorized"), ("another one", None)]:
        with local(strict) as stream:
            stream.begin()
            assert stream.authenticate("changer", password) == outcome
    with Stream(strict).sign_in("victim@localhost", PASSWORD):
        pass


def test_one_address_registers_once_in_a_while(request):
    """`registration_timeout`: per address, and a registration that failed does not count."""
    server = Trial(
        listeners=[listener("ejabberd_c2s", "use_proxy_protocol: true", "starttls: true")],
        modules={"mod_register": "{ip_access: all}"})
    server.change("registration_timeout: infinity", "registration_timeout: 10 min")
    with contextlib.contextmanager(run)(server, request.session) as started:
        started.register("taken", PASSWORD)
        with proxied(started) as stream:
            stream.begin(tls=True)
            assert stream.register("taken", PASSWORD) == "conflict"
            assert stream.register("first", PASSWORD) == "result"
            assert stream.register("second", PASSWORD) == "resource-constraint"
        with proxied(started) as stream:
            stream.begin(tls=True)
            assert stream.register("third", PASSWORD) == "resource-constraint"
        with proxied(started, "192.0.2.9") as stream:
            stream.begin(tls=True)
            assert stream.register("fourth", PASSWORD) == "result"
        started.change("registration_timeout: 10 min", "registration_timeout: 1 s")
        started.control("reload_config")
        with proxied(started) as stream:
            stream.begin(tls=True)
            waiting.until(lambda: stream.register("later", PASSWORD) == "result", "its turn")
