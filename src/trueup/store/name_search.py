"""Names found while somebody types: items of all streams, and organizations. Each question reads one tenant's rows only
(the tenant stands first in every key) and stops at a limit."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from trueup.store.binding import Binding
from trueup.store.tables.tenancy import connection as connection_table
from trueup.store.tables.usage import item, organization, stream


@dataclass(frozen=True, slots=True)
class FoundItem:
    """An item that stands now, with its stream and whose it is."""

    connection: str
    stream: str
    key: str
    name: str
    organization_key: str
    organization: str


class NameSearch:
    """A tenant's names of things that modules deliver."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def items(self, text: str, limit: int) -> tuple[FoundItem, ...]:
        """Items whose name or key holds the text, whatever its case (letters without accents), by name."""
        tenant = self._binding.tenant
        pattern = f"%{text.replace('!', '!!').replace('%', '!%').replace('_', '!_')}%"
        named = item.c.name.ilike(pattern, escape="!") | item.c.key.ilike(pattern, escape="!")
        in_use = (
            sa.select(stream.c.id)
            .join(
                connection_table,
                (connection_table.c.tenant == stream.c.tenant) & (connection_table.c.id == stream.c.connection),
            )
            .where(stream.c.tenant == tenant, connection_table.c.removed_at.is_(None))
        )
        first = (
            sa.select(item.c.tenant, item.c.stream, item.c.key, item.c.name, item.c.organization)
            .where(item.c.tenant == tenant, item.c.stream.in_(in_use), named)
            .order_by(item.c.name, item.c.key)
            .limit(limit)
            .subquery()
        )
        query = (
            sa.select(
                connection_table.c.name,
                stream.c.name,
                first.c.key,
                first.c.name,
                organization.c.key,
                organization.c.name,
            )
            .select_from(first)
            .join(stream, (stream.c.tenant == first.c.tenant) & (stream.c.id == first.c.stream))
            .join(
                connection_table,
                (connection_table.c.tenant == first.c.tenant) & (connection_table.c.id == stream.c.connection),
            )
            .join(organization, (organization.c.tenant == first.c.tenant) & (organization.c.id == first.c.organization))
            .where(stream.c.tenant == tenant, connection_table.c.tenant == tenant, organization.c.tenant == tenant)
            .order_by(first.c.name, first.c.key)
        )
        with self._binding.reading() as open_connection:
            return tuple(FoundItem(*row) for row in open_connection.execute(query))
