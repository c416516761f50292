"""Commands as processes of their own, forked from a process that has imported the program.

A command spends two seconds of CPU on its imports and a tenth of that on what it is asked, and the tests type some four
hundred. So they are copies of one process that has a single thread and every import done. What a command sees is its
own: arguments, folder, environment, standard streams, exit code. Where Python cannot fork, and wherever a test is about
starting, it is a new process.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

SECONDS = 400
_STREAMS = ("in", "out", "err")


def run(
    arguments: Sequence[str], folder: Path, environment: Mapping[str, str], typed: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run `trueup ARGUMENTS` in a folder, with exactly this environment, to its end; `typed` is its standard input."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return _started(arguments, folder, environment, typed)
    forking = multiprocessing.get_context("forkserver")
    forking.set_forkserver_preload(["tests.imported"])
    with tempfile.TemporaryDirectory() as place:
        streams = [Path(place, name) for name in _STREAMS]
        streams[0].write_text(typed, encoding="utf-8")
        told = (list(arguments), str(folder), dict(environment), [str(stream) for stream in streams])
        process = forking.Process(target=_command, args=told)
        process.start()
        process.join(SECONDS)
        if process.exitcode is None:
            process.kill()
            raise TimeoutError(arguments)
        out, err = (stream.read_text(encoding="utf-8") for stream in streams[1:])
        done = subprocess.CompletedProcess(list(arguments), process.exitcode, out, err)
        process.close()
    return done


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


def _command(arguments: list[str], folder: str, environment: dict[str, str], streams: list[str]) -> None:
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
    sys.argv = ["trueup", *arguments]

    from trueup.__main__ import run

    run()
