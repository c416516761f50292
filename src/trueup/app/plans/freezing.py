"""The items behind what a plan would write, frozen with it: each list bound to its line by digest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from trueup.app.counting.vocabulary import vocabulary
from trueup.app.plans.assembling import Assembly
from trueup.app.plans.source_day import source_day_of
from trueup.app.usage.day_items import DayItems
from trueup.app.usage.evidence import Evidence
from trueup.app.workspace import Workspace
from trueup.core.counting.evidence import FrozenEvidence
from trueup.core.expression import ExpressionError, parse
from trueup.core.outcome import Outcome
from trueup.core.planning.planning import LineCase, with_evidence


class _Freezer:
    def __init__(self, ws: Workspace, assembly: Assembly) -> None:
        self._store = ws.store
        self._assembly = assembly
        self._known = vocabulary(ws)
        self._days: dict[date, Evidence] = {}

    def _on(self, day: date) -> Evidence:
        if day not in self._days:
            items = DayItems(self._store, day)
            self._days[day] = Evidence(self._known, self._assembly.usage.history, items)
        return self._days[day]

    def freeze(self, case: LineCase, outcome: Outcome) -> FrozenEvidence | None:
        """The items of the usage day that gave the units; None where the line counts nothing (fixed by hand)."""
        rule, days = case.rule, case.usage.days
        try:
            expression = parse(rule.quantity)
        except ExpressionError:
            return None
        wanted = source_day_of(outcome)
        day = next((one for one in reversed(days) if wanted is None or one.day == wanted), None)
        if day is None:
            return None
        holder = rule.share.holder if rule.share else case.facts.customer.id
        scope = self._assembly.reader.chosen(rule.scope, holder)
        return FrozenEvidence(day.day, self._on(day.day).metrics(self._assembly.reader, expression, scope, day))


def with_frozen_items(
    ws: Workspace, assembly: Assembly, cases: Iterable[LineCase], outcomes: Iterable[Outcome]
) -> tuple[tuple[Outcome, ...], Mapping[str, FrozenEvidence]]:
    """The outcomes, those that would write something bound to their items, and the lists by digest. One moment of the
    database."""
    by_line = {case.facts.line.id: case for case in cases}
    kept: dict[str, FrozenEvidence] = {}
    bound: list[Outcome] = []
    with ws.store.reading():
        freezer = _Freezer(ws, assembly)
        for outcome in outcomes:
            case = by_line.get(outcome.line_id) if outcome.adjustments else None
            found = freezer.freeze(case, outcome) if case is not None else None
            if found is None:
                bound.append(outcome)
                continue
            digest = found.digest
            kept[digest] = found
            bound.append(with_evidence(outcome, digest))
    return tuple(bound), kept
