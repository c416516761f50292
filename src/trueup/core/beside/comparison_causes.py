"""Why the PSA shows other units than Trueup wants on a usage day: the first of these that explains the figures.

The source was silent that day; the PSA made the same change on another date, or at once where the rule waits; it has
not followed yet (or a guard rail would have held Trueup too); a step of the policy; another set of billing types. Else
something else put a value there that none of this explains.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import combinations

from trueup.core.contract import DAY, UnitRow, UnitStep, units_on
from trueup.core.dates.timing import days_between
from trueup.core.expression import ExpressionError, parse
from trueup.core.outcome import Outcome, OutcomeStatus
from trueup.core.period import BillingCalendar
from trueup.core.quantities.allocation import share_of
from trueup.core.quantities.day_quantities import Quantities
from trueup.core.quantities.quantity import DayQuantity, Quantity, quantity_on, units_from
from trueup.core.reason import Reason
from trueup.core.rule import Basis, QuantityPolicy, Rule
from trueup.core.usage import Coverage, DayUsage, ScopeUsage

_MOST_NAMES = 6
"""Of more billing types than that in one expression, sums of some are not tried: too many would fit by chance."""

_SILENT = frozenset({"held.stale", "held.unmeasured", "held.too_few_days"})


@dataclass(frozen=True, slots=True)
class Difference:
    """One usage day on which the PSA shows other units than wanted, with what may explain it. `counts` holds every
    billing type of the line's modules on that day."""

    outcome: Outcome
    rule: Rule
    rows: tuple[UnitRow, ...]
    usage: ScopeUsage
    billing: BillingCalendar
    as_of: date
    stale_days: int
    counts: Mapping[str, Decimal]
    day: date
    wanted: int
    found: int


def undecided_because(outcome: Outcome) -> Reason:
    """Why Trueup would have had nothing to say."""
    first = outcome.reasons[0] if outcome.reasons else Reason.of("held.unmeasured")
    if outcome.status is OutcomeStatus.UNMAPPED:
        return Reason.of("compare.unmapped", modules=first.get("modules"))
    if first.code in _SILENT:
        return Reason.of("compare.source_silent")
    return Reason.of("compare.undecided", hold=first.code)


def cause_of(difference: Difference) -> Reason:
    """The cause, as a code with the numbers behind it; `compare.unexplained` where nothing fits."""
    seen = _usage_on(difference.usage, difference.day)
    if seen is None or seen.coverage is not Coverage.MEASURED:
        return Reason.of("compare.source_silent")
    worked = _worked(difference)
    tries: tuple[Callable[[], Reason | None], ...] = (
        lambda: _dated(difference),
        lambda: _timing(difference, worked),
        lambda: _behind(difference),
        lambda: _policy(difference, worked),
        lambda: _types(difference, worked, seen),
        lambda: _held(difference.outcome),
    )
    for attempt in tries:
        reason = attempt()
        if reason is not None:
            return reason
    return Reason.of("compare.unexplained", difference=difference.found - difference.wanted)


def _usage_on(usage: ScopeUsage, day: date) -> DayUsage | None:
    return next((one for one in usage.days if one.day == day), None)


@dataclass(frozen=True, slots=True)
class _Worked:
    """The rule's quantity as seen on the day, and the values of its expression by day."""

    daily: Mapping[date, DayQuantity]
    quantity: Quantity


def _worked(one: Difference) -> _Worked | None:
    try:
        daily = Quantities(parse(one.rule.quantity)).by_day(one.usage)
    except ExpressionError:
        return None
    quantity = quantity_on(one.rule.policy, one.rule.override, daily, one.day, one.billing, one.stale_days)
    if one.rule.share is not None:  # the group's steps and types say nothing about one line's share
        quantity = replace(share_of(one.rule.share, quantity, one.day), basis=None)
    return _Worked(daily, quantity)


def _step_before(steps: tuple[UnitStep, ...], day: date) -> UnitStep:
    return [step for step in steps if step.start <= day][-1]


def _dated(one: Difference) -> Reason | None:
    """The same units, on another date: the PSA reaches what is wanted later, or shows already what comes later."""
    steps = one.outcome.levels
    ours = _step_before(steps, one.day)
    had = any(units_on(one.rows, day) == one.wanted for day in days_between(ours.start, one.day))
    later = [day for day in days_between(one.day, one.as_of) if units_on(one.rows, day) == one.wanted]
    if later and not had:
        days = (later[0] - ours.start).days
        return Reason.of("compare.dated_later", day=later[0], ours=ours.start, days=days)
    coming = [step for step in steps if step.start > one.day and step.units == one.found]
    if not coming:
        return None
    began = one.day
    while began > steps[0].start and units_on(one.rows, began - DAY) == one.found:
        began -= DAY
    days = (coming[0].start - began).days
    return Reason.of("compare.dated_earlier", day=began, ours=coming[0].start, days=days)


