"""API tokens: made for a scope and a time, shown once, and never more than the person behind them may do.

A token reads `trueup_TENANT.SECRET`, the tenant in base64url and 256 random bits, so that it is found without asking
any other tenant. It acts as the person who made it, named beside it: two persons are still two persons.
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Literal

from trueup.app.errors import Exit, UseCaseError, failed
from trueup.app.people.installation import Installation, hash_of, new_secret
from trueup.core.acting import acting_for
from trueup.core.reason import Param, Reason
from trueup.core.roles import Role
from trueup.store.errors import StoreError
from trueup.store.tenant_store import TenantStore
from trueup.store.tokens import ApiToken

PREFIX: Final = "trueup_"
LONGEST_DAYS: Final = 365
LONGEST_NAME: Final = 60
_NOTED: Final = timedelta(minutes=1)


class Scope(StrEnum):
    """What a token may be used for."""

    READ = "read"
    WRITE = "write"
    APPROVE = "approve"
    ADMIN = "admin"

    @property
    def role(self) -> Role:
        """The role that has these rights."""
        return tuple(Role)[tuple(Scope).index(self)]


@dataclass(frozen=True, slots=True)
class MadeToken:
    """A token as it was made. `text` is shown to who made it and kept nowhere."""

    token: ApiToken
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TokenAsker:
    """Whom a token stands for: a name for the record, the id of the person where one made it, a tenant and a role."""

    name: str
    person: str | None
    tenant: str
    role: Role


def _wrong(code: str, **params: Param) -> UseCaseError:
    return UseCaseError(Reason.of(code, **params), Exit.USAGE)


State = Literal["works", "ended", "revoked"]


def state_of(token: ApiToken, now: datetime) -> State:
    """Whether a token works, or why not."""
    if token.revoked_at is not None:
        return "revoked"
    return "ended" if token.ends_at <= now else "works"


async def make_token(
    house: Installation, tenant: str, name: str, scope: Scope, days: int, actor: str, person: str | None
) -> MadeToken:
    """Make a token for so many days. `person` is the id of who it acts for, None for the operator's own.

    Raises UseCaseError with exit code 2: `tokens.name`, `tokens.days`.
    """
    clean = " ".join(name.split())
    if not clean or len(clean) > LONGEST_NAME or not clean.isprintable():
        raise _wrong("tokens.name", maximum=LONGEST_NAME)
    if not 1 <= days <= LONGEST_DAYS:
        raise _wrong("tokens.days", maximum=LONGEST_DAYS)

    def made() -> MadeToken:
        store, secret, now = house.database.tenant(tenant), new_secret(), house.now()
        ends_at = now + timedelta(days=days)
        with store.writing():
            token = store.tokens.add(clean, hash_of(secret), scope.value, person, actor, ends_at=ends_at, now=now)
            detail = Reason.of("audit.token_made", token=token.id, name=clean, scope=scope.value, ends=ends_at.date())
            store.audit.add(actor, "token.made", detail, now=now)
        place = urlsafe_b64encode(tenant.encode()).decode().rstrip("=")
        return MadeToken(token, f"{PREFIX}{place}.{secret}")

    return await house.step(made)


async def tokens_of(house: Installation, tenant: str) -> tuple[ApiToken, ...]:
    """All tokens of a tenant, the newest first; revoked and ended ones too."""

    def listed() -> tuple[ApiToken, ...]:
        return house.database.tenant(tenant).tokens.list()

    return await house.step(listed)


async def revoke_token(house: Installation, tenant: str, number: int, actor: str) -> ApiToken:
    """Let a token work no more; once more is nothing new. Raises StoreError `store.unknown_token`."""

    def revoked() -> ApiToken:
        store = house.database.tenant(tenant)
        with store.writing():
            token = store.tokens.get(number)
            if token.revoked_at is None:
                store.tokens.revoke(number, actor, now=house.now())
                detail = Reason.of("audit.token_revoked", token=number, name=token.name)
                store.audit.add(actor, "token.revoked", detail, now=house.now())
            return store.tokens.get(number)

    return await house.step(revoked)


def asker_behind(house: Installation, text: str) -> TokenAsker:
    """Whom a token stands for. Raises UseCaseError `access.token` for one that does not work, whatever the cause."""
    store, secret = _tenant_in(house, text)
    now = house.now()
    token = store.tokens.with_hash(hash_of(secret))
    if token is None or state_of(token, now) != "works":
        raise failed("access.token")
    role = Scope(token.scope).role
    if token.person is not None:
        own = next((member.role for member in store.members.list() if member.person == token.person), None)
        if own is None:
            raise failed("access.token")
        role = role if own.includes(role) else own
    if token.used_at is None or now - token.used_at >= _NOTED:
        store.tokens.used(token.id, now=now)
    return TokenAsker(acting_for(token.made_by, token.name), token.person, store.tenant, role)


def _tenant_in(house: Installation, text: str) -> tuple[TenantStore, str]:
    place, dot, secret = text.removeprefix(PREFIX).partition(".")
    if not (text.startswith(PREFIX) and dot and secret):
        raise failed("access.token")
    try:
        tenant = urlsafe_b64decode(place + "=" * (-len(place) % 4)).decode()
        return house.database.tenant(tenant), secret
    except (binascii.Error, ValueError, StoreError):
        raise failed("access.token") from None
