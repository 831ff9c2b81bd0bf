"""Waiting for something to become true, with a deadline instead of a guess."""

import asyncio
import functools
import itertools
import random
import socket
import time

# Generous: two slow cores may be building something else beside the tests.
PATIENCE = 60.0


def until(condition, what, timeout=PATIENCE, pause=0.02):
    """Returns the first true value of `condition()`; raises with `what` at the deadline."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {timeout:g} s for {what}")
        time.sleep(pause)


async def until_async(condition, what, timeout=PATIENCE, pause=0.02):
    """The same on an event loop that must go on running meanwhile."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {timeout:g} s for {what}")
        await asyncio.sleep(pause)


def accepts(host, port):
    """Whether something accepts TCP connections there now."""
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False


class Ports:
    """Ports that nobody else takes: neither another run beside this one, which has a block of its
    own, nor the kernel for a connection, as it may those that it hands out itself."""

    SIZE = 400
    # Below those that Linux gives to connections.
    FIRST, LAST = 12000, 32000

    def __init__(self):
        blocks = range(self.FIRST, self.LAST, self.SIZE)
        for start in random.sample(blocks, len(blocks)):
            self.lock = socket.socket()
            try:
                self.lock.bind(("127.0.0.1", start))
            except OSError:
                self.lock.close()
                continue
            self.turns = itertools.cycle(range(start + 1, start + self.SIZE))
            return
        raise RuntimeError("no block of ports is free")

    def next(self):
        for port in itertools.islice(self.turns, self.SIZE):
            with socket.socket() as trial:
                try:
                    trial.bind(("127.0.0.1", port))
                except OSError:
                    continue
                return port
        raise RuntimeError("no port is free")


@functools.cache
def ports():
    return Ports()


def free_ports(count):
    """Ports of 127.0.0.1 that are free, and that nobody has had lately."""
    return [ports().next() for _ in range(count)]
