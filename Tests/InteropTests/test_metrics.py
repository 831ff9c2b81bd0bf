"""Metrics as a scraper reads them: the formats hold for the official parsers, and the values move
as real clients sign in and chat."""

import contextlib
import http.client

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as prometheus

from conftest import PASSWORD
from conftest import run as run_server
from harness import bosh, waiting
from harness.server import Martlet
from harness.slix import Clients, run
from harness.waiting import PATIENCE

OPEN = "application/openmetrics-text; version=1.0.0"
TOKEN = "a-token-for-scrapers"


def get(server, accept=None, **fields):
    """One request on a connection of its own."""
    connection = http.client.HTTPConnection(server.host, server.ports.http, timeout=PATIENCE)
    headers = {name.replace("_", "-"): value for name, value in fields.items()}
    if accept:
        headers["Accept"] = accept
    connection.request("GET", "/metrics", headers=headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer, text


def samples(server, accept=None):
    """Every sample by name and labels, as the parser of the format reads them."""
    answer, text = get(server, accept)
    assert answer.status == 200
    parse = open_metrics if accept == OPEN else prometheus
    return {(sample.name, frozenset(sample.labels.items())): sample.value
            for family in parse(text) for sample in family.samples}


@pytest.fixture(scope="module")
def quiet(request):
    """A server that nobody else talks to."""
    yield from run_server(Martlet(), request.session)


def settled(server, accept=None):
    """Every sample, once the sessions of before are gone."""
    def found():
        taken = samples(server, accept)
        sessions = [number for (name, _), number in taken.items() if name == "martlet_sessions"]
        return None if any(sessions) else taken
    return waiting.until(found, "the sessions of before to end")


def value(found, name, **labels):
    """0 for what has not happened yet."""
    return found.get((name, frozenset(labels.items())), 0)


def test_both_formats_hold_for_their_parsers(server):
    answer, text = get(server)
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    families = {family.name: family for family in prometheus(text)}
    assert families["martlet_stanzas_received"].type == "counter"
    assert families["martlet_http_request_duration_seconds"].type == "histogram"
    assert all(family.documentation for family in families.values())
    answer, text = get(server, OPEN)
    assert answer.headers["Content-Type"] == f"{OPEN}; charset=utf-8"
    assert text.endswith("# EOF\n")
    opened = {family.name: family for family in open_metrics(text)}
    assert set(opened) >= {"martlet_sessions", "martlet_build", "process_cpu_seconds"}
    assert opened["martlet_stream_received_bytes"].unit == "bytes"
    assert opened["martlet_build"].type == "info"


@pytest.mark.own_server
@pytest.mark.parametrize("accept", [None, OPEN])
def test_values_move_as_clients_chat_and_counters_never_go_back(quiet, accept):
    server = quiet
    romeo_jid, juliet_jid = (
        server.register(f"{name}{len(accept or '')}", PASSWORD) for name in ("romeo", "juliet"))
    before = settled(server, accept)

    async def scenario():
        async with Clients(server) as clients:
            romeo = await clients(romeo_jid, PASSWORD)
            juliet = await clients(juliet_jid, PASSWORD, direct_tls=True)
            during = samples(server, accept)
            assert value(during, "martlet_sessions", host="localhost", transport="tls") == 2
            for number in range(10):
                romeo.say(juliet_jid, f"line {number}")
            await juliet.wait_message("line 9", romeo_jid)

    run(scenario())
    with pytest.raises(ConnectionError):
        async def refused():
            async with Clients(server) as clients:
                await clients(romeo_jid, "wrong", mechanism="SCRAM-SHA-256")
        run(refused())
    after = samples(server, accept)

    def moved(name, **labels):
        return value(after, name, **labels) - value(before, name, **labels)

    assert moved("martlet_stanzas_received_total", kind="message", transport="tls") == 10
    assert moved("martlet_stanzas_sent_total", kind="message", transport="tls") == 10
    assert moved("martlet_stream_received_bytes_total", transport="tls") > 1000
    assert moved("martlet_stream_sent_bytes_total", transport="tls") > 1000
    assert moved("martlet_streams_opened_total", transport="tcp") == 2
    assert moved("martlet_streams_opened_total", transport="tls") == 1
    assert moved("martlet_logins_total", mechanism="SCRAM-SHA-256", result="refused") >= 1
    oks = sum(after[key] - before[key] for key in after
              if key[0] == "martlet_logins_total" and ("result", "ok") in key[1])
    assert oks == 2
    assert moved("martlet_storage_reads_total") > 0
    assert moved("martlet_http_responses_total", **{"class": "2xx"}) >= 2
    for (name, labels), number in before.items():
        if name.endswith(("_total", "_bucket", "_count", "_sum")):
            assert after[(name, labels)] >= number, (name, labels)


@pytest.mark.own_server
def test_web_sessions_and_held_requests_show(quiet):
    server = quiet
    before = settled(server)
    answer = bosh.post(
        server, f"<body rid='100' to='localhost' wait='5' hold='1' ver='1.11' xml:lang='en' "
        f"xmlns='{bosh.BIND}' {bosh.XBOSH}/>")
    sid = answer.attribute("sid")
    with contextlib.closing(
            http.client.HTTPConnection(server.host, server.ports.http, timeout=PATIENCE)) as holder:
        holder.request("POST", "/http-bind", f"<body rid='101' sid='{sid}' xmlns='{bosh.BIND}'/>",
                       {"Content-Type": "text/xml; charset=utf-8"})
        waiting.until(lambda: value(samples(server), "martlet_http_held_requests")
                      >= value(before, "martlet_http_held_requests") + 1, "a held request")
        bosh.post(server, f"<body rid='102' sid='{sid}' type='terminate' xmlns='{bosh.BIND}'/>")
        holder.getresponse().read()
    after = samples(server)
    name = "martlet_streams_opened_total"
    assert value(after, name, transport="bosh") == value(before, name, transport="bosh") + 1
    sent = "martlet_stream_sent_bytes_total"
    assert value(after, sent, transport="bosh") > value(before, sent, transport="bosh")
    waiting.until(lambda: value(samples(server), "martlet_http_held_requests")
                  == value(before, "martlet_http_held_requests"), "no more held requests")


def test_a_stranger_behind_a_proxy_is_refused(server):
    for field in ("X_Forwarded_For", "Forwarded"):
        answer, text = get(server, **{field: "192.0.2.1" if field[0] == "X" else "for=192.0.2.1"})
        assert answer.status == 403
        assert "martlet_" not in text


@pytest.mark.own_server
def test_addresses_and_the_token_decide(request):
    server = Martlet(metrics="{allow_ips: [192.0.2.0/24], bearer_token: %s}" % TOKEN)
    try:
        server.start()
        answer, text = get(server)
        assert answer.status == 401 and answer.headers["WWW-Authenticate"] == "Bearer"
        assert "martlet_" not in text
        assert get(server, Authorization="Bearer wrong")[0].status == 401
        answer, text = get(server, Authorization=f"Bearer {TOKEN}")
        assert answer.status == 200 and "martlet_build_info" in text
        server.config.write_text(server.config.read_text().replace(f", bearer_token: {TOKEN}", ""))
        server.stop()
        server.start()
        assert get(server)[0].status == 403
    finally:
        server.stop()
        server.discard()


def test_commands_tell_the_same(server):
    listing = dict(line.split() for line in server.control("statistics").splitlines())
    assert int(listing["uptime_seconds"]) >= 0 and "sessions_websocket" in listing
    assert "alarm" in server.control("alarms")
    assert server.control("get_loglevel").strip() == "info"
    server.control("set_loglevel", "debug")
    assert server.control("get_loglevel").strip() == "debug"
    server.control("set_loglevel", "4")
    assert server.control("get_loglevel").strip() == "info"
    with pytest.raises(AssertionError):
        server.control("set_loglevel", "loud")


@pytest.mark.own_server
def test_a_reload_counts_on_connections_that_are_open(request):
    server = Martlet()
    server.start()
    try:
        text = server.config.read_text()
        assert "mod_prometheus: {}" in text
        held = http.client.HTTPConnection(server.host, server.ports.http, timeout=PATIENCE)

        def status():
            held.request("GET", "/metrics")
            answer = held.getresponse()
            answer.read()
            return answer.status

        assert status() == 200
        socket = held.sock
        server.config.write_text(text.replace(
            "mod_prometheus: {}", "mod_prometheus: {allow_ips: 192.0.2.0/24}"))
        server.control("reload_config")
        assert status() == 403
        server.config.write_text(text)
        server.control("reload_config")
        assert status() == 200
        assert held.sock is socket
        held.close()
    finally:
        server.stop()
        server.discard()
