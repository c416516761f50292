"""Edits by hand between two nights: found, shown with both counts, and treated as the policy says; never overwritten in
silence. The garage has 11 workstations at 12.00 a month; usage says 11 all the time unless a test says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from tests.ledger.stage import DAY, Site
from tests.scenarios.msp import (
    FIRST,
    GROWN,
    MIXED,
    SMALL,
    UNITS,
    USAGE,
    WORKSTATIONS,
    Msp,
    codes_of,
    of_line,
    open_msp,
    reasons,
)

from trueup.app.errors import Exit, UseCaseError
from trueup.core.outcome import Outcome, OutcomeStatus, Plan
from trueup.core.rule import DriftPolicy, Mode
from trueup.core.settings import TenantSettings

DECEMBER = date(2026, 12, 1)


@pytest.fixture
def automatic(tmp_path: Path) -> Iterator[Msp]:
    with open_msp(tmp_path, TenantSettings(mode=Mode.AUTOMATIC)) as opened:
        opened.set_up()
        yield opened


def night(msp: Msp, day: date, garage: int = 11) -> Plan:
    """Collect and plan; the garage has so many workstations."""
    msp.night(day)
    msp.collect({**USAGE, "Garage du Lac": Site({"desktop": garage - 1, "laptop": 1})})
    return msp.plan()


def figures(outcome: Outcome) -> list[tuple[date, int, Decimal | None]]:
    return [(made.day, made.change, made.amount) for made in outcome.adjustments]


def found(msp: Msp, line: int = SMALL) -> list[tuple[date, int, int]]:
    report = msp.drift()
    (mine,) = [one for one in report.lines if one.case.facts.line.id == str(line)]
    return [(edit.day, edit.known, edit.found) for edit in mine.edits]


# --- what is found ---------------------------------------------------------------------------------------------------


def test_an_edit_is_shown_with_its_day_both_counts_and_what_usage_says(msp: Msp) -> None:
    msp.psa.edit(SMALL, GROWN, 3)
    night(msp, GROWN)
    report = msp.drift()
    (line,) = report.lines
    assert [(edit.day, edit.known, edit.found) for edit in line.edits] == [(GROWN, 11, 14)]
    assert (line.outcome.after, line.policy, report.compared) == (11, DriftPolicy.WAIT, 4)
    assert [one.line_id for one in report.planned] == [str(SMALL)]
    assert not report.says_who  # nothing public says that Autotask tells who edited units


def test_looking_makes_no_plan_and_writes_nothing(msp: Msp) -> None:
    msp.psa.edit(SMALL, GROWN, 3)
    with msp.stage.open() as ws:
        before = ws.store.plans.latest()
    assert msp.drift().lines
    with msp.stage.open() as ws:
        assert ws.store.plans.latest() == before
    assert msp.psa.sends() == 0


def test_units_that_nobody_touched_show_nothing(msp: Msp) -> None:
    report = msp.drift()
    assert (report.lines, report.compared) == ((), 4)


def test_an_edit_that_splits_a_row_is_one_edit(msp: Msp) -> None:
    msp.psa.edit(SMALL, date(2026, 11, 20), -1)
    assert found(msp) == [(date(2026, 11, 20), 11, 10)]


def test_several_edits_are_each_named(msp: Msp) -> None:
    msp.psa.edit(SMALL, date(2026, 11, 14), 3)
    msp.psa.edit(SMALL, date(2026, 11, 20), -1)
    assert found(msp) == [(date(2026, 11, 14), 11, 14), (date(2026, 11, 20), 11, 13)]


def test_an_edit_that_a_second_one_takes_back_is_both(msp: Msp) -> None:
    msp.psa.edit(SMALL, date(2026, 11, 14), 3)
    msp.psa.edit(SMALL, date(2026, 11, 20), -3)
    assert found(msp) == [(date(2026, 11, 14), 11, 14), (date(2026, 11, 20), 11, 11)]


def test_an_edit_equal_to_what_usage_says_is_agreed_with(msp: Msp) -> None:
    msp.night(GROWN)
    msp.collect({**USAGE, "Garage du Lac": Site({"desktop": 10, "laptop": 2})})
    msp.psa.edit(SMALL, GROWN, 1)
    assert found(msp) == [(GROWN, 11, 12)]
    assert codes_of(of_line(msp.plan(), SMALL)) == ["none.adopted_edit"]
    assert msp.drift().lines == ()


def test_an_edit_between_approval_and_apply_is_skipped_and_then_drift(msp: Msp) -> None:
    plan = msp.approved_plan()
    msp.psa.edit(SMALL, GROWN, 4)
    assert reasons(msp.apply(plan))[SMALL] == "apply.moved"
    outcome = of_line(msp.plan(), SMALL)
    assert (outcome.status, outcome.reasons[0].get("found")) == (OutcomeStatus.DRIFT, 15)


# --- wait (the default) ----------------------------------------------------------------------------------------------


def test_an_edit_in_the_past_is_never_overwritten_in_silence(automatic: Msp) -> None:
    """Dated before the rule's first day: the fall to 11 has to stand three days; nobody agrees with it meanwhile."""
    automatic.psa.edit(SMALL, date(2026, 11, 3), 3)
    for days in range(1, 8):
        plan = night(automatic, FIRST + days * DAY)
        assert of_line(plan, SMALL).status is OutcomeStatus.DRIFT
        with pytest.raises(UseCaseError):
            automatic.apply(plan)
    assert automatic.psa.sends() == 0


