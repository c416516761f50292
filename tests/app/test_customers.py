"""Organizations become customers only by a person's word; what nobody decided stays visible with its usage."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.app.office import RMM, Office

from trueup.app.errors import Exit, UseCaseError
from trueup.app.mapping import customers
from trueup.core.contract import PsaSnapshot
from trueup.core.usage import ModuleOrganization
from trueup.store.errors import StoreError


def names(office: Office) -> list[str]:
    return [match.organization.name for match in office.do(customers.suggest)]


def refusal(office: Office, use: object, *given: object) -> tuple[str, Exit]:
    with pytest.raises(UseCaseError) as refused:
        office.do(use, *given)  # type: ignore[arg-type]
    return refused.value.reason.code, refused.value.exit_code


def test_suggestions_come_with_usage_the_largest_first_and_decide_nothing(office: Office) -> None:
    found = office.do(customers.suggest)
    assert [match.organization.name for match in found][:2] == ["Alpin Annecy (Hotel)", "Northwind Traders"]
    first = found[0]
    assert {figure.label: int(figure.value) for figure in first.usage if figure.label in ("Desktop", "Laptop")} == {
        "Desktop": 20,
        "Laptop": 12,
    }
    assert all(figure.value for match in found for figure in match.usage), "what is not used is left out"
    assert office.ws.store.customers.mappings() == ()


def test_an_inactive_customer_and_types_that_may_not_be_mapped_are_not_offered(office: Office) -> None:
    offered = {s.customer.id for match in office.do(customers.suggest) for s in match.suggestions}
    assert offered & {"210", "211"} == set()
    gauthier = next(m for m in office.do(customers.suggest) if m.organization.name.startswith("Gauthier"))
    assert gauthier.organization.psa_hint == "210", "even where the module itself names the inactive customer"


def test_accepting_above_a_score_takes_sole_suggestions_only_and_never_the_rest(office: Office) -> None:
    assert office.do(customers.accept_above, 100) == 9
    assert names(office) == [
        "MOREAU ASSOCIES (cabinet)",
        "Roux étude notariale",
        "Weber Architekten Zürich",
        "Gauthier Imprimerie SARL",
        "Librairie du Pont",
    ]
    assert office.do(customers.accept_above, 92) == 2
    assert office.do(customers.accept_above, 0) == 0
    entry = office.ws.store.audit.list(action="customer.mapped")[0]
    assert (entry.detail.get("score"), entry.detail.get("why")) == (100, "match.psa_id")


def test_two_customers_that_fit_as_well_are_left_to_a_person(offices: Callable[..., Office]) -> None:
    base = [
        {"id": 0, "companyName": "MSP"},
        {"id": 301, "companyName": "Garage du Lac SARL"},
        {"id": 302, "companyName": "Garage du Lac SAS"},
    ]
    sites = [{"name": "Garage du Lac", "counts": {"desktop": 3}}]
    office = offices(
        psa={"companies": base, "contracts": [], "lines": [], "bundle_lines": []}, rmm={"sites": sites}
    ).open()
    match = office.do(customers.suggest)[0]
    assert [(s.customer.id, s.score, s.sole) for s in match.suggestions] == [
        ("302", 95, False),
        ("301", 95, False),
    ] or [(s.customer.id, s.sole) for s in match.suggestions] == [("301", False), ("302", False)]
    assert office.do(customers.accept_above, 1) == 0


def test_two_sites_may_be_one_customer_and_a_site_is_moved_by_a_second_decision(office: Office) -> None:
    office.map("Northwind Traders", "207")
    office.map("Leeds (Northwind)", "207")
    office.map("Leeds (Northwind)", "201")
    found = {(m.organization_key, m.customer_id) for m in office.ws.store.customers.mappings()}
    assert found == {(office.site("Northwind Traders"), "207"), (office.site("Leeds (Northwind)"), "201")}


@pytest.mark.parametrize(
    ("customer", "code"), [("210", "not_billable"), ("211", "not_billable"), ("999", "unknown_customer")]
)
def test_a_customer_that_may_not_be_billed_is_refused(office: Office, customer: str, code: str) -> None:
    given = (RMM, office.site("Garage du Lac"), customer)
    assert refusal(office, customers.map_organization, *given)[0] == f"customers.{code}"
    assert office.ws.store.customers.mappings() == ()


def test_a_customer_made_a_minute_ago_is_found_by_asking_the_psa_again(office: Office) -> None:
    office.do(customers.suggest)
    kept = office.ws.store.psa.customers()
    snapshot = [customer for customer in kept if customer.id != "212"]
    empty = PsaSnapshot(office.clock.now(), office.clock.now().date(), office.clock.now().date())
    office.ws.store.psa.save_snapshot(replace(empty, customers=tuple(snapshot)), catalogue_only=True)
    office.map("Keller Transporte", "212")
    assert office.ws.store.customers.mappings()[0].customer_id == "212"


def test_an_organization_that_nobody_listed_is_refused(office: Office) -> None:
    assert refusal(office, customers.map_organization, RMM, "no-such-site", "201")[0] == (
        "customers.unknown_organization"
    )
    with pytest.raises(StoreError) as unknown:
        office.do(customers.map_organization, "other", "x", "201")
    assert unknown.value.reason.code == "store.unknown_connection"


def test_ignoring_needs_a_reason_and_keeps_the_organization_in_the_listing(office: Office) -> None:
    key = office.site("Weber Architekten Zürich")
    assert refusal(office, customers.ignore, RMM, key, "  ") == ("customers.reason_needed", Exit.USAGE)
    office.do(customers.ignore, RMM, key, "a prospect")
    assert "Weber Architekten Zürich" not in names(office)
    state = next(s for s in office.do(customers.listing) if s.organization.key == key)
    assert (state.state, state.reason, state.decided_by, int(state.total)) == ("ignored", "a prospect", "anna", 5)


def test_unmapping_makes_it_wait_again_and_is_refused_where_nothing_was_decided(office: Office) -> None:
    office.map("Garage du Lac", "203")
    key = office.site("Garage du Lac")
    office.do(customers.unmap, RMM, key)
    assert "Garage du Lac" in names(office)
    assert refusal(office, customers.unmap, RMM, key)[0] == "customers.not_mapped"
    assert office.actions()[-2:] == ["customer.mapped", "customer.unmapped"]


def test_a_mapped_customer_that_became_inactive_is_warned_about(office: Office) -> None:
    office.map("Garage du Lac", "203")
    customer = next(one for one in office.ws.store.psa.customers() if one.id == "203")
    now = office.clock.now()
    office.ws.store.psa.save_snapshot(
        PsaSnapshot(now, now.date(), now.date(), customers=(replace(customer, active=False),)), catalogue_only=True
    )
    state = next(s for s in office.do(customers.listing) if s.state == "mapped")
    assert [warning.code for warning in state.warnings] == ["customers.not_billable"]


def test_a_score_outside_its_range_is_a_usage_error(office: Office) -> None:
    assert refusal(office, customers.accept_above, 101) == ("customers.score_range", Exit.USAGE)


def test_listing_shows_every_organization_with_its_usage(office: Office) -> None:
    office.map("Northwind Traders", "207")
    found = office.do(customers.listing)
    assert len(found) == 14
    northwind = next(state for state in found if state.organization.name == "Northwind Traders")
    assert (northwind.state, northwind.customer_name, int(northwind.total)) == ("mapped", "Northwind Traders Ltd", 35)
    assert isinstance(northwind.organization, ModuleOrganization)
