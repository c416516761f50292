from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from tests.psa.autotask.conftest import FAST, FIRST, LAST, Desk

from trueup.core.contract import LineKind
from trueup.core.usage import Certainty
from trueup.psa.autotask import AutotaskPsa, CallBudget
from trueup.psa.port import NewCost, NewLine, NewService, RefusalKind, UnitChange, WriteResult, WriteStatus

Opener = Callable[..., Desk]

MID = date(2026, 6, 16)
START = date(2026, 6, 1)


def change(line: str = "5001", units: int = 3, day: date = MID, contract: str = "1001") -> UnitChange:
    return UnitChange(line, contract, "301", day, units)


def adjust(desk: Desk, wanted: UnitChange | None = None, **options: object) -> WriteResult:
    return desk.use(lambda psa: psa.adjust(wanted or change()), **options)


@pytest.mark.parametrize("item_id", ["null", "number"])
def test_an_accepted_adjustment_moves_the_units_from_its_day_on(desk: Desk, item_id: str) -> None:
    desk.switch(adj_item_id=item_id)
    result = adjust(desk)
    assert result.status is WriteStatus.ACCEPTED
    assert (result.created_id is None) == (item_id == "null")
    assert (desk.units(5001, date(2026, 6, 15)), desk.units(5001, MID)) == (17, 20)
    assert desk.units(5001, date(2026, 7, 1)) == 20


def test_the_effective_day_arrives_as_the_day_that_was_meant(desk: Desk) -> None:
    adjust(desk, change(day=date(2026, 3, 31)))
    assert [entry["effective_date"][:10] for entry in desk.adjustments()] == ["2026-03-31"]


def test_a_bundle_line_is_adjusted_as_a_bundle(desk: Desk) -> None:
    wanted = UnitChange("bundle-6001", "1007", "bundle-41", START, -5, LineKind.BUNDLE)
    assert adjust(desk, wanted).status is WriteStatus.ACCEPTED
    assert dict(desk.use(lambda psa: psa.read_units(["bundle-6001"], FIRST, LAST)))["bundle-6001"][0].units == 10


def test_a_repeat_line_is_adjusted_by_its_own_id(desk: Desk) -> None:
    adjust(desk, UnitChange("5005", "1002", "303", MID, 2))
    assert (desk.units(5004, MID), desk.units(5005, MID)) == (25, 6)


@pytest.mark.parametrize(
    ("wanted", "kind"),
    [
        (change(day=date(2031, 1, 1)), RefusalKind.OUTSIDE_CONTRACT),
        (change(units=-100), RefusalKind.NEGATIVE_UNITS),
        (change(line="999999"), RefusalKind.OTHER),
    ],
)
def test_a_refusal_says_why_and_is_sent_once(desk: Desk, wanted: UnitChange, kind: RefusalKind) -> None:
    result = adjust(desk, wanted)
    assert (result.status, result.refusal) == (WriteStatus.REFUSED, kind)
    assert result.reason is not None
    assert result.reason.code == f"autotask.refused.{kind.value}"
    assert result.reason.get("text")
    assert desk.ask("calls")["counters"]["ContractServiceAdjustments POST create"] == 1
    assert desk.adjustments() == []


@pytest.mark.parametrize(
    ("rule", "day", "status"),
    [
        ("reject_midperiod", MID, WriteStatus.REFUSED),
        ("reject_midperiod", START, WriteStatus.ACCEPTED),
        ("reject_always", MID, WriteStatus.REFUSED),
        ("reject_always", START, WriteStatus.REFUSED),
        ("merge", MID, WriteStatus.ACCEPTED),
    ],
)
def test_a_second_change_on_one_day_is_taken_or_refused_as_a_used_date(
    desk: Desk, rule: str, day: date, status: WriteStatus
) -> None:
    desk.switch(same_day_duplicate=rule)
    adjust(desk, change(day=day))
    second = adjust(desk, change(day=day))
    assert second.status is status
    assert second.refusal is (RefusalKind.DUPLICATE_DATE if status is WriteStatus.REFUSED else None)


