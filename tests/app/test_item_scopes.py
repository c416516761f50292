"""Scopes of rules and parts of shared organizations are checked when they are saved; faults are shown in place."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.app.office import RMM, Office

from trueup.app.counting import metrics
from trueup.app.counting.item_metrics import collection_again, newest_delivery
from trueup.app.errors import Exit, UseCaseError
from trueup.app.mapping import customers
from trueup.app.rulebook import rules
from trueup.app.rulebook.rules import RuleDraft
from trueup.core.expression import ExpressionError
from trueup.core.rule import RuleLevel, ScopeKind
from trueup.core.usage import BillingType, Certainty, MetricKind

SERVER = {"service": "304", "quantity": "datto_rmm.server"}
HOST = 'starts_with(hostname, "{}")'


def saved(office: Office, **parts: object) -> rules.RuleSaved:
    return office.do(rules.set_rule, RuleDraft(**parts))  # type: ignore[arg-type]


def refused(office: Office, **parts: object) -> UseCaseError:
    with pytest.raises(UseCaseError) as error:
        saved(office, **{**SERVER, **parts})
    assert office.ws.store.rules.list() == ()
    return error.value


def test_an_organization_is_named_by_key_or_by_a_name_that_only_it_has(office: Office) -> None:
    leeds, garage = office.site("Leeds (Northwind)"), office.site("Garage du Lac")
    rule = saved(office, **SERVER, organizations=(f"{RMM}:{leeds}", "garage du LAC")).rule
    assert rule.scope.organizations == tuple(sorted(((RMM, leeds), (RMM, garage))))
    again = saved(office, service="304", organizations=(f"{RMM}:Leeds (Northwind)",)).rule
    assert again.scope.organizations == ((RMM, leeds),)


def test_parts_of_the_scope_are_set_and_taken_back_one_by_one(office: Office) -> None:
    first = saved(office, **SERVER, items="not suspended", of_customers=("Northwind Traders Ltd", "206")).rule.scope
    assert (first.kind, first.customers, first.items) == (ScopeKind.CUSTOMERS, ("207", "206"), "not suspended")
    second = saved(office, service="304", organizations=("Garage du Lac",), clear=frozenset({"customers"})).rule.scope
    assert (second.kind, second.customers, second.items) == (ScopeKind.HOLDER, (), "not suspended")
    third = saved(office, service="304", with_children=True, clear=frozenset({"items"})).rule.scope
    assert (third.kind, third.items, len(third.organizations)) == (ScopeKind.HOLDER_AND_CHILDREN, None, 1)
    fourth = saved(office, service="304", clear=frozenset({"scope"})).rule.scope
    assert (fourth.kind, fourth.organizations) == (ScopeKind.HOLDER, ())


@pytest.mark.parametrize("text", ["rmm:nowhere", "nowhere", "other:Garage du Lac"])
def test_an_organization_that_is_not_there_is_refused(office: Office, text: str) -> None:
    assert refused(office, organizations=(text,)).reason.code == "rules.unknown_organization"


def test_a_customer_that_is_not_there_is_refused(office: Office) -> None:
    assert refused(office, of_customers=("nobody",)).reason.code == "customers.unknown_customer"


def test_an_unknown_attribute_in_a_filter_is_shown_in_its_place(office: Office) -> None:
    with pytest.raises(ExpressionError) as error:
        saved(office, **SERVER, items='not suspended and catgory == "Server"')
    assert (error.value.code, error.value.position, error.value.length) == ("expression.unknown_name", 18, 7)
    assert "category" in str(dict(error.value.params)["suggestions"])
    assert office.ws.store.rules.list() == ()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("category", "expression.wrong_kind"),
        ("category == ", "expression.ends_early"),
        ("category > 5", "expression.kinds_differ"),
        ("datto_rmm.server > 5", "expression.unknown_name"),
    ],
)
def test_a_filter_that_is_no_condition_over_items_is_refused(office: Office, text: str, code: str) -> None:
    with pytest.raises(ExpressionError) as error:
        saved(office, **SERVER, items=text)
    assert error.value.code == code


def test_a_filter_that_looks_at_nothing_is_refused(office: Office) -> None:
    found = refused(office, items="True")
    assert (found.reason.code, found.exit_code) == ("rules.items_without_names", Exit.USAGE)


def test_a_number_that_has_no_items_cannot_be_filtered(office: Office) -> None:
    """A metric over billing types is opened up; a total that a module states has nothing behind it."""
    store = office.ws.store
    connection = store.connections.get(RMM)
    delivery = newest_delivery(store, connection)
    assert delivery is not None
    again = collection_again(store, connection, delivery)
    total = BillingType("datto_rmm.storage", "Storage", MetricKind.LEVEL, "gigabyte", Certainty.DOCUMENTED)
    store.usage.record(replace(again, billing_types=(*again.billing_types, total)), None, provisional=False)
    office.do(metrics.define, "both", "datto_rmm.server + datto_rmm.storage")
    found = refused(office, quantity="both", items="not suspended").reason
    assert (found.code, found.get("metrics")) == ("rules.items_not_counted", "datto_rmm.storage")
    assert saved(office, service="304", quantity="both").changed
    office.do(metrics.define, "half", "datto_rmm.server / 2")
    assert saved(office, service="304", quantity="half", items="not suspended").changed


def test_a_named_organization_of_another_customer_is_warned_about(office: Office) -> None:
    office.map("Garage du Lac", "203")
    office.map("Leeds (Northwind)", "207")
    parts = {"level": RuleLevel.CUSTOMER, "target": "207", "organizations": ("Garage du Lac", "Leeds (Northwind)")}
    warned = saved(office, **SERVER, **parts).warnings
    assert [(one.code, one.get("organization")) for one in warned] == [
        ("rules.organization_elsewhere", "Garage du Lac")
    ]


# --- parts of a shared organization


def shared(office: Office, customer: str, text: str | None) -> object:
    place = (RMM, office.site("Northwind Traders"))
    return office.do(customers.map_organization, *place, customer, text)


def code_of(office: Office, customer: str, text: str | None) -> str:
    with pytest.raises(UseCaseError) as error:
        shared(office, customer, text)
    return error.value.reason.code


def owners(office: Office) -> dict[str | None, str | None]:
    return {one.customer_id: one.item_filter for one in office.ws.store.customers.mappings()}


def test_a_customer_that_has_the_whole_organization_loses_nothing_by_the_way(office: Office) -> None:
    shared(office, "207", None)
    assert code_of(office, "203", 'category == "Laptop"') == "customers.not_shared"
    shared(office, "207", 'category == "Desktop"')
    shared(office, "203", 'category == "Laptop"')
    assert owners(office) == {"207": 'category == "Desktop"', "203": 'category == "Laptop"'}


def test_what_several_share_is_not_given_to_one_of_them_by_the_way(office: Office) -> None:
    shared(office, "207", 'category == "Desktop"')
    shared(office, "203", 'category == "Laptop"')
    assert code_of(office, "207", None) == "customers.shared"
    with pytest.raises(UseCaseError) as error:
        office.do(customers.ignore, RMM, office.site("Northwind Traders"), "ours")
    assert error.value.reason.code == "customers.shared"
    office.do(customers.unmap, RMM, office.site("Northwind Traders"), "203")
    shared(office, "207", None)
    assert owners(office) == {"207": None}


def test_the_list_shows_the_part_of_each_customer_and_what_nobody_has(office: Office) -> None:
    shared(office, "207", 'category == "Desktop"')
    shared(office, "203", 'category in ("Laptop", "Desktop") and hostname is None')
    found = [one for one in office.do(customers.listing) if one.organization.name == "Northwind Traders"]
    assert {one.customer_id: one.item_filter for one in found} == owners(office)
    # 24 desktops of which one is exempt and not listed, 10 laptops and 2 servers: the laptops and servers are nobody's
    assert {(w.code, w.get("items")) for one in found for w in one.warnings} == {("customers.items_of_nobody", 12)}


def test_a_wrong_filter_of_a_part_is_refused_in_its_place(office: Office) -> None:
    with pytest.raises(ExpressionError) as error:
        shared(office, "207", 'hostnme == "a"')
    assert (error.value.code, error.value.position) == ("expression.unknown_name", 0)
    assert code_of(office, "207", "1 == 1") == "customers.share_without_names"
    assert owners(office) == {}


def test_suggestions_and_trials_give_each_customer_its_part(office: Office) -> None:
    shared(office, "207", 'category == "Desktop"')
    shared(office, "203", 'category == "Laptop"')
    tried = {one.key: one.value for one in office.do(metrics.test, "datto_rmm.desktop_laptop").customers}
    assert tried == {"207": 23, "203": 10}
    by_items = {one.key: one.value for one in office.do(metrics.test, 'category == "Laptop"').customers}
    assert by_items == {"207": 0, "203": 10}
    found = next(one for one in office.do(rules.suggest) if one.type.key == "datto_rmm.laptop")
    assert (found.total, found.customers) == (10, 1)


# --- counting once


def test_a_metric_counts_what_is_the_same_once_in_each_organization(office: Office) -> None:
    counted = office.do(metrics.define, "kinds", "category is not None", same_by=("category",)).counted
    site = office.site("Garage du Lac")  # six desktops and three laptops
    found = office.ws.store.usage.readings(counted[0].day, counted[0].day, metrics=["kinds"])
    assert {one.organization: one.value for one in found}[site] == 2
    (metric,) = office.ws.store.metrics.list()
    assert metric.same_by == ("category",)


def test_only_items_can_be_the_same(office: Office) -> None:
    for expression, attribute, code in (
        ("datto_rmm.server * 2", "category", "metrics.same_by_of_items"),
        ("category is not None", "upn", "metrics.same_by_unknown"),
    ):
        with pytest.raises(UseCaseError) as error:
            office.do(metrics.define, "people", expression, same_by=(attribute,))
        assert error.value.reason.code == code
    assert office.ws.store.metrics.list() == ()
