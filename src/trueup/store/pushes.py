"""What modules push: their keys, and every event that was taken, so that a day can be put together again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from trueup.store.binding import Binding
from trueup.store.connections import connection_id
from trueup.store.tables.access import push_key, pushed_event
from trueup.store.tables.tenancy import connection as connection_table

_CHUNK = 400


@dataclass(frozen=True, slots=True)
class PushKey:
    """A key without its secret; `prefix` is what a person can recognise it by."""

    id: int
    connection: str
    prefix: str
    note: str
    added_by: str
    added_at: datetime
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TakenEvent:
    """An event that was taken, in the sender's own words."""

    source: str
    id: str
    day: date
    digest: str
    body: bytes


class Pushes:
    """A tenant's keys and pushed events."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def add_key(self, connection_name: str, prefix: str, hashed: str, note: str, actor: str, *, now: datetime) -> int:
        """Keep a key by its hash; gives its number. Raises StoreError `store.unknown_connection`."""
        with self._binding.writing() as connection:
            number = self._binding.next_number(connection, "push_key")
            row = {
                "id": number,
                "connection": connection_id(connection, self._binding.tenant, connection_name),
                "prefix": prefix,
                "hash": hashed,
                "note": note,
                "added_by": actor,
                "added_at": now,
            }
            connection.execute(sa.insert(push_key).values(tenant=self._binding.tenant, **row))
        return number

    def keys(self, connection_name: str | None = None) -> tuple[PushKey, ...]:
        """Keys that are valid now."""
        joined = sa.join(
            push_key,
            connection_table,
            (connection_table.c.tenant == push_key.c.tenant) & (connection_table.c.id == push_key.c.connection),
        )
        columns = (push_key.c.id, connection_table.c.name, push_key.c.prefix, push_key.c.note, push_key.c.added_by)
        tenant = self._binding.tenant
        wanted = [push_key.c.tenant == tenant, connection_table.c.tenant == tenant, push_key.c.revoked_at.is_(None)]
        wanted.append(connection_table.c.removed_at.is_(None))
        if connection_name is not None:
            wanted.append(connection_table.c.name == connection_name)
        query = sa.select(*columns, push_key.c.added_at, push_key.c.used_at).select_from(joined).where(*wanted)
        with self._binding.reading() as connection:
            return tuple(PushKey(*row) for row in connection.execute(query.order_by(push_key.c.id)))

    def use_key(self, number: int, *, now: datetime) -> None:
        """Remember when a key was used last."""
        mine = (push_key.c.tenant == self._binding.tenant, push_key.c.id == number)
        with self._binding.writing() as connection:
            connection.execute(sa.update(push_key).where(*mine).values(used_at=now))

    def revoke_key(self, number: int, actor: str, *, now: datetime) -> bool:
        """Let a key open nothing any more; says whether it did."""
        mine = (push_key.c.tenant == self._binding.tenant, push_key.c.id == number, push_key.c.revoked_at.is_(None))
        with self._binding.writing() as connection:
            done = connection.execute(sa.update(push_key).where(*mine).values(revoked_by=actor, revoked_at=now))
            return bool(done.rowcount)

    def digests(self, connection_name: str, events: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], str]:
        """Digests of those of these events (source, id) that were taken before."""
        wanted = sorted(set(events))
        table = pushed_event
        found: dict[tuple[str, str], str] = {}
        with self._binding.reading() as connection:
            number = connection_id(connection, self._binding.tenant, connection_name)
            mine = (table.c.tenant == self._binding.tenant, table.c.connection == number)
            columns = sa.select(table.c.source, table.c.event, table.c.digest)
            for start in range(0, len(wanted), _CHUNK):
                part = wanted[start : start + _CHUNK]
                near = table.c.event.in_([event for _, event in part])
                for source, event, digest in connection.execute(columns.where(*mine, near)):
                    found[source, event] = digest
        return found

    def add_events(self, connection_name: str, events: Iterable[TakenEvent], *, now: datetime) -> None:
        """Keep events in the order in which they are given."""
        taken = list(events)
        if not taken:
            return
        with self._binding.writing() as connection:
            number = connection_id(connection, self._binding.tenant, connection_name)
            place = self._binding.next_number(connection, "pushed_event", len(taken))
            rows = [
                {
                    "tenant": self._binding.tenant,
                    "connection": number,
                    "source": one.source,
                    "event": one.id,
                    "place": place + offset,
                    "day": one.day.toordinal(),
                    "digest": one.digest,
                    "body": one.body,
                    "received_at": now,
                }
                for offset, one in enumerate(taken)
            ]
            connection.execute(sa.insert(pushed_event), rows)

    def bodies(self, connection_name: str, day: date) -> tuple[bytes, ...]:
        """The events of a day as they were sent, in the order in which they came."""
        table = pushed_event
        with self._binding.reading() as connection:
            number = connection_id(connection, self._binding.tenant, connection_name)
            mine = (table.c.tenant == self._binding.tenant, table.c.connection == number)
            query = sa.select(table.c.body).where(*mine, table.c.day == day.toordinal()).order_by(table.c.place)
            return tuple(connection.execute(query).scalars())
