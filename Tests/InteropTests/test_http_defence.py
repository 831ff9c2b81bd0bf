"""Requests that no honest client sends: each gets its exact answer, and nobody else suffers."""

import http.client
import os
import socket
import statistics
import struct
import time

import pytest

from conftest import run
from harness import waiting, web
from harness.server import Martlet, family
from harness.waiting import PATIENCE

pytestmark = pytest.mark.own_server

HOST = "Host: localhost\r\n"
CHUNKED = f"POST /http-bind HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n"


def get(line="GET / HTTP/1.1", fields="", host=HOST):
    return f"{line}\r\n{host}{fields}\r\n"


def post(fields, body="", version="1.1"):
    return f"POST /http-bind HTTP/{version}\r\n{HOST}{fields}\r\n{body}"


def repeat(number, line="X-A: b\r\n"):
    return "".join(line.replace("A", f"A{index}") for index in range(number))


# name, bytes that are sent, the status that comes back, 0 for none; the connection closes after
# each.
REFUSED = [
    # Framing that two parties could read differently (RFC 9112 §6.3).
    ("length and chunking", post("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400),
    ("chunking and length", post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"), 400),
    ("two lengths", post("Content-Length: 1\r\nContent-Length: 2\r\n", "ab"), 400),
    ("two equal lengths", post("Content-Length: 1\r\nContent-Length: 1\r\n", "a"), 400),
    ("a list of lengths", post("Content-Length: 1, 1\r\n", "a"), 400),
    ("a length with a plus", post("Content-Length: +1\r\n", "a"), 400),
    ("a negative length", post("Content-Length: -1\r\n", "a"), 400),
    ("a hexadecimal length", post("Content-Length: 0x1\r\n", "a"), 400),
    ("a length in words", post("Content-Length: one\r\n", "a"), 400),
    ("a fraction", post("Content-Length: 1.0\r\n", "a"), 400),
    ("a length with a blank inside", post("Content-Length: 1 0\r\n", "a"), 400),
    ("an empty length", post("Content-Length:\r\n", "a"), 400),
    ("a length of nineteen digits", post("Content-Length: 1000000000000000000\r\n"), 400),
    ("a length beyond 64 bits", post("Content-Length: 99999999999999999999\r\n"), 413),
    ("a length that wraps around", post("Content-Length: 18446744073709551617\r\n", "a"), 413),
    ("a length beyond the limit", post("Content-Length: 999999999\r\n"), 413),
    ("an unknown coding", post("Transfer-Encoding: gzip\r\n", "0\r\n\r\n"), 501),
    ("gzip under chunking", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), 501),
    ("chunking under gzip", post("Transfer-Encoding: chunked, gzip\r\n", "0\r\n\r\n"), 501),
    ("chunking twice", post("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"), 501),
    ("chunking in two lines", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400),
    ("chunking and identity", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n"), 400),
    ("identity", post("Transfer-Encoding: identity\r\n", "0\r\n\r\n"), 501),
    ("an empty coding", post("Transfer-Encoding:\r\n", "0\r\n\r\n"), 501),
    ("chunking with a vertical tab", post("Transfer-Encoding: \x0bchunked\r\n", "0\r\n\r\n"), 400),
    ("chunking in quotes", post('Transfer-Encoding: "chunked"\r\n', "0\r\n\r\n"), 501),
    ("chunking with a parameter", post("Transfer-Encoding: chunked;a=b\r\n", "0\r\n\r\n"), 501),
    ("chunking in HTTP/1.0", post("Transfer-Encoding: chunked\r\n", "0\r\n\r\n", "1.0"), 400),
    ("chunking with a blank before the colon", post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"), 400),
    ("a length with a blank before the colon", post("Content-Length : 4\r\n", "abcd"), 400),
    # Chunks (RFC 9112 §7.1).
    ("a size in letters", CHUNKED + "x\r\nabc\r\n0\r\n\r\n", 400),
    ("a size with a sign", CHUNKED + "-3\r\nabc\r\n0\r\n\r\n", 400),
    ("a size with a plus", CHUNKED + "+3\r\nabc\r\n0\r\n\r\n", 400),
    ("a size with 0x", CHUNKED + "0x3\r\nabc\r\n0\r\n\r\n", 400),
    ("an empty size", CHUNKED + "\r\nabc\r\n0\r\n\r\n", 400),
    ("a blank before the size", CHUNKED + " 3\r\nabc\r\n0\r\n\r\n", 400),
    ("a blank after the size", CHUNKED + "3 \r\nabc\r\n0\r\n\r\n", 400),
    ("a size beyond 64 bits", CHUNKED + "ffffffffffffffff1\r\nabc\r\n0\r\n\r\n", 413),
    ("a size beyond the limit", CHUNKED + "fffffff\r\n" + "a" * 300000, 413),
    ("a chunk longer than its size", CHUNKED + "3\r\nabcd\r\n0\r\n\r\n", 400),
    ("a chunk shorter than its size", CHUNKED + "5\r\nabc\r\n0\r\n\r\n", 400),
    ("a bare LF after the size", CHUNKED + "3\nabc\r\n0\r\n\r\n", 400),
    ("a bare CR after the size", CHUNKED + "3\rabc\r\n0\r\n\r\n", 400),
    ("an extension with a bare LF", CHUNKED + "3;a=b\nabc\r\n0\r\n\r\n", 400),
    # Lines (RFC 9112 §2.2, §5.1, §5.2).
    ("bare LF throughout", "GET / HTTP/1.1\nHost: localhost\n\n", 400),
    ("a bare LF after the request line", "GET / HTTP/1.1\nHost: localhost\r\n\r\n", 400),
    ("a bare LF after a field", get(fields="X: y\n"), 400),
    ("a bare LF as the empty line", f"GET / HTTP/1.1\r\n{HOST}\n", 400),
    ("a field hidden behind a bare LF", get(fields="X: y\nContent-Length: 5\r\n"), 400),
    ("a folded field", get(fields="X: y\r\n z\r\n"), 400),
    ("a field folded with a tab", get(fields="X: y\r\n\tz\r\n"), 400),
    ("a folded Host", "GET / HTTP/1.1\r\nHost:\r\n localhost\r\n\r\n", 400),
    ("a blank before the first field", "GET / HTTP/1.1\r\n Host: localhost\r\n\r\n", 400),
    ("a bare CR in a value", get(fields="X: y\rz\r\n"), 400),
    ("a bare CR at the end of a value", get(fields="X: y\r\r\n"), 400),
    ("a blank before the colon", get(fields="X : y\r\n"), 400),
    ("a tab before the colon", get(fields="X\t: y\r\n"), 400),
    ("no colon", get(fields="nothing\r\n"), 400),
    ("no name", get(fields=": y\r\n"), 400),
    ("a blank in a name", get(fields="X Y: z\r\n"), 400),
    ("a quote in a name", get(fields='X"Y: z\r\n'), 400),
    ("brackets in a name", get(fields="X(Y): z\r\n"), 400),
    ("an umlaut in a name", get(fields="\xdc: z\r\n"), 400),
    ("a NUL in a name", get(fields="X\0: z\r\n"), 400),
    ("a NUL in a value", get(fields="X: a\0b\r\n"), 400),
    ("a control in a value", get(fields="X: a\x01b\r\n"), 400),
    ("DEL in a value", get(fields="X: a\x7fb\r\n"), 400),
    # The request line (RFC 9112 §3).
    ("two blanks after the method", get("GET  / HTTP/1.1"), 400),
    ("two blanks after the target", get("GET /  HTTP/1.1"), 400),
    ("a blank in the target", get("GET /a b HTTP/1.1"), 400),
    ("a blank at the end", get("GET / HTTP/1.1 "), 400),
    ("a blank at the start", get(" GET / HTTP/1.1"), 0),
    ("a tab after the method", get("GET\t/ HTTP/1.1"), 400),
    ("no target", get("GET HTTP/1.1"), 400),
    ("an @ in the method", get("G@T / HTTP/1.1"), 400),
    ("a colon in the method", get("GET: / HTTP/1.1"), 400),
    ("a target without a slash", get("GET x HTTP/1.1"), 400),
    ("a target that is a fragment", get("GET #x HTTP/1.1"), 400),
    ("a fragment behind the target", get("GET /#x HTTP/1.1"), 400),
    ("a control in the target", get("GET /\x01 HTTP/1.1"), 400),
    ("a NUL in the target", get("GET /\0 HTTP/1.1"), 400),
    ("an umlaut in the target", get("GET /\xfc HTTP/1.1"), 400),
    ("an encoded slash", get("GET /a%2fb HTTP/1.1"), 400),
    ("an encoded backslash", get("GET /a%5cb HTTP/1.1"), 400),
    ("an encoded NUL", get("GET /a%00b HTTP/1.1"), 400),
    ("an encoded line end", get("GET /a%0d%0ab HTTP/1.1"), 400),
    ("half an escape", get("GET /a%4 HTTP/1.1"), 400),
    ("an escape that is none", get("GET /a%zz HTTP/1.1"), 400),
    ("dots", get("GET /../etc/passwd HTTP/1.1"), 400),
    ("encoded dots", get("GET /%2e%2e/etc/passwd HTTP/1.1"), 400),
    ("overlong UTF-8", get("GET /%c0%af HTTP/1.1"), 400),
    ("an asterisk for GET", get("GET * HTTP/1.1"), 400),
    ("another scheme", get("GET ftp://localhost/ HTTP/1.1"), 400),
    ("an authority for GET", get("GET localhost:80 HTTP/1.1"), 400),
    ("CONNECT", "CONNECT localhost:25 HTTP/1.1\r\nHost: localhost:25\r\n\r\n", 400),
    ("TRACE", get("TRACE / HTTP/1.1"), 405),
    ("TRACK", get("TRACK / HTTP/1.1"), 405),
    ("an unknown method", get("BREW / HTTP/1.1"), 405),
    # Versions (RFC 9112 §2.3).
    ("HTTP/0.9", "GET /\r\n", 400),
    ("HTTP/0.9 with a body behind", "GET /\r\n\r\n", 400),
    ("HTTP/2.0", get("GET / HTTP/2.0"), 505),
    ("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    ("HTTP/3", get("GET / HTTP/3"), 400),
    ("HTTP/1.2", get("GET / HTTP/1.2"), 400),
    ("HTTP/1.10", get("GET / HTTP/1.10"), 400),
    ("HTTP/01.1", get("GET / HTTP/01.1"), 400),
    ("http/1.1", get("GET / http/1.1"), 400),
    ("HTTP 1.1", get("GET / HTTP 1.1"), 400),
    ("HTTPS/1.1", get("GET / HTTPS/1.1"), 400),
    ("an ICY stream", get("GET / ICY/1.1"), 400),
    # Host (RFC 9112 §3.2).
    ("no Host", get(host=""), 400),
    ("two Hosts", get(fields="Host: other\r\n"), 400),
    ("two equal Hosts", get(fields="Host: localhost\r\n"), 400),
    ("a Host with a path", get(host="Host: localhost/a\r\n"), 400),
    ("a Host with a user", get(host="Host: a@localhost\r\n"), 400),
    ("a Host with a blank", get(host="Host: local host\r\n"), 400),
    ("a Host with a comma", get(host="Host: a,b\r\n"), 400),
    ("two Hosts in HTTP/1.0", get("GET / HTTP/1.0", "Host: other\r\n"), 400),
    # Sizes and counts.
    ("a long target", get("GET /" + "a" * 2048 + " HTTP/1.1"), 414),
    ("a very long target", get("GET /" + "a" * 20000 + " HTTP/1.1"), 414),
    ("many fields", get(fields=repeat(64)), 431),
    ("a large field", get(fields="X: " + "a" * 6000 + "\r\n"), 431),
    ("a very large field", get(fields="X: " + "a" * 60000 + "\r\n"), 431),
    ("many large fields", get(fields=repeat(30, "X-A: " + "a" * 300 + "\r\n")), 431),
    ("wonders expected", get(fields="Expect: wonders\r\n"), 417),
    ("two expectations", post("Expect: 100-continue, wonders\r\nContent-Length: 1\r\n", "a"), 417),
    # Other protocols.
    ("a ClientHello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + "\0" * 60 + "\r\n\r\n", 0),
    ("an SSH client", "SSH-2.0-OpenSSH_9.2\r\n\r\n", 0),
    ("an SMTP client", "EHLO localhost\r\n\r\n", 400),
    ("an XMPP client", "<?xml version='1.0'?><stream:stream to='localhost'>\r\n\r\n", 400),
]


@pytest.fixture(scope="module")
def strict(request):
    """A server with a listener whose limits a test can reach."""
    tight, slow = waiting.free_ports(2)
    server = Martlet(more_ports=(tight, slow), more_listeners=web.listener(
        tight, "max_connections: 20", "max_body_size: 100", "max_uri_size: 100",
        "max_header_fields: 8", "cors_origins: [https://chat.example]")
        + web.listener(slow, "header_timeout: 2 s", "body_timeout: 2 s", "keepalive_timeout: 2 s",
                       "min_transfer_rate: 100000"))
    server.tight, server.slow = tight, slow
    yield from run(server, request.session)


@pytest.mark.parametrize("name, data, status", REFUSED, ids=[each[0] for each in REFUSED])
def test_what_is_malformed_is_refused(strict, name, data, status):
    follower = "GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
    heard = web.talk(strict.ports.http, (data + follower).encode("latin-1"))
    answers = web.statuses(heard)
    # libmicrohttpd 0.9 writes the head of its own refusals twice.
    assert set(answers or [0]) == {status}, heard
    assert b"404" not in heard and len(answers) <= 2


@pytest.mark.parametrize("path, status", [("/admin/", 303), ("/", 200)])
def test_long_heads_are_served_or_refused_never_dropped(strict, path, status):
    """A long token or cookie is either let through or answered with 431, at every length."""
    answers = []
    for size in range(4500, 6300, 50):
        heard = web.talk(strict.ports.http, get(
            f"GET {path} HTTP/1.1", f"Authorization: Bearer {'a' * size}\r\n"
            "Connection: close\r\n").encode())
        assert len(web.statuses(heard)) >= 1, f"{size}: {heard[:100]}"
        answers.append(web.statuses(heard)[0])
    assert set(answers) == {status, 431} and answers == sorted(answers)
    assert answers[0] == status


FINE = [
    ("a plain request", get(), 200),
    ("lower case names", "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n", 200),
    ("no blank after the colon", "GET / HTTP/1.1\r\nHost:localhost\r\n\r\n", 200),
    ("blanks around a value", "GET / HTTP/1.1\r\nHost: \t localhost \t \r\n\r\n", 200),
    ("an empty value", get(fields="X:\r\n"), 200),
    ("the absolute form", "GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 200),
    ("the absolute form over Host", "GET http://localhost/ HTTP/1.1\r\nHost: other\r\n\r\n", 200),
    ("an empty line in front", "\r\n" + get(), 200),
    ("the asterisk", get("OPTIONS * HTTP/1.1"), 204),
    ("HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", 200),
    ("HTTP/1.0 with Host", get("GET / HTTP/1.0"), 200),
    ("Host in brackets", get(host="Host: [::1]:5280\r\n"), 200),
    ("UTF-8 in a value", get(fields="X: \xc3\xbc\r\n"), 200),
    ("a chunked body", CHUNKED + "3\r\nabc\r\n0\r\n\r\n", 200),
    ("an extension", CHUNKED + "3;a=b;c\r\nabc\r\n0\r\n\r\n", 200),
    ("a trailer", CHUNKED + "3\r\nabc\r\n0\r\nX: y\r\n\r\n", 200),
    ("leading zeros", CHUNKED + "0003\r\nabc\r\n000\r\n\r\n", 200),
    ("a size in capitals", CHUNKED + "A\r\n0123456789\r\n0\r\n\r\n", 200),
    ("a length with zeros", post("Content-Length: 0003\r\n", "abc"), 200),
]


@pytest.mark.parametrize("name, data, status", FINE, ids=[each[0] for each in FINE])
def test_what_is_unusual_is_served(strict, name, data, status):
    with socket.create_connection(("127.0.0.1", strict.ports.http), timeout=PATIENCE) as link:
        answer = web.ask(link, data.encode("latin-1"))
    assert answer.status == status
    assert answer.getheader("Date"), "every answer has a date"


@pytest.mark.parametrize("body", [
    "3\r\nabc\n0\r\n\r\n", "3\r\nabc\r\n0\n\r\n", "3\r\nabc\r\n0\r\n\n",
    "3\r\nabc\r\n0\r\nX: y\n\r\n", "3\r\nabc\r\n0;a=b\n\r\n"])
def test_nothing_behind_a_chunked_body_is_a_request(strict, body):
    # Where such a body ends can be seen in two ways; so the connection ends with it.
    follower = "GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
    heard = web.talk(strict.ports.http, (CHUNKED + body + follower).encode())
    assert len(web.statuses(heard)) == 1, heard
    assert b"smuggled" not in heard


@pytest.mark.parametrize("data", [
    CHUNKED + "3;" + "a" * 9000, CHUNKED + "3\r\nabc\r\n0\r\nX: " + "a" * 9000,
    CHUNKED + "3;" + "a" * 2000])
def test_endless_lines_of_chunks_cost_no_time(strict, data):
    links = []
    for _ in range(10):
        link = socket.create_connection(("127.0.0.1", strict.slow), timeout=PATIENCE)
        link.sendall(data.encode())
        links.append(link)
    before, start = processor_time(strict.pid), time.monotonic()
    for link in links:
        heard = b"".join(iter(lambda: link.recv(65536), b""))
        assert (web.statuses(heard) or [0])[0] in (0, 400, 408, 413, 431)
        link.close()
    assert processor_time(strict.pid) - before < 0.25 * (time.monotonic() - start) + 0.25


@pytest.mark.parametrize("query", ["&" * 200, "a=b&" * 200, "=&" * 500, "?" * 500])
def test_a_query_of_many_arguments_is_an_ordinary_one(strict, query):
    data = get(f"GET /?{query} HTTP/1.1", "Connection: close\r\n")
    assert web.statuses(web.talk(strict.ports.http, data.encode())) == [200]


@pytest.mark.parametrize("data", [
    get("GET /?" + "&" * 200 + " HTTP/1.1"),
    get("POST /http-bind?" + "&" * 200 + " HTTP/1.1", "Content-Length: 0\r\n"),
    CHUNKED + "3;" + "a" * 2000, CHUNKED + "3\r\nabc\r\n0\r\nX: " + "a" * 9000,
    "GET / HTTP/1.1\r\n" + HOST + "X: ", post("Content-Length: 1000\r\n", "<body"), "GET"])
@pytest.mark.parametrize("ending", ["close", "reset"])
def test_of_clients_that_leave_nothing_stays(strict, data, ending):
    # Whatever a request was like, its descriptor and its place among `max_connections` come back.
    before = settled(lambda: descriptors(strict.pid))
    links = [socket.create_connection(("127.0.0.1", strict.slow), timeout=PATIENCE)
             for _ in range(30)]
    for link in links:
        link.sendall(data.encode())
    # Some may have been refused already.
    waiting.until(lambda: descriptors(strict.pid) >= before + 20, "the connections accepted")
    for link in links:
        if ending == "reset":
            link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        link.close()
    waiting.until(lambda: descriptors(strict.pid) <= before + 2, "all descriptors given back")


def settled(figure):
    """What a figure is once it has not changed for a while."""
    last = [figure()]

    def is_quiet():
        last.append(figure())
        return len(set(last[-5:])) == 1 and len(last) >= 5

    waiting.until(is_quiet, "a figure that stays", pause=0.03)
    return last[-1]


def descriptors(pid):
    """How many file descriptors a process has open."""
    return len(os.listdir(f"/proc/{pid}/fd"))


def processor_time(pid):
    """Seconds of processor time that a process and its children have had."""
    ticks = 0
    for each in family(pid):
        fields = open(f"/proc/{each}/stat").read().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize("data, status", [
    (get("GET /" + "a" * 100 + " HTTP/1.1"), 414),
    (get(fields=repeat(8)), 431),
    (post("Content-Length: 101\r\n"), 413),
    (CHUNKED + "65\r\n" + "a" * 101, 413),
])
def test_limits_can_be_set(strict, data, status):
    assert web.statuses(web.talk(strict.tight, data.encode())) == [status]


def as_many_as_may_be(port):
    """Twenty connections; None while some of those before have their places still."""
    links = [socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) for _ in range(20)]
    try:
        if web.ask(links[-1]).status == 200:
            return links
    except (OSError, http.client.HTTPException):
        pass
    for link in links:
        link.close()
    return None


def test_connections_have_a_limit(strict):
    links = waiting.until(lambda: as_many_as_may_be(strict.tight), "room for all")
    heard = web.talk(strict.tight, get().encode())
    assert web.statuses(heard) == [503]
    assert b"Retry-After" in heard
    for link in links:
        link.close()
    waiting.until(lambda: web.statuses(web.talk(
        strict.tight, get(fields="Connection: close\r\n").encode())) == [200], "room again")


def test_two_hundred_slow_clients_disturb_nobody(strict):
    slow = []
    pieces = [b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ", b"GET",
              b"POST /http-bind HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n<bo",
              CHUNKED.encode() + b"3e8\r\na"]
    for index in range(200):
        link = socket.create_connection(("127.0.0.1", strict.slow), timeout=PATIENCE)
        link.sendall(pieces[index % 4])
        slow.append(link)
    took = []
    for _ in range(20):
        start = time.monotonic()
        heard = web.talk(strict.slow, get(fields="Connection: close\r\n").encode())
        assert web.statuses(heard) == [200]
        took.append(time.monotonic() - start)
        for link in slow:
            try:
                link.send(b"a")
            except OSError:
                pass  # cut off already
    assert statistics.median(took) < 1
    answers = []
    for link in slow:
        try:
            answers += web.statuses(b"".join(iter(lambda: link.recv(65536), b"")))
        except ConnectionResetError:
            answers.append(0)
        link.close()
    assert set(answers) <= {0, 400, 408} and 408 in answers


def test_who_sends_slowly_is_told_and_who_is_idle_is_not(strict):
    assert web.statuses(web.talk(strict.slow, b"GET / HT")) == [408]
    assert web.statuses(web.talk(strict.slow, post("Content-Length: 9\r\n", "abc").encode())) == [408]
    # One answer, then nothing for the idle time.
    assert web.statuses(web.talk(strict.slow, get().encode())) == [200]


def test_who_does_not_read_is_cut_off(tmp_path):
    (tmp_path / "large.bin").write_bytes(bytes(6 << 20))
    (port,) = waiting.free_ports(1)
    server = Martlet(strophe=tmp_path, more_ports=(port,), more_listeners=web.listener(
        port, "body_timeout: 1 s", f"min_transfer_rate: {1 << 20}"))
    server.start()
    try:
        with socket.socket() as link:
            link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            link.settimeout(PATIENCE)
            link.connect(("127.0.0.1", port))
            link.sendall(get("GET /lib/strophe/large.bin HTTP/1.1").encode())
            waiting.until(
                lambda: not established(port), "the end of the connection", pause=0.1)
    finally:
        server.stop()
        server.discard()


def established(port):
    """Whether a connection to a port of this machine is open at the server's end."""
    lines = open("/proc/net/tcp").read().splitlines()[1:]
    return any(line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "01"
               for line in lines)


def test_pipelined_requests_are_answered_in_order(strict):
    names = [f"/nothing{index}" for index in range(50)]
    data = "".join(f"GET {name} HTTP/1.1\r\n{HOST}\r\n" for name in names[:-1])
    data += f"GET / HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n"
    assert web.statuses(web.talk(strict.ports.http, data.encode())) == [404] * 49 + [200]


def test_pipelined_requests_that_are_kept_are_answered_too(strict):
    # Creations of BOSH sessions are kept for a moment each, and more wait behind them.
    body = ("<body xmlns='http://jabber.org/protocol/httpbind' rid='7' to='localhost' ver='1.11'"
            " wait='60' hold='1' xmpp:version='1.0' xmlns:xmpp='urn:xmpp:xbosh'/>")
    request = post(f"Content-Length: {len(body)}\r\n", body)
    with socket.create_connection(("127.0.0.1", strict.ports.http), timeout=PATIENCE) as link:
        link.sendall((request * 39 + get(fields="Connection: close\r\n")).encode())
        heard = b"".join(iter(lambda: link.recv(65536), b""))
    assert heard.count(b"HTTP/1.1 200 ") == 40


def test_a_preflight_leaves_its_connection_open(strict):
    fields = "Origin: https://chat.example\r\nAccess-Control-Request-Method: POST\r\n"
    with socket.create_connection(("127.0.0.1", strict.ports.http), timeout=PATIENCE) as link:
        answer = web.ask(link, get("OPTIONS /http-bind HTTP/1.1", fields).encode())
        assert answer.status == 204
        assert answer.getheader("Connection") != "close"
        assert web.ask(link).status == 200


@pytest.mark.parametrize("origin, is_allowed", [
    ("https://chat.example", True), ("https://chat.example.evil", False),
    ("http://chat.example", False), ("null", False)])
def test_only_listed_sites_may_call(strict, origin, is_allowed):
    preflight = (f"OPTIONS /http-bind HTTP/1.1\r\n{HOST}Origin: {origin}\r\n"
                 "Access-Control-Request-Method: POST\r\nConnection: close\r\n\r\n")
    heard = web.talk(strict.tight, preflight.encode()).decode()
    assert (f"Access-Control-Allow-Origin: {origin}\r\n" in heard) == is_allowed
    assert ("Access-Control-Max-Age: 86400\r\n" in heard) == is_allowed
    assert "Vary: Origin" in heard
    # Elsewhere everybody may, as it is for BOSH where nothing is configured.
    heard = web.talk(strict.ports.http, preflight.encode()).decode()
    assert "Access-Control-Allow-Origin: *" in heard


def test_pages_say_what_browsers_may_do_with_them(strict):
    heard = web.talk(strict.ports.http, get(fields="Connection: close\r\n").encode()).decode()
    for field in ("X-Content-Type-Options: nosniff", "X-Frame-Options: SAMEORIGIN",
                  "Referrer-Policy: same-origin"):
        assert heard.count(f"{field}\r\n") == 1, heard
    heard = web.talk(
        strict.ports.http,
        get("GET /nothing HTTP/1.1", "Connection: close\r\n").encode()).decode()
    assert "Content-Type: text/plain" in heard and "nosniff" in heard


@pytest.mark.parametrize("path", ["/", "/nothing", "/http-bind", "/metrics", "/upload/x"])
def test_no_browser_is_to_guess_types(strict, path):
    heard = web.talk(
        strict.ports.http, get(f"GET {path} HTTP/1.1", "Connection: close\r\n").encode()).decode()
    assert heard.count("X-Content-Type-Options: nosniff\r\n") == 1, heard
