"""A rule's expression over usage: one quantity for each collected day, and what may be concluded from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal

from trueup.core.counting.usage_runs import UsageRun
from trueup.core.expression import Code, Expression, ExpressionError, is_non_decreasing_in
from trueup.core.quantities.quantity import DayQuantity
from trueup.core.usage import Coverage, DayUsage, ScopeUsage


class Quantities:
    """A rule's expression over usage, day by day; equal inputs are worked out once."""

    def __init__(self, expression: Expression) -> None:
        self._expression = expression
        self._by_calendar = "days_since" in expression.text
        self._measured: dict[tuple[Decimal | None, ...], DayQuantity] = {}
        self._seen: dict[tuple[date | None, tuple[tuple[str, Decimal], ...]], Decimal] = {}

    def value(self, usage: DayUsage) -> Decimal:
        """The expression on one day. Raises ExpressionError."""
        values = tuple((name, metric.value) for name, metric in usage.metrics)
        key = usage.day if self._by_calendar else None, values
        if key not in self._seen:
            found = self._expression.evaluate(dict(values), today=usage.day)
            if isinstance(found, bool) or not isinstance(found, Decimal):
                raise ExpressionError(Code.NOT_A_NUMBER, self._expression.text, 0, len(self._expression.text))
            self._seen[key] = found
        return self._seen[key]

    def by_day(self, usage: ScopeUsage) -> Mapping[date, DayQuantity]:
        """The quantity of each collected day with what may be concluded from it. Raises ExpressionError."""
        found: dict[date, DayQuantity] = {}
        before: DayUsage | None = None
        for day in usage.days:
            as_before = before is not None and day.metrics is before.metrics and not self._by_calendar
            found[day.day] = found[before.day] if as_before and before is not None else self._of_day(day)
            before = day
        return found

    def by_run(self, runs: Iterable[UsageRun]) -> Iterator[tuple[UsageRun, DayQuantity]]:
        """The quantity of each run of days. Raises ExpressionError."""
        measured = Coverage.MEASURED
        for run in runs:
            if self._by_calendar:
                for day in run.days:
                    yield UsageRun((day,), run.metrics), self._of_day(DayUsage(day, run.metrics))
                continue
            values = tuple([one.value if one.coverage is measured else None for _, one in run.metrics])
            found = self._measured.get(values)
            if found is None:
                found = self._of_day(DayUsage(run.days[0], run.metrics))
                if found.coverage is measured:
                    self._measured[values] = found
            yield run, found

    def _of_day(self, day: DayUsage) -> DayQuantity:
        coverage = day.coverage
        if coverage is Coverage.UNKNOWN:
            return DayQuantity(None, coverage)
        if coverage is Coverage.MEASURED:
            return DayQuantity(self.value(day), coverage)
        partial = [name for name, metric in day.metrics if metric.coverage is Coverage.PARTIAL]
        grows = all(is_non_decreasing_in(self._expression, name) for name in partial)
        return DayQuantity(self.value(day), coverage, grows)
