"""The cookie of a session: `__Host-trueup` over TLS, `trueup` on a loopback address.

HttpOnly, SameSite=Lax, without a domain, gone when the browser closes. Beside it stands the language that the person
chose, so that the sign-in and answers to nobody speak it too. `__Host-` (RFC 6265bis) cannot be set from
another host of the same domain or without TLS. Over plain HTTP from another machine nobody signs in.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from fastapi import Request
from fastapi.responses import Response

from trueup.app.errors import failed
from trueup.app.people.sessions import Begun
from trueup.web.same_origin import is_encrypted, is_loopback

OVER_TLS: Final = "__Host-trueup"
ON_THIS_MACHINE: Final = "trueup"
LANGUAGE: Final = "trueup-language"


def secret_in(request: Request) -> str | None:
    """The id of the session that the browser brings. The plain name counts on a loopback address only, so that no
    other host of the domain can plant one."""
    found = request.cookies.get(OVER_TLS)
    if found is None and is_loopback(request):
        found = request.cookies.get(ON_THIS_MACHINE)
    return found or None


def may_be_kept(request: Request) -> None:
    """Refuse to sign in where the cookie could be read on its way. Raises UseCaseError `access.needs_tls`."""
    if not is_encrypted(request) and not is_loopback(request):
        raise failed("access.needs_tls", host=request.url.hostname or "")


def keep(request: Request, answer: Response, begun: Begun) -> None:
    """Give the browser the id of its session. Raises UseCaseError `access.needs_tls`."""
    may_be_kept(request)
    put(request, answer, begun, encrypted=is_encrypted(request))


def put(request: Request, answer: Response, begun: Begun, *, encrypted: bool) -> None:
    """Give the browser the id, where it is known whether it speaks TLS."""
    name = OVER_TLS if encrypted else ON_THIS_MACHINE
    answer.set_cookie(name, begun.secret, path="/", secure=encrypted, httponly=True, samesite="lax")
    if begun.person.language or LANGUAGE in request.cookies:
        remember_language(answer, begun.person.language, encrypted=encrypted)


def remember_language(answer: Response, language: str | None, *, encrypted: bool) -> None:
    """Let the browser bring the language that its person chose; none where they leave it to the browser."""
    seconds = int(timedelta(days=400).total_seconds()) if language else 0
    answer.set_cookie(
        LANGUAGE, language or "", max_age=seconds, path="/", secure=encrypted, httponly=True, samesite="lax"
    )


def forget(answer: Response) -> None:
    """Take the id back."""
    answer.delete_cookie(OVER_TLS, path="/", secure=True, httponly=True, samesite="lax")
    answer.delete_cookie(ON_THIS_MACHINE, path="/", httponly=True, samesite="lax")
