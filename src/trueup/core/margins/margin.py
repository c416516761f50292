"""What vendors bill beside what customers are billed for the same usage, with the cause of every difference.

One contract line often counts several billing types, so money is compared for all billing types together that lines
connect: a margin is never made of the price of a line and the cost of a part of what it counts. Amounts of different
currencies are never added (docs/decisions/0166-margins.md).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from trueup.core.margins.prices import Expected
from trueup.core.money import sum_by_currency, to_cents
from trueup.core.reason import Reason

Amounts = Mapping[str | None, Decimal]
"""Amounts, one a currency."""


@dataclass(frozen=True, slots=True)
class Invoiced:
    """A row of an invoice that was matched: to a billing type, and to a customer where it names one that is known."""

    metric: str
    customer_id: str | None
    quantity: Decimal
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class BilledLine:
    """A line that bills usage to a customer: what it counts, whose usage (a parent's line may count its children's),
    its units, and what it bills in a month (None: no price known)."""

    customer_id: str
    service_id: str
    metrics: frozenset[str]
    units: int
    amount: Decimal | None
    currency: str | None
    counts: frozenset[str] = frozenset()

    def is_for(self, customer_id: str) -> bool:
        """Whether it bills the usage of a customer."""
        return customer_id == self.customer_id or customer_id in self.counts


@dataclass(frozen=True, slots=True)
class Month:
    """Everything of one month: usage by billing type and by customer, what vendors should bill and billed, and lines.
    `excluded` are lines that persons took out of following usage: they bill, and what they bill is not known here.
    `over` says that the month has ended, so that an invoice may be missed."""

    used: Mapping[str, Decimal]
    used_by: Mapping[tuple[str, str], Decimal]
    expected: Mapping[str, Expected]
    invoiced: Sequence[Invoiced]
    lines: Sequence[BilledLine]
    over: bool
    excluded: Sequence[BilledLine] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that does not agree, with what it is worth where that can be said."""

    reason: Reason
    amount: Decimal | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class MetricFigures:
    """One billing type of a row. `invoiced` is None where no invoice has it; `cost` is what the vendor billed, else
    what it should bill (`estimated`)."""

    metric: str
    committed: Decimal | None
    used: Decimal
    invoiced: Decimal | None
    cost: Amounts
    estimated: bool
    expected: Expected | None


@dataclass(frozen=True, slots=True)
class CustomerFigures:
    """One customer of a row: usage by billing type, what invoices name for it, and what its lines bill."""

    customer_id: str
    used: tuple[tuple[str, Decimal], ...]
    cost: Amounts
    units: int
    billed: Amounts
    is_billed: bool


@dataclass(frozen=True, slots=True)
class MarginRow:
    """Billing types that lines connect, with the services that bill them. `margin` is None where some cost is not known
    or billed, or where currencies differ; `estimated` says that a part of the cost is what the vendor should bill."""

    metrics: tuple[MetricFigures, ...]
    services: tuple[str, ...]
    units: int
    billed: Amounts
    cost: Amounts
    margin: Decimal | None
    currency: str | None
    estimated: bool
    differences: tuple[Difference, ...]
    customers: tuple[CustomerFigures, ...]


def _groups(month: Month) -> list[frozenset[str]]:
    """Billing types that vendors price or bill, each with those that lines count together with it."""
    groups: dict[str, frozenset[str]] = {}
    for metric in {*month.expected, *(one.metric for one in month.invoiced)}:
        groups[metric] = frozenset({metric})
    for line in month.lines:
        joined = line.metrics.union(*(groups[one] for one in line.metrics if one in groups))
        for metric in joined:
            groups[metric] = joined
    priced = {*month.expected, *(one.metric for one in month.invoiced)}
    return sorted({group for group in groups.values() if group & priced}, key=sorted)


def _figures(metric: str, month: Month) -> MetricFigures:
    rows = [one for one in month.invoiced if one.metric == metric]
    hoped = month.expected.get(metric)
    cost = sum_by_currency((one.currency, one.amount) for one in rows)
    estimated = not rows and hoped is not None and hoped.amount is not None
    if estimated and hoped is not None and hoped.amount is not None:
        cost = {hoped.currency: hoped.amount}
    return MetricFigures(
        metric,
        hoped.committed if hoped else None,
        month.used.get(metric, Decimal(0)),
        sum((one.quantity for one in rows), Decimal(0)) if rows else None,
        cost,
        estimated,
        hoped,
    )


def _beyond(one: Decimal, other: Decimal, tolerance: Decimal) -> bool:
    """Whether two figures differ by more than a share of the larger."""
    return abs(one - other) > tolerance * max(abs(one), abs(other))


