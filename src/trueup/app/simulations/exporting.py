"""A simulation as a CSV file: one row a line and month."""

from __future__ import annotations

from collections.abc import Iterator

from trueup.app.exports.cells import csv_row
from trueup.core.simulation.simulation import Simulation
from trueup.messages.sentences import Sentences

_TITLES = (
    "month",
    "customer",
    "contract",
    "service",
    "line",
    "billed_units",
    "simulated_units",
    "billed",
    "simulated",
    "difference",
    "currency",
    "unknown_days",
    "state",
    "why",
)


def csv_lines(made: Simulation, said: Sentences) -> Iterator[str]:
    """The file, row by row. Amounts and units are plain numbers, months are written 2026-10, so that it sorts."""
    yield "\N{BYTE ORDER MARK}" + csv_row(said.word("simulation", name) for name in _TITLES)
    for line in made.lines:
        for month in line.months:
            state = "unsaid" if not month.can_be_said else "held" if month.held else "said"
            yield csv_row(
                (
                    f"{month.month:%Y-%m}",
                    line.customer_name,
                    line.contract_name,
                    line.service_name,
                    line.line_id,
                    month.billed_units,
                    month.simulated_units,
                    month.billed,
                    month.simulated,
                    month.difference,
                    line.currency,
                    month.unknown_days,
                    said.word("simulated", state),
                    " ".join(said.say(one, line.currency) for one in month.reasons),
                )
            )
