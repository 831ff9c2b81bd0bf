"""HTTP File Upload (XEP-0363): slixmpp asks for slots, aiohttp sends and gets the files."""

import asyncio
import hashlib
import os
import re
import socket

import aiohttp
import pytest
import slixmpp
from slixmpp.exceptions import IqError

from conftest import PASSWORD, run
from harness import slix, waiting
from harness.configuration import UPLOAD_BYTES
from harness.trial import Trial
from harness.waiting import PATIENCE

SERVICE = slixmpp.JID("upload.localhost")


class Uploader(slix.Clients):
    """Clients that know XEP-0363, and an HTTP client beside them."""

    async def __aenter__(self):
        self.web = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE))
        return await super().__aenter__()

    async def __aexit__(self, *failure):
        await self.web.close()
        await super().__aexit__(*failure)

    async def sign_in(self, jid):
        client = await self(jid, PASSWORD)
        client.register_plugin("xep_0363")
        return client

    async def slot(self, client, name="a.txt", size=5, kind="text/plain"):
        """The addresses of a slot: (put, get)."""
        answer = await client["xep_0363"].request_slot(SERVICE, name, size, content_type=kind)
        slot = answer["http_upload_slot"]
        return slot["put"]["url"], slot["get"]["url"]

    async def put(self, url, data, **headers):
        fields = {"Content-Type": "text/plain"} | {
            name.replace("_", "-"): value for name, value in headers.items()}
        async with self.web.put(url, data=data, headers=fields) as answer:
            return answer.status, answer.headers, await answer.read()

    async def get(self, url, method="GET", **headers):
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.web.request(method, url, headers=fields) as answer:
            return answer.status, answer.headers, await answer.read()


def scenario(server, jid, play):
    """Runs `play(uploader, client)` with a client that is signed in."""
    async def run():
        async with Uploader(server) as uploader:
            await play(uploader, await uploader.sign_in(jid))
    slix.run(run())


def files(server):
    """What lies in the folder of the uploads: paths of files, unfinished ones too."""
    # Unlike those of pathlib, this walk does not mind a folder that goes meanwhile.
    return [os.path.join(folder, name)
            for folder, _, names in os.walk(server.data / "upload") for name in names]


