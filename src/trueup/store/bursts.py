"""Bursts of allocation: many thousands of rows at once, none of them in a cycle."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collector() -> Iterator[None]:
    """Let Python's cycle collector rest meanwhile: it would walk all rows again and again and find nothing, for about
    as much time as the work itself takes. Measured: docs/decisions/0021-usage-as-intervals.md."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
