"""Who a client is when something stands in front: PROXY headers, nginx, and those who pretend."""

import base64
import itertools
import os
import re
import socket
import struct
import subprocess

import pytest

from conftest import PASSWORD, run
from harness import bosh, waiting, web
from harness.server import Martlet

pytestmark = pytest.mark.own_server

GET = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
V1 = b"PROXY TCP4 203.0.113.7 192.0.2.1 56324 443\r\n"


def v2(command=0x21, family=0x11, body=None):
    """A header of version 2; from 203.0.113.9 when nothing else is said."""
    if body is None:
        body = socket.inet_aton("203.0.113.9") + socket.inet_aton("192.0.2.1") + b"\x10\x00\x01\xbb"
    return SIGNATURE + struct.pack("!BBH", command, family, len(body)) + body


V2_SIX = v2(family=0x21, body=socket.inet_pton(socket.AF_INET6, "2001:db8::9")
            + socket.inet_pton(socket.AF_INET6, "::1") + b"\x10\x00\x01\xbb")


@pytest.fixture(scope="module")
def proxied(request):
    """Listeners for PROXY headers, for trusted proxies by TCP and by a unix socket."""
    proxy, secure, trusted = waiting.free_ports(3)
    server = Martlet(
        more_options="trusted_proxies: [127.0.0.0/8]", more_ports=(proxy, secure, trusted))
    server.proxy, server.secure, server.trusted = proxy, secure, trusted
    server.socket = str(server.folder / "web.sock")
    server.access = server.folder / "access.log"
    listeners = (
        web.listener(proxy, "use_proxy_protocol: true", "max_connections_per_address: 3")
        + web.listener(secure, "use_proxy_protocol: true", "tls: true")
        + web.listener(trusted, "max_connections_per_address: 3")
        + web.listener(f"unix:{server.socket}", 'unix_socket: {mode: "0600"}'))
    text = server.config.read_text()
    text = text.replace("\nlisten:\n", f"\nlisten:\n{listeners}")
    text = text.replace("  mod_http_fileserver:\n",
                        f"  mod_http_fileserver:\n    accesslog: {server.access}\n")
    server.config.write_text(text)
    yield from run(server, request.session)


class Log:
    """What the access log says of a test's own requests, which are `get`; it is written later."""

    numbers = itertools.count(1)

    def __init__(self, server):
        self.path = server.access
        self.target = f"/?look={next(self.numbers)}"
        self.get = GET.replace(b"/", self.target.encode(), 1)
        self.seen = 0

    def lines(self):
        text = self.path.read_text() if self.path.exists() else ""
        return [line for line in text.splitlines(keepends=True)
                if f" {self.target} " in line and line.endswith("\n")]

    def next(self):
        """The address in the next line."""
        line = waiting.until(lambda: self.lines()[self.seen:], "a line in the access log")[0]
        self.seen += 1
        return line.split()[0]


