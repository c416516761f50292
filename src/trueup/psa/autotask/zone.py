"""Which data centre holds the tenant's database.

The lookup needs no credentials. Tenants are moved between data centres now and then; the old address then answers 401
(Autotask REST, page on finding one's zone; the behaviour after a move as public clients handle it).
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec

from trueup.core.reason import Reason
from trueup.core.usage import Failure, FailureCategory
from trueup.psa.autotask.errors import Answer, AnswerKind, failure_of
from trueup.psa.port import PsaReadError

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_VENDOR = ".autotask.net"


@dataclass(frozen=True, slots=True)
class Zone:
    """A tenant's zone. `base` ends in a slash; `V1.0/...` is appended to it."""

    name: str
    base: str


class _ZoneAnswer(msgspec.Struct, rename="camel"):
    url: str
    zone_name: str | None = None


def zone_of(answer: Answer, lookup: str) -> Zone:
    """The zone that a lookup answered; raises PsaReadError where there is none or where it leads to a foreign host."""
    if answer.kind in (AnswerKind.REJECTED, AnswerKind.NOT_FOUND):
        raise PsaReadError(Failure(FailureCategory.CREDENTIALS, Reason.of("autotask.user_unknown", text=answer.text)))
    if answer.kind is not AnswerKind.OK:
        raise PsaReadError(failure_of(answer, "zoneInformation"))
    try:
        found = msgspec.json.decode(answer.body, type=_ZoneAnswer)
    except msgspec.ValidationError:
        raise PsaReadError(
            Failure(FailureCategory.SCHEMA_CHANGED, Reason.of("autotask.shape_changed", endpoint="zoneInformation"))
        ) from None
    if not is_trusted(found.url, lookup):
        host = urlsplit(found.url).hostname or ""
        raise PsaReadError(Failure(FailureCategory.IMPLAUSIBLE, Reason.of("autotask.zone_foreign", host=host)))
    return Zone(found.zone_name or "", found.url.rstrip("/") + "/")


def is_trusted(url: str, lookup: str) -> bool:
    """Whether the secrets may be sent there: over https to the vendor, or to the very host that was configured."""
    zone, asked = urlsplit(url), urlsplit(lookup)
    host, asked_host = (zone.hostname or "").lower(), (asked.hostname or "").lower()
    if zone.scheme != "https" and not (zone.scheme == "http" and host in _LOOPBACK and asked_host in _LOOPBACK):
        return False
    return host == asked_host or (host.endswith(_VENDOR) and asked_host.endswith(_VENDOR))
