"""How each module of the demonstration stands after the last night, and which lines of the plan wait for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from trueup.app.demonstration.connecting import name_of
from trueup.app.late.corrections import REMEMBERED
from trueup.app.usage.collecting import CollectResult
from trueup.app.usage.importing import ImportResult
from trueup.core.outcome import Outcome, OutcomeStatus, Plan
from trueup.core.reason import Reason
from trueup.core.usage import Coverage, Failure, FailureCategory
from trueup.modules.catalogue_files import load_catalogue
from trueup.store.tenant_store import TenantStore


class Way(StrEnum):
    """How usage of a module comes in."""

    ASKED = "asked"
    FILE = "file"
    PUSHED = "pushed"


class Standing(StrEnum):
    """How a module stands."""

    DELIVERED = "delivered"
    PARTIAL = "partial"
    FAILED = "failed"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Source:
    """One module after the last night: what it delivered for `day`, or why it did not."""

    name: str
    kind: str
    label: str
    way: Way
    standing: Standing
    day: date | None
    organizations: int
    items: int
    failure: Failure | None = None
    notes: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Waiting:
    """Lines that keep their units because a module delivers too little, and the last day that it delivered whole."""

    source: Source
    lines: tuple[Outcome, ...]
    last_whole_day: date | None


def _standing(coverage: Coverage, failure: Failure | None) -> Standing:
    if coverage is Coverage.MEASURED:
        return Standing.DELIVERED
    if coverage is Coverage.PARTIAL:
        return Standing.PARTIAL
    blocked = failure is not None and failure.category is FailureCategory.NETWORK_RULE
    return Standing.BLOCKED if blocked else Standing.FAILED


def asked(result: CollectResult) -> Source:
    """A module that was asked."""
    return Source(
        result.connection,
        result.kind,
        load_catalogue(result.kind).label,
        Way.ASKED,
        _standing(result.coverage, result.failure),
        result.day,
        result.organizations,
        result.items,
        result.failure,
        result.notes,
    )


def by_file(result: ImportResult) -> Source:
    """A module whose file was taken."""
    organizations = len({count.organization for count in result.counts})
    return Source(
        result.connection,
        result.kind,
        load_catalogue(result.kind).label,
        Way.FILE,
        _standing(result.coverage, result.failure),
        result.day,
        organizations,
        result.rows,
        result.failure,
    )


def pushed(store: TenantStore, kind: str, day: date) -> Source:
    """A module that sent its usage of a day itself, as the store has it: what was pushed is only counted there."""
    name = name_of(kind)
    readings = store.usage.readings(day, day, connections=(name,))
    coverage = readings[0].coverage if readings else Coverage.UNKNOWN
    label = load_catalogue(kind).label
    organizations = len({reading.organization for reading in readings})
    items = int(sum(reading.value for reading in readings))
    return Source(name, kind, label, Way.PUSHED, _standing(coverage, None), day, organizations, items)


_WAITING = frozenset({"held.stale", "note.partly_read"})
"""Codes of a line that keeps its units because of a source."""


def last_whole_day(store: TenantStore, connection: str, until: date) -> date | None:
    """The last usage day up to `until` for which a connection delivered everything; None where there is none."""
    found = store.usage.deliveries(connection, until - REMEMBERED, until)
    return max((one.day for one in found if one.coverage is Coverage.MEASURED), default=None)


def waiting_for(
    store: TenantStore, plan: Plan, sources: Iterable[Source], follows: Mapping[str, str]
) -> tuple[Waiting, ...]:
    """The lines that wait for each module that does not deliver everything; `follows` has a service's quantity."""
    return tuple(
        Waiting(
            source,
            tuple(
                line
                for line in plan.outcomes
                if f"{source.kind}." in follows.get(line.service_name, "")
                and line.status is not OutcomeStatus.CHANGE
                and any(reason.code in _WAITING for reason in line.reasons)
            ),
            last_whole_day(store, source.name, plan.as_of),
        )
        for source in sources
        if source.standing is not Standing.DELIVERED
    )