def _timing(one: Difference, worked: _Worked | None) -> Reason | None:
    """The PSA shows the day's own quantity, where the rule changes units on another day."""
    if worked is None or worked.quantity.units != one.found:
        return None
    rises = one.found > one.wanted
    timing = one.rule.timing.increase if rises else one.rule.timing.decrease
    return Reason.of("compare.timing", timing=timing.value)


def _behind(one: Difference) -> Reason | None:
    """The PSA still shows units that were right before; where a rail holds the change, Trueup would have waited too."""
    ours = _step_before(one.outcome.levels, one.day)
    earlier = {step.units for step in one.outcome.levels if step.start < ours.start}
    if one.found not in earlier:
        return None
    return _held(one.outcome) or Reason.of("compare.not_followed", ours=ours.start)


def _held(outcome: Outcome) -> Reason | None:
    if outcome.status is OutcomeStatus.HELD and outcome.reasons:
        return Reason.of("compare.held", hold=outcome.reasons[0].code)
    return None


def _policy(one: Difference, worked: _Worked | None) -> Reason | None:
    """A step of the quantity policy without which the PSA's units come out."""
    if worked is None:
        return None
    step = next((step for step, units in _units_without(one, worked) if units == one.found), None)
    return None if step is None else Reason.of("compare.policy_step", step=step)


def _units_without(one: Difference, worked: _Worked) -> Iterator[tuple[str, int | None]]:
    """Each step of the policy, with the units that the day would have without it."""
    policy, day, basis = one.rule.policy, one.day, worked.quantity.basis
    if one.rule.override is not None and one.rule.override.covers(day):
        yield "override", quantity_on(policy, None, worked.daily, day, one.billing, one.stale_days).units
    if basis is None:
        return
    for step, without in _without_one_step(policy):
        yield step, units_from(without, basis, day)[0]
    own = worked.daily.get(day)
    if policy.basis is not Basis.LAST and own is not None and own.value is not None:
        yield "basis", units_from(policy, own.value, day)[0]
    yield "all", units_from(QuantityPolicy(), basis, day)[0]


def _without_one_step(policy: QuantityPolicy) -> Iterator[tuple[str, QuantityPolicy]]:
    if policy.minimum is not None:
        yield "minimum", replace(policy, minimum=None)
    if policy.maximum is not None:
        yield "maximum", replace(policy, maximum=None)
    if policy.included:
        yield "included", replace(policy, included=Decimal(0))
    if policy.multiplier != 1:
        yield "multiplier", replace(policy, multiplier=Decimal(1))
    if policy.round_to_multiple:
        yield "round_to_multiple", replace(policy, round_to_multiple=None)
    if policy.pack_size:
        yield "pack_size", replace(policy, pack_size=None)


def _types(one: Difference, worked: _Worked | None, seen: DayUsage) -> Reason | None:
    """Another set of billing types that gives the PSA's units: a single one, one less, one more, or some of them."""
    basis = worked.quantity.basis if worked is not None else None
    if basis is None:
        return None
    own = {name: metric.value for name, metric in seen.metrics if metric.value}
    others = {name: value for name, value in one.counts.items() if value and name not in own}
    single = {name: value for name, value in {**others, **own}.items() if len(own) > 1 or name not in own}
    tries = (
        ("compare.counts_one", single),
        ("compare.counts_without", {name: basis - value for name, value in own.items()}),
        ("compare.counts_also", {name: basis + value for name, value in others.items()}),
        ("compare.counts_only", dict(_sums(own))),
    )
    for code, values in tries:
        fitting = sorted(name for name, value in values.items() if _gives(one, value))
        if fitting:
            return Reason.of(code, metrics=", ".join(fitting), difference=one.found - one.wanted)
    return None


def _sums(own: Mapping[str, Decimal]) -> Iterator[tuple[str, Decimal]]:
    if len(own) > _MOST_NAMES:
        return
    for size in range(2, len(own) - 1):
        for names in combinations(sorted(own), size):
            yield " + ".join(names), sum((own[name] for name in names), Decimal(0))


def _gives(one: Difference, value: Decimal) -> bool:
    return value == one.found or units_from(one.rule.policy, value, one.day)[0] == one.found


def count_that_equals(counts: Mapping[str, Decimal], units: int) -> str | None:
    """The one billing type whose count is that number, as a tool would write it that knows single types only; None
    where there is none, or several and nobody can say which."""
    fitting = [name for name, value in sorted(counts.items()) if value == units and value]
    return fitting[0] if len(fitting) == 1 else None
