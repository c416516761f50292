"""Notices of a tenant: what is the matter since when, and which message went to whom. Nothing is ever taken away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from trueup.core.reason import Reason
from trueup.store.binding import Binding
from trueup.store.codec import decode, encode
from trueup.store.tables.notices import notice, notice_message

Event = Literal["opened", "closed", "reminder"]
WAITING = "waiting"
SENT = "sent"
GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that is or was the matter. `kind` and `subject` name it: no two open ones have the same."""

    id: int
    kind: str
    subject: str
    reason: Reason
    opened_at: datetime
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One message about a notice to one receiver. `failure` is why the last try did not arrive."""

    id: int
    notice: Notice
    receiver: int
    event: Event
    state: str
    tries: int
    made_at: datetime
    tried_at: datetime | None = None
    failure: Reason | None = None


class Notices:
    """A tenant's notices and the messages about them."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def open(self, kind: str, subject: str, reason: Reason, *, now: datetime) -> int:
        """Write a new one down; gives its number."""
        with self._binding.writing() as connection:
            number = self._binding.next_number(connection, "notice")
            row = {"id": number, "kind": kind, "subject": subject, "reason": encode(reason), "opened_at": now}
            connection.execute(sa.insert(notice).values(tenant=self._binding.tenant, **row))
        return number

    def close(self, number: int, *, now: datetime) -> None:
        """It is over."""
        with self._binding.writing() as connection:
            mine = (notice.c.tenant == self._binding.tenant, notice.c.id == number)
            connection.execute(sa.update(notice).where(*mine).values(closed_at=now))

    def list(
        self, *, only_open: bool = False, before: int | None = None, limit: int | None = 200
    ) -> tuple[Notice, ...]:
        """Notices, newest first; `before` begins behind the one of that number, `limit` None gives all."""
        query = sa.select(notice).where(notice.c.tenant == self._binding.tenant)
        if only_open:
            query = query.where(notice.c.closed_at.is_(None))
        if before is not None:
            query = query.where(notice.c.id < before)
        with self._binding.reading() as connection:
            rows = connection.execute(query.order_by(notice.c.id.desc()).limit(limit)).all()
        return tuple(_notice(row) for row in rows)

    def tell(self, number: int, receiver: int, event: Event, *, now: datetime) -> None:
        """A message is to go out."""
        with self._binding.writing() as connection:
            place = self._binding.next_number(connection, "notice_message")
            row = {"id": place, "notice": number, "receiver": receiver, "event": event, "state": WAITING}
            connection.execute(
                sa.insert(notice_message).values(tenant=self._binding.tenant, tries=0, made_at=now, **row)
            )

    def tried(self, message: int, state: str, failure: Reason | None, *, now: datetime) -> None:
        """What became of a try."""
        with self._binding.writing() as connection:
            mine = (notice_message.c.tenant == self._binding.tenant, notice_message.c.id == message)
            text = None if failure is None else encode(failure)
            values = {"state": state, "tries": notice_message.c.tries + 1, "tried_at": now, "failure": text}
            connection.execute(sa.update(notice_message).where(*mine).values(**values))

    def messages(
        self, *, state: str | None = None, before: int | None = None, limit: int | None = 500
    ) -> tuple[Message, ...]:
        """Messages with their notices, newest first; `before` begins behind the message of that number, `limit` None
        gives all."""
        wanted = [] if state is None else [notice_message.c.state == state]
        if before is not None:
            wanted.append(notice_message.c.id < before)
        return self._messages(*wanted, limit=limit)

    def messages_of_open(self) -> tuple[Message, ...]:
        """Every message about a notice that is open, newest first."""
        return self._messages(notice.c.closed_at.is_(None), limit=None)

    def _messages(self, *wanted: sa.ColumnElement[bool], limit: int | None) -> tuple[Message, ...]:
        query = (
            sa.select(notice_message, notice)
            .join(notice, (notice.c.tenant == notice_message.c.tenant) & (notice.c.id == notice_message.c.notice))
            .where(notice_message.c.tenant == self._binding.tenant, *wanted)
            .order_by(notice_message.c.id.desc())
            .limit(limit)
            .set_label_style(sa.LABEL_STYLE_TABLENAME_PLUS_COL)
        )
        with self._binding.reading() as connection:
            rows = connection.execute(query).all()
        return tuple(
            Message(
                row.notice_message_id,
                Notice(
                    row.notice_id,
                    row.notice_kind,
                    row.notice_subject,
                    decode(row.notice_reason, Reason),
                    row.notice_opened_at,
                    row.notice_closed_at,
                ),
                row.notice_message_receiver,
                row.notice_message_event,
                row.notice_message_state,
                row.notice_message_tries,
                row.notice_message_made_at,
                row.notice_message_tried_at,
                None if row.notice_message_failure is None else decode(row.notice_message_failure, Reason),
            )
            for row in rows
        )


def _notice(row: sa.Row[tuple[object, ...]]) -> Notice:
    return Notice(row.id, row.kind, row.subject, decode(row.reason, Reason), row.opened_at, row.closed_at)
