#!/usr/bin/env python3
"""Measures Martlet's file server and nginx with wrk: the same files over connections that stay.

  Benchmarks/files.py                       needs Debian's wrk and nginx-light

The table has medians of all rounds. CPU is that of the server's processes; requests a second are
those of a machine that wrk shares. A ratio above 1 says that Martlet needs less or does more.
"""

import argparse
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

from load import tables
from load.options import prepare
from load.servers import HOST, MartletFiles, Nginx
from load.workloads import RATE

SIZES = {"1 KiB": 1 << 10, "100 KiB": 100 << 10, "10 MiB": 10 << 20}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--connections", type=int, default=32, help="default: %(default)s")
    parser.add_argument("--seconds", type=int, default=5, help="a run (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="default: %(default)s")
    chosen = parser.parse_args()
    if not shutil.which("wrk"):
        raise SystemExit("There is no wrk; Debian's package has that name.")
    prepare()

    files = pathlib.Path(tempfile.mkdtemp(prefix="bench-files-"))
    servers = []
    try:
        for size in SIZES.values():
            (files / f"{size}.bin").write_bytes(os.urandom(size))
        for kind in (MartletFiles, Nginx):
            if reason := kind.missing():
                print(f"{kind.name} is left out: {reason}", file=sys.stderr)
            else:
                servers.append(kind(files=files))
        results = tables.Results([server.name for server in servers])
        for server in servers:
            server.restart()
        for number in range(chosen.rounds):
            for label, size in SIZES.items():
                for server in servers[::-1] if number % 2 else servers:
                    run(server, label, size, chosen, results)
        for server in servers:
            results.add(server.name, "memory afterwards", "MiB", server.memory() / 1024)
        print(results.table(statistics.median))
    finally:
        for server in servers:
            server.stop()
            server.discard()
        shutil.rmtree(files)


def run(server, label, size, chosen, results):
    """One run of wrk."""
    url = f"http://{HOST}:{server.http}/{size}.bin"
    cpu = server.cpu()
    done = subprocess.run(
        ["wrk", "-t", "1", "-c", str(chosen.connections), "-d", f"{chosen.seconds}s", url],
        capture_output=True, text=True, timeout=chosen.seconds + 30)
    cpu = server.cpu() - cpu
    count = re.search(r"(\d+) requests in", done.stdout)
    rate = re.search(r"Requests/sec: +([\d.]+)", done.stdout)
    wrong = re.search(r"Non-2xx.*|Socket errors.*", done.stdout)
    if wrong or not count or not rate or not int(count[1]):
        print(f"  {server.name}, {label}: {wrong[0] if wrong else done.stdout + done.stderr}",
              file=sys.stderr)
        return
    results.add(server.name, f"requests, {label}", RATE, float(rate[1]))
    results.add(server.name, f"CPU of a request, {label}", "µs", cpu / int(count[1]) * 1e6)


if __name__ == "__main__":
    main()
