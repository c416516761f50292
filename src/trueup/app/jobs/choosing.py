"""Which form of the jobs a store calls for."""

from __future__ import annotations

from trueup.app.clock import Clock, SystemClock
from trueup.app.connections.connecting import Accounts
from trueup.app.jobs.embedded import jobs_on
from trueup.app.jobs.port import ACTOR, Jobs
from trueup.app.workspace import workspaces_of
from trueup.store.database import Database
from trueup.store.errors import StoreError


def jobs_for(
    database: Database, clock: Clock | None = None, accounts: Accounts | None = None, at_once: int | None = None
) -> Jobs:
    """Workers on a queue where the store is on PostgreSQL, with so many rounds at a time in this process; else jobs
    inside of it, one tenant after the other. Make it inside of a running event loop.

    Raises StoreError `store.driver_missing` where the queue is not installed.
    """
    if database.server is None:
        return jobs_on(database, clock, accounts)
    try:
        from trueup.app.jobs.queued import AT_ONCE, QueuedJobs  # noqa: PLC0415 - an extra, which a file does without
    except ModuleNotFoundError as error:
        raise StoreError("store.driver_missing", driver=error.name or "procrastinate") from None
    when = clock or SystemClock()
    return QueuedJobs(
        database,
        workspaces_of(database, when, accounts, ACTOR),
        database.server,
        when,
        at_once=at_once or AT_ONCE,
    )
