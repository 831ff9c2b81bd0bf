"""A server that somebody else started, to compare behaviours: `pytest --against …`.

The web chat is then served from `public/` by this process, which hands BOSH on to that server.
"""

import http.server
import pathlib
import threading
import urllib.error
import urllib.request

from . import configuration
from .raw import register_in_band
from .server import ROOT, Ports, Server


class External(Server):
    """Ports as `c2s=5222,tls=5223,http=5280,component=5347`; accounts by in-band registration."""

    def __init__(self, description):
        given = dict(part.split("=") for part in description.split(","))
        self.ports = Ports(*(int(given[name]) for name in ("c2s", "tls", "http", "component")))
        self.pid = int(given["pid"]) if "pid" in given else None
        self.upstream = f"http://localhost:{self.ports.http}"
        self.web = None

    def start(self):
        self.web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler(self.upstream))
        self.web.daemon_threads = True
        threading.Thread(target=self.web.serve_forever, daemon=True).start()
        return self

    def stop(self):
        if self.web:
            self.web.shutdown()

    @property
    def base_url(self):
        return f"http://localhost:{self.web.server_port}"

    def register(self, user, password, domain=None):
        return register_in_band(self, user, password, domain or self.domain)

    def log_tail(self, lines=40):
        return "(the log is not ours)"

    def discard(self):
        pass


def handler(upstream):
    """Serves `public/` and Strophe, and hands `/http-bind` on."""
    public = ROOT / "public"

    class Handler(http.server.SimpleHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def translate_path(self, path):
            path = path.partition("?")[0]
            if path.startswith("/lib/strophe/"):
                return configuration.STROPHE + "/" + pathlib.PurePath(path).name
            return str(public) + (path + "index.html" if path.endswith("/") else path)

        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            request = urllib.request.Request(
                upstream + self.path, body, {"Content-Type": "text/xml; charset=utf-8"})
            try:
                with urllib.request.urlopen(request, timeout=120) as answer:
                    status, content = answer.status, answer.read()
            except urllib.error.HTTPError as error:
                status, content = error.code, error.read()
            except OSError:
                status, content = 502, b""
            self.send_response(status)
            self.send_header("Content-Type", "text/xml; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def handle_one_request(self):
            try:
                super().handle_one_request()
            except OSError:
                self.close_connection = True  # The browser has gone meanwhile.

        def log_message(self, *_):
            pass

    return Handler
