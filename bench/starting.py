"""What a start costs in CPU: against an empty Python, and against the two largest libraries that a command needs."""

from __future__ import annotations

import compileall
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.figures import Figure

TURNS = 15
ROOT = Path(__file__).resolve().parents[1]


def _children() -> float:
    """CPU seconds of all processes that ended; finer than a tick of the clock where the system says so."""
    try:
        import resource
    except ModuleNotFoundError:
        told = os.times()
        return told.children_user + told.children_system
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _cpu(*arguments: str, folder: str) -> float:
    """Seconds of CPU of a process of its own, the least of several."""
    found = []
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    for _ in range(TURNS):
        before = _children()
        subprocess.run([sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, check=False)
        found.append(_children() - before)
    return min(found)


def measure() -> list[Figure]:
    """Help, a mistyped command, and a command that opens the store. Compiled first, as an installed wheel is."""
    compileall.compile_dir(ROOT / "src", quiet=1)
    with tempfile.TemporaryDirectory() as folder:
        empty = _cpu("-c", "", folder=folder)
        libraries = _cpu("-c", "import sqlalchemy, httpx2", folder=folder)
        _cpu("-m", "trueup", "init", folder=folder)
        given = {
            "CPU of --help, against an empty Python": (("--help",), empty, 6.0),
            "CPU of a mistyped command": (("nonsense",), empty, 6.0),
            "CPU of a command that opens the store, against importing SQLAlchemy and httpx2": (
                ("customers", "list"),
                libraries,
                1.5,
            ),
        }
        return [
            Figure(name, _cpu("-m", "trueup", *arguments, folder=folder), peer, "s", at_most)
            for name, (arguments, peer, at_most) in given.items()
        ]
