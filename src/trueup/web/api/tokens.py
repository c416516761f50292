"""API tokens of the tenant, over the API."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from fastapi import Path, Request
from pydantic import BaseModel, ConfigDict, Field

from trueup.app.people import tokens
from trueup.app.people.tokens import Scope
from trueup.store.tokens import ApiToken
from trueup.web.api.routing import api_router, says_secret
from trueup.web.asking import AdministratorHere, RecentAdministratorHere, site_of

router = api_router("tokens", "/tokens")


class TokenShown(BaseModel):
    """A token without its secret."""

    number: int
    name: str
    scope: Scope
    state: Literal["works", "ended", "revoked"]
    made_by: str
    made_at: datetime
    ends_at: datetime
    used_at: datetime | None
    revoked_by: str | None
    revoked_at: datetime | None

    @classmethod
    def of(cls, one: ApiToken, now: datetime) -> TokenShown:
        """Out of what the store holds."""
        return cls(
            number=one.id,
            name=one.name,
            scope=Scope(one.scope),
            state=tokens.state_of(one, now),
            made_by=one.made_by,
            made_at=one.made_at,
            ends_at=one.ends_at,
            used_at=one.used_at,
            revoked_by=one.revoked_by,
            revoked_at=one.revoked_at,
        )


class TokensShown(BaseModel):
    """The tokens of the tenant, the newest first."""

    tokens: list[TokenShown]


class TokenToMake(BaseModel):
    """A token to be made."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=tokens.LONGEST_NAME)
    scope: Scope
    days: int = Field(ge=1, le=tokens.LONGEST_DAYS)


class TokenMade(BaseModel):
    """A new token with its secret, which is shown this once."""

    token: TokenShown
    secret: str


@router.get("", operation_id="listTokens")
async def list_tokens(request: Request, here: AdministratorHere) -> TokensShown:
    """All tokens, those that work no more too."""
    house = site_of(request).installation
    found = await tokens.tokens_of(house, here.tenant)
    return TokensShown(tokens=[TokenShown.of(one, house.now()) for one in found])


@router.post("", operation_id="makeToken", status_code=201)
@says_secret
async def make_token(request: Request, here: RecentAdministratorHere, new: TokenToMake) -> TokenMade:
    """Make a token. It never may do more than the person who made it."""
    house, asker = site_of(request).installation, here.asker
    made = await tokens.make_token(house, here.tenant, new.name, new.scope, new.days, asker.name, asker.person)
    return TokenMade(token=TokenShown.of(made.token, house.now()), secret=made.text)


@router.delete("/{number}", operation_id="revokeToken", status_code=204)
async def revoke_token(request: Request, here: RecentAdministratorHere, number: int = Path(ge=1, le=2**31 - 1)) -> None:
    """Let a token work no more."""
    await tokens.revoke_token(site_of(request).installation, here.tenant, number, here.asker.name)
