#!/usr/bin/env python3
"""Runs the same load on Martlet, ejabberd and Prosody, in turn, and prints one table.

  Benchmarks/compare.py                     those that are installed, each in a temporary folder
  Benchmarks/compare.py --servers martlet,prosody --rounds 1
  Benchmarks/compare.py --running ejabberd=c2s=5222,tls=5223,http=5280,bosh=/bosh,ws=/ws,pid=1234
                                            one that runs already, in place of one of its own

One server runs at a time, except those that run already. The table has medians of all rounds; a
ratio above 1 says that Martlet needs less or does more.
"""

import statistics
import sys

from load import options, tables, workloads
from load.servers import Ejabberd, Martlet, Prosody, Target

KNOWN = {kind.name: kind for kind in (Martlet, Ejabberd, Prosody)}


def main():
    parser = options.options(__doc__)
    parser.add_argument("--servers", default=",".join(KNOWN), help="default: %(default)s")
    parser.add_argument("--running", action="append", default=[], metavar="NAME=PORTS",
                        help="a server that runs already; can be repeated")
    parser.add_argument("--rounds", type=int, default=3, help="default: %(default)s")
    parser.add_argument("--held", type=int, default=500,
                        help="BOSH sessions with a held request each (%(default)s)")
    chosen = options.parsed(parser)

    servers = []
    try:
        servers += running(chosen)
        for server in own(chosen):
            servers.append(server)
        servers.sort(key=lambda server: server.name != Martlet.name)
        if not servers:
            parser.error("there is no server to measure")
        results = tables.Results([server.name for server in servers])
        for number in range(chosen.rounds):
            # Each is first as often as last, so that a slow minute of the machine hits all.
            for server in servers[::-1] if number % 2 else servers:
                measure(server, chosen, results, f"round {number + 1}, {server.name}")
        print(results.table(statistics.median))
    finally:
        for server in servers:
            server.stop()
            server.discard()


def running(chosen):
    described = [text.partition("=") for text in chosen.running]
    return [Target.described(ports, chosen.domain, name) for name, _, ports in described]


def own(chosen):
    """Servers to start for the purpose, without those that run already or are not there."""
    taken = [text.partition("=")[0] for text in chosen.running]
    for name in chosen.servers.split(","):
        if name not in KNOWN:
            raise SystemExit(f"--servers knows {', '.join(KNOWN)}, not {name}")
        if name in taken:
            continue
        if reason := KNOWN[name].missing():
            print(f"{name} is left out: {reason}", file=sys.stderr)
        else:
            yield KNOWN[name]()


def measure(server, chosen, results, what):
    print(f"{what} …", file=sys.stderr, flush=True)
    try:
        for name, value, unit in workloads.figures(server, chosen):
            if value is None:
                print(f"  {name}: {unit}", file=sys.stderr)
            else:
                results.add(server.name, name, unit, value)
    finally:
        server.stop()


if __name__ == "__main__":
    main()
