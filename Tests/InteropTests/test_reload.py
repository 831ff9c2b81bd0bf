"""A new configuration for a running server: only what differs changes (`reload_config`)."""

import base64
import os
import re
import signal
import socket

import pytest

from conftest import PASSWORD, run
from harness import bosh, waiting
from harness.component import RawComponent
from harness.server import martletctl
from harness.stream import Stream, header, stream_error
from harness.trial import Trial, at, listener
from harness.websocket import WebSocket, outcome

pytestmark = pytest.mark.own_server
NEW = "new.localhost"
GONE = ("host-gone", "stream:host-gone")


@pytest.fixture
def live(request):
    """A server with two listeners more: one to change, one to remove."""
    server = Trial(listeners=[listener("ejabberd_c2s", "max_stanza_size: 2000"),
                              listener("ejabberd_c2s")])
    yield from run(server, request.session)


def reload(server):
    """The exit code and what was told."""
    done = martletctl(server, "reload_config")
    return done.returncode, done.stdout + done.stderr


def remove_listener(server, port):
    server.change(rf"(?m)^  - port: {port}\n(    .*\n)*", "")


def is_open(server, port):
    return waiting.accepts(server.host, port)


def everything(server, jid):
    """Somebody on each transport."""
    web = WebSocket(server)
    web.sign_in(jid, PASSWORD)
    return {
        "tcp": Stream(server).sign_in(jid, PASSWORD, "tcp"),
        "tls": Stream(server).sign_in(jid, PASSWORD, "tls", tls=True),
        "web": web, "bosh": bosh.Session(server).sign_in(jid, PASSWORD),
        "component": RawComponent(server, "comp.localhost", "secret").joined()}


def check_alive(streams):
    for name in ("tcp", "tls", "web"):
        streams[name].ping()
    streams["bosh"].until("id='p'", content="<iq xmlns='jabber:client' type='get' id='p' "
                          "to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>")
    component = streams["component"]
    before = len(component.heard)
    component.send("<iq type='get' id='p' from='comp.localhost' to='localhost'>"
                   "<ping xmlns='urn:xmpp:ping'/></iq>")
    component.read_until(lambda text: "id='p'" in text[before:])


def test_nothing_changes_when_nothing_has(live):
    streams = everything(live, live.register("romeo", PASSWORD))
    code, told = reload(live)
    assert code == 0 and told.strip() == "Nothing has changed."
    check_alive(streams)


def test_listeners_that_stay_keep_their_connections(live):
    streams = everything(live, live.register("romeo", PASSWORD))
    changed, removed = live.more
    on_changed = Stream(live, port=changed).sign_in("romeo@localhost", PASSWORD, "changed")
    on_removed = Stream(live, port=removed).sign_in("romeo@localhost", PASSWORD, "removed")
    added, = waiting.free_ports(1)
    live.change("max_stanza_size: 2000", "max_stanza_size: 4000")
    remove_listener(live, removed)
    live.change(r"(?m)^listen:\n", "listen:\n" + listener("ejabberd_c2s")(added))
    code, told = reload(live)
    assert code == 0, told
    for what, port in (("opened", added), ("closed", removed), ("restarted", changed)):
        assert re.search(rf"Listeners {what}: .*\b{port}\b", told), told
    check_alive(streams)
    assert is_open(live, added) and is_open(live, changed) and not is_open(live, removed)
    # Connections that were accepted go on, also those of listeners that changed or closed.
    on_changed.ping()
    on_removed.ping()
    Stream(live, port=added).sign_in("romeo@localhost", PASSWORD, "added").ping()


def test_a_changed_option_counts_for_new_connections(live):
    live.register("romeo", PASSWORD)

    def says(size):
        with Stream(live, port=live.more[0]).sign_in("romeo@localhost", PASSWORD, "r") as stream:
            stream.send(f"<message id='long'><body>{'x' * size}</body></message>")
            stream.send("<iq type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>")
            stream.hear("id='p'|policy-violation")
            return stream_error(stream.heard)

    assert says(3000) == "policy-violation"
    live.change("max_stanza_size: 2000", "max_stanza_size: 4000")
    assert reload(live)[0] == 0
    assert says(3000) is None
    assert says(5000) == "policy-violation"


def test_a_listener_that_cannot_open_leaves_the_others(live):
    """Its port is taken: that is told, or tried again; nothing else suffers."""
    streams = everything(live, live.register("romeo", PASSWORD))
    with socket.socket() as taken:
        taken.bind((live.host, 0))
        taken.listen()
        port = taken.getsockname()[1]
        live.change(r"(?m)^listen:\n", "listen:\n" + listener("ejabberd_c2s")(port))
        reload(live)
        check_alive(streams)
    assert str(port) in live.control("supervisor")
    waiting.until(lambda: is_open(live, port), "the port that became free")


