"""`python -m tests.chaos --runs N --seed S --workers W`: the chaos suite. `--only SEED` plays one run and tells it."""

from __future__ import annotations

import argparse
import pickle
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def _folder() -> Path:
    """In memory where there is one: `fsync` is cheap there, and what SIGKILL does is the same."""
    memory = Path("/dev/shm")
    return Path(tempfile.mkdtemp(prefix="trueup-chaos-", dir=memory if memory.is_dir() else None))


def _worker(first: int, last: int, step: int, deadline: float, *, tell: bool = False) -> int:
    """Play every `step`th seed; the totals go to standard output, pickled."""
    from tests.chaos.forking import ForkServer

    server = ForkServer()  # before the first thread
    from tests.chaos.playing import Player
    from tests.chaos.script import script_of
    from tests.chaos.stand import Stand
    from tests.chaos.totals import Totals

    folder, stand, totals = _folder(), Stand(), Totals()
    try:
        player = Player(folder, server, stand)
        for seed in range(first, last, step):
            if time.time() > deadline:
                break
            played = player.play(seed)
            totals.add(played)
            if tell:
                sys.stderr.write(f"{script_of(seed)}\n" + "\n".join(played.story) + f"\n{played.verdict}\n")
    finally:
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
    parser.add_argument("--worker", type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    began = time.time()
    deadline = began + chosen.minutes * 60
    if chosen.worker is not None:
        if chosen.only is not None:
            return _worker(chosen.only, chosen.only + 1, 1, deadline, tell=True)
        return _worker(chosen.seed + chosen.worker, chosen.seed + chosen.runs, chosen.workers, deadline)
    from tests.chaos.totals import Totals

    workers = 1 if chosen.only is not None else min(chosen.workers, chosen.runs)
    given = [sys.executable, "-m", "tests.chaos", *sys.argv[1:]]
    started = [
        subprocess.Popen([*given, "--worker", str(number)], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        for number in range(workers)
    ]
    totals, failed = Totals(), False
    for worker in started:
        out, _ = worker.communicate()
        if worker.returncode:
            failed = True
        else:
            totals.merge(pickle.loads(out))
    print(totals.text(time.time() - began))
    return 1 if failed or totals.bad else 0


if __name__ == "__main__":
    raise SystemExit(main())
