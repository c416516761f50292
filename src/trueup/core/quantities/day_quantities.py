"""A rule's expression over usage: one quantity for each collected day, and what may be concluded from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal

from trueup.core.counting.usage_runs import UsageRun
from trueup.core.expression import Code, Expression, ExpressionError, is_non_decreasing_in
from trueup.core.quantities.quantity import DayQuantity
from trueup.core.usage import Coverage, DayUsage, MetricUsage, ScopeUsage


class Quantities:
    """A rule's expression over usage, day by day; equal measured inputs are worked out once."""

    def __init__(self, expression: Expression) -> None:
        self._expression = expression
        self._by_calendar = "days_since" in expression.text
        self._measured: dict[tuple[Decimal | None, ...], DayQuantity] = {}

    def by_day(self, usage: ScopeUsage) -> Mapping[date, DayQuantity]:
        """The quantity of each collected day with what may be concluded from it. Raises ExpressionError."""
        found: dict[date, DayQuantity] = {}
        before: DayUsage | None = None
        for day in usage.days:
            as_before = before is not None and day.metrics is before.metrics and not self._by_calendar
            found[day.day] = found[before.day] if as_before and before is not None else self._on(day.day, day.metrics)
            before = day
        return found

    def by_run(self, runs: Iterable[UsageRun]) -> Iterator[tuple[UsageRun, DayQuantity]]:
        """The quantity of each run of days. Raises ExpressionError."""
        for run in runs:
            if self._by_calendar:
                for day in run.days:
                    yield UsageRun((day,), run.metrics), self._worked_out(DayUsage(day, run.metrics))
            else:
                yield run, self._on(run.days[0], run.metrics)

    def _on(self, day: date, metrics: tuple[tuple[str, MetricUsage], ...]) -> DayQuantity:
        if self._by_calendar:
            return self._worked_out(DayUsage(day, metrics))
        measured = Coverage.MEASURED
        values = tuple([value if coverage is measured else None for _, (value, coverage) in metrics])
        found = self._measured.get(values)
        if found is None:
            found = self._worked_out(DayUsage(day, metrics))
            if found.coverage is measured:
                self._measured[values] = found
        return found

    def _worked_out(self, day: DayUsage) -> DayQuantity:
        coverage = day.coverage
        if coverage is Coverage.UNKNOWN:
            return DayQuantity(None, coverage)
        if coverage is Coverage.MEASURED:
            return DayQuantity(self._value(day), coverage)
        partial = [name for name, metric in day.metrics if metric.coverage is Coverage.PARTIAL]
        grows = all(is_non_decreasing_in(self._expression, name) for name in partial)
        return DayQuantity(self._value(day), coverage, grows)

    def _value(self, day: DayUsage) -> Decimal:
        found = self._expression.evaluate({name: metric.value for name, metric in day.metrics}, today=day.day)
        if isinstance(found, bool) or not isinstance(found, Decimal):
            raise ExpressionError(Code.NOT_A_NUMBER, self._expression.text, 0, len(self._expression.text))
        return found
