"""How many lines a filter of a plan fits is said as if they had been counted one by one, whoever knew it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from tests.app.office import Office, run

from trueup.app.plans.browsing import SHOWN, PlanListing, PlanQuestion
from trueup.app.plans.room import plan_room
from trueup.core.outcome import Outcome, OutcomeStatus, Plan
from trueup.core.reason import Reason
from trueup.core.retention import Kept
from trueup.store.plan_projection import PARTS

DAY = date(2026, 6, 14)
CODES = {
    OutcomeStatus.HELD: "held.large_move",
    OutcomeStatus.CHANGE: "change.increase",
    OutcomeStatus.SCHEDULED: "scheduled.later",
    OutcomeStatus.NONE: "none.right",
}
Fits = Callable[[Outcome], bool]
FILTERS: dict[str, tuple[PlanQuestion, Fits]] = {
    "customer": (PlanQuestion(customer="C2"), lambda one: one.customer_id == "C2"),
    "service": (PlanQuestion(service="S3"), lambda one: one.service_id == "S3"),
    "reason": (PlanQuestion(reason="none.right"), lambda one: one.status is OutcomeStatus.NONE),
    "a name of customers": (PlanQuestion(text="maison"), lambda one: one.customer_id in ("C1", "C11")),
    "a name of services": (PlanQuestion(text="backup"), lambda one: one.service_id == "S1"),
    "a name of both": (PlanQuestion(text="e 3"), lambda one: one.customer_id == "C3" or one.service_id == "S3"),
    "a name of nobody": (PlanQuestion(text="nobody at all"), lambda _: False),
    "a line": (PlanQuestion(text="L5"), lambda one: one.line_id == "L5"),
    "two": (
        PlanQuestion(customer="C2", service="S2"),
        lambda one: (one.customer_id, one.service_id) == ("C2", "S2"),
    ),
    "a customer that is none": (PlanQuestion(customer="C99"), lambda _: False),
}


def outcome(number: int) -> Outcome:
    customer, service = number % 13, number % 5
    status = tuple(CODES)[number % 4]
    # a customer whose lines name it in two ways, as when its name changed while a plan was made
    name = "Maison Élan" if customer in (1, 11) and number % 3 else f"Office {customer}"
    return Outcome(
        line_id=f"L{number}",
        status=status,
        customer_id=f"C{customer}",
        contract_id="K",
        service_id=f"S{service}",
        before=10,
        after=10,
        effective=DAY,
        reasons=(Reason.of(CODES[status], units=number),),
        currency=("EUR", "USD")[number % 2],
        customer_name=name,
        service_name="Backup" if service == 1 else f"Service {service}",
        digest=f"d{number}",
    )


def listing(office: Office, asked: PlanQuestion, plan: str | None = None) -> PlanListing:
    found = run(plan_room(office.ws, plan, asked))
    assert found is not None
    return found.listing


@pytest.mark.parametrize("show", ["all", "todo", "right"])
@pytest.mark.parametrize("group", ["customer", "service", "reason"])
@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_fits_as_many_lines_as_there_are(empty: Office, name: str, group: str, show: str) -> None:
    plan = Plan("p1", DAY, empty.ws.now(), tuple(map(outcome, range(230))), "sum")
    empty.ws.store.plans.save(plan, None, now=empty.ws.now())
    asked, fits = FILTERS[name]
    found = listing(empty, replace(asked, show=show, group=group, limit=1000))  # type: ignore[arg-type]
    shown = [one for one in plan.outcomes if PARTS[one.status] in SHOWN[found.question.show] and fits(one)]
    rows = [line.row for one in found.groups for line in one.rows]
    assert {row.line_id for row in rows} == {one.line_id for one in shown}
    assert found.matching == len(rows) == len(shown)
    key = {"customer": "customer_id", "service": "service_id", "reason": "reason"}[group]
    counted = Counter((row.part, getattr(row, key)) for row in rows)
    assert {(one.part, one.key): one.lines for one in found.groups} == counted


def test_lines_that_are_not_kept_any_more_are_not_counted(empty: Office) -> None:
    store = empty.ws.store
    for number in (1, 2):
        plan = Plan(f"p{number}", DAY, empty.ws.now(), tuple(map(outcome, range(60))), f"sum{number}")
        store.plans.save(plan, None, now=empty.ws.now())
    assert store.pruning.delete(Kept.PLANS, date(2026, 7, 1)), "all lines but those of the month's last plan"
    asked = PlanQuestion(show="all", customer="C2")
    assert listing(empty, asked, "p1").matching == 0
    assert listing(empty, asked).matching == sum(one % 13 == 2 for one in range(60))