def test_an_edit_dated_ahead_waits_before_its_day_and_on_it(automatic: Msp) -> None:
    automatic.psa.edit(SMALL, DECEMBER, 4)
    for day in (GROWN, date(2026, 11, 30)):
        outcome = of_line(night(automatic, day), SMALL)
        assert (outcome.status, outcome.adjustments, outcome.releasable) == (OutcomeStatus.DRIFT, (), ())
        assert (outcome.reasons[0].get("day"), outcome.reasons[0].get("found")) == (DECEMBER, 15)
    outcome = of_line(night(automatic, DECEMBER), SMALL)
    assert (outcome.status, outcome.releasable) == (OutcomeStatus.DRIFT, ("drift",))
    assert figures(outcome) == [(DECEMBER, -4, Decimal("-48.00"))]
    assert automatic.psa.sends() == 0


# --- keep ------------------------------------------------------------------------------------------------------------


def test_a_kept_edit_stands_until_usage_changes_and_then_usage_decides(msp: Msp) -> None:
    """14 stand while usage says 11; 12 from the 15th on have to stand three days: -2 x 12.00 x 16 / 30 = -12.80."""
    msp.treat_edits(DriftPolicy.KEEP)
    msp.psa.edit(SMALL, GROWN, 3)
    assert codes_of(of_line(night(msp, GROWN), SMALL)) == ["none.edit_kept"]
    assert msp.drift().lines == ()
    for day in (13, 14):
        outcome = of_line(night(msp, date(2026, 11, day)), SMALL)
        assert (outcome.status, codes_of(outcome)) == (OutcomeStatus.NONE, ["none.edit_stands"])
    for day in (15, 16):
        assert of_line(night(msp, date(2026, 11, day), 12), SMALL).status is OutcomeStatus.SCHEDULED
    outcome = of_line(night(msp, date(2026, 11, 17), 12), SMALL)
    assert outcome.status is OutcomeStatus.CHANGE
    assert figures(outcome) == [(date(2026, 11, 15), -2, Decimal("-12.80"))]


def test_a_kept_edit_follows_a_rise_of_usage_on_its_day(msp: Msp) -> None:
    msp.treat_edits(DriftPolicy.KEEP)
    msp.psa.edit(SMALL, GROWN, 3)
    night(msp, GROWN)
    outcome = of_line(night(msp, date(2026, 11, 16), 15), SMALL)
    assert outcome.status is OutcomeStatus.CHANGE
    assert figures(outcome) == [(date(2026, 11, 16), 1, Decimal("6.00"))]  # 15 of 30 days of 12.00


def test_a_dip_of_usage_that_is_over_lets_the_edit_stand(msp: Msp) -> None:
    msp.treat_edits(DriftPolicy.KEEP)
    msp.psa.edit(SMALL, GROWN, 3)
    night(msp, GROWN)
    for day, garage in ((13, 10), (14, 11), (15, 11), (16, 11), (17, 11)):
        plan = night(msp, date(2026, 11, day), garage)
    assert codes_of(of_line(plan, SMALL)) == ["none.edit_stands"]


