"""A file as a collection: the same that a module delivers, so that storing, planning and catch-up are the same.

What a file does not say is never a zero, unless its profile says that it lists everybody (design law 1).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from trueup.core.reason import Reason
from trueup.core.usage import (
    BillingType,
    Collection,
    Coverage,
    Failure,
    Inventory,
    MetricKind,
    ModuleOrganization,
    Reading,
)
from trueup.modules.files.profile import ITEMS, FileProfile
from trueup.modules.files.reading import FileReading
from trueup.modules.files.refusing import implausible

_SHORT = 2
"""A file that holds less than one part in this many of what is known looks cut."""


@dataclass(frozen=True, slots=True)
class Known:
    """What earlier files of the source said: organizations in use by key, billing types by the last word of their key,
    and how many rows the newest file had."""

    organizations: Mapping[str, str] = field(default_factory=dict)
    types: Mapping[str, BillingType] = field(default_factory=dict)
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where and when a file arrived: the connection, the usage day it speaks of, the moment, its name, and why a short
    one is right, where a person said so."""

    connection: str
    day: date
    observed_at: datetime
    name: str
    short_because: str | None = None


def collection_of(reading: FileReading, profile: FileProfile, arrival: Arrival, known: Known) -> Collection:
    """The collection that a file delivers. Raises FileRefusedError `file.too_short`, `file.fewer_rows`."""
    short = _is_short(reading, profile, arrival, known)
    named = set(reading.organizations)
    whole = profile.complete and not reading.whose_is_lost and not reading.doubtful
    doubtful = named if short or reading.whose_is_lost else reading.doubtful
    types = {**known.types, **reading.types} if profile.type_column else dict(reading.types)
    readings = _readings(reading, profile, known, types, doubtful)
    listed = tuple(ModuleOrganization(key, name) for key, name in sorted(reading.organizations.items()))
    absent = tuple(sorted(known.organizations.keys() - named)) if not profile.complete else ()
    inventories: tuple[Inventory, ...] = ()
    if profile.item is not None:
        items = tuple(reading.items[key] for key in sorted(reading.items))
        partial = frozenset(doubtful) | frozenset(key for key, _ in reading.unknown) | frozenset(absent)
        inventories = (Inventory(ITEMS, profile.layout, items, partial),)
    return Collection(
        connection=arrival.connection,
        module=profile.kind,
        day=arrival.day,
        observed_at=arrival.observed_at,
        coverage=Coverage.MEASURED if whole else Coverage.PARTIAL,
        billing_types=tuple(types[name] for name in sorted(types)),
        organizations=listed,
        inventories=inventories,
        readings=readings,
        notes=_notes(reading, profile, arrival, known, short=short),
        definition=profile.definition,
    )


def refused_collection(profile: FileProfile, arrival: Arrival, failure: Failure) -> Collection:
    """What a file delivers of which nothing may be concluded."""
    return Collection(
        arrival.connection,
        profile.kind,
        arrival.day,
        arrival.observed_at,
        Coverage.UNKNOWN,
        failure=failure,
        definition=profile.definition,
    )


def _is_short(reading: FileReading, profile: FileProfile, arrival: Arrival, known: Known) -> bool:
    """Whether the file looks cut. A file that should list everybody is then refused, unless a person said why."""
    named = len(reading.organizations.keys() & known.organizations.keys())
    fewer = known.rows is not None and reading.rows * _SHORT < known.rows
    if arrival.short_because is not None:
        return False
    if profile.complete and named * _SHORT < len(known.organizations):
        raise implausible("file.too_short", named=named, known=len(known.organizations))
    if profile.complete and fewer:
        raise implausible("file.fewer_rows", rows=reading.rows, before=known.rows)
    return fewer


def _readings(
    reading: FileReading,
    profile: FileProfile,
    known: Known,
    types: Mapping[str, BillingType],
    doubtful: set[str],
) -> tuple[Reading, ...]:
    """What is said of each organization and billing type, and what an absence means."""
    found: list[Reading] = []
    for key in reading.organizations:
        for name in sorted(types):
            place = (key, name)
            if place in reading.unknown or (name not in reading.types and profile.complete):
                continue  # a type that the whole file lacks, or a key in doubt: nothing may be said
            value = reading.counts.get(place)
            sure = key not in doubtful and (value is not None or profile.complete)
            coverage = Coverage.MEASURED if sure else Coverage.PARTIAL
            found.append(Reading(types[name].key, key, value or Decimal(0), coverage))
    if not profile.complete:
        found += [
            Reading(types[name].key, key, Decimal(0), Coverage.PARTIAL)
            for key in sorted(known.organizations.keys() - reading.organizations.keys())
            for name in sorted(types)
            if types[name].kind in (MetricKind.LEVEL, MetricKind.FLAG)
        ]
    return tuple(found)


def _notes(
    reading: FileReading, profile: FileProfile, arrival: Arrival, known: Known, *, short: bool
) -> tuple[Reason, ...]:
    notes = [Reason.of("file.read", file=arrival.name, digest=reading.digest, rows=reading.rows, size=reading.size)]
    if reading.rejected_rows:
        first = reading.rejected[0]
        count, code = reading.rejected_rows, first.reason.code
        notes.append(Reason.of("file.rejected", rejected=count, line=first.line, failure=code))
    if short:
        notes.append(Reason.of("file.looks_cut", rows=reading.rows, before=known.rows))
    if arrival.short_because is not None:
        notes.append(Reason.of("file.short_accepted", why=arrival.short_because))
    promised = {one.key for one in profile.promised()} | {one.key for one in known.types.values()}
    for name in sorted(reading.types):
        one = reading.types[name]
        if one.key not in promised:
            notes.append(Reason.of("file.new_type", label=one.label, metric=one.key))
    if profile.type_column and profile.complete:
        notes += [
            Reason.of("file.type_missing", metric=known.types[name].key)
            for name in sorted(known.types.keys() - reading.types.keys())
        ]
    return tuple(notes)
