from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from trueup.core.contract import UnitStep
from trueup.core.outcome import Adjustment, Outcome, OutcomeStatus, Plan
from trueup.core.rails.guard import Release
from trueup.core.reason import Reason
from trueup.store.errors import StoreError
from trueup.store.plans import Approval
from trueup.store.tenant_store import TenantStore

DAY = date(2026, 3, 1)
LATER = timedelta(hours=1)


def _outcome(number: int, status: OutcomeStatus = OutcomeStatus.CHANGE, *codes: str) -> Outcome:
    return Outcome(
        line_id=f"L{number}",
        status=status,
        customer_id=f"C{number % 2}",
        contract_id="K",
        service_id=f"S{number % 3}",
        before=5,
        after=7,
        effective=DAY,
        adjustments=(Adjustment(f"L{number}", DAY, 2, Decimal("8.10"), Decimal("9.00")),),
        reasons=tuple(Reason.of(code, units=number, share=Decimal("0.50")) for code in codes),
        steps=(Reason.of("step.items", day=DAY, text="2026-03-01", count=Decimal("7.0")),),
        currency="EUR",
        price=Decimal("4.50"),
        amount=Decimal("8.10"),
        expected=(UnitStep(DAY, 7),),
        digest=f"d{number}",
    )


def _plan(name: str, now: datetime, *outcomes: Outcome) -> Plan:
    return Plan(name, DAY, now, outcomes, f"sum-{name}", (Reason.of("plan.provisional", day=DAY),))


@pytest.fixture
def plan(store: TenantStore, now: datetime) -> Plan:
    made = _plan(
        "p1",
        now,
        _outcome(1),
        _outcome(2, OutcomeStatus.HELD, "held.to_zero", "held.fall"),
        _outcome(3, OutcomeStatus.HELD, "held.to_zero_soon"),
        _outcome(4, OutcomeStatus.NONE),
    )
    store.plans.save(made, "run-1", now=now)
    return made


def test_a_plan_comes_back_as_it_was_shown(store: TenantStore, plan: Plan):
    found = store.plans.get("p1")
    assert found.plan == plan
    assert repr(found.plan) == repr(plan)
    assert (found.state, found.run_id) == ("open", "run-1")


def test_a_later_plan_supersedes_the_open_one(store: TenantStore, plan: Plan, now: datetime):
    store.plans.save(_plan("p2", now + LATER, _outcome(1)), None, now=now + LATER)
    first = store.plans.get("p1")
    assert (first.state, first.state_at, first.superseded_by) == ("superseded", now + LATER, "p2")
    latest = store.plans.latest()
    assert latest is not None
    assert latest.plan.id == "p2"
    assert [one.plan.id for one in store.plans.list()] == ["p2", "p1"]
    assert not store.plans.expire("p1", now=now + LATER)
    assert store.plans.applied("p2", now=now + LATER)
    assert store.plans.get("p2").state == "applied"


def test_a_plan_is_never_saved_twice(store: TenantStore, plan: Plan, now: datetime):
    with pytest.raises(StoreError) as caught:
        store.plans.save(replace(plan, checksum="other"), None, now=now)
    assert caught.value.reason == Reason.of("store.plan_exists", plan="p1")
    assert store.plans.get("p1").state == "open"


def test_no_plan_is_an_answer(store: TenantStore):
    assert store.plans.latest() is None
    with pytest.raises(StoreError) as caught:
        store.plans.get("p1")
    assert caught.value.reason == Reason.of("store.unknown_plan", plan="p1")


def test_outcomes_are_found_by_what_they_say(store: TenantStore, plan: Plan):
    def lines(**wanted: object) -> list[str]:
        return [outcome.line_id for _, outcome in store.plans.outcomes("p1", **wanted)]

    assert lines() == ["L1", "L2", "L3", "L4"]
    assert lines(status=OutcomeStatus.HELD) == ["L2", "L3"]
    assert lines(code="held.to_zero") == ["L2"], "one code is not the beginning of another"
    assert lines(code="held%") == []
    assert lines(customer_id="C0", service_id="S2") == ["L2"]
    assert lines(line_id="L4") == ["L4"]
    first = store.plans.outcomes("p1", limit=3)
    assert [one.line_id for _, one in store.plans.outcomes("p1", after=first[-1][0])] == ["L4"]


def test_a_line_has_its_history_of_plans(store: TenantStore, plan: Plan, now: datetime):
    changed = replace(_outcome(1), after=9)
    store.plans.save(_plan("p2", now + LATER, changed), None, now=now + LATER)
    assert store.plans.history_of_line("L1") == (("p2", changed), ("p1", plan.outcomes[0]))


def test_an_approval_names_what_was_shown(store: TenantStore, plan: Plan, now: datetime):
    given = Approval("p1", "sum-p1", ("d1", "d2"), "ann", "month end", now)
    store.plans.approve(given)
    assert store.plans.approvals("p1") == (given,)


@pytest.mark.parametrize(("checksum", "digests"), [("sum-other", ("d1",)), ("sum-p1", ("d1", "never shown"))])
def test_an_approval_of_anything_else_is_refused(
    checksum: str, digests: tuple[str, ...], store: TenantStore, plan: Plan, now: datetime
):
    with pytest.raises(StoreError) as caught:
        store.plans.approve(Approval("p1", checksum, digests, "ann", "", now))
    assert caught.value.reason == Reason.of("store.plan_differs", plan="p1")
    assert store.plans.approvals("p1") == ()


def test_a_plan_that_is_not_open_cannot_be_approved(store: TenantStore, plan: Plan, now: datetime):
    assert store.plans.expire("p1", now=now + LATER)
    with pytest.raises(StoreError) as caught:
        store.plans.approve(Approval("p1", "sum-p1", ("d1",), "ann", "", now))
    assert caught.value.reason == Reason.of("store.plan_not_open", plan="p1", state="expired")


def test_a_release_ends_when_its_target_or_date_changes(store: TenantStore, now: datetime):
    first = Release("held.fall", "L1", 7, DAY)
    store.plans.release(first, "ann", "agreed by phone", now=now)
    store.plans.release(Release("held.to_zero", "L1", 7, DAY), "ann", "agreed", now=now)
    second = replace(first, after=6)
    store.plans.release(second, "bob", "again", now=now + LATER)
    assert set(store.plans.releases(["L1"])) == {Release("held.to_zero", "L1", 7, DAY), second}
    assert store.plans.releases(["L2"]) == ()
    assert store.plans.end_releases("L1", now=now + LATER) == 2
    assert store.plans.releases() == ()
    history = store.plans.release_history()
    assert [(one.person, one.reason, one.ended_at) for one in history if one.release == first] == [
        ("ann", "agreed by phone", now + LATER)
    ]
