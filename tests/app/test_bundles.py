"""Service bundles in rules: named like services, and never mistaken for a service of the same number or name."""

from __future__ import annotations

import pytest
from tests.app.office import Office

from trueup.app.errors import UseCaseError
from trueup.app.plans.planning import make_plan
from trueup.app.rulebook import rules
from trueup.app.rulebook.rules import RuleDraft
from trueup.core.rule import RuleLevel


def test_a_bundle_is_found_by_its_name(office: Office) -> None:
    draft = RuleDraft(service="complete workplace", quantity="datto_rmm.desktop")
    rule = office.do(rules.set_rule, draft).rule
    assert (rule.id, rule.service_id, rule.target) == ("service-bundle-41", "bundle-41", "bundle-41")
    (listed,) = office.do(rules.listing)
    assert listed.service_name == "Complete Workplace"


def test_a_line_of_a_bundle_is_planned_under_the_bundles_name(office: Office) -> None:
    office.do(rules.set_rule, RuleDraft(level=RuleLevel.LINE, target="bundle-6001", quantity="datto_rmm.desktop"))
    (outcome,) = office.do(make_plan).outcomes
    assert (outcome.line_id, outcome.service_id, outcome.service_name) == (
        "bundle-6001",
        "bundle-41",
        "Complete Workplace",
    )


def test_a_service_and_a_bundle_of_one_name_need_the_id(tmp_path) -> None:
    bundles = [{"id": 41, "name": "Managed Server", "billingCodeID": 2001, "unitPrice": 52, "services": [301]}]
    with Office(tmp_path, psa={"bundles": bundles}) as office:
        office.open()
        draft = RuleDraft(service="Managed Server", quantity="datto_rmm.server")
        with pytest.raises(UseCaseError) as error:
            office.do(rules.set_rule, draft)
        reason = error.value.reason
        assert (reason.code, reason.get("ids")) == ("rules.ambiguous_name", "304, bundle-41")
        by_id = office.do(rules.set_rule, RuleDraft(service="bundle-41", quantity="datto_rmm.server"))
        assert by_id.rule.service_id == "bundle-41"
