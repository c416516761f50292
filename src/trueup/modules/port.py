"""What Trueup needs of a module: one collection for one usage day, and the answers to its prerequisites."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Protocol

from trueup.core.finding import Finding
from trueup.core.usage import BillingType, Collection

Progress = Callable[[str, int, int | None], None]
"""Called with a stream's name, records so far, and how many there will be (None while unknown)."""

UNASSIGNED = "~unassigned"
"""Key of the organization that items without one are shown under."""


class Module(Protocol):
    """One connected account of a module."""

    @property
    def connection(self) -> str:
        """Name of the connection, unique in its tenant."""

    @property
    def billing_types(self) -> tuple[BillingType, ...]:
        """What it counts."""

    @property
    def lookups_seen(self) -> frozenset[str]:
        """Optional look-ups that the account had (an exclusion filter, for example), earlier ones included: should one
        vanish later, a count would grow in silence."""

    def tells(self, day: date, today: date) -> bool:
        """Whether a past usage day can still be asked for; never so for a module that knows only the present."""

    async def collect(self, day: date, observed_at: datetime, progress: Progress | None = None) -> Collection:
        """Read everything for one usage day. Failures are values in the collection; it never raises for them."""

    async def check(self) -> tuple[Finding, ...]:
        """Prerequisites on the module's side, live."""

    async def close(self) -> None:
        """Release connections."""
