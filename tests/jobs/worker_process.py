"""A worker of its own process on the queue, for tests that kill it: no clean-up, no goodbye.

`main(STORE, KEY_FILE, NOW, [NUMBER])`

With NUMBER it kills itself at the NUMBERth commit of the store. It prints a line once it works, and ends on SIGTERM.
"""

from __future__ import annotations

import asyncio
import os
import signal
from datetime import datetime

import sqlalchemy as sa

from trueup.app.clock import RunningClock
from trueup.app.connections.connecting import Accounts
from trueup.app.jobs.port import ACTOR
from trueup.app.jobs.queued import QueuedJobs
from trueup.app.jobs.stopping import until_told
from trueup.app.workspace import Workspace
from trueup.modules.limits import Pace
from trueup.store.database import Database
from trueup.store.secrets import Key

DEAD_AFTER = 1.5
"""Seconds without a sign of life after which a worker counts as dead."""


def die_at(number: int) -> None:
    commits = 0

    def counted(_connection: sa.Connection) -> None:
        nonlocal commits
        commits += 1
        if commits == number:
            os.kill(os.getpid(), signal.SIGKILL)

    sa.event.listen(sa.Engine, "commit", counted)


def main(store: str, key_file: str, now: str, number: str = "0") -> None:
    clock, accounts = RunningClock(datetime.fromisoformat(now)), Accounts(pace=Pace(scale=0))
    with Database.open(store, Key.read(key_file)) as database:
        die_at(int(number))
        server = database.server
        assert server is not None

        async def work() -> None:
            jobs = QueuedJobs(
                database, lambda tenant: Workspace(database.tenant(tenant), clock, ACTOR, accounts), server, clock,
                dead_after=DEAD_AFTER, every=1,
            )  # fmt: skip
            working = asyncio.create_task(until_told(jobs))
            await asyncio.sleep(0)
            print("works", flush=True)  # from here on it ends in good order when it is told to
            await working

        asyncio.run(work())
