"""Everything on record as one story, newest first: deeds of the audit trail, runs, and changes of lines.

Each of the three is read backwards by its own number, which grows with time, so that any age costs the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from trueup.core.outcome import EntryKind
from trueup.core.reason import Reason
from trueup.store.binding import Binding
from trueup.store.codec import decode
from trueup.store.story_names import NamedThings, about_entries, among, things_called
from trueup.store.tables.runs import intent, run
from trueup.store.tables.tenancy import audit

Kind = Literal["deed", "run", "line"]
FAILED_DEEDS = ("session.refused", "check.blocked")
FAILED_LINES = ("refused", "conflict", "unsettled")


@dataclass(frozen=True, slots=True)
class StoryPlace:
    """How far back the story was told: the number of the last deed, run and line that was shown; None for none yet."""

    deed: int | None = None
    run: int | None = None
    line: int | None = None

    def behind(self, entries: Iterable[StoryEntry]) -> StoryPlace:
        """The place behind entries that follow this one."""
        place = self
        for one in entries:
            place = replace(place, **{one.kind: one.number})
        return place


@dataclass(frozen=True, slots=True)
class StoryEntry:
    """One entry: who did what when. `reasons` say more of a run or a line; `number` is its place among its kind."""

    kind: Kind
    number: int
    at: datetime
    actor: str
    action: str
    detail: Reason
    is_failure: bool
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class StoryQuestion:
    """What is looked for: a text in any part, or in the name of whom or what it is about; only what failed, only some
    kinds."""

    text: str = ""
    failed: bool = False
    kinds: tuple[Kind, ...] = ("deed", "run", "line")


class Story:
    """A tenant's story."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def before(self, place: StoryPlace, limit: int, question: StoryQuestion) -> tuple[StoryEntry, ...]:
        """The newest entries before a place."""
        readers = {"deed": self._deeds, "run": self._runs, "line": self._lines}
        with self._binding.reading() as connection:
            text = question.text
            named = things_called(connection, self._binding.tenant, text) if text else NamedThings()
            found = [
                entry
                for kind in question.kinds
                for entry in readers[kind](connection, getattr(place, kind), limit, question, named)
            ]
        found.sort(key=lambda one: (one.at, one.kind, one.number), reverse=True)
        return tuple(found[:limit])

    def _deeds(
        self, connection: sa.Connection, behind: int | None, limit: int, question: StoryQuestion, named: NamedThings
    ) -> Iterable[StoryEntry]:
        wanted = [audit.c.tenant == self._binding.tenant, *_before(audit.c.id, behind)]
        also = about_entries(audit.c.detail, named)
        wanted += _with_text(question.text, audit.c.actor, audit.c.action, audit.c.detail, also=also)
        if question.failed:
            wanted.append(audit.c.action.in_(FAILED_DEEDS))
        columns = (audit.c.id, audit.c.at, audit.c.actor, audit.c.action, audit.c.detail)
        query = sa.select(*columns).where(*wanted).order_by(audit.c.id.desc()).limit(limit)
        for number, at, actor, action, detail in connection.execute(query):
            failed = action in FAILED_DEEDS
            yield StoryEntry("deed", number, at, actor, action, decode(detail, Reason), failed)

    def _runs(
        self, connection: sa.Connection, behind: int | None, limit: int, question: StoryQuestion, _named: NamedThings
    ) -> Iterable[StoryEntry]:
        wanted = [run.c.tenant == self._binding.tenant, *_before(run.c.place, behind)]
        wanted += _with_text(question.text, run.c.id, run.c.actor, run.c.kind, run.c.status, run.c.reasons)
        if question.failed:
            wanted.append(run.c.status == "failed")
        for row in connection.execute(sa.select(run).where(*wanted).order_by(run.c.place.desc()).limit(limit)):
            detail = Reason.of("activity.run", run=row.id, kind=row.kind, state=row.status)
            reasons = decode(row.reasons, tuple[Reason, ...])
            failed = row.status == "failed"
            yield StoryEntry("run", row.place, row.started_at, row.actor, f"run.{row.kind}", detail, failed, reasons)

    def _lines(
        self, connection: sa.Connection, behind: int | None, limit: int, question: StoryQuestion, named: NamedThings
    ) -> Iterable[StoryEntry]:
        of_run = (run.c.tenant == intent.c.tenant) & (run.c.id == intent.c.run)
        wanted = [intent.c.tenant == self._binding.tenant, *_before(intent.c.id, behind)]
        if question.text:
            said = (intent.c.run, intent.c.plan, intent.c.line, intent.c.details, intent.c.reason, run.c.actor)
            also = [among(connection, intent.c.line, named.lines)] if named.lines else []
            wanted += _with_text(question.text, *said, also=also)
        if question.failed:
            wanted.append(intent.c.state.in_(FAILED_LINES))
        query = sa.select(intent, run.c.actor).join(run, of_run).where(*wanted)
        for row in connection.execute(query.order_by(intent.c.id.desc()).limit(limit)):
            detail = _of_line(row)
            reasons = () if row.reason is None else (decode(row.reason, Reason),)
            at, failed = row.settled_at or row.sent_at or row.intended_at, row.state in FAILED_LINES
            yield StoryEntry("line", row.id, at, row.actor, f"line.{row.state}", detail, failed, reasons)


def _of_line(row: sa.Row[tuple[Any, ...]]) -> Reason:
    told = dict(msgspec.json.decode(row.details, type=tuple[tuple[str, str], ...]))
    if told.get("entry") == EntryKind.UNIT_COST:
        costs = {name: Decimal(told[name]) if told[name] else None for name in ("before", "after")}
        where = {"service": told["service"], "currency": told["currency"]}
        return Reason.of("activity.unit_cost", **where, **costs, name=told["name"], run=row.run, state=row.state)
    return Reason.of("activity.line", line=row.line, change=row.change, day=row.day, run=row.run, state=row.state)


def _before(column: sa.Column[int], behind: int | None) -> list[sa.ColumnElement[bool]]:
    return [] if behind is None else [column < behind]


def _with_text(
    text: str, *columns: sa.Column[str], also: Iterable[sa.ColumnElement[bool]] = ()
) -> list[sa.ColumnElement[bool]]:
    return [sa.or_(*(column.icontains(text, autoescape=True) for column in columns), *also)] if text else []
