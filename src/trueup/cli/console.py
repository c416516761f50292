"""Where text goes: results to standard output, progress and errors to standard error, plain where nobody watches."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console

from trueup.cli.speaking import sentences

if TYPE_CHECKING:
    from rich.progress import Progress

Report = Callable[[str, int, int | None], None]
"""A use case's progress: a step's code, how many are done, how many there will be (None while unknown)."""


def _console(*, to_errors: bool) -> Console:
    return Console(stderr=to_errors, highlight=False, markup=False, emoji=False)


def out() -> Console:
    """Standard output. `NO_COLOR` and a pipe take the colours away; the width is the terminal's, 80 in a pipe."""
    return _console(to_errors=False)


def err() -> Console:
    """Standard error."""
    return _console(to_errors=True)


def write_line(text: str) -> None:
    """One line of plain output, never wrapped or coloured (JSON, ids for scripts)."""
    sys.stdout.write(text + "\n")


def asked(question: str) -> str:
    """What a person types at the terminal; nothing where nobody is there to be asked."""
    if not sys.stdin.isatty():
        return ""
    sys.stderr.write(f"{question} ")
    sys.stderr.flush()
    return sys.stdin.readline().strip()


def step_name(code: str) -> str:
    """A step's name in words; its code where the catalogue has none."""
    said = sentences()
    return said.text(f"cli.step.{code}") if said.knows(f"cli.step.{code}") else code


@contextmanager
def watched(*, quiet: bool = False) -> Iterator[Report]:
    """A progress to hand to a use case: bars on a terminal, one line a step in a pipe, nothing when `quiet`."""
    console = err()
    if quiet:
        yield lambda _code, _done, _total: None
    elif console.is_terminal:
        with _progress(console) as bars:
            yield _bars(bars)
    else:
        yield _lines(console)


def _progress(console: Console) -> Progress:
    from rich.progress import (  # noqa: PLC0415 - only where somebody watches
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
    )

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, console=console, transient=True)


def _bars(bars: Progress) -> Report:
    tasks: dict[str, object] = {}

    def report(code: str, done: int, total: int | None) -> None:
        if code not in tasks:
            tasks[code] = bars.add_task(step_name(code), total=total)
        bars.update(tasks[code], completed=done, total=total)  # type: ignore[arg-type]

    return report


def _lines(console: Console) -> Report:
    told: set[str] = set()

    def report(code: str, _done: int, _total: int | None) -> None:
        if code not in told:
            told.add(code)
            console.print(f"  {step_name(code)} ...")

    return report
