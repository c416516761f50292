"""Who is told when something is the matter, what is the matter, and what became of each message."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Path, Query, Response
from pydantic import BeforeValidator, Field

from trueup.app.notices import receivers as use
from trueup.app.notices.conditions import KINDS
from trueup.app.notices.telling import send_test
from trueup.store.receivers import Receiver
from trueup.web.api.conditional import IfMatch, expected_version, with_etag
from trueup.web.api.connection_shapes import Secret
from trueup.web.api.paging import DEFAULT, Cursor, Limit, PageAnswer, cursor_at, listing_name, position_of
from trueup.web.api.routing import PREFIX, api_router, says_secret
from trueup.web.api.shapes import Answer, Asked, Name, Told, told
from trueup.web.asking import AdministratorHere, Here, RecentAdministratorHere, ViewerHere

router = api_router("notices")

Number = Annotated[int, Path(ge=1, le=2**31 - 1, description="Number of a receiver.")]


class ReceiverAnswer(Answer):
    """Somebody who is told, without secrets."""

    receiver: int = Field(validation_alias="id")
    name: str
    kind: str
    settings: Annotated[dict[str, str], BeforeValidator(dict)]
    language: str
    only: list[str] = Field(description="Kinds of notices; an empty list means all.")
    remind_days: int | None
    is_on: bool


class ReceiverSaid(Asked):
    """All that a receiver says."""

    name: Name
    settings: dict[Name, Name] = Field(
        default={}, max_length=20, description="email: to, from, host, port, tls, user; webhook: url; chat: none."
    )
    secret: dict[Name, Secret] = Field(
        default={},
        max_length=5,
        description="email: password; webhook: secret; chat: address. Those that are left out stay as they are; a "
        "webhook that never had one gets one.",
    )
    language: Literal["en", "fr"] = "en"
    only: list[Name] = Field(default=[], max_length=len(KINDS), description=f"Of {', '.join(KINDS)}.")
    remind_days: int | None = Field(default=None, ge=1, le=366, description="Null for no reminder.")

    def choices(self) -> use.ReceiverChoices:
        """As the use case takes it."""
        return use.ReceiverChoices(self.name, self.settings, self.language, self.only, self.remind_days)


class ReceiverToAdd(ReceiverSaid):
    """A new receiver."""

    kind: Name = Field(description="`email`, `webhook` or `chat`.")


class AddedReceiverAnswer(Answer):
    """A new receiver; a secret that was made for it is told this once."""

    receiver: ReceiverAnswer
    secret: str | None


class SecretAnswer(Answer):
    """A new secret, told this once."""

    secret: str


class ReceiverTestedAnswer(Answer):
    """Whether a test arrived, and why it did not."""

    arrived: bool
    failure: Told | None


class NoticeAnswer(Answer):
    """One thing that is or was the matter."""

    notice: int = Field(validation_alias="id")
    kind: str
    subject: str = Field(description="The connection, the kind of run, the currency or the rule; may be empty.")
    reason: Told
    opened_at: datetime
    closed_at: datetime | None


class MessageAnswer(Answer):
    """One message about a notice to one receiver."""

    message: int = Field(validation_alias="id")
    notice: NoticeAnswer
    receiver: int
    event: str = Field(description="`opened`, `reminder` or `closed`.")
    state: str = Field(description="`waiting`, `sent` or `given_up`.")
    tries: int
    made_at: datetime
    tried_at: datetime | None
    failure: Told | None = Field(description="Why the last try did not arrive.")


def _told(response: Response, here: Here, found: Receiver) -> ReceiverAnswer:
    with_etag(response, use.receiver_version(found))
    return told(ReceiverAnswer, found, here.said)


@router.get("/receivers", operation_id="listReceivers")
async def list_receivers(here: AdministratorHere) -> list[ReceiverAnswer]:
    """Everybody who is told, by name."""
    return [told(ReceiverAnswer, one, here.said) for one in await here.ws.step(here.ws.store.receivers.list)]


@router.post("/receivers", operation_id="addReceiver", status_code=201)
@says_secret
async def add_receiver(response: Response, here: RecentAdministratorHere, asked: ReceiverToAdd) -> AddedReceiverAnswer:
    """Tell somebody from now on. What a webhook is told is signed; a secret that is not given is made."""
    added = await use.add_receiver(here.ws, asked.kind, asked.choices(), asked.secret)
    response.headers["Location"] = f"{PREFIX}/receivers/{added.receiver.id}"
    return AddedReceiverAnswer(receiver=_told(response, here, added.receiver), secret=added.secret)


@router.get("/receivers/{receiver}", operation_id="getReceiver")
async def get_receiver(response: Response, here: AdministratorHere, receiver: Number) -> ReceiverAnswer:
    """One receiver, with an ETag."""
    return _told(response, here, await here.ws.step(here.ws.store.receivers.get, receiver))


@router.put("/receivers/{receiver}", operation_id="changeReceiver")
async def change_receiver(
    response: Response, here: RecentAdministratorHere, receiver: Number, asked: ReceiverSaid, if_match: IfMatch = None
) -> ReceiverAnswer:
    """Replace what a receiver says. A password that is kept never goes to another mail server: give it again then."""
    expected = expected_version(if_match)
    return _told(response, here, await use.change_receiver(here.ws, receiver, asked.choices(), asked.secret, expected))


@router.post("/receivers/{receiver}/enable", operation_id="enableReceiver")
async def enable_receiver(response: Response, here: RecentAdministratorHere, receiver: Number) -> ReceiverAnswer:
    """Let a receiver hear again: what is open now and was not told goes out with the next round."""
    return _told(response, here, await use.switch_receiver(here.ws, receiver, on=True))


@router.post("/receivers/{receiver}/disable", operation_id="disableReceiver")
async def disable_receiver(response: Response, here: RecentAdministratorHere, receiver: Number) -> ReceiverAnswer:
    """Let a receiver hear nothing until it is enabled; its settings and secrets stay."""
    return _told(response, here, await use.switch_receiver(here.ws, receiver, on=False))


@router.post("/receivers/{receiver}/test", operation_id="testReceiver")
async def test_receiver(here: RecentAdministratorHere, receiver: Number) -> ReceiverTestedAnswer:
    """Send a test now, also to a receiver that is off."""
    failure = await send_test(here.ws, receiver)
    return told(ReceiverTestedAnswer, {"arrived": failure is None, "failure": failure}, here.said)


@router.post("/receivers/{receiver}/secret", operation_id="renewReceiverSecret")
@says_secret
async def renew_receiver_secret(here: RecentAdministratorHere, receiver: Number) -> SecretAnswer:
    """A new secret for a webhook's signature; the one before signs nothing any more."""
    return SecretAnswer(secret=await use.renew_secret(here.ws, receiver))


