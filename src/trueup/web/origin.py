"""From which address a call really comes, behind trusted proxies or without.

Sources: RFC 7239 (`Forwarded`) and the older `X-Forwarded-For`. One of them is read, the one that the proxies write:
the other could have come from the caller.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from fastapi import Request

from trueup.core.access.networks import Address, source_address
from trueup.web.site import ProxyHeader, Site

_PAIR = re.compile(r'\s*([\w!#$%&\x27*+.^`|~-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*))\s*(;|,|$)')
"""One pair of a `Forwarded` header, with what comes behind it. A quoted value may hold anything."""


def _addresses(request: Request, header: ProxyHeader) -> list[str]:
    """The addresses that the header names, the nearest last."""
    texts = request.headers.getlist(header)
    if header == "x-forwarded-for":
        return [_without_port(one) for text in texts for one in text.split(",")]
    return [_without_port(one) for text in texts for one in _forwarded(text)]


def _forwarded(text: str) -> Iterator[str]:
    """The `for` of each element; an element without one, and a header that cannot be read, name nobody."""
    place, found = 0, ""
    while place < len(text):
        pair = _PAIR.match(text, place)
        if pair is None:
            yield ""
            return
        if pair[1].lower() == "for":
            found = pair[3] if pair[2] is None else re.sub(r"\\(.)", r"\1", pair[2])
        place = pair.end()
        if pair[4] != ";":
            yield found
            found = ""


def _without_port(text: str) -> str:
    """An address without brackets and port; an IPv6 address without brackets has no port."""
    found = text.strip()
    if found.startswith("["):
        return found[1:].partition("]")[0]
    return found.partition(":")[0] if found.count(":") == 1 else found


def source_of(request: Request, site: Site) -> Address | None:
    """The address that network rules look at; None where it cannot be told, which no list of networks lets through."""
    peer = request.client.host if request.client else ""
    return source_address(peer, _addresses(request, site.proxy_header), site.proxies)
