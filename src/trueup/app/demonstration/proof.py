"""The proof, which does not trust the product: the plan beside the PSA simulator's own dump, line by line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import httpx2

from trueup.app.demonstration.nights import rows_of
from trueup.core.outcome import Outcome, Plan

Held = Mapping[str, tuple[tuple[date, date, int], ...]]


@dataclass(frozen=True, slots=True)
class LineTruth:
    """One line of the plan beside what the PSA simulator itself holds on the day of the change."""

    line_id: str
    customer_name: str
    service_name: str
    planned: int
    held: int

    @property
    def equal(self) -> bool:
        """Whether the PSA holds what was planned."""
        return self.planned == self.held


def units_in_dump(state: Mapping[str, object]) -> Held:
    """Unit rows by line id, as the PSA simulator's dump has them: first day, last day, units."""
    rows: dict[str, list[tuple[date, date, int]]] = {}
    for row in rows_of(state["rows"]):
        line = str(row["contractServiceID"])
        first, last = date.fromisoformat(row["startDate"][:10]), date.fromisoformat(row["endDate"][:10])
        rows.setdefault(line, []).append((first, last, int(row["units"])))
    return {line: tuple(sorted(spans)) for line, spans in rows.items()}


def _truth(outcome: Outcome, held: Held, as_of: date, written: set[str]) -> LineTruth:
    sent = outcome.line_id in written
    day = outcome.adjustments[-1].day if sent and outcome.adjustments else as_of
    planned = outcome.after if sent and outcome.after is not None else outcome.before or 0
    found = next((units for first, last, units in held.get(outcome.line_id, ()) if first <= day <= last), 0)
    return LineTruth(outcome.line_id, outcome.customer_name, outcome.service_name, planned, found)


async def proved(psa: str, plan: Plan, written: set[str]) -> tuple[LineTruth, ...]:
    """Every line of the plan beside the dump: those that were `written` as planned, others untouched."""
    async with httpx2.AsyncClient(timeout=60) as client:
        answer = await client.get(f"{psa}/_simulator/state")
        answer.raise_for_status()
    held = units_in_dump(answer.json())
    return tuple(_truth(outcome, held, plan.as_of, written) for outcome in plan.outcomes)
