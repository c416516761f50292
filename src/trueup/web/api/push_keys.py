"""Keys with which modules push, over the API."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Path
from pydantic import Field

from trueup.app.usage import push_keys
from trueup.store.pushes import PushKey
from trueup.web.api.routing import api_router, says_secret
from trueup.web.api.shapes import Answer, Asked, Name
from trueup.web.asking import AdministratorHere, RecentAdministratorHere

router = api_router("networks", "/push-keys")


class PushKeyShown(Answer):
    """A key without its secret; `prefix` is what it begins with."""

    number: int
    connection: str
    prefix: str
    note: str
    added_by: str
    added_at: datetime
    used_at: datetime | None

    @classmethod
    def of(cls, one: PushKey) -> PushKeyShown:
        """Out of what the store holds."""
        return cls(
            number=one.id,
            connection=one.connection,
            prefix=one.prefix,
            note=one.note,
            added_by=one.added_by,
            added_at=one.added_at,
            used_at=one.used_at,
        )


class PushKeysShown(Answer):
    """The keys that are valid."""

    keys: list[PushKeyShown]


class PushKeyToMake(Asked):
    """A key for a connection whose usage is delivered."""

    connection: Name
    note: str = Field("", max_length=200)


class PushKeyMade(Answer):
    """A new key with its secret, which is shown this once."""

    key: PushKeyShown
    secret: str


@router.get("", operation_id="listPushKeys")
async def list_keys(here: AdministratorHere) -> PushKeysShown:
    """The keys that are valid."""
    return PushKeysShown(keys=[PushKeyShown.of(one) for one in await push_keys.list_keys(here.ws)])


@router.post("", operation_id="makePushKey", status_code=201)
@says_secret
async def make_key(here: RecentAdministratorHere, new: PushKeyToMake) -> PushKeyMade:
    """Make a key."""
    made = await push_keys.create_key(here.ws, new.connection, new.note)
    return PushKeyMade(key=PushKeyShown.of(made.key), secret=made.secret)


@router.delete("/{number}", operation_id="revokePushKey", status_code=204)
async def revoke_key(here: RecentAdministratorHere, number: Annotated[int, Path(ge=1, le=2**31 - 1)]) -> None:
    """Let a key open nothing any more."""
    await push_keys.revoke_key(here.ws, number)
