"""A network of one's own, where every port is free: for configurations with fixed ports."""

import concurrent.futures
import ctypes
import os
import shutil
import signal
import subprocess

import pytest

from .waiting import PATIENCE

CLONE_NEWNET = 0x40000000
libc = ctypes.CDLL(None, use_errno=True)


def available():
    """Whether this machine lets the tests make a network namespace."""
    done = subprocess.run(
        ["unshare", "--net", "ip", "link", "set", "lo", "up"],
        capture_output=True, stdin=subprocess.DEVNULL) if shutil.which("ip") else None
    return done is not None and done.returncode == 0


class Network:
    """Runs a program, and calls that talk to it, in a network with nothing but loopback."""

    def __init__(self):
        if not available():
            pytest.skip("network namespaces need root and iproute2 here")
        self.process = None
        self.pool = concurrent.futures.ThreadPoolExecutor(1)

    def start(self, command, **options):
        """Starts `command` (a list) in the network, in a process group of its own."""
        script = 'ip link set lo up && exec "$@"'
        self.process = subprocess.Popen(
            ["unshare", "--net", "sh", "-c", script, "sh", *map(str, command)],
            stdin=subprocess.DEVNULL, start_new_session=True, **options)
        return self.process

    def call(self, function, *arguments):
        """Calls `function` on a thread that is inside the network."""
        return self.pool.submit(self._enter_and_call, function, arguments).result()

    def _enter_and_call(self, function, arguments):
        with open(f"/proc/{self.process.pid}/ns/net") as network:
            if libc.setns(network.fileno(), CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns")
        return function(*arguments)

    def end(self, timeout=PATIENCE):
        """Ends what was started, the way Ctrl-C does; returns its exit code."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            raise AssertionError("the server ignored the request to end") from None
