"""What a process of a run does: apply or plan on its own store, and die or stop where it was told to.

It is the product's own code from end to end; only the clock, the waits between tries of a read, and the moment of
death come from the harness.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import httpx2
import psycopg
import sqlalchemy as sa
from tests.chaos.clock import SharedClock

from trueup.app.connections.connecting import Accounts
from trueup.app.errors import UseCaseError
from trueup.app.plans.approving import approve
from trueup.app.plans.planning import make_plan
from trueup.app.schedule.night import night_round
from trueup.app.workspace import Workspace, open_workspace
from trueup.app.writes.applying import apply
from trueup.modules.limits import Pace
from trueup.psa.autotask.adapter import AutotaskPsa
from trueup.psa.autotask.settings import AutotaskCredentials, AutotaskSettings
from trueup.psa.port import Psa, PsaReadError
from trueup.store.errors import StoreError
from trueup.store.secrets import Key
from trueup.trust import Reach


@dataclass(frozen=True)
class Strike:
    """What the process does to itself. `at`: `before` or `after` the commit of that number (each step of the journal
    is one commit), `transport`: when its adjustment of that number is about to be given to the network, or `answered`:
    when the answer to its call of that number, reads included, has just come."""

    act: str
    """`kill`, `stop`, or `cut`: the server closes all connections of the process."""
    at: str
    number: int
    token: str = ""
    """A file that only one process can make: of several with the same strike it befalls the first that comes to it."""


@dataclass(frozen=True)
class Job:
    """One process: `apply` a plan, make a `plan`, `replan` (plan anew and approve it all), do a `night`, or be
    a `worker`."""

    kind: str
    store: str
    key_file: str
    clock: str
    result: str
    plan: str = ""
    day: date = date.min
    write_seconds: float = 20.0
    strike: Strike | None = None
    tells_modules: bool = False


class Striker:
    """Counts commits and adjustments, and strikes at one of them."""

    def __init__(self, strike: Strike | None, store: str = "") -> None:
        self.commits = 0
        self._store = store
        self._sends = self._answers = 0
        self._strike = strike
        self._committed = False
        for place, name, at in self._listening():
            sa.event.listen(place, name, at)
        if strike is not None and strike.at in {"transport", "answered"}:
            self._watch_transport()

    def _listening(self) -> tuple[tuple[type, str, Callable[..., None]], ...]:
        return (sa.Engine, "commit", self._before), (sa.pool.Pool, "checkin", self._after)

    def close(self) -> None:
        """Count no more: the process goes on to do another job."""
        for place, name, at in self._listening():
            sa.event.remove(place, name, at)

    def _before(self, _connection: sa.Connection) -> None:
        self.commits += 1
        self._committed = True
        self._at("before", self.commits)

    def _after(self, _connection: object, _record: object) -> None:
        if self._committed:
            self._committed = False
            self._at("after", self.commits)

    def _at(self, place: str, number: int) -> None:
        strike = self._strike
        if strike is None or (strike.at, strike.number) != (place, number) or not _first(strike.token):
            return
        if strike.act == "cut":
            cut(self._store, os.getpid())
        else:
            os.kill(os.getpid(), signal.SIGKILL if strike.act == "kill" else signal.SIGSTOP)

    def _watch_transport(self) -> None:
        """The last place before the HTTP library takes over: all that Trueup does before a call is behind it."""
        original = httpx2.AsyncHTTPTransport.handle_async_request

        async def watched(transport: httpx2.AsyncHTTPTransport, request: httpx2.Request) -> httpx2.Response:
            if request.method == "POST" and request.url.path.endswith("Adjustments"):
                self._sends += 1
                self._at("transport", self._sends)
            response = await original(transport, request)
            self._answers += 1
            self._at("answered", self._answers)
            return response

        httpx2.AsyncHTTPTransport.handle_async_request = watched  # type: ignore[method-assign]


def _first(token: str) -> bool:
    if not token:
        return True
    try:
        os.close(os.open(token, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    return True


def session_of(pid: int) -> str:
    """What the connections of a process are called at the server."""
    return f"chaos-{pid}"


def cut(store: str, pid: int) -> None:
    """Have the server close every connection of a process."""
    with psycopg.connect(store, autocommit=True, application_name="chaos") as operator:
        asked = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s"
        operator.execute(asked, (session_of(pid),))


class HurriedAccounts(Accounts):
    """Accounts whose reads are tried again at once."""

    def __init__(self, write_seconds: float) -> None:
        super().__init__(Pace(scale=0))
        self._write_seconds = write_seconds

    def psa_from(self, kind: str, settings: Mapping[str, str], secret: Mapping[str, str], reach: Reach) -> Psa:
        assert kind == "autotask"
        chosen = AutotaskSettings(
            zone_lookup_url=settings["zone_lookup_url"],
            adjustment_gap_seconds=0,
            write_seconds=self._write_seconds,
            attempts=2,
            retry_seconds=0,
            thread_wait_seconds=0,
            rate_wait_seconds=0,
        )
        return AutotaskPsa(AutotaskCredentials(**secret), chosen, reach=reach)


async def _work(ws: Workspace, job: Job) -> dict[str, object]:
    if job.kind == "apply":
        done = await apply(ws, job.plan)
        return {
            "lines": [[line.line_id, line.state, line.reason and line.reason.code] for line in done.lines],
            "settled": [[line.line_id, line.state, line.reason and line.reason.code] for line in done.settled],
        }
    if job.kind == "night":
        return {"trouble": [reason.code for _, reason in (await night_round(ws)).trouble]}
    plan = await make_plan(ws, job.day)
    if job.kind == "replan":
        try:
            await approve(ws, plan.id, checksum=plan.checksum)
        except UseCaseError as error:
            if error.reason.code != "plan.nothing_to_approve":
                raise
    return {
        "plan": plan.id,
        "outcomes": [
            [
                outcome.line_id,
                outcome.status.value,
                [[adjustment.day.isoformat(), adjustment.change] for adjustment in outcome.adjustments],
                [reason.code for reason in outcome.reasons],
            ]
            for outcome in plan.outcomes
        ],
    }


def work(job: Job) -> int:
    """Do a job and write down what came of it; the exit code. 0: done, 1: ended with a reason of its own."""
    signal.alarm(90)  # a process that hangs is a failure of the run, not of the night
    striker = Striker(job.strike)
    clock = SharedClock(Path(job.clock))
    told: dict[str, object]
    code = 0
    try:
        key, accounts = Key.read(job.key_file), HurriedAccounts(job.write_seconds)
        with open_workspace(job.store, key, clock=clock, actor="chaos", accounts=accounts) as ws:
            told = asyncio.run(_work(ws, job))
    except (UseCaseError, StoreError) as error:
        told, code = {"error": error.reason.code}, 1
    except PsaReadError as error:
        told, code = {"error": error.failure.reason.code}, 1
    finally:
        striker.close()
    told["commits"] = striker.commits
    if job.tells_modules:
        told["modules"] = sorted(sys.modules)
    Path(job.result).write_text(json.dumps(told), encoding="utf-8")
    return code
