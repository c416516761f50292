"""`python -m tests.chaos --runs N --seed S --workers W`: the chaos suite. `--only SEED` plays one run and tells it."""

from __future__ import annotations

import argparse
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.places import on_server

if TYPE_CHECKING:
    from tests.chaos.totals import Totals

TOLD_EVERY = 500


def _folder() -> Path:
    """In memory where there is one: `fsync` is cheap there, and what SIGKILL does is the same."""
    memory = Path("/dev/shm")
    return Path(tempfile.mkdtemp(prefix="trueup-chaos-", dir=memory if memory.is_dir() else None))


def _shares(first: int, runs: int, workers: int, *, two: bool) -> list[list[int]]:
    """The seeds of each worker. The installed command cannot be told to hurry: it waits out its own time-outs, for
    minutes and at no cost, so its runs have workers of their own."""
    from tests.chaos.script import COMMAND_EVERY

    seeds = range(first, first + runs)
    if two:
        return [list(seeds[start::workers]) for start in range(workers) if seeds[start::workers]]
    forked = [seed for seed in seeds if seed % COMMAND_EVERY]
    spawned = [seed for seed in seeds if seed % COMMAND_EVERY == 0]
    lanes = 2 * workers
    shares = [*(forked[start::workers] for start in range(workers)), *(spawned[start::lanes] for start in range(lanes))]
    return [share for share in shares if share]


@contextmanager
def _postgresql(*, wanted: bool) -> Iterator[None]:
    """The server of runs that need one, where nobody else has it."""
    from tests.postgres import FOLDER, started

    with tempfile.TemporaryDirectory(prefix="trueup-postgresql-", ignore_cleanup_errors=True) as folder:
        os.environ.setdefault(FOLDER, folder)
        os.environ.setdefault("TRUEUP_REACH", "private")  # all that is called here is on this machine
        if wanted:
            started()
        yield


def _worker(seeds: Sequence[int], deadline: float, *, two: bool, tell: bool = False) -> int:
    """Play these seeds; how far it has come goes to standard error, the totals to standard output, pickled."""
    from tests.chaos.forking import ForkServer

    server = ForkServer()  # before the first thread
    from tests.chaos.playing import Player
    from tests.chaos.script import script_of
    from tests.chaos.stand import Stand
    from tests.chaos.totals import Totals
    from tests.chaos.workers import script as of_workers
    from tests.chaos.workers.playing import WorkersPlayer
    from tests.postgres import started

    folder, stand, totals = _folder(), Stand(), Totals()
    player = WorkersPlayer(folder, server, stand, started()) if two else Player(folder, server, stand)
    try:
        for seed in seeds:
            if time.time() > deadline:
                break
            try:
                played = player.play(seed)
            except AssertionError as error:  # one run that cannot be played must not lose the others
                totals.failed(seed, str(error))
                continue
            totals.add(played)
            if totals.runs % TOLD_EVERY == 0:
                sys.stderr.write(f"{totals.brief()}\n")
            if tell:
                script = of_workers.script_of(seed) if two else script_of(seed)
                sys.stderr.write(f"{script}\n" + "\n".join(played.story) + f"\n{played.verdict}\n")
    finally:
        player.close()
        server.close()
        stand.close()
        shutil.rmtree(folder, ignore_errors=True)
    sys.stdout.buffer.write(pickle.dumps(totals))
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1, help="the first seed; the others follow it")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=600, help="begin no further run after so long")
    parser.add_argument("--only", type=int, help="play this seed alone and tell what happens")
    parser.add_argument(
        "--two-workers", action="store_true", help="on PostgreSQL, a night shared by two workers of which one is struck"
    )
    parser.add_argument("--worker", type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    began = time.time()
    deadline = began + chosen.minutes * 60
    two, told = chosen.two_workers, chosen.only is not None
    shares = [[chosen.only]] if told else _shares(chosen.seed, chosen.runs, chosen.workers, two=two)
    if chosen.worker is not None:
        return _worker(shares[chosen.worker], deadline, two=two, tell=told)
    with _postgresql(wanted=two or on_server()):
        totals, whole = _all(len(shares))
    print(totals.text(time.time() - began))
    return 1 if totals.bad or not whole else 0


def _all(lanes: int) -> tuple[Totals, bool]:
    """Let each lane play its share; all together, and whether every lane came to its end."""
    from tests.chaos.totals import Totals

    given = [sys.executable, "-m", "tests.chaos", *sys.argv[1:]]
    begun = [
        subprocess.Popen([*given, "--worker", str(number)], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        for number in range(lanes)
    ]
    totals, whole = Totals(), True
    for lane in begun:
        out, _ = lane.communicate()
        if lane.returncode:
            whole = False
        else:
            totals.merge(pickle.loads(out))
    return totals, whole


if __name__ == "__main__":
    raise SystemExit(main())
