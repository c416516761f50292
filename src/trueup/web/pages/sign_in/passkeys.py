"""Signing in with a passkey: two calls that a script of the sign-in page makes."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Request
from fastapi.responses import JSONResponse, Response

from trueup.app.people import passkeys
from trueup.web.asking import caller_of, site_of
from trueup.web.doing import only_in_browsers
from trueup.web.pages.sign_in.alone import inside
from trueup.web.same_origin import from_our_pages
from trueup.web.session_cookie import keep, may_be_kept, secret_in

router = APIRouter(include_in_schema=False, prefix="/sign-in/passkey", dependencies=[Depends(from_our_pages)])


def place_of(request: Request) -> passkeys.Place:
    """Where the browser is, as it says itself; that it says the truth, the passkey's signature proves."""
    return passkeys.Place(request.url.hostname or "", request.headers.get("origin", ""))


@router.post("/options")
@only_in_browsers("an authenticator speaks with a browser")
async def options(request: Request) -> Response:
    """A challenge for the browser's authenticator."""
    text = await passkeys.sign_in_options(site_of(request).installation, place_of(request))
    return Response(text, media_type="application/json")


@router.post("")
@only_in_browsers("it begins a session")
async def sign_in(
    request: Request, credential: Annotated[dict[str, Any], Body()], to: Annotated[str, Body()] = "/"
) -> Response:
    """Begin a session for the passkey's owner."""
    may_be_kept(request)
    house, text = site_of(request).installation, json.dumps(credential)
    begun = await passkeys.sign_in_with_passkey(house, text, place_of(request), caller_of(request), secret_in(request))
    answer = JSONResponse({"to": inside(to)})
    keep(request, answer, begun)
    return answer
