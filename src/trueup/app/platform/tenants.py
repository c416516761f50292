"""Tenants of an installation: made, suspended, taken up again, handed out as an archive, deleted."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from trueup.app.connections.setup import TenantChoices, chosen_settings
from trueup.app.errors import Exit, UseCaseError, refused
from trueup.app.people.installation import Installation
from trueup.core.reason import Reason
from trueup.core.settings import TenantSettings
from trueup.store.archive import Manifest
from trueup.store.tenant_store import TenantStore

NAMES: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
"""What a tenant may be called: it stands in addresses, in the queue and on the command line."""


@dataclass(frozen=True, slots=True)
class Deleted:
    """A tenant that is gone: how many rows went, and how many persons have no tenant left and were signed out."""

    tenant: str
    rows: int
    persons: int


async def create_tenant(house: Installation, tenant: str, choices: TenantChoices, actor: str) -> TenantSettings:
    """Make a tenant, in read-only mode unless told otherwise.

    Raises UseCaseError `platform.name` (exit code 2), as `chosen_settings` does; StoreError `store.tenant_exists`.
    """
    if not NAMES.fullmatch(tenant):
        raise UseCaseError(Reason.of("platform.name", tenant=tenant), Exit.USAGE)
    settings = chosen_settings(choices if choices.name is not None else replace(choices, name=tenant))

    def made() -> None:
        store = house.database.create_tenant(tenant, settings, now=house.now(), actor=actor)
        detail = Reason.of("audit.tenant_created", tenant=tenant)
        store.audit.add(actor, "tenant.created", detail, now=house.now())
        house.people.trail.add(actor, "tenant.created", detail, now=house.now())

    await house.step(made)
    return settings


async def suspend(house: Installation, tenant: str, actor: str, reason: str | None) -> None:
    """Let a tenant rest: what runs ends before its next write, and nothing new begins. Once more is nothing new.

    Raises StoreError `store.unknown_tenant`.
    """
    detail = Reason.of("audit.tenant_suspended", reason=reason or "")
    await house.step(_rest, house, tenant, actor, detail, suspended=True)


async def resume(house: Installation, tenant: str, actor: str) -> None:
    """Take a tenant up again; days that passed meanwhile are missed days. Raises StoreError `store.unknown_tenant`."""
    await house.step(_rest, house, tenant, actor, Reason.of("audit.tenant_resumed"), suspended=False)


def _rest(house: Installation, tenant: str, actor: str, detail: Reason, *, suspended: bool) -> None:
    store = house.database.tenant(tenant)
    with store.writing():
        settings = store.settings.get()
        if settings.suspended is suspended:
            return
        store.settings.save(replace(settings, suspended=suspended), actor, now=house.now())
        store.audit.add(actor, "tenant.suspended" if suspended else "tenant.resumed", detail, now=house.now())


async def export_tenant(house: Installation, tenant: str, archive: Path, actor: str) -> Manifest:
    """Write all that belongs to a tenant into an archive: every row of every table, secrets still sealed.

    Raises StoreError `store.unknown_tenant`, `store.archive_exists`, `store.archive_unwritable`.
    """

    def written() -> Manifest:
        found = house.database.export_tenant(tenant, archive, now=house.now())
        detail = Reason.of("audit.tenant_exported", rows=found.rows)
        house.database.tenant(tenant).audit.add(actor, "tenant.exported", detail, now=house.now())
        return found

    return await house.step(written)


async def delete_tenant(house: Installation, tenant: str, typed: str, actor: str, *, force: bool = False) -> Deleted:
    """Delete a tenant with all that belongs to it; the trail of the installation says who wanted it, before anything
    goes, and who did. `typed` is its name, typed once more by whoever wants it.

    Refused while something runs in it or a write of it has no known end, unless forced: then what runs is refused by
    the store at its next step, and what it sent last is known to nobody but the PSA. Raises UseCaseError
    `platform.not_confirmed` (exit code 2), `platform.runs`, `platform.unsettled` (4); StoreError
    `store.unknown_tenant`.
    """

    def deleted() -> Deleted:
        store = house.database.tenant(tenant)
        if typed != tenant:
            raise UseCaseError(Reason.of("platform.not_confirmed", tenant=tenant), Exit.USAGE)
        members = [member.person for member in store.members.list()]
        if not force:
            _at_rest(store, house)
        # the trail is another transaction: who dies between the two leaves the will on record, not a hole
        house.people.trail.add(
            actor, "tenant.deleting", Reason.of("audit.tenant_deleting", tenant=tenant), now=house.now()
        )
        with store.writing():  # nobody else writes here from now until the last row is gone
            if not force:
                _at_rest(store, house)
            rows = store.erase()
        detail = Reason.of("audit.tenant_deleted", tenant=tenant, rows=rows)
        house.people.trail.add(actor, "tenant.deleted", detail, now=house.now())
        left = [person for person in members if not house.database.roles_of(person)]
        with house.people.writing():
            for person in left:
                house.people.sessions.end_all(person)
                house.people.one_time.forget(person)
        return Deleted(tenant, rows, len(left))

    return await house.step(deleted)


def _at_rest(store: TenantStore, house: Installation) -> None:
    holder = store.leases.anybody(house.now())
    if holder is not None:
        raise refused("platform.runs", tenant=store.tenant, holder=holder)
    unsettled = len(store.journal.open_intents())
    if unsettled:
        raise refused("platform.unsettled", tenant=store.tenant, changes=unsettled)
