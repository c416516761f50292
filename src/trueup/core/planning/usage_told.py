"""What a line's outcome tells of its usage: the numbers of the day, and sources that failed or were read in part."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from trueup.core.reason import Reason
from trueup.core.rule import Rule
from trueup.core.usage import Coverage, DayUsage, Failure, FailureCategory, ScopeUsage


def usage_steps(rule: Rule, usage: ScopeUsage, source_day: date | None) -> tuple[Reason, ...]:
    """The numbers of the day that the quantity came from (the newest where None), and the expression over them."""
    day = next((day for day in reversed(usage.days) if source_day is None or day.day == source_day), None)
    if day is None:
        return ()
    metrics = tuple(
        Reason.of("step.metric", name=name, value=metric.value, coverage=metric.coverage.value, day=day.day)
        for name, metric in day.metrics
    )
    return (*metrics, Reason.of("step.expression", text=rule.quantity, day=day.day))


def moves_told(
    steps: tuple[Reason, ...], usage: ScopeUsage, changes: date, labels: Mapping[str, str]
) -> tuple[Reason, ...]:
    """The steps of a line that changes from a day on; a number says how far it moved (`change`) since the last day
    before that was measured whole (`since`), and what people call it (`label`)."""
    before = next(
        (day for day in reversed(usage.days) if day.day < changes and day.coverage is Coverage.MEASURED), None
    )
    if before is None:
        return steps
    then = {name: metric.value for name, metric in before.metrics}
    return tuple(_moved(step, then, before.day, labels) for step in steps)


def _moved(step: Reason, then: Mapping[str, Decimal | None], since: date, labels: Mapping[str, str]) -> Reason:
    told = step.as_dict()
    name, now = str(told.get("name")), told.get("value")
    was = then.get(name)
    if step.code != "step.metric" or not isinstance(now, Decimal) or was is None or now == was:
        return step
    if told["coverage"] != Coverage.MEASURED.value:
        return step
    return Reason.of(step.code, **told, change=now - was, since=since, label=labels.get(name, name.rpartition(".")[2]))


def fully_known(usage: ScopeUsage) -> bool:
    """Whether every source told everything on the newest day, so that units which stay are right, not merely kept."""
    return not usage.failures and bool(usage.days) and usage.days[-1].coverage is Coverage.MEASURED


def source_notes(usage: ScopeUsage) -> tuple[Reason, ...]:
    """Why a source is missing or says less than everything on the newest day."""
    failed = map(_failed, usage.failures)
    newest = usage.days[-1] if usage.days else None
    partly = () if newest is None or newest.coverage is not Coverage.PARTIAL else (partly_read(newest),)
    return (*failed, *partly, *usage.problems)


def _failed(failure: Failure) -> Reason:
    """A source that failed; where a network rule stands between, with the address and since when."""
    told = failure.reason
    if failure.category is FailureCategory.NETWORK_RULE and told.get("connection") is not None:
        params = {name: told.get(name) for name in ("connection", "address", "since")}
        return Reason.of("note.source_blocked", failure=told.code, **params)
    return Reason.of("note.source_failed", category=failure.category.value, failure=told.code)


def partly_read(day: DayUsage) -> Reason:
    """Why a line keeps its units though a smaller count was read: its own source was read only in part."""
    names = (name for name, metric in day.metrics if metric.coverage is Coverage.PARTIAL)
    return Reason.of("note.partly_read", day=day.day, metrics=", ".join(names))
