"""BOSH (XEP-0124, XEP-0206) in plain HTTP, for what one request at a time cannot show."""

import concurrent.futures
import gzip
import http.client
import re
import socket
import time

import pytest

from conftest import PASSWORD
from harness import waiting, web
from harness.bosh import BIND, Answer, Session, post
from harness.server import Martlet


def chat(to, text, number=0):
    return (f"<message xmlns='jabber:client' to='{to}' type='chat' id='m{number}'>"
            f"<body>{text}</body></message>")


def texts(*answers):
    return [text for answer in answers for text in re.findall(r"<body>([^<]*)</body>", answer.text)]


class Link:
    """One connection that carries several requests."""

    def __init__(self, server):
        self.socket = socket.create_connection((server.host, server.ports.http),
                                               timeout=waiting.PATIENCE)
        self.file = self.socket.makefile("rb")

    def send(self, *bodies):
        self.socket.sendall(b"".join(
            f"POST /http-bind HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body.encode())}"
            f"\r\n\r\n{body}".encode() for body in bodies))

    def read(self):
        """The next answer; its head must name a length."""
        status = int(self.file.readline().split()[1])
        self.fields = {}
        while line := self.file.readline().strip():
            name, _, value = line.decode().partition(":")
            self.fields[name.lower()] = value.strip()
        assert "transfer-encoding" not in self.fields
        return Answer(status, self.file.read(int(self.fields["content-length"])).decode())

    def close(self):
        self.file.close()
        self.socket.close()


@pytest.fixture
def signed_in(server, account):
    """Opens sessions that are logged in: `signed_in("romeo", hold=2)`."""
    sessions = []

    def open_session(name, **options):
        session = Session(server, **options)
        session.jid = account(name)
        sessions.append(session.sign_in(session.jid, PASSWORD))
        return session

    yield open_session
    for session in sessions:
        session.end()


def test_answers_have_a_length(server, signed_in):
    session = signed_in("romeo")
    link = Link(server)
    link.send(session.body(content=chat(session.jid, "x")))
    assert texts(link.read()) == ["x"]
    link.close()


def test_any_content_type_is_taken(server, signed_in):
    session = signed_in("romeo")
    for number, kind in enumerate(["text/plain", "application/x-www-form-urlencoded", "x/y", ""]):
        connection = http.client.HTTPConnection(server.host, server.ports.http)
        connection.request("POST", "/http-bind",
                           session.body(content=chat(session.jid, number)), {"Content-Type": kind})
        assert texts(Answer(200, connection.getresponse().read().decode())) == [str(number)]
        connection.close()


def test_no_layer_below_the_stream_is_offered(server):
    creation = Session(server).creation
    assert "starttls" not in creation.text
    assert "compression" not in creation.text
    assert creation.attribute("accept") == "gzip"


def test_pipelined_requests_are_answered_in_order(server, signed_in):
    session = signed_in("romeo", wait=1)
    link = Link(server)
    link.send(*[session.body(content=chat(session.jid, number)) for number in range(10)])
    assert texts(*[link.read() for _ in range(10)]) == [str(number) for number in range(10)]
    link.close()


def test_a_chunked_request_is_taken(server, signed_in):
    session = signed_in("romeo")
    body = session.body(content=chat(session.jid, "in pieces")).encode()
    connection = http.client.HTTPConnection(server.host, server.ports.http)
    connection.request("POST", "/http-bind", (body[at:at + 7] for at in range(0, len(body), 7)),
                       encode_chunked=True, headers={"Transfer-Encoding": "chunked"})
    assert texts(Answer(200, connection.getresponse().read().decode())) == ["in pieces"]
    connection.close()


def test_large_answers_are_compressed_for_those_who_ask(server, signed_in):
    session = signed_in("romeo")
    for encodings, is_compressed in [("gzip, deflate", True), ("identity", False), (None, False)]:
        connection = http.client.HTTPConnection(server.host, server.ports.http)
        fields = {"Accept-Encoding": encodings} if encodings else {}
        connection.putrequest("POST", "/http-bind", skip_accept_encoding=True)
        body = session.body(content=chat(session.jid, "many words " * 1000)).encode()
        for name, value in (fields | {"Content-Length": str(len(body))}).items():
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        data = answer.read()
        assert (answer.getheader("Content-Encoding") == "gzip") is is_compressed
        plain = gzip.decompress(data) if is_compressed else data
        assert texts(Answer(200, plain.decode())) == ["many words " * 1000]
        connection.close()


def test_a_request_may_be_compressed(server, signed_in):
    session = signed_in("romeo")
    connection = http.client.HTTPConnection(server.host, server.ports.http)
    connection.request(
        "POST", "/http-bind", gzip.compress(session.body(content=chat(session.jid, "x")).encode()),
        {"Content-Encoding": "gzip"})
    assert texts(Answer(200, connection.getresponse().read().decode())) == ["x"]
    connection.close()


