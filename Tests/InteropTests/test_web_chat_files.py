"""Files in the web chat: uploaded (XEP-0363), sent as links (XEP-0066), shown with care."""

import functools
import struct
import urllib.request
import zlib

import pytest

from harness import waiting
from harness.configuration import UPLOAD_BYTES
from harness.scenes import do, meet

OOB = "{jabber:x:oob}"
PASTE_OR_DROP = """
const [name, target] = arguments;
const data = new DataTransfer();
data.items.add(new File(['what is in a name'], 'rose.txt', { type: 'text/plain' }));
const bag = name === 'paste' ? { clipboardData: data } : { dataTransfer: data };
const kind = name === 'paste' ? ClipboardEvent : DragEvent;
document.querySelector(target).dispatchEvent(
  new kind(name, { bubbles: true, cancelable: true, ...bag }));
"""


def png(width=320, height=40):
    """A small picture: evening, and a wall."""
    def chunk(kind, data):
        return (struct.pack(">I", len(data)) + kind + data
                + struct.pack(">I", zlib.crc32(kind + data)))
    rows = b"".join(b"\0" + bytes((250 - 3 * y, 180 - 4 * y % 180, 90) * (width // 2)
                                 + (96, 64, 48) * (width - width // 2)) for y in range(height))
    return (b"\x89PNG\r\n\x1a\n"
            + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "the balcony ♥.png"
    path.write_bytes(png())
    return path


def pick(window, *paths):
    """Chooses files as the button with the paper clip does."""
    window.find("#composer-attach")
    window.driver.find_element("id", "composer-file").send_keys("\n".join(map(str, paths)))


def link_of(message):
    """The address in XEP-0066, which is the body as well."""
    url = message.xml.findtext(f"{OOB}x/{OOB}url")
    assert url == message["body"]
    return url


def download(url):
    with urllib.request.urlopen(url, timeout=waiting.PATIENCE) as answer:
        return answer.headers.get_content_type(), answer.read()


async def wait_link(romeo, juliet):
    message = await waiting.until_async(
        lambda: next((each for each in romeo.messages if each["from"].bare == juliet
                      and each.xml.find(f"{OOB}x") is not None), None), "a link")
    return link_of(message)


def is_loaded(window, selector=".picture img"):
    return window.driver.execute_script(
        "const image = document.querySelector(arguments[0]);"
        "return Boolean(image?.complete && image.naturalWidth)", selector)


def test_a_picture_is_sent_and_shown(meeting, picture):
    async def scenario(window, juliet, romeo):
        await meet(window, juliet, romeo)
        await do(pick, window, picture)
        url = await wait_link(romeo, juliet)
        assert url.endswith("/the%20balcony%20%E2%99%A5.png")
        assert download(url) == ("image/png", picture.read_bytes())
        await do(window.wait_message, url, state="delivered")
        await do(window.wait, lambda: is_loaded(window), "the picture")
        window.screenshot("file-picture")

    meeting(scenario)


def test_several_files_arrive_in_their_order(meeting, tmp_path):
    async def scenario(window, juliet, romeo):
        paths = [tmp_path / f"{number}.txt" for number in range(3)]
        for path in paths:
            path.write_text(f"act {path.stem}")
        await meet(window, juliet, romeo)
        await do(pick, window, *paths)
        await waiting.until_async(lambda: len(romeo.messages) == 3, "three links")
        assert [link_of(each).rsplit("/", 1)[1] for each in romeo.messages] == [
            path.name for path in paths]
        window.screenshot("file-several")

    meeting(scenario)


@pytest.mark.parametrize("how,target", [("paste", "#composer-text"), ("drop", "#messages")])
def test_files_are_pasted_and_dropped(meeting, how, target):
    async def scenario(window, juliet, romeo):
        await meet(window, juliet, romeo)
        await do(window.find, "#composer-attach")
        window.driver.execute_script(PASTE_OR_DROP, how, target)
        assert download(await wait_link(romeo, juliet)) == ("text/plain", b"what is in a name")

    meeting(scenario)


def test_a_file_beyond_the_limit_is_not_even_tried(meeting, tmp_path):
    async def scenario(window, juliet, romeo):
        large, empty = tmp_path / "large.bin", tmp_path / "empty.bin"
        with open(large, "wb") as file:
            file.truncate(UPLOAD_BYTES + 1)
        empty.touch()
        await meet(window, juliet, romeo)
        await do(pick, window, large)
        message = await do(window.wait_message, "large.bin", state="failed")
        assert "the server takes up to 104.9 MB" in message["problem"]
        window.screenshot("file-too-large")
        await do(pick, window, empty)
        message = await do(window.wait_message, "empty.bin", state="failed")
        assert "empty" in message["problem"]
        await do(window.click, ".failure button:last-child")
        await do(window.wait, lambda: len(window.messages()) == 1, "the message to go")

    meeting(scenario)


def test_an_upload_shows_how_far_it_is_and_is_cancelled(meeting, tmp_path):
    async def scenario(window, juliet, romeo):
        path = tmp_path / "long.bin"
        path.write_bytes(bytes(2_000_000))
        await meet(window, juliet, romeo)
        window.command("Network.enable")
        window.command("Network.emulateNetworkConditions", offline=False, latency=0,
                       downloadThroughput=-1, uploadThroughput=100_000)
        await do(pick, window, path)
        await do(window.wait, lambda: 0 < (window.driver.execute_script(
            "return document.querySelector('.upload progress')?.value") or 0) < 2_000_000,
            "some of the file to be there")
        window.screenshot("file-progress")
        await do(window.click, ".upload .link")
        await do(window.wait, lambda: window.messages() == [], "the file to be taken back")
        window.set_network(True)
        await do(window.say, "only words")
        await romeo.wait_message("only words", sender=juliet)
        assert len(romeo.messages) == 1

    meeting(scenario)


def test_an_upload_that_fails_is_explained_and_sent_again(meeting, picture):
    async def scenario(window, juliet, romeo):
        await meet(window, juliet, romeo)
        window.command("Network.enable")
        window.command("Network.setBlockedURLs", urls=["*/upload/*"])
        await do(pick, window, picture)
        message = await do(window.wait_message, picture.name, state="failed")
        assert "did not reach the server" in message["problem"]
        window.command("Network.setBlockedURLs", urls=[])
        await do(window.click, ".failure button")
        await wait_link(romeo, juliet)
        await do(window.wait_gone, ".failure")

    meeting(scenario, expects_errors=True)


def test_a_file_picked_without_a_network_is_sent_later(meeting, picture, line):
    async def scenario(window, juliet, romeo):
        await meet(window, juliet, romeo)
        await do(window.find, "#composer-attach")
        line.cut()
        await do(pick, window, picture)
        await do(window.wait_lost)
        line.mend()
        await wait_link(romeo, juliet)

    meeting(scenario, at=line, expects_errors=True)


# What others send


def send_link(romeo, juliet, body, url=None):
    message = romeo.make_message(mto=juliet, mbody=body, mtype="chat")
    if url is not None:
        romeo.register_plugin("xep_0066")
        message["oob"]["url"] = url
    message.send()


def test_pictures_of_strangers_are_loaded_on_demand_only(meeting, server):
    async def scenario(window, juliet, romeo):
        await meet(window, juliet, romeo)
        foreign = f"http://127.0.0.1:{server.ports.http}/assets/martlet.png?who=juliet"
        asked = functools.partial(window.driver.execute_script, "return asked.join(' ')")
        window.driver.execute_script(
            "window.asked = []; new PerformanceObserver((list) => asked.push("
            "...list.getEntries().map(({ name }) => name))).observe({ type: 'resource' })")
        send_link(romeo, juliet, foreign, foreign)
        await do(window.wait_message, foreign)
        await do(window.find, ".attachment button")
        assert not window.is_shown(".picture")
        await do(window.wait_text, ".attachment .from", "127.0.0.1")
        window.screenshot("file-on-demand")
        assert "who=juliet" not in asked()
        await do(window.click, ".attachment button")
        await do(window.wait, lambda: "who=juliet" in asked(), "the picture to be asked for")

    meeting(scenario, expects_errors=True)


ATTACKS = [
    ("javascript:alert(document.domain)", "javascript:alert(document.domain)"),
    ("data:text/html,<script>alert(1)</script>", "data:text/html,<script>alert(1)</script>"),
    ("look", "javascript://example.org/%0aalert(1)//x.png"),
    ("look", "http://localhost/<img src=x onerror=alert(1)>.png"),
    ('http://localhost/"onmouseover="alert(1).png', None),
    ("http://localhost/%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E.png", None),
    ("<svg onload=alert(1)>", "http://localhost/a.svg"),
    ("\u202egnp.exe", "http://localhost/%E2%80%AEgnp.exe"),
    ("http://[/", "http://[/"),
    ("look", ""),
]


@pytest.mark.parametrize("body,url", ATTACKS)
def test_no_link_becomes_more_than_a_link(meeting, body, url):
    async def scenario(window, juliet, romeo):
        await meet(window, juliet, romeo)
        send_link(romeo, juliet, body, url)
        await do(window.wait_message, body.strip())
        found = window.driver.execute_script(
            "const item = document.querySelector('.their-message');"
            "return { links: [...item.querySelectorAll('a')].map((each) => each.protocol),"
            " handlers: [...item.querySelectorAll('*')].filter((each) => [...each.attributes]"
            "   .some(({ name }) => name.startsWith('on'))).length,"
            " odd: item.querySelectorAll('script, iframe, object, embed, form').length }")
        assert set(found["links"]) <= {"http:", "https:"}
        assert found["handlers"] == found["odd"] == 0
        if url and "202E" in url:
            assert "\u202e" not in window.text(".file-link")

    meeting(scenario, expects_errors=True)


def test_a_file_that_is_no_picture_is_a_link(meeting):
    async def scenario(window, juliet, romeo):
        await meet(window, juliet, romeo)
        url = "https://example.org/files/the%20letter.pdf"
        send_link(romeo, juliet, url, url)
        await do(window.wait_message, url)
        assert window.text(".file-link") == "the letter.pdf"
        link = window.find(".file-link")
        assert link.get_attribute("href") == url
        assert set(link.get_attribute("rel").split()) >= {"noopener", "noreferrer"}

    meeting(scenario)
