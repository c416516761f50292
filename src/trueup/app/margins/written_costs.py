"""Unit costs in the journal: which service an intent is about, what its cost was to become, and what it takes back."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from trueup.core.outcome import CostChange, EntryKind, Outcome
from trueup.store.journal import Intent

_LINE: Final = "cost-"


def line_of(service_id: str) -> str:
    """The name under which a service's cost stands in plans and in the journal: one, so that it is written once."""
    return f"{_LINE}{service_id}"


@dataclass(frozen=True, slots=True)
class WrittenCost:
    """What an intent wants of a service's unit cost; `undoes` is the run that it takes back, if it does."""

    service_id: str
    service: str
    before: Decimal | None
    after: Decimal
    currency: str
    undoes: str | None = None


def is_cost(intent: Intent) -> bool:
    """Whether an intent is about a service's unit cost."""
    return ("entry", EntryKind.UNIT_COST.value) in intent.details


def written_cost(intent: Intent) -> WrittenCost:
    """What an intent about a unit cost says."""
    told = dict(intent.details)
    before = Decimal(told["before"]) if told["before"] else None
    return WrittenCost(
        told["service"], told["name"], before, Decimal(told["after"]), told["currency"], told.get("undoes")
    )


def details_of(outcome: Outcome, cost: CostChange) -> tuple[tuple[str, str], ...]:
    """An entry of a plan as the journal keeps it."""
    undoes = next((str(one.get("run")) for one in outcome.reasons if one.code == "change.unit_cost_back"), None)
    return (
        ("entry", EntryKind.UNIT_COST.value),
        ("service", outcome.service_id),
        ("name", outcome.service_name),
        ("before", "" if cost.before is None else str(cost.before)),
        ("after", str(cost.after)),
        ("currency", cost.currency),
        *((("undoes", undoes),) if undoes else ()),
    )
