"""Forget personal data on request: names of users and hosts, e-mail addresses. Counts, units and digests stay."""

from __future__ import annotations

from typing import Final

from trueup.app.errors import Exit, UseCaseError, failed
from trueup.app.workspace import Workspace
from trueup.core.reason import Reason
from trueup.store.forgetting import Forgotten

_SHORTEST: Final = 3
"""Characters of the shortest name that is looked for."""


def _forget(ws: Workspace, text: str) -> Forgotten:
    wanted = text.strip()
    if len(wanted) < _SHORTEST:
        raise UseCaseError(Reason.of("history.too_short", shortest=_SHORTEST), Exit.USAGE)
    with ws.store.writing():
        there = ws.store.forgetting.still_there(wanted)
        if there:
            raise failed("history.still_listed", items=", ".join(there[:3]), count=len(there))
        done = ws.store.forgetting.forget(wanted)
        if not (done.items or done.evidence):
            raise failed("history.nothing_to_forget")
        detail = Reason.of("audit.forgotten", pseudonym=done.pseudonym, items=done.items, evidence=done.evidence)
        ws.store.audit.add(ws.actor, "history.forgotten", detail, now=ws.now(), rewritten=done.entries)
    ws.store.forgetting.leave_no_trace()
    return done


async def forget(ws: Workspace, text: str) -> Forgotten:
    """Put a pseudonym in the place of a name, key or address, everywhere it is on record.

    Raises UseCaseError `history.still_listed` while a module lists it, `history.nothing_to_forget`,
    `history.too_short`.
    """
    return await ws.step(_forget, ws, text)
