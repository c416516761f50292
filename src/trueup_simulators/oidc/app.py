"""The provider's addresses, its key and its codes."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import parse_qs, unquote_plus, urlencode

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

FAULTS = (
    "nonce",
    "audience",
    "issuer",
    "expired",
    "signature",
    "algorithm",
    "unverified",
    "no_email",
    "refused",
    "no_token",
)
"""What may be wrong with the next sign-in."""


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _number(value: int) -> str:
    return _b64(value.to_bytes((value.bit_length() + 7) // 8, "big"))


@dataclass(slots=True)
class Grant:
    """A code that may be exchanged once."""

    challenge: str
    nonce: str
    user: dict[str, object]


@dataclass(slots=True)
class State:
    """What the provider knows."""

    issuer: str
    redirect_uri: str
    client_id: str = "trueup"
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    user: dict[str, object] = field(default_factory=lambda: {"email": "ada@example.com", "email_verified": True})
    fault: str | None = None
    now: float | None = None
    codes: dict[str, Grant] = field(default_factory=dict)
    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))

    def signed(self, claims: dict[str, object]) -> str:
        """A JWS of these claims."""
        header = {"alg": "none" if self.fault == "algorithm" else "RS256", "kid": "1", "typ": "JWT"}
        body = ".".join(_b64(json.dumps(part).encode()) for part in (header, claims))
        if self.fault == "algorithm":
            return f"{body}."
        key = rsa.generate_private_key(65537, 2048) if self.fault == "signature" else self.key
        return f"{body}.{_b64(key.sign(body.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def _refused(error: str, status: int = 400) -> Response:
    return JSONResponse({"error": error}, status)


def _state(request: Request) -> State:
    return cast("State", request.app.state.provider)


async def configuration(request: Request) -> Response:
    """What the provider says of itself."""
    state = _state(request)
    issuer = state.issuer
    return JSONResponse(
        {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": f"{issuer}/token",
            "jwks_uri": f"{issuer}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            "code_challenge_methods_supported": ["S256"],
        }
    )


async def authorize(request: Request) -> Response:
    """Sign the user of the moment in, and send the browser back with a code."""
    state = _state(request)
    asked = request.query_params
    known = asked.get("client_id") == state.client_id and asked.get("redirect_uri") == state.redirect_uri
    if not known or asked.get("response_type") != "code" or "openid" not in asked.get("scope", "").split():
        return _refused("invalid_request")
    if asked.get("code_challenge_method") != "S256" or not asked.get("code_challenge") or not asked.get("nonce"):
        return _refused("invalid_request")
    if state.fault == "refused":
        told = {"error": "access_denied", "state": asked.get("state", "")}
        return RedirectResponse(f"{state.redirect_uri}?{urlencode(told)}", 302)
    code = secrets.token_urlsafe(16)
    state.codes[code] = Grant(asked["code_challenge"], asked["nonce"], dict(state.user))
    told = {"code": code, "state": asked.get("state", "")}
    return RedirectResponse(f"{state.redirect_uri}?{urlencode(told)}", 302)


async def token(request: Request) -> Response:
    """Exchange a code, once, for an ID token."""
    state = _state(request)
    form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
    kind, _, packed = request.headers.get("authorization", "").partition(" ")
    given = base64.b64decode(packed).decode() if kind.lower() == "basic" else ":"
    name, _, secret = given.partition(":")
    if (unquote_plus(name), unquote_plus(secret)) != (state.client_id, state.secret):
        return _refused("invalid_client", 401)
    grant = state.codes.pop(form.get("code", ""), None)
    digest = _b64(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
    if grant is None or form.get("redirect_uri") != state.redirect_uri or digest != grant.challenge:
        return _refused("invalid_grant")
    access = secrets.token_urlsafe(16)
    answer: dict[str, object] = {"access_token": access, "token_type": "Bearer", "expires_in": 300}
    if state.fault != "no_token":
        answer["id_token"] = state.signed(_claims(state, grant))
    state.fault = None
    return JSONResponse(answer)


async def keys(request: Request) -> Response:
    """The public key."""
    state = _state(request)
    numbers = state.key.public_key().public_numbers()
    key = {"kty": "RSA", "kid": "1", "use": "sig", "alg": "RS256", "n": _number(numbers.n), "e": _number(numbers.e)}
    return JSONResponse({"keys": [key]})


async def set_user(request: Request) -> Response:
    """Say who is signed in from now on."""
    state = _state(request)
    state.user = dict(await request.json())
    return JSONResponse({})


async def set_fault(request: Request) -> Response:
    """Say what is wrong with the next sign-in, and what time it is."""
    state = _state(request)
    told = await request.json()
    fault = told.get("fault")
    if fault is not None and fault not in FAULTS:
        return _refused("unknown fault", 422)
    state.fault, state.now = fault, told.get("now", state.now)
    return JSONResponse({})


def create_app(state: State) -> Starlette:
    """The provider as an application."""
    app = Starlette(
        routes=[
            Route("/.well-known/openid-configuration", configuration),
            Route("/authorize", authorize),
            Route("/token", token, methods=["POST"]),
            Route("/keys", keys),
            Route("/_simulator/user", set_user, methods=["POST"]),
            Route("/_simulator/fault", set_fault, methods=["POST"]),
        ]
    )
    app.state.provider = state
    return app


def _claims(state: State, grant: Grant) -> dict[str, object]:
    now = int(state.now if state.now is not None else time.time())
    user = dict(grant.user)
    if state.fault == "unverified":
        user["email_verified"] = False
    if state.fault == "no_email":
        user.pop("email", None)
    return {
        "iss": "https://other.example" if state.fault == "issuer" else state.issuer,
        "sub": "1",
        "aud": "another" if state.fault == "audience" else state.client_id,
        "iat": now - (7200 if state.fault == "expired" else 0),
        "exp": now + (-3600 if state.fault == "expired" else 300),
        "nonce": "another" if state.fault == "nonce" else grant.nonce,
        **user,
    }
