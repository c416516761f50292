"""Muting unbilled usage that is right as it is, with a reason and an end."""

from __future__ import annotations

from datetime import date

from trueup.app.errors import Exit, UseCaseError, failed
from trueup.app.unbilled.finding import UnbilledRow, unbilled
from trueup.app.workspace import Workspace
from trueup.core.reason import Reason
from trueup.core.unbilled.muting import Mute


def _save(ws: Workspace, row: UnbilledRow, mute: Mute) -> None:
    with ws.store.writing():
        ws.store.mutes.save(mute, now=ws.now())
        detail = Reason.of(
            "audit.unbilled_muted",
            key=mute.key,
            customer=row.customer,
            metric=row.found.metric,
            quantity=mute.quantity,
            until=mute.until,
            reason=mute.reason,
        )
        ws.store.audit.add(ws.actor, "unbilled.muted", detail, now=ws.now())


async def mute(ws: Workspace, key: str, reason: str, until: date | None = None) -> UnbilledRow:
    """Let a row be silent until a day, as long as it does not grow. Raises UseCaseError `unbilled.reason_needed` (exit
    2), `unbilled.past_day` (exit 2), `unbilled.unknown_row`."""
    if not reason.strip():
        raise UseCaseError(Reason.of("unbilled.reason_needed"), Exit.USAGE)
    report = await unbilled(ws)
    if until is not None and until < report.as_of:
        raise UseCaseError(Reason.of("unbilled.past_day", day=until, today=report.as_of), Exit.USAGE)
    for row in (*report.rows, *report.muted):
        if row.found.key == key:
            await ws.step(_save, ws, row, Mute(key, row.found.quantity, reason.strip(), ws.actor, until))
            return row
    raise failed("unbilled.unknown_row", key=key)


def _end(ws: Workspace, key: str) -> None:
    with ws.store.writing():
        if not ws.store.mutes.end(key, ws.actor, now=ws.now()):
            raise failed("unbilled.not_muted", key=key)
        ws.store.audit.add(ws.actor, "unbilled.unmuted", Reason.of("audit.unbilled_unmuted", key=key), now=ws.now())


async def unmute(ws: Workspace, key: str) -> None:
    """Let a row speak again. Raises UseCaseError `unbilled.not_muted`."""
    await ws.step(_end, ws, key)
