"""From items to readings: each billing type for each organization, zero where there is nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from trueup.core.usage import BillingType, Coverage, Reading, Scalar
from trueup.modules.catalogue_schema import Metric
from trueup.modules.conditions import Predicate, Row, predicate_of
from trueup.modules.rows import Combination, ItemRows, judged

Worth = Callable[[Row], "Decimal | int | None"]
"""What one item with these attributes adds; None where its value is missing."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One billing type ready to count: its condition and field over a stream's attributes."""

    type: BillingType
    kind: str
    where: Predicate | None
    place: int | None
    needs: tuple[int, ...] = ()

    @classmethod
    def of(cls, billing_type: BillingType, metric: Metric, where: str | None, attributes: tuple[str, ...]) -> Measure:
        """Prepare it; raises ExpressionError where the condition does not read."""
        place = attributes.index(metric.field) if metric.field is not None else None
        needs = tuple(attributes.index(name) for name in metric.needs)
        return cls(billing_type, metric.measure, predicate_of(where, attributes), place, needs)

    def applies(self, attributes: Row) -> bool:
        """Whether items with these attributes count, or would need an attribute to tell."""
        return self._lacks(attributes) or self.where is None or judged(self.where, attributes)

    def worth(self, attributes: Row) -> Decimal | int | None:
        """What one such item adds; None where the field holds no number."""
        if self._lacks(attributes):
            return None
        if self.place is None or self.kind == "count_distinct":
            return 1
        value = attributes[self.place]
        return value if isinstance(value, Decimal) else None

    def _lacks(self, attributes: Row) -> bool:
        return any(attributes[place] is None for place in self.needs)


@dataclass(slots=True)
class Totals:
    """Counts of one stream by organization: one list of values for each, in the order of the measures."""

    measures: tuple[Measure, ...]
    values: dict[str, list[Decimal | int]]
    incomplete: set[tuple[str, int]]


def totals_of(rows: ItemRows, measures: tuple[Measure, ...], organizations: Iterable[str]) -> Totals:
    """Add everything up. An item whose number is missing makes its organization's value incomplete."""
    values: dict[str, list[Decimal | int]] = {key: [0] * len(measures) for key in organizations}
    incomplete: set[tuple[str, int]] = set()
    applying = [_applying(known, measures) for known in rows.combinations]
    different: dict[tuple[str, int], set[Scalar]] = {}
    for (organization, index), number in rows.counted().items():
        line = values.setdefault(organization, [0] * len(measures))
        for place, worth in applying[index]:
            measure = measures[place]
            if worth is None:
                incomplete.add((organization, place))
            elif measure.kind == "flag":
                line[place] = 1
            elif measure.kind == "count_distinct":
                found = different.setdefault((organization, place), set())
                found |= {rows.combinations[index].attributes[measure.place or 0]} - {None}
                line[place] = len(found)
            else:
                line[place] += number * worth
    return Totals(measures, values, incomplete)


def _applying(known: Combination, measures: tuple[Measure, ...]) -> tuple[tuple[int, Decimal | int | None], ...]:
    if not known.kept:
        return ()
    fitting = ((place, measure) for place, measure in enumerate(measures) if measure.applies(known.attributes))
    return tuple((place, measure.worth(known.attributes)) for place, measure in fitting)


_FINEST = Decimal("1e-9")
"""About one byte in gigabytes. Sums of divided numbers are settled to it, so that what is exactly 100 is not a unit
more once it is rounded up."""


def _settled(value: Decimal) -> Decimal:
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or exponent >= -9:
        return value
    settled = value.quantize(_FINEST).normalize()
    return settled if settled != settled.to_integral_value() else settled.quantize(Decimal(1))


def readings_of(totals: Totals, coverage: Mapping[str, Coverage]) -> list[Reading]:
    """The readings of one stream; `coverage` names the organizations that are not fully measured."""
    readings: list[Reading] = []
    keys = [measure.type.key for measure in totals.measures]
    numbers: dict[Decimal | int, Decimal] = {}
    for organization, line in totals.values.items():
        known = coverage.get(organization, Coverage.MEASURED)
        for place, value in enumerate(line):
            number = numbers.get(value)
            if number is None:
                number = numbers[value] = _settled(Decimal(value))
            covered = Coverage.PARTIAL if (organization, place) in totals.incomplete else known
            readings.append(Reading(keys[place], organization, number, covered))
    return readings
