"""Changes that go together or not at all: groups, mirrors, and services of which a customer is billed by only one."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.situations import AT_ONCE, DESKTOP, PROFILE, autumn, codes, day, days, line, rule, seen, sent, spread

from trueup.core.by_hand.drift import KnownUnits
from trueup.core.contract import Contract, level_on
from trueup.core.dates.succession import Succession
from trueup.core.outcome import Outcome, OutcomeStatus
from trueup.core.planning.line_plan import LineFacts, PlanContext
from trueup.core.planning.planning import LineCase, PlanFacts, plan_outcomes
from trueup.core.quantities.allocation import AllocationGroup, GroupLine, rules_of
from trueup.core.rails.guard import Release
from trueup.core.rule import Mirror, Mode, Override, Rule, Timing, TimingPolicy
from trueup.core.settings import Thresholds
from trueup.core.usage import ScopeUsage

LAPTOP = "datto_rmm.laptop"
NEXT_PERIOD = TimingPolicy(increase=Timing.NEXT_PERIOD, decrease=Timing.NEXT_PERIOD)
NO_RAILS = Thresholds(
    line_to_zero=False, line_fall_share=Decimal(1), line_move_units=10**6, customer_amount=Decimal(10**9)
)


def usage(before: int, after: int) -> ScopeUsage:
    return seen(spread(("11-01", "11-11", before), ("11-12", "11-14", after)))


def facts(line_id: str, units: int, price: str = "12.00", service: str = "10", **changes: object) -> LineFacts:
    found = line(autumn(units))
    own = replace(found.line, id=line_id, service_id=service, price=Decimal(price))
    return replace(found, line=own, service=replace(found.service, id=service), **changes)  # type: ignore[arg-type]


def case(of: LineFacts, by: Rule, used: ScopeUsage) -> LineCase:
    return LineCase(of, by, used, frozenset({"rmm"}))


def plan(*cases: LineCase, rails: Thresholds = NO_RAILS, **more: object) -> dict[str, Outcome]:
    context = PlanContext(day("11-14"))
    found = plan_outcomes(replace(PlanFacts(cases, context, rails), **more))  # type: ignore[arg-type]
    assert [one.line_id for one in found] == [one.facts.line.id for one in cases]
    return {one.line_id: one for one in found}


def group(
    *parts: LineFacts, caps: tuple[int | None, ...], used: ScopeUsage, timings: tuple[TimingPolicy | None, ...] = ()
) -> tuple[LineCase, ...]:
    """Cases of the lines that stand in the group `morel`."""
    places = tuple(
        GroupLine(one.line.id, one.line.contract_id, one.line.service_id, cap, timing=timing)
        for one, cap, timing in zip(parts, caps, timings or (None,) * len(parts), strict=True)
    )
    made = AllocationGroup("morel", "1", DESKTOP, places, timing=AT_ONCE, cutover=day("11-01"))
    contracts: dict[str, Contract] = {one.contract.id: one.contract for one in parts}
    rules = rules_of((made,), [one.line for one in parts], contracts, day("11-14"), Succession())
    return tuple(case(one, rules[one.line.id], used) for one in parts)


# --- allocation groups --------------------------------------------------------------------------------------------


def test_what_goes_past_the_cap_goes_on_the_next_line_of_the_same_service_without_being_ambiguous() -> None:
    found = plan(*group(facts("1000", 20), facts("1001", 0), caps=(25, None), used=usage(20, 31)))
    assert sent(found["1000"]) == [("11-12", 5)]
    assert sent(found["1001"]) == [("11-12", 6)]
    assert {one.status for one in found.values()} == {OutcomeStatus.CHANGE}
    assert (found["1000"].together, found["1001"].together) == (("1001",), ("1000",))


def test_a_fall_drains_the_last_line_and_leaves_the_first_alone() -> None:
    found = plan(*group(facts("1000", 25), facts("1001", 6), caps=(25, None), used=usage(31, 27)))
    assert sent(found["1001"]) == [("11-12", -4)]
    assert (found["1000"].status, found["1001"].status) == (OutcomeStatus.NONE, OutcomeStatus.CHANGE)


@pytest.mark.parametrize(
    ("waiting", "code"),
    [
        ({"unsettled": True}, "held.unsettled"),
        ({"known": KnownUnits((), day("11-01"))}, "drift.edited"),
    ],
    ids=["unsettled", "edited by hand"],
)
def test_one_line_of_a_group_that_waits_holds_the_other(waiting: dict, code: str) -> None:
    found = plan(*group(facts("1000", 20, **waiting), facts("1001", 0), caps=(25, None), used=usage(20, 31)))
    assert codes(found["1000"])[0] == code
    assert codes(found["1001"])[0] == "held.group"
    assert (found["1001"].reasons[0].get("line"), found["1001"].reasons[0].get("why")) == ("1000", code)
    assert found["1001"].releasable == ("group",)


def test_a_guard_rail_on_one_line_holds_the_other_until_both_are_released() -> None:
    cases = group(facts("1000", 25), facts("1001", 2), caps=(25, None), used=usage(27, 25))
    found = plan(*cases, rails=Thresholds())
    assert found["1001"].releasable == ("to_zero",)
    assert found["1000"].status is OutcomeStatus.NONE, "it has nothing to change"
    both = group(facts("1000", 25), facts("1001", 2), caps=(25, None), used=usage(27, 20))
    held = plan(*both, rails=Thresholds())
    assert (held["1000"].releasable, held["1001"].releasable) == (("group",), ("to_zero",))
    released = plan(*both, rails=Thresholds(), releases=(Release("to_zero", "1001", 0, day("11-12")),))
    assert {one.status for one in released.values()} == {OutcomeStatus.CHANGE}


def test_lines_of_a_group_that_move_in_opposite_directions_wait_together() -> None:
    found = plan(*group(facts("1000", 20), facts("1001", 11), caps=(25, None), used=usage(31, 31)))
    assert {codes(one)[0] for one in found.values()} == {"held.group_opposite"}
    assert {one.releasable for one in found.values()} == {("group_opposite",)}


def test_a_fall_that_is_due_later_holds_the_rise_that_takes_its_place() -> None:
    cases = group(facts("1000", 30), facts("1001", 1), caps=(25, None), used=usage(31, 31), timings=(NEXT_PERIOD, None))
    found = plan(*cases)
    assert found["1000"].status is OutcomeStatus.SCHEDULED
    assert codes(found["1001"])[0] == "held.group_opposite"


def test_each_line_keeps_its_own_dates() -> None:
    cases = group(facts("1000", 20), facts("1001", 0), caps=(25, None), used=usage(20, 31), timings=(NEXT_PERIOD, None))
    found = plan(*cases)
    assert found["1000"].status is OutcomeStatus.SCHEDULED
    assert sent(found["1001"]) == [("11-12", 6)]


def test_more_than_all_caps_holds_the_group_and_says_how_much_is_billed_nowhere() -> None:
    found = plan(*group(facts("1000", 20), facts("1001", 5), caps=(25, 5), used=usage(25, 33)))
    for one in found.values():
        assert codes(one) == ["held.group_excess"]
        assert (one.reasons[0].get("room"), one.reasons[0].get("excess")) == (30, 3)
        assert (one.adjustments, one.releasable) == ((), ())


def test_rises_of_earlier_days_wait_too_while_there_is_too_much() -> None:
    used = seen(spread(("11-01", "11-11", 25), ("11-12", "11-13", 28), ("11-14", "11-14", 33)))
    found = plan(*group(facts("1000", 20), facts("1001", 5), caps=(25, 5), used=used))
    assert codes(found["1000"]) == ["held.group_excess"]


def test_a_line_of_the_group_that_is_gone_from_the_psa_holds_the_rest() -> None:
    cases = group(facts("1000", 20), facts("1001", 0), caps=(25, None), used=usage(20, 31))
    found = plan(cases[0])
    assert codes(found["1000"])[0] == "held.group_incomplete"
    assert found["1000"].reasons[0].get("line") == "1001"


def test_a_line_outside_the_group_over_the_same_usage_is_still_ambiguous() -> None:
    inside = group(facts("1000", 20), facts("1001", 0), caps=(25, None), used=usage(20, 31))
    found = plan(*inside, case(facts("1002", 5), rule(AT_ONCE), usage(20, 31)))
    assert {codes(one)[0] for one in found.values()} == {"held.ambiguous"}


def test_nobody_writes_half_a_group_while_the_other_half_is_read_only() -> None:
    one, two = group(facts("1000", 20), facts("1001", 0), caps=(25, None), used=usage(20, 31))
    found = plan(one, replace(two, rule=replace(two.rule, mode=Mode.READ_ONLY)))
    assert codes(found["1000"])[0] == "held.group"
    assert found["1000"].reasons[0].get("why") == "note.read_only"


@PROFILE
@given(st.lists(st.integers(0, 60), min_size=14, max_size=14), st.lists(st.integers(0, 25), min_size=1, max_size=3))
def test_on_every_day_the_lines_of_a_group_and_the_discount_bill_what_was_counted(
    counted: list[int], caps: list[int]
) -> None:
    used = seen(dict(zip(days("11-01", "11-14"), counted, strict=True)))
    parts = [facts(str(1000 + place), 0, service=str(10 + place)) for place in range(len(caps) + 1)]
    cases = group(*parts, caps=(*caps, None), used=used)
    mirror = case(facts("1900", 0, "-2.50", "19"), replace(DISCOUNT, cutover=day("11-01")), ScopeUsage())
    found = plan(*cases, mirror)
    for on, total in zip(days("11-01", "11-14"), counted, strict=True):
        levels = [level_on(found[one.line.id].levels, on) for one in parts]
        left = total
        for level, cap in zip(levels, (*caps, 10**6), strict=True):
            assert level == min(left, cap)
            left -= level
        assert left == 0
        assert level_on(found["1900"].levels, on) == levels[0]


# --- mirrors ------------------------------------------------------------------------------------------------------

DISCOUNT = replace(rule(), id="discount", quantity="", mirror=Mirror("10", "1000", "100"))


def discounted(units: int, discount: int, used: ScopeUsage, **changes: object) -> dict[str, Outcome]:
    charge = case(facts("1000", units), replace(rule(AT_ONCE), cutover=day("11-01")), used)
    copy = replace(DISCOUNT, cutover=day("11-01"))
    mirror = case(facts("1900", discount, "-2.50", "19", **changes), copy, ScopeUsage())
    return plan(mirror, charge)


def test_a_discount_moves_with_its_charge_on_the_same_day_and_lowers_the_bill() -> None:
    found = discounted(41, 41, usage(41, 44))
    assert sent(found["1900"]) == sent(found["1000"]) == [("11-12", 3)]
    # 3 x 12.00 x 19 / 30 = 22.80; 3 x -2.50 x 19 / 30 = -4.75
    assert (found["1000"].amount, found["1900"].amount) == (Decimal("22.80"), Decimal("-4.75"))
    assert (found["1000"].recurring, found["1900"].recurring) == (Decimal("36.00"), Decimal("-7.50"))
    assert found["1900"].rule_id == "discount"
    assert found["1900"].steps[0].code == "step.mirror"


def test_a_discount_that_falls_with_its_charge_raises_its_part_of_the_bill() -> None:
    found = discounted(41, 41, usage(41, 39))
    # -2 x -2.50 x 19 / 30 = 3.1666...
    assert (found["1900"].amount, found["1900"].recurring) == (Decimal("3.17"), Decimal("5.00"))


def test_a_discount_that_had_other_units_is_brought_level_from_its_first_day() -> None:
    found = discounted(41, 40, usage(41, 44))
    assert sent(found["1900"]) == [("11-01", 1), ("11-12", 3)]


def test_a_discount_that_waits_holds_its_charge() -> None:
    found = discounted(41, 41, usage(41, 44), unsettled=True)
    assert codes(found["1900"]) == ["held.unsettled"]
    assert codes(found["1000"])[0] == "held.mirror"


def test_a_charge_that_cannot_be_decided_holds_its_discount() -> None:
    found = discounted(41, 41, seen(spread(("11-01", "11-05", 41))))
    assert codes(found["1000"]) == ["held.stale"]
    assert codes(found["1900"]) == ["held.mirror"]
    assert found["1900"].adjustments == ()


def test_two_discounts_of_one_charge_wait_for_the_charge_and_hold_it() -> None:
    charge = case(facts("1000", 41), replace(rule(AT_ONCE), cutover=day("11-01")), usage(41, 44))
    copy = replace(DISCOUNT, cutover=day("11-01"))
    one = case(facts("1900", 41, "-2.50", "19", unsettled=True), copy, ScopeUsage())
    two = case(facts("1901", 41, "-1.00", "20"), replace(copy, id="second"), ScopeUsage())
    found = plan(charge, one, two)
    assert [codes(found[line_id])[0] for line_id in ("1900", "1000", "1901")] == [
        "held.unsettled",
        "held.mirror",
        "held.mirror",
    ]


def test_a_discount_of_a_service_copies_the_line_on_its_own_contract() -> None:
    charge = case(facts("1000", 41), replace(rule(AT_ONCE), cutover=day("11-01")), usage(41, 44))
    copy = replace(DISCOUNT, mirror=Mirror("10"), cutover=day("11-01"))
    mirror = case(facts("1900", 41, "-2.50", "19"), copy, ScopeUsage())
    assert sent(plan(charge, mirror)["1900"]) == [("11-12", 3)]
    alone = plan(mirror)["1900"]
    assert codes(alone) == ["held.mirror_target"]
    second = case(facts("1001", 3), rule(AT_ONCE), usage(41, 44))
    assert codes(plan(charge, second, mirror)["1900"]) == ["held.mirror_target"]


def test_a_copied_line_of_a_group_keeps_group_and_discount_together() -> None:
    cases = group(
        facts("1000", 20), facts("1001", 0, service="11", unsettled=True), caps=(25, None), used=usage(20, 31)
    )
    mirror = case(facts("1900", 20, "-2.50", "19"), replace(DISCOUNT, cutover=day("11-01")), ScopeUsage())
    found = plan(*cases, mirror)
    assert [codes(one)[0] for one in found.values()] == ["held.group", "held.unsettled", "held.mirror"]


# --- services of which a customer is billed by only one -------------------------------------------------------------

SILVER = replace(rule(AT_ONCE), id="silver", exclusive="protection", cutover=day("11-01"))
GOLD = replace(SILVER, id="gold")


def moved(silver: ScopeUsage, gold: ScopeUsage, units: tuple[int, int] = (6, 0), **changes: object):
    return (
        case(facts("1000", units[0], **changes), SILVER, silver),
        case(facts("1001", units[1], "15.00", "11"), replace(GOLD, quantity=LAPTOP), of_gold(gold)),
    )


def of_gold(used: ScopeUsage) -> ScopeUsage:
    """The same days under another metric, as the new service counts them."""
    return replace(used, days=tuple(replace(one, metrics=((LAPTOP, one.metrics[0][1]),)) for one in used.days))


def test_a_customer_that_moves_leaves_the_old_service_and_enters_the_new_one_in_one_plan() -> None:
    found = plan(*moved(usage(6, 0), usage(0, 6)))
    assert sent(found["1000"]) == [("11-12", -6)]
    assert sent(found["1001"]) == [("11-12", 6)]
    assert (found["1000"].together, found["1001"].together) == (("1001",), ("1000",))


def test_the_old_service_held_at_zero_holds_the_new_one() -> None:
    found = plan(*moved(usage(6, 0), usage(0, 6)), rails=Thresholds(line_move_units=10))
    assert found["1000"].releasable == ("to_zero",)
    assert (codes(found["1001"])[0], found["1001"].releasable) == ("held.exclusive", ("exclusive",))


def test_the_new_service_waits_while_the_fall_of_the_old_one_settles() -> None:
    slow = replace(SILVER, timing=TimingPolicy(decrease_settle_days=5))
    old, new = moved(usage(6, 0), usage(0, 6))
    found = plan(replace(old, rule=slow), new)
    assert found["1000"].status is OutcomeStatus.SCHEDULED
    assert codes(found["1001"])[0] == "held.exclusive"


def test_a_silent_old_service_that_still_bills_holds_the_rise_of_the_new_one() -> None:
    found = plan(*moved(seen(spread(("11-01", "11-05", 6))), usage(0, 6)))
    assert codes(found["1000"]) == ["held.stale"]
    assert codes(found["1001"])[0] == "held.exclusive"


def test_growth_of_one_service_goes_alone_while_the_other_stays_as_it_is() -> None:
    found = plan(*moved(usage(6, 6), usage(3, 5), (6, 3)))
    assert found["1000"].status is OutcomeStatus.NONE
    assert sent(found["1001"]) == [("11-12", 2)]


def both_over_the_same_usage(old: Rule) -> dict[str, Outcome]:
    return plan(case(facts("1000", 6), old, usage(6, 6)), case(facts("1001", 0, "15.00", "11"), GOLD, usage(6, 6)))


def test_usage_that_both_services_count_is_ambiguous() -> None:
    found = both_over_the_same_usage(SILVER)
    assert {codes(one)[0] for one in found.values()} == {"held.ambiguous"}
    assert both_over_the_same_usage(replace(SILVER, exclusive=""))["1001"].status is OutcomeStatus.CHANGE


def test_the_old_service_fixed_at_zero_moves_the_customer_to_the_new_one() -> None:
    found = both_over_the_same_usage(replace(SILVER, override=Override(0, "moved to Gold", since=day("11-12"))))
    assert sent(found["1000"]) == [("11-12", -6)]
    assert [change for _, change in sent(found["1001"])] == [6]
    assert found["1000"].together == ("1001",)


def test_customers_do_not_bind_each_other() -> None:
    old, new = moved(usage(6, 0), usage(0, 6), unsettled=True)
    other = replace(new.facts, customer=replace(new.facts.customer, id="2"))
    found = plan(old, replace(new, facts=other))
    assert found["1001"].status is OutcomeStatus.CHANGE
