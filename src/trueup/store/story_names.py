"""Lines, and whom and what they stand for, found by name among all that the PSA ever showed: records hold ids only, and
plans let go of their rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

import msgspec
import sqlalchemy as sa

from trueup.core.naming import plain
from trueup.store.tables.psa import psa_entry

MANY_ENTRIES = 20
"""So many customers, contracts and services at most are looked for in the audit trail; a text that fits more of them
names none."""


class _Called(msgspec.Struct):
    """What of a customer, contract or service decides here."""

    name: str
    customer_id: str = ""


class _Stands(msgspec.Struct):
    """Where a line stands."""

    contract_id: str
    service_id: str


@dataclass(frozen=True, slots=True)
class NamedThings:
    """Ids by kind, of what is called by a text; `lines` are those of any of the others."""

    customers: frozenset[str] = frozenset()
    contracts: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()
    lines: frozenset[str] = frozenset()

    @property
    def entries(self) -> tuple[tuple[str, str], ...]:
        """Kind and id of all but the lines."""
        kinds = {"customer": self.customers, "contract": self.contracts, "service": self.services}
        return tuple((kind, one) for kind, ids in kinds.items() for one in sorted(ids))


def things_called(connection: sa.Connection, tenant: str, text: str) -> NamedThings:
    """What has the text in its name, whatever its case and accents, also where it is gone from the PSA. Contracts of
    those customers are among them."""
    wanted = plain(text)
    if not wanted:
        return NamedThings()
    fits = cache(lambda name: wanted in plain(name))
    customers, contracts, services = set[str](), set[str](), set[str]()
    mine = (psa_entry.c.tenant == tenant, psa_entry.c.kind.in_(("customer", "contract", "service")))
    decoder = msgspec.json.Decoder(_Called)
    others: list[tuple[str, str]] = []
    for kind, one, body in connection.execute(
        sa.select(psa_entry.c.kind, psa_entry.c.id, psa_entry.c.body).where(*mine)
    ):
        found = decoder.decode(body)
        if kind == "contract":
            others.append((one, found.customer_id))
        if fits(found.name):
            {"customer": customers, "contract": contracts, "service": services}[kind].add(one)
    contracts.update(contract for contract, customer in others if customer in customers)
    lines = frozenset(_lines(connection, tenant, contracts, services)) if contracts or services else frozenset[str]()
    return NamedThings(frozenset(customers), frozenset(contracts), frozenset(services), lines)


def _lines(connection: sa.Connection, tenant: str, contracts: set[str], services: set[str]) -> Iterator[str]:
    decoder = msgspec.json.Decoder(_Stands)
    mine = (psa_entry.c.tenant == tenant, psa_entry.c.kind == "line")
    for one, body in connection.execute(sa.select(psa_entry.c.id, psa_entry.c.body).where(*mine)):
        stands = decoder.decode(body)
        if stands.contract_id in contracts or stands.service_id in services:
            yield one


def among(connection: sa.Connection, column: sa.Column[str], values: Iterable[str]) -> sa.ColumnElement[bool]:
    """Whether a column holds one of many values: sent as one parameter, because databases bound their number."""
    found = sorted(values)
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - a store in a file never needs it

        return column == sa.any_(sa.cast(sa.literal(found, postgresql.ARRAY(sa.String)), postgresql.ARRAY(sa.String)))
    each = sa.func.json_each(json.dumps(found)).table_valued("value")
    return column.in_(sa.select(each.c.value))


def about_entries(column: sa.Column[str], named: NamedThings) -> list[sa.ColumnElement[bool]]:
    """Whether a record (`trueup.store.codec`) is about a customer, contract or service of those; none where the text
    fits so many that it names none of them."""
    if len(named.entries) > MANY_ENTRIES:
        return []
    found: list[sa.ColumnElement[bool]] = []
    for kind, one in named.entries:
        value = msgspec.json.encode(f"s{one}").decode()
        of_level = sa.and_(
            column.contains(f'"level","s{kind}"', autoescape=True),
            column.contains(f'"target",{value}', autoescape=True),
        )
        found += [column.contains(f'"{kind}",{value}', autoescape=True), of_level]
    return found
