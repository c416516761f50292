"""Guard rails at their thresholds: exactly at the number a change passes, one more and it waits for a person."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from tests.core.rail_situations import NO_CROWD, NOV_12, change, facts
from tests.core.situations import day

from trueup.core.outcome import Outcome, OutcomeStatus
from trueup.core.rails.guard import ModuleTotal, RailFacts, Release, UnclearWrite, apply_rails, hold
from trueup.core.reason import Reason
from trueup.core.settings import Thresholds


def held_by(outcome: Outcome, known: RailFacts | None = None, rules: Thresholds = NO_CROWD) -> tuple[str, ...]:
    (found,) = apply_rails((outcome,), known or facts(), rules)
    assert (found.status is OutcomeStatus.HELD) == bool(found.releasable)
    return found.releasable


@pytest.mark.parametrize(
    ("before", "after", "rails"),
    [
        # to zero
        (5, 0, ("to_zero",)),
        (1, 0, ("to_zero",)),
        # a fall of more than half
        (4, 2, ()),
        (4, 1, ("fall_more_than_half",)),  # three of four
        (3, 1, ("fall_more_than_half",)),
        (2, 1, ()),
        (10, 5, ()),
        (100, 49, ("fall_more_than_half",)),
        # more than 30 % and more than 5 units
        (20, 26, ()),  # 6 units, exactly 30 %
        (20, 27, ("large_move",)),  # 35 %
        (19, 25, ("large_move",)),  # 6 units, 31.6 %
        (20, 14, ()),  # a fall of exactly 30 %
        (20, 13, ("large_move",)),
        (10, 15, ()),  # 50 %, but 5 units
        (10, 16, ("large_move",)),
        (100, 131, ("large_move",)),
        (100, 130, ()),
        # from zero counts as 100 %
        (0, 5, ()),
        (0, 6, ("large_move",)),
        # growth of a small line
        (1, 6, ()),
        (1, 7, ("large_move",)),
    ],
)
def test_a_line_that_moves(before, after, rails):
    assert held_by(change(before, after)) == rails


def test_the_numbers_stand_in_the_reason():
    (found,) = apply_rails((change(4, 1),), facts(), NO_CROWD)
    assert found.reasons[0].as_dict() == {"before": 4, "after": 1, "share": Decimal("0.5")}


def test_what_is_held_still_shows_what_would_be_sent():
    (found,) = apply_rails((change(4, 1),), facts(), NO_CROWD)
    assert [(made.day, made.change) for made in found.adjustments] == [(NOV_12, -3)]


def test_the_tenants_own_numbers():
    assert held_by(change(5, 0), rules=replace(NO_CROWD, line_to_zero=False)) == ("fall_more_than_half",)
    assert held_by(change(4, 3), rules=replace(NO_CROWD, line_fall_share=Decimal("0.2"))) == ("fall_more_than_half",)
    assert held_by(change(10, 12), rules=replace(NO_CROWD, line_move_units=1, line_move_share=Decimal("0.1"))) == (
        "large_move",
    )


def test_from_zero_is_a_hundred_percent_and_not_more():
    whole = replace(NO_CROWD, line_move_share=Decimal(1))
    assert held_by(change(0, 60), rules=whole) == ()
    assert held_by(change(0, 60), rules=replace(whole, line_move_share=Decimal("0.99"))) == ("large_move",)


def test_a_line_may_have_numbers_of_its_own():
    wide = replace(NO_CROWD, line_move_units=50)
    known = facts(line_thresholds={"1000": wide})
    assert held_by(change(10, 40), known) == ()
    assert held_by(change(10, 40, "1001"), known) == ("large_move",)


@pytest.mark.parametrize(
    ("base", "rails"), [(4, ("fall_more_than_half",)), (5, ())], ids=["from four units up", "from five units up"]
)
def test_three_of_four_from_a_base(base, rails):
    assert held_by(change(4, 1), rules=replace(NO_CROWD, line_fall_base=base)) == rails


# --- a line in money ------------------------------------------------------------------------------------------


def priced(price: str, months: int = 1, **known: object) -> RailFacts:
    return facts(prices={"1000": (Decimal(price), months)}, **known)


@pytest.mark.parametrize(
    ("before", "after", "price", "months", "rails"),
    [
        (100, 105, "50.00", 1, ()),  # exactly 250.00 a month
        (100, 106, "50.00", 1, ("line_amount",)),
        (100, 105, "50.01", 1, ("line_amount",)),  # 250.05
        (100, 95, "50.00", 1, ()),
        (100, 94, "50.00", 1, ("line_amount",)),
        (100, 115, "50.00", 3, ()),  # 750.00 a quarter are 250.00 a month
        (100, 116, "50.00", 3, ("line_amount",)),
        (100, 105, "-50.00", 1, ()),  # a discount line
        (100, 106, "-50.00", 1, ("line_amount",)),
    ],
)
def test_a_lines_recurring_amount(before, after, price, months, rails):
    assert held_by(change(before, after), priced(price, months), replace(NO_CROWD, line_amount=Decimal(250))) == rails


def test_a_line_in_money_is_not_looked_at_unless_somebody_says_so():
    assert held_by(change(100, 130), priced("5000.00")) == ()


def test_a_line_without_a_price_has_no_amount():
    assert held_by(change(100, 130), facts(), replace(NO_CROWD, line_amount=Decimal(1))) == ()


def test_amounts_add_up_since_the_period_began():
    rules = replace(NO_CROWD, line_amount=Decimal(250))
    assert held_by(change(103, 105), priced("50.00", period_units={"1000": 100}), rules) == ()
    assert held_by(change(103, 106), priced("50.00", period_units={"1000": 100}), rules) == ("line_amount",)
    assert held_by(change(107, 106), priced("50.00", period_units={"1000": 100}), rules) == ()  # on its way back


# --- a changed definition -------------------------------------------------------------------------------------


def test_a_line_that_counts_by_another_definition_waits_until_somebody_compared_the_figures():
    known = facts(redefined={"1000": "workstations"})
    assert held_by(change(10, 11), known) == ("definition_changed",)
    assert held_by(change(10, 11, "1001"), known) == ()
    said = Release("definition_changed", "1000", 11, NOV_12)
    assert held_by(change(10, 11), replace(known, releases=(said,))) == ()


# --- after a conflict -----------------------------------------------------------------------------------------


def test_a_line_whose_last_write_nobody_found_waits_but_for_an_edit_that_is_taken_back():
    known = facts(clashed={"1000": UnclearWrite(NOV_12, 3)})
    assert held_by(change(10, 11), known) == ("after_conflict",)
    assert held_by(change(10, 11, "1001"), known) == ()
    back = replace(change(10, 11), reasons=(Reason.of("note.edit_taken_back", day=NOV_12, known=11, found=10),))
    assert held_by(back, known) == ()


# --- the sum since the period began ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("began", "before", "after", "rails"),
    [
        (10, 6, 5, ()),  # 10 to 5 is exactly half
        (10, 6, 4, ("fall_more_than_half",)),  # 6 to 4 alone would pass
        (20, 24, 27, ("large_move",)),  # 35 % since the period began
        (20, 24, 26, ()),
        (4, 2, 1, ("fall_more_than_half",)),
        (20, 30, 29, ()),  # coming back towards where it began
        (20, 10, 12, ()),
        (0, 4, 6, ("large_move",)),
    ],
)
def test_small_steps_add_up_since_the_period_began(began, before, after, rails):
    assert held_by(change(before, after), facts(period_units={"1000": began})) == rails


# --- customers ------------------------------------------------------------------------------------------------


def customer(move: str, now: str = "1000", **known: object) -> tuple[str, ...]:
    return held_by(change(100, 101, recurring=move), facts(customer_monthly={("1", "EUR"): Decimal(now)}, **known))


@pytest.mark.parametrize(
    ("move", "now", "rails"),
    [
        ("200.00", "1000", ()),  # exactly 20 %
        ("200.01", "1000", ("customer_amount",)),
        ("-200.01", "1000", ("customer_amount",)),
        ("-200.00", "1000", ()),
        ("100.00", "100", ()),  # exactly 100 units of currency
        ("100.01", "100", ("customer_amount",)),
        ("100.01", "0", ("customer_amount",)),
        ("100.01", "-300", ("customer_amount",)),  # a credit balance
        ("150.00", "-1000", ()),  # 15 % of a credit
    ],
)
def test_a_customers_recurring_amount(move, now, rails):
    assert customer(move, now) == rails


def test_the_lines_of_one_customer_are_added_up_and_all_wait():
    outcomes = (
        change(100, 101, "a", recurring="150"),
        change(100, 101, "b", recurring="60"),
        change(100, 101, "c", customer="2", recurring="60"),
    )
    known = facts(customer_monthly={("1", "EUR"): Decimal(1000), ("2", "EUR"): Decimal(1000)})
    assert [found.status.value for found in apply_rails(outcomes, known, NO_CROWD)] == ["held", "held", "change"]


def test_a_rise_and_a_fall_of_one_customer_cancel_out():
    outcomes = (change(100, 101, "a", recurring="500"), change(100, 99, "b", recurring="-400"))
    known = facts(customer_monthly={("1", "EUR"): Decimal(1000)})
    assert {found.status for found in apply_rails(outcomes, known, NO_CROWD)} == {OutcomeStatus.CHANGE}


def test_francs_and_euros_of_one_customer_are_never_added():
    outcomes = (
        change(100, 101, "a", recurring="150"),
        change(100, 101, "b", recurring="150", currency="CHF"),
    )
    known = facts(customer_monthly={("1", "EUR"): Decimal(1000), ("1", "CHF"): Decimal(1000)})
    assert {found.status for found in apply_rails(outcomes, known, NO_CROWD)} == {OutcomeStatus.CHANGE}
    euros_only = facts(customer_monthly={("1", "EUR"): Decimal(1000), ("1", "CHF"): Decimal(100)})
    statuses = [found.status.value for found in apply_rails(outcomes, euros_only, NO_CROWD)]
    assert statuses == ["change", "held"]


def test_a_line_that_is_held_already_does_not_count_for_its_customer():
    waiting = replace(change(100, 101, "a", recurring="500"), status=OutcomeStatus.DRIFT)
    known = facts(customer_monthly={("1", "EUR"): Decimal(1000)})
    assert apply_rails((waiting, change(100, 101, "b")), known, NO_CROWD)[1].status is OutcomeStatus.CHANGE


# --- onboarding -----------------------------------------------------------------------------------------------


def test_onboarding_lifts_the_rails_on_rises_only():
    known = facts(onboarding=frozenset({"1"}), customer_monthly={("1", "EUR"): Decimal(1000)})
    assert held_by(change(10, 60, recurring="900"), known) == ()
    assert held_by(change(60, 10, recurring="-900"), known) == ("fall_more_than_half", "customer_amount")
    assert held_by(change(10, 60, customer="2"), known) == ("large_move",)


def test_onboarding_lifts_the_modules_rail_on_rises_as_well():
    total = ModuleTotal("rmm", Decimal(100), Decimal(150))
    known = facts(onboarding=frozenset({"1"}), totals=(total,), uses={"1000": frozenset({"rmm"})})
    assert held_by(change(10, 60), known) == ()
    money = replace(known, prices={"1000": (Decimal(50), 1)})
    assert held_by(change(10, 60), money, replace(NO_CROWD, line_amount=Decimal(1))) == ()


# --- modules --------------------------------------------------------------------------------------------------


def module(previous: int, current: int, outcome: Outcome, uses: str = "rmm") -> tuple[str, ...]:
    total = ModuleTotal("rmm", Decimal(previous), Decimal(current))
    return held_by(outcome, facts(totals=(total,), uses={"1000": frozenset({uses})}))


RISES, FALLS = change(100, 101), change(100, 99)


@pytest.mark.parametrize(
    ("previous", "current", "outcome", "rails"),
    [
        (100, 81, FALLS, ()),
        (100, 80, FALLS, ("module_total",)),  # falling 20 %
        (100, 80, RISES, ()),  # only the lines that move that way
        (100, 109, RISES, ()),
        (100, 110, RISES, ("module_total",)),  # rising 10 %
        (100, 110, FALLS, ()),
        (19, 0, FALLS, ()),  # from 20 items up
        (20, 0, FALLS, ("module_total",)),
        (20, 16, FALLS, ("module_total",)),
        (20, 17, FALLS, ()),
        (100, 100, FALLS, ()),
    ],
)
def test_a_modules_total_moves(previous, current, outcome, rails):
    assert module(previous, current, outcome) == rails


@pytest.mark.parametrize(
    ("began", "previous", "current", "outcome", "rails"),
    [
        (100, 120, 124, RISES, ()),
        (100, 120, 125, RISES, ("module_total",)),  # 25 % since the month began, 4 % since yesterday
        (100, 85, 81, FALLS, ()),
        (100, 85, 80, FALLS, ("module_total",)),
        (100, 127, 126, RISES, ("module_total",)),  # a rising line adds to a total that has risen
        (100, 127, 126, FALLS, ()),
        (19, 18, 15, FALLS, ()),  # 21 %, below 20 items
    ],
)
def test_a_modules_total_adds_up_since_the_month_began(began, previous, current, outcome, rails):
    total = ModuleTotal("rmm", Decimal(previous), Decimal(current), Decimal(began), day("10-31"))
    assert held_by(outcome, facts(totals=(total,), uses={"1000": frozenset({"rmm"})})) == rails


def test_a_line_fed_by_another_module_is_not_held():
    assert module(100, 50, FALLS, uses="edr") == ()


# --- releases -------------------------------------------------------------------------------------------------

RELEASE = Release("fall_more_than_half", "1000", 1, NOV_12)


def test_a_release_lets_the_change_go():
    assert held_by(change(4, 1), facts(releases=(RELEASE,))) == ()


@pytest.mark.parametrize(
    "other",
    [
        replace(RELEASE, rail="to_zero"),
        replace(RELEASE, line_id="1001"),
        replace(RELEASE, after=0),
        replace(RELEASE, effective=day("11-13")),
    ],
)
def test_a_release_of_something_else_does_not(other):
    assert held_by(change(4, 1), facts(releases=(other,))) == ("fall_more_than_half",)


def test_each_rail_is_released_for_itself():
    known = facts(customer_monthly={("1", "EUR"): Decimal(1000)})
    both = change(4, 1, recurring="-900")
    assert held_by(both, known) == ("fall_more_than_half", "customer_amount")
    assert held_by(both, replace(known, releases=(RELEASE,))) == ("customer_amount",)
    everything = (RELEASE, replace(RELEASE, rail="customer_amount"))
    assert held_by(both, replace(known, releases=everything)) == ()


def test_a_change_without_a_date_cannot_be_released():
    undated = replace(change(4, 1), effective=None)
    assert held_by(undated, facts(releases=(RELEASE,))) == ("fall_more_than_half",)


def test_a_hold_keeps_the_reasons_that_were_there():
    told = replace(change(4, 1), reasons=(Reason.of("change.decrease", change=-3),))
    found = hold(told, (Reason.of("held.to_zero"),), frozenset())
    assert [reason.code for reason in found.reasons] == ["held.to_zero", "change.decrease"]
