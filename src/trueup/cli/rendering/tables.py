"""Small tables: no borders, figures to the right, long names folded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from textwrap import wrap

from rich.console import Console
from rich.table import Table
from rich.text import Text

from trueup.messages.sentences import harmless

_NARROWEST = 24


def paragraph(console: Console, text: str, left: int = 0, style: str = "") -> None:
    """Wrapped text that stands in from the left on every line. Only ordinary blanks part words, so that a number
    stays with its unit, and an option with its hyphens."""
    width = max(_NARROWEST, console.width - left)
    for line in wrap(harmless(text), width, break_on_hyphens=False) or [""]:
        console.print(Text(" " * left + line, style=style), soft_wrap=True)


def write_table(
    console: Console,
    titles: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    right: Sequence[int] = (),
) -> None:
    """A table; `right` names the columns of figures by their place."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for place, title in enumerate(titles):
        figures = place in right
        table.add_column(title, justify="right" if figures else "left", no_wrap=figures, overflow="fold")
    for row in rows:
        table.add_row(*(Text(harmless(cell)) for cell in row))
    console.print(table)
