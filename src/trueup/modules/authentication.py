"""Proving who we are: each kind of a catalogue file as an object that dresses a request.

A vendor with its own signature registers a function in `SIGNERS` (see `Signer`); nothing else needs Python.
"""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlencode

import msgspec

from trueup.modules.catalogue_auth import (
    Auth,
    BasicAuth,
    ExchangeAuth,
    HeaderAuth,
    Oauth2Auth,
    QueryAuth,
    SignedAuth,
)
from trueup.modules.extraction import not_json, steps_of, value_at
from trueup.modules.failures import source_error
from trueup.modules.signatures import hmac_cloudtrax, hmac_duo
from trueup.modules.templates import filled


@dataclass(slots=True)
class Outgoing:
    """A request about to be sent, without its secrets in any repr."""

    method: str
    url: str
    query: dict[str, str]
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict, repr=False)


Signer = Callable[[Outgoing, Mapping[str, str]], None]
"""Signs a request in place. It gets the filled `values` of the file's `auth` part and must not touch the method."""

SIGNERS: dict[str, Signer] = {"hmac_cloudtrax": hmac_cloudtrax, "hmac_duo": hmac_duo}
"""Signers by the name that a catalogue file uses."""

TokenPost = Callable[[Outgoing], Awaitable[bytes]]
"""Sends a token request and returns the body of a good answer; refusals raise SourceError."""


class Authentication(Protocol):
    """What the reader needs of any kind."""

    async def dress(self, request: Outgoing, post: TokenPost) -> None:
        """Add what proves who we are, logging in first where that is needed."""

    def forget(self, refused: Mapping[str, str]) -> bool:
        """Drop the token in the headers that were refused; whether it is worth dressing the request again."""


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode("ascii")


class _Static:
    """Everything that is known beforehand: none, Basic, headers, query parameters, a signature."""

    def __init__(self, headers: dict[str, str], query: dict[str, str], sign: Callable[[Outgoing], None] | None) -> None:
        self._headers = headers
        self._query = query
        self._sign = sign

    async def dress(self, request: Outgoing, post: TokenPost) -> None:  # noqa: ARG002 - the port's signature
        request.headers |= self._headers
        request.query |= self._query
        if self._sign is not None:
            self._sign(request)

    def forget(self, refused: Mapping[str, str]) -> bool:  # noqa: ARG002 - the port's signature
        return False


class _Bearer:
    """A token that is fetched, kept until shortly before its end, and fetched again once when refused."""

    def __init__(self, spec: Oauth2Auth | ExchangeAuth, values: Mapping[str, str]) -> None:
        self._spec = spec
        self._values = values
        self._token: str | None = None
        self._until = 0.0
        self._locks: dict[int, asyncio.Lock] = {}

    async def dress(self, request: Outgoing, post: TokenPost) -> None:
        loop = id(asyncio.get_running_loop())
        lock = self._locks.get(loop)
        if lock is None:
            self._locks = {loop: asyncio.Lock()}
            lock = self._locks[loop]
        async with lock:
            if self._token is None or time.monotonic() >= self._until:
                await self._log_in(post)
        request.headers |= {name: filled(text, self._values) for name, text in self._spec.headers.items()}
        request.headers["Authorization"] = f"Bearer {self._token}"

    def forget(self, refused: Mapping[str, str]) -> bool:
        # Calls side by side are refused with the same token: only the first of them drops it, or each would log in
        # anew, and vendors end the token before the last.
        if refused.get("Authorization") == f"Bearer {self._token}":
            self._token = None
        return True

    async def _log_in(self, post: TokenPost) -> None:
        body = await post(self._token_request())
        try:
            answer = msgspec.json.decode(body)
        except msgspec.DecodeError as error:
            raise not_json(body, str(error)) from None
        token = value_at(answer, steps_of(self._spec.token_path))
        if not isinstance(token, str) or not token:
            raise source_error("module.list_missing", field=self._spec.token_path)
        life: object = self._spec.ttl_seconds
        if self._spec.ttl_path is not None:
            life = value_at(answer, steps_of(self._spec.ttl_path))
        seconds = int(life) if isinstance(life, (int, str)) and str(life).isdigit() else None
        seconds = self._spec.ttl_seconds if seconds is None else seconds
        self._token = token
        self._until = time.monotonic() + max(seconds - self._spec.margin_seconds, seconds // 2)

    def _token_request(self) -> Outgoing:
        spec, values = self._spec, self._values
        request = Outgoing("POST", filled(spec.token_url, values), {})
        request.headers["Accept"] = "application/json"
        if isinstance(spec, ExchangeAuth):
            request.headers["Authorization"] = "Bearer " + filled(spec.bearer, values)
            return request
        form = {"grant_type": spec.grant} | {name: filled(text, values) for name, text in spec.extra.items()}
        client = filled(spec.client_id, values), filled(spec.client_secret, values)
        if spec.client_auth == "basic":
            request.headers["Authorization"] = _basic(*client)
        else:
            form["client_id"], form["client_secret"] = client
        if spec.grant == "password":
            form["username"] = filled(spec.username or "", values)
            form["password"] = filled(spec.password or "", values)
        request.headers["Content-Type"], request.body = _encoded(form, spec.encoding)
        return request


def _encoded(form: Mapping[str, str], encoding: str) -> tuple[str, bytes]:
    if encoding == "json":
        return "application/json", msgspec.json.encode(dict(form))
    return "application/x-www-form-urlencoded", urlencode(form).encode("ascii")


def authentication_of(spec: Auth, values: Mapping[str, str]) -> Authentication:
    """The object for a file's `auth` part; `values` hold settings and secrets by name."""

    def all_filled(texts: Mapping[str, str]) -> dict[str, str]:
        return {name: filled(text, values) for name, text in texts.items()}

    if isinstance(spec, (Oauth2Auth, ExchangeAuth)):
        return _Bearer(spec, values)
    if isinstance(spec, BasicAuth):
        pair = _basic(filled(spec.user, values), filled(spec.password, values))
        return _Static(all_filled(spec.headers) | {"Authorization": pair}, {}, None)
    if isinstance(spec, HeaderAuth):
        return _Static(all_filled(spec.headers), {}, None)
    if isinstance(spec, QueryAuth):
        return _Static({}, all_filled(spec.parameters), None)
    if isinstance(spec, SignedAuth):
        signer, signed = SIGNERS[spec.signer], all_filled(spec.values)
        return _Static({}, {}, lambda request: signer(request, signed))
    return _Static({}, {}, None)
