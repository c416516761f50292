"""The modules of the demonstration as a table, and what to do about those that do not deliver everything."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from trueup.app.demonstration.sources import Source, Standing, Waiting
from trueup.cli.rendering.tables import paragraph, write_table
from trueup.messages.sentences import Sentences, harmless

_LINES = 5


def write_sources(console: Console, sources: Iterable[Source], said: Sentences) -> None:
    """One row a module: how its usage comes in, its state, and how much it delivered."""
    titles = [said.text(f"cli.demo.{name}") for name in ("module", "way", "state", "organizations", "items")]
    rows = [
        (one.label, said.word("way", one.way.value), said.word("standing", one.standing.value), *_brought(one, said))
        for one in sources
    ]
    write_table(console, titles, rows, right=(3, 4))


def _brought(source: Source, said: Sentences) -> tuple[str, str]:
    """Organizations and items; dashes where nothing came."""
    if source.standing not in (Standing.DELIVERED, Standing.PARTIAL):
        return "-", "-"
    return said.number(source.organizations), said.number(source.items)


def _names(waiting: Waiting, said: Sentences) -> Iterable[str]:
    for line in waiting.lines[:_LINES]:
        yield said.text(
            "cli.demo.waiting_line",
            customer=harmless(line.customer_name),
            service=harmless(line.service_name),
            units=said.number(line.before or 0),
        )


def write_waiting(console: Console, found: Iterable[Waiting], said: Sentences) -> None:
    """For each module that does not deliver everything: why, what to do, and the lines that keep their units."""
    for waiting in found:
        source = waiting.source
        failure = source.failure
        state = said.word("standing", source.standing.value)
        if failure is not None:
            state = said.word("failure", failure.category.value)
        head = said.text("cli.demo.trouble", module=source.label, state=state)
        console.print(Text(head, style="red" if source.standing is not Standing.PARTIAL else "yellow"))
        told = (failure.reason,) if failure is not None else source.notes
        for reason in told:
            paragraph(console, said.say(reason), 4)
            cure = said.cure(reason)
            if cure:
                paragraph(console, cure, 4, "bold")
        paragraph(console, said.text("cli.demo.waiting", count=len(waiting.lines), last=waiting.last_whole_day), 4)
        for name in _names(waiting, said):
            paragraph(console, f"- {name}", 6)
        if len(waiting.lines) > _LINES:
            paragraph(console, said.text("cli.more", count=len(waiting.lines) - _LINES), 6)
