"""Clients from before XMPP 1.0: streams without version, login by IQ (XEP-0078)."""

import pytest

from conftest import PASSWORD, run
from harness.stream import LEGACY_AUTH as NAMESPACE
from harness.stream import Old, Stream, condition
from harness.trial import Trial, listener

pytestmark = pytest.mark.own_server


@pytest.fixture(scope="module")
def old(request):
    """A server for such clients; `more[0]` tells where they come from."""
    server = Trial(
        listeners=[listener("ejabberd_c2s", "use_proxy_protocol: true", "starttls: true")],
        modules={"mod_legacy_auth": "{}"},
        options="host_config:\n  b.localhost: {resource_conflict: closenew}\n")
    yield from run(server, request.session)


@pytest.mark.parametrize("tls", [False, True])
def test_an_old_client_logs_in_and_chats(old, tls):
    name = f"romeo{tls}".lower()
    jid = old.register(name, PASSWORD)
    port = old.ports.tls if tls else None
    with Old(old, tls=tls, port=port) as stream, \
            Stream(old).sign_in(jid, PASSWORD, "new") as other:
        assert "version" not in stream.opening and "features" not in stream.heard
        fields = stream.auth(f"<username>{name}</username>", "get")
        for field in ("username", "password", "resource"):
            assert f"<{field}" in fields
        assert stream.login(name, PASSWORD) is None
        stream.send("<presence/>")
        other.hear(rf"<presence[^>]*from='{jid}/old'")
        stream.send(f"<message to='{jid}/new' type='chat'><body>from old</body></message>")
        heard = other.hear("<message.*?</message>")[0]
        assert f"from='{jid}/old'" in heard and "from old" in heard
        other.send(f"<message to='{jid}/old' type='chat'><body>to old</body></message>")
        assert "to old" in stream.hear("<message.*?</message>")[0]
        assert "jabber:iq:roster" in stream.ask(
            "<iq type='get' id='roster'><query xmlns='jabber:iq:roster'/></iq>")
        stream.ping()
        stream.send("</stream:stream>")
        assert stream.ended() is None
        other.hear(rf"<presence[^>]*from='{jid}/old'[^>]*unavailable|"
                   rf"<presence[^>]*unavailable[^>]*from='{jid}/old'")


@pytest.mark.parametrize("user, password", [
    ("tybalt", "wrong"), ("tybalt", PASSWORD.upper()), ("nobody", PASSWORD)])
def test_who_does_not_know_the_password_is_refused(old, user, password):
    if user == "tybalt" and password == "wrong":
        old.register(user, PASSWORD)
    with Old(old) as stream:
        assert stream.login(user, password) == "not-authorized"
        stream.send("<message to='tybalt@localhost'><body>?</body></message>")
        assert stream.ended() == "not-authorized"


def test_a_second_try_may_be_right(old):
    """XEP-0078 §3.2: 401 lets the client try again."""
    old.register("second", PASSWORD)
    with Old(old) as stream:
        assert stream.login("second", "wrong") == "not-authorized"
        assert stream.login("second", PASSWORD) is None
        stream.ping()


@pytest.mark.parametrize("children", [
    "<username>x</username><password>y</password>",
    "<username>x</username><password>y</password><resource/>",
    "<username>x</username><resource>r</resource>",
    "<username>x</username><digest>0</digest><resource>r</resource>",
    "<password>y</password><resource>r</resource>",
    "<username>a@b</username><password>y</password><resource>r</resource>"])
def test_what_is_missing_is_asked_for(old, children):
    """§3.2: 406, not-acceptable; the client may complete it."""
    with Old(old) as stream:
        assert condition(stream.auth(children)) == "not-acceptable"


def test_a_resource_in_use_is_a_conflict(old):
    """§3.2: 409, with `resource_conflict: closenew`."""
    jid = old.register("mercutio", PASSWORD, "b.localhost")
    with Stream(old).sign_in(jid, PASSWORD, "old") as first, \
            Old(old, domain="b.localhost") as stream:
        assert stream.login("mercutio", PASSWORD) == "conflict"
        first.ping()
        assert stream.login("mercutio", PASSWORD, "other") is None
        stream.ping()


def test_the_password_is_not_taken_in_the_clear_from_elsewhere(old):
    old.register("benvolio", PASSWORD)
    header = "PROXY TCP4 192.0.2.1 192.0.2.2 40000 5222\r\n"
    with Old(old, port=old.more[0], first=header) as stream:
        assert condition(stream.auth("<username>benvolio</username>", "get")) == "not-allowed"
        assert stream.login("benvolio", PASSWORD) == "not-allowed"


def test_guessing_has_an_end(old):
    old.register("guessed", PASSWORD)
    with Old(old) as stream:
        for number in range(20):
            stream.send(f"<iq type='set' id='g{number}'><query xmlns='{NAMESPACE}'><username>"
                        f"guessed</username><password>{number}</password><resource>r</resource>"
                        "</query></iq>")
        assert stream.ended() in ("policy-violation", "not-authorized")


def test_a_modern_stream_has_no_login_by_iq(old):
    with Stream(old) as stream:
        stream.begin()
        stream.send(f"<iq type='get' id='auth'><query xmlns='{NAMESPACE}'/></iq>")
        assert stream.ended() == "not-authorized"


def test_it_is_off_unless_the_module_is_on(server):
    """RFC 6120 §4.7.5: a stream without version is one that cannot log in."""
    with Old(server) as stream:
        stream.send(f"<iq type='get' id='auth'><query xmlns='{NAMESPACE}'/></iq>")
        assert stream.ended() in ("not-authorized", "unsupported-version")
