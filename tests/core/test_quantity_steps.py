"""The quantity policy, step by step in its fixed order, with numbers worked by hand."""

from __future__ import annotations

from decimal import Context, Decimal
from fractions import Fraction
from math import ceil, floor

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.situations import PROFILE, billing, day, measured, spread

from trueup.core.quantities.quantity import quantity_on, units_from
from trueup.core.rule import Basis, Override, QuantityPolicy, Rounding

NOW = day("11-12")


def units(basis: object, on: str = "11-12", **policy: object) -> int:
    return units_from(QuantityPolicy(**policy), Decimal(str(basis)), day(on))[0]  # type: ignore[arg-type]


def worked(basis: object, **policy: object) -> list[tuple[str, object]]:
    _, steps = units_from(QuantityPolicy(**policy), Decimal(str(basis)), NOW)  # type: ignore[arg-type]
    return [(step.code.removeprefix("step."), step.get("result")) for step in steps]


def test_without_any_step_the_basis_is_the_quantity():
    assert units(41) == 41
    assert worked(41) == []


def test_ten_included_are_taken_off():
    assert units(23, included=Decimal(10)) == 13


def test_fewer_than_the_included_ones_is_zero_and_not_a_negative_count():
    assert units(7, included=Decimal(10)) == 0
    assert units(10, included=Decimal(10)) == 0


def test_included_comes_before_the_multiplier():
    # (23 - 10) x 2 = 26, and not 23 x 2 - 10 = 36
    assert units(23, included=Decimal(10), multiplier=Decimal(2)) == 26


@pytest.mark.parametrize(
    ("basis", "rounding", "expected"),
    [
        ("12.2", Rounding.UP, 13),
        ("12.2", Rounding.NEAREST, 12),
        ("12.5", Rounding.NEAREST, 13),
        ("13.5", Rounding.NEAREST, 14),
        ("12.9", Rounding.DOWN, 12),
        ("12", Rounding.UP, 12),
        ("12.0000000001", Rounding.UP, 13),
    ],
)
def test_a_fraction_becomes_whole_units(basis, rounding, expected):
    assert units(basis, rounding=rounding) == expected


def test_the_multiplier_comes_before_rounding():
    # 7 x 0.5 = 3.5
    assert units(7, multiplier=Decimal("0.5")) == 4
    assert units(7, multiplier=Decimal("0.5"), rounding=Rounding.DOWN) == 3


def test_23_in_multiples_of_ten_is_30_units():
    assert units(23, round_to_multiple=10) == 30
    assert units(30, round_to_multiple=10) == 30
    assert units(0, round_to_multiple=10) == 0


def test_23_in_packs_of_ten_is_3_packs():
    assert units(23, pack_size=10) == 3
    assert units(30, pack_size=10) == 3
    assert units(31, pack_size=10) == 4


def test_packs_follow_the_rounding_that_was_chosen():
    assert units(23, pack_size=10, rounding=Rounding.DOWN) == 2
    assert units(25, pack_size=10, rounding=Rounding.NEAREST) == 3
    assert units(24, pack_size=10, rounding=Rounding.NEAREST) == 2


def test_the_minimum_is_in_line_units_after_the_packs():
    # 23 devices are 3 packs; at least 5 packs
    assert units(23, pack_size=10, minimum=5) == 5
    assert units(61, pack_size=10, minimum=5) == 7


def test_the_maximum_comes_last():
    assert units(23, maximum=20) == 20
    assert units(20, maximum=20) == 20
    assert units(1, minimum=10, maximum=8) == 8


def test_a_minimum_is_due_at_zero_usage_too():
    assert units(0, minimum=5) == 5


def test_unless_it_is_due_only_if_used():
    assert units(0, minimum=5, only_if_used=True) == 0
    assert units(1, minimum=5, only_if_used=True) == 5


def test_usage_below_the_included_ones_is_still_usage():
    assert units(3, included=Decimal(10), minimum=5, only_if_used=True) == 5


@pytest.mark.parametrize(("on", "expected"), [("11-09", 2), ("11-10", 5), ("11-20", 5), ("11-21", 2)])
def test_a_minimum_holds_between_its_dates_both_included(on, expected):
    assert units(2, on, minimum=5, minimum_from=day("11-10"), minimum_until=day("11-20")) == expected


@pytest.mark.parametrize(("on", "expected"), [("11-09", 9), ("11-10", 5), ("11-20", 5), ("11-21", 9)])
def test_a_maximum_holds_between_its_dates_both_included(on, expected):
    assert units(9, on, maximum=5, maximum_from=day("11-10"), maximum_until=day("11-20")) == expected


