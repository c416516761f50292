"""Settings: the API tokens of the tenant."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from trueup.app.errors import Exit, UseCaseError
from trueup.app.people import tokens
from trueup.app.people.tokens import LONGEST_DAYS, MadeToken, Scope, State
from trueup.core.reason import Reason
from trueup.store.tokens import ApiToken
from trueup.web.asking import Here, RecentAdministratorHere, site_of
from trueup.web.doing import does, shows
from trueup.web.pages.settings.tabs import settings_page

router = APIRouter(include_in_schema=False, prefix="/t/{tenant}/settings/tokens")

Text = Annotated[str, Form(max_length=300)]


async def _shown(
    request: Request, here: Here, error: UseCaseError | None = None, made: MadeToken | None = None, **typed: str
) -> HTMLResponse:
    house = site_of(request).installation
    found = await tokens.tokens_of(house, here.tenant)
    rows: list[tuple[ApiToken, State]] = [(one, tokens.state_of(one, house.now())) for one in found]
    zone = ZoneInfo((await here.ws.step(here.ws.store.settings.get)).time_zone)
    form = {"name": "", "scope": Scope.READ.value, "days": "90"} | typed
    return settings_page(
        request, here, "tokens", error, rows=rows, zone=zone, scopes=tuple(Scope), made=made, typed=form
    )


def _scope(text: str) -> Scope:
    try:
        return Scope(text)
    except ValueError:
        raise UseCaseError(Reason.of("tokens.scope"), Exit.USAGE) from None


@router.get("")
@shows("listTokens")
async def tokens_page(request: Request, here: RecentAdministratorHere) -> HTMLResponse:
    """Every token, what it may do, and when it was last used."""
    return await _shown(request, here)


@router.post("")
@does("makeToken")
async def make(
    request: Request, here: RecentAdministratorHere, name: Text = "", scope: Text = "", days: Text = ""
) -> HTMLResponse:
    """Make a token; the page shows it this once."""
    house, asker = site_of(request).installation, here.asker
    count = int(days) if days.isascii() and days.isdigit() and len(days) < 6 else 0
    try:
        made = await tokens.make_token(house, here.tenant, name, _scope(scope), count, asker.name, asker.person)
    except UseCaseError as error:
        return await _shown(request, here, error, name=name, scope=scope, days=days or str(LONGEST_DAYS))
    return await _shown(request, here, made=made)


@router.post("/{number}/revoke")
@does("revokeToken")
async def revoke(
    request: Request, here: RecentAdministratorHere, number: Annotated[int, Path(ge=1, le=2**31 - 1)]
) -> Response:
    """Let a token work no more."""
    await tokens.revoke_token(site_of(request).installation, here.tenant, number, here.asker.name)
    return RedirectResponse(f"/t/{here.tenant}/settings/tokens", 303)
