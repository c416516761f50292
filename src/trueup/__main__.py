"""`python -m trueup`: the same as the command `trueup`."""

from __future__ import annotations

from trueup.cli.main import run

if __name__ == "__main__":
    run()
