"""A process of its own that applies a plan, and dies where it is told to: no clean-up, no goodbye.

`main(STORE, KEY_FILE, PLAN, NOW, [before|after, NUMBER])`

With the last two it kills itself just before or just after the NUMBERth commit of the database; each step of the
journal is one commit. At its end it prints how many there were.
"""

from __future__ import annotations

import asyncio
import os
import signal
from datetime import datetime

import sqlalchemy as sa

from trueup.app.clock import FixedClock
from trueup.app.connections.connecting import Accounts
from trueup.app.workspace import open_workspace
from trueup.app.writes.applying import apply
from trueup.modules.limits import Pace
from trueup.store.secrets import Key

KILL = getattr(signal, "SIGKILL", signal.SIGTERM)
"""Where there is no SIGKILL (Windows) the other one ends a process just as suddenly."""


class Reaper:
    """Counts commits, and kills the process at one of them."""

    def __init__(self, when: str, number: int) -> None:
        self.commits = 0
        self._when = when
        self._number = number
        self._committed = False
        sa.event.listen(sa.Engine, "commit", self._before)
        sa.event.listen(sa.pool.Pool, "checkin", self._after)

    def _before(self, _connection: sa.Connection) -> None:
        self.commits += 1
        self._committed = True
        self._strike("before")

    def _after(self, _connection: object, _record: object) -> None:
        if self._committed:
            self._committed = False
            self._strike("after")

    def _strike(self, when: str) -> None:
        if (when, self.commits) == (self._when, self._number):
            os.kill(os.getpid(), KILL)


def main(store: str, key_file: str, plan: str, now: str, when: str = "", number: str = "0") -> None:
    reaper = Reaper(when, int(number))
    clock = FixedClock(datetime.fromisoformat(now))
    accounts = Accounts(pace=Pace(scale=0))
    with open_workspace(store, Key.read(key_file), clock=clock, actor="child", accounts=accounts) as ws:
        asyncio.run(apply(ws, plan))
    print(reaper.commits)
