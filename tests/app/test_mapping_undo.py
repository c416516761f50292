"""A decision that was made today can be taken back; what somebody else decided meanwhile is never laid over."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.app.office import RMM, Office

from trueup.app.errors import Exit, UseCaseError
from trueup.app.mapping import customers
from trueup.app.mapping.organizations_view import (
    OrganizationQuestion,
    OrganizationStateKind,
    organization,
    organizations,
)
from trueup.app.mapping.undoing import DecisionPlace, undo, undo_all
from trueup.core.contract import DAY

GARAGE = "Garage du Lac"


def owners(office: Office) -> list[str | None]:
    key = office.site(GARAGE)
    return [one.customer_id for one in office.ws.store.customers.mappings() if one.organization_key == key]


def refused(office: Office, *given: object) -> tuple[str, Exit]:
    with pytest.raises(UseCaseError) as error:
        office.do(*given)  # type: ignore[arg-type]
    return error.value.reason.code, error.value.exit_code


def test_an_undone_first_mapping_never_held_and_the_next_one_holds_from_the_beginning(office: Office) -> None:
    office.map(GARAGE, "203")
    office.do(undo, DecisionPlace(RMM, office.site(GARAGE)))
    assert owners(office) == []
    yesterday = office.clock.now().date() - DAY
    assert office.ws.store.customers.mappings(on=yesterday) == (), "a plan of an earlier day does not see it either"
    office.map(GARAGE, "204")
    (mapping,) = office.ws.store.customers.mappings()
    assert (mapping.customer_id, mapping.valid_from) == ("204", None)
    assert office.actions()[-3:] == ["customer.mapped", "customer.undone", "customer.mapped"]


def test_undoing_a_move_gives_the_organization_back_with_its_days(office: Office) -> None:
    office.map(GARAGE, "203")
    office.clock.put(office.clock.now() + timedelta(days=3))
    office.map(GARAGE, "204")
    office.do(undo, DecisionPlace(RMM, office.site(GARAGE)))
    (mapping,) = office.ws.store.customers.mappings()
    assert (mapping.customer_id, mapping.valid_from, mapping.valid_to) == ("203", None, None)


def test_undoing_the_end_of_a_mapping_maps_again(office: Office) -> None:
    office.map(GARAGE, "203")
    office.do(customers.unmap, RMM, office.site(GARAGE))
    office.do(undo, DecisionPlace(RMM, office.site(GARAGE)))
    assert owners(office) == ["203"]


def test_decisions_at_one_moment_are_taken_back_one_at_a_time(office: Office) -> None:
    for customer in ("203", "204", "205"):
        office.map(GARAGE, customer)
    office.do(undo, DecisionPlace(RMM, office.site(GARAGE)))
    assert owners(office) == ["204"]


def test_a_decision_of_an_earlier_day_is_not_undone_but_decided_anew(office: Office) -> None:
    office.map(GARAGE, "203")
    office.clock.put(office.clock.now() + timedelta(days=1))
    assert refused(office, undo, DecisionPlace(RMM, office.site(GARAGE)))[0] == "customers.undo_too_late"
    assert owners(office) == ["203"]
    other = DecisionPlace(RMM, office.site("Northwind Traders"))
    assert refused(office, undo, other)[0] == "customers.nothing_to_undo"


def test_of_two_people_at_one_organization_the_second_is_told_what_the_first_did(office: Office) -> None:
    key = office.site(GARAGE)
    seen = office.do(organization, RMM, key).row.version
    office.do(customers.map_organization, RMM, key, "203", None, seen)
    for late in (
        (customers.map_organization, RMM, key, "204", None, seen),
        (customers.ignore, RMM, key, "a prospect", seen),
        (undo, DecisionPlace(RMM, key, seen)),
    ):
        assert refused(office, *late) == ("customers.changed_meanwhile", Exit.REFUSED)
    assert owners(office) == ["203"]


def test_what_was_accepted_together_is_taken_back_together_but_for_what_moved(office: Office) -> None:
    accepted = office.do(customers.accept_suggestions, 100)
    assert len(accepted) == 9
    first = accepted[0]
    office.do(customers.ignore, RMM, first.organization.key, "a test system")
    undone = office.do(undo_all, [DecisionPlace(one.connection, one.organization.key, one.version) for one in accepted])
    assert len(undone.done) == 8
    assert [reason.code for reason in undone.refused] == ["customers.changed_meanwhile"]
    assert [one.reason for one in office.ws.store.customers.mappings()] == ["a test system"]


def test_the_list_puts_what_waits_first_and_says_what_it_is_worth_where_a_rule_has_a_price(office: Office) -> None:
    from trueup.app.rulebook.rules import RuleDraft, set_rule

    office.do(set_rule, RuleDraft(service="301", quantity="datto_rmm.desktop + datto_rmm.laptop"))
    price = next(one.price for one in office.ws.store.psa.services() if one.id == "301")
    assert price is not None
    office.map(GARAGE, "203")
    shown = office.do(organizations)
    first, last = shown.page.rows[0], shown.page.rows[-1]
    counts = {figure.label: figure.value for figure in first.usage}
    assert first.worth is not None
    assert first.worth.amount == price * (counts["Desktop"] + counts["Laptop"])
    assert (last.organization.name, last.state) == (GARAGE, OrganizationStateKind.MAPPED)
    amounts = [row.worth.amount for row in shown.page.rows if row.worth]
    assert amounts == sorted(amounts, reverse=True)
    assert shown.counts[OrganizationStateKind.MAPPED] == 1


def test_a_search_finds_by_the_customers_name_too(office: Office) -> None:
    office.map(GARAGE, "207")
    found = office.do(organizations, OrganizationQuestion(text="northwind"))
    assert GARAGE in {row.organization.name for row in found.page.rows}
