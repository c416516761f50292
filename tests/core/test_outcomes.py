"""Lines that cannot be decided say why; one of them never hides the others. Silence never lowers a line."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from tests.core.situations import (
    AT_ONCE,
    DESKTOP,
    MONTH_END,
    autumn,
    codes,
    contract,
    day,
    line,
    planned,
    row,
    rule,
    seen,
    sent,
    spread,
)

from trueup.core.contract import Customer, Line, Service
from trueup.core.outcome import Outcome, OutcomeStatus
from trueup.core.planning.line_plan import LineFacts, PlanContext
from trueup.core.planning.planning import LineCase, PlanFacts, plan_outcomes
from trueup.core.rails.guard import ModuleTotal, Release
from trueup.core.reason import Reason
from trueup.core.rule import Basis, Mode, QuantityPolicy, Rule, Scope, ScopeKind
from trueup.core.settings import Thresholds
from trueup.core.usage import Failure, FailureCategory, ScopeUsage

UP = seen(spread(("11-01", "11-11", 41), ("11-12", "11-14", 44)))
DOWN = seen(spread(("11-01", "11-11", 41), ("11-12", "11-14", 38)))
FAILED = (Failure(FailureCategory.UNREACHABLE, Reason.of("source.timeout")),)


def plan_of(*cases: LineCase, as_of: str = "11-14", **more: object):
    facts = PlanFacts(cases, PlanContext(day(as_of)), Thresholds())
    return plan_outcomes(replace(facts, **more))  # type: ignore[arg-type]


def case(
    usage: ScopeUsage = UP,
    by: Rule | None = None,
    line_id: str = "1000",
    facts: LineFacts | None = None,
    contract_id: str = "100",
    **changes: object,
) -> LineCase:
    facts = facts or line()
    own = replace(facts.line, id=line_id, contract_id=contract_id)
    facts = replace(facts, line=own, contract=replace(facts.contract, id=contract_id), **changes)  # type: ignore[arg-type]
    return LineCase(facts, by or rule(AT_ONCE), usage, frozenset({"rmm"}))


# --- what cannot be decided -----------------------------------------------------------------------------------


def test_a_module_without_a_mapped_organization_is_unmapped_and_not_zero():
    outcome = planned(line(), replace(DOWN, unmapped=("datto_rmm",)), "11-14", rule(AT_ONCE))
    assert (outcome.status, sent(outcome)) == (OutcomeStatus.UNMAPPED, [])
    assert outcome.reasons == (Reason.of("unmapped.module", modules="datto_rmm"),)


def test_a_contract_that_ended_holds():
    outcome = planned(line(of=contract(end="11-10")), UP, "11-14", rule(AT_ONCE))
    assert (codes(outcome), sent(outcome)) == (["held.contract_ended"], [])


def test_a_contract_that_ended_shows_its_final_usage():
    outcome = planned(line(of=contract(end="11-10")), UP, "11-14", rule(AT_ONCE))
    assert any(step.code == "step.metric" for step in outcome.steps)


def test_on_its_last_day_a_contract_is_still_in_force():
    outcome = planned(line((row("11-01", "11-14", 41),), contract(end="11-14")), UP, "11-14", rule(AT_ONCE))
    assert outcome.status is OutcomeStatus.CHANGE


def test_a_contract_that_has_not_started_holds():
    outcome = planned(line((), contract(start="11-15")), UP, "11-14", rule(AT_ONCE))
    assert codes(outcome) == ["held.contract_not_started"]


def test_nothing_is_dated_before_the_contract_began():
    rows = (row("11-10", "12-09", 41),)
    by = replace(rule(AT_ONCE), cutover=day("11-01"))
    usage = seen(spread(("11-01", "11-14", 44)))
    assert sent(planned(line(rows, contract("11-10", None)), usage, "11-14", by)) == [("11-10", 3)]


def test_an_inactive_contract_still_bills():
    assert sent(planned(line(of=contract(active=False)), UP, "11-14", rule(AT_ONCE))) == [("11-12", 3)]


def test_a_line_with_an_unclear_write_gets_nothing_more():
    outcome = planned(line(unsettled=True), UP, "11-14", rule(AT_ONCE))
    assert (codes(outcome), sent(outcome)) == (["held.unsettled"], [])


@pytest.mark.parametrize(
    "text", ["datto_rmm.desktop +", "datto_rmm.desktop / 0", "datto_rmm.desktop > 3", "datto_rmm.unheard_of", "'41'"]
)
def test_an_expression_that_cannot_be_worked_out_is_an_outcome_and_not_an_exception(text):
    outcome = planned(line(), UP, "11-14", rule(AT_ONCE, quantity=text))
    assert (codes(outcome), sent(outcome)) == (["held.expression"], [])
    assert outcome.reasons[0].get("text") == text


def test_one_broken_line_does_not_hide_the_others():
    broken = case(by=rule(AT_ONCE, quantity="1 / 0"), facts=line(service=Service("11", "Other")), line_id="1001")
    found = plan_of(broken, case())
    assert [outcome.status.value for outcome in found] == ["held", "change"]


def test_a_customer_that_left_waits_for_a_person_and_keeps_its_units():
    gone = replace(seen(spread(("11-01", "11-11", 3), ("11-12", "11-14", 0))), left=("Ateliers Morel",))
    outcome = planned(line(3), gone, "11-14", rule(AT_ONCE))
    assert outcome.status is OutcomeStatus.HELD
    assert codes(outcome)[0] == "held.customer_left"
    assert "customer_left" in outcome.releasable


def test_a_customer_that_left_waits_from_the_first_night_and_not_only_when_settled():
    gone = replace(seen(spread(("11-01", "11-12", 3), ("11-13", "11-13", 0))), left=("Ateliers Morel",))
    assert codes(planned(line(3), gone, "11-13"))[0] == "held.customer_left"


def test_a_site_that_left_is_not_hidden_by_an_earlier_rise_that_was_not_sent_yet():
    """Three more on the 12th, two gone with their site on the 14th: the fall waits for a person all the same."""
    usage = replace(
        seen(spread(("11-01", "11-11", 41), ("11-12", "11-13", 44), ("11-14", "11-14", 42))), left=("Lager",)
    )
    outcome = planned(line(), usage, "11-14", rule(AT_ONCE))
    assert outcome.status is OutcomeStatus.HELD
    assert codes(outcome)[0] == "held.customer_left"


def test_a_failed_source_is_named_beside_what_it_left_standing():
    quiet = replace(seen(spread(("11-01", "11-12", 41))), failures=FAILED)
    outcome = planned(line(), quiet, "11-14", rule(AT_ONCE))
    assert outcome.status is OutcomeStatus.NONE
    assert codes(outcome)[-1] == "note.source_failed"
    assert outcome.reasons[-1].get("category") == "unreachable"


def test_a_source_that_is_silent_for_too_long_holds_and_names_its_failure():
    quiet = replace(seen(spread(("11-01", "11-12", 41))), failures=FAILED)
    outcome = planned(line(), quiet, "11-18", rule(AT_ONCE))
    assert codes(outcome) == ["held.stale", "note.source_failed"]


def test_an_average_with_too_few_days_is_scheduled_while_the_period_runs_and_held_on_its_last_day():
    by = rule(MONTH_END, QuantityPolicy(basis=Basis.AVERAGE))
    few = spread(("11-01", "11-12", 41))
    assert planned(line(), seen(few), "11-20", by).status is OutcomeStatus.SCHEDULED
    assert codes(planned(line(), seen(few), "11-30", by)) == ["held.too_few_days"]
    assert planned(line(), seen(few), "11-30", by).status is OutcomeStatus.HELD


def test_a_guessed_metric_is_flagged_and_another_is_not():
    context = PlanContext(day("11-14"), guessed_metrics=frozenset({DESKTOP}))
    assert planned(line(), UP, "11-14", rule(AT_ONCE), context).guessed
    assert not planned(line(), UP, "11-14", rule(AT_ONCE)).guessed


def test_the_mode_of_a_rule_overrides_the_tenants():
    context = PlanContext(day("11-14"), mode=Mode.AUTOMATIC)
    assert planned(line(), UP, "11-14", rule(AT_ONCE), context).mode == "automatic"
    by = rule(AT_ONCE, mode=Mode.READ_ONLY)
    assert planned(line(), UP, "11-14", by, context).mode == "read-only"


def test_every_unit_has_a_reason_from_the_metric_to_the_cent():
    outcome = planned(line(), UP, "11-14", rule(AT_ONCE, QuantityPolicy(included=Decimal(2))))
    assert [step.code for step in outcome.steps] == [
        "step.metric",
        "step.expression",
        "step.basis",
        "step.included",
        "step.adjustment",
        "step.adjustment",
    ]
    assert outcome.steps[0].as_dict() == {
        "name": DESKTOP,
        "value": Decimal(44),
        "coverage": "measured",
        "day": day("11-14"),
    }


def test_an_expression_over_the_calendar_is_worked_out_for_each_day_anew():
    """Equal readings on two days are not equal quantities where the expression asks how long ago something was."""
    text = f"{DESKTOP} if days_since('2026-11-01') < 11 else {DESKTOP} + 3"
    steady = seen(spread(("11-01", "11-14", 41)))
    assert sent(planned(line(), steady, "11-14", rule(AT_ONCE, quantity=text))) == [("11-12", 3)]


# --- ambiguity ------------------------------------------------------------------------------------------------


def test_one_service_on_two_contracts_over_the_same_usage_is_ambiguous_on_both():
    found = plan_of(case(), case(line_id="1010", contract_id="101"))
    assert [codes(outcome) for outcome in found] == [["held.ambiguous"], ["held.ambiguous"]]
    assert found[0].reasons[0].get("lines") == "1000, 1010"
    assert [sent(outcome) for outcome in found] == [[], []]
    assert found[0].releasable == ()


def test_one_service_twice_on_one_contract_is_ambiguous():
    assert {codes(outcome)[0] for outcome in plan_of(case(), case(line_id="1001"))} == {"held.ambiguous"}


def test_even_a_line_that_is_right_is_ambiguous():
    quiet = seen(spread(("11-01", "11-14", 41)))
    assert {codes(outcome)[0] for outcome in plan_of(case(quiet), case(quiet, line_id="1001"))} == {"held.ambiguous"}


def test_a_contract_that_is_over_is_no_candidate():
    old = case(facts=line(of=contract(end="10-31")), line_id="1010", contract_id="101")
    assert [outcome.status.value for outcome in plan_of(case(), old)] == ["change", "held"]
    assert codes(plan_of(case(), old)[1]) == ["held.contract_ended"]


def test_two_services_of_one_customer_are_not_ambiguous():
    other = case(facts=line(service=Service("11", "Managed Server")), line_id="1001")
    assert {outcome.status for outcome in plan_of(case(), other)} == {OutcomeStatus.CHANGE}


def test_two_customers_with_one_service_are_not_ambiguous():
    theirs = replace(UP, organizations=(("rmm", "petit"),))
    facts = line(customer=Customer("2", "Boulangerie Petit"))
    other = case(theirs, facts=facts, line_id="1001", contract_id="101")
    assert {outcome.status for outcome in plan_of(case(), other)} == {OutcomeStatus.CHANGE}


def scoped(**scope: object) -> Rule:
    return rule(AT_ONCE, scope=Scope(**scope))  # type: ignore[arg-type]


def test_three_sites_billed_on_three_contracts_are_not_ambiguous():
    cases = [
        case(
            replace(UP, organizations=(("rmm", site),)),
            scoped(organizations=(("rmm", site),)),
            line_id=site,
            contract_id=site,
        )
        for site in ("a", "b", "c")
    ]
    assert {outcome.status for outcome in plan_of(*cases)} == {OutcomeStatus.CHANGE}


def test_all_sites_on_one_line_and_one_of_them_on_another_is_ambiguous():
    usage = replace(UP, organizations=(("rmm", "a"), ("rmm", "b")))
    one = replace(UP, organizations=(("rmm", "a"),))
    found = plan_of(case(usage), case(one, scoped(organizations=(("rmm", "a"),)), "1010", contract_id="101"))
    assert {codes(outcome)[0] for outcome in found} == {"held.ambiguous"}


def test_the_holder_named_in_another_way_is_still_the_same_usage():
    named = scoped(kind=ScopeKind.CUSTOMERS, customers=("1",))
    found = plan_of(case(), case(by=named, line_id="1010", contract_id="101"))
    assert {codes(outcome)[0] for outcome in found} == {"held.ambiguous"}


# --- rails through the whole plan -----------------------------------------------------------------------------


def test_three_of_four_servers_gone_wait_for_a_person():
    usage = seen(spread(("11-01", "11-11", 4), ("11-12", "11-14", 1)))
    (found,) = plan_of(case(usage, facts=line(4)))
    assert (found.status, found.releasable, sent(found)) == (
        OutcomeStatus.HELD,
        ("fall_more_than_half",),
        [("11-12", -3)],
    )


def test_a_release_is_bound_to_the_target_and_ends_when_usage_moves_on():
    falls = seen(spread(("11-01", "11-11", 4), ("11-12", "11-14", 1)))
    release = Release("fall_more_than_half", "1000", 1, day("11-12"))
    assert plan_of(case(falls, facts=line(4)), releases=(release,))[0].status is OutcomeStatus.CHANGE
    further = seen(spread(("11-01", "11-11", 4), ("11-12", "11-14", 1), ("11-15", "11-15", 0)))
    assert plan_of(case(further, facts=line(4)), as_of="11-15", releases=(release,))[0].status is OutcomeStatus.HELD


def test_small_falls_of_one_period_add_up():
    rows = (row("10-01", "10-31", 10, "11-02"), row("11-01", "11-04", 10), row("11-05", "11-30", 6))
    usage = seen(spread(("11-01", "11-04", 10), ("11-05", "11-11", 6), ("11-12", "11-14", 4)))
    assert plan_of(case(usage, facts=line(rows)))[0].releasable == ("fall_more_than_half",)


def test_the_modules_total_holds_the_lines_that_move_that_way():
    totals = (ModuleTotal("rmm", Decimal(100), Decimal(120)),)
    rising = case()
    falling = case(DOWN, facts=line(service=Service("11", "Other")), line_id="1001")
    assert [found.releasable for found in plan_of(rising, falling, totals=totals)] == [("module_total",), ()]


@pytest.mark.parametrize(("until", "status"), [("11-14", "change"), ("11-13", "held")])
def test_onboarding_ends_on_its_date(until, status):
    usage = seen(spread(("11-01", "11-11", 10), ("11-12", "11-14", 30)))
    found = plan_of(case(usage, facts=line(10)), onboarding=(("1", day(until)),))
    assert found[0].status.value == status


def dear(price: str, units_: int, period_rows=None) -> LineFacts:
    rows = period_rows or autumn(units_)
    return line(rows, line=Line("1000", "100", "10", price=Decimal(price)))


def test_a_customers_amount_is_held_with_the_currency_it_is_in():
    # 20 units of 50.00 are 1000.00 a month; five more are 250.00, over 20 % and over 100
    usage = seen(spread(("11-01", "11-11", 20), ("11-12", "11-14", 25)))
    (found,) = plan_of(case(usage, facts=dear("50.00", 20)))
    assert found.releasable == ("customer_amount",)
    assert found.reasons[0].as_dict() == {"now": Decimal(1000), "move": Decimal(250), "currency": "EUR"}


def test_a_yearly_service_on_a_monthly_contract_counts_a_twelfth_for_its_customer():
    """10 x 1200.00 a year are 1000.00 a month; five units of 50.00 more are 250.00 a month, 25 % of that."""
    yearly = replace(dear("1200.00", 10, (row("01-01", "12-31", 10),)), service=Service("11", "Yearly"))
    same = seen(spread(("11-01", "11-14", 10)))
    more = seen(spread(("11-01", "11-11", 0), ("11-12", "11-14", 5)))
    found = plan_of(case(same, facts=yearly, line_id="1001"), case(more, facts=dear("50.00", 0)))
    assert found[1].releasable == ("customer_amount",)


def test_a_customers_amount_adds_up_since_the_period_began():
    """1000.00 a month on 1 November, 1150.00 from the 5th, and now 1250.00: 25 % since the period began."""
    rows = (row("10-01", "10-31", 20, "11-02"), row("11-01", "11-04", 20), row("11-05", "11-30", 23))
    usage = seen(spread(("11-01", "11-04", 20), ("11-05", "11-11", 23), ("11-12", "11-14", 26)))
    (found,) = plan_of(case(usage, facts=dear("50.00", 20, rows)))
    assert found.releasable == ("customer_amount",)


def test_the_line_rails_of_a_new_line_count_from_zero():
    usage = seen(spread(("11-01", "11-11", 0), ("11-12", "11-14", 5)))
    assert plan_of(case(usage, facts=line(0)))[0].status is OutcomeStatus.CHANGE
    six = seen(spread(("11-01", "11-11", 0), ("11-12", "11-14", 6)))
    assert plan_of(case(six, facts=line(0)))[0].releasable == ("large_move",)


def test_five_to_zero_waits_for_a_person():
    usage = seen(spread(("11-01", "11-11", 5), ("11-12", "11-14", 0)))
    assert plan_of(case(usage, facts=line(5)))[0].releasable == ("to_zero",)


def moves(outcome: Outcome) -> list[tuple[object, ...]]:
    wanted = ("label", "change", "since")
    return [tuple(map(step.get, wanted)) for step in outcome.steps if step.code == "step.metric"]


def test_a_change_says_which_number_moved_and_since_when():
    context = PlanContext(day("11-14"), labels={DESKTOP: "Desktop"})
    assert moves(planned(line(), UP, "11-14", rule(AT_ONCE), context)) == [("Desktop", Decimal(3), day("11-11"))]


def test_a_line_that_is_right_says_of_no_number_that_it_moved():
    steady = seen(spread(("11-01", "11-14", 41)))
    assert moves(planned(line(), steady, "11-14", rule(AT_ONCE))) == [(None, None, None)]


def test_a_number_is_compared_with_the_last_day_that_was_measured_whole():
    gap = seen(spread(("11-01", "11-10", 41), ("11-11", "11-11", "~9"), ("11-12", "11-14", 44)))
    assert moves(planned(line(), gap, "11-14", rule(AT_ONCE)))[0][1:] == (Decimal(3), day("11-10"))
