"""Configurations that people bring along start the server as they are."""

import subprocess

import pytest

from harness import configuration, waiting
from harness.namespace import Network
from harness.raw import RawStream
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


def test_a_classic_configuration_in_erlang_terms_starts_its_listeners(network, tmp_path):
    process, log = start(network, EXAMPLES / "classic.cfg", tmp_path)
    # 5269, server to server, is there once federation is; until then a warning names it.
    wait_for(network, process, log, [4222, 5280, 5347])
    assert "features" in network.call(features, 4222, "localhost")
    assert network.end() == 0


def test_an_ejabberd_configuration_starts_as_it_is(network, tmp_path):
    certificate = configuration.certificate(tmp_path)
    config = tmp_path / "ejabberd.yml"
    text = (EXAMPLES / "from-ejabberd.yml").read_text()
    for stated, here in (("/etc/ejabberd/ejabberd.pem", certificate),
                         ("/var/lib/ejabberd/", f"{tmp_path}/")):
        text = text.replace(stated, str(here))
    config.write_text(text)
    process, log = start(network, config, tmp_path)
    wait_for(network, process, log, [15222, 15223, 15280, 15347])
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
