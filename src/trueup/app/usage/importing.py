"""Importing a usage file: looked at first, then delivered through the same storing step as what is pulled."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

from trueup.app.clock import usage_day
from trueup.app.errors import Exit, UseCaseError, refused
from trueup.app.late.corrections import REMEMBERED
from trueup.app.suspension import must_be_active
from trueup.app.usage.collecting import record_collection, with_defined_metrics
from trueup.app.usage.profiles import profile_of
from trueup.app.workspace import Workspace
from trueup.core.reason import Reason
from trueup.core.usage import Collection, Coverage, Failure
from trueup.modules.files.delivering import Arrival, Known, collection_of, refused_collection
from trueup.modules.files.profile import FileProfile
from trueup.modules.files.reading import FileReading, RejectedRow, read_file
from trueup.modules.files.refusing import FileRefusedError
from trueup.modules.files.rows import FILE_LIMIT, Written
from trueup.store.connections import Connection
from trueup.store.deliveries import Delivery
from trueup.store.tenant_store import TenantStore


class ImportState(StrEnum):
    """What became of a file. `outranked`: the day keeps an earlier, better delivery."""

    PREVIEW = "preview"
    RECORDED = "recorded"
    ALREADY = "already"
    OUTRANKED = "outranked"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class FileCount:
    """One number of the file, beside what counted on the newest delivered day until then (None: nothing)."""

    organization: str
    name: str
    metric: str
    label: str
    value: Decimal
    coverage: Coverage
    before: Decimal | None


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What a file says and what became of it. `written` and `day` are None where the file could not be read so far."""

    state: ImportState
    connection: str
    kind: str
    file: str
    day: date | None
    written: Written | None = None
    rows: int = 0
    left_out: int = 0
    rejected: tuple[RejectedRow, ...] = ()
    rejected_rows: int = 0
    coverage: Coverage = Coverage.UNKNOWN
    counts: tuple[FileCount, ...] = ()
    items: int = 0
    notes: tuple[Reason, ...] = ()
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """How a file is to be taken: for which day (None: as the file or the profile says), only looked at, again although
    a later one replaced it, and why it may be short."""

    day: date | None = None
    preview: bool = False
    again: bool = False
    short_because: str | None = None


def bytes_of(path: Path) -> bytes:
    """What a file holds. Raises UseCaseError `file.too_large`, `file.not_there` (exit 2)."""
    try:
        if path.stat().st_size > FILE_LIMIT:
            raise UseCaseError(Reason.of("file.too_large", size=path.stat().st_size, limit=FILE_LIMIT))
        return path.read_bytes()
    except OSError as error:
        detail = error.strerror or type(error).__name__
        raise UseCaseError(Reason.of("file.not_there", file=path.name, error=detail), Exit.USAGE) from None


def _day_by_rule(ws: Workspace, profile: FileProfile) -> date:
    """The day of a file that states none."""
    settings = ws.store.settings.get()
    if profile.day_rule == "month_end":
        local = ws.now().astimezone(ZoneInfo(settings.time_zone)).date()
        return local.replace(day=1) - timedelta(days=1)
    return usage_day(ws.now(), settings)


def _refuse_day(ws: Workspace, day: date) -> None:
    """A day that is still to come, or that no plan looks back to, is a mistake."""
    settings = ws.store.settings.get()
    today = ws.now().astimezone(ZoneInfo(settings.time_zone)).date()
    if day > today:
        raise UseCaseError(Reason.of("file.day_to_come", day=day, today=today), Exit.USAGE)
    if day < today - REMEMBERED:
        raise UseCaseError(Reason.of("file.day_too_old", day=day, first=today - REMEMBERED), Exit.USAGE)


def _deliveries(ws: Workspace, connection: str) -> tuple[Delivery, ...]:
    last = ws.now().date() + timedelta(days=1)
    found = ws.store.usage.deliveries(connection, last - REMEMBERED - timedelta(days=2), last, all_attempts=True)
    return tuple(one for one in found if one.coverage is not Coverage.UNKNOWN)


def _read_note(delivery: Delivery) -> Reason | None:
    return next((note for note in delivery.notes if note.code == "file.read"), None)


def _known(store: TenantStore, connection: Connection, earlier: tuple[Delivery, ...]) -> Known:
    organizations = store.usage.organizations(connection.name)
    types = store.usage.billing_types(connection.name)
    prefix = f"{connection.kind}."
    notes = [note for one in earlier if one.state == "current" and (note := _read_note(one)) is not None]
    rows = notes[-1].get("rows") if notes else None
    return Known(
        {one.organization.key: one.organization.name for one in organizations if one.gone_since is None},
        {one.key.removeprefix(prefix): one for one in types if one.key.startswith(prefix)},
        rows if isinstance(rows, int) else None,
    )


def _is_already_there(
    earlier: tuple[Delivery, ...], digest: str, definition: str, day: date, asked: Asked, *, stated: bool
) -> bool:
    """Whether the very same file counts for the day already. Raises UseCaseError `file.replaced_since`,
    `file.seen_for_another_day`."""
    same = [one for one in earlier if (note := _read_note(one)) is not None and note.get("digest") == digest]
    of_day = [one for one in same if one.day == day]
    if of_day and all(one.state == "superseded" for one in of_day) and not asked.again:
        raise refused("file.replaced_since", day=day)
    if not of_day and not stated:
        others = [one.day for one in same if one.day != day]
        if others:
            raise refused("file.seen_for_another_day", day=day, other=others[-1])
    return any(one.state != "superseded" and one.definition == definition for one in of_day)


