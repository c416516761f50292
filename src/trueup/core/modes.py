"""Who writes, and what becomes of what a person wrote by hand: chosen for a tenant, or by a rule for some lines."""

from __future__ import annotations

from enum import StrEnum


class Mode(StrEnum):
    """Who writes: nobody, a person after approval, or the night run for lines that pass every rail."""

    READ_ONLY = "read-only"
    MANUAL = "manual"
    AUTOMATIC = "automatic"


class DriftPolicy(StrEnum):
    """What happens to units that a person edited in the PSA, where usage says something else: wait for a person, let
    the edit stand until usage changes, plan the change back, or fix the line at the edited units."""

    WAIT = "wait"
    KEEP = "keep"
    TAKE_BACK = "take_back"
    ADOPT = "adopt"
