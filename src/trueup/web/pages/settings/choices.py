"""Settings: what the tenant chose."""

from __future__ import annotations

import zoneinfo
from typing import Annotated, Final

from babel.numbers import list_currencies
from fastapi import APIRouter, Depends, File, Form, Request, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from trueup.app.connections.retention import ALWAYS
from trueup.app.connections.setup import TenantChoices, change_settings, settings_version
from trueup.app.errors import UseCaseError
from trueup.app.statements import issuing
from trueup.core.retention import LONGEST, SHORTEST, Kept
from trueup.core.rule import DriftPolicy, Mode
from trueup.core.settings import UnitCosts
from trueup.messages.language import LANGUAGES
from trueup.web.api.statements import logo_answer
from trueup.web.asking import AdministratorHere, Here
from trueup.web.doing import does, only_in_browsers, shows
from trueup.web.pages.settings.tabs import settings_page

router = APIRouter(include_in_schema=False, prefix="/t/{tenant}/settings")

Text = Annotated[str, Form(max_length=300)]
FIELD_OF: Final = {
    "setup.name_empty": "name",
    "setup.unknown_time_zone": "time_zone",
    "setup.unknown_currency": "currency",
    "setup.unknown_language": "language",
    "statement.bad_logo": "logo",
    "setup.keep_range": "keep",
}
"""The field beside which a refusal stands."""


async def _ages(request: Request) -> dict[str, str]:
    """What was typed for each kind of data; a form without these fields says nothing of them."""
    form = await request.form()
    return {kind: str(form[f"keep_{kind}"]).strip()[:10] for kind in Kept if f"keep_{kind}" in form}


Ages = Annotated[dict[str, str], Depends(_ages)]


async def _choices(
    request: Request,
    here: Here,
    error: UseCaseError | None = None,
    typed: dict[str, str] | None = None,
    *,
    saved: bool = False,
) -> HTMLResponse:
    settings = await here.ws.step(here.ws.store.settings.get)
    form = {
        "name": settings.name,
        "time_zone": settings.time_zone,
        "currency": settings.currency or "",
        "language": settings.language,
        "mode": settings.mode.value,
        "drift": settings.drift.value,
        "unit_costs": settings.unit_costs.value,
        "version": settings_version(settings),
    }
    form |= {f"keep_{kind}": str(settings.retention.months(kind) or "") for kind in Kept} | (typed or {})
    return settings_page(
        request,
        here,
        "choices",
        error,
        msp=settings.name,
        typed=form,
        at=FIELD_OF.get(error.reason.code, "") if error else "",
        zones=sorted(zoneinfo.available_timezones()),
        currencies=sorted(list_currencies()),
        languages=LANGUAGES,
        has_logo=await issuing.logo(here.ws) is not None,
        modes=tuple(Mode),
        drifts=tuple(DriftPolicy),
        unit_costs=tuple(UnitCosts),
        kept=[(kind, SHORTEST[kind]) for kind in Kept],
        longest=LONGEST,
        saved=saved,
    )


@router.get("")
@only_in_browsers("it leads to the first page of the settings")
async def settings_front(here: AdministratorHere) -> Response:
    """To the first page of the settings."""
    return RedirectResponse(f"/t/{here.tenant}/settings/choices", 303)


@router.get("/choices")
@shows("getSettings", "getStatementLogo")
async def choices_page(request: Request, here: AdministratorHere, saved: bool = False) -> HTMLResponse:
    """What the tenant chose."""
    return await _choices(request, here, saved=saved)


@router.post("/choices")
@does("changeSettings")
async def save_choices(
    request: Request,
    here: AdministratorHere,
    keep: Ages,
    version: Text = "",
    name: Text = "",
    time_zone: Text = "",
    currency: Text = "",
    language: Text = "",
    mode: Text = "",
    drift: Text = "",
    unit_costs: Text = "",
) -> Response:
    """Change them."""
    try:
        chosen = TenantChoices(
            name=name,
            time_zone=time_zone,
            currency=currency or None,
            language=language,
            mode=Mode(mode) if mode in set(Mode) else None,
            drift=DriftPolicy(drift) if drift in set(DriftPolicy) else None,
            unit_costs=UnitCosts(unit_costs) if unit_costs in set(UnitCosts) else None,
            keep={kind: text or ALWAYS for kind, text in keep.items()},
        )
        await change_settings(here.ws, chosen, version or None)
    except UseCaseError as error:
        typed = {"name": name, "time_zone": time_zone, "currency": currency, "language": language}
        typed |= {f"keep_{kind}": text for kind, text in keep.items()}
        typed |= {"mode": mode, "drift": drift, "unit_costs": unit_costs, "version": version}
        return await _choices(request, here, error, typed)
    return RedirectResponse(f"/t/{here.tenant}/settings/choices?saved=true", 303)


@router.get("/logo")
@shows("getStatementLogo")
async def logo(here: AdministratorHere) -> Response:
    """The logo, as the page shows it."""
    return logo_answer(await issuing.logo(here.ws))


@router.post("/logo")
@does("setStatementLogo")
async def save_logo(request: Request, here: AdministratorHere, file: Annotated[UploadFile, File()]) -> Response:
    """Put a logo on top of PDF statements."""
    try:
        await issuing.set_logo(here.ws, await file.read())
    except UseCaseError as error:
        return await _choices(request, here, error)
    return RedirectResponse(f"/t/{here.tenant}/settings/choices?saved=true", 303)


@router.post("/logo/remove")
@does("removeStatementLogo")
async def remove_logo(here: AdministratorHere) -> Response:
    """Take the logo away."""
    await issuing.set_logo(here.ws, None)
    return RedirectResponse(f"/t/{here.tenant}/settings/choices?saved=true", 303)
