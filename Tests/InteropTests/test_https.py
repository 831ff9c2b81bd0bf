"""HTTPS: certificates by SNI and by reload, versions, resumption, and XMPP over it."""

import ssl
import subprocess

import pytest

from conftest import PASSWORD, run
from harness import bosh, waiting, web
from harness.browser import Browser
from harness.server import Martlet
from harness.web import ask, secured, trusting

pytestmark = pytest.mark.own_server


@pytest.fixture(scope="module")
def secure(request):
    """A server with HTTPS for two hosts, each with a certificate of its own."""
    port, strict, clear = waiting.free_ports(3)
    server = Martlet(
        more_ports=(port, strict, clear),
        more_listeners=web.listener(port, "tls: true", "strict_transport_security: 730 days")
        + web.listener(strict, "tls: true", "protocol_options: [no_tlsv1_2]")
        + web.listener(clear, "strict_transport_security: 730 days"))
    server.https, server.strict, server.clear = port, strict, clear
    certificates = server.folder / "certificates"
    certificates.mkdir()
    for name in ("localhost", "b.localhost"):
        web.certificate(certificates, name)
    text = server.config.read_text()
    server.config.write_text(
        text.replace(str(server.folder / "both.pem"), f"{certificates}/*.pem"))
    server.certificates = certificates
    yield from run(server, request.session)


def shown(port, name):
    """The certificate that is shown to who asks for a name."""
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", name],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=waiting.PATIENCE)
    return subprocess.run(
        ["openssl", "x509", "-noout", "-subject", "-serial"], input=done.stdout,
        capture_output=True, text=True, check=True).stdout


def test_each_name_gets_its_certificate(secure):
    assert "CN = localhost" in shown(secure.https, "localhost")
    assert "CN = b.localhost" in shown(secure.https, "b.localhost")
    assert "CN = localhost" in shown(secure.https, "nobody.example")


@pytest.mark.parametrize("name", ["localhost", "b.localhost"])
def test_curl_trusts_it_and_reads_a_page(secure, name):
    done = subprocess.run(
        ["curl", "-sS", "-D", "-", "-o", "/dev/null", "--cacert",
         secure.certificates / f"{name}.pem", "--resolve", f"{name}:{secure.https}:127.0.0.1",
         f"https://{name}:{secure.https}/"],
        capture_output=True, text=True, timeout=waiting.PATIENCE)
    assert done.stdout.startswith("HTTP/1.1 200 "), done.stderr
    assert "Strict-Transport-Security: max-age=63072000" in done.stdout


def test_only_tls_is_asked_for_over_tls_only(secure):
    """RFC 6797 §7.2."""
    heard = web.talk(
        secure.clear, b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert web.statuses(heard) == [200] and b"strict-transport" not in heard.lower()
    with secured(secure.strict, context=trusting(ssl.TLSVersion.TLSv1_3)) as link:
        assert ask(link).getheader("Strict-Transport-Security") is None


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_versions_that_are_spoken(secure, version):
    with secured(secure.https, context=trusting(version)) as link:
        assert ask(link).status == 200


@pytest.mark.parametrize("option", ["-tls1", "-tls1_1"])
def test_older_versions_are_refused(secure, option):
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{secure.https}", option,
         "-cipher", "DEFAULT@SECLEVEL=0"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=waiting.PATIENCE)
    assert "Cipher is (NONE)" in done.stdout + done.stderr


def test_protocol_options_count(secure):
    with pytest.raises(ssl.SSLError):
        secured(secure.strict, context=trusting(ssl.TLSVersion.TLSv1_2))
    with secured(secure.strict) as link:
        assert ask(link).status == 200


def test_only_http_1_1_is_agreed_on(secure):
    context = trusting()
    context.set_alpn_protocols(["h2", "http/1.1"])
    with secured(secure.https, context=context) as link:
        assert link.selected_alpn_protocol() == "http/1.1"
    context = trusting()
    context.set_alpn_protocols(["h2"])
    with pytest.raises(ssl.SSLError, match="(?i)no.application.protocol"):
        secured(secure.https, context=context)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_sessions_are_resumed(secure, version):
    context = trusting(version)
    with secured(secure.https, context=context) as link:
        assert not link.session_reused
        ask(link)  # TLS 1.3 sends the ticket behind the handshake
        session = link.session
    with secured(secure.https, context=context, session=session) as link:
        assert link.session_reused
        assert ask(link).status == 200


def test_a_session_is_not_resumed_under_another_certificate(secure):
    context = trusting(ssl.TLSVersion.TLSv1_2)
    with secured(secure.https, "localhost", context) as link:
        session = link.session
    with secured(secure.https, "b.localhost", context, session) as link:
        assert not link.session_reused


def test_a_renewed_certificate_is_shown_and_held_connections_stay(secure):
    with secured(secure.https) as held:
        assert ask(held).status == 200
        web.certificate(secure.certificates, "localhost", serial=4242)
        secure.control("reload_config")
        assert "serial=1092" in shown(secure.https, "localhost")  # 4242 in hexadecimal
        assert ask(held).status == 200


def test_files_larger_than_every_buffer_arrive_whole(request, tmp_path):
    text = bytes(range(256)) * 16384
    (tmp_path / "large.bin").write_bytes(text)
    (port,) = waiting.free_ports(1)
    server = Martlet(strophe=tmp_path, more_ports=(port,), more_listeners=web.listener(port, "tls: true"))
    server.start()
    try:
        done = subprocess.run(
            ["curl", "-sSk", "--limit-rate", "8M",
             f"https://localhost:{port}/lib/strophe/large.bin"],
            capture_output=True, timeout=waiting.PATIENCE)
        assert done.stdout == text, done.stderr
    finally:
        server.stop()
        server.discard()


def test_a_bosh_session_over_https(secure):
    opening = (f"<body rid='1' to='localhost' wait='5' hold='1' ver='1.11' {bosh.XBOSH} "
               f"xmlns='{bosh.BIND}'/>").encode()
    head = (f"POST /http-bind HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\n"
            f"Content-Length: {len(opening)}\r\n\r\n").encode()
    with secured(secure.https) as link:
        link.sendall(head + opening)
        answer = link.recv(65536).decode()
        while "</body>" not in answer:
            answer += link.recv(65536).decode()
    assert "secure='true'" in answer
    # A request may come over any connection, so only what all of them share can be bound to.
    assert "type='tls-server-end-point'" in answer
    assert "tls-exporter" not in answer


def test_a_browser_signs_in_over_https(secure, drivers):
    secure.register("romeo", PASSWORD)
    window = Browser(drivers.take(), f"https://localhost:{secure.https}")
    window.command("Security.setIgnoreCertificateErrors", ignore=True)
    try:
        window.sign_in("romeo@localhost", PASSWORD)
        assert "romeo@localhost" in secure.control("connected_users")
    finally:
        window.command("Security.setIgnoreCertificateErrors", ignore=False)
        drivers.give_back(window)


def test_what_is_not_tls_is_cut_off(secure):
    assert b"HTTP/" not in web.talk(secure.https, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")


def test_a_handshake_cannot_take_forever(request):
    (port,) = waiting.free_ports(1)
    server = Martlet(more_ports=(port,), more_listeners=web.listener(
        port, "tls: true", "header_timeout: 1 s"))
    server.start()
    try:
        hello = b"\x16\x03\x01\x02\x00\x01"
        assert web.talk(port, hello) == b""
        assert web.talk(port, b"") == b""
    finally:
        server.stop()
        server.discard()
