"""CPU of planning 20,000 lines with policies over a month of usage, against a bare pass over the same readings."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import combinations

from bench.figures import Figure
from trueup.app.plans.assembling import Assembly, Memory, PlanDays, UsageSide, plan_days
from trueup.core.contract import Contract, Customer, Line, PeriodType, PsaSnapshot, Service, UnitRow
from trueup.core.counting.reading_series import ReadingSpan, series_of
from trueup.core.counting.scope import OrganizationKey, UsageHistory
from trueup.core.outcome import Outcome
from trueup.core.period import period_at
from trueup.core.planning.planning import plan_outcomes
from trueup.core.rule import MONTH_END, PRORATE_DAILY, Basis, QuantityPolicy, Rule, RuleLevel, TimingPolicy, Window
from trueup.core.settings import TenantSettings
from trueup.core.usage import Coverage

CUSTOMERS, LINES_EACH = 1_000, 20
AS_OF = date(2026, 6, 17)
WINDOW = 31
TYPES = ("desktop", "laptop", "server", "printer", "esxi_host", "unknown")
QUANTITIES = tuple(" + ".join(f"datto_rmm.{name}" for name in three) for three in combinations(TYPES, 3))
"""Twenty sums of three, one for each service, so that no line can take over what another has read."""
UP_NOW_DOWN_NEXT = TimingPolicy(decrease=MONTH_END.decrease)
POLICIES: tuple[tuple[QuantityPolicy, TimingPolicy], ...] = (
    (QuantityPolicy(), PRORATE_DAILY),
    (QuantityPolicy(included=Decimal(5), minimum=10), PRORATE_DAILY),
    (QuantityPolicy(basis=Basis.PEAK), UP_NOW_DOWN_NEXT),
    (QuantityPolicy(basis=Basis.AVERAGE, rounding_chosen=True), MONTH_END),
    (QuantityPolicy(basis=Basis.DAY, day=15, pack_size=10), MONTH_END),
    (QuantityPolicy(basis=Basis.LAST, window=Window.BILLING_PERIOD_PREVIOUS, round_to_multiple=5), MONTH_END),
)
"""Each service has the next of these, so that all policies are planned about as often."""


def _spans(first: date) -> Iterator[ReadingSpan]:
    """Counts of every customer; a third of them change in each week."""
    for customer in range(CUSTOMERS):
        for place, name in enumerate(TYPES):
            count, start = 10 + (customer * 7 + place * 3) % 40, first
            while start <= AS_OF:
                end = start + timedelta(days=5 + (customer + place) % 25)
                last = None if end >= AS_OF else end
                yield ReadingSpan(
                    "rmm", f"datto_rmm.{name}", f"site-{customer}", Decimal(count), Coverage.MEASURED, start, last
                )
                count, start = count + (1 if (customer + start.day) % 3 else -1), end + timedelta(days=1)


def _rows(units: int, first: date, last: date) -> tuple[UnitRow, ...]:
    found: list[UnitRow] = []
    start = first
    while start <= last:
        period = period_at(date(2026, 1, 1), 1, start)
        found.append(UnitRow(period.start, period.end, units))
        start = period.end + timedelta(days=1)
    return tuple(found)


def _snapshot(days: PlanDays) -> PsaSnapshot:
    services = tuple(Service(str(number), f"Service {number}", price=Decimal("12.50")) for number in range(LINES_EACH))
    contracts = tuple(
        Contract(str(number), str(number), "Contract", date(2026, 1, 1), None, PeriodType.MONTHLY, currency="EUR")
        for number in range(CUSTOMERS)
    )
    lines = tuple(
        Line(f"{contract.id}-{service.id}", contract.id, service.id, price=Decimal("12.50"))
        for contract in contracts
        for service in services
    )
    return PsaSnapshot(
        read_at=datetime(2026, 6, 18, 2, 0, tzinfo=UTC),
        first_day=days.first,
        last_day=days.last,
        customers=tuple(Customer(contract.id, f"Customer {contract.id}") for contract in contracts),
        contracts=contracts,
        services=services,
        lines=lines,
        rows=tuple((line.id, _rows(30, days.first, days.last)) for line in lines),
    )


def _rules() -> tuple[Rule, ...]:
    return tuple(
        Rule(
            f"r{number}",
            RuleLevel.SERVICE,
            str(number),
            str(number),
            QUANTITIES[number],
            policy,
            timing,
            cutover=date(2026, 5, 1),
        )
        for number in range(LINES_EACH)
        for policy, timing in (POLICIES[number % len(POLICIES)],)
    )


def bare_pass(spans: tuple[ReadingSpan, ...], first: date) -> Decimal:
    """Each line's sum of its readings for each day of the window: what any planner must at least look at."""
    series: dict[tuple[str, str], list[ReadingSpan]] = {}
    for span in spans:
        series.setdefault((span.organization, span.metric), []).append(span)
    days = [first + timedelta(days=place) for place in range(WINDOW)]
    total = Decimal(0)
    for customer in range(CUSTOMERS):
        for quantity in QUANTITIES:
            mine = [series[f"site-{customer}", name] for name in quantity.split(" + ")]
            for day in days:
                for one in mine:
                    for span in one:
                        if span.first <= day and (span.last is None or day <= span.last):
                            total += span.value
                            break
    return total


def _cpu(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def planned(
    days: PlanDays, snapshot: PsaSnapshot, spans: tuple[ReadingSpan, ...], rules: tuple[Rule, ...]
) -> tuple[Outcome, ...]:
    """One whole plan in memory: assembled, each line planned, rails and digests."""
    every_day = frozenset(
        days.usage_first + timedelta(days=place) for place in range((AS_OF - days.usage_first).days + 1)
    )
    history = UsageHistory(series_of(spans), {"rmm": "datto_rmm"}, {"rmm": every_day})
    mapped: dict[str, tuple[OrganizationKey, ...]] = {
        str(number): (("rmm", f"site-{number}"),) for number in range(CUSTOMERS)
    }
    assembly = Assembly(days, TenantSettings(), snapshot, UsageSide(history, mapped), Memory({}, {}))
    return plan_outcomes(assembly.facts(rules))


def measure() -> list[Figure]:
    """Both in this process, one after the other, the better of two runs each."""
    rules = _rules()
    days = plan_days(AS_OF, TenantSettings(), rules)
    spans, snapshot = tuple(_spans(days.usage_first)), _snapshot(days)
    first = AS_OF - timedelta(days=WINDOW - 1)
    peer = min(_cpu(lambda: bare_pass(spans, first)) for _ in range(2))
    ours = min(_cpu(lambda: planned(days, snapshot, spans, rules)) for _ in range(2))
    lines = CUSTOMERS * LINES_EACH
    return [Figure(f"CPU of planning {lines:,} lines with policies, against a bare pass over 31 days", ours, peer, "s")]
