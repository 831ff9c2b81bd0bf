"""The file server as curl sees it: paths as they are, ranges, resumed downloads, compression."""

import gzip
import hashlib
import os
import subprocess

import pytest

from harness.server import Martlet

FILES = {"large.bin": os.urandom(3_000_000), "app.js": b"let plain = 1;\n" * 500}


def curl(*arguments):
    """Runs curl; returns what it printed."""
    done = subprocess.run(
        ["curl", "--silent", "--show-error", "--path-as-is", "--max-time", "60", *arguments],
        capture_output=True, check=True)
    return done.stdout


def status(*arguments):
    return int(curl("--output", "/dev/null", "--write-out", "%{http_code}", *arguments))


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A server with files of its own, and a secret beside their folder."""
    folder = tmp_path_factory.mktemp("site")
    root = folder / "public"
    (root / "docs").mkdir(parents=True)
    for name, content in FILES.items():
        (root / name).write_bytes(content)
    (root / "docs" / "index.html").write_text("<p>docs</p>")
    (root / "app.js.gz").write_bytes(gzip.compress(FILES["app.js"]))
    (folder / "secret.txt").write_text("secret")
    (root / "out").symlink_to(folder / "secret.txt")
    (root / "outdir").symlink_to(folder)
    (root / "inner").symlink_to("docs")
    server = Martlet(public=root)
    server.start()
    yield server
    server.stop()
    server.discard()


def test_a_file_comes_whole(site):
    assert curl(f"{site.base_url}/large.bin") == FILES["large.bin"]


def test_a_download_is_resumed(site, tmp_path):
    part = tmp_path / "part"
    part.write_bytes(FILES["large.bin"][:1_234_567])
    curl("--continue-at", "-", "--output", part, f"{site.base_url}/large.bin")
    digest = hashlib.sha256(part.read_bytes()).digest()
    assert digest == hashlib.sha256(FILES["large.bin"]).digest()


@pytest.mark.parametrize("version", ["--http1.0", "--http1.1"])
def test_ranges(site, version):
    url = f"{site.base_url}/large.bin"
    content = FILES["large.bin"]
    assert curl(version, "--range", "5-9", url) == content[5:10]
    assert curl(version, "--range", "-7", url) == content[-7:]
    parts = curl(version, "--range", "0-1,100-101", url)
    assert parts.count(b"Content-Range: bytes") == 2
    assert status(version, "--range", "9999999-", url) == 416


def test_compressed_for_those_who_take_it(site):
    url = f"{site.base_url}/app.js"
    assert curl(url) == FILES["app.js"]
    packed = curl("--header", "Accept-Encoding: gzip", url)
    assert len(packed) < 1000
    assert curl("--compressed", url) == FILES["app.js"]


def test_a_copy_that_is_fresh_is_not_sent_again(site, tmp_path):
    tag, copy = tmp_path / "tag", tmp_path / "copy"
    url = f"{site.base_url}/app.js"
    curl("--etag-save", tag, "--output", copy, url)
    assert status("--etag-compare", tag, url) == 304
    assert status("--time-cond", str(copy), url) in (200, 304)


def test_folders(site):
    assert status(f"{site.base_url}/docs") == 301
    assert curl("--location", f"{site.base_url}/docs") == b"<p>docs</p>"
    assert curl(f"{site.base_url}/inner/") == b"<p>docs</p>"


@pytest.mark.parametrize("path", [
    "/../secret.txt", "/docs/../../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt",
    "/..%5csecret.txt", "/out", "/outdir/secret.txt", "/outdir/", "/docs/%00", "/%c0%ae%c0%ae/x",
    "//secret.txt", "/./app.js", "/large.bin/", "/.git",
])
def test_nothing_outside(site, path):
    answer = curl("--write-out", "%{http_code}", f"{site.base_url}{path}")
    assert b"secret" not in answer
    assert answer[-3:] in (b"400", b"404")