def test_every_step_is_told_in_its_order_with_its_result():
    # 97 - 10 = 87; x 0.5 = 43.5; up 44; in fives 45; at least 50; at most 48
    assert worked(97, included=Decimal(10), multiplier=Decimal("0.5"), round_to_multiple=5, minimum=50, maximum=48) == [
        ("included", Decimal(87)),
        ("multiplier", Decimal("43.5")),
        ("rounding", 44),
        ("round_to_multiple", 45),
        ("minimum", 50),
        ("maximum", 48),
    ]


def test_a_minimum_that_is_already_met_is_not_told():
    assert worked(12, minimum=5, maximum=20) == []


POLICIES = st.builds(
    QuantityPolicy,
    included=st.integers(0, 20).map(Decimal),
    multiplier=st.sampled_from([Decimal("0.25"), Decimal("0.5"), Decimal(1), Decimal(3)]),
    rounding=st.sampled_from(list(Rounding)),
    pack_size=st.none() | st.integers(2, 12),
    minimum=st.none() | st.integers(0, 20),
    maximum=st.none() | st.integers(0, 60),
    only_if_used=st.booleans(),
)


def test_three_times_a_third_is_no_unit_more():
    """5 machines on 3 days are 1.666...; three times that is 5, in every rounding."""
    assert [
        quantity_on(
            QuantityPolicy(basis=Basis.AVERAGE, multiplier=Decimal(3), rounding=how, rounding_chosen=True),
            None,
            measured({day("11-01"): 1, day("11-02"): 2, day("11-03"): 2}),
            day("11-03"),
            billing(),
            3,
        ).units
        for how in Rounding
    ] == [5, 5, 5]


@pytest.mark.parametrize("multiplier", ["0.3", "0.9", "1.5", "2.1", "3", "6", "7", "9", "12.4", "31"])
def test_averages_times_a_multiplier_are_rounded_as_exact_fractions_are(multiplier):
    wrong = []
    for days in range(1, 32):
        for total in range(40):
            mean = Context(prec=40).divide(Decimal(total), Decimal(days))
            exact = Fraction(total, days) * Fraction(multiplier)
            for how, pencil in (
                ("up", ceil),
                ("down", floor),
                ("nearest", lambda value: floor(value + Fraction(1, 2))),
            ):
                if units(mean, multiplier=Decimal(multiplier), rounding=Rounding(how)) != pencil(exact):
                    wrong.append((total, days, how))
    assert wrong == []


@PROFILE
@given(policy=POLICIES, less=st.integers(0, 200), more=st.integers(0, 200))
def test_more_usage_never_gives_fewer_units(policy, less, more):
    low, high = sorted((less, more))
    assert units_from(policy, Decimal(low), NOW)[0] <= units_from(policy, Decimal(high), NOW)[0]


@PROFILE
@given(policy=POLICIES, basis=st.integers(0, 200))
def test_units_stay_between_zero_and_the_maximum(policy, basis):
    found = units_from(policy, Decimal(basis), NOW)[0]
    assert found >= 0
    if policy.maximum is not None:
        assert found <= policy.maximum
    if policy.minimum is not None and basis > 0:
        assert found >= min(policy.minimum, policy.maximum if policy.maximum is not None else policy.minimum)


USED = measured(spread(("11-01", "11-12", 41)))


def wanted(override: Override | None, on: str, daily=None, policy: QuantityPolicy | None = None) -> int | None:
    daily = USED if daily is None else daily
    return quantity_on(policy or QuantityPolicy(), override, daily, day(on), billing(), 3).units


def test_an_override_replaces_the_quantity_from_its_first_to_its_last_day():
    agreed = Override(30, "price agreed for the move", until=day("11-10"), since=day("11-05"))
    assert [wanted(agreed, on) for on in ("11-04", "11-05", "11-10", "11-11")] == [41, 30, 30, 41]


def test_an_override_stands_whatever_the_policy_says():
    policy = QuantityPolicy(minimum=50, maximum=60, pack_size=10)
    assert wanted(Override(30, "agreed"), "11-12", policy=policy) == 30


def test_an_override_needs_no_usage_and_tells_its_reason():
    agreed = Override(30, "agreed", until=day("11-30"))
    found = quantity_on(QuantityPolicy(), agreed, {}, NOW, billing(), 3)
    assert (found.units, found.problem) == (30, None)
    assert found.steps[0].as_dict() == {"units": 30, "reason": "agreed", "until": day("11-30")}
