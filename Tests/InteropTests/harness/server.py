"""The server under test: started on free ports in its own folder, stopped by its process id."""

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass

from . import configuration, waiting

ROOT = pathlib.Path(__file__).resolve().parents[3]
BINARIES = pathlib.Path(os.environ.get("MARTLET_BINARIES", ROOT / ".build" / "release"))


@dataclass(frozen=True)
class Ports:
    """Where a server listens on 127.0.0.1."""

    c2s: int
    tls: int
    http: int
    component: int

    @staticmethod
    def free():
        return Ports(*waiting.free_ports(4))


class Server:
    """A server that tests can start, stop and register accounts on."""

    host = "127.0.0.1"
    domain = "localhost"
    second_domain = "b.localhost"
    ports: Ports
    pid: int | None = None

    def start(self):
        raise NotImplementedError

    def stop(self):
        raise NotImplementedError

    def register(self, user, password, domain=None):
        raise NotImplementedError

    @property
    def base_url(self):
        return f"http://localhost:{self.ports.http}"

    @property
    def bosh_url(self):
        return f"{self.base_url}/http-bind"

    def memory(self):
        """Memory of the server and its children in KiB; 0 when it has no pid.

        What programs and libraries take is left out: they are shared with other servers, and more
        of them falls to one when another ends.
        """
        return sum(anonymous(each) for each in family(self.pid)) if self.pid else 0


class Martlet(Server):
    """The release build of this project."""

    def __init__(self, **options):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="martlet-test-"))
        self.data = self.folder / "data"
        self.data.mkdir()
        self.ports = Ports.free()
        self.options = options
        self.config = self.folder / "martlet.yml"
        self.log = self.folder / "martletd.log"
        self.process = None
        configuration.write(self, ROOT / "public", **options)

    def start(self):
        """Starts the server and returns once every listener accepts."""
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [BINARIES / "martletd", "--config", self.config, "--data", self.data],
                cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.pid = self.process.pid
        ports = (self.ports.c2s, self.ports.tls, self.ports.http, self.ports.component)
        for port in (*ports, *self.options.get("more_ports", ())):
            waiting.until(lambda: self.is_ready(port), f"port {port} of martletd")
        return self

    def is_ready(self, port):
        code = self.process.poll()
        if code is not None:
            raise AssertionError(f"martletd ended with {code}:\n{self.log_tail()}")
        return waiting.accepts(self.host, port)

    def stop(self):
        """Asks the server to end; it must, in time and with exit code 0."""
        if self.process is None:
            return
        process, self.process, self.pid = self.process, None, None
        code = process.poll()
        assert code is None, f"martletd had ended by itself with {code}:\n{self.log_tail()}"
        process.send_signal(signal.SIGTERM)
        try:
            code = process.wait(timeout=waiting.PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"martletd ignored SIGTERM:\n{self.log_tail()}") from None
        assert code == 0, f"martletd ended with {code}:\n{self.log_tail()}"

    def kill(self):
        """Ends the server and its children at once, as a power cut would."""
        for pid in family(self.process.pid):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait()
        self.process, self.pid = None, None

    def register(self, user, password, domain=None):
        self.control("register", user, domain or self.domain, password)
        return f"{user}@{domain or self.domain}"

    def control(self, *arguments):
        """Runs martletctl; returns what it printed."""
        done = martletctl(self, *arguments)
        assert done.returncode == 0, f"martletctl {arguments[0]}: {done.stdout}{done.stderr}"
        return done.stdout

    def log_tail(self, lines=40):
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        except FileNotFoundError:
            return "(no log)"

    def discard(self):
        """Removes the folder; called only when no test that used the server failed."""
        shutil.rmtree(self.folder, ignore_errors=True)


def martletctl(server, *arguments, given=""):
    """Runs martletctl with `given` on its standard input; its exit code, and all it said."""
    return subprocess.run(
        [BINARIES / "martletctl", "--socket", server.data / "martletd.sock", *arguments],
        input=given, capture_output=True, text=True, timeout=waiting.PATIENCE)


def family(pid):
    """A process and its children, as ids."""
    try:
        listed = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return [pid]
    return [pid, *(each for child in listed for each in family(int(child)))]


def anonymous(pid):
    """Proportional set size of one process in KiB, without files."""
    try:
        text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss_Anon:"))
