"""Signing in at the identity provider: OpenID Connect's authorization code flow with PKCE, state and nonce.

Only somebody who is known already gets in: the provider vouches for an e-mail address (`email_verified`), and the
person of that address signs in. Sources: OpenID Connect Core 1.0, RFC 7636, RFC 9700.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from trueup.app.errors import UseCaseError, failed
from trueup.app.people.installation import Installation, hash_of, new_secret
from trueup.app.people.provider import SealedProvider, discovered, fetched, sealed_provider
from trueup.app.people.sessions import Begun, Caller, begin
from trueup.store.one_time import OneTime

LASTS: Final = timedelta(minutes=10)
ALGORITHMS: Final = ("RS256", "PS256", "ES256")
LEEWAY: Final = 60
_KIND: Final = "oidc"
_SCOPE: Final = "openid email profile"


@dataclass(frozen=True, slots=True)
class Errand:
    """A browser on its way to the provider: where to send it, and the state that it must bring back in its cookie."""

    address: str
    state: str
    is_encrypted: bool


async def sent_to_provider(house: Installation, to: str) -> Errand:
    """Begin: the address at the provider. Raises UseCaseError `access.no_provider`, `access.provider_failed`."""
    sealed = await sealed_provider(house)
    told = await discovered(sealed.provider.issuer)
    state, nonce, verifier, now = new_secret(), new_secret(), new_secret(), house.now()
    body = json.dumps({"nonce": nonce, "verifier": verifier, "to": to})
    await house.step(house.people.one_time.add, OneTime(hash_of(state), _KIND, None, body, now + LASTS), now=now)
    address = prepare_grant_uri(
        told["authorization_endpoint"],
        client_id=sealed.provider.client_id,
        response_type="code",
        redirect_uri=sealed.provider.redirect_uri,
        scope=_SCOPE,
        state=state,
        nonce=nonce,
        code_challenge=create_s256_code_challenge(verifier),
        code_challenge_method="S256",
    )
    return Errand(str(address), state, urlsplit(sealed.provider.url).scheme == "https")


async def back_from_provider(
    house: Installation, state: str, code: str, caller: Caller, before: str | None = None
) -> tuple[Begun, str]:
    """End: exchange the code, check what the provider says, begin a session; with the address to go on to.

    `state` is what the browser's cookie and the call both held. Raises UseCaseError `access.provider_failed`,
    `access.provider_unknown` where nobody has the address that the provider vouches for.
    """
    errand = await house.step(house.people.one_time.take, hash_of(state), _KIND, now=house.now())
    if errand is None:
        raise failed("access.provider_failed", what="state")
    kept, sealed = json.loads(errand.body), await sealed_provider(house)
    told = await discovered(sealed.provider.issuer)
    tokens = await _exchanged(sealed, told, code, kept["verifier"])
    claims = await _checked(house, sealed, told, tokens, kept["nonce"])
    email = claims.get("email")
    if not isinstance(email, str) or claims.get("email_verified") is not True:
        raise failed("access.provider_failed", what="email")
    person = await house.step(house.people.persons.with_email, email)
    if person is None:
        raise failed("access.provider_unknown")
    return await house.step(begin, house, person, "oidc", caller, before=before), kept["to"]


async def _exchanged(sealed: SealedProvider, told: dict[str, Any], code: str, verifier: str) -> dict[str, Any]:
    provider = sealed.provider
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": provider.redirect_uri,
        "code_verifier": verifier,
    }
    methods = told.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    if "client_secret_basic" in methods:
        return await fetched(
            told["token_endpoint"], data=form, auth=httpx2.BasicAuth(provider.client_id, sealed.secret)
        )
    form |= {"client_id": provider.client_id, "client_secret": sealed.secret}
    return await fetched(told["token_endpoint"], data=form)


async def _checked(
    house: Installation, sealed: SealedProvider, told: dict[str, Any], tokens: dict[str, Any], nonce: str
) -> dict[str, Any]:
    """The claims of the ID token: signed by the provider, for us, for this errand, and of now."""
    keys = await fetched(told["jwks_uri"])
    try:
        token = jwt.decode(str(tokens["id_token"]), KeySet.import_key_set(keys), algorithms=list(ALGORITHMS))  # type: ignore[arg-type]
        claims = CodeIDToken(
            token.claims,
            token.header,
            options={
                "iss": {"essential": True, "value": told["issuer"]},
                "aud": {"essential": True, "value": sealed.provider.client_id},
            },
            params={
                "nonce": nonce,
                "client_id": sealed.provider.client_id,
                "access_token": tokens.get("access_token"),
            },
        )
        claims.validate(int(house.now().timestamp()), LEEWAY)
    except (KeyError, ValueError, TypeError, JoseError, UseCaseError):
        raise failed("access.provider_failed", what="token") from None
    return dict(claims)
