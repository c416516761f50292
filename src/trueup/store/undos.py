"""What was taken back: which run each undo plan undoes, which changes of each line, and what waits because of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

import msgspec
import sqlalchemy as sa

from trueup.core.outcome import Outcome
from trueup.core.undo.undone import Undone, is_over
from trueup.store.binding import Binding
from trueup.store.tables.runs import intent
from trueup.store.tables.undos import undo, undo_line

DONE = "done"


@dataclass(frozen=True, slots=True)
class UndoLine:
    """One line of an undo plan: the changes that it takes back, by their numbers in the journal, and the units and day
    that the undone run had led to."""

    plan_id: str
    line_id: str
    intents: tuple[int, ...]
    units: int
    day: date


class Undos:
    """A tenant's undo plans."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def save(
        self,
        plan_id: str,
        run_id: str,
        lines: Iterable[UndoLine],
        person: str,
        reason: str,
        day: date,
        *,
        now: datetime,
    ) -> None:
        """Keep what a saved plan takes back; `day` is the usage day on which the person asked for it."""
        row = {"plan": plan_id, "run": run_id, "person": person, "reason": reason, "day": day, "at": now}
        rows = [
            {
                "tenant": self._binding.tenant,
                "plan": plan_id,
                "line": one.line_id,
                "intents": msgspec.json.encode(one.intents).decode(),
                "units": one.units,
                "day": one.day,
            }
            for one in lines
        ]
        with self._binding.writing() as connection:
            connection.execute(sa.insert(undo).values(tenant=self._binding.tenant, **row))
            if rows:
                connection.execute(sa.insert(undo_line), rows)

    def run_of(self, plan_id: str) -> str | None:
        """The run that a plan undoes; None for every other plan."""
        wanted = (undo.c.tenant == self._binding.tenant, undo.c.plan == plan_id)
        with self._binding.reading() as connection:
            return connection.execute(sa.select(undo.c.run).where(*wanted)).scalar()

    def lines(self) -> tuple[UndoLine, ...]:
        """Every line of every undo plan, whatever became of it."""
        query = sa.select(undo_line).where(undo_line.c.tenant == self._binding.tenant)
        with self._binding.reading() as connection:
            rows = connection.execute(query.order_by(undo_line.c.plan, undo_line.c.line)).all()
        return tuple(
            UndoLine(row.plan, row.line, msgspec.json.decode(row.intents, type=tuple[int, ...]), row.units, row.day)
            for row in rows
        )

    def waiting(self) -> dict[str, Undone]:
        """By line, the newest change that was taken back (at least in part) and that usage still asks for."""
        of_plan = (undo.c.tenant == undo_line.c.tenant) & (undo.c.plan == undo_line.c.plan)
        written = (
            (intent.c.tenant == undo_line.c.tenant)
            & (intent.c.plan == undo_line.c.plan)
            & (intent.c.line == undo_line.c.line)
            & (intent.c.state == DONE)
        )
        query = (
            sa.select(undo_line, undo.c.run, undo.c.person, undo.c.reason, undo.c.day.label("asked_on"))
            .join(undo, of_plan)
            .join(intent, written)
            .where(undo_line.c.tenant == self._binding.tenant, undo_line.c.ended_at.is_(None))
            .order_by(undo.c.at)
        )
        with self._binding.reading() as connection:
            rows = connection.execute(query).all()
        return {
            row.line: Undone(row.line, row.units, row.day, row.run, row.plan, row.person, row.asked_on, row.reason)
            for row in rows
        }

    def end_over(self, outcomes: Iterable[Outcome], *, now: datetime) -> None:
        """End what a plan shows to be over: usage asks for other units, or the line is right as it is."""
        with self._binding.writing() as connection:
            waiting = self.waiting()
            over = [
                outcome.line_id
                for outcome in outcomes
                if outcome.line_id in waiting and is_over(waiting[outcome.line_id], outcome)
            ]
            for line in over:
                mine = (undo_line.c.tenant == self._binding.tenant, undo_line.c.line == line)
                connection.execute(
                    sa.update(undo_line).where(*mine, undo_line.c.ended_at.is_(None)).values(ended_at=now)
                )
