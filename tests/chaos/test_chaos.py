"""A seeded sample of the chaos suite: `make chaos` plays ten thousand such runs (docs/journal.md)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.chaos.script import COMMAND_EVERY, script_of
from tests.sampling import seed, whole

ROOT = Path(__file__).parents[2]


SAMPLE = 30
"""Runs without the installed command, which waits out its own time-outs; as far as the first with it: all of them."""


@pytest.mark.timeout(900)
def test_runs_under_faults_double_lose_and_falsify_nothing() -> None:
    """Each in processes of its own, struck at random; what is counted is explained in docs/journal.md."""
    runs, first = (COMMAND_EVERY if whole() else SAMPLE), 1 + (seed() - 1) * COMMAND_EVERY
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos", "--runs", str(runs), "--seed", str(first), "--workers", "2"],
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


def test_a_seed_is_a_whole_run_and_always_the_same() -> None:
    assert [script_of(seed) for seed in range(200)] == [script_of(seed) for seed in range(200)]
    assert len({repr(script_of(seed).rounds) for seed in range(200)}) > 150
