"""Calls that are tried again, and whether anybody hears of it. The library is imported with the first call: a command
that calls nobody can ask for silence without it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import stamina

_silent = False


def be_silent() -> None:
    """Say nothing when a call is tried again: standard output belongs to the result of a command."""
    global _silent  # noqa: PLW0603 - the library's own choice is one for the process, too
    _silent = True


def tries(
    on: Callable[[Exception], bool | float | timedelta],
    *,
    attempts: int | None,
    wait_initial: float,
    wait_jitter: float,
    wait_max: float = 5.0,
) -> AsyncIterator[stamina.Attempt]:
    """So many tries of what stands inside, with growing waits in seconds between them, for errors that `on` accepts (a
    number or a duration is the wait that the other side asks for)."""
    import stamina.instrumentation  # noqa: PLC0415

    if _silent:
        stamina.instrumentation.set_on_retry_hooks(())
    return stamina.retry_context(
        on=on,
        attempts=attempts,
        timeout=None,
        wait_initial=wait_initial,
        wait_max=wait_max,
        wait_jitter=wait_jitter,
    )
