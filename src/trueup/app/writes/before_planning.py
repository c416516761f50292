"""What an earlier run left unclear is cleared up before a plan is made, changes of lines and new entries alike."""

from __future__ import annotations

from datetime import date, timedelta

from trueup.app.workspace import Workspace
from trueup.app.writes.leasing import kept, take_lease
from trueup.app.writes.settling import is_entry, look_again
from trueup.app.writes.settling_entries import settle_entry
from trueup.psa.port import Psa


async def settle_before_planning(ws: Workspace, psa: Psa, days: tuple[date, date], longest: timedelta) -> None:
    """Clear up what an earlier run left unclear, so that nothing waits for a run that has nothing else to send.

    While another run is at work this is left to it. Raises PsaReadError.
    """
    if not await ws.step(ws.store.journal.open_intents):
        return
    lease = await ws.step(take_lease, ws)
    if lease is None:
        return
    async with kept(ws, lease):
        opened = await ws.step(ws.store.journal.open_intents)
        for intent in opened:
            if is_entry(intent):
                await settle_entry(ws, psa, lease, intent, longest)
        await look_again(ws, psa, lease, (one for one in opened if not is_entry(one)), days, longest)
