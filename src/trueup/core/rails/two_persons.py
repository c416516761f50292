"""Approval by two persons: which outcomes are worth so much that one person's word is not enough.

The limit is an amount in one currency. An outcome is above it when its recurring amount per month, the same since its
billing period began, or its one-off amount is greater in size; amounts in another currency are never compared. Where
nobody says which currency it is, the lowest limit counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from trueup.core.acting import person_behind
from trueup.core.outcome import Outcome
from trueup.core.reason import Reason

CODE = "note.second_approval"


def second_approval(
    outcome: Outcome,
    limits: Mapping[str, Decimal],
    currency: str | None = None,
    since_period: Decimal | None = None,
) -> Reason | None:
    """Why two persons must approve this outcome; None where one is enough. `currency` is the tenant's, for a contract
    that names none; `since_period` the recurring amount per month by which the line moves since its period began.

    What the plan has said of it stands, also where the limit was raised since.
    """
    said = next((reason for reason in outcome.reasons if reason.code == CODE), None)
    if said is not None:
        return said
    unit = outcome.currency or currency
    limit = limits.get(unit) if unit is not None else min(limits.values(), default=None)
    if limit is None or not outcome.adjustments:
        return None
    amounts = [abs(amount) for amount in (outcome.recurring, outcome.amount, since_period) if amount is not None]
    largest = max(amounts, default=Decimal(0))
    return Reason.of(CODE, amount=largest, limit=limit, currency=unit) if largest > limit else None


def same_person(one: str, other: str) -> bool:
    """Whether two names mean one person: written alike but for case and blanks. A token is the person it acts for."""
    first, second = person_behind(one), person_behind(other)
    return " ".join(first.split()).casefold() == " ".join(second.split()).casefold()


def enough(persons: Iterable[str], needs_two: bool) -> bool:
    """Whether these persons' approvals are enough."""
    different: list[str] = []
    for person in persons:
        if not any(same_person(person, known) for known in different):
            different.append(person)
    return len(different) >= (2 if needs_two else 1)
