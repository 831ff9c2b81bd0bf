"""A server at one of its other ports, for clients that ask it where it listens."""

from types import SimpleNamespace


class Place:
    """`Place(server, http=8080)`: browsers and clients are led there, and the rest is the same."""

    def __init__(self, server, **ports):
        self.server, self.host, self.domain = server, server.host, server.domain
        self.ports = SimpleNamespace(**(vars(server.ports) | ports))
        self.base_url = f"http://localhost:{self.ports.http}"
