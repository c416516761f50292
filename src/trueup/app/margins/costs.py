"""Unit costs that the PSA's catalogue should have, by what vendors ask: a proposal for a person, never written
(docs/decisions/0168-unit-costs-are-proposed.md)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from trueup.app.clock import usage_day
from trueup.app.counting.vocabulary import Vocabulary, vocabulary
from trueup.app.workspace import Workspace
from trueup.core.expression import ExpressionError, linear_terms, parse
from trueup.core.margins.prices import on
from trueup.core.rule import Rule, RuleLevel

_PLACES = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class UnitCost:
    """A service whose units follow what a vendor asks for. `cost` is what one unit costs in one period of the service,
    `known` what the PSA's catalogue says (None: nothing)."""

    service_id: str
    service: str
    known: Decimal | None
    cost: Decimal
    currency: str
    metrics: tuple[str, ...]


def _terms(rule: Rule, known: Vocabulary) -> dict[str, Decimal] | None:
    """How many of each billing type make one unit of a rule; None where that is not one number."""
    try:
        terms = linear_terms(parse(rule.quantity))
    except ExpressionError:
        return None
    if terms is None or "" in terms or any(name not in known.types for name in terms):
        return None
    each = rule.policy.multiplier / (rule.policy.pack_size or 1)
    if not each or len(set(terms.values())) != 1:
        return None
    return {name: 1 / (factor * each) for name, factor in terms.items()}


def _costs(ws: Workspace, day: date | None) -> tuple[UnitCost, ...]:
    store = ws.store
    found: list[UnitCost] = []
    with store.reading():
        when = day or usage_day(ws.now(), store.settings.get())
        known, prices = vocabulary(ws), store.vendors.prices()
        services = {one.id: one for one in store.psa.services()}
        for rule in store.rules.list():
            service = services.get(rule.service_id)
            if service is None or rule.exclude or rule.level is not RuleLevel.SERVICE:
                continue
            terms = _terms(rule, known)
            if not terms:
                continue
            asked = {name: on(when, [one for one in prices if one.metric == name]) for name in terms}
            of_each = {
                (price.unit_price(Decimal(0)) * terms[name], price.currency)
                for name, price in asked.items()
                if price is not None
            }
            if None in asked.values() or len(of_each) != 1:
                continue
            (monthly, currency) = next(iter(of_each))
            months = int(service.period) if service.period is not None else 1
            cost = (monthly * months).quantize(_PLACES)
            if service.cost != cost:
                found.append(UnitCost(service.id, service.name, service.cost, cost, currency, tuple(sorted(terms))))
    return tuple(sorted(found, key=lambda one: one.service))


async def unit_costs(ws: Workspace, day: date | None = None) -> tuple[UnitCost, ...]:
    """Services whose unit cost in the PSA is not what vendors ask on a day (None: today). Only where one unit stands
    for one price: a rule that adds billing types of several prices, or that calculates, gives no single cost."""
    return await ws.step(_costs, ws, day)
