"""Beside a clerk or another tool: what Trueup wanted on each usage day against what the PSA then showed.

A usage day is judged once, `wait` days after it, when whoever maintains the PSA has had time to enter it and when
Trueup itself has decided (a fall must stand some days first). Days of one line with the same answer are one interval.
See docs/guides/beside-icb.md and docs/decisions/0078-agreement.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from trueup.core.beside.comparison_causes import Difference, cause_of, undecided_because
from trueup.core.contract import DAY, UnitRow, level_on, units_on
from trueup.core.dates.timing import days_between
from trueup.core.money import per_month
from trueup.core.outcome import Outcome, OutcomeStatus
from trueup.core.period import BillingCalendar
from trueup.core.reason import Reason
from trueup.core.rule import Rule, Timing
from trueup.core.usage import Coverage, ScopeUsage

PATIENCE = timedelta(days=31)
"""A day that Trueup has still not decided after that long is judged by what stands."""


class Verdict(StrEnum):
    """What came of a usage day: the same units, other units, or Trueup would have had nothing to say."""

    AGREED = "agreed"
    DIFFERS = "differs"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Judgement:
    """The same answer on each usage day from `first` to `last` of one line.

    `wanted` are Trueup's units (None: undecided), `found` the PSA's. `reason` is the cause of a difference, or
    `compare.entered_late` where both agreed only some nights later. `monthly` is what Trueup's units would bring more
    (or less) than the PSA's in a month, in `currency`; None without a price.
    """

    line_id: str
    customer_id: str
    service_id: str
    first: date
    last: date
    verdict: Verdict
    wanted: int | None
    found: int
    reason: Reason | None = None
    currency: str | None = None
    monthly: Decimal | None = None

    @property
    def days(self) -> int:
        """Usage days, both ends included."""
        return (self.last - self.first).days + 1

    def goes_on(self, later: Judgement) -> bool:
        """Whether the next day's judgement says the same."""
        mine = (self.verdict, self.wanted, self.found, self.reason, self.service_id, self.monthly)
        theirs = (later.verdict, later.wanted, later.found, later.reason, later.service_id, later.monthly)
        return self.last + DAY == later.first and mine == theirs


@dataclass(frozen=True, slots=True)
class Behind:
    """On how many nights the PSA showed other units than wanted for a day not judged yet; `seen` is the last."""

    nights: int
    seen: date

    def again(self, night: date) -> Behind:
        """One night more; the same night counts once."""
        return self if self.seen >= night else Behind(self.nights + 1, night)


@dataclass(frozen=True, slots=True)
class LineNight:
    """One line in one night's plan, with what it was made from. `counts` gives every billing type of the line's
    modules on a day, also those that the rule does not count."""

    outcome: Outcome
    rule: Rule
    rows: tuple[UnitRow, ...]
    usage: ScopeUsage
    billing: BillingCalendar
    as_of: date
    months: int
    stale_days: int
    counts: Callable[[date], Mapping[str, Decimal]]

    def wanted(self, day: date) -> int | None:
        """The units that this plan calls for on a day; None where it cannot say."""
        outcome = self.outcome
        unclear = any(reason.code == "held.ambiguous" for reason in outcome.reasons)
        if unclear or not outcome.levels or day < outcome.levels[0].start:
            return None
        return level_on(outcome.levels, day)

    def found(self, day: date) -> int:
        """The PSA's units on a day; 0 where it bills nothing."""
        return units_on(self.rows, day)

    def differs(self, day: date) -> bool:
        """Whether tonight's plan knows the day's units and the PSA shows others."""
        wanted = self.wanted(day)
        return wanted is not None and wanted != self.found(day)