def test_usage_that_comes_back_after_a_change_is_followed_again(msp: Msp) -> None:
    """11 was what usage said when the edit was kept. After 15, 11 is a change like any other."""
    msp.treat_edits(DriftPolicy.KEEP)
    msp.psa.edit(SMALL, GROWN, 3)
    night(msp, GROWN)
    plan = night(msp, date(2026, 11, 16), 15)
    msp.approve(plan, {SMALL})
    msp.apply(plan)
    for day in (17, 18, 19):
        plan = night(msp, date(2026, 11, day), 11)
    assert figures(of_line(plan, SMALL))[0][:2] == (date(2026, 11, 17), -4)


def test_a_kept_edit_dated_ahead_takes_effect_on_its_day(msp: Msp) -> None:
    msp.treat_edits(DriftPolicy.KEEP)
    msp.psa.edit(SMALL, DECEMBER, 4)
    for day in (GROWN, date(2026, 11, 30), DECEMBER, date(2026, 12, 2)):
        assert of_line(night(msp, day), SMALL).status is OutcomeStatus.NONE
    assert msp.psa.units(SMALL, DECEMBER) == 15
    assert msp.psa.sends() == 0


# --- take back -------------------------------------------------------------------------------------------------------


def test_an_edit_is_taken_back_with_its_reason_on_the_next_free_day(msp: Msp) -> None:
    msp.treat_edits(DriftPolicy.TAKE_BACK)
    msp.psa.edit(SMALL, GROWN, 3)
    outcome = of_line(night(msp, GROWN), SMALL)
    assert outcome.status is OutcomeStatus.CHANGE
    assert codes_of(outcome) == ["change.decrease", "note.edit_taken_back", "note.date_moved"]
    assert figures(outcome) == [(date(2026, 11, 13), -3, Decimal("-21.60"))]  # 18 of 30 days of 36.00
    assert (outcome.reasons[1].get("known"), outcome.reasons[1].get("found")) == (11, 14)


def test_an_edit_dated_ahead_is_taken_back_on_its_day(msp: Msp) -> None:
    msp.treat_edits(DriftPolicy.TAKE_BACK)
    msp.psa.edit(SMALL, DECEMBER, 4)
    plan = night(msp, GROWN)
    assert figures(of_line(plan, SMALL)) == [(DECEMBER, -4, Decimal("-48.00"))]
    msp.approve(plan, {SMALL})
    msp.apply(plan)
    assert msp.psa.units(SMALL, DECEMBER) == 11
    assert of_line(night(msp, date(2026, 11, 13)), SMALL).status is OutcomeStatus.NONE


def test_a_guard_rail_holds_what_is_taken_back_like_any_change(msp: Msp) -> None:
    msp.treat_edits(DriftPolicy.TAKE_BACK)
    msp.psa.edit(SMALL, GROWN, 20)
    outcome = of_line(night(msp, GROWN), SMALL)
    assert outcome.status is OutcomeStatus.HELD
    assert "fall_more_than_half" in outcome.releasable
    assert "note.edit_taken_back" in codes_of(outcome)


# --- adopt -----------------------------------------------------------------------------------------------------------


def test_an_adopted_edit_fixes_the_line_until_a_person_ends_it(msp: Msp) -> None:
    msp.treat_edits(DriftPolicy.ADOPT)
    msp.psa.edit(SMALL, GROWN, 3)
    assert codes_of(of_line(night(msp, GROWN), SMALL)) == ["none.edit_adopted"]
    with msp.stage.open() as ws:
        rule = ws.store.rules.get(f"line-{SMALL}")
        assert rule.override is not None
        assert (rule.override.units, rule.override.until) == (14, None)
        assert rule.override.reason == "edited in the PSA on 2026-11-12"
    for day, garage in ((13, 11), (14, 16), (15, 16)):
        outcome = of_line(night(msp, date(2026, 11, day), garage), SMALL)
        assert (outcome.status, outcome.after) == (OutcomeStatus.NONE, 14)


