"""Settings: the numbers of the tenant's guard rails. Shares are asked for in per cent, switches as a choice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from babel.numbers import list_currencies
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from trueup.app.errors import Exit, UseCaseError
from trueup.app.rulebook.rail_settings import SECOND_APPROVAL, RailNumber, RailPlace, rails_listing, set_rails
from trueup.core.rails.thresholds import KINDS, PartKind
from trueup.core.reason import Reason
from trueup.web.asking import AdministratorHere, Here
from trueup.web.doing import does, shows
from trueup.web.pages.rail_fields import as_meant, as_shown, kind_of
from trueup.web.pages.settings.tabs import settings_page

router = APIRouter(include_in_schema=False, prefix="/t/{tenant}/settings")


@dataclass(frozen=True, slots=True)
class Rail:
    """One number as the page shows it: `text` as it was typed or holds, `kind` what is asked for, `is_own` where the
    tenant said it."""

    name: str
    text: str
    kind: PartKind
    is_own: bool


def _without_part(reason: Reason) -> Reason:
    """The field says which number it is."""
    return replace(reason, params=tuple((name, value) for name, value in reason.params if name != "part"))


async def _numbers(here: Here) -> dict[str, RailNumber]:
    shown = await rails_listing(here.ws, RailPlace())
    return {number.name: number for number in shown[0].numbers}


def _version(form: Mapping[str, str]) -> int | None:
    text = form.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


async def _rails(
    request: Request,
    here: Here,
    error: UseCaseError | None = None,
    typed: dict[str, str] | None = None,
    *,
    saved: bool = False,
) -> HTMLResponse:
    shown, given = (await rails_listing(here.ws, RailPlace()))[0], typed or {}
    rails = [
        Rail(
            number.name,
            given.get(number.name, as_shown(number.name, number.value, here.said)),
            kind_of(number.name),
            number.origin == "tenant",
        )
        for number in shown.numbers
    ]
    return settings_page(
        request,
        here,
        "rails",
        error,
        rails=[rail for rail in rails if rail.name in KINDS],
        second=[(rail.name.removeprefix(SECOND_APPROVAL), rail.text) for rail in rails if rail.name not in KINDS],
        version=given.get("version", shown.version or 0),
        at=str(error.reason.get("part") or "") if error else "",
        wrong_here=_without_part(error.reason) if error else None,
        new_currency=given.get("new_currency", ""),
        new_amount=given.get("new_amount", ""),
        currencies=sorted(list_currencies()),
        saved=saved,
    )


@router.get("/rails")
@shows("listRails")
async def rails_page(request: Request, here: AdministratorHere, saved: bool = False) -> HTMLResponse:
    """The numbers of the guard rails."""
    return await _rails(request, here, saved=saved)


@router.post("/rails")
@does("setRails", "clearRails")
async def save_rails(request: Request, here: AdministratorHere) -> Response:
    """Set what was changed; an emptied field goes back to the number that comes with Trueup."""
    form = {name: str(value).strip() for name, value in (await request.form()).items()}
    before = await _numbers(here)
    stood = {
        name: as_meant(name, as_shown(name, number.value, here.said), here.said) for name, number in before.items()
    }
    meant = {name: as_meant(name, text, here.said) for name, text in form.items() if name in stood and text}
    said = {name: text for name, text in meant.items() if text != stood[name]}
    gone = [name for name, number in before.items() if form.get(name) == "" and number.origin == "tenant"]
    currency, amount = form.get("new_currency", ""), form.get("new_amount", "")
    if currency or amount:
        said[f"{SECOND_APPROVAL}{currency.upper()}"] = amount
    try:
        if currency and not amount:
            raise UseCaseError(Reason.of("rails.amount", part="new_amount", value=amount, known=""), Exit.USAGE)
        if said or gone:
            await set_rails(here.ws, RailPlace(), said, gone, _version(form))
    except UseCaseError as error:
        return await _rails(request, here, error, form)
    return RedirectResponse(f"/t/{here.tenant}/settings/rails?saved=true", 303)
