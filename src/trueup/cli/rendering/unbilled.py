"""Unbilled usage as a person reads it: the money first, then whose it is, then what to do."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console

from trueup.app.unbilled.finding import NAMED, UnbilledReport, UnbilledRow, why
from trueup.cli.rendering.plain import Plain
from trueup.cli.rendering.tables import paragraph, write_table
from trueup.core.reason import Reason
from trueup.messages.sentences import Sentences


def _names(names: Iterable[str]) -> str:
    found = list(names)
    more = f" (+{len(found) - NAMED})" if len(found) > NAMED else ""
    return ", ".join(found[:NAMED]) + more


def _rows(rows: tuple[UnbilledRow, ...], said: Sentences) -> list[tuple[str, ...]]:
    return [
        (
            "" if row.found.amount is None else said.money(row.found.amount, row.found.currency),
            row.customer or _names(row.organizations),
            row.label,
            said.number(row.found.quantity),
            said.say(why(row)),
            row.found.key,
        )
        for row in rows
    ]


def _titles(said: Sentences) -> list[str]:
    return [said.text(f"cli.unbilled.{name}") for name in ("amount", "whose", "what", "units", "why", "key")]


def write_report(console: Console, report: UnbilledReport, said: Sentences, *, with_muted: bool) -> None:
    """The amounts, then the rows; idle lines and ending contracts below."""
    amounts = ", ".join(said.money(amount, currency) for currency, amount in sorted(report.totals.items(), key=str))
    head = Reason.of("cli.unbilled.head", amounts=amounts, customers=report.customers, rows=len(report.rows))
    if not report.rows:
        head = Reason.of("cli.unbilled.nothing")
    paragraph(console, said.say(head), style="bold")
    if report.rows:
        write_table(console, _titles(said), _rows(report.rows, said), right=(0, 3))
    if report.muted:
        paragraph(console, said.text("cli.unbilled.muted", rows=len(report.muted)), style="dim")
        if with_muted:
            write_table(console, _titles(said), _rows(report.muted, said), right=(0, 3))
    for line in report.idle:
        code = "unbilled.idle_unmapped" if line.unmapped else "unbilled.idle"
        told = Reason.of(code, customer=line.customer, service=line.service, units=line.units, line=line.line_id)
        paragraph(console, said.say(told))
    for one in report.ending:
        told = Reason.of("unbilled.ending", customer=one.customer, contract=one.contract, day=one.end, lines=one.lines)
        paragraph(console, said.say(told))


def write_muted(console: Console, row: UnbilledRow, said: Sentences) -> None:
    """What was muted."""
    paragraph(console, said.text("cli.unbilled.muted_now", label=row.label, key=row.found.key))


def row_document(row: UnbilledRow) -> dict[str, Plain]:
    """One row as JSON; amounts and quantities as text, so that no digit is lost."""
    found = row.found
    mute: Plain = None
    if row.mute is not None:
        until = row.mute.until.isoformat() if row.mute.until else None
        mute = {"reason": row.mute.reason, "by": row.mute.person, "until": until}
    return {
        "key": found.key,
        "kind": found.kind.value,
        "customer": found.customer_id,
        "customer_name": row.customer,
        "metric": found.metric,
        "label": row.label,
        "quantity": str(found.quantity),
        "organizations": [{"connection": place[0], "key": place[1]} for place in found.organizations],
        "service": found.service_id,
        "service_name": row.service,
        "contracts": list(found.contracts),
        "amount": None if found.amount is None else str(found.amount),
        "currency": found.currency,
        "muted": mute,
    }


def report_document(report: UnbilledReport) -> dict[str, Plain]:
    """The report as JSON."""
    return {
        "as_of": report.as_of.isoformat(),
        "totals": [{"currency": currency, "amount": str(amount)} for currency, amount in report.totals.items()],
        "customers": report.customers,
        "rows": [row_document(row) for row in report.rows],
        "muted": [row_document(row) for row in report.muted],
        "idle": [
            {
                "line": line.line_id,
                "customer_name": line.customer,
                "service_name": line.service,
                "units": line.units,
                "unmapped": line.unmapped,
                "amount": None if line.amount is None else str(line.amount),
                "currency": line.currency,
            }
            for line in report.idle
        ],
        "ending": [
            {
                "contract": one.contract_id,
                "contract_name": one.contract,
                "customer_name": one.customer,
                "end": one.end.isoformat(),
                "lines": one.lines,
            }
            for one in report.ending
        ],
    }
