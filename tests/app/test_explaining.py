"""One line explained from its items by name to its units and money, also where it is held, unmapped or unplanned."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from tests.app.office import DAY, RMM, Office
from tests.app.test_checks import EDR, edr

from trueup.app.counting import metrics
from trueup.app.errors import UseCaseError
from trueup.app.mapping import customers
from trueup.app.plans import explaining, planning
from trueup.app.rulebook import rules
from trueup.app.usage import collecting
from trueup.app.writes import entries
from trueup.core.outcome import EntryKind
from trueup.core.rule import RuleLevel
from trueup.core.usage import Coverage

ALL_THREE = "datto_rmm.desktop + datto_rmm.laptop + datto_rmm.server"


@pytest.fixture
def mapped(office: Office) -> Office:
    office.do(customers.accept_above, 92)
    return office


def test_a_sum_of_three_types_is_explained_by_the_names_of_its_items(mapped: Office) -> None:
    mapped.do(rules.set_rule, rules.RuleDraft(service="303", quantity=ALL_THREE))
    mapped.do(planning.make_plan)
    found = mapped.do(explaining.explain, "5013")
    assert (found.customer_name, found.service_name, found.contract_name) == (
        "Northwind Traders Ltd",
        "Managed Workstation",
        "Northwind managed",
    )
    assert [one.name for one in found.organizations] == ["Leeds (Northwind)", "Northwind Traders"]
    counted = {metric.label: int(metric.value or 0) for metric in found.metrics}
    assert counted == {"Desktop": 23, "Laptop": 14, "Server": 2}
    assert (found.value, found.source_day, found.quantity) == (Decimal(39), DAY, ALL_THREE)
    laptops = next(metric for metric in found.metrics if metric.label == "Laptop")
    assert laptops.condition == 'category == "Laptop"'
    assert [(count.name, count.value, len(count.items or ())) for count in laptops.counts] == [
        ("Leeds (Northwind)", 4, 4),
        ("Northwind Traders", 10, 10),
    ]
    names = [item.name for count in laptops.counts for item in count.items or ()]
    assert len(set(names)) == 14
    assert (min(names), max(names)) == ("LEEDSNOR-NB001", "NORTHWIN-NB010")


def test_every_number_equals_the_items_that_are_shown_for_it(mapped: Office) -> None:
    every = {one.type.key for one in mapped.do(metrics.listing).types}
    mapped.do(rules.set_rule, rules.RuleDraft(service="303", quantity=" + ".join(sorted(every)), counts_twice=True))
    mapped.do(planning.make_plan)
    for line in ("5004", "5007", "5013"):
        found = mapped.do(explaining.explain, line)
        assert len(found.metrics) == 21
        for metric in found.metrics:
            for count in metric.counts:
                assert count.items is not None
                assert count.value == len(count.items), (line, metric.name)


def test_units_money_and_the_rows_of_the_psa_are_part_of_it(mapped: Office) -> None:
    mapped.do(rules.set_rule, rules.RuleDraft(service="303", quantity=ALL_THREE, minimum=43))
    plan = mapped.do(planning.make_plan)
    found = mapped.do(explaining.explain, "5013")
    assert (found.status, found.before, found.after, found.effective) == ("change", 40, 43, DAY)
    # three more at 39.00 from 14 to 30 June: 17 of 30 days
    assert [(one.change, one.amount) for one in found.adjustments] == [(3, Decimal("66.30"))]
    assert (found.amount, found.recurring, found.price) == (Decimal("66.30"), Decimal("117.00"), Decimal(39))
    assert [step.code for step in found.steps][-3:] == ["step.basis", "step.minimum", "step.adjustment"]
    june = next(row for row in found.psa.rows if row.covers(DAY))
    assert (june.units, found.psa.moved, found.psa.problem) == (40, False, None)
    assert found.digest == next(one.digest for one in plan.outcomes if one.line_id == "5013")


def test_a_line_that_somebody_edited_since_the_plan_is_said_to_have_moved(own: Office) -> None:
    own.do(customers.accept_above, 92)
    own.do(rules.set_rule, rules.RuleDraft(service="303", quantity=ALL_THREE))
    own.do(planning.make_plan)
    own.psa_fault(
        "edit-units", entity="ContractServiceUnits", method="POST", line=5013, units=55, day="2026-06-14", skip=0
    )
    own.do(explaining.explain, "5013")
    assert own.do(explaining.explain, "5013").psa.moved is True


def test_a_metric_of_ones_own_is_opened_up_to_its_items(mapped: Office) -> None:
    mapped.do(metrics.define, "workstations", 'category in ("Desktop", "Laptop") and not suspended')
    mapped.do(metrics.define, "weighted", "workstations + 3 * datto_rmm.server")
    mapped.do(rules.set_rule, rules.RuleDraft(service="302", quantity="weighted"))
    mapped.do(planning.make_plan)
    found = mapped.do(explaining.explain, "5002")
    shown = {metric.name: metric for metric in found.metrics}
    assert list(shown) == ["weighted", "datto_rmm.server", "workstations"]
    assert (shown["weighted"].expression, shown["weighted"].parts) == (
        "workstations + 3 * datto_rmm.server",
        ("datto_rmm.server", "workstations"),
    )
    # Lefèvre: 8 desktops and 7 laptops, and one more desktop; the old laptop is suspended, the deleted one is not there
    assert (shown["workstations"].value, shown["datto_rmm.server"].value, found.value) == (16, 2, 22)
    names = [item.name for item in shown["workstations"].counts[0].items or ()]
    assert "NO-BILL-BY-UDF" in names
    assert "OLD-LAPTOP" not in names


def test_a_held_line_is_explained_like_any_other(mapped: Office) -> None:
    mapped.do(rules.set_rule, rules.RuleDraft(service="302", quantity="datto_rmm.esxi_host", decrease_settle_days=1))
    mapped.do(planning.make_plan)
    found = mapped.do(explaining.explain, "5016")
    assert (found.status, found.before, found.value) == ("held", 7, Decimal(0))
    assert (found.reasons[0].code, found.releasable) == ("held.to_zero", ("to_zero",))
    assert (found.metrics[0].value, found.metrics[0].counts[0].items) == (Decimal(0), ()), (
        "a measured zero, and its items"
    )


def test_an_unmapped_line_says_so_and_shows_its_rule(office: Office) -> None:
    office.do(rules.set_rule, rules.RuleDraft(service="302", quantity="datto_rmm.server"))
    office.do(planning.make_plan)
    found = office.do(explaining.explain, "5002")
    assert (found.status, [reason.code for reason in found.reasons]) == ("unmapped", ["unmapped.module"])
    assert found.rule is not None
    assert (found.rule.rule.quantity, found.rule.saved_by) == ("datto_rmm.server", "anna")
    assert (found.organizations, found.value) == ((), None)
    assert (found.metrics[0].value, found.metrics[0].coverage) == (None, Coverage.UNKNOWN), "never a zero"


def test_organizations_of_a_module_that_the_rule_does_not_count_are_not_named(office: Office, tmp_path: Path) -> None:
    office.do(rules.set_rule, rules.RuleDraft(service="302", quantity="datto_rmm.server"))
    office.do(planning.make_plan)
    customer = office.do(explaining.explain, "5002").customer_id
    edr(office, tmp_path, [("Another tool's name", "PC-1")])
    office.do(customers.map_organization, EDR, "Another tool's name", customer)
    office.do(planning.make_plan)
    assert office.do(explaining.explain, "5002").organizations == ()
    office.do(rules.set_rule, rules.RuleDraft(service="302", quantity="datto_rmm.server + datto_edr.agents"))
    office.do(planning.make_plan)
    assert [one.connection for one in office.do(explaining.explain, "5002").organizations] == [EDR]


def test_an_expression_that_fails_is_explained_without_a_value(mapped: Office) -> None:
    mapped.do(rules.set_rule, rules.RuleDraft(service="303", quantity="datto_rmm.desktop / datto_rmm.server"))
    mapped.do(planning.make_plan)
    found = mapped.do(explaining.explain, "5007")
    assert (found.status, found.value) == ("held", None)
    assert [note.get("error") for note in found.notes] == ["expression.division_by_zero"]
    assert [int(metric.value or 0) for metric in found.metrics] == [6, 0]


def test_the_rule_is_shown_as_it_was_when_the_plan_was_made(mapped: Office) -> None:
    mapped.do(rules.set_rule, rules.RuleDraft(service="302", quantity="datto_rmm.server"))
    mapped.do(planning.make_plan)
    mapped.clock.put(mapped.clock.now().replace(hour=9))
    mapped.do(rules.set_rule, rules.RuleDraft(service="302", quantity="datto_rmm.server * 2"))
    found = mapped.do(explaining.explain, "5002")
    assert found.rule is not None
    assert (found.rule.rule.version, found.rule.latest_version, found.quantity) == (1, 2, "datto_rmm.server")


def test_usage_that_is_another_by_now_is_pointed_out(mapped: Office) -> None:
    mapped.do(rules.set_rule, rules.RuleDraft(service="302", quantity="datto_rmm.server"))
    mapped.do(planning.make_plan)
    mapped.map("Roux étude notariale", "201")
    found = mapped.do(explaining.explain, "5002")
    assert [note.as_dict() for note in found.notes] == [
        {"name": "datto_rmm.server", "then": Decimal(2), "now": Decimal(3)}
    ]


def test_a_line_without_a_rule_an_excluded_one_and_an_unknown_one(mapped: Office) -> None:
    mapped.do(rules.set_rule, rules.RuleDraft(service="302", quantity="datto_rmm.server"))
    mapped.do(rules.exclude, RuleLevel.LINE, "5002")
    mapped.do(planning.make_plan)
    assert [reason.code for reason in mapped.do(explaining.explain, "5008").reasons] == ["explain.no_rule"]
    assert [reason.code for reason in mapped.do(explaining.explain, "5002").reasons] == ["explain.excluded"]
    with pytest.raises(UseCaseError) as unknown:
        mapped.do(explaining.explain, "99999")
    assert unknown.value.reason.code == "explain.unknown_line"


def test_a_rule_that_no_plan_has_used_yet_is_said_so_with_its_usage(mapped: Office) -> None:
    mapped.do(rules.set_rule, rules.RuleDraft(service="302", quantity="datto_rmm.server"))
    mapped.do(planning.make_plan)
    mapped.do(rules.set_rule, rules.RuleDraft(service="304", quantity="datto_rmm.server"))
    found = mapped.do(explaining.explain, "5012")
    assert [reason.code for reason in found.reasons] == ["explain.not_planned"]
    assert found.value == 5


def test_a_psa_that_cannot_be_asked_is_part_of_the_answer(offices: Callable[..., Office]) -> None:
    office = offices().open()
    office.do(customers.accept_above, 92)
    office.do(rules.set_rule, rules.RuleDraft(service="302", quantity="datto_rmm.server"))
    office.do(planning.make_plan)
    office.autotask.stop()
    found = office.do(explaining.explain, "5002")
    assert found.psa.problem is not None
    assert (found.psa.rows, found.value) == ((), Decimal(2))


def test_a_day_that_was_not_delivered_shows_why_instead_of_items(own: Office) -> None:
    own.do(customers.accept_above, 92)
    own.do(rules.set_rule, rules.RuleDraft(service="302", quantity="datto_rmm.server"))
    own.clock.put(own.clock.now().replace(day=20))
    own.rmm_fault("status", path="/v2/account/sites", status=503, times=0)
    own.do(collecting.collect)
    own.do(planning.make_plan, DAY.replace(day=19))
    found = own.do(explaining.explain, "5002")
    assert found.status == "held"
    assert "held.stale" in [reason.code for reason in found.reasons]
    assert found.source_day == DAY, "the last day that is known"
    assert own.ws.store.connections.state(RMM).failure is not None


def test_a_request_to_create_something_is_explained_too(mapped: Office) -> None:
    mapped.do(rules.set_rule, rules.RuleDraft(service="302", quantity="datto_rmm.server"))
    request = mapped.do(entries.request_line, "1006", "302").id
    mapped.do(planning.make_plan)
    found = mapped.do(explaining.explain, request)
    assert (found.kind, found.after, found.value) == (EntryKind.ADD_LINE, 5, Decimal(5))
    assert (found.customer_name, found.psa.rows) == ("Müller Präzisionsteile GmbH", ())


def test_it_can_be_written_as_json(mapped: Office) -> None:
    mapped.do(rules.set_rule, rules.RuleDraft(service="302", quantity="datto_rmm.server"))
    mapped.do(planning.make_plan)
    told = msgspec.json.decode(msgspec.json.encode(mapped.do(explaining.explain, "5002")))
    assert told["metrics"][0]["counts"][0]["items"][0]["name"] == "BOULANGE-SRV001"
