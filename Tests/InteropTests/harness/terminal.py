"""Terminal clients in a tmux of their own, driven by keys and read from the screen."""

import os
import pathlib
import re
import subprocess
import uuid

from . import waiting


class Terminal:
    """A full-screen program in a detached terminal with its own home folder."""

    def __init__(self, home, command):
        self.home = pathlib.Path(home)
        self.home.mkdir(parents=True, exist_ok=True)
        self.socket = f"martlet-{uuid.uuid4().hex[:8]}"
        environment = dict(
            os.environ, HOME=str(self.home), TERM="xterm-256color", LANG="C.UTF-8",
            XDG_CONFIG_HOME=str(self.home / "config"), XDG_DATA_HOME=str(self.home / "data"))
        environment.pop("TMUX", None)
        subprocess.run(
            ["tmux", "-L", self.socket, "-f", "/dev/null", "new-session", "-d",
             "-x", "140", "-y", "45", command],
            env=environment, check=True, stdin=subprocess.DEVNULL)

    def tmux(self, *arguments):
        return subprocess.run(
            ["tmux", "-L", self.socket, *arguments],
            capture_output=True, text=True, stdin=subprocess.DEVNULL).stdout

    def screen(self):
        return self.tmux("capture-pane", "-p")

    def keys(self, *names):
        self.tmux("send-keys", *names)

    def line(self, text):
        """Types a line and ends it with Enter."""
        self.tmux("send-keys", "-l", text)
        self.keys("Enter")

    def wait(self, pattern, also=lambda: None):
        """Waits until the screen matches; `also()` runs between looks."""
        def seen():
            also()
            return re.search(pattern, self.screen())
        try:
            return waiting.until(seen, pattern, pause=0.1)
        except TimeoutError:
            raise AssertionError(f"no {pattern!r} on the screen:\n{self.screen()}") from None

    def close(self):
        self.tmux("kill-server")


def profanity(server, jid, password, home):
    """Profanity, signed in over TCP with STARTTLS."""
    terminal = Terminal(home, "profanity")
    terminal.wait("Type '/help' to show complete help")
    terminal.line(f"/connect {jid} server localhost port {server.ports.c2s} tls trust")
    terminal.wait("Enter password")
    terminal.line(password)
    terminal.wait("logged in successfully")
    terminal.wait(r"\[TLS\] \[online\]")
    return terminal


MCABBER_SETTINGS = """\
set jid = {jid}
set password = {password}
set server = localhost
set port = {port}
set tls = 1
set ssl_ignore_checks = 1
set hook-post-connect =
set roster_width = 30
"""


def mcabber(server, jid, password, home):
    """mcabber, signed in over TCP with STARTTLS."""
    folder = pathlib.Path(home) / ".mcabber"
    folder.mkdir(parents=True)
    folder.chmod(0o700)
    settings = folder / "mcabberrc"
    settings.write_text(MCABBER_SETTINGS.format(
        jid=jid, password=password, port=server.ports.c2s))
    settings.chmod(0o600)
    terminal = Terminal(home, "mcabber")
    terminal.wait(r"Your status has been set: \[.*o\]")
    return terminal
