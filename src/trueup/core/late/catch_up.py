"""Catch-up: what days that can no longer be changed in the PSA should have billed, as an amount that is shown.

A day is closed when the PSA posted it and refuses changes there, or when it lies before the first day that a plan may
still date. What corrected, late or belated usage calls for on such days is never sent: it becomes an entry for each
billing period, with the units billed, the units called for, and the difference to the cent
(docs/decisions/0081-catch-up-entries.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from trueup.core.by_hand.drift import KnownUnits, Terms
from trueup.core.contract import DAY, UnitRow, UnitStep, level_on, posted_on, row_on
from trueup.core.dates.adjusting import LineUnits
from trueup.core.dates.timing import LevelPath, days_between
from trueup.core.digest import digest
from trueup.core.late.owed import OnDay, OwedPeriod, by_day, owed_period
from trueup.core.period import BillingCalendar
from trueup.core.reason import Param, Reason
from trueup.core.rule import Rule
from trueup.core.spans import spans
from trueup.core.usage import ScopeUsage

KEPT_DAYS = timedelta(days=400)
"""How long settled levels are kept: a correction of an older day cannot be reckoned."""

LATE = ("catch_up.late", "catch_up.late_after")
"""Codes of usage that came when its day was over and nothing had been told of it."""

REACH = timedelta(days=45)
"""How far before a corrected day the walk begins again: a change must stand some days, and is dated on the first."""


def basis_of(rule: Rule, usage: ScopeUsage) -> str:
    """What the levels of a line were worked out by: another rule or other organizations are another basis."""
    parts = (rule.quantity, repr(rule.policy), repr(rule.timing), repr(rule.scope), rule.flag_meaning.value)
    return digest(*parts, repr(rule.override), repr(rule.share), [list(one) for one in usage.organizations])


def _by_period(
    differences: Mapping[date, OnDay], billing: BillingCalendar, corrections: tuple[Reason, ...]
) -> tuple[OwedPeriod, ...]:
    grouped: dict[tuple[date, date], dict[date, OnDay]] = {}
    for day, found in sorted(differences.items()):
        if found[0] != found[1]:
            period = billing.period_of(day)
            grouped.setdefault((period.start, period.end), {})[day] = found
    return tuple(owed_period(*place, days, _causes(place, days, corrections)) for place, days in grouped.items())


def _causes(
    place: tuple[date, date], days: Mapping[date, OnDay], corrections: tuple[Reason, ...]
) -> tuple[Reason, ...]:
    """Corrections of the period's days; else the newest ones before it, which can only reach it from there."""
    last = max(days)
    known = [(day, one) for one in corrections if isinstance(day := one.get("day"), date) and day <= last + REACH]
    inside = tuple(one for day, one in known if place[0] - DAY <= day <= place[1])
    return inside or tuple(one for _, one in known[-3:]) or (Reason.of("catch_up.posted_first", day=min(days)),)


def owed_in_posted(
    path: LevelPath,
    units: LineUnits,
    billing: BillingCalendar,
    price: Decimal | None,
    corrections: tuple[Reason, ...] = (),
) -> tuple[OwedPeriod, ...]:
    """What a PSA that refuses changes in posted periods does not bill of the path up to its last posted day. Open days
    before a period that was posted in advance are among them: a change there would move the posted row too."""
    last = after_posted(units.rows, path.first) - DAY
    differences = {
        day: (units.on(day), path.on(day), price)
        for day in days_between(path.first, last)
        if day <= path.decided_until or posted_on(units.rows, day)
    }
    return _by_period(differences, billing, corrections)


def after_posted(rows: tuple[UnitRow, ...], first: date) -> date:
    """The first day that a PSA which refuses changes in posted periods still takes: behind the last posted row."""
    return max(first, *(row.end + DAY for row in rows if row.posted is not None), first)


def reopened_days(
    unbilled: tuple[tuple[date, date], ...], rows: tuple[UnitRow, ...], first: date
) -> tuple[tuple[date, date], ...]:
    """The part of these days, as spans, that a plan from `first` on may date again: its rows are not posted."""
    return spans(
        day
        for start, end in unbilled
        for day in days_between(max(start, first), end)
        if row_on(rows, day) is not None and not posted_on(rows, day)
    )


def reckoned_from(
    known: KnownUnits | None, basis: str, corrections: tuple[Reason, ...], begins: date, first: date
) -> date | None:
    """The day from which closed days are walked again; None where no correction reaches days before `first` (and since
    the contract `begins`), or where the rule, its usage's scope or the record of what was settled is another by now."""
    touched = [day for one in corrections if isinstance(day := one.get("day"), date) and begins <= day < first]
    if not touched or known is None or not known.levels or known.until is None:
        return None
    since = settled_since(known, basis)
    if since is None or min(touched) < since or known.until < first - DAY:
        return None
    return max(since, begins, min(touched) - REACH)


