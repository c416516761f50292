"""The tenants of the installation, over the API: for its operators, who see how each stands and into none."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Literal

from fastapi import Path as InPath
from fastapi import Query, Request
from fastapi.responses import FileResponse
from pydantic import Field
from starlette.background import BackgroundTask

from trueup.app.connections.setup import TenantChoices
from trueup.app.people.installation import Installation
from trueup.app.platform import tenants
from trueup.app.platform.standing import Show, TenantStanding, TenantState, chosen, standing_of, standings, totals_of
from trueup.core.rule import Mode
from trueup.store.audit import AuditEntry
from trueup.web.api.paging import (
    DEFAULT,
    Cursor,
    Limit,
    PageAnswer,
    cursor_at,
    listing_name,
    page_after,
    position_of,
)
from trueup.web.api.routing import api_router, says_secret
from trueup.web.api.shapes import Answer, Asked, Exact, Name, Told, Words, told
from trueup.web.asking import OperatorHere, RecentOperatorHere, site_of

router = api_router("tenants", "/tenants")
trail_router = api_router("tenants", "/installation/trail")

Named = Annotated[str, InPath(max_length=200)]
Text = Annotated[str, Query(max_length=200, description="Words in the id or the name of a tenant.")]
Which = Annotated[Show | None, Query(description="Only those in trouble, with lines that wait, or suspended.")]


class BilledShown(Answer):
    """What the lines of a tenant bill a month in one currency."""

    currency: str | None
    amount: Exact


class TenantShown(Answer):
    """How one tenant stands; `state` is the worst of it. `waiting` are lines that wait for a person, `unsettled` writes
    whose end is not known; `trouble` says why a tenant cannot be read."""

    tenant: str
    name: str
    state: TenantState
    suspended: bool
    night: datetime | None
    night_failed: bool
    planned: date | None
    waiting: int
    billed: list[BilledShown]
    modules: int
    modules_in_trouble: int
    unsettled: int
    trouble: Told | None


class TotalsShown(Answer):
    """All tenants that fit, on every page the same: how many there are, are in trouble, have lines that wait, rest; the
    lines that wait; what is billed a month."""

    tenants: int
    in_trouble: int
    with_waiting: int
    suspended: int
    waiting: int
    billed: list[BilledShown]


class TenantsPage(PageAnswer[TenantShown]):
    """One page of tenants, worst first, and the sums over all pages."""

    totals: TotalsShown


class TrailShown(Answer):
    """One deed."""

    id: int
    at: datetime
    actor: str
    action: str
    detail: Told


class TenantToMake(Asked):
    """A tenant to be made; without a mode it reads only."""

    tenant: str = Field(max_length=63, pattern=tenants.NAMES.pattern)
    name: Name | None = None
    time_zone: Name | None = None
    currency: Name | None = None
    language: Literal["en", "fr"] | None = None
    mode: Mode | None = None


class TenantMade(Answer):
    """The tenant that was made."""

    tenant: str


class TenantToSuspend(Asked):
    """Why a tenant is to rest; it stands in its audit trail."""

    reason: Words | None = None


class TenantDeleted(Answer):
    """What went with a tenant."""

    rows: int
    persons: int


@router.get("", operation_id="listTenants")
async def list_tenants(
    request: Request,
    here: OperatorHere,
    text: Text = "",
    show: Which = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT,
) -> TenantsPage:
    """How every tenant stands, worst first: last night, what waits, money, modules. Nothing of their customers is said.
    `next` leads to the next page; a tenant that becomes better or worse meanwhile moves among pages."""
    found = chosen(await standings(site_of(request).installation), text, show)
    rows, behind = tenants_after(found, text, show, cursor, limit)
    items = [told(TenantShown, one, here.said) for one in rows]
    return TenantsPage(items=items, next=behind, totals=told(TotalsShown, totals_of(found), here.said))


def tenants_after(
    found: Iterable[TenantStanding], text: str, show: Show | None, cursor: str | None, limit: int
) -> tuple[Sequence[TenantStanding], str | None]:
    """A page of those that fit, and the cursor of the next one. Raises UseCaseError `web.cursor`."""
    of = listing_name("listTenants", {"text": text, "show": show or ""})
    return page_after(found, lambda one: one.order, cursor, limit, of)


@trail_router.get("", operation_id="listInstallationTrail")
async def list_trail(
    request: Request, here: OperatorHere, cursor: Cursor = None, limit: Limit = DEFAULT
) -> PageAnswer[TrailShown]:
    """What was done to the installation itself, newest first: operators and tenants that came and went. Entries are
    chained; `trueup history verify --installation` works the chain out again."""
    found, behind = await trail_before(site_of(request).installation, cursor, limit)
    return PageAnswer(items=[told(TrailShown, one, here.said) for one in found], next=behind)


async def trail_before(house: Installation, cursor: str | None, limit: int) -> tuple[Sequence[AuditEntry], str | None]:
    """A page of the trail, and the cursor of the next one. Raises UseCaseError `web.cursor`."""
    of = listing_name("listInstallationTrail")
    position = position_of(cursor, of)
    before = None if position is None else int(position[0])
    found = await house.step(house.people.trail.list, before=before, limit=limit)
    return found, cursor_at((found[-1].id,), of) if len(found) == limit and found[-1].id > 1 else None


@router.get("/{name}", operation_id="getTenant")
async def get_tenant(request: Request, here: OperatorHere, name: Named) -> TenantShown:
    """How one tenant stands."""
    return told(TenantShown, await standing_of(site_of(request).installation, name), here.said)


@router.post("", operation_id="createTenant", status_code=201)
async def create_tenant(request: Request, here: RecentOperatorHere, new: TenantToMake) -> TenantMade:
    """Make a tenant. Its first people come by the command line, or by being added in it."""
    choices = TenantChoices(new.name, new.time_zone, new.currency, new.language, new.mode)
    await tenants.create_tenant(site_of(request).installation, new.tenant, choices, here.asker.name)
    return TenantMade(tenant=new.tenant)


@router.post("/{name}/suspend", operation_id="suspendTenant", status_code=204)
async def suspend_tenant(request: Request, here: RecentOperatorHere, name: Named, why: TenantToSuspend) -> None:
    """Let a tenant rest: it can be read; nothing is collected, taken in or written."""
    await tenants.suspend(site_of(request).installation, name, here.asker.name, why.reason)


@router.post("/{name}/resume", operation_id="resumeTenant", status_code=204)
async def resume_tenant(request: Request, here: RecentOperatorHere, name: Named) -> None:
    """Take a suspended tenant up again."""
    await tenants.resume(site_of(request).installation, name, here.asker.name)


@router.post("/{name}/export", operation_id="exportTenant", response_class=FileResponse)
@says_secret
async def export_tenant(request: Request, here: RecentOperatorHere, name: Named) -> FileResponse:
    """Everything of a tenant as an archive; its secrets stay sealed. The tenant's audit trail says who took it."""
    return await exported(site_of(request).installation, name, here.asker.name)


async def exported(house: Installation, name: str, actor: str) -> FileResponse:
    """A tenant's archive as an answer; nothing of it stays on this machine."""
    folder = tempfile.TemporaryDirectory(prefix="trueup-export-")
    file = Path(folder.name) / f"{name}.zip"
    try:
        await tenants.export_tenant(house, name, file, actor)
    except BaseException:
        folder.cleanup()
        raise
    return FileResponse(
        file, media_type="application/zip", filename=file.name, background=BackgroundTask(folder.cleanup)
    )  # fmt: skip


@router.delete("/{name}", operation_id="deleteTenant")
async def delete_tenant(
    request: Request,
    here: RecentOperatorHere,
    name: Named,
    confirm: Annotated[str, Query(max_length=200, description="The name once more.")],
    force: Annotated[bool, Query(description="Whether to wait for nothing that runs or is not settled.")] = False,
) -> TenantDeleted:
    """Delete a tenant with everything that belongs to it, for good."""
    house, actor = site_of(request).installation, here.asker.name
    gone = await tenants.delete_tenant(house, name, confirm, actor, force=force)
    return TenantDeleted(rows=gone.rows, persons=gone.persons)
