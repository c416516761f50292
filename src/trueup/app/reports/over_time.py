"""Recurring amounts and units of the lines that follow usage, month by month: as each month's last plan saw them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from trueup.app.clock import usage_day
from trueup.app.connections.known_psa import PsaNames
from trueup.app.counting.vocabulary import vocabulary
from trueup.app.exports.tables import Column, ColumnKind, Table
from trueup.app.reports.months import last_plans
from trueup.app.rulebook.billing_rules import BillingRules
from trueup.app.workspace import Workspace
from trueup.core.period import add_months
from trueup.store.plan_totals import PlanTotal


class By(StrEnum):
    """What the lines are put together by."""

    SERVICE = "service"
    MODULE = "module"
    CUSTOMER = "customer"


class Figure(StrEnum):
    """What is told of them."""

    RECURRING = "recurring"
    UNITS = "units"


@dataclass(frozen=True, slots=True)
class Span:
    """Months, from that of `first` to that of `last`; None: the last twelve, up to the present one."""

    first: date | None = None
    last: date | None = None


@dataclass(slots=True)
class _Sum:
    name: str
    lines: int = 0
    units: int = 0
    amount: Decimal = Decimal(0)

    def add(self, total: PlanTotal) -> None:
        self.lines += total.lines
        self.units += total.units_before
        self.amount += total.recurring


def _modules(ws: Workspace, day: date) -> Mapping[str, str]:
    """The modules that each service's lines count, by the rules in force now; several are joined, because an amount
    cannot be split between them."""
    known = vocabulary(ws)
    rules = BillingRules(ws.store, known, {one.id: one for one in ws.store.psa.contracts(with_gone=True)}, day)
    found: dict[str, set[str]] = defaultdict(set)
    for rule in rules.all:
        found[rule.service_id] |= {metric.partition(".")[0] for metric in rules.counted(rule)}
    return {service: " + ".join(sorted(modules)) for service, modules in found.items() if modules}


def _table(ws: Workspace, figure: Figure, by: By, span: Span) -> Table:
    store = ws.store
    with store.reading():
        settings = store.settings.get()
        today = usage_day(ws.now(), settings)
        last = span.last or today
        first = span.first or add_months(last.replace(day=1), -11)
        modules = _modules(ws, today) if by is By.MODULE else {}
        names = PsaNames(ws)
        rows: list[tuple[str | int | Decimal | date | None, ...]] = []
        for plan in last_plans(store, first, last):
            sums: dict[tuple[str, str], _Sum] = {}
            for total in store.plan_totals.of(plan.id, "customer" if by is By.CUSTOMER else "service"):
                key = modules.get(total.key, "") if by is By.MODULE else total.key
                name = names.customer(key) if by is By.CUSTOMER else key if by is By.MODULE else names.service(key)
                currency = (total.currency or settings.currency or "") if figure is Figure.RECURRING else ""
                sums.setdefault((key, currency), _Sum(name)).add(total)
            month = plan.as_of.isoformat()[:7]
            for (key, currency), one in sorted(sums.items(), key=lambda found: (found[1].name.casefold(), found[0])):
                head = (month, plan.as_of, key, one.name, one.lines, one.units)
                rows.append((*head, one.amount, currency) if figure is Figure.RECURRING else head)
    columns = [
        Column("month"),
        Column("day", ColumnKind.DAY),
        Column(by.value),
        Column("name"),
        Column("lines", ColumnKind.UNITS),
        Column("units", ColumnKind.UNITS),
    ]
    if figure is Figure.RECURRING:
        columns += [Column("amount_month", ColumnKind.MONEY), Column("currency")]
    return Table(f"{figure.value}-by-{by.value}", tuple(columns), tuple(rows))


async def over_time(ws: Workspace, figure: Figure, by: By = By.SERVICE, span: Span | None = None) -> Table:
    """One row a month and service, module or customer (and currency: amounts of different ones are never added)."""
    return await ws.step(_table, ws, figure, by, span or Span())
