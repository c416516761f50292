"""The part of a catalogue file that says how to prove who we are."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict


class _Kind(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NoAuth(_Kind):
    """The API is open."""

    kind: Literal["none"]

    @property
    def proofs(self) -> dict[str, str]:
        """By key, the templates that prove who we are."""
        return {}


class BasicAuth(_Kind):
    """HTTP Basic; `headers` are sent beside it (ConnectWise: `clientId`)."""

    kind: Literal["basic"]
    user: str
    password: str
    headers: dict[str, str] = {}

    @property
    def proofs(self) -> dict[str, str]:
        """By key, the templates that prove who we are."""
        return {"password": self.user + self.password}


class HeaderAuth(_Kind):
    """One or several headers (`x-api-key`, `Authorization: ApiToken ...`)."""

    kind: Literal["header"]
    headers: dict[str, str]

    @property
    def proofs(self) -> dict[str, str]:
        """By key, the templates that prove who we are."""
        return {"headers": " ".join(self.headers.values())}


class QueryAuth(_Kind):
    """One or several query parameters."""

    kind: Literal["query"]
    parameters: dict[str, str]

    @property
    def proofs(self) -> dict[str, str]:
        """By key, the templates that prove who we are."""
        return {"parameters": " ".join(self.parameters.values())}


class Oauth2Auth(_Kind):
    """A token from `token_url`, then `Authorization: Bearer`.

    `grant` is `password` (with `username` and `password`) or `client_credentials`. `client_auth` says where the
    client's id and secret go; `public_client` marks a pair that the vendor publishes as a constant, so that it may
    stand in the file. A token is asked for again `margin_seconds` before it ends, and once after a 401.
    """

    kind: Literal["oauth2"]
    token_url: str
    grant: Literal["password", "client_credentials"]
    client_auth: Literal["basic", "body"] = "body"
    encoding: Literal["form", "json"] = "form"
    client_id: str
    client_secret: str
    public_client: bool = False
    username: str | None = None
    password: str | None = None
    extra: dict[str, str] = {}
    token_path: str = "access_token"  # noqa: S105 - a path in the answer
    ttl_path: str | None = "expires_in"
    ttl_seconds: int = 3600
    margin_seconds: int = 300
    headers: dict[str, str] = {}

    @property
    def proofs(self) -> dict[str, str]:
        """By key, the templates that prove who we are."""
        client = {} if self.public_client else {"client_secret": self.client_secret}
        return client | ({"password": self.password or ""} if self.grant == "password" else {})


class ExchangeAuth(_Kind):
    """A long-lived bearer is exchanged for a short-lived one by an empty POST to `token_url`."""

    kind: Literal["exchange"]
    token_url: str
    bearer: str
    token_path: str
    ttl_path: str | None = None
    ttl_seconds: int = 3600
    margin_seconds: int = 60
    headers: dict[str, str] = {}

    @property
    def proofs(self) -> dict[str, str]:
        """By key, the templates that prove who we are."""
        return {"bearer": self.bearer}


class SignedAuth(_Kind):
    """Each request is signed in Python; `signer` names a function registered in `trueup.modules.authentication`."""

    kind: Literal["signed"]
    signer: str
    values: dict[str, str]

    @property
    def proofs(self) -> dict[str, str]:
        """By key, the templates that prove who we are."""
        return {"values": " ".join(self.values.values())}


Auth = NoAuth | BasicAuth | HeaderAuth | QueryAuth | Oauth2Auth | ExchangeAuth | SignedAuth