@router.delete("/receivers/{receiver}", operation_id="removeReceiver", status_code=204)
async def remove_receiver(here: RecentAdministratorHere, receiver: Number) -> None:
    """Tell somebody nothing any more, and destroy their secrets; what was told stays on record."""
    await use.remove_receiver(here.ws, receiver)


@router.get("/notices", operation_id="listNotices")
async def list_notices(
    here: ViewerHere,
    only_open: Annotated[bool, Query(alias="open", description="Only what is the matter now.")] = False,
    cursor: Cursor = None,
    limit: Limit = DEFAULT,
) -> PageAnswer[NoticeAnswer]:
    """What is and was the matter, newest first."""
    of = listing_name("listNotices", {"open": only_open})
    behind = position_of(cursor, of)
    before = int(behind[0]) if behind else None
    rows = await here.ws.step(here.ws.store.notices.list, only_open=only_open, before=before, limit=limit + 1)
    items = [told(NoticeAnswer, one, here.said) for one in rows[:limit]]
    return PageAnswer(items=items, next=cursor_at((rows[limit - 1].id,), of) if len(rows) > limit else None)


@router.get("/notices/messages", operation_id="listNoticeMessages")
async def list_notice_messages(
    here: AdministratorHere, cursor: Cursor = None, limit: Limit = DEFAULT
) -> PageAnswer[MessageAnswer]:
    """What was sent to whom, newest first, and what did not arrive."""
    of = listing_name("listNoticeMessages")
    behind = position_of(cursor, of)
    before = int(behind[0]) if behind else None
    rows = await here.ws.step(here.ws.store.notices.messages, before=before, limit=limit + 1)
    items = [told(MessageAnswer, one, here.said) for one in rows[:limit]]
    return PageAnswer(items=items, next=cursor_at((rows[limit - 1].id,), of) if len(rows) > limit else None)
