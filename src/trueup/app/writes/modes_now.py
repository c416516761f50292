"""Who may write now: the mode of each line at this moment, whatever held when the plan was made.

A plan that was approved before somebody chose read-only is not written any more, and one that was made read-only needs
a new plan: an outcome is sent only where both its own mode and the one that holds now allow it.
"""

from __future__ import annotations

from collections.abc import Iterable

from trueup.core.dates.succession import Succession
from trueup.core.outcome import EntryKind, Outcome
from trueup.core.planning.governing_mode import governing_mode
from trueup.core.rule import Mode
from trueup.store.tenant_store import TenantStore


class ModesNow:
    """The modes that hold now, from the rules and the tenant's settings. Made inside one transaction."""

    def __init__(self, store: TenantStore) -> None:
        with store.reading():
            self._tenant = store.settings.get().mode
            self._rules = store.rules.list()
            self._groups = {group.rule_id: group.mode for group in store.groups.list()}
            self._mirrors = {rule.id for rule in self._rules if rule.mirror is not None}
            self._renewed = Succession.of(store.renewals.list())

    def of(self, outcome: Outcome) -> Mode:
        """The mode of an outcome's line; services and lines to be created follow the tenant. A group's own mode counts
        for its lines, and a mirror that moves with the line that it copies is written in that one's mode."""
        if outcome.kind is not EntryKind.LINE:
            return self._tenant
        grouped = self._groups.get(outcome.rule_id or "")
        if grouped is not None:
            return grouped
        if outcome.rule_id in self._mirrors and outcome.together:
            return Mode(outcome.mode)  # whether the copied line may still be written is asked of that line itself
        return governing_mode(
            self._rules,
            self._tenant,
            service_id=outcome.service_id,
            customer_id=outcome.customer_id,
            contract_id=outcome.contract_id,
            line_id=outcome.line_id,
            contracts_before=self._renewed.contracts_before(outcome.contract_id),
            lines_before=self._renewed.lines_before(outcome.line_id),
        )

    def all_read_only(self, outcomes: Iterable[Outcome]) -> bool:
        """Whether nothing of these may be written, whoever approves it; of no outcomes the tenant's mode decides."""
        modes = {self.of(outcome) for outcome in outcomes} or {self._tenant}
        return modes == {Mode.READ_ONLY}

    def may_write(self, outcome: Outcome) -> bool:
        """Whether it may be sent after a person's word."""
        return outcome.mode != Mode.READ_ONLY.value and self.of(outcome) is not Mode.READ_ONLY

    def may_go_alone(self, outcome: Outcome) -> bool:
        """Whether it may be sent without a person, as far as the mode goes."""
        return outcome.mode == Mode.AUTOMATIC.value and self.of(outcome) is Mode.AUTOMATIC
