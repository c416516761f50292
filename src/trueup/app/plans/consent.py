"""Who has approved what of a plan, and where one more person is needed (docs/decisions/0070-two-persons.md).

An approval counts only under the plan's checksum and for the digests that it names. Two approvals of one person are
one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from trueup.core.outcome import Outcome, Plan
from trueup.core.rails.two_persons import enough, second_approval
from trueup.core.reason import Reason
from trueup.store.tenant_store import TenantStore


class Consent:
    """The approvals of one plan against the limits that hold now. Made inside one transaction."""

    def __init__(self, store: TenantStore, plan: Plan) -> None:
        self._limits = store.rails.choices().second_approval_above()
        self._currency = store.settings.get().currency
        self._persons: dict[str, list[str]] = defaultdict(list)
        for approval in store.plans.approvals(plan.id):
            if approval.checksum == plan.checksum:
                for digest in approval.digests:
                    self._persons[digest].append(approval.person)

    def needs_two(self, outcome: Outcome) -> Reason | None:
        """Why two persons must approve an outcome; None where one is enough."""
        return second_approval(outcome, self._limits, self._currency)

    def persons(self, outcome: Outcome) -> tuple[str, ...]:
        """Who has approved an outcome, each once, in the order of their approvals."""
        return tuple(dict.fromkeys(self._persons.get(outcome.digest, ())))

    def given(self, outcome: Outcome) -> bool:
        """Whether everybody who is needed has approved it."""
        return enough(self.persons(outcome), self.needs_two(outcome) is not None)

    def lacking(self, outcomes: Iterable[Outcome]) -> tuple[Outcome, ...]:
        """Outcomes that somebody has approved and that need one person more."""
        return tuple(outcome for outcome in outcomes if self.persons(outcome) and not self.given(outcome))


def lacking_second(store: TenantStore, plan: Plan) -> tuple[tuple[Outcome, Reason], ...]:
    """Approved outcomes of a plan that wait for a second person, each with the reason that says so."""
    with store.reading():
        consent = Consent(store, plan)
        return tuple(
            (outcome, Reason.of("apply.second_approval_needed", persons=", ".join(consent.persons(outcome))))
            for outcome in consent.lacking(plan.outcomes)
        )
