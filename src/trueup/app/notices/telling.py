"""Telling: notices are opened and closed by what is the matter, each is told once when it opens and once when it is
over, and a receiver that does not answer is tried again in later rounds without stopping anything."""

from __future__ import annotations

import smtplib
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Final

import anyio
import anyio.to_thread
import httpx2

from trueup.app.connections.reach import reach_of
from trueup.app.notices import chat, email, webhook
from trueup.app.notices.conditions import conditions
from trueup.app.notices.writing import Written, written, written_test
from trueup.app.workspace import Workspace
from trueup.core.reason import Reason
from trueup.store.errors import StoreError
from trueup.store.notices import GIVEN_UP, SENT, WAITING, Event, Message, Notice
from trueup.store.receivers import Receiver
from trueup.trust import NotReachedError, Reach, only_within

PATIENCE: Final = 40.0
"""Seconds that all messages of a round get together."""

TRIES: Final = 11
"""After so many a message is given up: a day and a half after the first."""

_FIRST_WAIT, _LONGEST_WAIT = timedelta(minutes=5), timedelta(hours=8)


def _pause(tries: int) -> timedelta:
    """How long a message rests after so many tries that did not arrive: 5 minutes, doubling up to 8 hours."""
    return min(_FIRST_WAIT * (1 << max(tries - 1, 0)), _LONGEST_WAIT)


def _wants(receiver: Receiver, notice: Notice) -> bool:
    return not receiver.only or notice.kind in receiver.only


def _due(ws: Workspace, receiver: Receiver, told: list[Message]) -> Event | None:
    """What is to be told of an open notice to a receiver who heard `told` of it."""
    if not told:
        return "opened"
    last = max(one.made_at for one in told)
    wanted = receiver.remind_days is not None and ws.now() - last >= timedelta(days=receiver.remind_days)
    return "reminder" if wanted else None


def update_notices(ws: Workspace) -> tuple[Message, ...]:
    """Open and close notices by what is the matter now, and say which messages wait to be sent. One transaction."""
    store, now = ws.store, ws.now()
    with store.writing():
        matter = conditions(ws)
        known = {(one.kind, one.subject): one for one in store.notices.list(only_open=True, limit=None)}
        receivers = [one for one in store.receivers.list() if one.is_on]
        messages = store.notices.messages_of_open()
        for key, one in known.items():
            if key in matter:
                continue
            store.notices.close(one.id, now=now)
            heard = {m.receiver for m in messages if m.notice.id == one.id and m.state == SENT}
            for message in messages:
                if message.notice.id == one.id and message.state == WAITING:
                    store.notices.tried(message.id, GIVEN_UP, None, now=now)
            for receiver in receivers:
                if receiver.id in heard:
                    store.notices.tell(one.id, receiver.id, "closed", now=now)
        for key, reason in matter.items():
            if key not in known:
                store.notices.open(*key, reason, now=now)
        for one in store.notices.list(only_open=True, limit=None):
            for receiver in receivers:
                told = [m for m in messages if m.notice.id == one.id and m.receiver == receiver.id]
                event = _due(ws, receiver, told) if _wants(receiver, one) else None
                if event is not None:
                    store.notices.tell(one.id, receiver.id, event, now=now)
        return tuple(
            one
            for one in reversed(store.notices.messages(state=WAITING, limit=None))
            if one.tried_at is None or now - one.tried_at >= _pause(one.tries)
        )


def _within(reach: Reach, work: Callable[[], None]) -> None:
    with only_within(reach):
        work()


async def _send(
    ws: Workspace, receiver: Receiver, secret: Mapping[str, str], said: Written, delivery: str, message: Message | None
) -> None:
    reach = await ws.step(reach_of, ws.store)
    if receiver.kind == "email":
        work = partial(email.send, receiver.settings, secret, said)
        await anyio.to_thread.run_sync(partial(_within, reach, work), abandon_on_cancel=True)
    elif receiver.kind == "chat":
        work = partial(chat.send, secret["address"], said)
        await anyio.to_thread.run_sync(partial(_within, reach, work), abandon_on_cancel=True)
    else:
        event = "test" if message is None else message.event
        body = webhook.body_of(ws.store.tenant, delivery, event, said, message)
        timestamp = str(int(ws.now().timestamp()))
        await webhook.send(receiver.settings["url"], secret["secret"], delivery, timestamp, body, reach=reach)


def _why(error: Exception) -> Reason:
    """Why a message did not arrive: never the text of the error, which may quote an address with its token."""
    if isinstance(error, httpx2.HTTPStatusError):
        return Reason.of("notify.refused", status=error.response.status_code)
    if isinstance(error, smtplib.SMTPResponseException):
        return Reason.of("notify.refused", status=error.smtp_code)
    if isinstance(error, NotReachedError):
        return Reason.of("notify.address_refused", host=error.host)
    if isinstance(error, StoreError):
        return error.reason
    return Reason.of("notify.failed", kind=type(error).__name__)


async def _one(ws: Workspace, receiver: Receiver, message: Message, patience: float) -> None:
    failure: Reason | None = Reason.of("notify.failed", kind="TimeoutError")
    try:
        with anyio.move_on_after(patience):
            secret = await ws.step(ws.store.receivers.secret, receiver.id)
            said = written(message, receiver.language, ws.store.tenant)
            await _send(ws, receiver, secret, said, f"{ws.store.tenant}-{message.id}", message)
            failure = None
    except Exception as error:  # noqa: BLE001 - a receiver must never stop a round
        failure = _why(error)
    state = SENT if failure is None else GIVEN_UP if message.tries + 1 >= TRIES else WAITING
    await ws.step(ws.store.notices.tried, message.id, state, failure, now=ws.now())


async def tell(ws: Workspace, patience: float = PATIENCE) -> None:
    """Bring the notices up to date and send what waits, all at once and within so many seconds."""
    waiting = await ws.step(update_notices, ws)
    if not waiting:
        return
    receivers = {one.id: one for one in await ws.step(ws.store.receivers.list)}
    async with anyio.create_task_group() as group:
        for message in waiting:
            receiver = receivers.get(message.receiver)
            if receiver is None:
                await ws.step(ws.store.notices.tried, message.id, GIVEN_UP, None, now=ws.now())
            elif receiver.is_on:
                group.start_soon(_one, ws, receiver, message, patience)


async def send_test(ws: Workspace, number: int) -> Reason | None:
    """Send a test to one receiver; why it did not arrive, or None. Raises StoreError `store.unknown_receiver`."""
    receiver = await ws.step(ws.store.receivers.get, number)
    secret = await ws.step(ws.store.receivers.secret, receiver.id)
    said = written_test(receiver.language, ws.store.tenant, receiver.name)
    failure: Reason | None = Reason.of("notify.failed", kind="TimeoutError")
    try:
        with anyio.move_on_after(PATIENCE):
            await _send(ws, receiver, secret, said, f"{ws.store.tenant}-test-{int(ws.now().timestamp())}", None)
            failure = None
    except Exception as error:  # noqa: BLE001 - told, whatever it was
        failure = _why(error)
    return failure
