"""A seeded sample of the chaos suite: `make chaos` plays ten thousand such runs (docs/journal.md)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.chaos.script import script_of

ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(900)
def test_fifty_runs_under_faults_double_lose_and_falsify_nothing() -> None:
    """Each in processes of its own, struck at random; what is counted is explained in docs/journal.md."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos", "--runs", "50", "--seed", "1", "--workers", "2"],
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
