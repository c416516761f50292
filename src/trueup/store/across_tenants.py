"""The only questions that are asked across tenants. Everything else goes through the store of one tenant."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from trueup.core.roles import Role
from trueup.store.binding import READS
from trueup.store.guard import ACROSS_TENANTS
from trueup.store.tables import access, notices, people, schedule, statements, tenancy

OPERATORS: Final = "operators"
"""The setting of the installation that names its operators, as a list in JSON."""


@contextmanager
def everything(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that sees every row of every tenant at one moment, and writes none."""
    options = {ACROSS_TENANTS: True, **READS.get(engine.dialect.name, {})}
    with engine.execution_options(**options).begin() as connection:
        yield connection


def tenant_ids(engine: sa.Engine) -> tuple[str, ...]:
    """Ids of all tenants, sorted."""
    with engine.execution_options(**{ACROSS_TENANTS: True}).begin() as connection:
        rows = connection.execute(sa.select(tenancy.tenant.c.tenant).order_by(tenancy.tenant.c.tenant))
        return tuple(rows.scalars())


def asked_tenants(engine: sa.Engine) -> tuple[str, ...]:
    """The tenants in which somebody waits for a collection, whoever waits longest first."""
    asked = schedule.collecting
    longest = sa.func.min(asked.c.asked_at)
    query = sa.select(asked.c.tenant).where(asked.c.asked_at.is_not(None)).group_by(asked.c.tenant).order_by(longest)
    with engine.execution_options(**{ACROSS_TENANTS: True}).begin() as connection:
        return tuple(connection.execute(query).scalars())


def may_be_due(engine: sa.Engine, now: datetime) -> tuple[str, ...]:
    """The tenants at which a worker has to look now, sorted: something changed since the last look, the moment came
    that it worked out, or the clock was put back since."""
    known, look = tenancy.tenant, schedule.next_look
    joined = sa.outerjoin(known, look, look.c.tenant == known.c.tenant)
    due = look.c.tenant.is_(None) | (look.c.not_before <= now) | (look.c.looked_at > now)
    query = sa.select(known.c.tenant).select_from(joined).where(due).order_by(known.c.tenant)
    with engine.execution_options(**{ACROSS_TENANTS: True}).begin() as connection:
        return tuple(connection.execute(query).scalars())


def is_shared(engine: sa.Engine) -> bool:
    """Whether several tenants share the installation, or somebody operates it."""
    setting = people.installation_setting
    operated = sa.select(setting.c.value).where(setting.c.name == OPERATORS)
    with engine.execution_options(**{ACROSS_TENANTS: True}).begin() as connection:
        several = connection.execute(sa.select(tenancy.tenant.c.tenant).limit(2)).scalars().all()
        return len(several) > 1 or connection.execute(operated).scalar() not in (None, "[]")


def roles_of(engine: sa.Engine, person: str) -> dict[str, Role]:
    """What a person may do, in each tenant that is theirs."""
    mine = people.membership.c.person == person
    columns = (people.membership.c.tenant, people.membership.c.role)
    with engine.execution_options(**{ACROSS_TENANTS: True}).begin() as connection:
        return {tenant: Role(role) for tenant, role in connection.execute(sa.select(*columns).where(mine))}


def key_ids(engine: sa.Engine) -> frozenset[str]:
    """Ids of the keys that seal anything: secrets of connections and receivers, keys of statements, the provider's."""
    sealed = (tenancy.connection_secret, notices.receiver_secret, statements.statement_key, people.installation_setting)
    query = sa.union(*(sa.select(table.c.key_id).where(table.c.key_id.is_not(None)) for table in sealed))
    with engine.execution_options(**{ACROSS_TENANTS: True}).begin() as connection:
        return frozenset(connection.execute(query).scalars())


def push_key_of(engine: sa.Engine, hashed: str) -> tuple[str, str, int] | None:
    """Whose key it is, by its hash: tenant, name of the connection and number of the key; None for no valid key."""
    key, connected = access.push_key, tenancy.connection
    joined = sa.join(key, connected, (connected.c.tenant == key.c.tenant) & (connected.c.id == key.c.connection))
    wanted = (key.c.hash == hashed, key.c.revoked_at.is_(None), connected.c.removed_at.is_(None))
    query = sa.select(key.c.tenant, connected.c.name, key.c.id).select_from(joined).where(*wanted)
    with engine.execution_options(**{ACROSS_TENANTS: True}).begin() as connection:
        row = connection.execute(query).first()
        return None if row is None else (row[0], row[1], row[2])
