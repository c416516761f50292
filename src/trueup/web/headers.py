"""Headers of every answer: what a browser may load and do with our pages (OWASP ASVS, HTTP security headers)."""

from __future__ import annotations

from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trueup.web.same_origin import is_encrypted, is_loopback

POLICY: Final = (
    "default-src 'none'; object-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
"""No inline script or style, and nothing from any other host."""

HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "X-Frame-Options": "DENY",
}


TLS_ONLY: Final = ("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
"""Said where the browser speaks TLS, with us or with a proxy in front; a browser that does not would ignore it."""


def _over_tls(scope: Scope) -> bool:
    """Whether the browser speaks TLS. It says where it is asked from (`Sec-Fetch-Site`) over TLS and to loopback names
    only."""
    request = Request(scope)
    return is_encrypted(request) or ("sec-fetch-site" in request.headers and not is_loopback(request))


class SecurityHeaders:
    """Puts the headers on every answer; pages and API answers are not stored unless they say so themselves."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        tls = _over_tls(scope)

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
                if tls:
                    headers.setdefault(*TLS_ONLY)
            await send(message)

        await self._app(scope, receive, with_headers)
