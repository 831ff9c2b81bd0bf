"""Fixtures: one server for most tests, fresh ones for those that stop it; accounts; browsers."""

import asyncio
import functools
import itertools
import os
import secrets

import pytest

from harness.browser import Browser, Drivers
from harness.external import External
from harness.line import Line
from harness.server import BINARIES, Martlet
from harness.slix import Clients
from harness.slix import run as run_scenario

PASSWORD = "correct horse"


def pytest_addoption(parser):
    parser.addoption(
        "--against", metavar="c2s=PORT,tls=PORT,http=PORT,component=PORT[,pid=PID]",
        help="run against a server that is already there, to compare behaviours")
    parser.addoption(
        "--screenshots", metavar="FOLDER", help="keep the screenshots of the web chat there")


def pytest_configure(config):
    config.addinivalue_line("markers", "own_server: needs a server it may stop or reconfigure")


def pytest_collection_modifyitems(config, items):
    if config.getoption("--against"):
        skip = pytest.mark.skip(reason="needs a server that the test may stop")
        for item in items:
            if "own_server" in item.keywords:
                item.add_marker(skip)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    report = yield
    if report.failed:
        item.session.stash[FAILED] = item.stash[FAILED] = True
        for server in Servers.running:
            report.sections.append(("server log", server.log_tail()))
    return report


FAILED = pytest.StashKey[bool]()


class Servers:
    """Every server the tests have running, for the report of a failure."""

    running = []


def run(server, session):
    """Starts a server for a fixture; at the end it must still be there, and end cleanly."""
    server.start()
    Servers.running.append(server)
    try:
        yield server
    finally:
        Servers.running.remove(server)
        server.stop()
        if session.stash.get(FAILED, False):
            print(f"kept for inspection: {getattr(server, 'folder', '')}")
        else:
            server.discard()


@pytest.fixture(scope="session")
def server(request):
    """The server that most tests share."""
    description = request.config.getoption("--against")
    if description:
        yield from run(External(description), request.session)
        return
    assert (BINARIES / "martletd").exists(), "build first: make build"
    yield from run(Martlet(), request.session)


@pytest.fixture
def own_server(request):
    """A server of the test's own, which it may stop and start again."""
    assert (BINARIES / "martletd").exists(), "build first: make build"
    yield from run(Martlet(), request.session)


@pytest.fixture(scope="session")
def run_name():
    """Keeps the accounts of this run apart from those of another on the same server."""
    return secrets.token_hex(3)


numbers = itertools.count(1)


@pytest.fixture
def account(server, run_name):
    """Makes an account with a name of its own: `account("romeo")` → its bare JID."""

    def make(name, domain=None):
        return server.register(f"{name}-{run_name}{next(numbers)}", PASSWORD, domain)

    return make


@pytest.fixture(scope="session")
def drivers():
    made = Drivers()
    yield made
    made.quit()


@pytest.fixture
def browser_for(request, tmp_path, drivers):
    """Opens web chats of a server: `browser_for(server, width=360)` is a phone."""
    album = request.config.getoption("--screenshots")
    if album:
        os.makedirs(album, exist_ok=True)
    opened = []

    def open_window(server, **options):
        window = Browser(drivers.take(), server.base_url, album, **options)
        opened.append(window)
        return window

    yield open_window
    for window in opened:
        window.screenshot(f"end-{request.node.name}")
        if request.node.stash.get(FAILED, False):
            window.save_screenshot(tmp_path, "end")
        drivers.give_back(window)


@pytest.fixture
def browser(server, browser_for):
    """The same for the server that most tests share."""
    return functools.partial(browser_for, server)


@pytest.fixture
def line_to():
    """Puts a line that can be cut before a server: `line_to(server)`."""
    lines = []

    def make(server):
        lines.append(Line(server))
        return lines[-1]

    yield make
    for line in lines:
        line.close()


@pytest.fixture
def line(server, line_to):
    """The same before the server that most tests share."""
    return line_to(server)


@pytest.fixture
def meeting(server, account, browser_for):
    """Runs `scenario(window, juliet, romeo)`: Juliet in the browser, Romeo with slixmpp.

    `at` is where the browser finds the server, such as a `Line`; without `expects_errors` the
    browser's console must stay clean.
    """

    def play(scenario, at=None, transport=None, expects_errors=False, **options):
        juliet, romeo_jid = account("juliet"), account("romeo")
        window = browser_for(at or server, **options)

        async def both():
            async with Clients(server) as clients:
                romeo = await clients(romeo_jid, PASSWORD)
                await asyncio.to_thread(
                    window.sign_in, juliet, PASSWORD, transport=transport)
                await scenario(window, juliet, romeo)
            assert expects_errors or window.console_errors() == []

        run_scenario(both())

    return play
