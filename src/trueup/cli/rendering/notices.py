"""Receivers and notices on the terminal and as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from rich.console import Console

from trueup.cli.rendering.plain import Plain, reason_plain
from trueup.cli.rendering.tables import paragraph
from trueup.core.settings import TenantSettings
from trueup.messages.sentences import Sentences
from trueup.store.notices import Message, Notice
from trueup.store.receivers import Receiver


def write_notices(
    console: Console,
    receivers: Iterable[Receiver],
    notices: Iterable[Notice],
    said: Sentences,
    settings: TenantSettings,
) -> None:
    """Who is told, then what is open."""
    there = tuple(receivers)
    if not there:
        paragraph(console, said.text("cli.notify.none"))
    for one in there:
        shown = {"receiver": one.name, "kind": one.kind, "language": one.language}
        off = None if one.is_on else said.text("cli.notify.switched_off")
        paragraph(console, said.text("cli.notify.receiver", **shown, only=", ".join(one.only) or None, off=off))
    for notice in notices:
        if notice.closed_at is None:
            since = said.moment(notice.opened_at.astimezone(ZoneInfo(settings.time_zone)))
            paragraph(console, said.text("cli.notify.open", since=since, what=said.say(notice.reason)))


def notices_document(
    receivers: Iterable[Receiver], notices: Iterable[Notice], messages: Iterable[Message], said: Sentences
) -> dict[str, Plain]:
    """The same as JSON, with the history and what became of each message."""
    return {
        "receivers": [
            {
                "name": one.name,
                "kind": one.kind,
                "settings": dict(one.settings),
                "language": one.language,
                "only": list(one.only),
                "remind_days": one.remind_days,
                "is_on": one.is_on,
            }
            for one in receivers
        ],
        "notices": [
            {
                "id": one.id,
                "kind": one.kind,
                "subject": one.subject,
                "reason": reason_plain(one.reason, said),
                "opened_at": one.opened_at.isoformat(),
                "closed_at": one.closed_at.isoformat() if one.closed_at is not None else None,
            }
            for one in notices
        ],
        "messages": [
            {
                "id": one.id,
                "notice": one.notice.id,
                "receiver": one.receiver,
                "event": one.event,
                "state": one.state,
                "tries": one.tries,
                "failure": reason_plain(one.failure, said) if one.failure is not None else None,
            }
            for one in messages
        ],
    }
