"""The functions of the language: what they take and what they give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from trueup.core.expression.values import Kind

LOWEST_PLACES = -9
HIGHEST_PLACES = 9
"""Decimal places that `round` takes; negative ones round to tens, hundreds and so on."""


@dataclass(frozen=True, slots=True)
class Signature:
    """How many arguments (`most` None: any number), the kinds that each may have, and the kind of the result."""

    least: int
    most: int | None
    takes: tuple[Kind, ...]
    gives: Kind

    @property
    def count(self) -> str:
        """The number of arguments as the error says it: `1`, `1-2` or `2+`."""
        if self.most is None:
            return f"{self.least}+"
        return str(self.least) if self.least == self.most else f"{self.least}-{self.most}"


_NUMBER = (Kind.NUMBER,)
_TEXT = (Kind.TEXT,)

FUNCTIONS: Mapping[str, Signature] = {
    "min": Signature(2, None, _NUMBER, Kind.NUMBER),
    "max": Signature(2, None, _NUMBER, Kind.NUMBER),
    "ceil": Signature(1, 1, _NUMBER, Kind.NUMBER),
    "floor": Signature(1, 1, _NUMBER, Kind.NUMBER),
    "round": Signature(1, 2, _NUMBER, Kind.NUMBER),
    "abs": Signature(1, 1, _NUMBER, Kind.NUMBER),
    "starts_with": Signature(2, 2, _TEXT, Kind.TRUTH),
    "matches": Signature(2, 2, _TEXT, Kind.TRUTH),
    "days_since": Signature(1, 1, (Kind.DAY, Kind.TEXT), Kind.NUMBER),
}
