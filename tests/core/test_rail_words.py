"""What guard rails say: every reason with its numbers, so that a person can judge it without opening anything else."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from tests.core.rail_situations import NO_CROWD, change, facts, opening
from tests.core.situations import day

from trueup.core.outcome import Outcome, OutcomeStatus
from trueup.core.rails.guard import ModuleTotal, UnclearWrite, apply_rails, line_rails
from trueup.core.rails.plan_rail import PlanHistory, opened_day
from trueup.core.reason import Reason
from trueup.core.settings import Thresholds


def said(*outcomes: Outcome, rules: Thresholds = NO_CROWD, **known: object) -> list[Reason]:
    """Reasons of the first outcome."""
    return list(apply_rails(outcomes, facts(**known), rules)[0].reasons)


def test_a_fall_to_zero_and_a_large_move_tell_both_numbers() -> None:
    assert said(change(5, 0)) == [Reason.of("held.to_zero", before=5, after=0)]
    assert said(change(20, 27)) == [Reason.of("held.large_move", before=20, after=27, share=Decimal("0.3"), units=5)]


def test_a_move_in_money_tells_its_limit_and_currency() -> None:
    rules = replace(NO_CROWD, line_amount=Decimal(250))
    found = said(change(100, 106, currency="CHF"), rules=rules, prices={"1000": (Decimal(50), 1)})
    assert found == [Reason.of("held.line_amount", move=Decimal("300.00"), limit=Decimal(250), currency="CHF")]


def test_a_changed_definition_and_a_write_without_a_clear_end_are_named() -> None:
    assert said(change(9, 10), redefined={"1000": "seats, servers"}) == [
        Reason.of("held.definition_changed", names="seats, servers")
    ]
    clash = UnclearWrite(day("11-10"), 4)
    assert said(change(9, 10), clashed={"1000": clash}) == [
        Reason.of("held.after_conflict", day=day("11-10"), change=4)
    ]
    taken_back = replace(change(9, 10), reasons=(Reason.of("note.edit_taken_back"),))
    assert said(taken_back, clashed={"1000": clash}) == [Reason.of("note.edit_taken_back")]


def test_only_changes_become_held() -> None:
    moved = replace(change(5, 0), status=OutcomeStatus.DRIFT)
    assert apply_rails((moved,), facts(), NO_CROWD) == (moved,)


@pytest.mark.parametrize("units", [(None, 5), (5, None), (None, None)])
def test_what_has_no_units_on_both_sides_has_no_rail_of_a_line(units: tuple[int | None, int | None]) -> None:
    before, after = units
    assert line_rails(replace(change(5, 0), before=before, after=after), facts(), NO_CROWD) == ()


def test_a_customer_that_is_being_taken_on_may_rise_and_not_fall() -> None:
    known = {"onboarding": frozenset({"1"})}
    assert said(change(10, 40), **known) == []
    assert [one.code for one in said(change(10, 2), **known)] == ["held.fall_more_than_half"]


def test_on_a_way_back_to_where_the_period_began_only_the_step_itself_counts() -> None:
    # 40 when the period began, 20 now: back to 26 is a step of 6 (30 %), however far 26 is from 40
    assert said(change(20, 26), period_units={"1000": 40}) == []
    # the same units as the period began with: nothing has added up
    assert said(change(20, 26), period_units={"1000": 26}) == []
    # one unit further the same way, 7 more than when the period began
    assert [one.code for one in said(change(26, 27), period_units={"1000": 20})] == ["held.large_move"]


# --- a customer -----------------------------------------------------------------------------------------------

HUNDRED = replace(NO_CROWD, customer_amount=Decimal(100), customer_share=Decimal("0.2"))


def customer(recurring: str, now: str | None, began: str | None = None, **known: object) -> list[Reason]:
    key = ("1", "EUR")
    return said(
        change(100, 101, recurring=recurring),
        rules=HUNDRED,
        customer_monthly={key: Decimal(now)} if now else {},
        customer_began={key: Decimal(began)} if began else {},
        **known,
    )


def moves(now: str, move: str) -> list[Reason]:
    return [Reason.of("held.customer_amount", now=Decimal(now), move=Decimal(move), currency="EUR")]


def test_a_customers_amount_is_told_with_what_it_is_now() -> None:
    assert customer("100.00", "400") == []
    assert customer("100.01", "400") == moves("400", "100.01")
    assert customer("100.01", "501") == [], "no fifth of what it is"
    assert customer("100.01", None) == moves("0", "100.01"), "a customer that was billed nothing"


def test_a_customers_steps_add_up_since_their_periods_began() -> None:
    assert customer("60.00", "460", "400") == moves("400", "120.00")
    assert customer("-60.00", "460", "400") == [], "on its way back"
    assert customer("0.50", "500", "300") == moves("300", "200.50"), "half a euro more is the same way too"


def test_lines_whose_amount_is_not_known_move_nothing() -> None:
    unknown = replace(change(100, 101), recurring=None)
    known = change(100, 101, "1001", recurring="100.00")
    assert said(unknown, known, rules=HUNDRED, customer_monthly={("1", "EUR"): Decimal(400)}) == []


def test_a_customer_that_is_being_taken_on_hides_no_other() -> None:
    rising = change(100, 101, "1001", customer="2", recurring="500")
    held = change(100, 101, recurring="500")
    found = apply_rails((rising, held), facts(onboarding=frozenset({"2"})), HUNDRED)
    assert [one.status for one in found] == [OutcomeStatus.CHANGE, OutcomeStatus.HELD]
    falling = change(100, 99, "1001", customer="2", recurring="-500")
    assert said(falling, onboarding=frozenset({"2"}), rules=HUNDRED) == moves("0", "-500")
    small = change(100, 101, "1001", customer="2", recurring="0.50")
    began = {("2", "EUR"): Decimal(-500)}
    assert said(small, onboarding=frozenset({"2"}), rules=HUNDRED, customer_began=began) == []


# --- a module -------------------------------------------------------------------------------------------------


def test_a_module_tells_the_day_that_it_is_compared_with() -> None:
    total = ModuleTotal("rmm", Decimal(100), Decimal(111), Decimal(80), day("10-31"), day("11-11"))
    uses = {"1000": frozenset({"rmm"})}
    (by_day,) = said(change(100, 101), totals=(total,), uses=uses)
    numbers = {"connection": "rmm", "previous": Decimal(100), "current": Decimal(111)}
    assert by_day == Reason.of("held.module_total", **numbers, last_day=day("11-11"))
    slowly = replace(total, previous=Decimal(110))
    (by_month,) = said(change(100, 101), totals=(slowly,), uses=uses)
    assert by_month == Reason.of("held.module_total", **{**numbers, "previous": Decimal(80)}, since=day("10-31"))


def test_an_account_that_was_empty_has_no_share_to_rise_by() -> None:
    total = ModuleTotal("rmm", Decimal(0), Decimal(500))
    assert said(change(100, 101), totals=(total,), uses={"1000": frozenset({"rmm"})}) == []


# --- a plan ---------------------------------------------------------------------------------------------------


def crowd(count: int) -> list[Outcome]:
    return [change(100, 101, str(place)) for place in range(count)]


def test_a_crowd_tells_how_many_of_how_many() -> None:
    rules = Thresholds()
    found = said(*crowd(11), rules=rules, as_of=day("11-14"), lines_with_rules=100)
    assert found == [Reason.of("held.plan_share", changing=11, lines=100, share=Decimal("0.1"))]


def test_the_sum_of_a_month_tells_how_many_came_earlier() -> None:
    earlier = frozenset(f"e{place}" for place in range(36))
    known = {"as_of": day("11-14"), "lines_with_rules": 100, "history": PlanHistory(changed=earlier)}
    assert said(*crowd(4), rules=Thresholds(), **known) == []
    found = said(*crowd(5), rules=Thresholds(), **known)
    assert found == [Reason.of("held.plan_share", changing=41, lines=100, share=Decimal("0.4"), earlier=36)]


def test_a_period_that_opens_is_not_held_for_what_the_month_before_it_moved() -> None:
    earlier = frozenset(f"e{place}" for place in range(60))
    known = {"as_of": day("11-30"), "lines_with_rules": 100, "history": PlanHistory(changed=earlier)}
    assert said(*(opening(one) for one in crowd(4)), rules=Thresholds(), **known) == []


def test_a_plan_opens_the_period_that_most_of_its_changes_begin() -> None:
    dec, jan = day("12-01"), day("2027-01-01")
    two, one = [opening(each, dec) for each in crowd(2)], opening(change(1, 2, "9"), jan)
    assert opened_day((*two, one), day("11-30")) == dec
    assert opened_day((*two, *crowd(1)), day("11-30")) == dec
    assert opened_day((*two, *crowd(2)), day("11-30")) is None, "half of them are not most"
    assert opened_day((opening(change(1, 2, "8"), dec), one), day("11-30")) == jan, "of as many the later one"
    assert opened_day((), day("11-30")) is None
    still = replace(change(1, 1, "7"), adjustments=())
    assert opened_day((*two, still, still, still), day("11-30")) == dec, "what moves nothing does not count"
