"""Simulations on the terminal, as JSON, and as CSV."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from decimal import Decimal

from rich.console import Console

from trueup.app.simulations.exporting import csv_lines
from trueup.cli.console import out
from trueup.cli.rendering.plain import Plain, reasons_plain, value_plain, write_json
from trueup.cli.rendering.rules import rule_plain
from trueup.cli.rendering.tables import paragraph, write_table
from trueup.core.simulation.simulation import Figures, SimulatedLine, SimulatedMonth, Simulation
from trueup.messages.rule_sentence import sentence_of
from trueup.messages.sentences import Sentences
from trueup.store.simulations import StoredSimulation

HELD = 3


def show(made: Simulation, checksum: str, said: Sentences, *, as_csv: bool, as_json: bool) -> int:
    """Write a simulation as it was asked for; gives the exit code: 3 where something would have waited or cannot be
    said."""
    if as_json:
        write_json({**_document(made, said), "checksum": checksum})
    elif as_csv:
        for line in csv_lines(made, said):
            sys.stdout.write(line.replace("\r\n", "\n"))
    else:
        _write(out(), made, checksum, said)
    return HELD if made.total.held or made.total.unsaid else 0


def _amounts(amounts: Mapping[str | None, Decimal], said: Sentences, *, signed: bool = False) -> str:
    write = said.signed_money if signed else said.money
    return ", ".join(
        write(amount, currency) for currency, amount in sorted(amounts.items(), key=lambda one: str(one[0]))
    )


def _row(name: str, found: Figures, said: Sentences) -> tuple[str, ...]:
    return (
        name,
        said.number(found.billed_units),
        said.number(found.simulated_units),
        _amounts(found.billed, said),
        _amounts(found.simulated, said),
        _amounts(found.difference, said, signed=True),
        said.number(found.held),
        said.number(found.unsaid),
    )


def _write(console: Console, made: Simulation, checksum: str, said: Sentences) -> None:
    paragraph(
        console,
        said.text("cli.simulate.head", first=made.first, last=made.last, lines=len(made.lines)),
        style="bold",
    )
    for rule in made.rules:
        paragraph(console, sentence_of(rule, said))
    for note in made.notes:
        paragraph(console, said.say(note), style="yellow")
    if not made.lines:
        paragraph(console, said.text("cli.simulate.nothing"))
    columns = ("billed_units", "simulated_units", "billed", "simulated", "difference", "held", "unsaid")
    months = ((said.month(month), found) for month, found in made.by_month)
    groups: tuple[tuple[str, Iterable[tuple[str, Figures]]], ...] = (
        ("month", months),
        ("customer", made.by_customer),
        ("service", made.by_service),
    )
    for title, rows in groups if made.lines else ():
        titles = [said.word("simulation", name) for name in (title, *columns)]
        console.print()
        write_table(console, titles, [_row(name, found, said) for name, found in rows], right=range(1, 8))
    for line in made.lines:
        for month in line.months:
            for reason in month.reasons:
                place = f"{line.customer_name} / {line.service_name}, {said.month(month.month)}: "
                paragraph(console, place + said.say(reason, line.currency), style="yellow")
    paragraph(console, said.text("cli.simulate.next", simulation=made.id, checksum=checksum[:12]), style="dim")


def _month(month: SimulatedMonth, line: SimulatedLine, said: Sentences) -> dict[str, Plain]:
    return {
        "month": f"{month.month:%Y-%m}",
        "billed_units": month.billed_units,
        "simulated_units": month.simulated_units,
        "billed": value_plain(month.billed),
        "simulated": value_plain(month.simulated),
        "difference": value_plain(month.difference),
        "held": month.held,
        "unknown_days": month.unknown_days,
        "reasons": reasons_plain(month.reasons, said, line.currency),
    }


def _line(line: SimulatedLine, said: Sentences) -> dict[str, Plain]:
    return {
        "line": line.line_id,
        "customer": line.customer_id,
        "customer_name": line.customer_name,
        "contract_name": line.contract_name,
        "service": line.service_id,
        "service_name": line.service_name,
        "currency": line.currency,
        "months": [_month(month, line, said) for month in line.months],
    }


def _figures(found: Figures) -> dict[str, Plain]:
    amounts: list[Plain] = [
        {
            "currency": currency,
            "billed": value_plain(found.billed[currency]),
            "simulated": value_plain(found.simulated[currency]),
            "difference": value_plain(difference),
        }
        for currency, difference in found.difference.items()
    ]
    return {
        "billed_units": found.billed_units,
        "simulated_units": found.simulated_units,
        "amounts": amounts,
        "held": found.held,
        "unsaid": found.unsaid,
    }


def listed_plain(stored: StoredSimulation, said: Sentences) -> dict[str, Plain]:
    """A simulation without its lines."""
    made = stored.simulation
    return {
        "simulation": made.id,
        "made_at": made.made_at.isoformat(),
        "made_by": made.made_by,
        "first": made.first.isoformat(),
        "last": made.last.isoformat(),
        "rules": [rule_plain(rule, said) for rule in made.rules],
        "total": _figures(made.total),
        "checksum": stored.checksum,
        "approved_by": stored.approved_by,
        "approved_at": value_plain(stored.approved_at),
    }


def _document(made: Simulation, said: Sentences) -> dict[str, Plain]:
    return {
        **listed_plain(StoredSimulation(made, made.checksum), said),
        "months": [{"month": f"{month:%Y-%m}", **_figures(found)} for month, found in made.by_month],
        "customers": [{"name": name, **_figures(found)} for name, found in made.by_customer],
        "services": [{"name": name, **_figures(found)} for name, found in made.by_service],
        "lines": [_line(line, said) for line in made.lines],
        "notes": reasons_plain(made.notes, said),
    }


def write_list(console: Console, found: Iterable[StoredSimulation], said: Sentences) -> None:
    """Simulations, newest first."""
    rows = [
        (
            one.simulation.id,
            f"{said.month(one.simulation.first)} - {said.month(one.simulation.last)}",
            " ".join(sentence_of(rule, said) for rule in one.simulation.rules),
            _amounts(one.simulation.total.difference, said, signed=True),
            one.approved_by or "",
        )
        for one in found
    ]
    if not rows:
        paragraph(console, said.text("cli.simulate.none_yet"))
        return
    titles = [said.word("simulation", name) for name in ("simulation", "month", "rules", "difference", "approved")]
    write_table(console, titles, rows, right=(3,))
