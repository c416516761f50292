"""To the identity provider and back."""

from __future__ import annotations

import hmac
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from trueup.app.errors import UseCaseError, failed
from trueup.app.people import single_sign_on
from trueup.app.people.provider import provider_of
from trueup.web.asking import caller_of, site_of
from trueup.web.doing import only_in_browsers
from trueup.web.pages.sign_in.alone import inside
from trueup.web.pages.sign_in.form import sign_in_form
from trueup.web.session_cookie import put, secret_in

router = APIRouter(include_in_schema=False, prefix="/sign-in/provider")

STATE_OVER_TLS: Final = "__Host-trueup-state"
STATE_HERE: Final = "trueup-state"
"""The browser that comes back must be the one that went: else somebody could sign another person in as themselves."""


@router.get("")
@only_in_browsers("a token needs no sign-in")
async def go(request: Request, to: str = "/") -> Response:
    """To the provider."""
    errand = await single_sign_on.sent_to_provider(site_of(request).installation, inside(to))
    answer = RedirectResponse(errand.address, 303)
    name = STATE_OVER_TLS if errand.is_encrypted else STATE_HERE
    seconds = int(single_sign_on.LASTS.total_seconds())
    answer.set_cookie(
        name, errand.state, max_age=seconds, path="/", secure=errand.is_encrypted, httponly=True, samesite="lax"
    )
    return answer


@router.get("/back")
@only_in_browsers("a token needs no sign-in")
async def back(request: Request, state: str = "", code: str = "") -> Response:
    """From the provider."""
    house = site_of(request).installation
    provider = await provider_of(house)
    encrypted = provider is not None and provider.url.startswith("https:")
    kept = request.cookies.get(STATE_OVER_TLS if encrypted else STATE_HERE, "")
    try:
        if not kept or not hmac.compare_digest(kept.encode(), state.encode()):
            raise failed("access.provider_failed", what="state")
        if not code:
            raise failed("access.provider_failed", what="refused")
        found, to = await single_sign_on.back_from_provider(house, state, code, caller_of(request), secret_in(request))
    except UseCaseError as error:
        return await sign_in_form(request, error)
    answer = RedirectResponse(inside(to), 303)
    put(request, answer, found, encrypted=encrypted)
    for name in (STATE_OVER_TLS, STATE_HERE):
        answer.delete_cookie(name, path="/", secure=name == STATE_OVER_TLS, httponly=True, samesite="lax")
    return answer
