"""Compare each night's plan with what the PSA shows, for lines in read-only mode; the PSA is not called again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal

from trueup.app.plans.assembling import Assembly
from trueup.core.beside.comparison import Behind, Judgement, LineNight, judged
from trueup.core.expression import parse
from trueup.core.outcome import EntryKind, Outcome
from trueup.core.period import calendar_of
from trueup.core.planning.planning import LineCase, PlanFacts
from trueup.core.rule import Mode
from trueup.core.usage import Coverage, MetricKind
from trueup.store.tenant_store import TenantStore


class BillingTypeCounts:
    """Every billing type of a line's modules on a day, also those that its rule does not count."""

    def __init__(self, store: TenantStore, assembly: Assembly) -> None:
        self._types = [kind for kind in store.usage.billing_types() if kind.kind is MetricKind.LEVEL]
        self._assembly = assembly

    def of(self, case: LineCase, day: date) -> Mapping[str, Decimal]:
        """Measured counts of the rule's scope by billing type."""
        modules = {self._assembly.usage.history.module_of.get(name) for name in case.connections}
        keys = sorted({kind.key for kind in self._types if kind.key.partition(".")[0] in modules})
        if not keys:
            return {}
        rule, customer = case.rule, case.facts.customer.id
        usage = self._assembly.reader.read(parse(" + ".join(keys)), rule.scope, customer, [day], rule.flag_meaning)
        found = (pair for one in usage.days for pair in one.metrics)
        return {name: metric.value for name, metric in found if metric.coverage is Coverage.MEASURED}


def _nights(facts: PlanFacts, outcomes: Iterable[Outcome], counts: BillingTypeCounts) -> Iterable[LineNight]:
    cases = {case.facts.line.id: case for case in facts.cases}
    for outcome in outcomes:
        case = cases.get(outcome.line_id)
        if case is None or outcome.kind is not EntryKind.LINE or outcome.mode != Mode.READ_ONLY.value:
            continue
        line = case.facts
        billing = calendar_of(line.contract, line.rows, line.sibling_rows)
        yield LineNight(
            outcome=outcome,
            rule=case.rule,
            rows=line.rows,
            usage=case.usage,
            billing=billing,
            as_of=facts.context.as_of,
            months=billing.months or int(line.contract.period),
            stale_days=facts.context.stale_days if line.stale_days is None else line.stale_days,
            counts=_of(counts, case),
        )


def _of(counts: BillingTypeCounts, case: LineCase) -> Callable[[date], Mapping[str, Decimal]]:
    return lambda day: counts.of(case, day)


def compare_night(store: TenantStore, assembly: Assembly, facts: PlanFacts, outcomes: Iterable[Outcome]) -> None:
    """Judge the days that are due and remember on which of the newer ones the PSA is behind. One transaction; the same
    night again changes nothing."""
    wait = assembly.settings.beside.wait_days
    with store.writing():
        newest, behind = store.comparisons.newest(), store.comparisons.behind()
        new: list[Judgement] = []
        changed: dict[str, Mapping[date, Behind]] = {}
        for night in _nights(facts, outcomes, BillingTypeCounts(store, assembly)):
            line = night.outcome.line_id
            known = behind.get(line, {})
            found, still = judged(night, newest.get(line), known, wait)
            new += found
            if still != known:
                changed[line] = still
        store.comparisons.save(new)
        store.comparisons.set_behind(changed)
