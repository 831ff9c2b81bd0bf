"""Browsers that reach the server through nginx with TLS, as docs/behind-a-proxy.md sets it up."""

import base64
import http.client
import re
import time
import urllib.request

import pytest

from conftest import PASSWORD, run
from harness import waiting, web
from harness.bosh import BIND, XBOSH
from harness.nginx import BINARY, Nginx
from harness.scenes import do, meet, survive_restart
from harness.slix import Clients
from harness.slix import run as run_scenario
from harness.trial import Trial

pytestmark = [
    pytest.mark.own_server,
    pytest.mark.skipif(BINARY is None, reason="needs nginx"),
]
TRANSPORTS = ["bosh", "websocket"]
# Seconds; what a buffer or a held request delays waits for longer.
AT_ONCE = 25


@pytest.fixture(scope="module")
def port():
    return waiting.free_ports(1)[0]


@pytest.fixture(scope="module")
def proxied(request, port):
    yield from run(Trial(
        "trusted_proxies:\n  - 127.0.0.1\n",
        more_upload=f'    put_url: "https://@HOST@:{port}/upload"'), request.session)


@pytest.fixture(scope="module")
def nginx(proxied, port, tmp_path_factory):
    proxy = Nginx(proxied, tmp_path_factory.mktemp("nginx"), port).start()
    yield proxy
    proxy.stop()


@pytest.fixture
def people(proxied):
    """A new Juliet and a new Romeo."""
    return [proxied.account(name, PASSWORD) for name in ("juliet", "romeo")]


@pytest.mark.parametrize("kind", TRANSPORTS)
def test_they_chat_through_nginx(nginx, proxied, people, browser_for, kind):
    juliet, romeo_jid = people
    window = browser_for(nginx)

    async def scenario():
        async with Clients(proxied) as clients:
            romeo = await clients(romeo_jid, PASSWORD)
            await do(window.sign_in, juliet, PASSWORD, transport=kind)
            await meet(window, juliet, romeo)
            for number in range(3):
                before = time.monotonic()
                romeo.say(juliet, f"come {number}")
                await do(window.wait_message, f"come {number}", own=False)
                await do(window.say, f"I come {number}")
                await romeo.wait_message(f"I come {number}", sender=juliet)
                await do(window.wait_message, f"I come {number}", state="delivered")
                assert time.monotonic() - before < AT_ONCE

    run_scenario(scenario())
    assert window.transport() == kind
    window.click("#connection-open")
    window.wait_text("#connection-facts", f"localhost:{nginx.port}, encrypted")
    assert window.console_errors() == []
    # 499: the browser hung up first, as it does when a page is left.
    answers = {status for _, path, status in nginx.answered() if path == "/http-bind"}
    assert answers <= {"200", "499"}


def test_files_pass_through_nginx(nginx, people, browser_for, tmp_path):
    """Longer than nginx would take without being told."""
    juliet, romeo = people
    path = tmp_path / "long.bin"
    path.write_bytes(bytes(range(256)) * 12000)
    window = browser_for(nginx).sign_in(juliet, PASSWORD)
    window.begin_conversation(romeo)
    window.find("#composer-attach")
    window.driver.find_element("id", "composer-file").send_keys(str(path))
    link = window.find(".file-link").get_attribute("href")
    assert link.startswith(nginx.base_url + "/upload/")
    with urllib.request.urlopen(
            link, timeout=waiting.PATIENCE, context=web.trusting()) as answer:
        assert answer.read() == path.read_bytes()


@pytest.mark.parametrize("path", ["/.well-known/host-meta", "/.well-known/host-meta.json"])
def test_host_meta_names_the_public_address(nginx, path):
    status, text = request_from("127.0.0.1", nginx, "GET", path)
    assert status == 200
    assert f"wss://localhost:{nginx.port}/websocket" in text
    assert f"https://localhost:{nginx.port}/http-bind" in text


def test_a_restart_of_the_server_behind_nginx_is_survived(nginx, proxied, people, browser_for):
    """Meanwhile nginx answers 502."""
    juliet, romeo = people
    window = browser_for(nginx).sign_in(juliet, PASSWORD)
    survive_restart(window, proxied, romeo)


def request_from(address, nginx, method, path, body=None, fields=None):
    """One request to nginx with an address of this machine as its client."""
    connection = http.client.HTTPSConnection(
        "localhost", nginx.port, context=web.trusting(), source_address=(address, 0),
        timeout=waiting.PATIENCE)
    try:
        connection.request(method, path, body, fields or {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def try_to_log_in(nginx, address, fields):
    """Creates a BOSH session through nginx and fails to log in; returns the creation's answer."""
    status, created = request_from(address, nginx, "POST", "/http-bind", (
        f"<body rid='1' to='localhost' wait='5' hold='1' ver='1.11' {XBOSH} xmlns='{BIND}'/>"),
        fields)
    assert status == 200
    sid = re.search(r"\bsid=['\"]([^'\"]+)", created)[1]
    secret = base64.b64encode(b"\0nobody\0wrong").decode()
    status, answer = request_from(address, nginx, "POST", "/http-bind", (
        f"<body rid='2' sid='{sid}' xmlns='{BIND}'><auth mechanism='PLAIN'"
        f" xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>{secret}</auth></body>"), fields)
    assert status == 200 and "not-authorized" in answer
    return created


def refusal(proxied, since):
    """The log from `since` on, as soon as a refused login is in it."""
    def told():
        text = proxied.log.read_text()[since:]
        return text if "login refused" in text else None
    return waiting.until(told, "the refusal in the log")


def test_the_server_sees_the_client_and_not_the_proxy(nginx, proxied):
    before = len(proxied.log.read_text())
    created = try_to_log_in(nginx, "127.0.0.2", {})
    assert re.search(r"\bsecure=['\"](true|1)", created)
    assert "address=127.0.0.2" in refusal(proxied, before)


@pytest.mark.parametrize("field,lie", [
    ("X-Forwarded-For", "192.0.2.1"), ("Forwarded", "for=192.0.2.1;proto=http;host=elsewhere"),
    ("X-Real-IP", "192.0.2.1"), ("X-Forwarded-Host", "elsewhere"), ("X-Forwarded-Proto", "http")])
def test_what_a_client_says_of_itself_is_not_believed(nginx, proxied, field, lie):
    before = len(proxied.log.read_text())
    created = try_to_log_in(nginx, "127.0.0.3", {field: lie})
    assert re.search(r"\bsecure=['\"](true|1)", created)
    told = refusal(proxied, before)
    assert "address=127.0.0.3" in told and "192.0.2.1" not in told
