"""`make run` on a fresh clone: everything is set up once, and told once."""

import os
import re
import shutil
import stat
import subprocess

import pytest

from harness import waiting
from harness.namespace import Network
from harness.raw import RawStream
from harness.server import BINARIES, ROOT
from harness.waiting import PATIENCE

pytestmark = [pytest.mark.own_server, pytest.mark.timeout(180)]
STARTED = re.compile(r"https?://\S+")
PASSWORD = re.compile(r"(?i)password\W+(\S+)")


def environment():
    """Without what a surrounding make hands down."""
    return {name: value for name, value in os.environ.items()
            if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES")}


def first_page(port):
    import urllib.request

    with urllib.request.urlopen(f"http://localhost:{port}/", timeout=PATIENCE) as answer:
        return answer.read().decode()


def chat_page(port):
    import urllib.request

    names = ("chat/", "chat/main.js", "lib/strophe/strophe.min.js")
    for name in names:
        with urllib.request.urlopen(f"http://localhost:{port}/{name}", timeout=PATIENCE) as answer:
            assert answer.status == 200 and answer.read(1)
    return True


def run_once(data, log):
    """Runs `make run` until it serves, ends it again and returns what it printed."""
    network = Network()
    with open(log, "wb") as output:
        process = network.start(
            ["make", "-C", ROOT, "run", f"DATA={data}"], stdout=output, stderr=output,
            env=environment())

    def ready():
        assert process.poll() is None, f"make run ended:\n{log.read_text(errors='replace')}"
        return network.call(waiting.accepts, "127.0.0.1", 5222) \
            and network.call(waiting.accepts, "127.0.0.1", 5280)

    try:
        waiting.until(ready, "make run to serve", timeout=150, pause=0.3)
        waiting.until(lambda: STARTED.search(log.read_text(errors="replace")), "its addresses")
        assert "Martlet" in network.call(first_page, 5280)
        assert network.call(chat_page, 5280)
        network.call(lambda: RawStream("127.0.0.1", 5222).open("localhost"))
    finally:
        network.end()
    return log.read_text(errors="replace")


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
def test_the_first_start_sets_everything_up_and_the_second_only_starts(tmp_path):
    data = tmp_path / "data"
    first = run_once(data, tmp_path / "first.log")
    made = sorted(path.name for path in data.rglob("*") if path.is_file())
    assert any(name.endswith((".yml", ".yaml")) for name in made), made
    assert any(name.endswith((".pem", ".crt", ".key")) for name in made), made
    secret = PASSWORD.search(first)
    assert secret, f"no password in:\n{first}"
    for path in data.rglob("*"):
        if path.is_file() and b"PRIVATE KEY" in path.read_bytes():
            assert not stat.S_IMODE(path.stat().st_mode) & 0o077, f"{path} is readable by others"

    before = {path: path.read_bytes() for path in data.rglob("*")
              if path.is_file() and path.suffix in (".yml", ".pem", ".key", ".crt")}
    second = run_once(data, tmp_path / "second.log")
    assert secret[1] not in second
    assert all(path.read_bytes() == content for path, content in before.items())


def check(*arguments):
    """Runs `martletd --check`; returns its exit code and what it said."""
    done = subprocess.run(
        [BINARIES / "martletd", "--check", *map(str, arguments)], stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=PATIENCE)
    return done.returncode, done.stdout + done.stderr


def test_a_check_makes_nothing(tmp_path):
    data = tmp_path / "data"
    code, said = check("--data", data)
    assert code == 0, said
    assert not data.exists()


@pytest.mark.parametrize("option, value", [
    ("protocol_options", "[foo]"), ("ciphers", "NO-SUCH-CIPHER")])
def test_a_check_finds_tls_options_that_cannot_be_used(tmp_path, option, value):
    config = tmp_path / "martlet.yml"
    config.write_text(
        "hosts: [localhost]\nlisten:\n"
        f"  - {{port: 0, module: ejabberd_c2s, starttls: true, {option}: {value}}}\n")
    code, said = check("--config", config, "--data", tmp_path / "data")
    assert code == 1, said
    assert f"martlet.yml:3: listen[1].{option}" in said


def start_once(data, log):
    """Runs `martletd` without a configuration until it serves; returns what it printed."""
    network = Network()
    with open(log, "wb") as output:
        process = network.start(
            [str(BINARIES / "martletd"), "--data", str(data)], stdout=output, stderr=output)

    def ready():
        assert process.poll() is None, log.read_text(errors="replace")
        return "is ready" in log.read_text(errors="replace")

    try:
        waiting.until(ready, "martletd to serve")
    finally:
        network.end()
    return log.read_text(errors="replace")


def test_a_first_start_that_was_cut_off_is_taken_up_again(tmp_path):
    data = tmp_path / "data"
    first = PASSWORD.search(start_once(data, tmp_path / "first.log"))[1]
    mark = data / "first-start"
    assert not mark.exists()

    mark.touch()
    second = PASSWORD.search(start_once(data, tmp_path / "second.log"))
    assert second and second[1] != first, "nobody would know the password"
    assert not mark.exists()
    assert not PASSWORD.search(start_once(data, tmp_path / "third.log"))
