"""`python -m trueup`, and the command `trueup`."""

from __future__ import annotations

import gc

LOOK_FOR_GARBAGE = 50_000
"""New objects before Python looks for garbage (its own choice: 700). Most of what a command makes are its imports, and
they stay: looking among them again and again took an eighth of its time. Chosen before the first of them."""

gc.set_threshold(LOOK_FOR_GARBAGE)

from trueup.cli.main import run  # noqa: E402 - see above

if __name__ == "__main__":
    run()
