"""Column types that keep exactly what they were given, on every database."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
"""Every constraint has a name from the first revision on, so that a later one can name what it changes."""


class Instant(TypeDecorator[datetime]):
    """A moment with its time zone. Kept in UTC, so that it sorts; comes back in UTC."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a moment without a time zone; SQLite keeps UTC without writing the zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            msg = "a moment without a time zone cannot be kept"
            raise TypeError(msg)
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


class Exact(TypeDecorator[Decimal]):
    """A Decimal as its text: nothing is rounded, trailing zeros included."""

    impl = sa.String
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        """To text."""
        del dialect
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:
        """From text."""
        del dialect
        return None if value is None else Decimal(value)


metadata = sa.MetaData(naming_convention=NAMING)
"""All tables of the store."""

TENANT = "tenant"
"""Name of the first key column of every tenant's table."""

_MARK = "tenant_table"


def tenant_table(
    name: str,
    *parts: sa.Column[object] | sa.Constraint | sa.Index,
    with_rowid: bool = True,
) -> sa.Table:
    """A table whose rows belong to tenants: its first column is `tenant`, and the guard watches it.

    The parts' primary key is completed with the tenant in front. `with_rowid=False` keeps the rows inside the
    primary key's tree (SQLite), which halves a table that is all key.
    """
    return sa.Table(
        name,
        metadata,
        sa.Column(TENANT, sa.String, primary_key=True, nullable=False),
        *parts,
        info={_MARK: True},
        sqlite_with_rowid=with_rowid,
    )


_WHERE = "unique_where"


def unique_where(name: str, *columns: sa.Column[object], where: sa.ColumnElement[bool]) -> sa.Index:
    """An index over the rows of a condition, of which no two agree in these columns. See `conditioned`."""
    return sa.Index(name, *columns, unique=True, info={_WHERE: where})


def conditioned(index: sa.Index, dialect: sa.Dialect) -> sa.Index:
    """The index with its condition, once it is known which database makes it: said earlier, the condition would bring
    in the dialects of all of them."""
    if _WHERE in index.info:
        index.dialect_options[dialect.name]["where"] = index.info[_WHERE]
    return index


_INSTALLATION_MARK = "installation_table"


def installation_table(name: str, *parts: sa.Column[object] | sa.Constraint | sa.Index) -> sa.Table:
    """A table of the installation itself: who people are and how they sign in, before any tenant is known.

    The guard keeps the connections of tenants away from it (docs/decisions/0110-people-and-tenants.md).
    """
    return sa.Table(name, metadata, *parts, info={_INSTALLATION_MARK: True})


def belongs_to_installation(table: sa.Table) -> bool:
    """Whether the rows of this table belong to no tenant but to the installation."""
    return bool(table.info.get(_INSTALLATION_MARK))


def belongs_to_tenant(table: sa.Table) -> bool:
    """Whether the rows of this table belong to tenants."""
    return bool(table.info.get(_MARK))


def within(*columns: str, of: str) -> sa.ForeignKeyConstraint:
    """A foreign key that cannot leave the tenant: `within("connection", of="connection.id")`."""
    parent, _, key = of.partition(".")
    keys = [name.strip() for name in key.split(",")]
    return sa.ForeignKeyConstraint([TENANT, *columns], [f"{parent}.{TENANT}", *(f"{parent}.{name}" for name in keys)])


def of_a_tenant() -> sa.ForeignKeyConstraint:
    """A foreign key to the tenant itself."""
    return sa.ForeignKeyConstraint([TENANT], [f"tenant.{TENANT}"])
