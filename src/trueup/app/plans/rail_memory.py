"""What the guard rails have to know of earlier days: what was written, how plans went, and what lines count by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from trueup.app.clock import usage_day
from trueup.core.digest import digest
from trueup.core.expression import Expression, ExpressionError, parse
from trueup.core.outcome import Outcome, OutcomeStatus, Plan
from trueup.core.rails.guard import UnclearWrite
from trueup.core.rails.period_start import WrittenChange
from trueup.core.rails.plan_rail import LATE_OPENING, OPENINGS, PlanHistory, opened_day
from trueup.core.rails.thresholds import RailChoices
from trueup.core.settings import TenantSettings
from trueup.core.usage import Coverage
from trueup.store.journal import Intent
from trueup.store.rails import PlanFigures
from trueup.store.tenant_store import TenantStore

_DIGITS = 16
"""How much of a digest tells two definitions apart."""


@dataclass(frozen=True, slots=True)
class Definitions:
    """What metrics and accounts count by now: the digest of each metric of one's own, and of each connection.

    `parts` are the names in each metric's expression. `agreed` says what each line counted by when it was last agreed
    with (see `trueup.core.planning.planning.PlanFacts`).
    """

    metrics: Mapping[str, str] = field(default_factory=dict)
    parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    connections: Mapping[str, str] = field(default_factory=dict)
    agreed: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def behind(self, expression: Expression, connections: Iterable[str]) -> tuple[tuple[str, str], ...]:
        """Name and digest of every definition that an expression over these connections rests on."""
        names, waiting = set[str](), list(expression.names)
        while waiting:
            name = waiting.pop()
            if name in self.metrics and name not in names:
                names.add(name)
                waiting.extend(self.parts.get(name, ()))
        found = [(name, self.metrics[name]) for name in names]
        found += [(name, self.connections[name]) for name in connections if self.connections.get(name)]
        return tuple(sorted(found))


@dataclass(frozen=True, slots=True)
class RailMemory:
    """All that the rails remember. `choices` is what a person set; `written` the changes of each line so far;
    `clashed` the last write of a line that nobody found done or not done, where nothing was agreed with since."""

    choices: RailChoices = field(default_factory=RailChoices)
    written: Mapping[str, tuple[WrittenChange, ...]] = field(default_factory=dict)
    history: PlanHistory = field(default_factory=PlanHistory)
    definitions: Definitions = field(default_factory=Definitions)
    clashed: Mapping[str, UnclearWrite] = field(default_factory=dict)


def rail_memory(
    store: TenantStore, done: Iterable[Intent], as_of: date, first: date, settings: TenantSettings
) -> RailMemory:
    """What the store knows. `done` are all changes that were written; definitions are those of the newest delivery of
    the days from `first` to `as_of`."""
    written: dict[str, list[WrittenChange]] = defaultdict(list)
    lines_on: dict[date, set[str]] = defaultdict(set)
    for intent in done:
        moment = intent.intended_at
        written[intent.line_id].append(WrittenChange(intent.day, intent.change, usage_day(moment, settings)))
        lines_on[intent.day].add(intent.line_id)
    openings = [
        (figures.opened, Decimal(len(lines_on[figures.opened])) / figures.lines)
        for figures in store.rails.openings(OPENINGS * 3)
        if figures.opened is not None and figures.lines and lines_on.get(figures.opened)
    ]
    return RailMemory(
        choices=store.rails.choices(),
        written={line: tuple(found) for line, found in written.items()},
        history=PlanHistory(tuple(openings), _changed_in_month(written, as_of)),
        definitions=_definitions(store, first, as_of),
        clashed={one.line_id: UnclearWrite(one.day, one.change) for one in store.journal.clashes()},
    )


def _changed_in_month(written: Mapping[str, Iterable[WrittenChange]], as_of: date) -> frozenset[str]:
    """Lines that were changed inside the month, but for what its opening changed."""
    month = as_of.replace(day=1)

    def counts(one: WrittenChange) -> bool:
        inside = month <= max(one.day, one.written_on) and one.day <= as_of
        opening = one.day == month and one.written_on - one.day <= timedelta(days=LATE_OPENING)
        return inside and not opening

    return frozenset(line for line, changes in written.items() if any(counts(one) for one in changes))


def _definitions(store: TenantStore, first: date, as_of: date) -> Definitions:
    metrics: dict[str, str] = {}
    parts: dict[str, tuple[str, ...]] = {}
    for metric in store.metrics.list():
        metrics[metric.key] = digest(metric.expression, metric.module, metric.stream, *metric.same_by)[:_DIGITS]
        if not metric.over_items:
            try:
                parts[metric.key] = tuple(parse(metric.expression).names)
            except ExpressionError:  # the line's outcome says what is wrong with it
                continue
    connections: dict[str, str] = {}
    for connection in store.connections.list("module"):
        good = [
            one.definition
            for one in store.usage.deliveries(connection.name, first, as_of)
            if one.coverage is not Coverage.UNKNOWN and one.definition
        ]
        if good:
            connections[connection.name] = good[-1][:_DIGITS]
    return Definitions(metrics, parts, connections, store.rails.definitions())


def keep_for_rails(store: TenantStore, plan: Plan, *, now: datetime) -> None:
    """Write down what later plans' rails need of this one, inside the transaction that saves it: its figures, what the
    lines count by that are right, and the end of releases whose target or date is another by now."""
    lines = [outcome for outcome in plan.outcomes if outcome.rule_id is not None]
    moving = [outcome for outcome in lines if outcome.adjustments]
    opened = opened_day(moving, plan.as_of)
    store.rails.keep_figures(PlanFigures(plan.id, plan.as_of, len(lines), len(moving), opened))
    right = {one.line_id: dict(one.counts_by) for one in lines if one.status is OutcomeStatus.NONE}
    store.rails.agree_on_definitions(right, now=now)
    planned = {outcome.line_id: outcome for outcome in plan.outcomes}
    for release in store.plans.releases():
        outcome = planned.get(release.line_id)
        if outcome is not None and _void(outcome, release.after, release.effective):
            store.plans.end_releases(release.line_id, now=now)


def _void(outcome: Outcome, after: int, effective: date) -> bool:
    """Whether a release no longer fits what the plan says of its line; where the plan cannot say, it stays."""
    if outcome.status is OutcomeStatus.NONE:
        return True
    return outcome.after is not None and (outcome.after, outcome.effective) != (after, effective)
