"""Several reads at once: the first failure ends them all and is raised as itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from trueup.psa.port import PsaReadError


@asynccontextmanager
async def together() -> AsyncIterator[asyncio.TaskGroup]:
    """A group of tasks; when one fails the others are stopped, and its own error is raised, not a group of errors."""
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except BaseExceptionGroup as failures:
        raise _first(failures) from None


def _first(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    """The read error that says most: the first that is one, else the first error of all."""
    found: BaseException | None = None
    for error in failures.exceptions:
        single = _first(error) if isinstance(error, BaseExceptionGroup) else error
        if isinstance(single, PsaReadError):
            return single
        found = found or single
    return found or failures