def _decided(night: LineNight, day: date) -> bool:
    """Whether no later plan will say anything else of the day."""
    if night.as_of - day >= PATIENCE:
        return True
    outcome, timing = night.outcome, night.rule.timing
    if not outcome.levels:
        return outcome.status is not OutcomeStatus.SCHEDULED
    if Timing.PERIOD_START in (timing.increase, timing.decrease) and night.as_of < night.billing.period_of(day).end:
        return False
    settle = max(
        timing.increase_settle_days if timing.increase is Timing.USAGE_DAY else 0,
        timing.decrease_settle_days if timing.decrease is Timing.USAGE_DAY else 0,
    )
    stood = sum(1 for seen in night.usage.days if day <= seen.day <= night.as_of and seen.coverage is Coverage.MEASURED)
    return stood >= settle


def open_days(night: LineNight, before: Judgement | None, wait: int) -> Iterator[date]:
    """Usage days of the line that are not judged yet, oldest first, up to tonight's. Days outside of the contract are
    no line-days, and once it has ended no plan speaks of its last ones any more."""
    contract = night.billing.contract
    if not contract.covers(night.as_of):
        return
    starts = [night.as_of - timedelta(days=wait) if before is None else before.last + DAY]
    starts.append(night.as_of - PATIENCE - timedelta(days=wait))
    if before is None:
        if not night.usage.days:
            return
        starts.append(night.usage.days[0].day)
    if night.outcome.cutover is not None:
        starts.append(night.outcome.cutover)
    if night.outcome.levels:
        starts.append(night.outcome.levels[0].start)
    yield from days_between(max(*starts, contract.start), night.as_of)


def judged(
    night: LineNight, before: Judgement | None, behind: Mapping[date, Behind], wait: int
) -> tuple[tuple[Judgement, ...], Mapping[date, Behind]]:
    """Judgements of tonight, oldest first, each continuing the one before it where it says the same; and what is behind
    on the days after them. `before` is the line's newest judgement, `behind` what earlier nights saw.
    """
    found: list[Judgement] = []
    still: dict[date, Behind] = {}
    last, waiting = before, False
    for day in open_days(night, before, wait):
        waiting = waiting or (night.as_of - day).days < wait or not _decided(night, day)
        known = behind.get(day)
        if not waiting:
            now = _judge(night, day, last, known.nights if known else 0)
            if last is not None and last.goes_on(now):
                now = replace(now, first=last.first)
                found = found[:-1]
            found.append(now)
            last = now
        elif night.differs(day):
            still[day] = (known or Behind(0, date.min)).again(night.as_of)
        elif known is not None:
            still[day] = known
    return tuple(found), still


def _judge(night: LineNight, day: date, before: Judgement | None, behind: int) -> Judgement:
    outcome, found, wanted = night.outcome, night.found(day), night.wanted(day)
    verdict, reason, monthly = Verdict.AGREED, None, None
    if wanted is None:
        verdict, reason = Verdict.UNDECIDED, undecided_because(outcome)
    elif wanted != found:
        verdict, reason = Verdict.DIFFERS, _same_cause(before, day, wanted, found)
        if reason is None:
            difference = Difference(
                outcome=outcome,
                rule=night.rule,
                rows=night.rows,
                usage=night.usage,
                billing=night.billing,
                as_of=night.as_of,
                stale_days=night.stale_days,
                counts=night.counts(day),
                day=day,
                wanted=wanted,
                found=found,
            )
            reason = cause_of(difference)
        if outcome.price is not None:
            monthly = per_month(outcome.price * (wanted - found), night.months)
    elif behind:
        reason = Reason.of("compare.entered_late", nights=behind)
    return Judgement(
        outcome.line_id,
        outcome.customer_id,
        outcome.service_id,
        day,
        day,
        verdict,
        wanted,
        found,
        reason,
        outcome.currency,
        monthly,
    )


_PASSING = frozenset({"compare.source_silent"})
"""Causes of one day, which the next day does not inherit."""


def _same_cause(before: Judgement | None, day: date, wanted: int, found: int) -> Reason | None:
    """A difference that goes on unchanged keeps its cause, also when what showed it lies too far back by now."""
    if before is None or before.verdict is not Verdict.DIFFERS or before.last + DAY != day or before.reason is None:
        return None
    same = (before.wanted, before.found) == (wanted, found) and before.reason.code not in _PASSING
    return before.reason if same else None
