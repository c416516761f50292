"""The PSA's simulator on a real port, with the harness between it and the process: it sees every adjustment first.

At each of them it opens the run's store itself and asks whether the intent is committed as `sent`, under the epoch
that the lease has now, and not too long ago. It can hold a call back, lose it, or strike the process that sent it.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from tests.chaos.books import ask
from tests.chaos.clock import SharedClock

from trueup_simulators.autotask import Scenario
from trueup_simulators.autotask.app import create_app
from trueup_simulators.autotask.seeding import seed
from trueup_simulators.autotask.state import State
from trueup_simulators.serving import free_socket, start_in_thread

SENDER = b"x-chaos-process"
"""The header in which one of several processes says which it is."""

LATEST_SEND = timedelta(seconds=31)
"""A claimed write that arrives later than this has slept in between; so has one that was claimed in a time to come."""


@dataclass
class PostAct:
    """What the harness does when the adjustment of that number of a run arrives.

    `strike`: `kill` or `stop` the process that sent it. `fate`: `pass` it on, `lose` it, or `hold` it until `release`.
    `edit`: a person changes the same line on the same day by so much, just before.
    """

    number: int
    strike: str = ""
    fate: str = "pass"
    edit: int = 0


@dataclass
class Watch:
    """One run as the stand sees it."""

    store: str | Path
    clock: SharedClock
    own_clock: bool = False
    """One of the processes has the machine's clock, and not the one that the harness moves."""
    leap: tuple[float, float] = (0.0, 0.0)
    """When the harness last moved the clock under a process that goes on (monotonic), and by how many seconds."""
    acts: dict[int, PostAct] = field(default_factory=dict)
    victim: int = 0
    posts: int = 0
    held: int = 0
    unjournalled: list[str] = field(default_factory=list)
    struck: list[str] = field(default_factory=list)
    opened: asyncio.Event = field(default_factory=asyncio.Event)


class Stand:
    """One simulator for all runs of a worker, with a new database for each."""

    def __init__(self) -> None:
        self.state: State | None = None
        self._app: ASGIApp | None = None
        self._watch: Watch | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._busy = 0
        self._idle = threading.Condition()
        self._running = start_in_thread(self, free_socket(), {})
        self.url = self._running.url

    def begin(self, content: dict[str, object], watch: Watch | None = None) -> State:
        """A new database, and what to do in this run."""
        state = seed(Scenario(content))  # type: ignore[arg-type]
        self.state, self._app, self._watch = state, create_app(state), watch
        return state

    def release(self) -> None:
        """Let through what is held back, and wait until it has been carried out."""
        watch = self._watch
        if watch is not None and watch.held and self._loop is not None:
            self._loop.call_soon_threadsafe(watch.opened.set)
            self.settle()

    def settle(self) -> None:
        """Wait until nothing is being answered any more."""
        self._wait_for(lambda: self._busy == 0)

    def quiet(self) -> None:
        """Wait until each call that has arrived is either over or held back."""
        watch = self._watch
        self._wait_for(lambda: self._busy == (watch.held if watch is not None else 0))

    def _wait_for(self, reached: Callable[[], bool]) -> None:
        with self._idle:
            if not self._idle.wait_for(reached, timeout=60):
                raise AssertionError("a call to the simulator does not end")

    def close(self) -> None:
        self._running.stop()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._app is None:
            return
        self._loop = asyncio.get_running_loop()
        app, watch = self._app, self._watch
        counted = scope["method"] == "POST" and scope["path"].endswith("Adjustments")
        if watch is None or not counted:
            await app(scope, receive, send)
            return
        with self._idle:
            self._busy += 1
        try:
            await self._adjustment(app, watch, scope, receive, send)
        finally:
            with self._idle:
                self._busy -= 1
                self._idle.notify_all()

    def _hold(self, watch: Watch, more: int) -> None:
        with self._idle:
            watch.held += more
            self._idle.notify_all()

    async def _adjustment(self, app: ASGIApp, watch: Watch, scope: Scope, receive: Receive, send: Send) -> None:
        body = await _whole(receive)
        if body is None:
            return  # it broke off: the PSA never had it
        watch.posts += 1
        wanted = json.loads(body)
        watch.unjournalled += journal_says(watch, wanted)
        act = watch.acts.pop(watch.posts, None)
        if act is None:
            await app(scope, _again(body, receive), send)
            return
        watch.struck.append(f"post {act.strike or act.fate}")
        if act.edit and self.state is not None:
            _edit(self.state, wanted, act.edit)
        if act.strike:
            with suppress(ProcessLookupError):
                os.kill(_sender(scope) or watch.victim, signal.SIGKILL if act.strike == "kill" else signal.SIGSTOP)
        if act.fate == "lose":
            await _drop(send)
            return
        if act.fate == "hold":
            self._hold(watch, 1)
            await watch.opened.wait()
            self._hold(watch, -1)
        await app(scope, _again(body, receive), send)


def _sender(scope: Scope) -> int:
    """The process that sent a request, where it says so; else 0."""
    return int(dict(scope["headers"]).get(SENDER, b"0"))


async def _whole(receive: Receive) -> bytes | None:
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


async def _drop(send: Send) -> None:
    """Break the connection without an answer, as the simulator does it."""
    from trueup_simulators.autotask.answers import drop

    await drop(send)


def _edit(state: State, wanted: dict[str, object], change: int) -> None:
    from trueup_simulators.autotask.errors import RefusedError
    from trueup_simulators.autotask.state import SERVICE
    from trueup_simulators.autotask.striking import edit_units

    with suppress(RefusedError):
        line, day = wanted["contractServiceID"], wanted["effectiveDate"]
        edit_units(state, SERVICE, int(str(line)), date.fromisoformat(str(day)), change, "A. Person")


def journal_says(watch: Watch, wanted: dict[str, object]) -> list[str]:
    """What is wrong in the store about a change that has just arrived; nothing when it was written down before."""
    line, day, change = wanted["contractServiceID"], wanted["effectiveDate"], wanted["unitChange"]
    query = "SELECT state, epoch, sent_at FROM intent WHERE line = ? AND day = ? AND change = ? ORDER BY id DESC"
    intents = ask(watch.store, query, str(line), day, change)
    epoch = next(iter(ask(watch.store, "SELECT epoch FROM lease WHERE name = 'psa'")), None)
    place = f"line {line} on {day}"
    sent = [found for found in intents if found[0] == "sent"]
    if not sent:
        return [f"{place}: not committed as sent, but {[found[0] for found in intents]}"]
    problems = [] if epoch == (sent[0][1],) else [f"{place}: claimed under epoch {sent[0][1]}, the lease has {epoch}"]
    claimed = datetime.fromisoformat(str(sent[0][2]))
    claimed = claimed.astimezone(UTC) if claimed.tzinfo else claimed.replace(tzinfo=UTC)
    at, seconds = watch.leap
    on_its_way = timedelta(seconds=seconds if time.monotonic() - at < 1 else 0)  # it had left before the leap
    clocks = [watch.clock.now() - on_its_way, *([datetime.now(UTC)] if watch.own_clock else [])]
    if all(now - claimed > LATEST_SEND for now in clocks):  # a clock that was set back makes nothing late
        problems.append(f"{place}: left {clocks[0] - claimed} after its claim")
    return problems
