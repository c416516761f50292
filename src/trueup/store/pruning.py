"""Records that are older than their kind is kept, counted or deleted. What a write, a report or an undo rests on stays,
whatever its age (docs/decisions/0177-how-long-data-are-kept.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

import sqlalchemy as sa

from trueup.core.outcome import OutcomeStatus
from trueup.core.retention import Kept
from trueup.store.binding import Binding
from trueup.store.evidence import SEEN_AGAIN
from trueup.store.plans import OPEN, outcome_of
from trueup.store.tables import usage
from trueup.store.tables.access import pushed_event, refused_call
from trueup.store.tables.history import evidence
from trueup.store.tables.notices import notice, notice_message
from trueup.store.tables.plan_rows import plan_row
from trueup.store.tables.plans import outcome, plan
from trueup.store.tables.runs import intent, run, run_step
from trueup.store.tables.schedule import missed_day
from trueup.store.tables.simulations import simulation
from trueup.store.tables.undos import undo

Old = tuple[sa.Table, sa.ColumnElement[bool]]
"""A table, and which of its rows are too old."""

_AT_ONCE: Final = 10_000


class Pruning:
    """A tenant's old records."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding
        self._of: Mapping[Kept, Callable[[sa.Connection, date], Iterable[Old]]] = {
            Kept.USAGE: _usage,
            Kept.PLANS: self._plans,
            Kept.SIMULATIONS: _simulations,
            Kept.NOTICES: self._notices,
            Kept.PUSHES: _pushes,
            Kept.RUNS: self._runs,
        }

    def count(self, kind: Kept, before: date) -> int:
        """How many records of a kind are older than a day and may go."""
        with self._binding.reading() as connection:
            counts = (
                sa.select(sa.func.count()).select_from(table).where(self._mine(table), old)
                for table, old in self._of[kind](connection, before)
            )
            return sum(int(connection.execute(query).scalar_one()) for query in counts)

    def delete(self, kind: Kept, before: date) -> int:
        """Delete them; gives how many."""
        with self._binding.writing() as connection:
            old = list(self._of[kind](connection, before))
            return sum(
                connection.execute(sa.delete(table).where(self._mine(table), rows)).rowcount for table, rows in old
            )

    def _mine(self, table: sa.Table) -> sa.ColumnElement[bool]:
        return table.c.tenant == self._binding.tenant

    def _plans(self, connection: sa.Connection, before: date) -> Iterable[Old]:
        """Lines of old plans, but for those that close a month or took something back, and lines that were written."""
        query = sa.select(plan.c.id, plan.c.as_of, plan.c.state).where(self._mine(plan)).order_by(plan.c.place)
        plans = connection.execute(query).all()
        closing = {one.as_of.replace(day=1): one.id for one in plans}
        whole = {*closing.values(), *connection.execute(sa.select(undo.c.plan).where(self._mine(undo))).scalars()}
        old = [one.id for one in plans if one.as_of < before and one.state != OPEN and one.id not in whole]
        written = sa.select(intent.c.plan, intent.c.line).where(self._mine(intent))
        yield outcome, outcome.c.plan.in_(old) & sa.tuple_(outcome.c.plan, outcome.c.line).not_in(written)
        yield plan_row, plan_row.c.plan.in_(old)
        yield from _among(evidence.c.digest, self._unused(connection, before, set(old)))

    def _unused(self, connection: sa.Connection, before: date, going: set[str]) -> list[str]:
        """Lists of items that no plan kept lately, and that no line which stays rests on."""
        unseen = evidence.c.kept_at < _moment(before) - SEEN_AGAIN
        lists = set(connection.execute(sa.select(evidence.c.digest).where(self._mine(evidence), unseen)).scalars())
        if not lists:
            return []
        joined = (plan.c.tenant == outcome.c.tenant) & (plan.c.id == outcome.c.plan)
        written = sa.select(intent.c.plan, intent.c.line).where(self._mine(intent)).distinct()
        lines = {(one.plan, one.line) for one in connection.execute(written)}
        query = sa.select(outcome.c.plan, outcome.c.line, outcome.c.body).join(plan, joined)
        moving = outcome.c.status != OutcomeStatus.NONE.value
        for one in connection.execute(
            query.where(self._mine(outcome), self._mine(plan), moving, plan.c.as_of < before)
        ):
            if one.plan not in going or (one.plan, one.line) in lines:
                lists.discard(outcome_of(one.body).evidence)
        return sorted(lists)

    def _notices(self, connection: sa.Connection, before: date) -> Iterable[Old]:
        over = self._numbers(connection, notice, notice.c.closed_at < _moment(before))
        yield from _among(notice_message.c.notice, over)
        yield from _among(notice.c.id, over)

    def _runs(self, connection: sa.Connection, before: date) -> Iterable[Old]:
        """Runs that wrote nothing, made no plan and were not taken back."""
        old = set(self._numbers(connection, run, run.c.started_at < _moment(before)))
        for column in (intent.c.run, plan.c.run, undo.c.run):
            old -= set(connection.execute(sa.select(column).where(self._mine(column.table)).distinct()).scalars())
        yield from _among(run_step.c.run, old)
        yield from _among(run.c.id, old)

    def _numbers(self, connection: sa.Connection, table: sa.Table, old: sa.ColumnElement[bool]) -> list[object]:
        return list(connection.execute(sa.select(table.c.id).where(self._mine(table), old)).scalars())


def _among(column: sa.Column[Any], values: Iterable[object]) -> Iterable[Old]:
    """The rows with one of these values, so many at a time as every database takes."""
    left = list(values)
    for start in range(0, len(left), _AT_ONCE):
        yield column.table, column.in_(left[start : start + _AT_ONCE])


def _usage(connection: sa.Connection, before: date) -> Iterable[Old]:
    """Intervals that ended, what was replaced, and deliveries: a day without a delivery says nothing any more."""
    del connection
    day = before.toordinal()
    yield usage.item_past, usage.item_past.c.valid_to < day
    yield usage.reading_past, usage.reading_past.c.valid_to < day
    for table in (usage.item_superseded, usage.reading_superseded, usage.delivery, missed_day):
        yield table, table.c.day < day


def _simulations(connection: sa.Connection, before: date) -> Iterable[Old]:
    del connection
    yield simulation, (simulation.c.made_at < _moment(before)) & simulation.c.approved_at.is_(None)


def _pushes(connection: sa.Connection, before: date) -> Iterable[Old]:
    del connection
    yield pushed_event, pushed_event.c.received_at < _moment(before)
    yield refused_call, refused_call.c.ended_at < _moment(before)


def _moment(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