@pytest.mark.parametrize(("rule", "kind"), [("refuse", RefusalKind.POSTED_PERIOD), ("proration_item", None)])
def test_a_posted_period_refuses_or_takes_the_change(desk: Desk, rule: str, kind: RefusalKind | None) -> None:
    desk.switch(posted_period=rule)
    desk.order("approve-and-post", through="2026-06-01")
    assert adjust(desk).refusal is kind


def test_a_user_who_may_not_edit_contracts_is_refused_by_permission(desk: Desk) -> None:
    readonly = desk.credentials(user_name="readonly@msp.example", secret="simulated-secret-2")
    result = adjust(desk, credentials=readonly)
    assert (result.status, result.refusal) == (WriteStatus.REFUSED, RefusalKind.PERMISSION)


@pytest.mark.parametrize(
    "kind", ["commit-then-drop", "commit-then-504", "commit-then-html-500", "half-body", "broken-json"]
)
def test_an_answer_that_was_lost_after_the_change_was_made_is_unclear(desk: Desk, kind: str) -> None:
    desk.fault(kind, action="create")
    assert adjust(desk).status is WriteStatus.UNCLEAR
    assert len(desk.adjustments()) == 1
    assert desk.units(5001, MID) == 20


@pytest.mark.parametrize("kind", ["drop", "gateway-504", "html-500", "empty-500"])
def test_an_answer_that_was_lost_before_anything_was_done_is_unclear_too(desk: Desk, kind: str) -> None:
    desk.fault(kind, action="create")
    assert adjust(desk).status is WriteStatus.UNCLEAR
    assert desk.adjustments() == []


def test_a_fault_at_their_side_in_the_errors_array_is_unclear(desk: Desk) -> None:
    desk.fault("errors", action="create", texts=["An internal error occurred."])
    assert adjust(desk).status is WriteStatus.UNCLEAR


@pytest.mark.parametrize("kind", ["slow", "commit-late"])
def test_a_change_that_outlasts_the_time_out_is_unclear(desk: Desk, kind: str) -> None:
    desk.fault(kind, action="create", seconds=1)
    assert adjust(desk, settings=replace(FAST, write_seconds=0.2)).status is WriteStatus.UNCLEAR
    until = time.monotonic() + 5
    while not desk.adjustments() and time.monotonic() < until:
        time.sleep(0.05)
    assert len(desk.adjustments()) == 1


@pytest.mark.parametrize("status", ["429", "500"])
def test_the_thread_limit_means_that_nothing_was_sent(desk: Desk, status: str) -> None:
    desk.switch(thread_limit_status=status)
    desk.fault("thread-limit", action="create")
    assert adjust(desk).status is WriteStatus.NOT_SENT
    assert desk.adjustments() == []


def test_too_many_requests_mean_that_nothing_was_sent_and_nothing_is_tried_again(desk: Desk) -> None:
    desk.fault("too-many-requests", action="create")
    result = adjust(desk)
    assert (result.status, result.reason and result.reason.code) == (WriteStatus.NOT_SENT, "autotask.rate_limited")
    assert desk.ask("calls")["counters"]["ContractServiceAdjustments POST create"] == 1


def test_a_connection_that_cannot_be_made_means_that_nothing_was_sent(desk: Desk) -> None:
    async def after_the_server_went(psa):  # type: ignore[no-untyped-def]
        await psa.read_units(["5001"], FIRST, LAST)
        await asyncio.to_thread(desk.sim.stop)
        first = await psa.adjust(change())
        return first, await psa.adjust(change())

    # the first may find the old connection half closed, which is unclear; the next finds no connection at all
    _, second = desk.use(after_the_server_went, settings=replace(FAST, connect_seconds=1.0))
    assert second.status is WriteStatus.NOT_SENT


def test_a_write_beyond_the_hourly_budget_is_not_sent(desk: Desk) -> None:
    desk.order("use-calls", count=9_600)
    result = adjust(desk, budget=CallBudget(margin=500))
    assert result.status is WriteStatus.NOT_SENT
    assert result.reason is not None
    assert result.reason.code == "autotask.budget_spent"
    assert desk.adjustments() == []


