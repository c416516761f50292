"""How much of its long suites a run of the tests plays: a sample of a seed, or with `--whole` what takes longer."""

from __future__ import annotations

import os

WHOLE = "TRUEUP_TEST_WHOLE"
SEED = "TRUEUP_TEST_SEED"
"""How the first process of a run tells its workers what `--whole` and `--sample-seed` chose."""


def whole() -> bool:
    """Whether more is played than a sample."""
    return os.environ.get(WHOLE) == "1"


def seed() -> int:
    """The seed of the sample, 1 unless chosen."""
    return int(os.environ.get(SEED, "1"))
