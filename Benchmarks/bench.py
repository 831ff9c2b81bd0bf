#!/usr/bin/env python3
"""Measures a server on this machine with nothing but Python's standard library.

  Benchmarks/bench.py                      the release build of this folder, started for the purpose
  Benchmarks/bench.py --against c2s=5222,tls=5223,http=5280,bosh=/http-bind,ws=/ws,pid=1234
                                           a server that runs already; it must allow registration

Figures that count are the server's own: CPU time and memory of its process. Messages a second are
bounded by this script, which is slower than the server, and only comparable with themselves.
"""

from load import options, workloads
from load.servers import Martlet, Target


def main():
    parser = options.options(__doc__)
    parser.add_argument("--against", metavar="PORTS", help="a server that runs already")
    parser.add_argument("--held", type=int, default=0,
                        help="BOSH sessions with a held request each (%(default)s: left out)")
    chosen = options.parsed(parser)

    server = Target.described(chosen.against, chosen.domain) if chosen.against else Martlet()
    try:
        for name, value, unit in workloads.figures(server, chosen):
            shown = f"{value:12.1f} {unit}" if value is not None else f"{'-':>12} {unit}"
            print(f"{name:38}{shown}", flush=True)
    finally:
        server.stop()
        server.discard()


if __name__ == "__main__":
    main()