def test_three_requests_at_once_in_any_order(signed_in):
    session = signed_in("romeo", hold=3)
    bodies = [session.body(content=chat(session.jid, number)) for number in range(3)]
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        answers = []
        for body in reversed(bodies):
            answers.append(pool.submit(post, session.server, body))
            time.sleep(0.1)
        last = pool.submit(session.end)
        heard = [each.result() for each in reversed(answers)]
        last.result()
    assert sorted(texts(*heard)) == ["0", "1", "2"]
    assert texts(*heard) == sorted(texts(*heard))


def test_two_accounts_in_one_session(server, account, signed_in):
    session = signed_in("romeo")
    added = session.until("<stream:features", f"to='{server.domain}' xmpp:version='1.0' "
                          "xmlns:xmpp='urn:xmpp:xbosh'")
    name = added.attribute("stream")
    first = session.creation.attribute("stream")
    assert name and first and name != first
    other = account("juliet")
    session.sign_in(other, PASSWORD, stream=f"stream='{name}'")
    heard = session.until("from juliet", f"stream='{name}'", chat(session.jid, "from juliet"))
    assert heard.attribute("stream") == first
    heard = session.until("from romeo", f"stream='{first}'", chat(other, "from romeo"))
    assert heard.attribute("stream") == name
    ended = session.post(f"type='terminate' stream='{name}'")
    assert ended.attribute("type") == "terminate" and ended.attribute("stream") == name
    assert session.until("still here", "", chat(session.jid, "still here"))


def test_what_went_into_a_dead_request_comes_again(server, signed_in):
    session = signed_in("romeo", wait=30)
    sender = signed_in("juliet")
    link = Link(server)
    link.send(session.body())
    sender.post(content=chat(sender.jid, "held"))
    link.close()
    for number in range(3):
        sender.post(content=chat(session.jid, f"line {number}") + chat(sender.jid, "sent"))
    lines = waiting.until(
        lambda: session.post(content=chat(session.jid, "end")) and lines_of(session, 3),
        "the lines")
    assert lines == ["line 0", "line 1", "line 2"]


def lines_of(session, count):
    """The lines a session has got, once there are so many."""
    lines = [text for text in texts(*session.answers) if text.startswith("line")]
    return lines if len(lines) >= count else None


@pytest.mark.own_server
def test_what_a_vanished_client_has_not_got_is_stored():
    server = Martlet(bosh="{max_inactivity: 2}")
    server.start()
    try:
        romeo = server.register("romeo", PASSWORD)
        juliet = server.register("juliet", PASSWORD)
        sender = Session(server).sign_in(juliet, PASSWORD)
        session = Session(server, wait=30).sign_in(romeo, PASSWORD)
        link = Link(server)
        link.send(session.body())
        sender.post(content=chat(romeo, "answered") + chat(juliet, "sent"))
        # The answer is read by nobody; no request follows it.
        assert texts(link.read()) == ["answered"]
        sender.post(content=chat(romeo, "waiting") + chat(juliet, "sent")
                    + f"<presence xmlns='jabber:client' to='{romeo}/bosh'>"
                    "<status>passing by</status></presence>")
        link.close()
        lost = sender.until(
            "type='error'", "", f"<iq xmlns='jabber:client' type='get' id='lost' to='{romeo}/bosh'>"
            "<query xmlns='jabber:iq:version'/></iq>")
        assert "id='lost'" in lost.text
        assert session.post().condition == "item-not-found"
        again = Session(server).sign_in(romeo, PASSWORD)
        waiting.until(lambda: "waiting" in texts(*again.answers) or not again.post(
            content=chat(romeo, "end")), "the messages from the offline store")
        stored = [text for text in texts(*again.answers) if text != "end"]
        assert stored == ["answered", "waiting"]
        assert not any("passing by" in answer.text for answer in again.answers)
        assert not any("<presence" in answer.text and "type='error'" in answer.text
                       for answer in sender.answers[:-1])
    finally:
        server.stop()
        server.discard()


