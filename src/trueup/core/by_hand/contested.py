"""Lines that something else keeps changing: recognised after a few nights, and never fought over.

A *departure* is a night on which the PSA's units had left what Trueup wrote or agreed on, and usage wants them back.
After `contest_nights` of them within `contest_window` nights the line is contested: it is held, in every mode, and no
release of a guard rail sends it. A person says whose line it is: excludes it, or claims it, which starts the count
again. See docs/decisions/0079-contested-lines.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from trueup.core.by_hand.drift import KnownUnits
from trueup.core.digest import digest
from trueup.core.outcome import Outcome, OutcomeStatus
from trueup.core.reason import Reason
from trueup.core.settings import BesideSettings


@dataclass(frozen=True, slots=True)
class Departure:
    """One night's: from `day` on the PSA shows `found` where `known` was agreed. `agreed` names what was agreed, so
    that the same edit is not counted again while nobody has agreed anew. `counted` is the one billing type whose count
    the PSA shows, if there is one."""

    night: date
    day: date
    known: int
    found: int
    agreed: str
    counted: str | None = None


@dataclass(frozen=True, slots=True)
class LineContest:
    """What is remembered of one line: its departures of the last nights, oldest first, and since which night it is
    contested (None: it is not). `claimed` is the newest departure at the time when a person said that the line is
    Trueup's: the same edit is not counted once more."""

    departures: tuple[Departure, ...] = ()
    since: date | None = None
    claimed: Departure | None = None


@dataclass(frozen=True, slots=True)
class ContestFacts:
    """What tonight's plan needs of one line: what is remembered, and tonight's edit if there is one (`drift` as
    `trueup.core.by_hand.drift.drift_in` gives it)."""

    memory: LineContest = field(default_factory=LineContest)
    drift: Reason | None = None
    agreed: str = ""
    counted: str | None = None


def agreement_of(known: KnownUnits) -> str:
    """A short name for what was agreed."""
    return digest([[step.start, step.units] for step in known.steps], known.until)


def remembered(outcome: Outcome, facts: ContestFacts, night: date, wanted: BesideSettings) -> LineContest:
    """The line's memory after tonight. An edit that usage wants too is no departure, and neither is one that was
    counted before, unless somebody agreed or wrote anew since."""
    memory = facts.memory
    start = night - timedelta(days=wanted.contest_window - 1)
    departures = tuple(one for one in memory.departures if one.night >= start)
    tonight = _departure(outcome, facts, night)
    counted = (*departures, memory.claimed) if memory.claimed is not None else departures
    if tonight is not None and not any(_same(one, tonight) for one in counted):
        departures = (*(one for one in departures if one.night != night), tonight)
    if memory.since is not None:
        return replace(memory, departures=departures or memory.departures)
    since = night if len(departures) >= wanted.contest_nights else None
    return replace(memory, departures=departures, since=since)


def _departure(outcome: Outcome, facts: ContestFacts, night: date) -> Departure | None:
    drift = facts.drift
    if drift is None or not outcome.adjustments:
        return None
    day, known, found = drift.get("day"), drift.get("known"), drift.get("found")
    if not isinstance(day, date) or not isinstance(known, int) or not isinstance(found, int):
        return None
    return Departure(night, day, known, found, facts.agreed, facts.counted)


def _same(one: Departure, other: Departure) -> bool:
    return (one.agreed, one.day, one.found) == (other.agreed, other.day, other.found)


def looks_like_icb(memory: LineContest) -> str | None:
    """The billing type whose single count every departure shows, as Integrated Customer Billing writes it each night
    (one service follows one billing type; facts of its Service Mapping page); None where they do not."""
    counted = {one.counted for one in memory.departures}
    return next(iter(counted)) if len(counted) == 1 else None


def held_if_contested(outcome: Outcome, facts: ContestFacts | None, night: date, wanted: BesideSettings) -> Outcome:
    """The outcome, held as `held.contested` (or `held.contested_icb`) where the line is contested and something would
    be sent. It cannot be released: a person says whose line it is."""
    if facts is None or not outcome.adjustments:
        return outcome
    memory = remembered(outcome, facts, night, wanted)
    if memory.since is None:
        return outcome
    newest = memory.departures[-1]
    numbers = {
        "nights": len(memory.departures),
        "window": wanted.contest_window,
        "known": newest.known,
        "found": newest.found,
    }
    counted = looks_like_icb(memory)
    reason = (
        Reason.of("held.contested", **numbers)
        if counted is None
        else Reason.of("held.contested_icb", counted=counted, **numbers)
    )
    return replace(outcome, status=OutcomeStatus.HELD, reasons=(reason, *outcome.reasons), releasable=())
