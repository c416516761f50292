"""A seeded sample of the chaos suite on two workers: `python -m tests.chaos --two-workers` plays more."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.chaos.workers.script import script_of
from tests.postgres import Server

ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(300)
def test_of_two_workers_one_is_struck_and_nothing_is_doubled_lost_or_left_behind(postgresql: Server) -> None:
    """Among these seeds are a kill, a stop longer than the lease and a cut of the connection."""
    seeds = [str(seed) for seed in SAMPLE]
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos", "--two-workers", "--runs", str(len(seeds)), "--seed", seeds[0]],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-4000:]
    said = done.stdout.splitlines()
    for name in ("double", "lost", "wrong"):
        assert [line.split() for line in said if line.startswith(name)] == [[name, "0"]]


SAMPLE = range(1, 5)


def test_the_sample_has_each_kind_of_trouble() -> None:
    troubles = {phase.trouble.split()[0] for seed in SAMPLE for phase in script_of(seed).phases}
    assert {"kill", "stop", "cut"} <= troubles
