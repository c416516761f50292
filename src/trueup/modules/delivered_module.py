"""A connection of a module without a public API: it promises billing types, and is never asked for them."""

from __future__ import annotations

from datetime import date, datetime

from trueup.core.finding import Finding, FindingState
from trueup.core.reason import Reason
from trueup.core.usage import BillingType, Collection, Coverage
from trueup.modules.catalogue_delivered import DeliveredFile
from trueup.modules.failures import source_error
from trueup.modules.port import Progress
from trueup.modules.prerequisites import QUESTIONS, SETTINGS


class DeliveredModule:
    """See Module. Its usage arrives by file import or push."""

    def __init__(self, catalogue_file: DeliveredFile, connection_name: str) -> None:
        self.file = catalogue_file
        self._connection = connection_name

    @property
    def connection(self) -> str:
        """Name of the connection, unique in its tenant."""
        return self._connection

    @property
    def billing_types(self) -> tuple[BillingType, ...]:
        """What is delivered for it."""
        return self.file.counted

    @property
    def lookups_seen(self) -> frozenset[str]:
        """None: nothing is looked up."""
        return frozenset()

    def tells(self, day: date, today: date) -> bool:
        """Never: nobody is asked."""
        del day, today
        return False

    async def collect(self, day: date, observed_at: datetime, progress: Progress | None = None) -> Collection:
        """Nothing: whoever asks learns that it is delivered."""
        del progress
        return Collection(
            connection=self._connection,
            module=self.file.module,
            day=day,
            observed_at=observed_at,
            coverage=Coverage.UNKNOWN,
            billing_types=self.billing_types,
            failure=source_error("module.delivered").failure,
        )

    async def check(self) -> tuple[Finding, ...]:
        """There is nothing to reach; what was delivered, and when, is asked elsewhere."""
        others = [
            Finding(code, FindingState.SKIPPED, Reason.of("check.module_delivered"))
            for code in QUESTIONS
            if code != SETTINGS
        ]
        return (Finding(SETTINGS, FindingState.OK, Reason.of(f"{SETTINGS}.ok")), *others)

    async def close(self) -> None:
        """See Module. Nothing was opened."""
