"""Configurations that people bring along start the server as they are."""

import socket
import subprocess

import pytest

from harness import configuration, waiting
from harness.namespace import Network
from harness.raw import RawStream, stream_error
from harness.server import BINARIES, ROOT

pytestmark = pytest.mark.own_server
EXAMPLES = ROOT / "config"


@pytest.fixture
def network():
    made = Network()
    yield made
    if made.process is not None and made.process.poll() is None:
        made.end()


def start(network, config, folder):
    """Starts martletd in the network; its log goes to a file in `folder`."""
    log = folder / "log"
    data = folder / "data"
    data.mkdir()
    with open(log, "wb") as output:
        process = network.start(
            [BINARIES / "martletd", "--config", config, "--data", data], cwd=folder,
            stdout=output, stderr=output)
    return process, log


def serves(port):
    return waiting.accepts("127.0.0.1", port)


def features(port, host):
    with RawStream("127.0.0.1", port) as stream:
        return stream.open(host)


def wait_for(network, process, log, ports):
    def ready():
        assert process.poll() is None, f"martletd ended:\n{log.read_text(errors='replace')}"
        return all(network.call(serves, port) for port in ports)
    waiting.until(ready, f"ports {ports}", pause=0.2)


def server_stream(port, text):
    """What a stream of another server is answered, to the end of the connection."""
    with RawStream("127.0.0.1", port) as stream:
        stream.send(text)
        return stream.read_to_end()


def server_header(to, namespace="jabber:server", more="from='other.example' version='1.0'"):
    return (f"<?xml version='1.0'?><stream:stream to='{to}' {more} xmlns='{namespace}' "
            "xmlns:stream='http://etherx.jabber.org/streams'>")


def test_a_classic_configuration_in_erlang_terms_starts_its_listeners(network, tmp_path):
    process, log = start(network, EXAMPLES / "classic.cfg", tmp_path)
    wait_for(network, process, log, [4222, 5269, 5280, 5347])
    assert "features" in network.call(features, 4222, "localhost")
    waiting.until(lambda: "is ready" in log.read_text(errors="replace"), "the start", pause=0.1)
    told = log.read_text(errors="replace")
    assert "federation is not served yet" in told
    # 5280 is logged like the others.
    for port in (4222, 5269, 5280, 5347):
        assert f"0.0.0.0:{port}" in "".join(
            line for line in told.splitlines(True) if "] listening" in line), told
    assert network.end() == 0


def test_another_server_is_answered_and_refused(network, tmp_path):
    process, log = start(network, EXAMPLES / "classic.cfg", tmp_path)
    wait_for(network, process, log, [5269])
    heard = network.call(server_stream, 5269, server_header("localhost"))
    assert stream_error(heard) == "policy-violation", heard
    assert "does not talk to other servers</text>" in heard
    opening = heard[heard.index("<stream:stream"):heard.index(">", heard.index("<stream:stream"))]
    for part in ("xmlns='jabber:server'", "from='localhost'", "to='other.example'",
                 "version='1.0'", " id='"):
        assert part in opening, opening
    assert heard.endswith("</stream:stream>")
    for text, condition in (
            (server_header("elsewhere.example"), "host-unknown"),
            (server_header("localhost", "jabber:client"), "invalid-namespace"),
            (server_header("localhost", more="from='localhost' version='1.0'"), "invalid-from"),
            (server_header("localhost", more="version='one'"), "unsupported-version"),
            (server_header("localhost").replace("stream:stream ", "stream:flow "), "bad-format"),
            ("<a><b></a>", "not-well-formed"),
            ("<!DOCTYPE a>" + server_header("localhost"), "restricted-xml"),
            ("GET / HTTP/1.1\r\n\r\n", "not-well-formed"),
            ("<stream:stream x='" + "y" * 80000 + "'>", "policy-violation")):
        heard = network.call(server_stream, 5269, text)
        # A header without a stream's namespace is one of those.
        assert stream_error(heard) in (condition, *(
            ["invalid-namespace"] if text.startswith("<a>") else [])), (text[:60], heard)
    assert network.end() == 0


@pytest.fixture
def launched(tmp_path):
    """Starts servers on this machine's network, and ends those that still run."""
    running = []

    def launch(config, name):
        log = tmp_path / f"{name}.log"
        with open(log, "wb") as output:
            process = subprocess.Popen(
                [BINARIES / "martletd", "--config", config, "--data", tmp_path / "data"],
                cwd=tmp_path, stdout=output, stderr=output, stdin=subprocess.DEVNULL)
        running.append(process)
        return process, log

    yield launch
    for process in running:
        if process.poll() is None:
            process.terminate()
            assert process.wait(timeout=waiting.PATIENCE) == 0


