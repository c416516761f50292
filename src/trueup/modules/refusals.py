"""What a refusal means: from a status, a header and words in the body to one of our categories.

A 403 can be a blocked address, a network rule or a missing right, and vendors rarely say which. It is a block when
`Retry-After` or the text says so, or when the same list already gave a page; a network rule when the text says so or
when nothing at all was answered before; else a right that is missing (docs/decisions/0032-what-a-refusal-means.md).
"""

from __future__ import annotations

from enum import Enum, auto

import httpx2
import msgspec

from trueup.modules.catalogue_schema import Limits
from trueup.modules.extraction import value_at
from trueup.modules.failures import SourceError, address_in, source_error
from trueup.modules.limits import retry_after

_BLOCKED = ("blocked", "too many", "rate limit", "request limit", "quota", "throttl")
_NETWORK = ("ip address", "ip restrict", "ip range", "allow list", "allowlist", "whitelist", "network", "your ip")
_POLICY = ("conditional access",)
"""A policy on who may come from where, whatever else the text says (Microsoft: "blocked by Conditional Access")."""
_RIGHTS = ("permission", "api access", "security level", "not authorized", "disabled")


class Standing(Enum):
    """What was answered before the refusal: nothing, another list of the same run, or a page of the same list."""

    NOTHING = auto()
    RUN = auto()
    LIST = auto()


def refusal(limits: Limits, status: int, response: httpx2.Response, standing: Standing) -> SourceError:
    """What a status other than success means for a reading call."""
    if status in limits.wait_statuses:
        return _too_many(limits, response, status)
    if status >= 500 or status in limits.retry_statuses:
        error = source_error("module.server_error", status=status)
        return error.retrying() if status in limits.retry_statuses else error
    if status == 403 or status in limits.stop_statuses:
        return _forbidden(limits, response, status, standing)
    named = {401: "module.token_refused", 404: "module.not_found"}
    code = named.get(status, "module.redirected" if 300 <= status < 400 else "module.request_refused")
    return source_error(code, status=status)


def login_refusal(limits: Limits, response: httpx2.Response) -> SourceError:
    """What a refused token request means."""
    status = response.status_code
    if status in (400, 401):
        return source_error("module.credentials_refused", status=status, error=_oauth_error(response.content))
    if status != 403:
        return refusal(limits, status, response, Standing.NOTHING)
    text = response.text[:2000]
    if _is_block(response, text) or _mentions(text, _POLICY):
        return _forbidden(limits, response, status, Standing.LIST)
    if _mentions(text, _RIGHTS) and not _mentions(text, _NETWORK):
        return source_error("module.permission_missing", status=status)
    return source_error("module.network_rule", status=status, address=address_in(text))


def _too_many(limits: Limits, response: httpx2.Response, status: int) -> SourceError:
    asked = retry_after(response.headers.get("Retry-After"))
    wait = limits.default_wait_seconds if asked is None else asked
    error = source_error("module.rate_limited", status=status, retry_after=wait).resting(wait)
    return error.retrying(wait) if wait <= limits.longest_wait_seconds else error


def _forbidden(limits: Limits, response: httpx2.Response, status: int, standing: Standing) -> SourceError:
    text = response.text[:2000]
    if _mentions(text, _POLICY):
        return source_error("module.network_rule", status=status, address=address_in(text))
    if standing is Standing.LIST or _is_block(response, text):
        rest = max(retry_after(response.headers.get("Retry-After")) or 0, limits.rest_seconds)
        address = address_in(text)
        return source_error("module.address_blocked", status=status, retry_after=rest, address=address).resting(rest)
    if standing is Standing.NOTHING or _mentions(text, _NETWORK):
        return source_error("module.network_rule", status=status, address=address_in(text))
    return source_error("module.permission_missing", status=status)


def _is_block(response: httpx2.Response, text: str) -> bool:
    return retry_after(response.headers.get("Retry-After")) is not None or _mentions(text, _BLOCKED)


def _mentions(text: str, words: tuple[str, ...]) -> bool:
    lowered = text.lower()
    return any(word in lowered for word in words)


def _oauth_error(body: bytes) -> str | None:
    """The short error word of an OAuth answer (`invalid_grant`); never its description, which may repeat input."""
    try:
        found = value_at(msgspec.json.decode(body), ("error",))
    except msgspec.DecodeError:
        return None
    return found if isinstance(found, str) and found.replace("_", "").isalnum() and len(found) < 40 else None
