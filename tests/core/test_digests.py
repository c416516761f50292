"""What was shown is what is done: equal inputs give one digest, and each input that changes changes it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from tests.core.situations import AT_ONCE, DESKTOP, LINE, autumn, contract, day, line, planned, row, rule, seen, spread

from trueup.core.contract import PeriodType
from trueup.core.digest import digest, psa_digest
from trueup.core.planning.line_plan import PlanContext
from trueup.core.planning.planning import LineCase, PlanFacts, checksum_of, plan_outcomes
from trueup.core.rails.guard import Release
from trueup.core.settings import Thresholds

STORY = spread(("11-01", "11-11", 41), ("11-12", "11-14", 44))
UP = seen(STORY)


def of(facts=None, usage=UP, by=None, as_of="11-14") -> str:
    return planned(facts or line(), usage, as_of, by or rule(AT_ONCE)).digest


def test_the_same_inputs_give_the_same_digest():
    assert of() == of(line(), seen(dict(STORY)), rule(AT_ONCE))
    assert len(of()) == 64


def test_the_order_of_the_rows_does_not_matter():
    assert of(line(autumn(41)[::-1])) == of()


def test_equal_amounts_written_in_two_ways_are_equal():
    assert of(line(line=replace(LINE, price=Decimal("12.0")))) == of()
    assert digest(Decimal("1.50")) == digest(Decimal("1.5"))
    assert digest(Decimal(100)) == digest(Decimal("1E+2"))


def test_a_number_a_text_and_a_day_that_look_alike_are_not_equal():
    found = {digest(1), digest("1"), digest(Decimal(1)), digest(day("11-12")), digest("2026-11-12"), digest(None)}
    assert len(found) == 6


def test_parts_do_not_run_into_each_other():
    assert digest("ab", "c") != digest("a", "bc")
    assert digest(["a"], "b") != digest(["a", "b"])


CHANGED_BY_THE_PSA = {
    "units": line((*autumn(41)[:2], row("12-01", "12-31", 42))),
    "a row that was split": line(
        (*autumn(41)[:1], row("11-01", "11-02", 41), row("11-03", "11-30", 41), autumn(41)[2])
    ),
    "a row that was removed": line(autumn(41)[:2]),
    "posted": line((autumn(41)[0], row("11-01", "11-30", 41, "11-13"), autumn(41)[2])),
    "un-posted": line((row("10-01", "10-31", 41), *autumn(41)[1:])),
    "contract end": line(of=contract(end="11-30")),
    "no contract end": line(of=contract(end=None)),
    "contract start": line(of=contract("02-01")),
    "price": line(line=replace(LINE, price=Decimal("12.01"))),
    "no price": line(line=replace(LINE, price=None)),
    "holder": line(of=contract(customer_id="2")),
    "period type": line(of=contract(period=PeriodType.QUARTERLY)),
    "another service": line(line=replace(LINE, service_id="11")),
}


@pytest.mark.parametrize("what", CHANGED_BY_THE_PSA)
def test_each_thing_that_changes_in_the_psa_changes_both_digests(what):
    changed = CHANGED_BY_THE_PSA[what]
    assert of(changed) != of()
    ours = psa_digest(LINE, contract(), autumn(41))
    assert psa_digest(changed.line, changed.contract, changed.rows) != ours


def test_what_the_psa_said_does_not_depend_on_usage_or_rules():
    one = planned(line(), UP, "11-14", rule(AT_ONCE)).psa_digest
    other = planned(line(), seen(spread(("11-01", "11-14", 7))), "11-14", rule(AT_ONCE, version=9)).psa_digest
    assert one == other == psa_digest(LINE, contract(), autumn(41)[::-1])


@pytest.mark.parametrize("status", [True, False])
def test_a_contract_set_inactive_still_bills_and_is_the_same_to_a_plan(status):
    assert psa_digest(LINE, contract(active=status), autumn(41)) == psa_digest(LINE, contract(), autumn(41))


def test_another_version_of_the_rule():
    assert of(by=rule(AT_ONCE, version=2)) != of()
    assert of(by=rule(AT_ONCE, id="r2")) != of()


def test_another_count_or_another_certainty_of_one_day():
    early = STORY | {day("11-02"): 40}
    assert of(usage=seen(early)) != of()
    assert of(usage=seen(STORY | {day("11-02"): "~41"})) != of()


def test_one_device_less_and_another_more_is_the_same_count_and_another_digest():
    """Evidence: the items behind a number are part of what was approved."""
    last = UP.days[-1]
    swapped = replace(UP, days=(*UP.days[:-1], replace(last, evidence="the same count of other items")))
    assert of(usage=swapped) != of()


def test_another_metric_with_the_same_value():
    renamed = seen(STORY, "datto_rmm.laptop")
    assert of(usage=renamed, by=rule(AT_ONCE, quantity="datto_rmm.laptop")) != of(by=rule(AT_ONCE, quantity=DESKTOP))


FALL = seen(spread(("11-01", "11-11", 4), ("11-12", "11-14", 1)))


def plan_with(*releases: Release, lines: tuple[str, ...] = ("1000", "1001")):
    cases = []
    for name in lines:
        facts = line(4, line=replace(LINE, id=name), of=contract(id=f"c{name}"))
        cases.append(LineCase(replace(facts, service=replace(facts.service, id=name)), rule(AT_ONCE), FALL))
    facts = PlanFacts(tuple(cases), PlanContext(day("11-14")), Thresholds(), releases=releases)
    return plan_outcomes(facts)


def test_a_release_changes_the_digest_of_its_line_and_of_no_other():
    held, free = plan_with(), plan_with(Release("fall_more_than_half", "1000", 1, day("11-12")))
    assert held[0].digest != free[0].digest
    assert held[1].digest == free[1].digest


def test_the_checksum_does_not_depend_on_the_order_of_the_lines():
    one, other = plan_with(lines=("1000", "1001")), plan_with(lines=("1001", "1000"))
    assert checksum_of(one, day("11-14")) == checksum_of(other, day("11-14"))


def test_the_checksum_changes_with_each_outcome_with_a_missing_one_and_with_the_day():
    found = plan_with()
    whole = checksum_of(found, day("11-14"))
    assert checksum_of((replace(found[0], digest="x"), found[1]), day("11-14")) != whole
    assert checksum_of(found[:1], day("11-14")) != whole
    assert checksum_of(found, day("11-15")) != whole


def test_two_lines_that_swap_their_digests_are_another_plan():
    found = plan_with()
    swapped = (replace(found[0], digest=found[1].digest), replace(found[1], digest=found[0].digest))
    assert checksum_of(swapped, day("11-14")) != checksum_of(found, day("11-14"))
