"""`python -m bench`: every figure as a ratio, in one run; with `--write` into the documentation too.

Names of parts measure only those (`python -m bench tenants starting`); `--due=1000` plays
the nights of a thousand tenants instead of a sample, `--at-once=N` by workers of so many places.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import platform
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence

from bench import (
    collecting_all,
    collecting_cpu,
    one_change,
    page,
    pages,
    planning_cpu,
    psa_calls,
    starting,
    tenants,
    usage_year,
)
from bench.figures import Figure, table
from trueup.app.jobs.queued import AT_ONCE

os.environ.setdefault("TRUEUP_REACH", "private")  # all that is called here is on this machine

PARTS: Mapping[str, Callable[[], list[Figure] | Awaitable[list[Figure]]]] = {
    "collecting_cpu": collecting_cpu.measure,  # first, so that peak memory is its own
    "starting": starting.measure,
    "psa_calls": psa_calls.measure,
    "one_change": one_change.measure,
    "planning_cpu": planning_cpu.measure,
    "usage_year": usage_year.measure,
    "collecting_all": collecting_all.measure,
    "pages": pages.measure,
    "tenants": tenants.measure,
}


def _number(arguments: Sequence[str], name: str, otherwise: int) -> int:
    told = [one.partition("=")[2] for one in arguments if one.startswith(f"--{name}=")]
    return int(told[-1]) if told else otherwise


async def _measure(asked: Sequence[str], *, due: int, places: int) -> list[Figure]:
    figures: list[Figure] = []
    for name in asked:
        if name == "tenants":
            figures += await tenants.measure(due, places)
            continue
        found = PARTS[name]()
        figures += await found if inspect.isawaitable(found) else found
    return figures


def main() -> int:
    """Measure, print, and exit 1 when a figure is missed, 2 when a part is not known."""
    asked = [one for one in sys.argv[1:] if not one.startswith("--")]
    unknown = [one for one in asked if one not in PARTS]
    if unknown or (asked and "--write" in sys.argv):
        print(f"Parts: {', '.join(PARTS)}. The documentation is written with all of them only.")
        return 2
    print(f"Python {platform.python_version()} on {platform.system()} {platform.machine()}\n")
    due, places = _number(sys.argv, "due", tenants.SAMPLE), _number(sys.argv, "at-once", AT_ONCE)
    figures = asyncio.run(_measure(asked or list(PARTS), due=due, places=places))
    print(table(figures))
    if "--write" in sys.argv:
        page.write(figures, PARTS)
    return 1 if any(figure.verdict == "MISSED" for figure in figures) else 0


if __name__ == "__main__":
    sys.exit(main())