def _vendor_differences(one: MetricFigures, tolerance: Decimal, *, over: bool) -> Iterable[Difference]:
    """Between what a vendor billed for one billing type and what it should have."""
    hoped = one.expected
    if hoped is None or (hoped.unpriced and (one.used or one.invoiced)):
        if one.used or one.invoiced:
            yield Difference(Reason.of("margin.no_price", metric=one.metric, days=hoped.unpriced if hoped else None))
        return
    price, currency = hoped.unit_price, hoped.currency
    if hoped.committed is not None and one.used < hoped.committed:
        unused = hoped.committed - one.used
        worth = to_cents(unused * price) if price is not None else None
        told = Reason.of("margin.minimum_applies", metric=one.metric, committed=hoped.committed, used=one.used)
        yield Difference(told, worth, currency)
    if one.invoiced is None:
        if over and hoped.quantity:
            yield Difference(Reason.of("margin.not_invoiced", metric=one.metric), hoped.amount, currency)
        return
    if set(one.cost) != {currency}:
        others = ", ".join(sorted(str(each) for each in one.cost if each != currency))
        yield Difference(Reason.of("margin.other_currency", metric=one.metric, billed=others, agreed=currency))
        return
    if _beyond(one.invoiced, hoped.quantity, tolerance):
        worth = to_cents((one.invoiced - hoped.quantity) * price) if price is not None else None
        told = Reason.of("margin.count_differs", metric=one.metric, invoiced=one.invoiced, expected=hoped.quantity)
        yield Difference(told, worth, currency)
    billed = one.cost[currency]
    agreed = (
        to_cents(hoped.amount * one.invoiced / hoped.quantity) if hoped.amount is not None and hoped.quantity else None
    )
    if agreed is not None and one.invoiced and _beyond(billed, agreed, tolerance):
        told = Reason.of(
            "margin.price_differs",
            metric=one.metric,
            price=(billed / one.invoiced).quantize(Decimal("0.0001")),
            agreed=(agreed / one.invoiced).quantize(Decimal("0.0001")),
            currency=currency,
        )
        yield Difference(told, billed - agreed, currency)


def _customers(group: frozenset[str], lines: Sequence[BilledLine], month: Month) -> tuple[CustomerFigures, ...]:
    used: dict[str, dict[str, Decimal]] = defaultdict(dict)
    for (customer, metric), value in month.used_by.items():
        if metric in group and value:
            used[customer][metric] = value
    cost: dict[str, list[tuple[str | None, Decimal]]] = defaultdict(list)
    for row in month.invoiced:
        if row.metric in group and row.customer_id is not None:
            cost[row.customer_id].append((row.currency, row.amount))
    by_customer: dict[str, list[BilledLine]] = defaultdict(list)
    for line in lines:
        by_customer[line.customer_id].append(line)
    excluded = [line for line in month.excluded if line.metrics & group]
    return tuple(
        CustomerFigures(
            customer,
            tuple(sorted(used[customer].items())),
            sum_by_currency(cost[customer]),
            sum(line.units for line in by_customer[customer]),
            _billed(by_customer[customer]),
            any(line.is_for(customer) for line in (*lines, *excluded)),
        )
        for customer in sorted({*used, *cost, *by_customer})
    )


def _billed(lines: Iterable[BilledLine]) -> Amounts:
    return sum_by_currency((line.currency, line.amount) for line in lines if line.amount is not None)


def _not_billed(group: frozenset[str], customers: Iterable[CustomerFigures], month: Month) -> Iterable[Difference]:
    """Usage or cost of customers for whom no line bills any of it."""
    lost = [one for one in customers if not one.is_billed and (one.used or any(one.cost.values()))]
    if not lost:
        return
    worth: list[tuple[str | None, Decimal]] = []
    for one in lost:
        for metric, value in one.used:
            hoped = month.expected.get(metric)
            if hoped is not None and hoped.unit_price is not None:
                worth.append((hoped.currency, value * hoped.unit_price))
    totals = sum_by_currency(worth)
    alone = len(totals) == 1
    amount = to_cents(next(iter(totals.values()))) if alone else None
    currency = next(iter(totals)) if alone else None
    told = Reason.of("margin.not_billed", customers=len(lost), metrics=", ".join(sorted(group)))
    yield Difference(told, amount, currency)


def _row(group: frozenset[str], month: Month, tolerance: Decimal) -> MarginRow:
    figures = tuple(_figures(metric, month) for metric in sorted(group))
    lines = [line for line in month.lines if line.metrics & group]
    customers = _customers(group, lines, month)
    billed = _billed(lines)
    cost = sum_by_currency((currency, amount) for one in figures for currency, amount in one.cost.items())
    differences = [each for one in figures for each in _vendor_differences(one, tolerance, over=month.over)]
    differences += _not_billed(group, customers, month)
    excluded = sum(1 for line in month.excluded if line.metrics & group)
    if excluded:
        differences.append(Difference(Reason.of("margin.excluded_lines", lines=excluded)))
    unknown = any(not one.cost and (one.used or one.committed) for one in figures)
    unpriced = any(line.amount is None and line.units for line in lines)
    currencies = {*billed, *cost}
    if len(currencies) > 1 and billed and cost:
        told = Reason.of(
            "margin.currencies",
            billed=", ".join(sorted(map(str, billed))),
            cost=", ".join(sorted(map(str, cost))),
        )
        differences.append(Difference(told))
    known = not unknown and not unpriced and not excluded and len(currencies) == 1 and bool(cost)
    currency = next(iter(currencies)) if len(currencies) == 1 else None
    margin = billed.get(currency, Decimal(0)) - cost.get(currency, Decimal(0)) if known else None
    return MarginRow(
        figures,
        tuple(sorted({line.service_id for line in lines})),
        sum(line.units for line in lines),
        billed,
        cost,
        margin,
        currency,
        any(one.estimated for one in figures),
        tuple(differences),
        customers,
    )


def margins(month: Month, tolerance: Decimal) -> tuple[MarginRow, ...]:
    """Every row of a month, the smallest margin first, those without one last. `tolerance` is the share by which a
    count or an amount may differ before it is told."""
    rows = [_row(group, month, tolerance) for group in _groups(month)]
    return tuple(sorted(rows, key=lambda row: (row.margin is None, row.margin or Decimal(0), row.metrics[0].metric)))
