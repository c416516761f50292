"""Jobs shared by workers on a queue in PostgreSQL: one job a tenant, never two of one tenant at a time.

Every minute one of the workers looks which tenants have something due and puts a round for each into the queue; it
leaves alone those whose round is there already, and those of which it is known that nothing can be due. Every few
seconds it asks who wants a collection now, and those go first. A worker shows that it lives; what one left behind is
swept up by the next look. The queue only spares waiting: it is the leases and the journal in the store that keep two
apart, so that a round done twice, or cut off anywhere, is neither lost nor doubled.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

import psycopg
from procrastinate import exceptions
from procrastinate.jobs import DeleteJobCondition, Status
from procrastinate.worker import Worker

from trueup.app.clock import Clock
from trueup.app.jobs.port import EVERY, PATIENCE, Workspaces, log, round_of
from trueup.app.jobs.queue import make_place, queue_on
from trueup.app.schedule import looking
from trueup.app.schedule.night import Round, reason_of
from trueup.store.database import Database

AT_ONCE: Final = 4
"""Rounds at a time in one process. A tenant takes one of these places at most, however slow its PSA is."""

HEARTBEAT: Final = 10.0
"""Seconds between two signs of life of a worker."""

DEAD_AFTER: Final = 30.0
"""Seconds without a sign of life after which a worker's jobs are swept up."""

LOOKS: Final = "* * * * *"
"""When the workers look, as cron writes it."""

FIRST, ASKED, DUE = 20, 10, 0
"""Priorities: the looks themselves, what somebody waits for, what is due."""


class QueuedJobs:
    """See Jobs. `workspace` opens a tenant for the actor `schedule`, on the same clock; `every` so many seconds it is
    asked who wants a collection now. Make it inside of a running event loop."""

    def __init__(
        self,
        database: Database,
        workspace: Workspaces,
        server: str,
        clock: Clock,
        *,
        at_once: int = AT_ONCE,
        dead_after: float = DEAD_AFTER,
        every: int = round(EVERY),
    ) -> None:
        self._database = database
        self._workspace = workspace
        self._server = server
        self._clock = clock
        self._at_once = at_once
        self._dead_after = dead_after
        self._every = every
        self._done: dict[str, Round] | None = None
        self._worker: Worker | None = None
        self._stopped = asyncio.Event()
        self._queue = queue_on(server, at_once + 2)
        self._queue.task(name="round")(self.round)
        for name, work, cron in (("look", self.look, LOOKS), ("ask", self.ask, f"* * * * * */{every}")):
            task = self._queue.task(name=name, queueing_lock=name, priority=FIRST)(work)
            self._queue.periodic(cron=cron)(task)

    async def once(self) -> dict[str, Round]:
        """See Jobs. What other workers take meanwhile is not among it."""
        done = self._done = {}
        await asyncio.to_thread(make_place, self._server)
        async with self._queue.open_async():
            await self.look(0)
            await self._work(wait=False)
        self._done = None
        return done

    async def run(self) -> None:
        """See Jobs. Where the database goes away it waits for it."""
        await asyncio.to_thread(make_place, self._server)
        while not self._stopped.is_set():
            try:
                async with self._queue.open_async():
                    with suppress(exceptions.AlreadyEnqueued):
                        await self._queue.configure_task("look", queueing_lock="look", priority=FIRST).defer_async(
                            timestamp=0
                        )
                    await self._work(wait=True)
            except (exceptions.ConnectorException, psycopg.Error) as error:
                log.error("the queue is away: %s", type(error).__name__)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), self._every)

    def stop(self) -> None:
        """See Jobs."""
        self._stopped.set()
        if self._worker is not None:
            self._worker.stop()  # type: ignore[no-untyped-call]

    async def _work(self, *, wait: bool) -> None:
        if self._stopped.is_set():
            return
        self._worker = Worker(
            self._queue,
            concurrency=self._at_once,
            wait=wait,
            fetch_job_polling_interval=self._every,
            shutdown_graceful_timeout=PATIENCE,
            delete_jobs=DeleteJobCondition.ALWAYS,
            install_signal_handlers=False,
            update_heartbeat_interval=min(HEARTBEAT, self._dead_after / 3),
            stalled_worker_timeout=self._dead_after,
        )
        await self._worker.run()  # type: ignore[no-untyped-call]

    async def round(self, tenant: str) -> None:
        """The job: one tenant's round."""
        done = await round_of(self._workspace, tenant)
        if self._done is not None and (done.did_something or tenant not in self._done):
            self._done[tenant] = done  # a second round that found nothing left hides no first one

    async def look(self, timestamp: int) -> None:
        """The job: sweep up after workers that died, and queue a round of each tenant that has something due. Those
        that have one already are not looked at: of a long queue each would be again every minute."""
        del timestamp
        await self._sweep()
        may_be_due = await asyncio.to_thread(self._database.may_be_due, self._clock.now())
        queued = await self._tenants_with_a_round()
        for tenant in may_be_due:
            if tenant not in queued and await asyncio.to_thread(self._is_due, tenant):
                await self._put(tenant, DUE)

    async def ask(self, timestamp: int) -> None:
        """The job: queue a round of each tenant in which somebody waits for a collection, before all others."""
        del timestamp
        for tenant in await asyncio.to_thread(self._database.asked_tenants):
            if await asyncio.to_thread(self._is_due, tenant):
                await self._put(tenant, ASKED)

    async def _tenants_with_a_round(self) -> set[str | None]:
        """Tenants of which a round waits or is being made; one that ended otherwise, and was left behind, is none."""
        rounds = await self._queue.job_manager.list_jobs_async(task="round")
        return {job.lock for job in rounds if job.status in (Status.TODO.value, Status.DOING.value)}

    def _is_due(self, tenant: str) -> bool:
        try:
            return looking.look(self._workspace(tenant))
        except Exception as error:  # noqa: BLE001 - a tenant that cannot be read hides no other
            log.error("%s could not be looked at: %s", tenant, reason_of(error).code)
            return False

    async def _put(self, tenant: str, priority: int) -> None:
        """Queue a round, once for each priority; whoever waits for the tenant's lock takes no place of others."""
        job = self._queue.configure_task(
            "round",
            lock=tenant,
            queueing_lock=f"{priority}:{tenant}",
            priority=priority,
            task_kwargs={"tenant": tenant},
        )
        with suppress(exceptions.AlreadyEnqueued):
            await job.defer_async()

    async def _sweep(self) -> None:
        """Take the jobs of dead workers out; whatever they had not done is due again."""
        queue = self._queue.job_manager
        for job in await queue.get_stalled_jobs(seconds_since_heartbeat=self._dead_after):
            with suppress(exceptions.ConnectorException):  # another sweep was faster
                await queue.finish_job(job, Status.FAILED, delete_job=True)
        await queue.prune_stalled_workers(self._dead_after)
