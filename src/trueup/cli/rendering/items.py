"""Items as a person reads them: what it is, when it was there, who pays for it."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from rich.console import Console

from trueup.app.items.tracing import TracedItem
from trueup.cli.rendering.plain import Plain
from trueup.cli.rendering.tables import paragraph
from trueup.core.usage import Scalar
from trueup.messages.sentences import Sentences


def write_items(console: Console, text: str, found: Iterable[TracedItem], said: Sentences) -> None:
    """Each item with its days and lines."""
    items = tuple(found)
    if not items:
        paragraph(console, said.text("items.none", text=text))
    for one in items:
        paragraph(console, f"{one.name} [{one.key}]  {one.connection}", style="bold")
        owners = ", ".join(one.customers) or None
        paragraph(console, said.text("items.place", organization=one.organization, customers=owners), 4)
        for span in one.presence:
            key = "items.since" if span.last is None else "items.between"
            when = {"first": span.first, "last": span.last, "days": span.days, "organization": span.organization}
            paragraph(console, said.text(key, **when), 4)
        if one.counted_by:
            paragraph(console, said.text("items.counted", metrics=", ".join(one.counted_by)), 4)
        for line in one.lines:
            paragraph(
                console,
                said.text(
                    "items.line",
                    customer=line.customer,
                    service=line.service,
                    contract=line.contract,
                    line=line.line_id,
                    metrics=", ".join(line.metrics),
                ),
                4,
            )
        if one.there and not one.lines:
            paragraph(console, said.text("items.no_line"), 4)
        if one.twice:
            paragraph(console, said.text("items.twice", metrics=", ".join(one.twice)), 4, "yellow")


def _plain(value: Scalar) -> Plain:
    if isinstance(value, str | bool | None):
        return value
    return str(value) if isinstance(value, Decimal) else value.isoformat()


def items_document(found: Iterable[TracedItem]) -> dict[str, Plain]:
    """The items as JSON."""
    return {
        "items": [
            {
                "connection": one.connection,
                "stream": one.stream,
                "key": one.key,
                "name": one.name,
                "there": one.there,
                "attributes": {name: _plain(value) for name, value in one.attributes},
                "organization": one.organization,
                "customers": list(one.customers),
                "presence": [
                    {
                        "first": span.first.isoformat(),
                        "last": span.last.isoformat() if span.last else None,
                        "organization": span.organization,
                        "delivered_days": span.days,
                    }
                    for span in one.presence
                ],
                "counted_by": list(one.counted_by),
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
                "twice": list(one.twice),
            }
            for one in found
        ]
    }
