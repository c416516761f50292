"""Errors on the terminal: what happened, where, what to do, and the code. No traceback unless asked, never a secret."""

from __future__ import annotations

import json
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path

from trueup.app.connections.setup import NotConnectedError
from trueup.app.errors import Exit, UseCaseError
from trueup.app.rulebook.rules import RuleRefusedError
from trueup.cli.console import err
from trueup.cli.rendering.findings import write_findings
from trueup.cli.rendering.plain import reason_plain
from trueup.cli.speaking import sentences
from trueup.core.expression import ExpressionError, caret
from trueup.core.reason import Reason
from trueup.messages.sentences import harmless
from trueup.modules.catalogue_files import CatalogueError
from trueup.psa.port import PsaReadError
from trueup.store.errors import StoreError


@dataclass(frozen=True, slots=True)
class Shown:
    """An error as a person sees it: one reason or several, lines that show the place, the exit code."""

    reasons: tuple[Reason, ...]
    place: tuple[str, ...] = ()
    exit_code: int = Exit.FAILED


def _alone(error: BaseException) -> BaseException:
    """The one error inside groups that hold a single one."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error


def _of_expression(error: ExpressionError) -> Shown:
    reason = Reason(error.code, tuple(error.params))
    return Shown((reason,), tuple(caret(error).split("\n")), Exit.USAGE)


def _of_catalogue(error: CatalogueError) -> Shown:
    place = tuple(f"{error.file}:{line}: {where}: {text}" for line, where, text in error.problems)
    return Shown((Reason.of("cli.catalogue", file=error.file),), place)


def _unexpected(error: BaseException) -> Shown:
    """Only the kind and the place: the text of an unknown error may quote anything."""
    last = traceback.extract_tb(error.__traceback__)[-1:]
    where = "".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in last)
    return Shown((Reason.of("cli.unexpected", kind=type(error).__name__, where=where),))


def shown_of(error: BaseException) -> Shown:
    """What to show for an error."""
    error = _alone(error)
    if isinstance(error, UseCaseError):
        reasons = error.faults if isinstance(error, RuleRefusedError) else (error.reason,)
        return Shown(reasons, exit_code=int(error.exit_code))
    if isinstance(error, StoreError | PsaReadError):
        return Shown((error.failure.reason if isinstance(error, PsaReadError) else error.reason,))
    if isinstance(error, ExpressionError):
        return _of_expression(error)
    if isinstance(error, CatalogueError):
        return _of_catalogue(error)
    return _unexpected(error)


def write_failure(error: BaseException, *, as_json: bool, debug: bool) -> int:
    """Write an error to standard error; gives the exit code."""
    shown = shown_of(error)
    said = sentences()
    if debug:
        traceback.print_exception(error)
    if as_json:
        first, *more = [reason_plain(reason, said) for reason in shown.reasons]
        told: dict[str, object] = {**first, "place": list(shown.place), "exit_code": shown.exit_code}
        if more:
            told["more"] = more
        sys.stderr.write(json.dumps({"error": told}, ensure_ascii=False) + "\n")
        return shown.exit_code
    console = err()
    inner = _alone(error)
    if isinstance(inner, NotConnectedError):
        write_findings(console, inner.findings, said)
    for number, reason in enumerate(shown.reasons):
        label = said.text("cli.error") if number == 0 else " " * len(said.text("cli.error"))
        text = said.say(reason)
        console.print(f"{label} {_begun(text)}", style="bold")
        cure = said.cure(reason)
        if cure:
            console.print(f"  {cure}")
        for line in shown.place if number == 0 else ():
            console.print(f"    {harmless_line(line)}", soft_wrap=True)
        console.print(f"  [{reason.code}]", style="dim")
    return shown.exit_code


def _begun(text: str) -> str:
    """The sentence with a capital letter, unless it begins with a name such as `datto_rmm.desktop`."""
    return text[:1].upper() + text[1:] if text.split(" ", 1)[0].isalpha() else text


def harmless_line(line: str) -> str:
    """A line of a place: tabs become four blanks, nothing steers the terminal."""
    return harmless(line.replace("\t", "    "))
