"""What a process of a run with two workers does: it is one of them, and dies, stops or is cut off where it was told to.

The jobs, the queue and the rounds are the product's; the clock, the waits and the moment of death are the harness's.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from pathlib import Path

import httpx2
from tests.chaos.clock import SharedClock
from tests.chaos.stand import SENDER
from tests.chaos.work import HurriedAccounts, Job, Striker, session_of

from trueup.app.jobs import queued
from trueup.app.jobs.port import ACTOR
from trueup.app.jobs.stopping import until_told
from trueup.app.workspace import Workspace
from trueup.store.database import Database
from trueup.store.errors import StoreError
from trueup.store.secrets import Key

DEAD_AFTER = 2.0
"""Real seconds without a sign of life after which a worker's jobs are swept up; the product waits for thirty."""

AGAIN = 0.3
"""Real seconds until a worker whose database went away asks for it again; the product waits for five."""


def serve(job: Job) -> int:
    """Be a worker until SIGTERM; the exit code, 1 where the database goes away before it is open. It makes the file of
    its result once it can be told to stop."""
    logging.disable(logging.CRITICAL)  # what a cut connection brings down is told by the judge
    signal.alarm(240)  # a process that hangs is a failure of the run, not of the night
    os.environ["PGAPPNAME"] = session_of(os.getpid())
    queued.EVERY = AGAIN  # type: ignore[misc]
    _sign()
    Striker(job.strike, job.store)
    clock, accounts = SharedClock(Path(job.clock)), HurriedAccounts(job.write_seconds)
    try:
        opened = Database.open(job.store, Key.read(job.key_file))
    except StoreError as error:
        return 1 if error.reason.code == "store.unreachable" else 70
    with opened as database:
        server = database.server
        assert server is not None

        async def work() -> None:
            jobs = queued.QueuedJobs(
                database,
                lambda tenant: Workspace(database.tenant(tenant), clock, ACTOR, accounts),
                server,
                clock,
                at_once=2,
                dead_after=DEAD_AFTER,
            )
            working = asyncio.create_task(until_told(jobs))
            await asyncio.sleep(0)
            os.close(os.open(job.result, os.O_CREAT))
            await working

        asyncio.run(work())
    return 0


def _sign() -> None:
    """Have each call of this process say which process it is."""
    original = httpx2.AsyncHTTPTransport.handle_async_request

    async def signed(transport: httpx2.AsyncHTTPTransport, request: httpx2.Request) -> httpx2.Response:
        request.headers[SENDER.decode()] = str(os.getpid())
        return await original(transport, request)

    httpx2.AsyncHTTPTransport.handle_async_request = signed  # type: ignore[method-assign]
