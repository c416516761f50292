"""A connection that is fed by files, as a module: it promises its billing types, and can never be pulled."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from trueup.core.finding import Finding, FindingState
from trueup.core.reason import Reason
from trueup.core.usage import BillingType, Collection, Failure, FailureCategory
from trueup.modules.files.delivering import Arrival, refused_collection
from trueup.modules.files.profile import profile_from
from trueup.modules.port import Progress


class FileModule:
    """The module behind a saved profile."""

    def __init__(self, kind: str, connection: str, settings: Mapping[str, str]) -> None:
        """Raises ProfileError for settings that are no profile."""
        self.connection = connection
        self._profile = profile_from(kind, settings)

    @property
    def billing_types(self) -> tuple[BillingType, ...]:
        """What the profile and the module's catalogue file name."""
        return self._profile.promised()

    @property
    def lookups_seen(self) -> frozenset[str]:
        """None: a file has no look-ups."""
        return frozenset()

    def tells(self, day: date, today: date) -> bool:
        """Never: nobody is asked."""
        del day, today
        return False

    async def collect(self, day: date, observed_at: datetime, progress: Progress | None = None) -> Collection:
        """Nothing: a file arrives, it is not fetched. The day stays unknown."""
        del progress
        failure = Failure(FailureCategory.UNREACHABLE, Reason.of("file.not_pulled", connection=self.connection))
        return refused_collection(self._profile, Arrival(self.connection, day, observed_at, ""), failure)

    async def check(self) -> tuple[Finding, ...]:
        """The profile can be used; nothing to reach."""
        reason = Reason.of("check.file_source.ok", connection=self.connection, types=len(self._profile.promised()))
        return (Finding("check.file_source", FindingState.OK, reason),)

    async def close(self) -> None:
        """Nothing to release."""
