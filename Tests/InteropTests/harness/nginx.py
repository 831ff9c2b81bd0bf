"""Debian's nginx before a server, set up as `docs/behind-a-proxy.md` says."""

import os
import re
import shutil
import subprocess

from . import waiting
from .server import ROOT

DOCUMENT = ROOT / "docs" / "behind-a-proxy.md"
BINARY = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")

FRAME = """\
{user}
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
events {{ worker_connections 512; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    scgi_temp_path {folder}/scgi;
    uwsgi_temp_path {folder}/uwsgi;
    {site}
}}
"""


def documented():
    """The first nginx example of the document."""
    return re.search(r"```nginx\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)[1]


def replace(text, pattern, replacement):
    """Every occurrence; there must be one, or the document has changed its words."""
    changed, count = re.subn(pattern, replacement, text)
    assert count, f"{pattern} is not in {DOCUMENT.name}"
    return changed


class Nginx:
    """Listens with TLS on a port, and stands where tests expect a server's address."""

    def __init__(self, server, folder, port):
        self.server = server
        self.folder = folder
        self.port = port
        self.process = None
        site = documented()
        site = replace(site, r"listen 443 ssl", f"listen 127.0.0.1:{self.port} ssl")
        site = replace(site, r"\n *listen \[::\]:443 [^\n]*", "")
        site = replace(site, r"server 127\.0\.0\.1:5280", f"server 127.0.0.1:{server.ports.http}")
        site = replace(site, r"chat\.example\.org;", "localhost;")
        for name in ("ssl_certificate", "ssl_certificate_key"):
            site = replace(site, rf"{name} [^;]*", f"{name} {server.folder}/both.pem")
        user = "user root;" if os.geteuid() == 0 else ""
        self.configuration = folder / "nginx.conf"
        self.configuration.write_text(FRAME.format(user=user, folder=folder, site=site))

    @property
    def base_url(self):
        return f"https://localhost:{self.port}"

    def start(self):
        with open(self.folder / "output.log", "ab") as output:
            self.process = subprocess.Popen(
                [BINARY, "-c", self.configuration, "-p", self.folder],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        waiting.until(self.is_ready, "nginx")
        return self

    def is_ready(self):
        assert self.process.poll() is None, (self.folder / "output.log").read_text()
        return waiting.accepts("127.0.0.1", self.port)

    def stop(self):
        self.process.terminate()
        self.process.wait(waiting.PATIENCE)

    def answered(self):
        """The requests it has passed on, as method, path and status."""
        lines = (self.folder / "access.log").read_text().splitlines()
        return [re.search(r'"(\S+) (\S+) [^"]*" (\d+)', line).groups() for line in lines]
