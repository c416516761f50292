"""`python -m bench`: every figure as a ratio, in one run; with `--write` into the documentation too."""

from __future__ import annotations

import asyncio
import platform
import sys

from bench import collecting_all, collecting_cpu, one_change, page, pages, planning_cpu, psa_calls, starting, usage_year
from bench.figures import Figure, table


async def _measure() -> list[Figure]:
    figures = await collecting_cpu.measure()  # first, so that peak memory is its own
    figures += starting.measure()
    figures += await psa_calls.measure()
    figures += await one_change.measure()
    figures += planning_cpu.measure()
    figures += usage_year.measure()
    figures += await collecting_all.measure()
    figures += await pages.measure()
    return figures


def main() -> int:
    """Measure, print, and exit 1 when a figure is missed."""
    print(f"Python {platform.python_version()} on {platform.system()} {platform.machine()}\n")
    figures = asyncio.run(_measure())
    print(table(figures))
    if "--write" in sys.argv[1:]:
        page.write(figures)
    return 1 if any(figure.verdict == "MISSED" for figure in figures) else 0


if __name__ == "__main__":
    sys.exit(main())
