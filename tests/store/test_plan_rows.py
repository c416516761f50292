"""A plan's rows as pages ask for them: each exactly once over all pages, in order, narrowed; sums are right."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest

from trueup.core.outcome import Adjustment, Outcome, OutcomeStatus, Plan
from trueup.core.reason import Reason
from trueup.store.plan_projection import Part
from trueup.store.plan_rows import KEPT_PLANS, PlanRow, RowFilter
from trueup.store.tenant_store import TenantStore

DAY = date(2026, 3, 1)
STATUSES = (OutcomeStatus.HELD, OutcomeStatus.CHANGE, OutcomeStatus.NONE, OutcomeStatus.UNMAPPED)
CODES = {
    OutcomeStatus.HELD: ("held.large_move", "held.customer_amount", "note.adoption"),
    OutcomeStatus.CHANGE: ("change.increase",),
    OutcomeStatus.NONE: ("none.right",),
    OutcomeStatus.UNMAPPED: ("unmapped.module",),
}


def outcome(number: int) -> Outcome:
    status = STATUSES[number % 4]
    moves = status in (OutcomeStatus.HELD, OutcomeStatus.CHANGE)
    change = number % 5 - 2 or 1
    return Outcome(
        line_id=f"L{number}",
        status=status,
        customer_id=f"C{number % 7}",
        contract_id="K",
        service_id=f"S{number % 3}",
        before=10,
        after=10 + change if moves else 10,
        effective=DAY,
        adjustments=(Adjustment(f"L{number}", DAY, change),) if moves else (),
        reasons=tuple(Reason.of(code, units=number) for code in CODES[status]),
        currency="EUR",
        price=Decimal("4.50"),
        period_months=1,
        recurring=Decimal("4.50") * change if moves else None,
        amount=Decimal("0.10") * change if moves else None,
        customer_name=f"Élan {number % 7}",
        service_name=f"Service {number % 3}",
        digest=f"d{number}",
    )


@pytest.fixture
def plan(store: TenantStore, now: datetime) -> Plan:
    made = Plan("p1", DAY, now, tuple(outcome(number) for number in range(83)), "sum")
    store.plans.save(made, "run-1", now=now)
    return made


def pages(
    store: TenantStore, plan: Plan, order: str, *, falling: bool = False, wanted: RowFilter | None = None
) -> list[PlanRow]:
    found: list[PlanRow] = []
    after = None
    while rows := store.plan_rows.page(
        plan.id, wanted or RowFilter(), order=order, falling=falling, after=after, limit=9
    ):
        found += rows
        after = store.plan_rows.cursor(plan.id, rows[-1], order)
    return found


def test_a_row_tells_how_the_numbers_moved_before_its_reasons(store: TenantStore, now: datetime) -> None:
    metric = Reason.of("step.metric", name="datto_rmm.laptop", label="Laptop", value=Decimal(5), change=Decimal(2))
    still = Reason.of("step.metric", name="datto_rmm.server", value=Decimal(1))
    made = [replace(outcome(number), steps=(metric, still)) for number in (1, 2)]
    store.plans.save(Plan("p1", DAY, now, tuple(made), "sum"), "run-1", now=now)
    told = {row.line_id: row.why for row in store.plan_rows.page("p1", RowFilter(), order="customer", limit=9)}
    assert told["L1"][0] == Reason.of("step.moved", name="Laptop", change=Decimal(2))
    assert [one.code for one in told["L1"]] == ["step.moved", "change.increase"]
    assert [one.code for one in told["L2"]] == ["none.right"], "a line without a change tells of none"


@pytest.mark.parametrize("falling", [False, True])
@pytest.mark.parametrize("order", ["customer", "service", "reason", "change", "day", "amount"])
def test_every_line_is_on_exactly_one_page_whatever_the_order(
    store: TenantStore, plan: Plan, order: str, falling: bool
) -> None:
    rows = pages(store, plan, order, falling=falling)
    assert Counter(row.line_id for row in rows) == Counter(one.line_id for one in plan.outcomes)
    assert [row.part for row in rows] == sorted(row.part for row in rows)


def test_amounts_fall_from_the_largest_within_each_part(store: TenantStore, plan: Plan) -> None:
    changes = [row.monthly for row in pages(store, plan, "amount", falling=True, wanted=RowFilter((Part.CHANGES,)))]
    assert changes == sorted(changes, reverse=True)  # type: ignore[type-var]
    assert changes[0] == Decimal("9.00")


def test_filters_narrow_together(store: TenantStore, plan: Plan) -> None:
    wanted = RowFilter(customer="C3", service="S1")
    expected = [one.line_id for one in plan.outcomes if (one.customer_id, one.service_id) == ("C3", "S1")]
    assert sorted(row.line_id for row in pages(store, plan, "customer", wanted=wanted)) == sorted(expected)
    assert store.plan_rows.count(plan.id, wanted) == len(expected)


def test_a_reason_is_all_codes_that_hold_a_line_and_no_note(store: TenantStore, plan: Plan) -> None:
    (total,) = [one for one in store.plan_totals.of(plan.id, "reason") if one.key.startswith("held")]
    assert total.key == "held.customer_amount held.large_move"
    rows = store.plan_rows.page(plan.id, RowFilter(reasons=(total.key,)), limit=100)
    assert {row.status for row in rows} == {OutcomeStatus.HELD}
    assert len(rows) == total.lines == sum(one.status is OutcomeStatus.HELD for one in plan.outcomes)


def test_names_are_found_without_accents(store: TenantStore, plan: Plan) -> None:
    assert {one.key for one in store.plan_totals.named(plan.id, "customer", "elan 3", 10)} == {"C3"}


@pytest.mark.parametrize("sign", ["%", "_", "/%", "elan%3", "elan_3"])
def test_signs_of_a_pattern_in_a_search_stand_for_themselves(store: TenantStore, plan: Plan, sign: str) -> None:
    assert store.plan_totals.named(plan.id, "customer", sign, 10) == ()


def test_a_line_is_known_by_its_whole_id_in_its_own_plan(store: TenantStore, plan: Plan) -> None:
    assert store.plan_rows.has_line(plan.id, "L82")
    assert not store.plan_rows.has_line(plan.id, "L8%")
    assert not store.plan_rows.has_line("another", "L82")


def test_totals_are_the_sums_of_the_lines_to_the_cent(store: TenantStore, plan: Plan) -> None:
    held = [one for one in plan.outcomes if one.status is OutcomeStatus.HELD]
    total = next(one for one in store.plan_totals.of(plan.id) if one.key == "" and one.part is Part.WAITS)
    waiting = [one for one in plan.outcomes if one.status in (OutcomeStatus.HELD, OutcomeStatus.UNMAPPED)]
    assert (total.lines, total.moving) == (len(waiting), len(held))
    assert total.monthly == sum((one.recurring or Decimal(0) for one in held), Decimal(0))
    assert total.amount == sum((one.amount or Decimal(0) for one in held), Decimal(0))
    assert total.recurring == Decimal("45.00") * len(waiting)


def test_a_line_in_read_only_mode_is_worth_nothing_to_an_approval(
    store: TenantStore, plan: Plan, now: datetime
) -> None:
    one, other = (one for one in plan.outcomes[:8] if one.status is OutcomeStatus.CHANGE)
    store.plans.save(Plan("p2", DAY, now, (replace(one, mode="read-only"), other), "sum2"), "run-2", now=now)
    (worth,) = store.plan_rows.worth("p2", RowFilter((Part.CHANGES,)))
    assert (worth.lines, worth.customers, worth.monthly) == (1, 1, other.recurring)


def test_rows_of_old_plans_are_let_go_and_made_again_when_asked_for(
    store: TenantStore, plan: Plan, now: datetime
) -> None:
    before = pages(store, plan, "customer")
    totals = store.plan_totals.of(plan.id)
    for number in range(KEPT_PLANS):
        store.plans.save(Plan(f"later-{number}", DAY, now, plan.outcomes[:1], "sum"), "run", now=now)
    assert not store.plan_rows.ready(plan.id)
    assert store.plan_totals.of(plan.id) == totals
    store.plan_rows.make(store.plans.get(plan.id).plan)
    assert pages(store, plan, "customer") == before
