"""Whether the record of who did what is whole: every entry there, and what it was when it was written."""

from __future__ import annotations

from trueup.app.errors import failed
from trueup.app.people.installation import Installation
from trueup.app.workspace import Workspace
from trueup.store.audit import ChainLooked


async def verified(ws: Workspace, noted: str | None = None) -> ChainLooked:
    """The chain, looked through from its beginning. `noted` is a head that was noted earlier and must be part of it:
    only so is found out that the newest entries were taken away, or that all were written anew.

    Raises UseCaseError `history.chain_broken`, `history.head_unknown`.
    """
    return _whole(await ws.step(ws.store.audit.look_through, noted), noted)


async def installation_verified(house: Installation, noted: str | None = None) -> ChainLooked:
    """The same for the trail of the installation itself."""
    return _whole(await house.step(house.people.trail.look_through, noted), noted)


def _whole(found: ChainLooked, noted: str | None) -> ChainLooked:
    if found.broken is not None:
        raise failed("history.chain_broken", entry=found.broken)
    if found.noted is False:
        raise failed("history.head_unknown", head=noted)
    return found
