"""Servers with a configuration of their own: the usual one, changed in places."""

import copy
import itertools
import re

from . import waiting
from .server import Martlet


class Trial(Martlet):
    """`modules` gives modules other options, or adds them; `hosts` are further ones.

    `listeners` are functions that make a listener of a free port; their ports are in `more`.
    """

    def __init__(self, options="", modules=None, hosts=(), listeners=(), **changes):
        self.more = waiting.free_ports(len(listeners)) if listeners else []
        made = "".join(make(port) for make, port in zip(listeners, self.more))
        super().__init__(
            more_options=options, more_listeners=made, more_ports=tuple(self.more), **changes)
        self.numbers = itertools.count(1)
        self.change(r"(?m)^  - b\.localhost$", lambda found: found[0] + "".join(
            f"\n  - {host}" for host in hosts))
        for name, settings in (modules or {}).items():
            self.set_module(name, settings)

    def account(self, name, password, domain=None):
        """Makes an account whose name begins so and is nobody else's."""
        return self.register(f"{name}-{next(self.numbers)}", password, domain)

    def set_module(self, name, settings):
        """Writes the options of a module anew; `settings` is YAML in one line."""
        self.change(rf"(?m)^  {name}:.*\n(    .*\n)*", "")
        self.config.write_text(self.config.read_text().rstrip("\n") + f"\n  {name}: {settings}\n")

    def change(self, pattern, replacement):
        """Changes the file by a regular expression."""
        self.config.write_text(re.sub(pattern, replacement, self.config.read_text()))


def at(server, domain):
    """The same server for clients of another of its domains."""
    same = copy.copy(server)
    same.domain = domain
    return same


def listener(module, *lines, ip="127.0.0.1"):
    """What `Trial` makes a listener of: `listener("ejabberd_c2s", "shaper: 1000")`."""
    def make(port):
        where = f'  - port: {port}\n    ip: "{ip}"\n    module: {module}\n'
        return where + "".join(f"    {line}\n" for line in lines)
    return make
