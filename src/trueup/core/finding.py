"""Answers to prerequisites: one question, one state, one cure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from trueup.core.reason import Reason


class FindingState(StrEnum):
    """Answer to one prerequisite. `question` is for a person: no interface can answer it."""

    OK = "ok"
    FAILED = "failed"
    WARNING = "warning"
    QUESTION = "question"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Finding:
    """One prerequisite or one probed assumption: what was asked, the answer, and its cure as a reason code."""

    code: str
    state: FindingState
    reason: Reason
    cure: Reason | None = None
