"""One's own account: language, password, passkeys, and the browsers that are signed in."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Body, Form, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from trueup.app.errors import Exit, UseCaseError, failed
from trueup.app.people import account, passkeys, sessions
from trueup.app.people.sessions import SignedIn
from trueup.core.reason import Reason
from trueup.messages.language import LANGUAGES
from trueup.store.passkeys import Passkey
from trueup.store.sessions import Session
from trueup.web.asking import Here, PasskeyMakerHere, RecentViewerHere, ViewerHere, caller_of, site_of
from trueup.web.doing import does, only_in_browsers, shows
from trueup.web.faults import status_of
from trueup.web.pages.account.browsers import browser_of
from trueup.web.pages.page import page
from trueup.web.pages.sign_in.form import signed_in
from trueup.web.pages.sign_in.passkeys import place_of
from trueup.web.same_origin import is_encrypted
from trueup.web.session_cookie import forget, remember_language, secret_in

router = APIRouter(include_in_schema=False, prefix="/t/{tenant}/account")

Text = Annotated[str, Form()]


@dataclass(frozen=True, slots=True)
class Account:
    """What the page shows of a person."""

    language: str | None
    has_password: bool
    passkeys: tuple[Passkey, ...]
    sessions: tuple[Session, ...]
    here: str
    zone: ZoneInfo


def _who(here: Here) -> SignedIn:
    """The session. Raises UseCaseError `access.session_only` for a token."""
    if here.asker.signed_in is None:
        raise failed("access.session_only")
    return here.asker.signed_in


async def _shown(
    request: Request, here: Here, error: UseCaseError | None = None, done: str | None = None
) -> HTMLResponse:
    found, house = _who(here), site_of(request).installation

    def looked() -> Account:
        with house.people.reading():
            person = house.people.persons.get(found.person.id) or found.person
            keys = house.people.passkeys.of(person.id)
            browsers = house.people.sessions.of(person.id)
        zone = ZoneInfo(here.ws.store.settings.get().time_zone)
        return Account(person.language, person.password is not None, keys, browsers, found.session.hash, zone)

    shown = await house.step(looked)
    status = 200 if error is None else status_of(error.reason, error.exit_code).value
    wrong = None if error is None else error.reason
    return page(
        request,
        here,
        "account/page.html",
        room="account",
        status=status,
        shown=shown,
        browser_of=browser_of,
        wrong=wrong,
        done=done,
        languages=LANGUAGES,
    )


@router.get("")
@shows("showAccount")
async def account_page(request: Request, here: ViewerHere, done: str | None = None) -> HTMLResponse:
    """The page."""
    return await _shown(request, here, done=done if done in ("language", "password", "sessions", "passkey") else None)


@router.post("/language")
@does("changeAccount")
async def language(request: Request, here: ViewerHere, language: Text = "") -> Response:
    """The language to be answered in."""
    try:
        await account.set_language(site_of(request).installation, _who(here).person.id, language)
    except UseCaseError as error:
        return await _shown(request, here, error)
    answer = RedirectResponse(f"/t/{here.tenant}/account?done=language", 303)
    remember_language(answer, language or None, encrypted=is_encrypted(request))
    return answer


@router.post("/password")
@only_in_browsers("its owner types it, and the session goes on under a new id")
async def password(
    request: Request, here: ViewerHere, current: Text = "", wanted: Text = "", again: Text = ""
) -> Response:
    """Another password; every other session ends."""
    found, secret = _who(here), secret_in(request) or ""
    try:
        if wanted != again:
            raise UseCaseError(Reason.of("password.again"), Exit.USAGE)
        house, caller = site_of(request).installation, caller_of(request)
        begun = await account.change_password(house, found, current, wanted, caller, secret)
    except UseCaseError as error:
        return await _shown(request, here, error)
    return signed_in(request, begun, f"/t/{here.tenant}/account?done=password")


@router.post("/sessions")
@only_in_browsers("it ends sessions of browsers")
async def end_sessions(request: Request, here: RecentViewerHere, session: Text = "") -> Response:
    """End one session by its handle; without one all of them, this one too."""
    house, found = site_of(request).installation, _who(here)
    if session and session != found.session.handle:
        await house.step(sessions.end_one, house, found, session)
        return RedirectResponse(f"/t/{here.tenant}/account?done=sessions", 303)
    await house.step(sessions.sign_out_everywhere, house, found)
    answer = RedirectResponse("/sign-in", 303)
    forget(answer)
    return answer


@router.post("/passkeys/options")
@only_in_browsers("an authenticator speaks with a browser")
async def passkey_options(request: Request, here: PasskeyMakerHere) -> Response:
    """What the browser needs to make a passkey."""
    house = site_of(request).installation
    text = await passkeys.registration_options(house, _who(here).person, place_of(request))
    return Response(text, media_type="application/json")


@router.post("/passkeys")
@only_in_browsers("an authenticator speaks with a browser")
async def add_passkey(
    request: Request,
    here: PasskeyMakerHere,
    credential: Annotated[dict[str, Any], Body()],
    name: Annotated[str, Body()] = "",
) -> Response:
    """Keep a passkey that the browser made."""
    house = site_of(request).installation
    await passkeys.add_passkey(house, _who(here).person, name, json.dumps(credential), place_of(request))
    return JSONResponse({"to": f"/t/{here.tenant}/account?done=passkey" if _who(here).is_enough else "/sign-in"})


@router.post("/passkeys/remove")
@only_in_browsers("a passkey belongs to its owner's devices")
async def remove_passkey(request: Request, here: RecentViewerHere, credential: Text = "") -> Response:
    """Forget a passkey."""
    await passkeys.remove_passkey(site_of(request).installation, _who(here).person, credential)
    return RedirectResponse(f"/t/{here.tenant}/account", 303)
