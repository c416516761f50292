"""The identity provider of the installation: OpenID Connect, tried live before it is kept.

Whoever names the provider says who everybody is, in every tenant. So it is the installation's, set at its command line
(docs/decisions/0112-single-sign-on.md).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2
import msgspec

from trueup.app.errors import Exit, UseCaseError, failed
from trueup.app.people.installation import Installation
from trueup.core.reason import Reason

SETTING: Final = "oidc"
SECONDS: Final = 15
BACK: Final = "/sign-in/provider/back"
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
_NEEDED: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")


@dataclass(frozen=True, slots=True)
class Provider:
    """Where people sign in instead. `url` is the address of this application that the provider sends them back to."""

    issuer: str
    client_id: str
    url: str
    label: str = "OpenID Connect"

    @property
    def redirect_uri(self) -> str:
        """The address to register with the provider."""
        return self.url + BACK


@dataclass(frozen=True, slots=True)
class SealedProvider:
    """A provider with the secret that this application proves itself with."""

    provider: Provider
    secret: str = field(repr=False)


def _address(text: str) -> str:
    """An address without a last slash: TLS, or a loopback host. Raises UseCaseError `access.provider_address`."""
    found = urlsplit(text.strip())
    safe = found.scheme == "https" or (found.scheme == "http" and found.hostname in _LOOPBACK)
    if not safe or not found.hostname or found.query or found.fragment or found.username:
        raise UseCaseError(Reason.of("access.provider_address", address=text[:200]), Exit.USAGE)
    return text.strip().rstrip("/")


async def fetched(url: str, **sent: Any) -> dict[str, Any]:  # noqa: ANN401 - what the client takes
    """A JSON object from the provider: GET, or POST where a form (`data`) is sent. Raises UseCaseError
    `access.provider_failed`."""
    try:
        async with httpx2.AsyncClient(timeout=SECONDS) as client:
            answer = await client.request("POST" if "data" in sent else "GET", url, **sent)
            found = answer.json() if answer.status_code == 200 else None
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError):
        found = None
    if not isinstance(found, dict):
        raise failed("access.provider_failed", what="answer")
    return found


async def discovered(issuer: str) -> dict[str, Any]:
    """What the provider says of itself (OpenID Connect Discovery 1.0). Raises UseCaseError `access.provider_failed`."""
    found = await fetched(f"{issuer}/.well-known/openid-configuration")
    if str(found.get("issuer", "")).rstrip("/") != issuer or not all(isinstance(found.get(n), str) for n in _NEEDED):
        raise failed("access.provider_failed", what="issuer")
    for name in _NEEDED:
        _address(found[name])
    return found


async def set_provider(house: Installation, provider: Provider, secret: str, actor: str) -> Provider:
    """Ask the provider what it says of itself, then keep it with its secret sealed.

    Raises UseCaseError `access.provider_address` (exit code 2), `access.provider_failed`; StoreError
    `store.key_missing`.
    """
    kept = Provider(
        _address(provider.issuer), provider.client_id.strip(), _address(provider.url), provider.label.strip()[:60]
    )
    await discovered(kept.issuer)
    text = msgspec.json.encode(kept).decode()
    await house.step(house.people.settings.put, SETTING, text, secret, actor, now=house.now())
    return kept


async def remove_provider(house: Installation) -> bool:
    """Forget the provider; whether there was one."""
    return await house.step(house.people.settings.remove, SETTING)


async def provider_of(house: Installation) -> Provider | None:
    """The provider, without its secret."""
    text = await house.step(house.people.settings.value, SETTING)
    return None if text is None else msgspec.json.decode(text, type=Provider)


async def sealed_provider(house: Installation) -> SealedProvider:
    """The provider with its secret. Raises UseCaseError `access.no_provider`, StoreError `store.key_missing`."""
    found = await house.step(house.people.settings.get, SETTING)
    if found is None or found.secret is None:
        raise failed("access.no_provider")
    return SealedProvider(msgspec.json.decode(found.value, type=Provider), found.secret)
