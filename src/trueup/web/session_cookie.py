"""The cookie of a session: `__Host-trueup` over TLS, `trueup` on a loopback address.

HttpOnly, SameSite=Lax, without a domain, gone when the browser closes. `__Host-` (RFC 6265bis) cannot be set from
another host of the same domain or without TLS. Over plain HTTP from another machine nobody signs in.
"""

from __future__ import annotations

from typing import Final

from fastapi import Request
from fastapi.responses import Response

from trueup.app.errors import failed
from trueup.web.same_origin import is_encrypted, is_loopback

OVER_TLS: Final = "__Host-trueup"
ON_THIS_MACHINE: Final = "trueup"


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


def keep(request: Request, answer: Response, secret: str) -> None:
    """Give the browser the id of its session. Raises UseCaseError `access.needs_tls`."""
    may_be_kept(request)
    put(answer, secret, encrypted=is_encrypted(request))


def put(answer: Response, secret: str, *, encrypted: bool) -> None:
    """Give the browser the id, where it is known whether it speaks TLS."""
    name = OVER_TLS if encrypted else ON_THIS_MACHINE
    answer.set_cookie(name, secret, path="/", secure=encrypted, httponly=True, samesite="lax")


def forget(answer: Response) -> None:
    """Take the id back."""
    answer.delete_cookie(OVER_TLS, path="/", secure=True, httponly=True, samesite="lax")
    answer.delete_cookie(ON_THIS_MACHINE, path="/", httponly=True, samesite="lax")
