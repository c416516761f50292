"""Whether a call comes from our own pages: the browser says so, and no script of another site can say otherwise.

Sources: the Fetch Metadata specification (`Sec-Fetch-Site`), RFC 6454 (`Origin`). A browser too old for the first sends
the second with every POST. Who sends neither is no browser of ours.
"""

from __future__ import annotations

import ipaddress
from typing import Final
from urllib.parse import urlsplit

from fastapi import Request

from trueup.app.errors import failed

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


def is_same_origin(request: Request) -> bool:
    """Whether the browser says that one of our own pages makes this call."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc.lower() == request.headers.get("host", "").lower()


async def from_our_pages(request: Request) -> None:
    """The dependency of forms that need no session, such as the sign-in. Raises UseCaseError `access.origin`."""
    if request.method not in SAFE and not is_same_origin(request):
        raise failed("access.origin")


def is_encrypted(request: Request) -> bool:
    """Whether the browser speaks TLS with us or with a proxy in front of us: the scheme of the page that calls."""
    return request.url.scheme == "https" or urlsplit(request.headers.get("origin", "")).scheme == "https"


def is_loopback(request: Request) -> bool:
    """Whether the browser runs on this machine: it asked for a loopback name, which nobody can listen in on."""
    host = request.url.hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
