"""How many calls may still be sent in this hour, other integrations included.

Autotask allows 10,000 calls in a rolling 60 minutes for one database, all integrations together, and slows calls down
from half of that on (Autotask REST, page on thresholds and limits). ThresholdInformation says how many were used; our
own calls are added until it is asked again.
"""

from __future__ import annotations

import time

from pyrate_limiter import Duration, InMemoryBucket, Limiter, Rate, SingleBucketFactory

from trueup.core.reason import Reason
from trueup.core.usage import Failure, FailureCategory

DOCUMENTED_LIMIT = 10_000
_ASK_AGAIN_CALLS = 500
_ASK_AGAIN_SECONDS = 600.0
_ASK_AGAIN_WHEN_SPENT = 30.0


class CallBudget:
    """The hourly budget of one Autotask database. Share one object between all connections to the same database."""

    def __init__(self, margin: int = 500, own_per_hour: int = 9000) -> None:
        self._margin = margin
        self._hour = InMemoryBucket([Rate(own_per_hour, Duration.HOUR)])
        self._own = Limiter(SingleBucketFactory(self._hour, schedule_leak=False))  # else a thread that never ends
        self._own_per_hour = own_per_hour
        self._limit = DOCUMENTED_LIMIT
        self._used = 0
        self._since = 0
        self._asked_at: float | None = None

    @property
    def limit(self) -> int:
        """Calls that the database takes in an hour."""
        return self._limit

    @property
    def used(self) -> int:
        """Calls used in this hour as far as is known: what Autotask said, and our own since."""
        return self._used + self._since

    @property
    def margin(self) -> int:
        """Calls that are left to others."""
        return self._margin

    def learn(self, limit: int | None, used: int) -> None:
        """Take over what ThresholdInformation answered."""
        self._limit = limit or DOCUMENTED_LIMIT
        self._used = used
        self._since = 0
        self._asked_at = time.monotonic()

    def asks_again(self) -> bool:
        """Whether the true count should be asked before the next call: others use the same budget."""
        if self._asked_at is None:
            return True
        age = time.monotonic() - self._asked_at
        if self._spent():
            return age >= _ASK_AGAIN_WHEN_SPENT
        return self._since >= _ASK_AGAIN_CALLS or age >= _ASK_AGAIN_SECONDS

    def admit(self) -> Failure | None:
        """Count one call, or say why it must not be sent."""
        if self._spent():
            return Failure(
                FailureCategory.RATE_LIMITED,
                Reason.of("autotask.budget_spent", limit=self._limit, margin=self._margin, used=self.used),
            )
        if self._hour.count() >= self._own_per_hour:
            self._hour.leak(int(self._hour.now()))  # type: ignore[no-untyped-call]
        if not self._own.try_acquire("autotask", blocking=False):
            return Failure(
                FailureCategory.RATE_LIMITED, Reason.of("autotask.own_budget_spent", limit=self._own_per_hour)
            )
        self._since += 1
        return None

    def _spent(self) -> bool:
        return self.used >= self._limit - self._margin
