"""Which rule governs a line, and what it counts: whose usage, and which billing types."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date

from trueup.app.counting.vocabulary import Vocabulary
from trueup.app.plans.assembling import children_of
from trueup.core.contract import Contract, Line, PsaSnapshot
from trueup.core.dates.succession import Succession
from trueup.core.expression import ExpressionError, parse
from trueup.core.quantities.allocation import rules_of
from trueup.core.rule import Rule, RuleLevel, ScopeKind, governing_rule
from trueup.store.tenant_store import TenantStore


class BillingRules:
    """Answers for the contracts of one day. Reads the store when it is made, inside one moment of the database; what
    was only just read of the PSA, and is not kept yet, is `seen` in its place."""

    def __init__(
        self,
        store: TenantStore,
        known: Vocabulary,
        contracts: Mapping[str, Contract],
        today: date,
        seen: tuple[PsaSnapshot, Succession] | None = None,
    ) -> None:
        self.all = store.rules.list()
        self._by_service: dict[str, list[Rule]] = defaultdict(list)
        for rule in self.all:
            self._by_service[rule.service_id].append(rule)
        self._succession = seen[1] if seen else Succession.of(store.renewals.list())
        self.lines = seen[0].lines if seen else store.psa.lines()
        self._grouped = rules_of(store.groups.list(), self.lines, contracts, today, self._succession)
        self._children = children_of(seen[0].customers if seen else store.psa.customers())
        self._known = known
        self._metrics: dict[str, frozenset[str]] = {}

    def of(self, line: Line, contract: Contract) -> Rule | None:
        """The rule of a line, of its group before its own; excluded ones too."""
        place = self._succession.place(line, contract)
        return self._grouped.get(line.id) or governing_rule(tuple(self._by_service.get(line.service_id, ())), **place)

    def metrics(self, text: str) -> frozenset[str]:
        """The billing types behind an expression; none where it cannot be read."""
        if text not in self._metrics:
            try:
                self._metrics[text] = frozenset(self._known.base_types(parse(text)))
            except ExpressionError:
                self._metrics[text] = frozenset()
        return self._metrics[text]

    def counted(self, rule: Rule) -> frozenset[str]:
        """What a rule counts; an excluding one stands for its service's own."""
        if not rule.exclude:
            return self.metrics(rule.quantity)
        own = [one for one in self._by_service.get(rule.service_id, ()) if one.level is RuleLevel.SERVICE]
        return frozenset().union(*(self.metrics(one.quantity) for one in own))

    def customers(self, rule: Rule, holder: str) -> frozenset[str]:
        """Whose usage it counts."""
        if rule.scope.kind is ScopeKind.CUSTOMERS:
            return frozenset(rule.scope.customers)
        first = rule.share.holder if rule.share else holder
        children = self._children.get(first, ()) if rule.scope.kind is ScopeKind.HOLDER_AND_CHILDREN else ()
        return frozenset({first, *children})
