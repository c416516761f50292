"""What a service's unit cost in the PSA's catalogue should be, by what vendors ask for what its rule counts.

Only where one unit stands for one price (docs/decisions/0194-unit-costs-in-the-plan.md): everything else is no cost but
a reason why there is none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal

from trueup.core.contract import DAY, LineKind, Service
from trueup.core.digest import digest
from trueup.core.expression import ExpressionError, linear_terms, parse
from trueup.core.expression.analysis import CONSTANT
from trueup.core.margins.prices import VendorPrice, on
from trueup.core.period import Period, month_of
from trueup.core.reason import Param, Reason
from trueup.core.rule import Rule, RuleLevel

_PLACES = Decimal("0.0001")  # as many as the PSA keeps
_EXACT = Context(prec=40, rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class AskedCost:
    """What one unit of a service costs in one of its periods. `price` is a vendor's for one month of each of `metrics`,
    `each` how many of them one unit stands for, `months` the service's period, `since` the first day of the price."""

    service: Service
    cost: Decimal
    currency: str
    metrics: tuple[str, ...]
    price: Decimal
    each: Decimal
    months: int
    since: date
    rule_id: str

    @property
    def right(self) -> bool:
        """Whether the catalogue has it."""
        return self.service.cost == self.cost


@dataclass(frozen=True, slots=True)
class NoCost:
    """A service of which vendors' prices say something, but no single cost; and why."""

    service: Service
    reason: Reason


@dataclass(frozen=True, slots=True)
class CostFacts:
    """What unit costs are worked out of, for a day. `currency` is that of the catalogue (None: not known), `types` are
    the billing types that have a name, `used` the services that stand on a contract in force."""

    day: date
    currency: str | None
    services: Mapping[str, Service]
    rules: Sequence[Rule]
    types: Collection[str]
    prices: Sequence[VendorPrice]
    used: Collection[str]

    @property
    def month(self) -> Period:
        """The month whose price has to be one."""
        return month_of(self.day)


class _UndecidedError(Exception):
    """There is no single cost; `reason` says why."""

    def __init__(self, code: str, /, **params: Param) -> None:
        super().__init__(code)
        self.reason = Reason.of(code, **params)


def cost_digest(service: Service) -> str:
    """Over what the PSA said of a service's cost: apply reads it again just before writing."""
    return digest(service.id, service.cost)


def _priced(facts: CostFacts, names: Iterable[str]) -> tuple[str, ...]:
    """The billing types among these that some vendor prices on a day of the month."""
    month = facts.month
    touched = {
        one.metric for one in facts.prices if one.first <= month.end and (one.last or month.start) >= month.start
    }
    return tuple(sorted(touched & set(names)))


def _price(metric: str, facts: CostFacts) -> VendorPrice:
    """The one price of a billing type on every day of the month. Raises `_UndecidedError`."""
    mine = [one for one in facts.prices if one.metric == metric]
    month = facts.month
    days = [month.start + DAY * number for number in range(month.days)]
    found = [on(day, mine) for day in days]
    held = found[0]
    for day, price in zip(days, found, strict=True):
        if price is None:
            raise _UndecidedError("unit_cost.no_price", metric=metric, day=day)
        if held is None or (price.tiers, price.currency) != (held.tiers, held.currency):
            raise _UndecidedError("unit_cost.price_inside_month", metric=metric, first=day, next=month.end + DAY)
    if held is None:
        raise _UndecidedError("unit_cost.no_price", metric=metric, day=month.start)
    if len({tier.price for tier in held.tiers}) > 1:
        raise _UndecidedError("unit_cost.tiers", metric=metric)
    return held


def _each(rule: Rule, terms: Mapping[str, Decimal]) -> Decimal:
    """How many of a billing type one unit stands for. Raises `_UndecidedError`."""
    factors = set(terms.values())
    of_one = rule.policy.multiplier / (rule.policy.pack_size or 1)
    if len(factors) != 1 or min(factors) <= 0 or of_one <= 0:
        raise _UndecidedError("unit_cost.calculated", text=rule.quantity)
    return _EXACT.divide(Decimal(1), _EXACT.multiply(next(iter(factors)), of_one))


def _asked(service: Service, rule: Rule, facts: CostFacts) -> AskedCost | None:
    """The cost of one service; None where no vendor prices what its rule counts. Raises `_UndecidedError`."""
    try:
        expression = parse(rule.quantity)
    except ExpressionError:
        return None
    if not _priced(facts, expression.names):
        return None
    if service.kind is not LineKind.SERVICE:
        raise _UndecidedError("unit_cost.bundle")
    if service.id not in facts.used:
        raise _UndecidedError("unit_cost.no_line")
    terms = linear_terms(expression)
    if not terms or CONSTANT in terms or any(name not in facts.types for name in terms):
        raise _UndecidedError("unit_cost.calculated", text=rule.quantity)
    each = _each(rule, terms)
    if service.period is None:
        raise _UndecidedError("unit_cost.no_period")
    held = {metric: _price(metric, facts) for metric in sorted(terms)}
    amounts = {(one.tiers[0].price, one.currency) for one in held.values()}
    if len(amounts) != 1:
        raise _UndecidedError("unit_cost.two_prices", metrics=", ".join(held))
    price, currency = next(iter(amounts))
    if facts.currency is None:
        raise _UndecidedError("unit_cost.no_currency")
    if currency != facts.currency:
        raise _UndecidedError("unit_cost.other_currency", asked=currency, own=facts.currency)
    months = int(service.period)
    cost = _EXACT.multiply(_EXACT.multiply(price, each), Decimal(months)).quantize(_PLACES, context=_EXACT)
    since = max(one.first for one in held.values())
    return AskedCost(service, cost, currency, tuple(held), price, each, months, since, rule.id)


def asked_costs(facts: CostFacts) -> tuple[tuple[AskedCost, ...], tuple[NoCost, ...]]:
    """The unit costs that vendors ask, at most one a service, also those that are right already; and services whose
    rule counts something that has a price, but of which no single cost can be said. Both by the service's name."""
    found: dict[str, AskedCost] = {}
    without: dict[str, NoCost] = {}
    for rule in facts.rules:
        service = facts.services.get(rule.service_id)
        if rule.level is not RuleLevel.SERVICE or rule.exclude or service is None or not service.active:
            continue
        try:
            asked = _asked(service, rule, facts)
        except _UndecidedError as undecided:
            without[service.id] = NoCost(service, undecided.reason)
            continue
        if asked is not None:
            found[service.id] = asked
    return (
        tuple(sorted(found.values(), key=lambda one: (one.service.name, one.service.id))),
        tuple(sorted(without.values(), key=lambda one: (one.service.name, one.service.id))),
    )
