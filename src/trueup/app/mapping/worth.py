"""What usage of organizations that nobody decided on would bring in a month: unbilled usage, seen by organization."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from trueup.app.unbilled.finding import unbilled
from trueup.app.workspace import Workspace
from trueup.core.counting.scope import OrganizationKey
from trueup.core.money import sum_by_currency
from trueup.core.unbilled.finding import UnbilledKind


@dataclass(frozen=True, slots=True)
class Worth:
    """An amount a month, in one currency."""

    amount: Decimal
    currency: str | None


async def worth_of_unmapped(ws: Workspace) -> Mapping[OrganizationKey, Worth]:
    """By organization; those without a price are left out, and what a person muted. An organization with amounts of
    several currencies shows the largest, because they are never added."""
    report = await unbilled(ws)
    parts: dict[OrganizationKey, list[tuple[str | None, Decimal]]] = {}
    for row in report.rows:
        found = row.found
        if found.kind is UnbilledKind.UNMAPPED and found.amount is not None:
            for key in found.organizations:
                parts.setdefault(key, []).append((found.currency, found.amount))
    totals = {key: sum_by_currency(amounts) for key, amounts in parts.items()}
    return {
        key: max((Worth(amount, currency) for currency, amount in amounts.items()), key=lambda worth: worth.amount)
        for key, amounts in totals.items()
    }
