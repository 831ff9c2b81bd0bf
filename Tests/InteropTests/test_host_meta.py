"""host-meta (XEP-0156): what clients read to find BOSH and WebSocket."""

import asyncio
import json
import urllib.request
import xml.etree.ElementTree as ET

import aiohttp
import pytest

from harness.waiting import PATIENCE

XRD = "{http://docs.oasis-open.org/ns/xri/xrd-1.0}"
RELATIONS = {"urn:xmpp:alt-connections:xbosh", "urn:xmpp:alt-connections:websocket"}


def fetch(server, name, **fields):
    request = urllib.request.Request(f"{server.base_url}/.well-known/{name}", headers={
        key.replace("_", "-"): value for key, value in fields.items()})
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        return answer.headers, answer.read()


def links(server, **fields):
    """Address by relation, as both forms say."""
    headers, body = fetch(server, "host-meta", **fields)
    assert headers["Content-Type"] == "application/xrd+xml"
    root = ET.fromstring(body)
    assert root.tag == f"{XRD}XRD"
    from_xml = {link.get("rel"): link.get("href") for link in root.iter(f"{XRD}Link")}
    headers, body = fetch(server, "host-meta.json", **fields)
    assert headers["Content-Type"] == "application/json"
    from_json = {link["rel"]: link["href"] for link in json.loads(body)["links"]}
    assert from_xml == from_json
    return from_xml


def test_both_forms_say_where_the_services_are(server):
    found = links(server)
    assert set(found) == RELATIONS
    assert found["urn:xmpp:alt-connections:xbosh"] == server.bosh_url
    assert found["urn:xmpp:alt-connections:websocket"].startswith("ws://localhost:")


@pytest.mark.parametrize("field", [
    {"X-Forwarded-For": "192.0.2.1"}, {"Forwarded": "for=192.0.2.1"}, {"Via": "1.1 proxy"}])
def test_addresses_without_tls_are_named_to_this_machine_alone(server, field):
    """A proxy on this machine that nobody told us to trust asks for somebody elsewhere."""
    assert links(server, **field) == {}


def test_only_host_meta_may_be_read_from_everywhere(server):
    with urllib.request.urlopen(urllib.request.Request(
            f"{server.base_url}/", headers={"Origin": "https://chat.example"}),
            timeout=PATIENCE) as answer:
        assert answer.headers["Access-Control-Allow-Origin"] is None


@pytest.mark.parametrize("name", ["host-meta", "host-meta.json"])
def test_pages_of_every_site_may_read_it(server, name):
    headers, _ = fetch(server, name, Origin="https://chat.example")
    assert headers["Access-Control-Allow-Origin"] == "*"
    headers, _ = fetch(server, name)
    assert headers["Access-Control-Allow-Origin"] == "*"


def test_the_address_of_bosh_answers(server):
    """Another HTTP client follows the link and opens a session there."""
    address = links(server)["urn:xmpp:alt-connections:xbosh"]
    body = ("<body xmlns='http://jabber.org/protocol/httpbind' rid='1573741820' to='localhost' "
            "wait='5' hold='1' ver='1.6' content='text/xml; charset=utf-8' "
            "xmpp:version='1.0' xmlns:xmpp='urn:xmpp:xbosh'/>")

    async def ask():
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE)) as web:
            async with web.post(address, data=body) as answer:
                return answer.status, await answer.text()

    status, text = asyncio.run(ask())
    assert status == 200
    assert "sid=" in text


def test_nothing_else_is_there(server):
    with pytest.raises(urllib.error.HTTPError) as refused:
        fetch(server, "host-meta.xml")
    assert refused.value.code == 404
