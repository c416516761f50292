"""A page of help as text: how a command is called, what it does, and its lists of words with what they mean.

Written without Typer, so that the first page of help, which most people ask for first, waits for nothing.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

Rows = Sequence[tuple[str, str]]

WIDEST, NARROWEST = 78, 50
"""Characters of a line, whatever the terminal says."""
WORDS_AT_MOST = 34
"""A word longer than this has its meaning on the next line."""
_INDENT, _GAP = 2, 2


@dataclass(frozen=True, slots=True)
class HelpPage:
    """`usage` is the line that says how a command is called, `texts` its paragraphs, `lists` titles with rows of a word
    and its meaning; a list without rows is left out."""

    usage: str
    texts: Sequence[str]
    lists: Sequence[tuple[str, Rows]]


def width_here() -> int:
    """Characters of a line on this terminal; the widest where there is none."""
    told = os.environ.get("COLUMNS", "")
    try:
        columns = int(told) if told else os.get_terminal_size(sys.__stdout__.fileno()).columns  # type: ignore[union-attr]
    except (AttributeError, ValueError, OSError):
        return WIDEST
    return max(min(columns - 2, WIDEST), NARROWEST)


def written(page: HelpPage, width: int) -> str:
    """The whole page, in lines of at most so many characters where words allow."""
    lines = [page.usage]
    for text in page.texts:
        for paragraph in text.split("\n\n"):
            lines += ["", *(f"{'':{_INDENT}}{line}" for line in _wrapped(paragraph, width - _INDENT))]
    for title, rows in page.lists:
        if rows:
            lines += ["", f"{title}:", *_listed(rows, width)]
    return "".join(f"{line}\n" for line in lines)


def _listed(rows: Rows, width: int) -> Iterator[str]:
    column = min(max(len(word) for word, _ in rows), WORDS_AT_MOST)
    beside = _INDENT + column + _GAP
    for word, meaning in rows:
        first, *others = _wrapped(meaning, max(width - beside, 10)) or [""]
        if len(word) > column:
            yield f"{'':{_INDENT}}{word}"
            word = ""  # noqa: PLW2901 - its meaning begins on the next line
        yield f"{'':{_INDENT}}{word:{column + _GAP}}{first}".rstrip()
        yield from (f"{'':{beside}}{line}" for line in others)


def _wrapped(text: str, width: int) -> list[str]:
    """Broken at blanks alone: an option and a number with its unit stay whole."""
    lines: list[str] = []
    for word in text.replace("\n", " ").split(" "):
        if not word:
            continue
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines
