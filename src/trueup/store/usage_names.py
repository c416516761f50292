"""Numbers for the names that usage repeats: streams with their attribute layouts, and billing types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec
import sqlalchemy as sa

from trueup.core.usage import BillingType
from trueup.store.binding import Binding
from trueup.store.codec import decode, encode
from trueup.store.tables.usage import billing_type, item, stream


@dataclass(frozen=True, slots=True)
class Layout:
    """One order of attribute names that a stream has, or once had. Items point to the layout they were kept under."""

    id: int
    stream: str
    attributes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one connection, inside a transaction that is open."""

    binding: Binding
    connection: sa.Connection
    number: int

    def layouts(self) -> tuple[Layout, ...]:
        """Every layout of every stream, oldest first."""
        columns = (stream.c.id, stream.c.name, stream.c.attributes)
        wanted = (stream.c.tenant == self.binding.tenant, stream.c.connection == self.number)
        rows = self.connection.execute(sa.select(*columns).where(*wanted).order_by(stream.c.id))
        return tuple(Layout(i, name, msgspec.json.decode(text, type=tuple[str, ...])) for i, name, text in rows)

    def layout(self, name: str, attributes: tuple[str, ...], *, newest: bool) -> tuple[Layout, tuple[Layout, ...]]:
        """The layout of a stream with these attributes, made if there is none, and the other layouts of the stream.

        For the newest day the last layout has to be this one, because `streams` answers with the last.
        """
        same = [found for found in self.layouts() if found.stream == name]
        fitting = next((found for found in reversed(same) if found.attributes == attributes), None)
        if fitting is None or (newest and fitting is not same[-1]):
            fitting = Layout(self.binding.next_number(self.connection, "stream"), name, attributes)
            row = {"id": fitting.id, "name": name, "attributes": msgspec.json.encode(attributes).decode()}
            self.connection.execute(sa.insert(stream).values(tenant=self.binding.tenant, connection=self.number, **row))
        return fitting, tuple(found for found in same if found.id != fitting.id)

    def item_count(self) -> int:
        """How many items stand open in all streams."""
        wanted = (item.c.tenant == self.binding.tenant, item.c.stream.in_([found.id for found in self.layouts()]))
        return self.connection.execute(sa.select(sa.func.count()).select_from(item).where(*wanted)).scalar_one()

    def billing_types(self) -> tuple[BillingType, ...]:
        """Billing types in the order in which they were first delivered."""
        return tuple(decode(body, BillingType) for _, _, body in self._billing_types() if body is not None)

    def keep_billing_types(self, types: Iterable[BillingType], mentioned: Iterable[str]) -> Mapping[str, int]:
        """Take note of billing types, and of metrics that readings name; gives the numbers of all by key."""
        known = {key: (number, body) for number, key, body in self._billing_types()}
        wanted: dict[str, str | None] = dict.fromkeys(sorted(set(mentioned) - known.keys()))
        wanted |= {one.key: encode(one) for one in types}
        new = [(key, body) for key, body in wanted.items() if key not in known]
        mine = (billing_type.c.tenant == self.binding.tenant, billing_type.c.connection == self.number)
        for key, body in wanted.items():
            if key in known and body is not None and body != known[key][1]:
                self.connection.execute(
                    sa.update(billing_type).where(*mine, billing_type.c.id == known[key][0]).values(body=body)
                )
        numbers = {key: number for key, (number, _) in known.items()}
        if new:
            first = self.binding.next_number(self.connection, "billing_type", len(new))
            common = {"tenant": self.binding.tenant, "connection": self.number}
            rows = [common | {"id": first + place, "key": key, "body": body} for place, (key, body) in enumerate(new)]
            self.connection.execute(sa.insert(billing_type), rows)
            numbers |= {key: first + place for place, (key, _) in enumerate(new)}
        return numbers

    def _billing_types(self) -> list[tuple[int, str, str | None]]:
        columns = (billing_type.c.id, billing_type.c.key, billing_type.c.body)
        wanted = (billing_type.c.tenant == self.binding.tenant, billing_type.c.connection == self.number)
        rows = self.connection.execute(sa.select(*columns).where(*wanted).order_by(billing_type.c.id))
        return [(number, key, body) for number, key, body in rows]