def test_a_host_comes_and_goes(live):
    stays = Stream(live).sign_in(live.register("romeo", PASSWORD), PASSWORD)
    with Stream(live, domain=NEW) as early:
        early.send(f"<stream:stream to='{NEW}' version='1.0' xmlns='jabber:client' "
                   "xmlns:stream='http://etherx.jabber.org/streams'>")
        assert early.ended() == "host-unknown"
    live.change(r"(?m)^  - b\.localhost$", f"  - b.localhost\n  - {NEW}")
    assert reload(live) == (0, f"Hosts added: {NEW}\n")
    jid = live.register("juliet", PASSWORD, NEW)
    streams = [Stream(live).sign_in(jid, PASSWORD, "one"),
               Stream(live).sign_in(jid, PASSWORD, "two", tls=True)]
    held = bosh.Session(at(live, NEW)).sign_in(jid, PASSWORD)
    web = WebSocket(at(live, NEW))
    web.sign_in(jid, PASSWORD)
    stays.send(f"<message to='{jid}'><body>welcome</body></message>")
    streams[0].hear("welcome")
    live.change(rf"(?m)^  - {NEW}\n", "")
    assert reload(live) == (0, f"Hosts removed: {NEW}\n")
    for stream in streams:
        assert stream.ended() == "host-gone"
    assert outcome(web.hear_to_end())[0] == "host-gone"
    answers = (held.post() for _ in range(20))
    assert next(each.condition for each in answers if each.condition) in GONE
    stays.ping()
    stays.heard = ""
    stays.send(f"<message id='late' to='{jid}'><body>gone?</body></message>")
    stays.hear("remote-server-not-found|service-unavailable")
    # What it owned is there again when it comes back.
    live.change(r"(?m)^  - b\.localhost$", f"  - b.localhost\n  - {NEW}")
    assert reload(live)[0] == 0
    Stream(live).sign_in(jid, PASSWORD).ping()


@pytest.mark.parametrize("step", ["opened", "authenticated", "about to bind"])
def test_nobody_gets_in_to_a_host_that_is_gone(live, step):
    jid = live.register("romeo", PASSWORD, "b.localhost")
    with Stream(live, domain="b.localhost") as stream:
        stream.begin()
        if step != "opened":
            assert stream.authenticate("romeo", PASSWORD) is None
        if step == "about to bind":
            stream.open("b.localhost")
        live.change(r"(?m)^  - b\.localhost$\n", "")
        assert reload(live)[0] == 0
        stream.heard = ""
        if step == "opened":
            stream.send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>"
                        f"{base64.b64encode(f'{chr(0)}romeo{chr(0)}{PASSWORD}'.encode()).decode()}"
                        "</auth>")
        elif step == "authenticated":
            stream.send(header("b.localhost"))
        else:
            stream.send("<iq type='set' id='bind'><bind "
                        "xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>")
        stream.hear("stream:error|<failure|type='error'|<success|features>|<jid>")
        assert "<jid>" not in stream.heard and "<success" not in stream.heard, jid
        assert "features>" not in stream.heard


@pytest.mark.parametrize("damage, told", [
    (("loglevel: info", "loglevel: [info"), "martlet.yml"),
    (("loglevel: info", "loglvel: info"), "loglevel"),
    (("starttls: true", "starttls: maybe"), "starttls"),
    (("certfiles:", "hosts: [other.localhost]\ncertfiles:"), "hosts"),
    (("both.pem", "missing.pem"), "missing.pem"),
    ((r"(?s)\A.*\Z", ""), "hosts"),
])
def test_a_bad_file_changes_nothing(live, damage, told):
    stream = Stream(live).sign_in(live.register("romeo", PASSWORD), PASSWORD)
    text = live.config.read_text()
    # What would change, if it were not for the damage.
    remove_listener(live, live.more[1])
    live.change(r"(?m)^  - b\.localhost$\n", "")
    live.change(*damage)
    code, output = reload(live)
    assert code == 1 and told in output, output
    stream.ping()
    assert is_open(live, live.more[1])
    with Stream(live, domain="b.localhost") as other:
        assert "mechanisms" in other.begin()
    live.config.write_text(text)
    assert reload(live) == (0, "Nothing has changed.\n")


def test_rules_and_modules_change_under_open_sessions(live):
    stream = Stream(live).sign_in(live.register("romeo", PASSWORD), PASSWORD)
    ask = "<iq type='get' id='v' to='localhost'><query xmlns='jabber:iq:version'/></iq>"
    assert "Martlet" in stream.ask(ask)
    live.change(r"(?m)^  mod_version: .*\n", "")
    assert reload(live)[0] == 0
    assert "service-unavailable" in stream.ask(ask)
    live.config.write_text(live.config.read_text() + "  mod_version: {}\n")
    live.change(r"(?m)^  c2s:\n    allow: all", "  c2s:\n    deny: all")
    assert reload(live)[0] == 0
    assert "Martlet" in stream.ask(ask)
    with Stream(live) as late:
        late.begin()
        late.authenticate("romeo", PASSWORD)
        late.open("localhost")
        assert late.bind("late") == "not-allowed"


def test_the_service_manager_is_told_of_a_reload(own_server, monkeypatch):
    """sd_notify(3)."""
    path = own_server.folder / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.settimeout(waiting.PATIENCE)
        manager.bind(str(path))
        own_server.stop()
        monkeypatch.setenv("NOTIFY_SOCKET", str(path))
        own_server.start()
        assert manager.recv(1000) == b"READY=1"
        os.kill(own_server.pid, signal.SIGHUP)
        assert manager.recv(1000).startswith(b"RELOADING=1\nMONOTONIC_USEC=")
        assert manager.recv(1000) == b"READY=1"
