"""Processes of their own, forked from a process that has imported the program.

A process spends two seconds of CPU on its imports and a tenth of that on what it is asked, and the tests begin some
five hundred. So they are copies of one process that has a single thread and every import done. What each sees is its
own: arguments, folder, environment, standard streams, exit code, and its death. Where Python cannot fork, and wherever
a test is about starting, it is a new process.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

SECONDS = 400
CAN_FORK = "forkserver" in multiprocessing.get_all_start_methods()
_STREAMS = ("in", "out", "err")
_FORKING = multiprocessing.get_context("forkserver" if CAN_FORK else "spawn")
if CAN_FORK:
    _FORKING.set_forkserver_preload(["tests.imported"])


class Child:
    """A process that works while the test goes on: `main(*arguments)`; what it says stands in files of `folder`."""

    def __init__(self, main: Callable[..., None], arguments: Sequence[str], folder: Path) -> None:
        place = Path(tempfile.mkdtemp(dir=folder))
        streams = [place / name for name in _STREAMS]
        streams[0].touch()
        self._out, self._err = streams[1:]
        told = (dict(os.environ), str(folder), [str(stream) for stream in streams])
        # a daemon: where a test fails before its end, it ends with the tests
        self._process = _FORKING.Process(target=_work, args=(main, list(arguments), *told), daemon=True)
        self._process.start()

    @property
    def out(self) -> str:
        """What it has said so far."""
        return self._out.read_text(encoding="utf-8") if self._out.exists() else ""

    @property
    def err(self) -> str:
        """What it has complained of so far."""
        return self._err.read_text(encoding="utf-8") if self._err.exists() else ""

    def poll(self) -> int | None:
        """Its exit code, below zero where a signal ended it; None while it works."""
        return self._process.exitcode

    def kill(self) -> None:
        self._process.kill()

    def terminate(self) -> None:
        self._process.terminate()

    def ended(self, seconds: float = 60) -> int:
        """Wait for its end; the exit code."""
        self._process.join(seconds)
        code = self._process.exitcode
        if code is None:
            self._process.kill()
            raise TimeoutError(self.err)
        return code


def run(
    arguments: Sequence[str], folder: Path, environment: Mapping[str, str], typed: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run `trueup ARGUMENTS` in a folder, with exactly this environment, to its end; `typed` is its standard input."""
    if not CAN_FORK:
        return _started(arguments, folder, environment, typed)
    with tempfile.TemporaryDirectory() as place:
        streams = [Path(place, name) for name in _STREAMS]
        streams[0].write_text(typed, encoding="utf-8")
        told = (list(arguments), str(folder), dict(environment), [str(stream) for stream in streams])
        process = _FORKING.Process(target=_command, args=told)
        process.start()
        process.join(SECONDS)
        if process.exitcode is None:
            process.kill()
            raise TimeoutError(arguments)
        out, err = (stream.read_text(encoding="utf-8") for stream in streams[1:])
        done = subprocess.CompletedProcess(list(arguments), process.exitcode, out, err)
        process.close()
    return done


def typed(*arguments: str) -> None:
    """What the installed command does with these arguments; for a `Child`."""
    sys.argv = ["trueup", *arguments]

    from trueup.__main__ import run

    run()


def _started(
    arguments: Sequence[str], folder: Path, environment: Mapping[str, str], typed: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "trueup", *arguments],
        cwd=folder,
        env=environment,
        input=typed,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=SECONDS,
        check=False,
    )


def _become(folder: str, environment: Mapping[str, str], streams: Sequence[str]) -> None:
    """In the new process: become what a shell would have started."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for number, stream in enumerate(streams):
        opened = os.open(stream, os.O_RDWR | os.O_CREAT)
        os.dup2(opened, number)
        os.close(opened)
    encoding, _, errors = environment.get("PYTHONIOENCODING", "utf-8").partition(":")
    sys.stdin = os.fdopen(0, encoding=encoding, closefd=False)
    sys.stdout = os.fdopen(1, "w", encoding=encoding, errors=errors or "strict", closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding=encoding, errors="backslashreplace", closefd=False)


def _work(
    main: Callable[..., None], arguments: list[str], environment: dict[str, str], folder: str, streams: list[str]
) -> None:
    _become(folder, environment, streams)
    main(*arguments)


def _command(arguments: list[str], folder: str, environment: dict[str, str], streams: list[str]) -> None:
    _become(folder, environment, streams)
    typed(*arguments)
