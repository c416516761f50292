"""The margins of a month: what was used and billed as the store has it, beside what vendors ask and bill."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from trueup.app.clock import usage_day
from trueup.app.connections.known_psa import PsaNames
from trueup.app.counting.vocabulary import Vocabulary, vocabulary
from trueup.app.margins.matching_rows import UnmatchedRow, matched_rows
from trueup.app.plans.shared_figures import SharedFigures
from trueup.app.rulebook.billing_rules import BillingRules
from trueup.app.rulebook.counted_names import type_labels
from trueup.app.usage.newest_usage import UsageFigure
from trueup.app.workspace import Workspace
from trueup.core.counting.scope import OrganizationKey
from trueup.core.margins.margin import BilledLine, MarginRow, Month, margins
from trueup.core.margins.prices import Commitment, Expected, VendorPrice, expected
from trueup.core.money import per_month
from trueup.core.period import Period, month_of
from trueup.core.reason import Reason
from trueup.core.usage import Coverage
from trueup.store.customers import Mapping as Mapped
from trueup.store.tenant_store import TenantStore

TOLERANCE: Final = Decimal("0.01")
"""The share by which a count or an amount may differ before it is told."""


@dataclass(frozen=True, slots=True)
class MarginReport:
    """The rows of a month, with names. `used_on` and `billed_on` are the days that usage and lines are of; None where
    the month has none. `unmatched` rows of invoices are in no margin."""

    month: Period
    rows: tuple[MarginRow, ...]
    labels: Mapping[str, str]
    services: Mapping[str, str]
    customers: Mapping[str, str]
    used_on: date | None
    billed_on: date | None
    invoices: int
    unmatched: tuple[UnmatchedRow, ...]
    nobody: int
    currency: str | None

    def named(self, reason: Reason) -> Reason:
        """The reason of a difference with billing types by their names instead of their keys, for a sentence. What
        somebody should type needs the keys: cures are said of the reason as it is."""
        given = dict(reason.params)
        for name in ("metric", "metrics"):
            if isinstance(keys := given.get(name), str):
                given[name] = ", ".join(self.labels.get(key, key) for key in keys.split(", "))
        return Reason.of(reason.code, **given)


@dataclass(frozen=True, slots=True)
class _Used:
    by_metric: Mapping[str, Decimal]
    by_customer: Mapping[tuple[str, str], Decimal]
    day: date | None


@dataclass(frozen=True, slots=True)
class _Lines:
    """Lines that follow usage as a plan of `day` saw them, and those that persons excluded."""

    followed: tuple[BilledLine, ...] = ()
    excluded: tuple[BilledLine, ...] = ()
    day: date | None = None


def _last_days(store: TenantStore, month: Period) -> Mapping[str, date]:
    """For each connection the last day of the month that it delivered whole."""
    found: dict[str, date] = {}
    for connection in store.connections.list("module"):
        deliveries = store.usage.deliveries(connection.name, month.start, month.end)
        days = [one.day for one in deliveries if one.coverage is Coverage.MEASURED]
        if days:
            found[connection.name] = max(days)
    return found


def _used(store: TenantStore, known: Vocabulary, month: Period) -> _Used:
    days = _last_days(store, month)
    owners: dict[OrganizationKey, list[Mapped]] = defaultdict(list)
    for one in store.customers.mappings():
        owners[one.connection, one.organization_key].append(one)
    shared = [key for key, found in owners.items() if any(one.item_filter for one in found) and key[0] in days]
    parts = SharedFigures(store, shared, days)
    by_metric: dict[str, Decimal] = defaultdict(Decimal)
    by_customer: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for connection, day in days.items():
        for reading in store.usage.readings(day, day, connections=[connection]):
            by_metric[reading.metric] += reading.value
            kind = known.types.get(reading.metric)
            figure = UsageFigure(
                reading.metric, reading.metric, kind.unit if kind else "item", reading.value, reading.coverage
            )
            place = (connection, reading.organization)
            for owner in owners.get(place, ()):
                if owner.customer_id is not None:
                    by_customer[owner.customer_id, reading.metric] += parts.part(place, figure, owner.item_filter)
    return _Used(by_metric, by_customer, max(days.values(), default=None))


def _lines(ws: Workspace, known: Vocabulary, month: Period, own: str | None) -> _Lines:
    """Lines as the last plan of the month saw them: units that the PSA had, at what they bill in a month. What they
    count is said by the rules in force now."""
    store = ws.store
    plans = (one.plan for one in store.plans.list(limit=400))
    undone = "plan.undoes"
    newest = next(
        (one for one in plans if month.covers(one.as_of) and not any(note.code == undone for note in one.notes)), None
    )
    if newest is None:
        return _Lines()
    contracts = {one.id: one for one in store.psa.contracts(with_gone=True)}
    rules = BillingRules(store, known, contracts, newest.as_of)
    counted: dict[str, tuple[frozenset[str], frozenset[str]]] = {}
    excluded: list[BilledLine] = []
    for line in rules.lines:
        contract = contracts.get(line.contract_id)
        rule = rules.of(line, contract) if contract is not None else None
        if contract is None or rule is None:
            continue
        metrics, whose = rules.counted(rule), rules.customers(rule, contract.customer_id)
        if not rule.exclude:
            counted[line.id] = (metrics, whose)
        elif contract.covers(newest.as_of):
            excluded.append(BilledLine(contract.customer_id, line.service_id, metrics, 0, None, None, whose))
    found: list[BilledLine] = []
    for outcome in store.plans.get(newest.id).plan.outcomes:
        metrics, whose = counted.get(outcome.line_id, (frozenset(), frozenset()))
        if not metrics:
            continue
        units = outcome.before or 0
        known_price = outcome.price is not None and outcome.period_months
        amount = per_month((outcome.price or Decimal(0)) * units, outcome.period_months) if known_price else None
        currency = outcome.currency or own
        found.append(BilledLine(outcome.customer_id, outcome.service_id, metrics, units, amount, currency, whose))
    return _Lines(tuple(found), tuple(excluded), newest.as_of)


def _expected(
    used: Mapping[str, Decimal], month: Period, prices: Iterable[VendorPrice], commitments: Iterable[Commitment]
) -> Mapping[str, Expected]:
    by_metric: dict[str, tuple[list[VendorPrice], list[Commitment]]] = defaultdict(lambda: ([], []))
    for price in prices:
        by_metric[price.metric][0].append(price)
    for one in commitments:
        by_metric[one.metric][1].append(one)
    return {
        metric: expected(used.get(metric, Decimal(0)), month, *found)
        for metric, found in by_metric.items()
        if any(_touches(one, month) for each in found for one in each)
    }


def _touches(one: VendorPrice | Commitment, month: Period) -> bool:
    return one.first <= month.end and (one.last is None or month.start <= one.last)


def _report(ws: Workspace, wanted: date | None, tolerance: Decimal) -> MarginReport:
    store = ws.store
    with store.reading():
        settings = store.settings.get()
        today = usage_day(ws.now(), settings)
        month = month_of(wanted or today)
        known, names = vocabulary(ws), PsaNames(ws)
        used = _used(store, known, month)
        lines = _lines(ws, known, month, settings.currency)
        invoices = [one.invoice for one in store.vendors.invoices(month.start)]
        matched = matched_rows(store, known, invoices)
        hoped = _expected(used.by_metric, month, store.vendors.prices(), store.vendors.commitments())
    rows = margins(
        Month(
            used.by_metric, used.by_customer, hoped, matched.invoiced, lines.followed, today > month.end, lines.excluded
        ),
        tolerance,
    )
    labels = {**type_labels(known), **{key: key for key in known.metrics}}
    services = {service: names.service(service) for row in rows for service in row.services}
    customers = {one.customer_id: names.customer(one.customer_id) for row in rows for one in row.customers}
    return MarginReport(
        month,
        rows,
        labels,
        services,
        customers,
        used.day,
        lines.day,
        len(invoices),
        matched.unmatched,
        matched.nobody,
        settings.currency,
    )


async def margins_of(ws: Workspace, month: date | None = None, tolerance: Decimal = TOLERANCE) -> MarginReport:
    """The margins of the calendar month that holds a day (None: the present one). Reads the store only."""
    return await ws.step(_report, ws, month, tolerance)
