"""A rule is tried before it is saved, by the code that plans, beside what the PSA bills."""

from __future__ import annotations

import pytest
from tests.app.office import Office

from trueup.app.errors import UseCaseError
from trueup.app.mapping import customers
from trueup.app.plans.planning import make_plan
from trueup.app.rulebook import rules
from trueup.app.rulebook.feeding import feeding
from trueup.app.rulebook.previewing import preview
from trueup.app.rulebook.rules import RuleDraft
from trueup.app.rulebook.services_view import ServiceQuestion, service, services
from trueup.core.expression import ExpressionError
from trueup.core.outcome import OutcomeStatus
from trueup.core.rule import RuleLevel

DRAFT = RuleDraft(service="302", quantity="datto_rmm.server")


def test_the_preview_says_of_each_line_what_the_plan_says_once_the_rule_is_saved(office: Office) -> None:
    office.do(customers.accept_above, 92)
    shown = office.do(preview, DRAFT)
    assert office.ws.store.rules.list() == (), "nothing is saved"
    office.do(rules.set_rule, DRAFT)
    planned = {one.line_id: one for one in office.do(make_plan).outcomes}
    assert {line.outcome.line_id for line in shown.lines} == set(planned)
    for line in shown.lines:
        plan = planned[line.outcome.line_id]
        assert (line.outcome.after, line.outcome.adjustments) == (plan.after, plan.adjustments)
        assert line.billed == plan.before


def test_a_line_without_a_mapped_organization_has_no_units_instead_of_zero(office: Office) -> None:
    shown = office.do(preview, DRAFT)
    assert shown.lines
    assert {(line.wanted, line.outcome.status) for line in shown.lines} == {(None, OutcomeStatus.UNMAPPED)}
    assert shown.undecided == len(shown.lines)


def test_days_that_nobody_measured_are_not_said(office: Office) -> None:
    office.do(customers.accept_above, 92)
    line = next(one for one in office.do(preview, DRAFT).lines if one.wanted is not None)
    assert [day.wanted for day in line.days][:3] == [None, None, None], "one night was collected"
    assert line.days[-1].wanted == line.wanted


def test_a_rule_for_one_line_previews_that_line_alone_with_what_it_inherits(office: Office) -> None:
    office.do(customers.accept_above, 92)
    office.do(rules.set_rule, DRAFT)
    shown = office.do(preview, RuleDraft(level=RuleLevel.LINE, target="5002", minimum=40))
    assert [(line.outcome.line_id, line.wanted) for line in shown.lines] == [("5002", 40)]
    assert shown.rule.quantity == "datto_rmm.server"


def test_a_fault_is_told_with_its_place_and_nothing_is_asked_of_the_psa(office: Office) -> None:
    with pytest.raises(ExpressionError) as fault:
        office.do(preview, RuleDraft(service="302", quantity="datto_rmm.serve + 1"))
    assert (fault.value.position, fault.value.length) == (0, 15)
    with pytest.raises(UseCaseError) as refused:
        office.do(preview, RuleDraft(service="no such", quantity="datto_rmm.server"))
    assert refused.value.reason.code == "rules.unknown_service"


def test_two_people_at_one_rule_the_second_is_refused(office: Office) -> None:
    first = office.do(rules.set_rule, DRAFT, 0).rule
    office.do(rules.set_rule, RuleDraft(service="302", minimum=2), first.version)
    for late in ((rules.set_rule, RuleDraft(service="302", minimum=9), first.version), (rules.remove, first.id, 1)):
        with pytest.raises(UseCaseError) as refused:
            office.do(*late)  # type: ignore[arg-type]
        assert refused.value.reason.code == "rules.changed_meanwhile"
    assert office.ws.store.rules.get(first.id).policy.minimum == 2


def test_services_without_a_rule_come_first_and_a_service_shows_who_inherits(office: Office) -> None:
    office.do(rules.set_rule, DRAFT)
    office.do(rules.exclude, RuleLevel.LINE, "5002")
    shown = office.do(services)
    assert shown.ruled == 1
    assert shown.page.rows[0].rule is None
    last = shown.page.rows[-1]
    assert (last.service.id, last.lines, last.governed, last.left) == ("302", 2, 1, 1)
    assert [row.service.id for row in office.do(services, ServiceQuestion(ruled=True)).page.rows] == ["302"]
    detail = office.do(service, "302")
    assert [one.rule.id for one in detail.narrower] == ["line-5002"]
    by_line = {one.line.id: one.rule for one in detail.lines.rows}
    assert detail.own is not None
    assert (detail.inherit, by_line["5002"]) == (1, detail.narrower[0].rule)
    assert [rule for line, rule in by_line.items() if line != "5002"] == [detail.own.rule]


def test_the_picture_shows_each_billing_type_with_the_services_that_it_feeds(office: Office) -> None:
    office.do(rules.set_rule, RuleDraft(service="301", quantity="datto_rmm.desktop + datto_rmm.laptop"))
    office.do(rules.set_rule, DRAFT)
    found = office.do(feeding)
    assert {(feed.metric, feed.service_id) for feed in found.feeds} == {
        ("datto_rmm.desktop", "301"),
        ("datto_rmm.laptop", "301"),
        ("datto_rmm.server", "302"),
    }
    assert not {key for key, _ in found.unused} & {"datto_rmm.desktop", "datto_rmm.server"}
