"""Why something is as it is: a stable code and the numbers behind it.

Core never writes sentences. A `Reason` travels to the edge, where the message catalogue turns it into
French or English. `docs/codes.md` explains every code; a test proves that none is missing there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

Param = str | int | Decimal | date | None
"""What a reason may carry: text, whole numbers, exact decimals and days."""


@dataclass(frozen=True, slots=True)
class Reason:
    """A stable code such as `held.fall_more_than_half` with named parameters, in a fixed order."""

    code: str
    params: tuple[tuple[str, Param], ...] = ()

    @classmethod
    def of(cls, code: str, **params: Param) -> Reason:
        """Build a reason; parameters are kept sorted by name so that equal reasons are equal values."""
        return cls(code, tuple(sorted(params.items())))

    def get(self, name: str) -> Param:
        """The parameter of that name, or None."""
        return self.as_dict().get(name)

    def as_dict(self) -> Mapping[str, Param]:
        """The parameters by name."""
        return dict(self.params)
