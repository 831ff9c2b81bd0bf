"""Addresses that failed to log in too often are kept out, on every door (`mod_fail2ban`)."""

import base64
import contextlib
import http.client

import pytest
import requests

from conftest import PASSWORD, run
from harness import bosh, polling, waiting, web
from harness.console import ADMIN, PlainConsole
from harness.polling import Poller
from harness.raw import RawStream, header, stream_error
from harness.server import Martlet
from harness.stamped import Place
from harness.waiting import PATIENCE
from harness.websocket import WebSocket

pytestmark = pytest.mark.own_server

FAILURES = 6
WRONG = base64.b64encode(b"\0romeo\0a wrong guess").decode()
AUTH = f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{WRONG}</auth>"
HANDLERS = """\
      /api: mod_http_api
      /admin: ejabberd_web_admin
      /http-poll: mod_http_poll
"""


def listeners(proxied, streams):
    """For PROXY headers: one web listener with every handler, one for streams."""
    return web.listener(
        proxied, "use_proxy_protocol: true", "allow_unencrypted_sasl: true") + (
        f'  - port: {streams}\n    ip: "127.0.0.1"\n    module: ejabberd_c2s\n'
        "    use_proxy_protocol: true\n    starttls: true\n")


def make(listeners, ports, files="", more=""):
    """A server that bans after a few failures."""
    server = Martlet(more_options=more, more_ports=ports)
    text = server.config.read_text()
    listeners = listeners.replace(
        "      /http-bind: mod_bosh\n", "      /http-bind: mod_bosh\n" + HANDLERS)
    text = text.replace("\nlisten:\n", f"\nlisten:\n{listeners}")
    text = text.replace(
        "\nmodules:\n", f"\nmodules:\n  mod_fail2ban: {{c2s_max_auth_failures: {FAILURES}}}\n")
    text = text.replace("  mod_http_fileserver:\n", f"  mod_http_fileserver:\n{files}")
    server.config.write_text(text)
    return server


@pytest.fixture(scope="module")
def server(request):
    """One with a listener for a trusted proxy, too."""
    proxied, streams, trusted = ports = waiting.free_ports(3)
    server = make(
        listeners(proxied, streams) + web.listener(trusted), ports,
        more="trusted_proxies: [127.0.0.0/8]\n"
        "api_permissions:\n  romeo:\n    who: {user: romeo@localhost}\n    what: status")
    server.proxied, server.streams, server.trusted = ports
    for made in run(server, request.session):
        made.register("romeo", PASSWORD)
        made.register(ADMIN, PASSWORD)
        yield made


@pytest.fixture
def places(server):
    """Clients by address: `places("192.0.2.9")`; what they did is forgotten afterwards."""
    made = []

    def place(address):
        made.append(Place(address, http=server.proxied, c2s=server.streams))
        return made[-1]

    yield place
    for each in made:
        each.close()
        server.control("unban_ip", each.address)


# One wrong password through each door; what was said, or "banned".

def by_tcp(place):
    with RawStream(place.host, place.ports.c2s) as stream:
        stream.send(header(place.domain))
        heard = stream.read_until(lambda text: "features>" in text or "</stream:stream>" in text)
        if stream_error(heard) == "policy-violation":
            assert "too many failed logins" in heard, heard
            stream.read_to_end()
            return "banned"
        stream.starttls(place.domain)
        stream.send(AUTH)
        assert "not-authorized" in stream.read_until(lambda text: "</failure>" in text)
    return "refused"


def by_bosh(place):
    with is_forbidden(place) as refused:
        session = bosh.Session(place)
        session.until("not-authorized", "", AUTH)
    return refused.outcome


def by_polling(place):
    with is_forbidden(place) as refused:
        poller = Poller(place)
        poller.until("stream:features", polling.STREAM.format(domain=place.domain))
        failure = poller.until("failure", AUTH)
        assert failure["inside"][0][0] == "not-authorized"
    return refused.outcome


def by_websocket(place):
    with is_forbidden(place) as refused, WebSocket(place) as link:
        assert link.is_open
        link.open()
        link.say(AUTH)
        assert "not-authorized" in link.hear_text()
    return refused.outcome


def by_api(place):
    answer = requests.get(
        f"{place.base_url}/api/status", auth=("romeo@localhost", "a wrong guess"), timeout=PATIENCE)
    return outcome(answer.status_code, answer.headers, 401)


def by_token(place):
    answer = requests.get(
        f"{place.base_url}/api/status", headers={"Authorization": "Bearer nonsense"},
        timeout=PATIENCE)
    return outcome(answer.status_code, answer.headers, 401)


def by_console(place):
    console = PlainConsole(place)
    console.get("sign-in")
    if console.status == 200:
        console.submit("/sign-in", account=ADMIN, password="a wrong guess")
        # The console's own patience ends sooner; that is no ban.
        return "refused" if console.status in (403, 429) and "Sign in" in console.page else "?"
    return outcome(console.status, console.fields, 401)


DOORS = [by_tcp, by_bosh, by_polling, by_websocket, by_api, by_token, by_console]


def outcome(status, fields, expected):
    if status == 403:
        assert 0 < int(fields["Retry-After"]) <= 3600
        return "banned"
    assert status == expected, status
    return "refused"