def test_a_customer_moved_to_another_zone_makes_one_unsent_write_and_the_next_arrives(desk: Desk) -> None:
    async def around_a_move(psa):  # type: ignore[no-untyped-def]
        await psa.read_units(["5001"], FIRST, LAST)
        await asyncio.to_thread(desk.order, "move-zone")
        return await psa.adjust(change()), await psa.adjust(change())

    first, second = desk.use(around_a_move)
    assert (first.status, first.reason.code) == (WriteStatus.NOT_SENT, "autotask.zone_moved")
    assert second.status is WriteStatus.ACCEPTED
    assert len(desk.adjustments()) == 1


def test_adjustments_go_one_after_the_other_with_a_gap(desk: Desk) -> None:
    desk.switch(latency_ms=30)

    async def at_once(psa):  # type: ignore[no-untyped-def]
        await psa.read_units(["5001"], FIRST, LAST)
        began = time.monotonic()
        await asyncio.gather(*(psa.adjust(change(day=date(2026, 6, day))) for day in (10, 11, 12)))
        return time.monotonic() - began

    took = desk.use(at_once, settings=replace(FAST, adjustment_gap_seconds=0.2))
    assert took >= 0.4 + 3 * 0.03
    assert desk.ask("calls")["peak_threads"]["ContractServiceAdjustments"] == 1


def test_a_change_by_a_person_in_between_is_seen_on_reading_back(desk: Desk) -> None:
    desk.fault("edit-units", action="create", line=5001, units=2, day="2026-06-10")
    assert adjust(desk).status is WriteStatus.ACCEPTED
    rows = dict(desk.use(lambda psa: psa.read_units(["5001"], FIRST, LAST)))["5001"]
    assert [(row.start.day, row.units) for row in rows] == [(1, 17), (10, 19), (16, 22)]


def test_a_contract_that_ended_in_between_refuses(desk: Desk) -> None:
    desk.fault("end-contract", action="create", contract=1001, end_date="2026-06-10")
    assert adjust(desk).refusal is RefusalKind.OUTSIDE_CONTRACT


NEW = NewService("Datto RMM - All Devices", Decimal("6.75"), "2001", 1)


def test_a_service_is_created_with_the_chosen_price_code_and_period(desk: Desk) -> None:
    result = desk.use(lambda psa: psa.create_service(NEW))
    assert result.status is WriteStatus.ACCEPTED
    made = next(one for one in desk.ask("state")["services"] if one["name"] == NEW.name)
    assert str(made["id"]) == result.created_id
    assert (Decimal(str(made["unitPrice"])), made["billingCodeID"], made["periodType"]) == (Decimal("6.75"), 2001, 2)
    assert made["isActive"] is True


def test_a_service_whose_name_is_taken_is_not_created_again(desk: Desk) -> None:
    first = desk.use(lambda psa: psa.create_service(NEW))
    second = desk.use(lambda psa: psa.create_service(replace(NEW, name="datto rmm - ALL devices ")))
    assert second.status is WriteStatus.REFUSED
    assert second.reason is not None
    assert (second.reason.code, second.created_id) == ("autotask.service_exists", first.created_id)
    assert desk.use(lambda psa: psa.find_services(NEW.name)) == (first.created_id,)
    assert desk.use(lambda psa: psa.find_services("Datto RMM")) == ()


def test_a_lookup_that_failed_creates_no_service(desk: Desk) -> None:
    desk.fault("html-500", entity="Services", action="query", times=None)
    assert desk.use(lambda psa: psa.create_service(NEW)).status is WriteStatus.NOT_SENT
    assert NEW.name not in {one["name"] for one in desk.ask("state")["services"]}


def test_a_service_with_a_period_that_does_not_exist_is_refused(desk: Desk) -> None:
    result = desk.use(lambda psa: psa.create_service(replace(NEW, period_months=2)))
    assert result.reason is not None
    assert result.reason.code == "autotask.period_unknown"


