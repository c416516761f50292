"""The items of one usage day by organization, each stream read once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date

from trueup.core.usage import Item
from trueup.store.tenant_store import TenantStore


class DayItems:
    """Reads the store when asked; use it inside one moment of the database. `organizations` bounds what is read where
    only few are asked about; None reads a stream as a whole."""

    def __init__(self, store: TenantStore, day: date, organizations: Collection[str] | None = None) -> None:
        self.day = day
        self._store = store
        self._organizations = organizations
        self._streams: dict[str, Mapping[str, tuple[str, ...]]] = {}
        self._items: dict[tuple[str, str], Mapping[str, list[Item]]] = {}

    def of(self, connection: str, stream: str, organization: str) -> list[Item]:
        """The items of one organization; none where the stream was not delivered that day."""
        place = connection, stream
        if place not in self._items:
            found: dict[str, list[Item]] = defaultdict(list)
            for item in self._store.usage.items(self.day, connection, stream, self._organizations):
                found[item.organization].append(item)
            self._items[place] = found
        return self._items[place].get(organization, [])

    def attributes(self, connection: str, stream: str) -> tuple[str, ...]:
        """Names of the attributes of a stream's items."""
        if connection not in self._streams:
            self._streams[connection] = self._store.usage.streams(connection)
        return self._streams[connection].get(stream, ())
