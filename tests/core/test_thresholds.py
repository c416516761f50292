"""Thresholds of a place: what it says itself, what it inherits, and what makes no sense."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from trueup.core.rails.thresholds import (
    KINDS,
    RailChoices,
    ThresholdChoice,
    ThresholdFault,
    ThresholdLevel,
    part_text,
    part_value,
    second_approval_part,
    with_parts,
)
from trueup.core.settings import Thresholds

CHOICES = RailChoices(
    (
        ThresholdChoice(
            ThresholdLevel.TENANT,
            "",
            (("line_move_units", "9"), ("plan_share", "0.15"), ("second_approval_above.EUR", "500.00")),
        ),
        ThresholdChoice(ThresholdLevel.SERVICE, "10", (("line_move_units", "20"), ("line_move_share", "0.6"))),
        ThresholdChoice(ThresholdLevel.LINE, "1000", (("line_move_units", "50"), ("line_to_zero", "false"))),
    )
)
TENANT = replace(Thresholds(), line_move_units=9, plan_share=Decimal("0.15"))


def test_a_line_says_before_its_service_and_that_before_the_tenant() -> None:
    assert CHOICES.of_tenant(Thresholds()) == TENANT
    by_service = replace(TENANT, line_move_units=20, line_move_share=Decimal("0.6"))
    assert CHOICES.of_line(TENANT, "10", "1001") == by_service
    assert CHOICES.of_line(TENANT, "10", "1000") == replace(by_service, line_move_units=50, line_to_zero=False)
    assert CHOICES.of_line(TENANT, "11", "1000") == replace(TENANT, line_move_units=50, line_to_zero=False)
    assert CHOICES.of_line(TENANT, "11", "1001") == TENANT


def test_each_place_says_only_its_own_parts() -> None:
    assert CHOICES.parts(ThresholdLevel.SERVICE, "10") == (("line_move_units", "20"), ("line_move_share", "0.6"))
    assert CHOICES.parts(ThresholdLevel.SERVICE, "1000") == (), "the id of a line is no service's"
    assert CHOICES.parts(ThresholdLevel.TENANT)[0] == ("line_move_units", "9")


def test_what_the_tenant_says_can_be_left_out_and_what_others_say_stays() -> None:
    without = CHOICES.without("line_move_units")
    assert without.of_tenant(Thresholds()) == replace(Thresholds(), plan_share=Decimal("0.15"))
    assert without.parts(ThresholdLevel.SERVICE, "10") == CHOICES.parts(ThresholdLevel.SERVICE, "10")


def test_amounts_for_two_persons_are_kept_by_currency_and_are_no_threshold() -> None:
    more = ThresholdChoice(
        ThresholdLevel.TENANT, "", ((second_approval_part("EUR"), "500.00"), (second_approval_part("CHF"), "800"))
    )
    assert RailChoices((more,)).second_approval_above() == {"EUR": Decimal("500.00"), "CHF": Decimal(800)}
    assert RailChoices((more,)).of_tenant(Thresholds()) == Thresholds()
    assert RailChoices().second_approval_above() == {}
    assert RailChoices((ThresholdChoice(ThresholdLevel.LINE, "1", more.parts),)).second_approval_above() == {}


def test_parts_become_numbers() -> None:
    said = with_parts(Thresholds(), (("line_fall_share", "40 %"), ("line_amount", "250,5"), ("module_base", "30")))
    assert said == replace(Thresholds(), line_fall_share=Decimal("0.4"), line_amount=Decimal("250.5"), module_base=30)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("line_move_share", "0.4", Decimal("0.4")),
        ("line_move_share", "40%", Decimal("0.4")),
        ("line_move_share", " 100 % ", Decimal(1)),
        ("line_move_share", "1", Decimal(1)),
        ("line_move_units", "5", 5),
        ("line_move_units", "5.0", 5),
        ("line_move_units", "0", 0),
        ("line_amount", "OFF", None),
        ("line_amount", "12,50", Decimal("12.50")),
        ("customer_amount", "1000000000000", Decimal(10**12)),
        ("line_to_zero", "True", True),
        ("line_to_zero", "false", False),
        ("second_approval_above.EUR", "250", Decimal(250)),
    ],
)
def test_what_a_person_may_write(name: str, text: str, value: object) -> None:
    found = part_value(name, text)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("line_move_share", "1.01", "share"),
        ("line_move_share", "101%", "share"),
        ("line_move_share", "-0.1", "share"),
        ("line_move_share", "off", "share"),
        ("line_move_units", "5.5", "count"),
        ("line_move_units", "5%", "count"),
        ("line_move_units", "NaN", "count"),
        ("line_amount", "much", "amount"),
        ("line_amount", "Infinity", "amount"),
        ("customer_amount", "1000000000001", "amount"),
        ("customer_amount", "off", "amount"),
        ("line_to_zero", "1", "flag"),
        ("second_approval_above.EUR", "-1", "amount"),
        ("second_approval_above.eur", "1", "part"),
        ("line_moves", "1", "part"),
    ],
)
def test_what_makes_no_sense_is_told_with_what_it_should_be(name: str, text: str, kind: str) -> None:
    with pytest.raises(ThresholdFault) as fault:
        part_value(name, text)
    assert (fault.value.name, fault.value.text, fault.value.kind) == (name, text, kind)


@pytest.mark.parametrize("name", KINDS)
def test_a_value_reads_as_it_was_kept(name: str) -> None:
    value = getattr(Thresholds(), name)
    assert part_value(name, part_text(value)) == value
