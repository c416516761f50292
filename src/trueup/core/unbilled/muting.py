"""Muting: a person says that something found is right as it is, until a day, and no more than it was then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol


class Found(Protocol):
    """Something found that can be muted: unbilled usage, items that are billed twice."""

    @property
    def key(self) -> str:
        """What it is muted by."""

    @property
    def quantity(self) -> Decimal:
        """How much it is."""


@dataclass(frozen=True, slots=True)
class Mute:
    """What was muted and how much it was; `until` is the last day (inclusive), None for no end."""

    key: str
    quantity: Decimal
    reason: str
    person: str
    until: date | None = None

    def covers(self, row: Found, today: date) -> bool:
        """Whether the row stays silent: it comes back when the day is over, or when it has grown."""
        return row.key == self.key and row.quantity <= self.quantity and (self.until is None or today <= self.until)
