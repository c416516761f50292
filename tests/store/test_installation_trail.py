"""The trail of the installation: operators and tenants that came and went, chained so that a change is found."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from trueup.app.activity.verifying import installation_verified
from trueup.app.clock import FixedClock
from trueup.app.connections.setup import TenantChoices
from trueup.app.errors import UseCaseError
from trueup.app.people.installation import Installation
from trueup.app.people.membership import By, NewPerson, add_person
from trueup.app.platform import tenants
from trueup.app.platform.operators import set_operator
from trueup.core.reason import Reason
from trueup.core.roles import Role
from trueup.store.database import Database
from trueup.store.guard import INSTALLATION_OPTION
from trueup.store.tables.people import installation_audit as table
from trueup.store.tenant_store import TenantStore


def filled(database: Database, now: datetime) -> None:
    for number in range(1, 6):
        reason = Reason.of("audit.tenant_created", tenant=f"t{number}")
        database.people.trail.add("olga", "tenant.created", reason, now=now + timedelta(seconds=number))


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        (sa.update(table).where(table.c.id == 2).values(actor="someone else"), 2),
        (sa.update(table).where(table.c.id == 3).values(content="0" * 64), 3),
        (sa.delete(table).where(table.c.id == 4), 4),
        (sa.delete(table).where(table.c.id == 1), 1),
        (sa.update(table).where(table.c.id == 5).values(link="0" * 64), 5),
    ],
    ids=["actor", "content", "taken out", "the first", "link"],
)
def test_an_entry_that_was_changed_or_taken_out_is_found(
    statement: sa.Update | sa.Delete, broken: int, database: Database, now: datetime
) -> None:
    filled(database, now)
    assert database.people.trail.look_through().broken is None
    with database._engine.execution_options(**{INSTALLATION_OPTION: True}).begin() as connection:
        connection.execute(statement)
    assert database.people.trail.look_through().broken == broken
    with pytest.raises(UseCaseError) as refused:
        asyncio.run(installation_verified(Installation(database, FixedClock(now))))
    assert refused.value.reason.code == "history.chain_broken"


def test_an_end_that_was_cut_off_is_found_by_a_head_that_was_noted(database: Database, now: datetime) -> None:
    filled(database, now)
    head = database.people.trail.look_through().head
    with database._engine.execution_options(**{INSTALLATION_OPTION: True}).begin() as connection:
        connection.execute(sa.delete(table).where(table.c.id == 5))
    found = database.people.trail.look_through(head)
    assert (found.broken, found.noted) == (None, False)


def test_what_is_done_to_an_installation_stands_there_newest_first(
    database: Database, store: TenantStore, now: datetime
) -> None:
    house = Installation(database, FixedClock(now))

    async def played() -> None:
        await add_person(house, store.tenant, NewPerson("Olga"), Role.VIEWER, By("tests"))
        await set_operator(house, "Olga", "root", on=True)
        await set_operator(house, "Olga", "root", on=True)
        await tenants.create_tenant(house, "west", TenantChoices(), "olga")
        await tenants.delete_tenant(house, "west", "west", "olga")
        await set_operator(house, "Olga", "root", on=False)

    asyncio.run(played())
    told = [(one.actor, one.action) for one in database.people.trail.list()]
    assert told == [
        ("root", "operator.removed"),
        ("olga", "tenant.deleted"),
        ("olga", "tenant.deleting"),
        ("olga", "tenant.created"),
        ("root", "operator.added"),
    ]
    assert asyncio.run(installation_verified(house)).entries == 5
