"""Which rule governed a line at any past moment, groups included."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

from trueup.app.connections.known_psa import PsaNames
from trueup.core.contract import Contract, Line
from trueup.core.dates.succession import Succession
from trueup.core.quantities.allocation import rules_of
from trueup.core.rule import Rule, governing_rule
from trueup.store.decisions import in_force
from trueup.store.tenant_store import TenantStore


class RuleStep(NamedTuple):
    """From a moment on a rule governs a line (None: no rule does); a person's deed, None at the very beginning."""

    since: datetime
    rule: Rule | None
    person: str | None


class LineRules:
    """The rules that governed one line, over time."""

    def __init__(self, store: TenantStore, names: PsaNames, line: Line, contract: Contract) -> None:
        self._line, self._contract, self._names = line, contract, names
        self._renewed = Succession.of(store.renewals.list())
        self._rules = store.rules.every()
        self._groups = store.groups.every()

    def at(self, moment: datetime, day: date) -> Rule | None:
        """The rule at a moment; `day` is the usage day that it is asked for."""
        groups = [one.group for one in self._groups if in_force(one.saved_at, one.ended_at, moment)]
        grouped = rules_of(groups, self._names.lines.values(), self._names.contracts, day, self._renewed)
        if self._line.id in grouped:
            return grouped[self._line.id]
        rules = tuple(one.rule for one in self._rules if in_force(one.saved_at, one.ended_at, moment))
        return governing_rule(rules, **self._renewed.place(self._line, self._contract))

    def steps(self, first: datetime, last: datetime, day: date) -> Iterable[RuleStep]:
        """What governed the line at the first moment, and each change up to the last."""
        before = self.at(first, day)
        yield RuleStep(first, before, None)
        deeds: dict[datetime, str] = {}
        for rule in self._rules:
            deeds |= _deeds(rule.saved_by, rule.saved_at, rule.ended_by, rule.ended_at)
        for group in self._groups:
            deeds |= _deeds(group.saved_by, group.saved_at, group.ended_by, group.ended_at)
        for moment in sorted(moment for moment in deeds if first < moment <= last):
            found = self.at(moment, day)
            if found != before:
                yield RuleStep(moment, found, deeds[moment])
            before = found


def _deeds(saved_by: str, saved_at: datetime, ended_by: str | None, ended_at: datetime | None) -> dict[datetime, str]:
    """Who did something to a version, and when."""
    return {saved_at: saved_by} if ended_at is None else {ended_at: ended_by or "", saved_at: saved_by}
