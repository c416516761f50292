"""Runs: what was done when, by whom, with how many of each."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec
import sqlalchemy as sa

from trueup.core.reason import Reason
from trueup.store.binding import Binding
from trueup.store.codec import decode, encode
from trueup.store.errors import StoreError
from trueup.store.tables.runs import run, run_step

RUNNING = "running"
CUT_OFF = Reason.of("round.cut_off")
"""What a run says whose process came to an end before it."""


@dataclass(frozen=True, slots=True)
class RunStep:
    """One step of a run: name (`collect`, `plan`, ...), state, and its numbers by name."""

    name: str
    state: str
    numbers: Mapping[str, int]
    at: datetime


@dataclass(frozen=True, slots=True)
class Run:
    """A run with its steps so far. `status` is `running` until it is finished."""

    id: str
    kind: str
    actor: str
    status: str
    reasons: tuple[Reason, ...]
    started_at: datetime
    finished_at: datetime | None
    steps: tuple[RunStep, ...] = ()


class Runs:
    """A tenant's runs; ids count up: `run-1`, `run-2`."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def start(self, kind: str, actor: str, *, now: datetime) -> str:
        """Begin a run; gives its id."""
        with self._binding.writing() as connection:
            number = self._binding.next_number(connection, "run")
            row = {"id": f"run-{number}", "place": number, "kind": kind, "actor": actor, "started_at": now}
            connection.execute(sa.insert(run).values(tenant=self._binding.tenant, status=RUNNING, reasons="[]", **row))
        return f"run-{number}"

    def finish(self, run_id: str, status: str, reasons: tuple[Reason, ...] = (), *, now: datetime) -> None:
        """End it. Raises StoreError `store.unknown_run`."""
        with self._binding.writing() as connection:
            mine = (run.c.tenant == self._binding.tenant, run.c.id == run_id)
            values = {"status": status, "reasons": encode(reasons, tuple[Reason, ...]), "finished_at": now}
            if not connection.execute(sa.update(run).where(*mine).values(**values)).rowcount:
                raise StoreError("store.unknown_run", run=run_id)

    def end_cut_off(
        self, kinds: Collection[str], *, by: str | None = None, before: datetime | None = None, now: datetime
    ) -> int:
        """End as failed what is shown as running although nobody is at it any more; how many. The caller knows that
        (it holds their lease); `by` is who began them, `before` when. One that lives after all ends as it does."""
        wanted = [run.c.tenant == self._binding.tenant, run.c.kind.in_(kinds), run.c.status == RUNNING]
        if by is not None:
            wanted.append(run.c.actor == by)
        if before is not None:
            wanted.append(run.c.started_at < before)
        values = {"status": "failed", "reasons": encode((CUT_OFF,), tuple[Reason, ...]), "finished_at": now}
        with self._binding.writing() as connection:
            return connection.execute(sa.update(run).where(*wanted).values(**values)).rowcount

    def step(self, run_id: str, name: str, state: str, numbers: Mapping[str, int], *, now: datetime) -> None:
        """Note a step. Raises StoreError `store.unknown_run`."""
        mine = (run_step.c.tenant == self._binding.tenant, run_step.c.run == run_id)
        with self._binding.writing() as connection:
            self._exists(connection, run_id)
            last = connection.execute(sa.select(sa.func.max(run_step.c.position)).where(*mine)).scalar()
            row = {"run": run_id, "position": (last or 0) + 1, "name": name, "state": state, "at": now}
            text = msgspec.json.encode(dict(numbers)).decode()
            connection.execute(sa.insert(run_step).values(tenant=self._binding.tenant, numbers=text, **row))

    def get(self, run_id: str) -> Run:
        """The run with its steps. Raises StoreError `store.unknown_run`."""
        with self._binding.reading() as connection:
            wanted = (run.c.tenant == self._binding.tenant, run.c.id == run_id)
            found = connection.execute(sa.select(run).where(*wanted)).first()
            if found is None:
                raise StoreError("store.unknown_run", run=run_id)
            mine = (run_step.c.tenant == self._binding.tenant, run_step.c.run == run_id)
            steps = connection.execute(sa.select(run_step).where(*mine).order_by(run_step.c.position)).all()
        return _run(
            found,
            tuple(
                RunStep(step.name, step.state, msgspec.json.decode(step.numbers, type=dict[str, int]), step.at)
                for step in steps
            ),
        )

    def list(self, *, kind: str | None = None, limit: int = 100) -> tuple[Run, ...]:
        """Runs without their steps, newest first."""
        return tuple(found for _, found in self.before(None, limit, kind))

    def before(self, place: int | None, limit: int, kind: str | None = None) -> tuple[tuple[int, Run], ...]:
        """Runs without their steps, newest first, each with its place; those before a place if it is named."""
        wanted = [run.c.tenant == self._binding.tenant]
        if kind is not None:
            wanted.append(run.c.kind == kind)
        if place is not None:
            wanted.append(run.c.place < place)
        with self._binding.reading() as connection:
            rows = connection.execute(sa.select(run).where(*wanted).order_by(run.c.place.desc()).limit(limit)).all()
        return tuple((row.place, _run(row, ())) for row in rows)

    def _exists(self, connection: sa.Connection, run_id: str) -> None:
        wanted = (run.c.tenant == self._binding.tenant, run.c.id == run_id)
        if connection.execute(sa.select(run.c.id).where(*wanted)).first() is None:
            raise StoreError("store.unknown_run", run=run_id)


def _run(row: sa.Row[tuple[object, ...]], steps: tuple[RunStep, ...]) -> Run:
    reasons = decode(row.reasons, tuple[Reason, ...])
    return Run(row.id, row.kind, row.actor, row.status, reasons, row.started_at, row.finished_at, steps)