@pytest.mark.parametrize("header, address", [
    (V1, "203.0.113.7"),
    (b"PROXY TCP6 2001:db8::7 ::1 56324 443\r\n", "2001:db8::7"),
    (b"PROXY TCP6 ::ffff:203.0.113.7 ::1 56324 443\r\n", "203.0.113.7"),
    (b"PROXY UNKNOWN\r\n", "127.0.0.1"),
    (b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", "127.0.0.1"),
    (v2(), "203.0.113.9"),
    (V2_SIX, "2001:db8::9"),
    (v2(command=0x20), "127.0.0.1"),
    (v2(command=0x20, family=0, body=b""), "127.0.0.1"),
    (v2(body=v2()[16:] + b"\x04\x00\x04\0\0\0\0"), "203.0.113.9"),
])
def test_the_header_names_the_client(proxied, header, address):
    log = Log(proxied)
    assert web.statuses(web.talk(proxied.proxy, header + log.get + b"\r\n")) == [200]
    assert log.next() == address


@pytest.mark.parametrize("header", [V1, v2()])
def test_a_header_may_come_byte_by_byte(proxied, header):
    log = Log(proxied)
    with socket.create_connection(("127.0.0.1", proxied.proxy), timeout=waiting.PATIENCE) as link:
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in header:
            link.sendall(bytes([byte]))
        assert web.ask(link, log.get + b"\r\n").status == 200
    assert log.next().startswith("203.0.113.")


@pytest.mark.parametrize("header", [
    b"", b"\r\n", b"PROXY\r\n", b"PROXY TCP4\r\n", b"proxy TCP4 1.2.3.4 1.2.3.4 1 2\r\n",
    b"PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n", b"PROXY TCP4 1.2.3 1.2.3.4 1 2\r\n",
    b"PROXY TCP4 ::1 ::1 1 2\r\n", b"PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n",
    b"PROXY TCP4 1.2.3.4  1.2.3.4 1 2\r\n", b"PROXY TCP4 " + b"1" * 200 + b"\r\n",
    v2(command=0x11), v2(command=0x22), v2(family=0x12), v2(body=b"abc"),
    v2(body=b"\0" * 5000), SIGNATURE[:-1] + b"x" + v2()[12:],
])
def test_without_a_proper_header_there_is_no_answer(proxied, header):
    assert web.talk(proxied.proxy, header + GET + b"\r\n") == b""


def test_a_second_header_is_no_header(proxied):
    assert web.statuses(web.talk(proxied.proxy, V1 + V1 + GET + b"\r\n")) in ([400], [505])


def test_where_no_header_is_expected_it_is_no_request(proxied):
    assert web.statuses(web.talk(proxied.ports.http, V1 + GET + b"\r\n")) in ([400], [505])


def test_the_header_comes_before_tls(proxied):
    log = Log(proxied)
    link = socket.create_connection(("127.0.0.1", proxied.secure), timeout=waiting.PATIENCE)
    link.sendall(v2())
    with web.trusting().wrap_socket(link, server_hostname="localhost") as link:
        assert web.ask(link, log.get + b"\r\n").status == 200
    assert log.next() == "203.0.113.9"


def test_the_limit_of_an_address_is_the_client_s(proxied):
    def opened(header):
        link = socket.create_connection(("127.0.0.1", proxied.proxy), timeout=waiting.PATIENCE)
        link.sendall(header)
        return link
    mine = b"PROXY TCP4 198.51.100.1 192.0.2.1 1 2\r\n"
    kept = [opened(mine) for _ in range(3)]
    assert all(web.ask(link).status == 200 for link in kept)
    assert web.statuses(web.talk(proxied.proxy, mine + GET + b"\r\n")) == [429]
    other = b"PROXY TCP4 198.51.100.2 192.0.2.1 1 2\r\n"
    assert web.statuses(web.talk(proxied.proxy, other + GET + b"\r\n")) == [200]
    kept.pop().close()
    waiting.until(lambda: web.statuses(web.talk(proxied.proxy, mine + GET + b"\r\n")) == [200],
                  "room for the address")


@pytest.mark.parametrize("fields, address", [
    ("X-Forwarded-For: 203.0.113.7", "203.0.113.7"),
    ("X-Forwarded-For: 203.0.113.7:4711", "203.0.113.7"),
    ("X-Forwarded-For: 2001:db8::7", "2001:db8::7"),
    ("X-Forwarded-For: [2001:db8::7]:4711", "2001:db8::7"),
    ("X-Forwarded-For: 10.9.9.9, 203.0.113.7", "203.0.113.7"),
    ("X-Forwarded-For: 10.9.9.9\r\nX-Forwarded-For: 203.0.113.7", "203.0.113.7"),
    ("X-Forwarded-For: 203.0.113.7, 127.0.0.2", "203.0.113.7"),
    ("X-Forwarded-For: garbage, 203.0.113.7", "203.0.113.7"),
    ("X-Forwarded-For: unknown", "127.0.0.1"),
    ("X-Forwarded-For: 203.0.113.7, unknown", "127.0.0.1"),
    ("X-Real-IP: 203.0.113.7", "203.0.113.7"),
    ("X-Real-IP: 10.9.9.9\r\nX-Forwarded-For: 203.0.113.7", "203.0.113.7"),
    ("Forwarded: for=203.0.113.7", "203.0.113.7"),
    ('Forwarded: for="203.0.113.7:4711";proto=https;by=10.0.0.1', "203.0.113.7"),
    ('Forwarded: For="[2001:db8::7]:4711"', "2001:db8::7"),
    ("Forwarded: for=10.9.9.9, for=203.0.113.7;host=localhost", "203.0.113.7"),
    ("Forwarded: for=203.0.113.7, for=127.0.0.2", "203.0.113.7"),
    ("Forwarded: for=_hidden", "127.0.0.1"),
    ("Forwarded: for=203.0.113.7\r\nX-Forwarded-For: 203.0.113.7", "203.0.113.7"),
    ("X-Forwarded-Proto: https", "127.0.0.1"),
])
@pytest.mark.parametrize("way", ["trusted", "socket"])
def test_a_trusted_proxy_names_the_client(proxied, fields, address, way):
    log = Log(proxied)
    request = log.get + fields.encode() + b"\r\n\r\n"
    assert web.statuses(web.talk(getattr(proxied, way), request)) == [200]
    local = way == "socket" and address == "127.0.0.1"
    assert log.next() == ("local" if local else address)


@pytest.mark.parametrize("fields", [
    "Forwarded: for=10.9.9.9\r\nX-Forwarded-For: 203.0.113.7",
    'Forwarded: for="10.9.9.9, for=203.0.113.7',
    "Forwarded: for=10.9.9.9 203.0.113.7",
    "Forwarded: for=10.9.9.9;for=203.0.113.7",
    "Forwarded: =203.0.113.7",
    "X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Host: a/b",
    "Forwarded: proto=http\r\nX-Forwarded-Proto: https",
])
def test_what_a_proxy_cannot_have_meant_is_refused(proxied, fields):
    assert web.statuses(web.talk(proxied.trusted, GET + fields.encode() + b"\r\n\r\n")) == [400]


@pytest.mark.parametrize("fields", [
    "X-Forwarded-For: 203.0.113.7", "Forwarded: for=203.0.113.7", "X-Real-IP: 203.0.113.7"])
def test_nobody_else_is_believed(proxied, fields):
    log = Log(proxied)
    # 198.51.100.9 connects, as the PROXY header says, and is no trusted proxy.
    header = b"PROXY TCP4 198.51.100.9 192.0.2.1 1 2\r\n"
    request = header + log.get + fields.encode() + b"\r\n\r\n"
    assert web.statuses(web.talk(proxied.proxy, request)) == [200]
    assert log.next() == "198.51.100.9"


def opening(fields=b"", prefix=b""):
    body = (f"<body rid='1' to='localhost' wait='5' hold='1' ver='1.11' {bosh.XBOSH} "
            f"xmlns='{bosh.BIND}'/>").encode()
    return (prefix + b"POST /http-bind HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            + fields + b"Content-Length: %d\r\n\r\n" % len(body) + body)


@pytest.mark.parametrize("fields, is_local", [
    (b"", True), (b"X-Forwarded-For: 127.0.0.1\r\n", False), (b"Forwarded: for=127.0.0.1\r\n", False),
    (b"X-Real-IP: 127.0.0.1\r\n", False), (b"X-Forwarded-For: 203.0.113.7\r\n", False)])
def test_a_forwarded_client_is_never_one_of_this_machine(proxied, fields, is_local):
    # PLAIN without TLS is for clients of this machine only.
    for port in (proxied.ports.http, proxied.trusted):
        heard = web.talk(port, opening(fields))
        assert (b"<mechanism>PLAIN</mechanism>" in heard) == is_local
    assert b"<mechanism>PLAIN</mechanism>" not in web.talk(
        proxied.proxy, opening(prefix=b"PROXY UNKNOWN\r\n"))


@pytest.mark.parametrize("fields, is_secure", [
    (b"X-Forwarded-For: 203.0.113.20\r\nX-Forwarded-Proto: https\r\n", True),
    (b"Forwarded: for=203.0.113.21;proto=https\r\n", True),
    (b"X-Forwarded-For: 203.0.113.22\r\nX-Forwarded-Proto: http\r\n", False),
    (b"X-Forwarded-For: 203.0.113.23\r\n", False)])
def test_a_trusted_proxy_says_whether_there_is_tls(proxied, fields, is_secure):
    heard = web.talk(proxied.trusted, opening(fields))
    assert b"sid='" in heard and (b"secure='true'" in heard) == is_secure


def test_requests_held_for_one_client_have_a_limit(proxied):
    fields = b"X-Forwarded-For: 198.51.100.77\r\n"
    links = []
    for _ in range(3):
        link = socket.create_connection(("127.0.0.1", proxied.trusted), timeout=waiting.PATIENCE)
        # A body that is on its way counts as one that is held.
        link.sendall(b"POST /http-bind HTTP/1.1\r\nHost: localhost\r\n" + fields
                     + b"Content-Length: 10\r\n\r\n<")
        links.append(link)
    request = GET + fields + b"\r\n"
    waiting.until(lambda: web.statuses(web.talk(proxied.trusted, request)) == [429], "the limit")
    links.pop().close()
    waiting.until(lambda: web.statuses(web.talk(proxied.trusted, request)) == [200], "room again")


def test_the_socket_file_has_its_mode(proxied):
    assert os.stat(proxied.socket).st_mode & 0o777 == 0o600


@pytest.fixture(scope="module")
def nginx(proxied):
    """Debian's nginx with TLS in front, which says whom it speaks for."""
    folder = proxied.folder / "nginx"
    folder.mkdir()
    (port,) = waiting.free_ports(1)
    certificate = web.certificate(folder, "localhost")
    (folder / "nginx.conf").write_text(f"""
daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1;
events {{}}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen 127.0.0.1:{port} ssl; listen [::1]:{port} ssl;
    ssl_certificate {certificate}; ssl_certificate_key {certificate};
    set_real_ip_from 127.0.0.1; real_ip_header X-Test-Client;
    location / {{
      proxy_pass http://127.0.0.1:{proxied.trusted}; proxy_http_version 1.1;
      proxy_set_header Host $host; proxy_set_header Connection "";
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
    }}
    location /added/ {{
      proxy_pass http://127.0.0.1:{proxied.trusted}/; proxy_http_version 1.1;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }}
  }}
}}
""")
    process = subprocess.Popen(["/usr/sbin/nginx", "-c", folder / "nginx.conf", "-p", folder],
                               stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    waiting.until(lambda: waiting.accepts("127.0.0.1", port), "nginx")
    yield port
    process.terminate()
    process.wait()


def curl(port, path, *arguments):
    done = subprocess.run(
        ["curl", "-sSk", "-4", f"https://localhost:{port}{path}", *arguments],
        capture_output=True, text=True, timeout=waiting.PATIENCE)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_behind_nginx_the_log_has_the_client(proxied, nginx):
    log = Log(proxied)
    curl(nginx, log.target, "-H", "X-Test-Client: 203.0.113.50")
    assert log.next() == "203.0.113.50"
    stated = ("-H", "X-Forwarded-For: 10.0.0.1")
    curl(nginx, log.target, "-H", "X-Test-Client: 203.0.113.51", *stated)
    assert log.next() == "203.0.113.51"
    curl(nginx, f"/added{log.target}", "-H", "X-Test-Client: 203.0.113.52", *stated)
    assert log.next() == "203.0.113.52"


def test_behind_nginx_a_session_has_the_client(proxied, nginx):
    proxied.register("juliet", PASSWORD)
    session = Session(nginx, "203.0.113.60")
    assert session.first.count("secure='true'") == 1
    session.sign_in("juliet", PASSWORD)
    assert "203.0.113.60" in proxied.control("connected_users")


class Session:
    """A BOSH session by way of nginx; curl sends the requests."""

    def __init__(self, port, address):
        self.port, self.address, self.rid = port, address, 100
        self.first = self.post(
            f"<body rid='100' to='localhost' wait='5' hold='1' ver='1.11' {bosh.XBOSH} "
            f"xmlns='{bosh.BIND}'/>")
        self.sid = re.search(r"sid='([^']*)'", self.first)[1]

    def post(self, body):
        return curl(self.port, "/http-bind", "-H", f"X-Test-Client: {self.address}",
                    "-H", "Content-Type: text/xml", "--data-binary", body)

    def send(self, content="", attributes=""):
        self.rid += 1
        return self.post(f"<body rid='{self.rid}' sid='{self.sid}' {attributes} "
                         f"xmlns='{bosh.BIND}'>{content}</body>")

    def sign_in(self, user, password):
        secret = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
        answer = self.send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>"
                           f"{secret}</auth>")
        assert "<success" in answer, answer
        self.send(attributes="to='localhost' xmpp:restart='true' xmlns:xmpp='urn:xmpp:xbosh'")
        answer = self.send("<iq type='set' id='b' xmlns='jabber:client'>"
                           "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>")
        assert "<jid>" in answer, answer
