"""The line between a browser and a server: a TCP proxy that tests cut, silence and mend."""

import contextlib
import socket
import threading

from .forwarder import CHUNK, Forwarder


class Line(Forwarder):
    """Forwards a port of its own to a server. Each method changes what is true from then on.

    - `cut`: what is connected breaks off, and new connections do too.
    - `silence`: nothing arrives any more, in either direction, and nobody is told.
    - `deafen`: the server hears everything, but none of its answers arrives.
    - `mend`: new connections work; those that broke stay broken.
    """

    def __init__(self, server):
        self.server = server
        self.state = "open"
        self.lock = threading.Lock()
        self.sockets = set()
        self.refused = ()
        super().__init__()

    def cut(self):
        with self.lock:
            self.state = "cut"
            self.break_off()

    def silence(self):
        with self.lock:
            self.state = "silent"

    def deafen(self):
        with self.lock:
            self.state = "deaf"

    def mend(self):
        with self.lock:
            if self.state != "open":
                self.break_off()
            self.state = "open"

    def refuse(self, *beginnings):
        """Breaks connections off that begin like one of these (`GET /websocket`)."""
        self.refused = tuple(each.encode() for each in beginnings)

    def close(self):
        self.cut()
        super().close()

    def break_off(self):
        for each in self.sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self.sockets.clear()

    def takes(self, near):
        with self.lock:
            if self.state == "cut":
                near.close()
                return False
            self.sockets.add(near)
        return True

    def carry(self, near):
        """One connection: its first bytes decide whether it goes on."""
        try:
            first = near.recv(CHUNK)
            if not first or first.startswith(self.refused or (b"\0",)):
                raise OSError
            if self.state == "silent":
                self.pump(near, None, ())
                raise OSError
            far = socket.create_connection((self.server.host, self.server.ports.http))
        except OSError:
            near.close()
            return
        with self.lock:
            self.sockets.add(far)
        with contextlib.suppress(OSError):  # Cut already; both pumps see the end.
            far.sendall(first)
        back = threading.Thread(
            target=self.pump, args=(far, near, ("silent", "deaf")), daemon=True)
        back.start()
        self.pump(near, far, ("silent",))
        back.join()
        near.close()
        far.close()

    def pump(self, source, sink, lost_in):
        """Carries bytes until either end is gone; they are lost in some states."""
        with contextlib.suppress(OSError):
            while data := source.recv(CHUNK):
                if sink and self.state not in lost_in:
                    sink.sendall(data)
        for each in filter(None, (source, sink)):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
