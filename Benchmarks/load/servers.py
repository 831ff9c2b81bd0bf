"""The servers that are measured: started in a temporary folder, or running already."""

import glob
import os
import pathlib
import random
import shutil
import signal
import socket
import string
import subprocess
import tempfile
import time

from harness import configuration, server as harness, waiting

from . import FOLDER

HOST = "127.0.0.1"
PATH = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"
# The kernel's number for the CPU clock of another process is made of its id.
PROCESS_CLOCK = 2


class Target:
    """A server that runs: where it listens and which process it is."""

    name = "server"

    def __init__(self, c2s=0, tls=0, http=0, bosh="/http-bind", ws="/ws", pid=None,
                 domain="localhost"):
        self.c2s, self.tls, self.http = int(c2s), int(tls), int(http)
        self.bosh, self.ws, self.domain = bosh, ws, domain
        self.pid = int(pid) if pid else None

    @classmethod
    def described(cls, text, domain, name="server"):
        """From `c2s=5222,tls=5223,http=5280,bosh=/http-bind,ws=/ws,pid=1234`."""
        known = {"c2s", "tls", "http", "bosh", "ws", "pid"}
        given = dict(part.partition("=")[::2] for part in text.split(","))
        if set(given) - known or not given.get("pid"):
            raise SystemExit(f"{text}: expected {','.join(sorted(known))}, each with =VALUE")
        target = cls(**given, domain=domain)
        target.name = name
        if not target.memory():
            raise SystemExit(f"{name}: there is no process {target.pid}, or only root may look")
        return target

    def memory(self):
        """Proportional set size of the process and its children, in KiB."""
        return sum(harness.pss(pid) for pid in harness.family(self.pid))

    def cpu(self):
        """User and system time of the process and its children, in seconds."""
        total = 0.0
        for pid in harness.family(self.pid):
            try:
                total += time.clock_gettime(~pid << 3 | PROCESS_CLOCK)
            except OSError:  # a child that has just ended
                pass
        return total

    def restart(self):
        """Leaves a server alone that somebody else started; there is no cold start to tell."""
        return None

    def stop(self):
        pass

    def discard(self):
        pass


class Started(Target):
    """A server with a folder of its own, on free ports."""

    template = None
    command = ()
    environment = {}

    def __init__(self, **values):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"bench-{self.name}-"))
        (self.folder / "data").mkdir()
        self.process = None
        super().__init__(*free_ports(3))
        self.configure(**values)

    @property
    def ports(self):
        return self.c2s, self.tls, self.http

    def configure(self, **values):
        values = {"folder": self.folder, "c2s": self.c2s, "tls": self.tls, "http": self.http,
                  "bosh": self.bosh, "ws": self.ws, **values}
        text = self.template.read_text()
        if "$certificate" in text:
            values["certificate"] = configuration.certificate(self.folder)
        text = string.Template(text).substitute(values)
        self.config = self.folder / self.template.name
        self.config.write_text(text)

    def is_awake(self):
        """Whether a stream header sent now is answered."""
        try:
            with socket.create_connection((HOST, self.c2s), timeout=10) as link:
                link.sendall(header(self.domain).encode())
                return b"<stream:stream" in link.recv(4096)
        except OSError:
            return False

    def restart(self):
        """Starts the server anew; returns the seconds from exec to the first stream header."""
        self.stop()
        command = [str(part).format(folder=self.folder, config=self.config)
                   for part in self.command]
        environment = {name: value.format(folder=self.folder, config=self.config)
                       for name, value in self.environment.items()}
        with open(self.folder / "output", "ab") as output:
            begin = time.monotonic()
            self.process = subprocess.Popen(
                command, cwd=self.folder, env=os.environ | environment,
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True)
        self.pid = self.process.pid
        waiting.until(self.is_started, self.name, timeout=60, pause=0.002)
        needed = time.monotonic() - begin
        for port in self.ports:
            waiting.until(lambda: waiting.accepts(HOST, port), f"port {port} of {self.name}")
        return needed

    def is_started(self):
        if self.process.poll() is not None:
            raise SystemExit(f"{self.name} ended with {self.process.returncode}:\n{self.said()}")
        return self.is_awake()

    def said(self):
        """The ends of its log and its output."""
        texts = [path.read_text(errors="replace")[-1500:]
                 for path in (self.folder / "log", self.folder / "output") if path.exists()]
        return "\n".join(texts)

    def stop(self):
        """Asks the server to end, and ends it if it does not."""
        process, self.process, self.pid = self.process, None, None
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def discard(self):
        shutil.rmtree(self.folder, ignore_errors=True)


class Martlet(Started):
    """The release build of this project, with the options that ejabberd gets."""

    name = "martlet"
    template = FOLDER / "peers" / "ejabberd.yml"
    command = (harness.BINARIES / "martletd", "--config", "{config}", "--data", "{folder}/data")

    @classmethod
    def missing(cls):
        return None if (harness.BINARIES / "martletd").exists() else "no release build"


class Ejabberd(Started):
    """Debian's ejabberd, run as `ejabberdctl foreground` would, but by whoever measures."""

    name = "ejabberd"
    template = FOLDER / "peers" / "ejabberd.yml"
    command = ("erl", "-noinput", "+K", "true", "+P", "250000",
               "-mnesia", "dir", '"{folder}/data"', "-s", "ejabberd")
    libraries = sorted(glob.glob("/usr/lib/*/ejabberd-*/ebin"))
    environment = {
        "ERL_LIBS": str(pathlib.Path(libraries[0]).parent.parent) if libraries else "",
        "EJABBERD_CONFIG_PATH": "{config}", "EJABBERD_LOG_PATH": "{folder}/log",
        "ERL_CRASH_DUMP_BYTES": "0", "HOME": "{folder}",
    }

    @classmethod
    def missing(cls):
        return None if cls.libraries and shutil.which("erl") else "no Debian package ejabberd"


class Prosody(Started):
    """Debian's Prosody."""

    name = "prosody"
    template = FOLDER / "peers" / "prosody.cfg.lua"
    command = ("prosody", "-F", "--config", "{config}")

    @classmethod
    def missing(cls):
        return None if shutil.which("prosody") else "no Debian package prosody"


class FileServer(Started):
    """A server of which only the files are of interest."""

    @property
    def ports(self):
        return (self.http,)

    def is_awake(self):
        return waiting.accepts(HOST, self.http)


class MartletFiles(FileServer):
    """Martlet with nothing but its file server."""

    name = "martlet"
    template = FOLDER / "peers" / "martlet-files.yml"
    command = Martlet.command
    missing = Martlet.missing


class Nginx(FileServer):
    """Debian's nginx."""

    name = "nginx"
    template = FOLDER / "peers" / "nginx.conf"
    binary = shutil.which("nginx", path=PATH)
    command = (binary or "nginx", "-c", "{config}", "-p", "{folder}")

    def __init__(self, **values):
        super().__init__(user="user root;" if os.geteuid() == 0 else "", **values)

    @classmethod
    def missing(cls):
        return None if cls.binary else "no Debian package nginx-light"


def free_ports(count):
    """Ports that the kernel gives to no connection, so that they are still free at a restart."""
    first = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    found = []
    while len(found) < count:
        port = random.randrange(first // 2, first)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
        if port not in found:
            found.append(port)
    return found


def header(domain):
    """The opening tag of a client stream (RFC 6120 §4.2)."""
    return (f"<?xml version='1.0'?><stream:stream to='{domain}' version='1.0' "
            "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>")
