"""The jobs port: whoever does the work that is due. One process does it by itself (`EmbeddedJobs`); workers on a queue
in PostgreSQL share it among them (`QueuedJobs`), one job a tenant. Leases in the store keep two of them apart, so that
the port promises nothing about who else is running."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final, Protocol

from trueup.app.schedule.night import Round, night_round, reason_of
from trueup.app.tracing import traced
from trueup.app.workspace import Workspace

ACTOR: Final = "schedule"
"""Who is written down as the one who did it."""

EVERY: Final = 5.0
"""Seconds between two looks at what somebody asked for."""

PATIENCE: Final = 10.0
"""Seconds that a round gets to end by itself when the process stops; afterwards it is cut off, and the journal and the
leases say where it was."""

Workspaces = Callable[[str], Workspace]
"""The workspace of a tenant by its id."""

log = logging.getLogger("trueup.jobs")


class Jobs(Protocol):
    """Does what is due, tenant by tenant."""

    async def once(self) -> dict[str, Round]:
        """Do what is due now in every tenant, and come back; by tenant what was done here."""

    async def run(self) -> None:
        """Do it again and again until it is told to stop (or cancelled)."""

    def stop(self) -> None:
        """Come to an end after the rounds that are being made."""


async def round_of(workspace: Workspaces, tenant: str) -> Round:
    """One tenant's round, whatever happens: its trouble is no other's."""
    try:
        with traced("round", tenant=tenant):
            ws = await asyncio.to_thread(workspace, tenant)
            done = await night_round(ws)
            if done.trouble:
                await ws.step(ws.store.settings.get)  # a tenant that was deleted meanwhile is what is to be said
            return done
    except Exception as error:  # noqa: BLE001 - the next tenant, and the next look, must come
        reason = reason_of(error)
        log.error("the round of %s failed: %s", tenant, reason.code, extra={"tenant": tenant, "code": reason.code})
        return Round(trouble=[("round", reason)])
