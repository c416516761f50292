"""Posted items that were compared with their previews. The newest word on an item counts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

import sqlalchemy as sa

from trueup.core.late.billed import BilledProof, proven
from trueup.store.binding import Binding
from trueup.store.tables.billed import billed_item as table


class Billed:
    """A tenant's compared items."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def keep(self, proofs: Iterable[BilledProof], *, now: datetime) -> None:
        """Write comparisons down."""
        rows = [
            {
                "item": proof.item,
                "line": proof.line_id,
                "day": proof.day,
                "kind": proof.kind,
                "quantity": proof.quantity,
                "previewed": proof.previewed,
                "billed": proof.billed,
                "formula": proof.formula,
                "intent": proof.intent,
                "seen_at": now,
            }
            for proof in proofs
        ]
        if not rows:
            return
        with self._binding.writing() as connection:
            for row in rows:
                mine = (table.c.tenant == self._binding.tenant, table.c.item == row["item"])
                connection.execute(sa.delete(table).where(*mine))
                connection.execute(sa.insert(table).values(tenant=self._binding.tenant, **row))

    def forget(self, line_id: str, since: date) -> None:
        """Let go of a line's comparisons from a day on, because its items have just been read again."""
        mine = (table.c.tenant == self._binding.tenant, table.c.line == line_id, table.c.day >= since)
        with self._binding.writing() as connection:
            connection.execute(sa.delete(table).where(*mine))

    def list(self, *, line_id: str | None = None) -> tuple[BilledProof, ...]:
        """Compared items by day; of one line or of all."""
        wanted = [table.c.tenant == self._binding.tenant]
        if line_id is not None:
            wanted.append(table.c.line == line_id)
        with self._binding.reading() as connection:
            rows = connection.execute(sa.select(table).where(*wanted).order_by(table.c.day, table.c.item)).all()
        return tuple(
            BilledProof(
                row.item, row.line, row.day, row.kind, row.quantity, row.previewed, row.billed, row.formula, row.intent
            )
            for row in rows
        )

    def counts(self) -> tuple[int, int]:
        """How many items of changes agreed with the formula, and how many did not."""
        changes = [one for one in self.list() if one.kind == "change"]
        agreed = sum(1 for one in changes if one.agrees)
        return agreed, len(changes) - agreed

    def proven(self) -> bool:
        """Whether previewed amounts are proven for this tenant."""
        return proven(*self.counts())
