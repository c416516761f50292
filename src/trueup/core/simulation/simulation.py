"""A simulation: what rules would have billed in past months, line by line, beside what was billed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from trueup.core.digest import Part, digest
from trueup.core.money import sum_by_currency
from trueup.core.reason import Reason
from trueup.core.rule import Rule


@dataclass(frozen=True, slots=True)
class SimulatedMonth:
    """One line in one calendar month. Units are those of the line's last day in it; amounts are for its days of the
    month, at today's price (None without one).

    `simulated_units` is None where the rule could not say, and `reasons` tell why; else `reasons` are the rails that
    held a change of the month for a person. `unknown_days` are days without a measured reading.
    """

    month: date
    billed_units: int
    simulated_units: int | None
    billed: Decimal | None
    simulated: Decimal | None
    unknown_days: int = 0
    reasons: tuple[Reason, ...] = ()

    @property
    def can_be_said(self) -> bool:
        """Whether the rule could say what the line's units are."""
        return self.simulated_units is not None

    @property
    def held(self) -> bool:
        """Whether a change of the month would have waited for a person."""
        return self.can_be_said and bool(self.reasons)

    @property
    def difference(self) -> Decimal | None:
        """Simulated minus billed."""
        return None if self.simulated is None or self.billed is None else self.simulated - self.billed


@dataclass(frozen=True, slots=True)
class SimulatedLine:
    """One line under the simulated rules, month by month."""

    line_id: str
    customer_id: str
    customer_name: str
    contract_name: str
    service_id: str
    service_name: str
    currency: str | None
    months: tuple[SimulatedMonth, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """Line-months added up: units and money of those that could be said, by currency, and how many could not or would
    have waited for a person."""

    billed_units: int
    simulated_units: int
    billed: Mapping[str | None, Decimal]
    simulated: Mapping[str | None, Decimal]
    held: int
    unsaid: int

    @property
    def difference(self) -> Mapping[str | None, Decimal]:
        """Simulated minus billed, by currency."""
        return {currency: amount - self.billed[currency] for currency, amount in self.simulated.items()}


LineMonth = tuple[SimulatedLine, SimulatedMonth]


def figures_of(found: Iterable[LineMonth]) -> Figures:
    """Those line-months added up; the billed side holds the same line-months as the simulated one."""
    pairs = list(found)
    said = [(line, month) for line, month in pairs if month.can_be_said]
    priced = [(line.currency, month) for line, month in said if month.difference is not None]
    return Figures(
        billed_units=sum(month.billed_units for _, month in said),
        simulated_units=sum(month.simulated_units or 0 for _, month in said),
        billed=sum_by_currency((currency, one.billed) for currency, one in priced if one.billed is not None),
        simulated=sum_by_currency((currency, one.simulated) for currency, one in priced if one.simulated is not None),
        held=sum(1 for _, month in said if month.held),
        unsaid=len(pairs) - len(said),
    )


@dataclass(frozen=True, slots=True)
class Simulation:
    """Rules played over whole months. `rules` are those tried, `instead_of` the ids and versions that were in force
    for their services when this was made: an approval is bound to them. `notes` say what is not known."""

    id: str
    made_at: datetime
    made_by: str
    as_of: date
    first: date
    last: date
    rules: tuple[Rule, ...]
    instead_of: tuple[tuple[str, int], ...]
    lines: tuple[SimulatedLine, ...]
    notes: tuple[Reason, ...] = ()

    @property
    def total(self) -> Figures:
        """All line-months."""
        return figures_of((line, month) for line in self.lines for month in line.months)

    @property
    def by_month(self) -> tuple[tuple[date, Figures], ...]:
        """Figures of each month, in order."""
        found: dict[date, list[LineMonth]] = defaultdict(list)
        for line in self.lines:
            for month in line.months:
                found[month.month].append((line, month))
        return tuple((month, figures_of(found[month])) for month in sorted(found))

    @property
    def by_customer(self) -> tuple[tuple[str, Figures], ...]:
        """Figures of each customer, by name."""
        return self._by((line.customer_id, line.customer_name) for line in self.lines)

    @property
    def by_service(self) -> tuple[tuple[str, Figures], ...]:
        """Figures of each service, by name."""
        return self._by((line.service_id, line.service_name) for line in self.lines)

    def _by(self, keys: Iterable[tuple[str, str]]) -> tuple[tuple[str, Figures], ...]:
        found: dict[tuple[str, str], list[LineMonth]] = defaultdict(list)
        for line, key in zip(self.lines, keys, strict=True):
            found[key].extend((line, month) for month in line.months)
        ordered = sorted(found, key=lambda key: (key[1].casefold(), key[0]))
        return tuple((name, figures_of(found[key_id, name])) for key_id, name in ordered)

    @property
    def checksum(self) -> str:
        """Over the rules, what they stand in for, and every figure that is shown."""
        lines = [[one.line_id, one.currency, [_part(month) for month in one.months]] for one in self.lines]
        return digest(self.first, self.last, list(map(repr, self.rules)), list(map(list, self.instead_of)), lines)


def _part(month: SimulatedMonth) -> Part:
    return [
        month.month,
        month.billed_units,
        month.simulated_units,
        month.billed,
        month.simulated,
        month.unknown_days,
        list(map(repr, month.reasons)),
    ]
