"""Rules are checked when they are saved: names, nonsense, places; what is not said is kept or inherited."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from tests.app.office import DAY, Office

from trueup.app.counting import metrics
from trueup.app.errors import Exit, UseCaseError
from trueup.app.mapping import customers
from trueup.app.rulebook import rules
from trueup.app.rulebook.rules import RuleDraft, RuleRefusedError
from trueup.core.expression import ExpressionError
from trueup.core.rule import Basis, Mode, Override, Rounding, RuleLevel, Scope, ScopeKind, Timing, Window

ALL_THREE = "datto_rmm.desktop + datto_rmm.laptop + datto_rmm.server"


def saved(office: Office, **parts: object) -> rules.RuleSaved:
    return office.do(rules.set_rule, RuleDraft(**parts))  # type: ignore[arg-type]


def refused(office: Office, **parts: object) -> str:
    with pytest.raises(UseCaseError) as error:
        saved(office, **parts)
    assert "rule.saved" not in office.actions()
    return error.value.reason.code


def test_a_service_is_found_by_name_whatever_its_case_and_accents(office: Office) -> None:
    rule = saved(office, service="managed  SERVER", quantity="datto_rmm.server").rule
    assert (rule.id, rule.level, rule.service_id, rule.target) == ("service-304", RuleLevel.SERVICE, "304", "304")
    assert (rule.cutover, rule.version) == (DAY, 1)


def test_the_thing_that_icb_cannot_do_is_one_rule(office: Office) -> None:
    assert saved(office, service="303", quantity=ALL_THREE).warnings == ()


def test_the_same_place_again_changes_what_is_said_and_keeps_the_rest(office: Office) -> None:
    saved(office, service="304", quantity="datto_rmm.server", minimum=2, preset="month-end")
    office.clock.put(office.clock.now().replace(day=20))
    second = saved(office, service="304", maximum=9)
    rule = second.rule
    assert (rule.version, rule.quantity, rule.policy.minimum, rule.policy.maximum) == (2, "datto_rmm.server", 2, 9)
    assert (rule.timing.increase, rule.timing.monthly_only) == (Timing.NEXT_PERIOD, True)
    assert rule.cutover == DAY, "taking over began when the rule was first saved"
    third = saved(office, service="304", maximum=9)
    assert (third.changed, third.rule.version) == (False, 2)
    assert office.actions().count("rule.saved") == 2


def test_parts_go_back_to_their_default_by_name(office: Office) -> None:
    saved(office, service="304", quantity="datto_rmm.server", minimum=2, basis=Basis.PEAK, mode=Mode.AUTOMATIC)
    rule = saved(office, service="304", clear=frozenset({"minimum", "basis", "mode"})).rule
    assert (rule.policy.minimum, rule.policy.basis, rule.mode) == (None, Basis.LAST, None)
    assert refused_part(office) == "rules.unknown_part"


def refused_part(office: Office) -> str:
    with pytest.raises(UseCaseError) as error:
        saved(office, service="304", clear=frozenset({"minimun"}))
    return error.value.reason.code


def test_a_line_takes_what_its_service_says_and_changes_one_thing(office: Office) -> None:
    saved(office, service="302", quantity="datto_rmm.server", included=Decimal(1), preset="up-now-down-next")
    rule = saved(office, level=RuleLevel.LINE, target="5002", minimum=4).rule
    assert (rule.id, rule.service_id, rule.target) == ("line-5002", "302", "5002")
    assert (rule.quantity, rule.policy.included, rule.policy.minimum) == ("datto_rmm.server", Decimal(1), 4)
    assert rule.timing.decrease is Timing.NEXT_PERIOD


def test_a_contract_takes_from_its_customer_before_the_service(office: Office) -> None:
    saved(office, service="302", quantity="datto_rmm.server")
    saved(office, service="302", level=RuleLevel.CUSTOMER, target="Boulangerie Lefèvre SARL", pack_size=2)
    rule = saved(office, service="302", level=RuleLevel.CONTRACT, target="1001", minimum=1).rule
    assert (rule.policy.pack_size, rule.policy.minimum, rule.target) == (2, 1, "1001")
    listed = {one.rule.id: (one.target_name, one.lines) for one in office.do(rules.listing)}
    assert listed == {
        "service-302": ("Datto RMM - Server", 1),
        "customer-201-302": ("Boulangerie Lefèvre SARL", 0),
        "contract-1001-302": ("Managed Services Lefèvre", 1),
    }


def test_an_exclusion_needs_no_quantity_and_ends_when_one_is_given(office: Office) -> None:
    saved(office, service="302", quantity="datto_rmm.server")
    excluded = office.do(rules.exclude, RuleLevel.LINE, "5002")
    assert (excluded.rule.exclude, excluded.rule.id) == (True, "line-5002")
    back = saved(office, level=RuleLevel.LINE, target="5002", quantity="datto_rmm.server")
    assert (back.rule.exclude, back.rule.version) == (False, 2)


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"service": "No Such Service", "quantity": "datto_rmm.server"}, "rules.unknown_service"),
        ({"quantity": "datto_rmm.server"}, "rules.service_needed"),
        ({"service": "304"}, "rules.quantity_needed"),
        ({"service": "304", "quantity": "7"}, "rules.quantity_without_usage"),
        ({"service": "304", "quantity": "datto_rmm.server", "preset": "monthly"}, "rules.unknown_preset"),
        ({"level": RuleLevel.LINE, "target": "77", "quantity": "datto_rmm.server"}, "rules.unknown_target"),
        ({"level": RuleLevel.LINE, "quantity": "datto_rmm.server"}, "rules.target_needed"),
        (
            {"level": RuleLevel.LINE, "target": "5002", "service": "304", "quantity": "datto_rmm.server"},
            "rules.other_service",
        ),
        (
            {"service": "304", "level": RuleLevel.CUSTOMER, "target": "999", "quantity": "datto_rmm.server"},
            "rules.unknown_target",
        ),
        (
            {
                "service": "304",
                "quantity": "datto_rmm.server",
                "scope": Scope(ScopeKind.CUSTOMERS, customers=("201", "999")),
            },
            "customers.unknown_customer",
        ),
        (
            {"service": "304", "quantity": "datto_rmm.server", "scope": Scope(organizations=(("rmm", "x"),))},
            "customers.unknown_organization",
        ),
    ],
)
def test_a_place_or_part_that_does_not_exist_is_refused(office: Office, parts: dict[str, object], code: str) -> None:
    assert refused(office, **parts) == code
    assert office.ws.store.rules.list() == ()


def test_an_unknown_name_in_the_quantity_is_shown_with_its_place(office: Office) -> None:
    with pytest.raises(ExpressionError) as error:
        saved(office, service="304", quantity="datto_rmm.servers + 1")
    assert (error.value.code, error.value.position, error.value.length) == ("expression.unknown_name", 0, 17)
    assert office.ws.store.rules.list() == ()


def test_a_truth_is_no_quantity(office: Office) -> None:
    with pytest.raises(ExpressionError) as error:
        saved(office, service="304", quantity="datto_rmm.server > 3")
    assert error.value.code == "expression.wrong_kind"


def test_nonsense_is_refused_with_all_its_faults_at_once(office: Office) -> None:
    with pytest.raises(RuleRefusedError) as error:
        saved(office, service="304", quantity="datto_rmm.server", basis=Basis.AVERAGE, minimum=5, maximum=2)
    assert [fault.code for fault in error.value.faults] == [
        "policy.average_on_usage_day",
        "policy.average_needs_rounding",
        "policy.minimum_above_maximum",
    ]
    assert error.value.exit_code == Exit.USAGE
    assert office.ws.store.rules.list() == ()


def test_an_average_with_its_choices_made_is_saved(office: Office) -> None:
    rule = saved(
        office,
        service="304",
        quantity="datto_rmm.server",
        basis=Basis.AVERAGE,
        window=Window.BILLING_PERIOD_PREVIOUS,
        rounding=Rounding.UP,
        preset="month-end",
    ).rule
    assert (rule.policy.rounding_chosen, rule.policy.rounding) == (True, Rounding.UP)


def test_items_counted_twice_are_shown_by_name_and_saved_only_when_meant_so(office: Office) -> None:
    parts = {"service": "303", "quantity": "datto_rmm.desktop + datto_rmm.desktop_laptop"}
    with pytest.raises(RuleRefusedError) as error:
        saved(office, **parts)
    found = error.value.faults[0].as_dict()
    whole = {one.type.key: one.total for one in office.do(metrics.listing).types}
    assert (found["first"], found["second"]) == ("datto_rmm.desktop", "datto_rmm.desktop_laptop")
    assert found["items"] == whole["datto_rmm.desktop"]
    assert str(found["names"]).count(",") == 4
    kept = saved(office, **parts, counts_twice=True)
    assert [warning.code for warning in kept.warnings] == ["rules.counts_twice"]
    assert saved(office, service="303", minimum=1).changed, "it is not asked again while the quantity stays"


def test_a_preset_waits_for_a_choice_on_other_contracts_until_dates_are_chosen(office: Office) -> None:
    assert saved(office, service="304", quantity="datto_rmm.server", preset="month-end").rule.timing.monthly_only
    chosen = saved(office, service="304", increase=Timing.NEXT_PERIOD, decrease=Timing.NEXT_PERIOD)
    assert not chosen.rule.timing.monthly_only


def test_an_override_needs_its_reason(office: Office) -> None:
    assert refused(office, service="304", quantity="datto_rmm.server", override=Override(4, " ")) == (
        "policy.override_needs_reason"
    )
    fixed = saved(office, service="304", quantity="datto_rmm.server", override=Override(4, "agreed", date(2026, 9, 1)))
    assert fixed.rule.override == Override(4, "agreed", date(2026, 9, 1))


def test_a_removed_rule_is_kept_in_its_history_and_its_number_goes_on(office: Office) -> None:
    saved(office, service="304", quantity="datto_rmm.server")
    office.do(rules.remove, "service-304")
    assert office.ws.store.rules.list() == ()
    assert saved(office, service="304", quantity="datto_rmm.server * 2").rule.version == 2
    assert office.actions()[-2:] == ["rule.removed", "rule.saved"]


# --- suggestions


def test_suggestions_name_services_by_the_good_practice_and_find_those_that_exist(office: Office) -> None:
    office.do(customers.accept_above, 92)
    found = {one.type.key: one for one in office.do(rules.suggest)}
    both = found["datto_rmm.desktop_laptop"]
    assert both.proposed_name == "Datto RMM - Desktop & Laptop"
    assert [service.id for service in both.services] == ["301"]
    assert both.draft is not None
    assert (both.draft.service, both.quantity) == ("301", "datto_rmm.desktop_laptop")
    server = found["datto_rmm.server"]
    assert [service.name for service in server.similar] == ["Managed Server"]
    printer = found["datto_rmm.printer"]
    assert (printer.service_missing, printer.draft, int(printer.total), printer.customers) == (True, None, 3, 2)


def test_a_ready_made_suggestion_can_be_saved_as_it_stands(office: Office) -> None:
    office.do(customers.accept_above, 92)
    draft = next(one.draft for one in office.do(rules.suggest) if one.type.key == "datto_rmm.server")
    assert draft is not None
    rule = office.do(rules.set_rule, draft).rule
    assert (rule.service_id, rule.quantity) == ("302", "datto_rmm.server")
    after = next(one for one in office.do(rules.suggest) if one.type.key == "datto_rmm.server")
    assert ([service.id for service in after.governed_by], after.draft) == (["302"], None)


def test_missing_lines_come_with_the_running_contracts_that_they_could_go_on(office: Office) -> None:
    office.do(customers.accept_above, 92)
    server = next(one for one in office.do(rules.suggest) if one.type.key == "datto_rmm.server")
    missing = {line.customer_name: (int(line.quantity), line.contracts) for line in server.missing_lines}
    assert missing == {
        "Müller Präzisionsteile GmbH": (5, ("1006",)),
        "Cabinet Moreau & Associés": (3, ("1002",)),
        "Northwind Traders Ltd": (2, ("1007",)),
        "Étude Notariale Roux": (1, ()),  # has no recurring contract
    }


def test_organizations_without_a_customer_are_counted_apart(office: Office) -> None:
    office.map("Northwind Traders", "207")
    server = next(one for one in office.do(rules.suggest) if one.type.key == "datto_rmm.server")
    assert (server.total, server.unmapped) == (Decimal(2), Decimal(18))


def test_a_service_that_mixes_types_is_warned_about_and_so_is_its_invoice_text(office: Office) -> None:
    office.do(customers.accept_above, 92)
    saved(office, service="Managed Workstation", quantity="datto_rmm.desktop + datto_rmm.server")
    server = next(one for one in office.do(rules.suggest) if one.type.key == "datto_rmm.server")
    mixed = next(warning for warning in server.warnings if warning.code == "suggest.mixed_types")
    assert mixed.as_dict() == {"service": "Managed Workstation", "types": "Desktop, Server"}


def test_a_metric_of_ones_own_shows_the_types_behind_it_in_suggestions(office: Office) -> None:
    office.do(customers.accept_above, 92)
    office.do(metrics.define, "mine", "datto_rmm.desktop + datto_rmm.server")
    saved(office, service="Managed Workstation", quantity="mine * 2")
    server = next(one for one in office.do(rules.suggest) if one.type.key == "datto_rmm.server")
    assert [service.name for service in server.governed_by] == ["Managed Workstation"]
    assert any(warning.code == "suggest.mixed_types" for warning in server.warnings)
