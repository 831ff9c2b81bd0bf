"""Web listeners of a test's own, their certificates, and requests to them byte by byte."""

import http.client
import re
import socket
import ssl
import subprocess

from .waiting import PATIENCE

HANDLERS = """\
    request_handlers:
      /http-bind: mod_bosh
      /websocket: ejabberd_http_ws
      /: mod_http_fileserver
"""


def listener(port, *lines):
    """One more `ejabberd_http` for the configuration of a server."""
    more = "".join(f"    {line}\n" for line in lines)
    ip = "" if str(port).startswith("unix:") else '    ip: "127.0.0.1"\n'
    return f'  - port: "{port}"\n{ip}    module: ejabberd_http\n{more}{HANDLERS}'


def certificate(folder, name, serial=1):
    """A self-signed certificate for one host with its key, in one PEM file."""
    both, key = folder / f"{name}.pem", folder / f"{name}.key"
    done = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "30", "-subj", f"/CN={name}", "-set_serial", str(serial),
         "-addext", f"subjectAltName=DNS:{name}", "-keyout", key],
        check=True, capture_output=True)
    both.write_bytes(done.stdout + key.read_bytes())
    return both


def talk(port, data, timeout=PATIENCE, host="127.0.0.1"):
    """Sends bytes and returns all that comes back until the server closes, which it must."""
    family = socket.AF_UNIX if isinstance(port, str) else socket.AF_INET
    with socket.socket(family) as link:
        link.settimeout(timeout)
        link.connect(port if isinstance(port, str) else (host, port))
        try:
            link.sendall(data)
        except OSError:
            pass  # refused before all of it was sent
        heard = b""
        while True:
            try:
                piece = link.recv(65536)
            except ConnectionResetError:
                return heard
            if not piece:
                return heard
            heard += piece


def statuses(heard):
    """The status of each answer, in order."""
    return [int(code) for code in re.findall(rb"(?:^|\n)HTTP/1\.[01] (\d{3}) ", heard)]


def trusting(version=None):
    """A TLS client that takes any certificate.

    Python's default one reads the certificates of all authorities first, which takes a while.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if version:
        context.minimum_version = context.maximum_version = version
    return context


def secured(port, name="localhost", context=None, session=None):
    """A TLS connection to a listener."""
    link = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    return (context or trusting()).wrap_socket(link, server_hostname=name, session=session)


def ask(link, request=b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"):
    """One request on an open connection: the answer with its body read."""
    link.sendall(request)
    answer = http.client.HTTPResponse(link)
    answer.begin()
    answer.read()
    return answer
