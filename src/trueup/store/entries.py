"""Requests to create something in the PSA: kept until they are done or withdrawn, and planned like any other write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec
import sqlalchemy as sa

from trueup.core.outcome import EntryKind
from trueup.store.binding import Binding
from trueup.store.tables.entries import entry_request as table


@dataclass(frozen=True, slots=True)
class EntryRequest:
    """One request. `body` holds its particulars as text (name, price, billing code; contract, service).

    `state`: wanted, done (then `created_id` is the PSA's id, where it told one) or withdrawn.
    """

    id: str
    kind: EntryKind
    body: Mapping[str, str]
    requested_by: str
    requested_at: datetime
    state: str = "wanted"
    created_id: str | None = None


class Entries:
    """A tenant's requests."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def request(self, kind: EntryKind, body: Mapping[str, str], actor: str, *, now: datetime) -> EntryRequest:
        """Ask for something; the same request again is the one that stands."""
        with self._binding.writing() as connection:
            for found in self.list():
                if (found.kind, dict(found.body)) == (kind, dict(body)):
                    return found
            request = EntryRequest(f"E{self._binding.next_number(connection, 'entry')}", kind, dict(body), actor, now)
            row = {"id": request.id, "kind": kind.value, "body": msgspec.json.encode(dict(body)).decode()}
            row |= {"state": request.state, "requested_by": actor}
            connection.execute(sa.insert(table).values(tenant=self._binding.tenant, requested_at=now, **row))
        return request

    def list(self, *, state: str = "wanted") -> tuple[EntryRequest, ...]:
        """Requests in a state, oldest first."""
        wanted = (table.c.tenant == self._binding.tenant, table.c.state == state)
        with self._binding.reading() as connection:
            rows = connection.execute(sa.select(table).where(*wanted).order_by(table.c.requested_at, table.c.id)).all()
        return tuple(
            EntryRequest(
                row.id,
                EntryKind(row.kind),
                msgspec.json.decode(row.body, type=dict[str, str]),
                row.requested_by,
                row.requested_at,
                row.state,
                row.created_id,
            )
            for row in rows
        )

    def end(self, request_id: str, state: str, *, now: datetime, created_id: str | None = None) -> None:
        """Close a request as `done` or `withdrawn`; one that is closed already stays as it is."""
        mine = (table.c.tenant == self._binding.tenant, table.c.id == request_id, table.c.state == "wanted")
        with self._binding.writing() as connection:
            connection.execute(sa.update(table).where(*mine).values(state=state, ended_at=now, created_id=created_id))
