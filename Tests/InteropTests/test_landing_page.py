"""The landing page: it leads to what the server has, and to nothing that it has not."""

import pytest

from conftest import run
from harness import waiting
from harness.place import Place
from harness.server import Martlet

LISTENER = """
  - port: {port}
    ip: "127.0.0.1"
    module: ejabberd_http
    request_handlers:
      /: mod_http_fileserver
{doors}
"""
DOORS = """\
      /admin: ejabberd_web_admin
      /api: mod_http_api
"""


def doors(window):
    return [each.get_attribute("id") for each in
            window.driver.find_elements("css selector", ".doors a") if each.is_displayed()]


def test_it_leads_to_the_chat_and_names_the_host(browser):
    window = browser().open("/")
    assert window.text("[data-host]") == "localhost"
    window.click("#open-chat")
    window.find("#signin-form")


@pytest.fixture
def place(request):
    """A server with the doors that the test's parameter names, at a port of its own."""
    port = waiting.free_ports(1)[0]
    listener = LISTENER.format(port=port, doors=request.param)
    for server in run(Martlet(more_listeners=listener), request.session):
        yield Place(server, http=port)


@pytest.mark.own_server
@pytest.mark.parametrize("place", [""], indirect=True)
def test_it_shows_no_door_that_is_not_there(place, browser_for):
    window = browser_for(place).open("/")
    window.wait(lambda: window.driver.execute_script(
        "return performance.getEntriesByType('resource')"
        ".filter(({ name }) => /admin|api/.test(name)).length >= 2"), "both doors to be tried")
    assert doors(window) == [] and not window.is_shown("#operators")


@pytest.mark.own_server
@pytest.mark.parametrize("place", [DOORS], indirect=True)
def test_it_shows_the_console_and_the_api(place, browser_for):
    window = browser_for(place).open("/")
    window.wait(lambda: doors(window) == ["open-console", "open-api"], "both doors")
    window.screenshot("landing-doors")
    window.click("#open-console")
    window.wait(lambda: "/admin" in window.driver.current_url, "the console")