@pytest.mark.own_server
def test_a_restart_loses_nothing_that_was_not_fetched(own_server):
    server = own_server
    romeo = server.register("romeo", PASSWORD)
    juliet = server.register("juliet", PASSWORD)
    sender = Session(server).sign_in(juliet, PASSWORD)
    session = Session(server, wait=30).sign_in(romeo, PASSWORD)
    link = Link(server)
    link.send(session.body())
    sender.post(content=chat(romeo, "answered") + chat(juliet, "sent"))
    # Its answer may have been lost: no request follows.
    assert texts(link.read()) == ["answered"]
    sender.post(content=chat(romeo, "waiting") + chat(juliet, "sent"))
    server.stop()
    link.close()
    server.start()
    again = Session(server).sign_in(romeo, PASSWORD)
    waiting.until(lambda: "waiting" in texts(*again.answers) or not again.post(
        content=chat(romeo, "end")), "the messages from the offline store")
    assert [text for text in texts(*again.answers) if text != "end"] == ["answered", "waiting"]


@pytest.mark.parametrize(("attributes", "condition"), [
    ("pause='x'", "bad-request"), ("stream='unknown'", "item-not-found")])
def test_the_request_that_breaks_a_rule_hears_which(server, signed_in, attributes, condition):
    session = signed_in("romeo", wait=30)
    link = Link(server)
    link.send(session.body())
    assert session.post(attributes, chat(session.jid, "x")).condition == condition
    assert link.read().condition == "other-request"
    link.close()


def test_a_pause_is_as_long_as_offered_at_most(signed_in):
    session = signed_in("romeo", wait=30)
    answer = session.post("pause='86400'")
    assert answer.condition is None
    assert texts(session.post(content=chat(session.jid, "back"))) == ["back"]


@pytest.mark.own_server
def test_hosts_have_settings_of_their_own_also_after_a_reload():
    def options(seconds):
        return ("host_config:\n  b.localhost:\n    modules:\n      mod_bosh:\n"
                f"        max_inactivity: {seconds}\n")

    server = Martlet(bosh="{max_inactivity: 21}", more_options=options(22))
    server.start()
    try:
        def inactivity(domain):
            return Session(server, domain=domain).creation.attribute("inactivity")

        assert inactivity(server.domain) == "21"
        assert inactivity(server.second_domain) == "22"
        server.config.write_text(server.config.read_text().replace(options(22), options(23)))
        server.control("reload_config")
        assert inactivity(server.domain) == "21"
        assert inactivity(server.second_domain) == "23"
    finally:
        server.stop()
        server.discard()


@pytest.mark.own_server
def test_a_host_that_is_removed_says_so():
    server = Martlet()
    server.start()
    try:
        jid = server.register("romeo", PASSWORD, server.second_domain)
        session = Session(server, wait=30, domain=server.second_domain).sign_in(jid, PASSWORD)
        other = Session(server, wait=1)
        link = Link(server)
        link.send(session.body())
        text = server.config.read_text()
        assert f"\n  - {server.second_domain}\n" in text
        server.config.write_text(text.replace(f"\n  - {server.second_domain}\n", "\n"))
        server.control("reload_config")
        assert link.read().condition == "host-gone"
        link.close()
        assert session.post().condition == "item-not-found"
        assert other.post().condition is None
        body = f"<body rid='1' to='{server.second_domain}' ver='1.11' xmlns='{BIND}'/>"
        assert post(server, body).condition == "host-unknown"
    finally:
        server.stop()
        server.discard()


@pytest.mark.own_server
def test_a_session_that_began_over_tls_stays_there():
    port = waiting.free_ports(1)[0]
    server = Martlet(more_listeners=f"""\
  - port: {port}
    ip: "127.0.0.1"
    module: ejabberd_http
    tls: true
    request_handlers:
      /http-bind: mod_bosh
""")
    server.start()
    try:
        waiting.until(lambda: waiting.accepts(server.host, port), "the TLS port")
        context = web.trusting()

        def secure_post(body):
            connection = http.client.HTTPSConnection(server.host, port, context=context)
            connection.request("POST", "/http-bind", body)
            text = connection.getresponse().read().decode()
            connection.close()
            return Answer(200, text)

        opened = secure_post(f"<body rid='100' to='{server.domain}' ver='1.11' wait='1' hold='1' "
                             f"xmlns='{BIND}'/>")
        assert opened.attribute("secure") == "true"
        inside = f"sid='{opened.attribute('sid')}' xmlns='{BIND}'"
        with pytest.raises((http.client.HTTPException, ConnectionError)):
            post(server, f"<body rid='101' {inside}/>")
        assert secure_post(f"<body rid='101' {inside}/>").condition is None
        assert secure_post(f"<body rid='102' type='terminate' {inside}/>").status == 200
    finally:
        server.stop()
        server.discard()


def test_a_polling_session_has_more_time_than_another(server):
    # XEP-0124 §12: more than usual, and by more than the time between two polls.
    usual, polls = Session(server), Session(server, wait=0, hold=0)
    more = (int(polls.creation.attribute("inactivity"))
            - int(usual.creation.attribute("inactivity")))
    assert more > int(polls.creation.attribute("polling"))
