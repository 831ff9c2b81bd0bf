"""The load that the scripts of this folder put on servers. Python's standard library only."""

import pathlib
import sys

FOLDER = pathlib.Path(__file__).resolve().parent.parent

# Free ports, certificates and waiting come from the harness of the tests.
sys.path.insert(0, str(FOLDER.parent / "Tests" / "InteropTests"))
