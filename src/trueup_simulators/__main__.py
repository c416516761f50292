"""`python -m trueup_simulators KIND`: run a simulator without installing a command."""

from __future__ import annotations

import argparse
import sys

from trueup_simulators import launch


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m trueup_simulators", description="Run a simulator.")
    parser.add_argument("kind", type=launch.known_kind, choices=sorted(launch.KINDS))
    parser.add_argument("--port", type=int, default=0, help="0 (default): a free one")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--scenario", default=None, help="YAML or JSON file")
    parser.add_argument("--json", action="store_true", help="print url and credentials as one line of JSON")
    return parser.parse_args()


if __name__ == "__main__":
    given = _arguments()
    sys.exit(launch.main(given.kind, given.port, given.host, given.scenario, given.json))
