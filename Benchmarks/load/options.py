"""What the scripts of this folder let their users choose."""

import argparse
import resource
import signal
import sys

from .login import MECHANISMS
from .workloads import EARLY, KINDS

FILES = 65536


def options(description):
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--domain", default="localhost", help="of servers that run already")
    parser.add_argument("--transports", default=",".join(KINDS), help="default: %(default)s")
    parser.add_argument("--sasl", choices=MECHANISMS, help="default: SCRAM-SHA-1 if offered")
    parser.add_argument("--pairs", type=int, default=20, help="pairs that chat (%(default)s)")
    parser.add_argument("--window", type=int, default=1,
                        help="messages in flight each way (%(default)s)")
    parser.add_argument("--seconds", type=float, default=5, help="of chatting (%(default)s)")
    parser.add_argument("--idle", type=int, default=500, help="idle clients (%(default)s)")
    return parser


def parsed(parser):
    chosen = parser.parse_args()
    chosen.kinds = chosen.transports.split(",")
    if unknown := set(chosen.kinds) - set(KINDS):
        parser.error(f"--transports knows no {', '.join(unknown)}")
    if chosen.idle <= EARLY or 0 < chosen.held <= EARLY:
        parser.error(f"--idle and --held take more than {EARLY}")
    prepare()
    return chosen


def prepare():
    """Lets this process be ended properly; raises the number of open files, also of servers."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if most == resource.RLIM_INFINITY else min(FILES, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