def settled_since(known: KnownUnits, basis: str) -> date | None:
    """First day of the newest stretch that was settled on this basis."""
    start: date | None = None
    for terms in known.terms:
        if terms.basis != basis:
            start = None
        elif start is None:
            start = terms.start
    return start


def _terms_on(known: KnownUnits, day: date) -> Terms | None:
    return next((terms for terms in reversed(known.terms) if terms.start <= day), None)


def owed_before(
    path: LevelPath, known: KnownUnits, first: date, billing: BillingCalendar, corrections: tuple[Reason, ...]
) -> tuple[OwedPeriod, ...]:
    """What days before `first` should have billed: the walk with present usage against the levels that were settled."""
    differences: dict[date, OnDay] = {}
    for day in days_between(path.first, first - DAY):
        terms = _terms_on(known, day)
        differences[day] = (level_on(known.levels, day), path.on(day), terms.price if terms else None)
    return _by_period(differences, billing, corrections)


def owed_notes(owed: tuple[OwedPeriod, ...], reopened: tuple[tuple[date, date], ...]) -> tuple[Reason, ...]:
    """What a plan says of it beside a line."""
    again = tuple(Reason.of("note.catch_up_reopened", first=first, last=last) for first, last in reopened)
    return (
        *again,
        *(
            Reason.of(
                "note.catch_up",
                period_start=one.period_start,
                period_end=one.period_end,
                unit_days=one.unit_days,
                amount=one.amount,
            )
            for one in owed
        ),
    )


def caught_up_notes(changed: Iterable[date], corrections: tuple[Reason, ...]) -> tuple[Reason, ...]:
    """Why a plan dates changes on days that are over: usage of these days arrived late, and after what. `changed` are
    the days of its changes; one on the day after the late ones ends them."""
    days = set(changed)
    late: dict[tuple[Param, Param], list[date]] = {}
    for one in corrections:
        day = one.get("day")
        if one.code in LATE and isinstance(day, date):
            late.setdefault((one.get("connection"), one.get("failure")), []).append(day)
    return tuple(
        Reason.of("note.caught_up", connection=name, failure=failure, first=first, last=None if last == first else last)
        for (name, failure), found in late.items()
        for first, last in spans(found)
        if any(first <= day <= last + DAY for day in days)
    )


def settled(
    before: KnownUnits | None,
    levels: tuple[UnitStep, ...],
    until: date | None,
    terms: Terms,
    owed: tuple[OwedPeriod, ...],
) -> tuple[tuple[UnitStep, ...], tuple[Terms, ...]]:
    """Levels and terms to remember: the new ones, and before them those of days that a plan does not reach any more,
    with what was found owed for them. A gap between the two drops the older ones: nothing is known of its days."""
    if not levels or until is None:
        return levels, (terms,) if levels else ()
    first = levels[0].start
    if before is None or before.until is None or not before.levels or before.until < first - DAY:
        return levels, (replace(terms, start=first),)
    start = max(before.levels[0].start, first - KEPT_DAYS)
    if start >= first:
        return levels, (replace(terms, start=first),)
    changed = {day: found[1] for one in owed for day, found in by_day(one).items() if start <= day < first}
    days = {start, *(step.start for step in before.levels if start < step.start < first)}
    days |= set(changed) | {day + DAY for day in changed if day + DAY < first}
    older = [UnitStep(day, changed.get(day, level_on(before.levels, day))) for day in sorted(days)]
    steps = [one for place, one in enumerate(older) if not place or older[place - 1].units != one.units]
    kept = [one for one in before.terms if one.start < first]
    while len(kept) > 1 and kept[1].start <= start:
        kept.pop(0)
    new = _new_terms(kept, before, terms, first)
    return (*steps, *levels), (*kept, *new)


def _new_terms(kept: list[Terms], before: KnownUnits, terms: Terms, first: date) -> list[Terms]:
    """Terms from `first` on: a new price holds from the first day that was not settled before."""
    found: list[Terms] = []
    old = _terms_on(before, first)
    fresh = (before.until or first) + DAY
    if old is not None and old.price != terms.price and fresh > first:
        found = [replace(terms, start=first, price=old.price), replace(terms, start=fresh)]
    else:
        found = [replace(terms, start=first)]
    last = kept[-1] if kept else None
    if last is not None and (last.basis, last.price) == (found[0].basis, found[0].price):
        found.pop(0)
    return found
