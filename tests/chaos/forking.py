"""A fork server: one clean process with a single thread and every import done, of which each run's process is a copy.

It does as it is told and nothing by itself: fork a job, wait until a child stops or ends, or look whether it did.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe

from tests.chaos.warming import warm_up
from tests.chaos.work import Job, work
from tests.chaos.workers.process import serve

from trueup.trust import trusted


@dataclass(frozen=True)
class Ended:
    """How a child was found: `exited` with a code, `killed` by a signal, or `stopped`. CPU seconds once it is over."""

    how: str
    number: int
    cpu: float = 0.0


def ended(status: int, usage: object) -> Ended:
    """What a status of `wait4` says."""
    cpu = float(usage.ru_utime + usage.ru_stime)  # type: ignore[attr-defined]
    if os.WIFSTOPPED(status):
        return Ended("stopped", os.WSTOPSIG(status))
    if os.WIFSIGNALED(status):
        return Ended("killed", os.WTERMSIG(status), cpu)
    return Ended("exited", os.WEXITSTATUS(status), cpu)


class ForkServer:
    """The harness's end. Start it before the first thread."""

    def __init__(self) -> None:
        self._conn, theirs = Pipe()
        self.pid = os.fork()
        if self.pid == 0:
            self._conn.close()
            _serve(theirs)
            os._exit(0)
        theirs.close()

    def fork(self, job: Job) -> int:
        """Begin a job in a process of its own; its number."""
        self._conn.send(job)
        return int(self._conn.recv())

    def wait(self, pid: int) -> Ended:
        """Wait until the process stops or is over."""
        self._conn.send(pid)
        found = self._conn.recv()
        assert isinstance(found, Ended)
        return found

    def look(self, pid: int) -> Ended | None:
        """Whether the process stopped or is over; None as long as it goes on."""
        self._conn.send(-pid)
        found = self._conn.recv()
        assert found is None or isinstance(found, Ended)
        return found

    def warm(self, modules: list[str], jobs: list[Job]) -> None:
        """Import what a job was seen to import while it ran, and do these jobs, so that no copy has to begin cold."""
        self._conn.send((modules, jobs))
        self._conn.recv()

    def close(self) -> None:
        self._conn.close()
        os.waitpid(self.pid, 0)


def _serve(conn: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)  # standard output is the worker's, for its totals
    os.close(nowhere)
    trusted()
    children: set[int] = set()
    while True:
        try:
            asked = conn.recv()
        except EOFError:
            for pid in children:
                os.kill(pid, signal.SIGKILL)
            return
        if isinstance(asked, tuple):
            warm_up(*asked)
            conn.send(len(asked))
        elif isinstance(asked, Job):
            pid = os.fork()
            if pid == 0:
                conn.close()
                _child(asked)
            children.add(pid)
            conn.send(pid)
        else:
            pid, status, usage = os.wait4(abs(asked), os.WUNTRACED | (os.WNOHANG if asked < 0 else 0))
            found = ended(status, usage) if pid else None
            if found is not None and found.how != "stopped":
                children.discard(pid)
            conn.send(found)


def _child(job: Job) -> None:
    code = 70
    try:
        code = serve(job) if job.kind == "worker" else work(job)
    except BaseException:  # noqa: BLE001 - the child must not return into the server's loop
        traceback.print_exc()
    sys.stderr.flush()
    os._exit(code)
