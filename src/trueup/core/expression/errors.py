"""What an expression says when it cannot be read, checked or worked out, and how to show the place."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable

from trueup.core.expression.codes import TABLE, Code

_SUGGESTIONS = 3


class ExpressionError(Exception):
    """A fault in an expression: a stable code, the characters it concerns, and parameters for a sentence.

    `position` and `length` count characters of `text` (not bytes), from 0; what is missing at the end lies behind
    the last part that is there. `str(error)` is the code alone: sentences are written at the edge, and values of items
    never appear in an error.
    """

    def __init__(
        self,
        code: Code,
        text: str,
        position: int,
        length: int,
        params: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(code.value)
        self.code: str = code.value
        self.text = text
        self.position = position
        self.length = length
        self.params = params

    def __str__(self) -> str:
        return self.code

    def __reduce__(self) -> tuple[type[ExpressionError], tuple[object, ...]]:
        return (type(self), (Code(self.code), self.text, self.position, self.length, self.params))


def fault(code: Code, text: str, position: int, length: int, *values: object) -> ExpressionError:
    """Build an error; `values` are its parameters in the order of the table of codes."""
    names = TABLE[code].params
    params = tuple((name, str(value)) for name, value in zip(names, values, strict=True))
    return ExpressionError(code, text, position, length, params)


def suggestions(name: str, known: Iterable[str]) -> str:
    """Known names that look like `name`, best first, joined with a comma; names that differ in case come first."""
    by_fold: dict[str, list[str]] = {}
    for candidate in known:
        by_fold.setdefault(candidate.casefold(), []).append(candidate)
    wanted = name.casefold()
    folds = difflib.get_close_matches(wanted, by_fold, n=_SUGGESTIONS)
    tails = [fold for fold in by_fold if fold.rpartition(".")[2] == wanted and fold not in folds]
    found = [candidate for fold in [*folds, *sorted(tails)] for candidate in by_fold[fold]]
    return ", ".join(found[:_SUGGESTIONS])


def caret(error: ExpressionError) -> str:
    """Two lines: the line of the text that holds the fault, and a marker of `^` below the faulty characters.

    Tabs are kept, wide characters take two columns and combining ones none, so that the marker stands right in a
    terminal. Characters that cannot be printed are replaced, so that no text can steer the terminal.
    """
    start = max(error.text.rfind(newline, 0, error.position) for newline in "\n\r") + 1
    line = re.split("[\n\r]", error.text[start:], maxsplit=1)[0]
    before = error.position - start
    margin = "".join("\t" if c == "\t" else " " * _columns(c) for c in line[:before])
    marker = "^" * max(1, sum(_columns(c) for c in line[before : before + error.length]))
    shown = "".join(c if c == "\t" or c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line)
    return f"{shown}\n{margin}{marker}"


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