LINE = NewLine("1001", "303", MID, 4, Decimal(35))


def test_a_new_line_has_its_units_and_price_from_its_day(desk: Desk) -> None:
    result = desk.use(lambda psa: psa.add_line(LINE))
    assert (result.status, result.created_id is not None) == (WriteStatus.ACCEPTED, True)
    assert (desk.units(int(result.created_id or 0), MID), len(desk.adjustments())) == (4, 1)
    snapshot = desk.use(lambda psa: psa.read(FIRST, LAST))
    assert next(line for line in snapshot.lines if line.id == result.created_id).price == Decimal(35)


def test_a_service_already_on_the_contract_gets_no_second_line(desk: Desk) -> None:
    first = desk.use(lambda psa: psa.add_line(LINE))
    second = desk.use(lambda psa: psa.add_line(LINE))
    assert second.status is WriteStatus.REFUSED
    assert second.reason is not None
    assert (second.reason.code, second.created_id) == ("autotask.line_exists", first.created_id)
    assert desk.units(int(first.created_id or 0), MID) == 4


def test_a_lookup_that_failed_adds_no_line(desk: Desk) -> None:
    desk.fault("empty-500", entity="ContractServices", action="query", times=None)
    assert desk.use(lambda psa: psa.add_line(LINE)).status is WriteStatus.NOT_SENT
    assert desk.adjustments() == []


def test_a_new_line_of_no_units_is_refused_before_anything_is_sent(desk: Desk) -> None:
    result = desk.use(lambda psa: psa.add_line(replace(LINE, units=0)))
    assert (result.status, result.refusal) == (WriteStatus.REFUSED, RefusalKind.NEGATIVE_UNITS)
    assert desk.ask("calls")["total"] == 0


def cost_of(desk: Desk, service: str) -> Decimal | None:
    (found,) = desk.use(lambda psa: psa.read_services([service]))
    return found.cost


def test_a_unit_cost_is_written_with_its_digits_and_nothing_else_of_the_service_moves(desk: Desk) -> None:
    (before,) = desk.use(lambda psa: psa.read_services(["301"]))
    result = desk.use(lambda psa: psa.set_unit_cost(NewCost("301", Decimal("1.3333"))))
    assert (result.status, result.created_id) == (WriteStatus.ACCEPTED, "301")
    assert desk.use(lambda psa: psa.read_services(["301"])) == (replace(before, cost=Decimal("1.3333")),)
    assert desk.ask("calls")["counters"]["Services PATCH update"] == 1


def test_a_unit_cost_is_said_to_be_writable_and_how_sure_that_is(desk: Desk) -> None:
    async def able(psa: AutotaskPsa) -> Certainty | None:
        return psa.capabilities.unit_cost

    assert desk.use(able) is Certainty.INFERRED


def test_services_that_are_not_there_are_left_out(desk: Desk) -> None:
    found = desk.use(lambda psa: psa.read_services(["301", "999999"]))
    assert [one.id for one in found] == ["301"]
    assert desk.use(lambda psa: psa.read_services([])) == ()


def test_the_cost_of_a_service_that_is_gone_is_refused(desk: Desk) -> None:
    result = desk.use(lambda psa: psa.set_unit_cost(NewCost("999999", Decimal(1))))
    assert (result.status, result.refusal) == (WriteStatus.REFUSED, RefusalKind.OTHER)


@pytest.mark.parametrize("kind", ["commit-then-drop", "commit-then-504", "half-body", "broken-json"])
def test_a_unit_cost_whose_answer_was_lost_is_unclear_and_sent_once(desk: Desk, kind: str) -> None:
    desk.fault(kind, action="update")
    assert desk.use(lambda psa: psa.set_unit_cost(NewCost("301", Decimal(2)))).status is WriteStatus.UNCLEAR
    assert cost_of(desk, "301") == 2
    assert desk.ask("calls")["counters"]["Services PATCH update"] == 1
