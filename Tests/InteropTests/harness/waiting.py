"""Waiting for something to become true, with a deadline instead of a guess."""

import asyncio
import socket
import time

# Generous: two slow cores may be building something else beside the tests.
PATIENCE = 30.0


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


def free_ports(count):
    """Ports of 127.0.0.1 that were all free at the same moment."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()