def test_upload_and_fetch_with_the_client_s_own_plugin(server, account):
    content = os.urandom(300_000)

    async def play(uploader, romeo):
        url = await romeo["xep_0363"].upload_file(
            "très cool.jpg", domain=SERVICE, input_file=__import__("io").BytesIO(content),
            size=len(content), content_type="image/jpeg")
        assert url.endswith("/tr%C3%A8s%20cool.jpg")
        status, fields, body = await uploader.get(url)
        assert (status, body) == (200, content)
        assert fields["Content-Type"] == "image/jpeg"
        assert fields["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in fields["Content-Security-Policy"]
        assert fields["Content-Disposition"].startswith("inline;")

    scenario(server, account("romeo"), play)


def test_discovery(server, account):
    async def play(uploader, romeo):
        items = await romeo["xep_0030"].get_items(jid="localhost")
        assert SERVICE.bare in [item[0] for item in items["disco_items"]["items"]]
        found = await romeo["xep_0363"].find_upload_service(domain="localhost")
        assert found["from"] == SERVICE
        info = await romeo["xep_0030"].get_info(jid=SERVICE)
        assert ("store", "file", None, "HTTP File Upload") in info["disco_info"]["identities"]
        assert "urn:xmpp:http:upload:0" in info["disco_info"]["features"]
        form = info.xml.find(".//{jabber:x:data}field[@var='max-file-size']")
        assert form.find("{jabber:x:data}value").text == str(UPLOAD_BYTES)

    scenario(server, account("romeo"), play)


def test_a_file_that_is_too_large_gets_no_slot(server, account):
    async def play(uploader, romeo):
        with pytest.raises(IqError) as refused:
            await uploader.slot(romeo, size=UPLOAD_BYTES + 1)
        stanza = refused.value.iq
        assert stanza["error"]["condition"] == "not-acceptable"
        limit = stanza.xml.find(".//{urn:xmpp:http:upload:0}max-file-size")
        assert limit.text == str(UPLOAD_BYTES)

    scenario(server, account("romeo"), play)


@pytest.mark.parametrize("attributes", [
    {}, {"filename": "a"}, {"size": "1"}, {"filename": "", "size": "1"},
    {"filename": "a", "size": "0"}, {"filename": "a", "size": "-1"},
    {"filename": "a", "size": "1e3"}, {"filename": "a", "size": "9" * 30},
    {"filename": "a", "size": "1", "content-type": "text"},
])
def test_malformed_requests_for_a_slot(server, account, attributes):
    async def play(uploader, romeo):
        iq = romeo.make_iq_get(ito=SERVICE)
        request = slixmpp.xmlstream.ET.SubElement(
            iq.xml, "{urn:xmpp:http:upload:0}request", attributes)
        assert request is not None
        with pytest.raises(IqError) as refused:
            await iq.send()
        assert refused.value.iq["error"]["condition"] == "bad-request"

    scenario(server, account("romeo"), play)


@pytest.mark.parametrize("length, status", [(5, 201), (4, 413), (6, 413), (0, 413)])
def test_the_size_must_be_the_one_of_the_slot(server, account, length, status):
    async def play(uploader, romeo):
        put, get = await uploader.slot(romeo, size=5)
        answer = await uploader.put(put, b"x" * length)
        assert answer[0] == status
        assert (await uploader.get(get))[0] == (200 if status == 201 else 404)

    scenario(server, account("romeo"), play)


def test_a_slot_is_good_for_one_file(server, account):
    async def play(uploader, romeo):
        put, get = await uploader.slot(romeo, size=5)
        assert (await uploader.put(put, b"first"))[0] == 201
        assert (await uploader.put(put, b"other"))[0] == 409
        assert (await uploader.get(get))[2] == b"first"

    scenario(server, account("romeo"), play)


def test_requests_without_a_slot(server, account):
    async def play(uploader, romeo):
        put, _ = await uploader.slot(romeo, size=5)
        base, folder, secret, name = put.rsplit("/", 3)
        other = ("b" if secret[0] == "a" else "a") + secret[1:]
        for path in (f"{base}/{folder}/{other}/{name}", f"{base}/{folder}/{secret}/b.txt",
                     f"{base}/{'0' * 40}/{secret}/{name}", f"{base}/{secret}", f"{base}/",
                     f"{base}/{folder}/{secret}/{name}/more"):
            assert (await uploader.put(path, b"x" * 5))[0] == 404
            assert (await uploader.get(path))[0] == 404
        assert (await uploader.put(put, b"x" * 5))[0] == 201

    scenario(server, account("romeo"), play)


def test_another_content_type_than_promised(server, account):
    async def play(uploader, romeo):
        put, _ = await uploader.slot(romeo, size=5, kind="image/png")
        assert (await uploader.put(put, b"x" * 5, Content_Type="text/html"))[0] == 415
        assert (await uploader.put(put, b"x" * 5, Content_Type="image/png"))[0] == 201

    scenario(server, account("romeo"), play)


@pytest.mark.parametrize("kind, place", [
    ("text/plain", "inline"), ("image/png", "inline"), ("video/mp4", "inline"),
    ("audio/ogg", "inline"), ("text/html", "attachment"), ("image/svg+xml", "attachment"),
    ("application/xhtml+xml", "attachment"), ("application/javascript", "attachment"),
    ("text/xml", "attachment"),
])
def test_what_could_run_is_never_shown_in_place(server, account, kind, place):
    async def play(uploader, romeo):
        put, get = await uploader.slot(romeo, size=5, kind=kind)
        assert (await uploader.put(put, b"<a/> ", Content_Type=kind))[0] == 201
        _, fields, _ = await uploader.get(get)
        assert fields["Content-Disposition"].startswith(place)
        assert fields["Content-Type"] == kind
        assert fields["Content-Security-Policy"].startswith("sandbox;")

    scenario(server, account("romeo"), play)


def test_ranges_and_conditions(server, account):
    async def play(uploader, romeo):
        put, get = await uploader.slot(romeo, size=10)
        assert (await uploader.put(put, b"0123456789"))[0] == 201
        status, fields, body = await uploader.get(get, Range="bytes=2-4")
        assert (status, body, fields["Content-Range"]) == (206, b"234", "bytes 2-4/10")
        tag = fields["ETag"]
        assert (await uploader.get(get, If_None_Match=tag))[0] == 304
        assert (await uploader.get(get, Range="bytes=0-1", If_Range='"other"'))[0] == 200
        assert (await uploader.get(get, Range="bytes=99-"))[0] == 416
        status, fields, body = await uploader.get(get, method="HEAD")
        assert (status, body, fields["Content-Length"]) == (200, b"", "10")

    scenario(server, account("romeo"), play)


def test_pages_of_other_sites(server, account):
    async def play(uploader, romeo):
        put, get = await uploader.slot(romeo, size=5)
        status, fields, _ = await uploader.get(
            put, method="OPTIONS", Origin="https://chat.example",
            Access_Control_Request_Method="PUT", Access_Control_Request_Headers="content-type")
        assert status == 204
        assert fields["Access-Control-Allow-Origin"] == "*"
        assert "PUT" in fields["Access-Control-Allow-Methods"]
        assert "Content-Type" in fields["Access-Control-Allow-Headers"]
        status, fields, _ = await uploader.put(put, b"x" * 5, Origin="https://chat.example")
        assert (status, fields["Access-Control-Allow-Origin"]) == (201, "*")
        # A page must be able to read why it was refused.
        status, fields, _ = await uploader.put(put, b"x" * 9, Origin="https://chat.example")
        assert (status, fields["Access-Control-Allow-Origin"]) == (409, "*")
        _, fields, _ = await uploader.get(get, Origin="https://chat.example")
        assert fields["Access-Control-Allow-Origin"] == "*"

    scenario(server, account("romeo"), play)


def test_a_large_file_streams(own_server):
    """The server holds two pieces of 128 KiB of it, whatever its size."""
    jid = own_server.register("romeo", PASSWORD)
    content = os.urandom(1 << 20) * 60

    async def pieces():
        for start in range(0, len(content), 1 << 18):
            yield content[start:start + (1 << 18)]

    async def play(uploader, romeo):
        before = own_server.memory()
        put, get = await uploader.slot(romeo, "large.bin", len(content), "application/zip")
        status, _, _ = await uploader.put(
            put, pieces(), Content_Type="application/zip", Content_Length=str(len(content)))
        assert status == 201
        status, _, body = await uploader.get(get)
        assert status == 200
        assert hashlib.sha256(body).digest() == hashlib.sha256(content).digest()
        assert own_server.memory() - before < 20_000

    scenario(own_server, jid, play)


def test_an_upload_that_breaks_off_leaves_nothing(own_server):
    jid = own_server.register("romeo", PASSWORD)

    async def play(uploader, romeo):
        put, get = await uploader.slot(romeo, "half.bin", 900_000, "text/plain")
        path = re.sub(r"^http://[^/]*", "", put)
        with socket.create_connection((own_server.host, own_server.ports.http)) as raw:
            raw.sendall(f"PUT {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n"
                        f"Content-Length: 900000\r\n\r\n".encode() + b"x" * 400_000)
            await waiting.until_async(lambda: files(own_server), "the first pieces on the disk")
        await waiting.until_async(lambda: not files(own_server), "nothing on the disk")
        assert (await uploader.get(get))[0] == 404
        # The slot is still good.
        assert (await uploader.put(put, b"y" * 900_000))[0] == 201

    scenario(own_server, jid, play)


@pytest.mark.own_server
def test_what_was_answered_with_201_survives_a_kill(own_server):
    jid = own_server.register("romeo", PASSWORD)
    kept = {}

    async def before(uploader, romeo):
        put, kept["get"] = await uploader.slot(romeo, "kept.txt", 200_000)
        kept["slot"] = await uploader.slot(romeo, "later.txt", 5)
        assert (await uploader.put(put, b"k" * 200_000))[0] == 201
        own_server.kill()

    async def before_kill():
        async with Uploader(own_server) as uploader:
            romeo = await uploader.sign_in(jid)
            await before(uploader, romeo)
            romeo.abandon()
            uploader.signed_in.clear()

    slix.run(before_kill())
    own_server.start()

    async def after(uploader, romeo):
        status, fields, body = await uploader.get(kept["get"])
        assert (status, body) == (200, b"k" * 200_000)
        assert fields["Content-Type"] == "text/plain"
        put, get = kept["slot"]
        assert (await uploader.put(put, b"later"))[0] == 201
        assert (await uploader.get(get))[2] == b"later"

    scenario(own_server, jid, after)


@pytest.mark.own_server
def test_files_go_with_their_account(own_server):
    jid = own_server.register("romeo", PASSWORD)
    kept = {}

    async def play(uploader, romeo):
        put, kept["get"] = await uploader.slot(romeo, size=5)
        assert (await uploader.put(put, b"x" * 5))[0] == 201
        assert (await uploader.get(kept["get"]))[0] == 200

    scenario(own_server, jid, play)
    own_server.control("unregister", "romeo", "localhost")
    waiting.until(lambda: not files(own_server), "the files to be gone")

    async def after():
        async with Uploader(own_server) as uploader:
            assert (await uploader.get(kept["get"]))[0] == 404

    asyncio.run(after())


@pytest.mark.own_server
def test_only_some_types_are_taken(request):
    server = Trial(more_upload="    allowed_content_types: [image/*, text/plain]\n"
                               "    refused_content_types: [image/svg+xml]")
    for _ in run(server, request.session):
        jid = server.register("romeo", PASSWORD)

        async def play(uploader, romeo):
            for kind in ("text/html", "image/svg+xml", "application/x-sh"):
                with pytest.raises(IqError) as refusal:
                    await uploader.slot(romeo, kind=kind)
                assert refusal.value.condition == "not-acceptable"
                assert "image/*" in refusal.value.text
            put, get = await uploader.slot(romeo, "a.png", kind="image/png")
            assert (await uploader.put(put, b"hello", Content_Type="image/png"))[0] == 201
            assert (await uploader.get(get))[0] == 200
            late, _ = await uploader.slot(romeo, "b.txt", kind="text/plain")
            server.change(r"\[image/\*, text/plain\]", "[image/*]")
            await asyncio.to_thread(server.control, "reload_config")
            assert (await uploader.put(late, b"hello"))[0] == 415
            with pytest.raises(IqError):
                await uploader.slot(romeo, kind="text/plain")

        scenario(server, jid, play)
