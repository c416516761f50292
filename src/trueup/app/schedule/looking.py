"""A worker's look at a tenant: whether anything is due, and if nothing is, when to look again at the latest.

That moment is thrown away by the store with any change of what a look reads, so that only time is left to bring
something up: the next attempt of a connection, the tenant's midnight (another night), its day close (the night is
planned with what there is), and the end of the wait after a plan that failed.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from trueup.app.schedule.night import is_due, left_alone_until
from trueup.app.schedule.timetable import next_of, schedule_of, usage_days
from trueup.app.workspace import Workspace
from trueup.app.writes.leasing import PSA_LEASE

LONGEST: Final = timedelta(hours=6)
"""A tenant is looked at this often at least, whatever was worked out: a new version may find something due that the
old one did not."""

_DAY = timedelta(days=1)


def look(ws: Workspace) -> bool:
    """Whether a round would find anything to do now. Where not, it is noted until when that holds."""
    if is_due(ws):
        return True
    with ws.store.writing():  # nobody changes anything between what is found here and what is noted
        if is_due(ws):
            return True
        moment = quiet_until(ws)
        if moment is not None:
            ws.store.looks.note(moment, now=ws.now())
    return False


def quiet_until(ws: Workspace) -> datetime | None:
    """Until when nothing becomes due of itself where nothing is now; None where that cannot be told, because somebody
    holds the PSA. Inside one moment of the database."""
    store, now = ws.store, ws.now()
    settings = store.settings.get()
    if settings.suspended:
        return now + LONGEST
    if store.leases.holder(PSA_LEASE, now) is not None:
        return None
    days, zone = usage_days(settings), ZoneInfo(settings.time_zone)
    today = now.astimezone(zone).date()
    moments = [now + LONGEST, datetime.combine(today + _DAY, time(0), zone), days.window(today - _DAY)[1]]
    moments += [one for one in (left_alone_until(store, now),) if one is not None]
    stored = store.schedules.list()
    for connection in store.connections.list("module"):
        following = next_of(ws, connection, settings, schedule_of(connection, settings, stored))
        if following is not None:
            moments.append(following.at)
    return min(moment for moment in moments if moment > now)
