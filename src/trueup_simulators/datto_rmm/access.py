"""Logging in: the public client, the password grant, tokens that expire, and the network rule.

Working public clients all use the constant Basic pair and the password grant; the error bodies are those that Spring
OAuth writes (inferred, see docs/decisions/0050).
"""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
import secrets
from dataclasses import dataclass
from urllib.parse import parse_qs

from msgspec.json import encode

from trueup_simulators.datto_rmm.answers import Answer
from trueup_simulators.datto_rmm.scenario import UserSpec
from trueup_simulators.datto_rmm.switches import Switches

_PUBLIC_CLIENT = b"public-client:public"


@dataclass(frozen=True, slots=True)
class Token:
    """An access token of a user, good until `expires_ms` on the simulator's clock."""

    user: UserSpec
    expires_ms: int


def in_networks(address: str, networks: list[str]) -> bool:
    """Whether the address lies in one of the networks; no networks means no rule."""
    if not networks:
        return True
    here = ipaddress.ip_address(address)
    return any(here in ipaddress.ip_network(network, strict=False) for network in networks)


def _oauth_error(status: int, error: str, description: str) -> Answer:
    headers = {"WWW-Authenticate": 'Basic realm="oauth"'} if status == 401 else {}
    return Answer(status, encode({"error": error, "error_description": description}), headers)


class Access:
    """Users of the account and the tokens they were given."""

    def __init__(self, users: list[UserSpec], switches: Switches) -> None:
        self.users = users
        self.switches = switches
        self._tokens: dict[str, Token] = {}

    def expire_all(self) -> None:
        """Make every token invalid, as after a change of the key."""
        self._tokens.clear()

    def login(self, method: str, authorization: str, body: bytes, now_ms: int) -> Answer:
        """Answer `POST /auth/oauth/token`."""
        if method != "POST":
            return _oauth_error(405, "method_not_allowed", f"Request method '{method}' not supported")
        try:
            scheme, _, pair = authorization.partition(" ")
            client = base64.b64decode(pair, validate=True) if scheme.lower() == "basic" else b""
        except (binascii.Error, ValueError):
            client = b""
        if not hmac.compare_digest(client, _PUBLIC_CLIENT):
            return _oauth_error(401, "unauthorized", "Full authentication is required to access this resource")
        form = {key: values[0] for key, values in parse_qs(body.decode("utf-8", "replace")).items()}
        grant = form.get("grant_type")
        if grant is None:
            return _oauth_error(400, "invalid_request", "Missing grant type")
        if grant != "password":
            return _oauth_error(400, "unsupported_grant_type", f"Unsupported grant type: {grant}")
        for user in self.users:
            known = hmac.compare_digest(form.get("username", "").encode(), user.api_key.encode())
            right = hmac.compare_digest(form.get("password", "").encode(), user.api_secret.encode())
            if known and right and not user.disabled:
                return self._granted(user, now_ms)
        status = self.switches.bad_credentials_status
        return _oauth_error(status, "invalid_grant" if status == 400 else "unauthorized", "Bad credentials")

    def _granted(self, user: UserSpec, now_ms: int) -> Answer:
        text = secrets.token_hex(32)
        self._tokens[text] = Token(user, now_ms + self.switches.token_seconds * 1000)
        granted: dict[str, object] = {
            "access_token": text,
            "token_type": "bearer",
            "expires_in": max(0, self.switches.token_seconds - 1),
            "scope": "all",
            "jti": text[:32],
        }
        if self.switches.refresh_token:
            granted["refresh_token"] = text[::-1]
        return Answer(200, encode(granted))

    def user_of(self, authorization: str, now_ms: int) -> UserSpec | None:
        """Return whose valid, unexpired bearer token this is; none otherwise."""
        scheme, _, text = authorization.partition(" ")
        token = self._tokens.get(text.strip()) if scheme.lower() == "bearer" else None
        if token is None or token.expires_ms <= now_ms or token.user.disabled:
            return None
        return token.user
