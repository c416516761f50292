"""Items that more than one line bills, as a person reads them: how many, then which services and lines, then names."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console

from trueup.app.items.twice import ItemTwice, TwiceReport, TwiceRow
from trueup.cli.rendering.plain import Plain
from trueup.cli.rendering.tables import paragraph, write_table
from trueup.core.reason import Reason
from trueup.messages.sentences import Sentences

NAMED = 3
"""How many lines and customers a row names; of more it says how many."""


def _few(names: tuple[str, ...], count: int) -> str:
    more = f" (+{count - NAMED})" if count > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def _services(row: TwiceRow) -> str:
    return " + ".join(row.found.service_names)


def _rows(rows: Iterable[TwiceRow], said: Sentences) -> list[tuple[str, ...]]:
    return [
        (
            said.number(row.found.items),
            _services(row),
            ", ".join(row.found.metrics),
            _few(row.found.line_ids, row.found.lines),
            _few(row.found.customer_names, row.found.customers),
            row.found.key,
        )
        for row in rows
    ]


_TITLES = (
    "cli.billed_twice.count",
    "cli.billed_twice.services",
    "cli.billed_twice.metrics",
    "cli.billed_twice.lines",
    "cli.billed_twice.customers",
    "cli.billed_twice.key",
)


def _table(console: Console, rows: Iterable[TwiceRow], said: Sentences) -> None:
    write_table(console, [said.text(title) for title in _TITLES], _rows(rows, said), right=(0,))


def write_twice(
    console: Console, report: TwiceReport, items: Iterable[ItemTwice], said: Sentences, *, with_muted: bool
) -> None:
    """The rows, then the items that were asked for."""
    head = Reason.of("cli.billed_twice.head", items=report.items)
    if not report.rows:
        head = Reason.of("cli.billed_twice.nothing")
    paragraph(console, said.say(head), style="bold")
    if report.rows:
        _table(console, report.rows, said)
    if report.muted:
        paragraph(console, said.text("cli.billed_twice.muted", rows=len(report.muted)), style="dim")
        if with_muted:
            _table(console, report.muted, said)
    for one in items:
        paragraph(console, f"{one.name} [{one.key}]  {one.connection}, {one.organization}", style="bold")
        for line in one.lines:
            through = ", ".join(line.metrics)
            told = said.text("cli.billed_twice.line", service=line.service, line=line.line_id, metrics=through)
            paragraph(console, told, 4)


def write_muted(console: Console, row: TwiceRow, said: Sentences) -> None:
    """What was muted."""
    paragraph(console, said.text("cli.billed_twice.muted_now", services=_services(row), key=row.found.key))


def row_document(row: TwiceRow) -> dict[str, Plain]:
    """One row as JSON."""
    found = row.found
    mute: Plain = None
    if row.mute is not None:
        until = row.mute.until.isoformat() if row.mute.until else None
        mute = {"reason": row.mute.reason, "by": row.mute.person, "until": until}
    return {
        "key": found.key,
        "module": found.module,
        "stream": found.stream,
        "services": list(found.services),
        "service_names": list(found.service_names),
        "metrics": list(found.metrics),
        "items": found.items,
        "lines": found.lines,
        "customers": found.customers,
        "line_ids": list(found.line_ids),
        "customer_names": list(found.customer_names),
        "muted": mute,
    }


def _item(one: ItemTwice) -> dict[str, Plain]:
    return {
        "connection": one.connection,
        "stream": one.stream,
        "key": one.key,
        "name": one.name,
        "organization": one.organization,
        "lines": [
            {
                "line": line.line_id,
                "customer_name": line.customer,
                "contract_name": line.contract,
                "service": line.service_id,
                "service_name": line.service,
                "metrics": list(line.metrics),
            }
            for line in one.lines
        ],
    }


def twice_document(report: TwiceReport, items: Iterable[ItemTwice] | None) -> dict[str, Plain]:
    """The report as JSON; `found` holds the items where they were asked for."""
    told: dict[str, Plain] = {
        "as_of": report.as_of.isoformat() if report.as_of else None,
        "items": report.items,
        "rows": [row_document(row) for row in report.rows],
        "muted": [row_document(row) for row in report.muted],
    }
    if items is not None:
        told["found"] = [_item(one) for one in items]
    return told