def test_a_port_that_is_taken_is_told(launched, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(
            ("127.0.0.1", 0)) as two:
        taken, web = (made.getsockname()[1] for made in (one, two))
        config = tmp_path / "martlet.yml"
        config.write_text(
            "hosts: [localhost]\nlisten:\n"
            f"  - {{port: {taken}, ip: 127.0.0.1, module: ejabberd_c2s}}\n"
            "  - {port: \"unix:c2s.sock\", module: ejabberd_c2s}\n"
            f"  - {{port: {web}, ip: 127.0.0.1, module: ejabberd_http,\n"
            "     request_handlers: {/: mod_http_fileserver}}\n"
            "modules: {mod_http_fileserver: {docroot: /nowhere}}\n")
        process, log = launched(config, "server")
        waiting.until(
            lambda: "do not listen." in log.read_text() or process.poll() is not None,
            "the server's first words", pause=0.1)
        told = log.read_text()
        for module, port in (("ejabberd_c2s", taken), ("ejabberd_http", web)):
            expected = (f"{module} at 127.0.0.1:{port}: cannot listen: "
                        "address already in use; trying again\n")
            assert expected in told, told
        assert "ejabberd_c2s at unix:c2s.sock\n" in told, told
        assert "2 of 3 listeners do not listen" in told and "is ready" not in told, told
        waiting.until(lambda: log.read_text().count("again_in=2 s") == 2, "a second try")
        told = log.read_text()
        assert told.count("there are no files to serve") == 1, told
        assert "Optional(" not in told and "cannotStart(" not in told, told


def test_two_servers_do_not_share_a_data_directory(launched, tmp_path):
    config = tmp_path / "martlet.yml"
    config.write_text(
        "hosts: [localhost]\nlisten:\n  - {port: \"unix:c2s.sock\", module: ejabberd_c2s}\n")
    first, log = launched(config, "first")
    waiting.until(lambda: "is ready" in log.read_text(), "the first server", pause=0.1)
    second, other = launched(config, "second")
    assert second.wait(timeout=waiting.PATIENCE) == 1
    told = other.read_text()
    assert f"another server (process {first.pid}) uses the data directory" in told, told
    assert "is ready" not in told
    assert first.poll() is None


def test_certificates_that_are_missing_are_told_before_the_start(tmp_path):
    config = tmp_path / "martlet.yml"
    listener = "listen:\n  - {port: 15224, module: ejabberd_c2s, tls: true}\n"
    config.write_text("hosts: [localhost]\n" + listener)
    done = check(config, tmp_path)
    assert done.returncode == 1 and "martlet.yml:3: listen[1].tls: " in done.stderr, done.stderr
    config.write_text(f"hosts: [localhost]\ncertfiles: [{tmp_path}/no/*.pem]\n" + listener)
    done = check(config, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "martlet.yml:2: certfiles[1]: " in done.stderr, done.stderr
    assert "martlet.yml:4: listen[1].tls: " in done.stderr, done.stderr
    (tmp_path / "bad.pem").write_text("no certificate")
    config.write_text(f"hosts: [localhost]\ncertfiles: [{tmp_path}/bad.pem]\n")
    done = check(config, tmp_path)
    assert done.returncode == 1 and "martlet.yml:2: certfiles[1]: " in done.stderr, done.stderr


def test_an_ejabberd_configuration_starts_as_it_is(network, tmp_path):
    certificate = configuration.certificate(tmp_path)
    config = tmp_path / "ejabberd.yml"
    text = (EXAMPLES / "from-ejabberd.yml").read_text()
    for stated, here in (("/etc/ejabberd/ejabberd.pem", certificate),
                         ("/var/lib/ejabberd/", f"{tmp_path}/")):
        text = text.replace(stated, str(here))
    config.write_text(text)
    process, log = start(network, config, tmp_path)
    wait_for(network, process, log, [15222, 15223, 15269, 15280, 15347])
    for host in ("localhost", "b.localhost"):
        assert "mechanisms" in network.call(features, 15222, host)
    assert network.end() == 0


def check(config, folder):
    return subprocess.run(
        [BINARIES / "martletd", "--check", "--config", config, "--data", folder],
        capture_output=True, text=True, timeout=waiting.PATIENCE, stdin=subprocess.DEVNULL)


def test_every_mistake_is_named_at_once(tmp_path):
    config = tmp_path / "martlet.yml"
    config.write_text(
        "hosts: [localhost]\nloglevl: info\nlisten:\n  - port: http\n"
        "    module: ejabberd_c2s\n    max_stanza_siz: 5\n")
    done = check(config, tmp_path)
    told = done.stdout + done.stderr
    assert done.returncode == 1, told
    for expected in ("martlet.yml:2", "loglevel", "martlet.yml:4", "max_stanza_size"):
        assert expected in told, told


def test_the_configuration_of_these_tests_is_flawless(tmp_path):
    class Planned:
        folder = tmp_path
        config = tmp_path / "martlet.yml"

        class ports:
            c2s, tls, http, component = 15222, 15223, 15280, 15347

    configuration.write(Planned, ROOT / "public")
    done = check(Planned.config, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
