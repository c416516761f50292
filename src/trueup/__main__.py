"""`python -m trueup`, and the command `trueup`."""

from __future__ import annotations

import gc
import sys

LOOK_FOR_GARBAGE = 50_000
"""New objects before Python looks for garbage (its own choice: 700). Most of what a command makes are its imports, and
they stay: looking among them again and again took an eighth of its time. Chosen before the first of them."""

gc.set_threshold(LOOK_FOR_GARBAGE)

from trueup.cli.main import main_of_process  # noqa: E402 - see above


def run() -> None:
    """Run the command line of this process and end it. Python would look through all that is still there, twice, before
    it ends: a quarter of what a small command takes. What ends with the process needs no collecting."""
    code = main_of_process()
    gc.freeze()
    sys.exit(code)


if __name__ == "__main__":
    run()
