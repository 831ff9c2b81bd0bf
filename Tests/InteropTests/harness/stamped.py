"""Clients with an address of the test's choice: a load balancer that sends PROXY headers."""

import contextlib
import socket
import threading
from types import SimpleNamespace

from .forwarder import CHUNK, Forwarder
from .waiting import PATIENCE


class Stamp(Forwarder):
    """Forwards a port of its own to one of a server's, as if everybody came from one address."""

    def __init__(self, address, port):
        self.header = f"PROXY TCP4 {address} 192.0.2.1 4000 80\r\n".encode()
        self.target = port
        super().__init__()

    def carry(self, near):
        with near, socket.create_connection(("127.0.0.1", self.target), timeout=PATIENCE) as far:
            far.sendall(self.header)
            back = threading.Thread(target=pump, args=(far, near), daemon=True)
            back.start()
            pump(near, far)
            back.join()


def pump(source, sink):
    with contextlib.suppress(OSError):
        while data := source.recv(CHUNK):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


class Place:
    """A server as clients at one address see it; the harness's clients take it for a server."""

    host = "127.0.0.1"
    domain = "localhost"

    def __init__(self, address, *, http, c2s):
        self.address = address
        self.stamps = [Stamp(address, http), Stamp(address, c2s)]
        self.ports = SimpleNamespace(http=self.stamps[0].port, c2s=self.stamps[1].port)
        self.base_url = self.stamps[0].base_url

    def close(self):
        for stamp in self.stamps:
            stamp.close()