def _counts(store: TenantStore, collection: Collection, known: Known) -> tuple[FileCount, ...]:
    labels = {one.key: one.label for one in collection.billing_types}
    names = {**known.organizations, **{one.key: one.name for one in collection.organizations}}
    days = [day for day in store.usage.delivered_days(collection.connection) if day <= collection.day]
    before: dict[tuple[str, str], Decimal] = {}
    if days:
        spans = store.usage.readings(days[-1], days[-1], connections=(collection.connection,))
        before = {(one.organization, one.metric): one.value for one in spans}
    return tuple(
        FileCount(
            one.organization,
            names.get(one.organization, one.organization),
            one.metric,
            labels.get(one.metric, one.metric),
            one.value,
            one.coverage,
            before.get((one.organization, one.metric)),
        )
        for one in collection.readings
        if one.organization in {found.key for found in collection.organizations} or one.value
    )


def _result(connection: Connection, file: str, day: date | None, reading: FileReading) -> ImportResult:
    return ImportResult(
        ImportState.PREVIEW,
        connection.name,
        connection.kind,
        file,
        day,
        written=reading.written,
        rows=reading.rows,
        left_out=reading.left_out,
        rejected=tuple(reading.rejected),
        rejected_rows=reading.rejected_rows,
        items=len(reading.items),
    )


def _refused(
    ws: Workspace, connection: Connection, profile: FileProfile, result: ImportResult, failure: Failure, asked: Asked
) -> ImportResult:
    """A file of which nothing may be concluded. It is on record like a failed collection; a day that has been followed
    by others keeps what it has, and so does the state of the source."""
    result = replace(result, state=ImportState.REFUSED, failure=failure)
    if asked.preview:
        return result
    state = ws.store.connections.state(connection.name)
    day = result.day or state.delivered_day or _day_by_rule(ws, profile)
    run = ws.store.runs.start("import", ws.actor, now=ws.now())
    if state.delivered_day is None or state.delivered_day <= day:
        arrival = Arrival(connection.name, day, ws.now(), result.file)
        record_collection(ws, connection, refused_collection(profile, arrival, failure), run)
    ws.store.runs.finish(run, "failed", (failure.reason,), now=ws.now())
    return result


def _import(ws: Workspace, source: str, path: Path, asked: Asked) -> ImportResult:
    store = ws.store
    connection = store.connections.get(source)
    profile = profile_of(connection)
    if asked.day is not None:
        _refuse_day(ws, asked.day)
    data = bytes_of(path)
    rule_day = _day_by_rule(ws, profile) if profile.day is None else None
    result = ImportResult(ImportState.PREVIEW, source, connection.kind, path.name, asked.day or rule_day)
    try:
        reading = read_file(data, profile, asked.day)
    except FileRefusedError as error:
        return _refused(ws, connection, profile, result, error.failure, asked)
    stated = next(iter(reading.days), None) if asked.day is None else asked.day
    day = stated or _day_by_rule(ws, profile)
    _refuse_day(ws, day)
    result = _result(connection, path.name, day, reading)
    earlier = _deliveries(ws, source)
    already = _is_already_there(earlier, reading.digest, profile.definition, day, asked, stated=stated is not None)
    known = _known(store, connection, earlier)
    arrival = Arrival(source, day, ws.now(), path.name, asked.short_because)
    try:
        collection = collection_of(reading, profile, arrival, known)
    except FileRefusedError as error:
        return _refused(ws, connection, profile, result, error.failure, asked)
    metrics = tuple(metric for metric in store.metrics.list() if metric.over_items)
    collection = with_defined_metrics(collection, metrics)
    counts = _counts(store, collection, known)
    result = replace(result, coverage=collection.coverage, counts=counts, notes=collection.notes)
    if already:
        return replace(result, state=ImportState.ALREADY)
    return result if asked.preview else _deliver(ws, connection, collection, result, asked)


def _deliver(
    ws: Workspace, connection: Connection, collection: Collection, result: ImportResult, asked: Asked
) -> ImportResult:
    store = ws.store
    with store.writing():
        run = store.runs.start("import", ws.actor, now=ws.now())
        recorded = record_collection(ws, connection, collection, run)
        store.runs.finish(run, "done", collection.notes, now=ws.now())
        if asked.short_because is not None:
            detail = Reason.of(
                "audit.short_file", name=connection.name, day=collection.day, file=result.file, why=asked.short_because
            )
            store.audit.add(ws.actor, "file.short_accepted", detail, now=ws.now())
    return replace(result, state=ImportState.RECORDED if recorded.counts else ImportState.OUTRANKED)


async def import_file(ws: Workspace, source: str, path: Path, asked: Asked) -> ImportResult:
    """Read a usage file by the profile of its source and deliver it for one usage day, or only show what it says.

    A file of which nothing may be concluded is no exception: its failure is in the result and on record. Raises
    UseCaseError `file.not_a_source`, `file.profile_*`, `file.not_there`, `file.too_large`, `file.day_to_come`,
    `file.day_too_old`, `file.replaced_since`, `file.seen_for_another_day`; StoreError `store.unknown_connection`.
    """
    if asked.short_because is not None and not asked.short_because.strip():
        raise UseCaseError(Reason.of("file.short_needs_reason"), Exit.USAGE)
    if not asked.preview:
        await ws.step(must_be_active, ws.store)
    return await ws.step(_import, ws, source, path, asked)
