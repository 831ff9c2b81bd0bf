"""The landing page: it leads to what the server has, and to nothing that it has not."""

import pytest

from conftest import run
from harness import waiting
from harness.server import Martlet

DOORS = """
  - port: {http}
    ip: "127.0.0.1"
    module: ejabberd_http
    request_handlers:
      /admin: ejabberd_web_admin
      /api: mod_http_api
      /: mod_http_fileserver
"""


def doors(window):
    return [each.get_attribute("id") for each in
            window.driver.find_elements("css selector", ".doors a") if each.is_displayed()]


def test_it_leads_to_the_chat_and_names_the_host(browser):
    window = browser().open("/")
    assert window.text("[data-host]") == "localhost"
    window.click("#open-chat")
    window.find("#signin-form")


def test_it_shows_no_door_that_is_not_there(browser):
    window = browser().open("/")
    window.wait(lambda: window.driver.execute_script(
        "return performance.getEntriesByType('resource')"
        ".filter(({ name }) => /admin|api/.test(name)).length >= 2"), "both doors to be tried")
    assert doors(window) == []


@pytest.fixture
def server_with_doors(request):
    port = waiting.free_ports(1)[0]
    server = Martlet(more_listeners=DOORS.format(http=port))
    for started in run(server, request.session):
        yield Place(port)


class Place:
    """Where a browser finds a server at another port."""

    def __init__(self, port):
        self.base_url = f"http://localhost:{port}"


@pytest.mark.own_server
def test_it_shows_the_console_and_the_api(server_with_doors, browser_for):
    window = browser_for(server_with_doors).open("/")
    window.wait(lambda: doors(window) == ["open-console", "open-api"], "both doors")
    window.screenshot("landing-doors")
    window.click("#open-console")
    window.wait(lambda: "/admin" in window.driver.current_url, "the console")
