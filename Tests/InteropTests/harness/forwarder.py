"""A port of its own whose connections are carried on, each by a thread."""

import socket
import threading

CHUNK = 65536


class Forwarder:
    """Listens until it is closed; what becomes of a connection is for `carry` to say."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    @property
    def base_url(self):
        return f"http://localhost:{self.port}"

    def close(self):
        self.listener.close()

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            if self.takes(near):
                threading.Thread(target=self.carry, args=(near,), daemon=True).start()

    def takes(self, _near):
        """Whether a connection is carried at all."""
        return True
