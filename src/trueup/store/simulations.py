"""Simulations as they were shown. A saved one never changes; only an approval is added to it, once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from trueup.core.simulation.simulation import Simulation
from trueup.store.binding import Binding
from trueup.store.codec import decode, encode
from trueup.store.errors import StoreError
from trueup.store.packing import packed, unpacked
from trueup.store.tables.simulations import simulation as table


@dataclass(frozen=True, slots=True)
class StoredSimulation:
    """A simulation with the checksum under which it was shown, and who put its rules in force."""

    simulation: Simulation
    checksum: str
    approved_by: str | None = None
    approved_at: datetime | None = None
    reason: str | None = None


class Simulations:
    """A tenant's simulations."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def save(self, made: Simulation) -> StoredSimulation:
        """Keep a simulation."""
        stored = StoredSimulation(made, made.checksum)
        with self._binding.writing() as connection:
            row = {
                "id": made.id,
                "place": self._binding.next_number(connection, "simulation"),
                "made_at": made.made_at,
                "made_by": made.made_by,
                "checksum": stored.checksum,
                "body": packed(encode(made)),
            }
            connection.execute(sa.insert(table).values(tenant=self._binding.tenant, **row))
        return stored

    def get(self, simulation_id: str) -> StoredSimulation:
        """One simulation. Raises StoreError `store.unknown_simulation`."""
        with self._binding.reading() as connection:
            row = connection.execute(sa.select(table).where(*self._one(simulation_id))).first()
        if row is None:
            raise StoreError("store.unknown_simulation", simulation=simulation_id)
        return _stored(row)

    def list(self, limit: int) -> tuple[StoredSimulation, ...]:
        """The newest simulations, newest first."""
        query = sa.select(table).where(table.c.tenant == self._binding.tenant)
        with self._binding.reading() as connection:
            rows = connection.execute(query.order_by(table.c.place.desc()).limit(limit)).all()
        return tuple(map(_stored, rows))

    def approve(self, simulation_id: str, person: str, reason: str, *, now: datetime) -> bool:
        """Note that its rules were put in force; False where that was done before."""
        values = {"approved_by": person, "approved_at": now, "reason": reason}
        mine = (*self._one(simulation_id), table.c.approved_at.is_(None))
        with self._binding.writing() as connection:
            return bool(connection.execute(sa.update(table).where(*mine).values(**values)).rowcount)

    def _one(self, simulation_id: str) -> tuple[sa.ColumnElement[bool], ...]:
        return table.c.tenant == self._binding.tenant, table.c.id == simulation_id


def _stored(row: sa.Row[tuple[object, ...]]) -> StoredSimulation:
    made = decode(unpacked(row.body), Simulation)
    return StoredSimulation(made, row.checksum, row.approved_by, row.approved_at, row.reason)
