"""A rule tried before it is saved: what it makes of last month's real readings, beside what the PSA bills now.

The lines are put together and planned by the code that makes plans (`Assembly`, `plan_line`, `wanted_by_day`), with the
unsaved rule in the place of the saved one; nothing is worked out a second way. Guard rails are left out: they look at a
whole night. The PSA is read for the units of these lines only, and nothing is written anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from trueup.app.connections.known_psa import lines_known
from trueup.app.plans.assembling import Assembly, PlanDays, plan_days
from trueup.app.plans.planning import memory, newest_day, usage_side
from trueup.app.plans.renewals import renewals_seen
from trueup.app.rulebook.drafting import drafted, looked_up
from trueup.app.rulebook.rule_draft import RuleDraft
from trueup.app.usage.source_age import oldest_age
from trueup.app.workspace import Workspace
from trueup.core.contract import PsaSnapshot, UnitRow, units_on
from trueup.core.dates.timing import days_between
from trueup.core.expression import ExpressionError, parse
from trueup.core.money import per_month, sum_by_currency
from trueup.core.outcome import Outcome, OutcomeStatus
from trueup.core.period import calendar_of
from trueup.core.planning.line_plan import PlanContext, plan_line
from trueup.core.planning.planning import LineCase
from trueup.core.quantities.day_quantities import Quantities
from trueup.core.quantities.wanted_days import wanted_by_day
from trueup.core.reason import Reason
from trueup.core.rule import Rule

MONTH: Final = 31
"""How many usage days are looked at."""


@dataclass(frozen=True, slots=True)
class PreviewDay:
    """One usage day of a line: the units that the rule wants (None: cannot be said), and the units that the PSA has."""

    day: date
    wanted: int | None
    billed: int


@dataclass(frozen=True, slots=True)
class PreviewLine:
    """One line under the rule. `outcome` is what tonight's plan would say of it before guard rails, `wanted` the units
    that usage calls for on the newest day (None: cannot be said, the outcome's reasons say why), `billed` the PSA's.
    `monthly` is what the difference is worth in a month; None without a price."""

    outcome: Outcome
    wanted: int | None
    billed: int
    days: tuple[PreviewDay, ...]
    monthly: Decimal | None

    @property
    def change(self) -> int | None:
        """Wanted minus billed."""
        return None if self.wanted is None else self.wanted - self.billed

    @property
    def range(self) -> tuple[int, int] | None:
        """The least and the most that the rule wanted in the month; None where it never could say."""
        said = [day.wanted for day in self.days if day.wanted is not None]
        return (min(said), max(said)) if said else None


@dataclass(frozen=True, slots=True)
class RulePreview:
    """What a rule would do. `lines` are those that it would govern, the largest change first; `twice` names items that
    its quantity counts twice. `currency` is the tenant's, of lines whose contract names none."""

    rule: Rule
    before: Rule | None
    as_of: date
    first: date
    lines: tuple[PreviewLine, ...]
    twice: tuple[Reason, ...]
    currency: str | None = None

    @property
    def billed(self) -> int:
        """Units that the PSA bills now, of the lines that can be decided."""
        return sum(line.billed for line in self.lines if line.wanted is not None)

    @property
    def wanted(self) -> int:
        """Units with this rule, of the same lines."""
        return sum(line.wanted for line in self.lines if line.wanted is not None)

    @property
    def undecided(self) -> int:
        """Lines whose units cannot be said."""
        return sum(1 for line in self.lines if line.wanted is None)

    @property
    def monthly(self) -> Mapping[str | None, Decimal]:
        """What the change is worth in a month, by currency, over lines with a price."""
        return sum_by_currency(
            (one.outcome.currency or self.currency, one.monthly) for one in self.lines if one.monthly is not None
        )


@dataclass(frozen=True, slots=True)
class _Begun:
    """A draft with the lines of its service, before the PSA is asked."""

    rule: Rule
    before: Rule | None
    twice: tuple[Reason, ...]
    rules: tuple[Rule, ...]
    days: PlanDays
    line_ids: tuple[str, ...]


def _begin(ws: Workspace, draft: RuleDraft) -> _Begun:
    store = ws.store
    with store.reading():
        made = drafted(ws, draft)
        others = tuple(rule for rule in store.rules.list() if rule.id != made.rule.id)
        settings = store.settings.get()
        day = newest_day(store, settings, ws)
        days = plan_days(day, settings, (made.rule,), oldest_age(store))
        running = {one.id for one in store.psa.contracts() if one.end is None or one.end >= days.first}
        lines = [one for one in store.psa.lines() if one.service_id == made.rule.service_id]
        wanted = tuple(one.id for one in lines if one.contract_id in running)
    return _Begun(made.rule, made.before, made.twice, (*others, made.rule), days, wanted)


def _assembly(ws: Workspace, begun: _Begun, rows: tuple[tuple[str, tuple[UnitRow, ...]], ...]) -> Assembly:
    store, days = ws.store, begun.days
    with store.reading():
        settings = store.settings.get()
        asked = set(begun.line_ids)
        snapshot = PsaSnapshot(
            ws.now(),
            days.first,
            days.last,
            store.psa.customers(),
            store.psa.contracts(),
            store.psa.services(with_gone=True),
            tuple(line for line in store.psa.lines() if line.id in asked),
            rows,
        )
        renewals = renewals_seen(store, snapshot, ws.now())
        return Assembly(
            days,
            settings,
            snapshot,
            usage_side(store, days, (begun.rule,)),
            memory(store, days),
            renewals.succession,
            store.groups.list(),
            None,
            renewals.appeared,
        )


def _by_day(case: LineCase, context: PlanContext, first: date) -> tuple[PreviewDay, ...]:
    """What the rule wants on each day, the same way as a plan works it out."""
    facts = case.facts
    billing = calendar_of(facts.contract, facts.rows, facts.sibling_rows)
    try:
        daily = Quantities(parse(case.rule.quantity)).by_day(case.usage)
    except ExpressionError:
        return tuple(PreviewDay(day, None, units_on(facts.rows, day)) for day in days_between(first, context.as_of))
    stale = facts.stale_days or context.stale_days
    found = wanted_by_day(case.rule, daily, billing, first, context.as_of, stale)
    return tuple(
        PreviewDay(day, found.wanted[day].units, units_on(facts.rows, day))
        for day in days_between(first, context.as_of)
    )


_UNSAID: Final = (OutcomeStatus.UNMAPPED,)


def _line(case: LineCase, context: PlanContext, first: date) -> PreviewLine:
    outcome = plan_line(case.facts, case.rule, case.usage, context)
    days = () if outcome.status in _UNSAID else _by_day(case, context, max(first, case.facts.contract.start))
    wanted = days[-1].wanted if days else None
    billed = units_on(case.facts.rows, context.as_of)
    price, months = case.facts.line.price, int(case.facts.contract.period)
    monthly = None
    if wanted is not None and price is not None:
        monthly = per_month(price * (wanted - billed), months)
    return PreviewLine(outcome, wanted, billed, days, monthly)


def _finish(ws: Workspace, begun: _Begun, rows: tuple[tuple[str, tuple[UnitRow, ...]], ...]) -> RulePreview:
    assembly = _assembly(ws, begun, rows)
    facts = assembly.facts(begun.rules)
    as_of = begun.days.as_of
    first = as_of - timedelta(days=MONTH - 1)
    mine = [case for case in facts.cases if case.rule.id == begun.rule.id]
    lines = [_line(case, facts.context, first) for case in mine]
    lines.sort(key=lambda one: (one.change is not None, -abs(one.change or 0), one.outcome.customer_name.casefold()))
    return RulePreview(begun.rule, begun.before, as_of, first, tuple(lines), begun.twice, assembly.settings.currency)


async def preview(ws: Workspace, draft: RuleDraft) -> RulePreview:
    """What a rule would make of the last month's readings, for every line that it would govern; nothing is saved.

    Raises what `rules.set_rule` raises, but a quantity that counts items twice is told and not refused; UseCaseError
    `plan.no_usage`; PsaReadError where the PSA's units cannot be read.
    """
    await lines_known(ws)
    begun = await looked_up(ws, draft, lambda: ws.step(_begin, ws, draft))
    rows: tuple[tuple[str, tuple[UnitRow, ...]], ...] = ()
    if begun.line_ids and not begun.rule.exclude:
        async with ws.psa() as psa:
            rows = await psa.read_units(begun.line_ids, begun.days.first, begun.days.last)
    return await ws.step(_finish, ws, begun, rows)
