"""How long each kind of data is kept, as a person says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from trueup.app.errors import Exit, UseCaseError
from trueup.core.reason import Reason
from trueup.core.retention import LONGEST, SHORTEST, Kept, Retention

ALWAYS: Final = "always"
"""What is said for "never delete"."""


def retention_with(said: Mapping[str, str], before: Retention) -> Retention:
    """The ages with those that were said, in months or `always`.

    Raises UseCaseError with exit code 2: `setup.keep_kind`, `setup.keep_range`.
    """
    changed: dict[str, int | None] = {}
    for kind, text in said.items():
        if kind not in set(Kept):
            raise UseCaseError(Reason.of("setup.keep_kind", kind=kind, known=", ".join(Kept)), Exit.USAGE)
        changed[kind] = None if text.strip().lower() == ALWAYS else _months(Kept(kind), text.strip())
    return replace(before, **changed)


def _months(kind: Kept, text: str) -> int:
    months = int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0
    if not SHORTEST[kind] <= months <= LONGEST:
        params = {"kind": kind.value, "value": text, "lowest": SHORTEST[kind], "highest": LONGEST}
        raise UseCaseError(Reason.of("setup.keep_range", **params), Exit.USAGE)
    return months
