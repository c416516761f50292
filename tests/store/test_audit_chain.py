"""Whoever can write to the database itself: what the chain of the audit trail finds, on both databases."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from tests.store.test_migrations import _engine as engine_of

from trueup.core.reason import Reason
from trueup.store import migrating
from trueup.store.audit import ChainLooked
from trueup.store.audit_chain import content_digest
from trueup.store.database import Database
from trueup.store.guard import SCHEMA_CHANGE
from trueup.store.tables.tenancy import audit, audit_rewritten
from trueup.store.tenant_store import TenantStore


@pytest.fixture
def told(store: TenantStore, now: datetime) -> TenantStore:
    for number, name in enumerate(("PC-1", "PC-2", "PC-1", "PC-3"), start=1):
        store.audit.add("ann", "rule.saved", Reason.of("audit.rule", item=name, units=number), now=now)
    return store


def by_hand(database: Database, *statements: sa.Executable) -> None:
    """Past everything that Trueup checks, as somebody with a database client would."""
    with database._engine.execution_options(**{SCHEMA_CHANGE: True}).begin() as connection:
        for statement in statements:
            connection.execute(statement)


def test_an_untouched_trail_is_whole_and_its_earlier_heads_stay_part_of_it(told: TenantStore, now: datetime):
    looked = told.audit.look_through()
    assert (looked.entries, looked.broken) == (4, None)
    told.audit.add("bob", "plan.approved", Reason.of("audit.rule"), now=now)
    assert told.audit.look_through(looked.head).noted is True


@pytest.mark.parametrize(
    ("deed", "first_broken"),
    [
        (sa.update(audit).where(audit.c.id == 2).values(actor="mallory"), 2),
        (sa.update(audit).where(audit.c.id == 3).values(detail=sa.func.replace(audit.c.detail, "3", "9")), 3),
        (sa.update(audit).where(audit.c.id == 2).values(content="0" * 64), 2),
        (sa.delete(audit).where(audit.c.id == 2), 2),
        (sa.update(audit).where(audit.c.id == 4).values(id=7), 4),
    ],
    ids=["another actor", "another number", "another hash", "taken out", "moved"],
)
def test_an_entry_that_was_changed_by_hand_is_found(
    told: TenantStore, database: Database, deed: sa.Executable, first_broken: int
):
    by_hand(database, deed)
    assert told.audit.look_through().broken == first_broken


def test_a_trail_whose_end_was_cut_off_is_found_by_a_head_that_was_noted(told: TenantStore, database: Database):
    noted = told.audit.look_through().head
    by_hand(database, sa.delete(audit).where(audit.c.id == 4))
    looked = told.audit.look_through(noted)
    assert (looked.broken, looked.noted) == (None, False)


def _forget(told: TenantStore, now: datetime, name: str) -> Any:
    with told.writing():
        done = told.forgetting.forget(name)
        told.audit.add("ann", "history.forgotten", Reason.of("audit.forgotten"), now=now, rewritten=done.entries)
    return done


def test_forgetting_a_name_twice_over_leaves_the_chain_whole(told: TenantStore, now: datetime):
    noted = told.audit.look_through().head
    assert _forget(told, now, "pc-1").entries == (1, 3)
    assert _forget(told, now, "forgotten-1").entries == (1, 3)
    assert "PC-1" not in str(told.audit.list())
    looked = told.audit.look_through(noted)
    assert (looked.entries, looked.broken, looked.noted) == (6, None, True)


def test_a_change_that_pretends_to_be_a_forgetting_is_found(told: TenantStore, database: Database, now: datetime):
    _forget(told, now, "pc-1")
    changed = sa.update(audit).where(audit.c.id == 1).values(actor="mallory")
    row = told.audit.list()[0]
    with told.reading():
        text = told._binding._open.connection.execute(
            sa.select(audit.c.detail).where(audit.c.tenant == told.tenant, audit.c.id == 1)
        ).scalar_one()
    forged = content_digest(told.tenant, 1, row.at, "mallory", row.action, text)
    by_hand(database, changed, sa.update(audit_rewritten).where(audit_rewritten.c.entry == 1).values(content=forged))
    assert told.audit.look_through().broken == 5, "the entry about the forgetting accounts for another text"


def test_entries_from_before_the_chain_are_linked_as_they_stand(told: TenantStore, database: Database, where: str):
    head = told.audit.look_through().head
    database.close()
    migrating.downgrade(engine_of(where), where, "0018")
    with Database.open(where) as again:
        assert again.tenant().audit.look_through() == ChainLooked(4, head)