class is_forbidden:
    """Asks first whether the address is banned, since these clients know no such answer."""

    def __init__(self, place):
        self.place = place
        self.outcome = "refused"

    def __enter__(self):
        return self

    def __exit__(self, kind, error, _):
        if kind is None:
            return False
        connection = http.client.HTTPConnection(
            self.place.host, self.place.ports.http, timeout=PATIENCE)
        with contextlib.closing(connection):
            connection.request("GET", "/")
            answer = connection.getresponse()
            self.outcome = outcome(answer.status, answer.headers, 200)
        return self.outcome == "banned"


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
def test_wrong_passwords_at_one_door_close_all(server, places, door):
    # Each has an address of its own: the API and the console remember guesses, too.
    mine, other = places(f"192.0.2.{20 + DOORS.index(door)}"), places("192.0.2.10")
    assert [door(mine) for _ in range(FAILURES - 1)] == ["refused"] * (FAILURES - 1)
    door(mine)  # the answer of some holds both, the refusal and the end
    assert [each(mine) for each in DOORS] == ["banned"] * len(DOORS)
    assert door(other) == "refused"
    assert requests.get(f"{other.base_url}/", timeout=PATIENCE).status_code == 200
    assert server.control("unban_ip", "192.0.2.16/28").strip() == "1"
    assert door(mine) == "refused"
    assert requests.get(f"{mine.base_url}/", timeout=PATIENCE).status_code == 200


def test_failures_at_different_doors_count_together(server, places):
    mine = places("192.0.2.9")
    for door in DOORS[:FAILURES]:
        assert door(mine) == "refused", door
    assert by_tcp(mine) == by_api(mine) == "banned"
    log = server.log.read_text()
    assert log.count("address banned for failed logins") >= 1 and "192.0.2.9" in log


def test_a_forwarded_client_is_banned_and_the_proxy_is_not(server):
    def ask(address, password=None, path="/api/status"):
        return requests.get(
            f"http://127.0.0.1:{server.trusted}{path}", timeout=PATIENCE,
            headers={"X-Forwarded-For": address, "X-Forwarded-Proto": "https"},
            auth=password and ("romeo@localhost", password))
    codes = [ask("2001:db8::9", "wrong").status_code for _ in range(FAILURES)]
    assert codes == [401] * FAILURES
    banned = ask("2001:db8::77", PASSWORD)
    assert banned.status_code == 403 and 0 < int(banned.headers["Retry-After"]) <= 3600
    assert len(banned.content) < 500
    assert ask("2001:db8::9", path="/").status_code == 403
    assert ask("2001:db8:0:1::9", PASSWORD).status_code == 200
    assert requests.get(f"http://127.0.0.1:{server.trusted}/", timeout=PATIENCE).status_code == 200
    assert server.control("unban_ip", "2001:db8::/32").strip() == "1"
    assert ask("2001:db8::9", PASSWORD).status_code == 200


def test_this_machine_is_not_banned(server):
    for _ in range(FAILURES + 3):
        with RawStream(server.host, server.ports.c2s) as stream:
            stream.open(server.domain)
            stream.starttls(server.domain)
            stream.send(AUTH)
            assert "not-authorized" in stream.read_until(lambda text: "</failure>" in text)
    assert requests.get(f"{server.base_url}/", timeout=PATIENCE).status_code == 200
    assert server.control("unban_ip", "127.0.0.0/8").strip() == "0"


def test_exchanges_that_are_no_guesses_do_not_count(server, places):
    mine = places("192.0.2.9")
    for _ in range(FAILURES * 2):
        with RawStream(mine.host, mine.ports.c2s) as stream:
            stream.open(mine.domain)
            stream.starttls(mine.domain)
            stream.send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>!</auth>")
            stream.read_until(lambda text: "</failure>" in text)
        assert requests.get(f"{mine.base_url}/api/status", timeout=PATIENCE).status_code == 401
    assert by_tcp(mine) == "refused"


def test_what_is_no_address_is_refused(server):
    with pytest.raises(AssertionError, match="must be an IP address or network"):
        server.control("unban_ip", "nobody")
    assert server.control("unban_ip", "203.0.113.1").strip() == "0"


def test_wrong_passwords_for_files_count(request):
    proxied, streams = ports = waiting.free_ports(2)
    server = make(
        listeners(proxied, streams), ports, "    must_authenticate_with: [juliet:secret]\n")
    for _ in run(server, request.session):
        mine = Place("192.0.2.9", http=proxied, c2s=streams)
        other = Place("192.0.2.10", http=proxied, c2s=streams)

        def ask(place, password=None):
            auth = password and ("juliet", password)
            return requests.get(f"{place.base_url}/", auth=auth, timeout=PATIENCE).status_code

        assert [ask(mine) for _ in range(FAILURES * 2)] == [401] * FAILURES * 2
        assert [ask(mine, "wrong") for _ in range(FAILURES)] == [401] * FAILURES
        assert ask(mine, "secret") == 403 and by_tcp(mine) == "banned"
        assert ask(other, "secret") == 200
        assert server.control("unban_ip", "192.0.2.9").strip() == "1"
        assert ask(mine, "secret") == 200
        mine.close()
        other.close()
