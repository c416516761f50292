"""An expression that cannot be read, as a page shows it: the text with the faulty characters marked, and a sentence."""

from __future__ import annotations

from dataclasses import dataclass

from trueup.core.expression import ExpressionError
from trueup.core.reason import Reason


@dataclass(frozen=True, slots=True)
class Fault:
    """`before`, `faulty` and `after` make the whole text; `position` counts characters from 0."""

    reason: Reason
    position: int
    length: int
    before: str
    faulty: str
    after: str


def fault_of(error: ExpressionError) -> Fault:
    """The fault with its place. What is missing at the end stands behind the last character."""
    end = error.position + error.length
    return Fault(
        Reason.of(error.code, **dict(error.params)),
        error.position,
        error.length,
        error.text[: error.position],
        error.text[error.position : end],
        error.text[end:],
    )
