"""Working a check out on the newest days: over the items of a list, or over counts by customer."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from trueup.app.checks.lists import ItemLists, list_name, stream_named, texts_named
from trueup.app.clock import usage_day
from trueup.app.connections.known_psa import PsaNames
from trueup.app.counting.vocabulary import Vocabulary, vocabulary
from trueup.app.errors import Exit, UseCaseError
from trueup.app.plans.assembling import PlanDays
from trueup.app.plans.planning import usage_side
from trueup.app.usage.newest_usage import newest_usage
from trueup.app.workspace import Workspace
from trueup.core.checks.cross_check import CheckResult, CrossCheck, Found, LeftOut, judged_items
from trueup.core.counting.scope import ScopeReader
from trueup.core.expression import ExpressionError, Kind, parse, read_condition
from trueup.core.reason import Reason
from trueup.core.rule import Scope
from trueup.core.usage import Coverage, ScopeUsage


def checked(check: CrossCheck, known: Vocabulary) -> None:
    """Refuse a check that cannot be worked out. Raises ExpressionError with the place of the fault, UseCaseError
    `cross_check.unknown_items` (exit 2)."""
    if check.over is None:
        parse(check.expression).check(known.numbers, Kind.TRUTH)
        return
    stream = stream_named(known, check.over)
    if stream is None:
        lists = ", ".join(map(list_name, known.streams))
        raise UseCaseError(Reason.of("cross_check.unknown_items", items=check.over, known=lists), Exit.USAGE)
    read_condition(check.expression).check(stream.attributes, texts_named(known))


@dataclass(frozen=True, slots=True)
class NamedResult:
    """A result with the names of its customers and organizations."""

    result: CheckResult
    customers: dict[str, str]
    organizations: dict[tuple[str, str], str]


def _over_items(ws: Workspace, check: CrossCheck, over: str) -> CheckResult:
    store = ws.store
    settings = store.settings.get()
    condition = read_condition(check.expression)
    lists = ItemLists(store, settings.stale_days)
    found: list[Found] = []
    left_out: list[LeftOut] = []
    judged = 0
    for customer in lists.customers:
        own = lists.of(customer, over)
        if own is None:
            continue
        others = {name: lists.texts(customer, name) for name in condition.lists} if own.items else {}
        fitting = own.problem or judged_items(condition, own.names, own.items, others, usage_day(ws.now(), settings))
        if isinstance(fitting, Reason):
            left_out.append(LeftOut(customer, fitting))
            continue
        judged += 1
        found += [Found(customer, item.name or item.key, place, item.key) for place, item in fitting]
    return CheckResult(check, lists.day_of(over), tuple(found), judged, tuple(left_out), lists.unmapped(over))


def _why_not(usage: ScopeUsage) -> Reason | None:
    """Why counts of a customer cannot be compared."""
    if usage.unmapped:
        return Reason.of("cross_check.no_organization", module=usage.unmapped[0])
    if not usage.days or usage.days[-1].coverage is not Coverage.MEASURED:
        return Reason.of("cross_check.not_measured", day=usage.days[-1].day if usage.days else None)
    return None


def _over_counts(ws: Workspace, check: CrossCheck) -> CheckResult:
    store = ws.store
    expression = parse(check.expression)
    day = max(newest_usage(store).days.values(), default=usage_day(ws.now(), store.settings.get()))
    usage = usage_side(store, PlanDays(day, day, day, day))
    reader = ScopeReader(usage.history, usage.mapped, {}, usage.shares)
    found: list[Found] = []
    left_out: list[LeftOut] = []
    judged = 0
    for customer in sorted(usage.mapped):
        try:
            of_customer = reader.read(expression, Scope(), customer, (day,))
            if not of_customer.organizations:
                continue
            problem = _why_not(of_customer)
            counts = {} if problem else {name: one.value for name, one in of_customer.days[-1].metrics}
            holds = problem is None and expression.evaluate(counts, today=day) is True
        except ExpressionError as error:
            problem = Reason.of("cross_check.cannot_judge", error=error.code, position=error.position)
            counts, holds = {}, False
        if problem is not None:
            left_out.append(LeftOut(customer, problem))
            continue
        judged += 1
        if holds:
            shown = tuple((name, Decimal(counts[name])) for name in expression.names)
            found.append(Found(customer, "", counts=shown))
    return CheckResult(check, day, tuple(found), judged, tuple(left_out))


def work_out(ws: Workspace, check: CrossCheck) -> NamedResult:
    """What a check finds now; inside one moment of the database. Raises as `checked` does."""
    with ws.store.reading():
        checked(check, vocabulary(ws))
        result = _over_counts(ws, check) if check.over is None else _over_items(ws, check, check.over)
        names = PsaNames(ws)
        places = {
            (one.connection, one.organization.key): one.organization.name for one in ws.store.usage.organizations()
        }
    known = {one.customer_id for one in result.found} | {one.customer_id for one in result.left_out}
    return NamedResult(result, {customer: names.customer(customer) for customer in known}, places)