def test_an_edit_dated_ahead_is_not_adopted_but_waits(msp: Msp) -> None:
    """One fixed number cannot hold 11 units in November and 15 in December."""
    msp.treat_edits(DriftPolicy.ADOPT)
    msp.psa.edit(SMALL, DECEMBER, 4)
    assert of_line(night(msp, GROWN), SMALL).status is OutcomeStatus.DRIFT


# --- where the policy is set -----------------------------------------------------------------------------------------


def test_the_tenants_choice_holds_where_no_rule_names_one(msp: Msp) -> None:
    msp.choose(drift=DriftPolicy.KEEP)
    msp.psa.edit(SMALL, GROWN, 3)
    assert codes_of(of_line(night(msp, GROWN), SMALL)) == ["none.edit_kept"]


def test_a_policy_changes_no_other_line(msp: Msp) -> None:
    msp.treat_edits(DriftPolicy.TAKE_BACK)
    plan = night(msp, GROWN)
    assert {of_line(plan, line).status for line in UNITS} == {OutcomeStatus.NONE}


# --- a person decides about one line ---------------------------------------------------------------------------------


def test_a_person_lets_one_edit_stand(msp: Msp) -> None:
    msp.psa.edit(SMALL, GROWN, 3)
    msp.psa.edit(MIXED, GROWN, 1)
    night(msp, GROWN)
    msp.decide(SMALL, DriftPolicy.KEEP)
    plan = msp.plan()
    assert codes_of(of_line(plan, SMALL)) == ["none.edit_stands"]
    assert of_line(plan, MIXED).status is OutcomeStatus.DRIFT


def test_a_person_takes_one_edit_back_and_the_next_one_waits_again(msp: Msp) -> None:
    msp.psa.edit(SMALL, GROWN, 3)
    night(msp, GROWN)
    msp.decide(SMALL, DriftPolicy.TAKE_BACK)
    outcome = of_line(msp.plan(), SMALL)
    assert (outcome.status, figures(outcome)[0][1]) == (OutcomeStatus.CHANGE, -3)
    msp.psa.edit(SMALL, date(2026, 11, 14), 1)  # another edit: the decision was not about it
    again = of_line(night(msp, date(2026, 11, 14)), SMALL)
    assert again.status is not OutcomeStatus.CHANGE
    assert "drift.edited" in codes_of(again)


def test_a_person_fixes_the_line_at_the_edit_with_a_reason(msp: Msp) -> None:
    msp.psa.edit(WORKSTATIONS, GROWN, -1)
    night(msp, GROWN)
    msp.decide(WORKSTATIONS, DriftPolicy.ADOPT, "one is a loan, ticket 12")
    with msp.stage.open() as ws:
        fixed = ws.store.rules.get(f"line-{WORKSTATIONS}").override
    assert fixed is not None
    assert (fixed.units, fixed.reason) == (11, "edited in the PSA on 2026-11-12: one is a loan, ticket 12")
    outcome = of_line(night(msp, date(2026, 11, 13)), WORKSTATIONS)
    assert (outcome.status, outcome.after) == (OutcomeStatus.NONE, 11)


def test_a_decision_needs_a_reason(msp: Msp) -> None:
    msp.psa.edit(SMALL, GROWN, 3)
    with pytest.raises(UseCaseError) as refused:
        msp.decide(SMALL, DriftPolicy.KEEP, "  ")
    assert (refused.value.reason.code, refused.value.exit_code) == ("drift.reason_needed", Exit.USAGE)


def test_a_line_that_nobody_edited_has_nothing_to_decide(msp: Msp) -> None:
    with pytest.raises(UseCaseError) as refused:
        msp.decide(SMALL, DriftPolicy.KEEP)
    assert refused.value.reason.code == "drift.no_edit"


def test_an_edit_that_usage_agrees_with_has_nothing_to_keep(msp: Msp) -> None:
    msp.night(GROWN)
    msp.collect({**USAGE, "Garage du Lac": Site({"desktop": 10, "laptop": 2})})
    msp.psa.edit(SMALL, GROWN, 1)
    with pytest.raises(UseCaseError) as refused:
        msp.decide(SMALL, DriftPolicy.ADOPT)
    assert refused.value.reason.code == "drift.cannot_stand"
