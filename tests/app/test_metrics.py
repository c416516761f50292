"""Metrics of one's own: over billing types or over items, checked before they are saved, counted at once."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.app.office import DAY, RMM, Office

from trueup.app.counting import metrics
from trueup.app.errors import UseCaseError
from trueup.app.mapping import customers
from trueup.app.rulebook import rules
from trueup.core.expression import ExpressionError
from trueup.core.usage import MetricKind

WORKSTATIONS = 'category in ("Desktop", "Laptop") and not suspended'


def refused(office: Office, *given: object, **more: object) -> str:
    with pytest.raises(UseCaseError) as error:
        office.do(metrics.define, *given, **more)
    assert office.ws.store.metrics.list() == () or more.get("replaces") or len(office.ws.store.metrics.list()) == 1
    return error.value.reason.code


def test_billing_types_are_listed_with_label_kind_unit_certainty_and_newest_total(office: Office) -> None:
    found = {one.type.key: one for one in office.do(metrics.listing).types}
    assert len(found) == 21
    server = found["datto_rmm.server"]
    assert (server.type.label, server.type.kind.value, server.type.unit) == ("Server", "level", "device")
    # 2 Lefèvre, 2 Northwind less 0, 5 Müller, 3 Moreau, 1 Roux, 7 Keller; Lefèvre's spare server is not billable;
    # the one exempt device of Northwind is a desktop
    assert (server.total, server.day) == (Decimal(20), DAY)
    assert found["datto_rmm.datto_switch"].type.certainty.value == "guessed"


def test_before_the_first_collection_the_promised_types_are_listed_without_totals(empty: Office) -> None:
    empty.connect_rmm()
    found = empty.do(metrics.listing).types
    assert [one.type.label for one in found][:3] == ["Total Device Count", "Desktop & Laptop", "Desktop"]
    assert {one.total for one in found} == {None}


def test_a_metric_over_items_is_counted_for_the_newest_day_at_once(office: Office) -> None:
    defined = office.do(metrics.define, "workstations", WORKSTATIONS)
    assert (defined.over_items, defined.metric.module, defined.metric.stream) == (True, "datto_rmm", "devices")
    # desktops and laptops: 161 in all sites, less the six of the device counts below
    whole = {one.type.key: one.total for one in office.do(metrics.listing).types}
    both = whole["datto_rmm.desktop_laptop"]
    assert both is not None
    assert [(one.connection, one.day, one.total) for one in defined.counted] == [(RMM, DAY, both - 1)], (
        "one laptop of Lefèvre is suspended"
    )
    readings = office.ws.store.usage.readings(DAY, DAY, metrics=["workstations"])
    assert sum(one.value for one in readings) == both - 1
    assert {one.organization for one in readings} == {o.organization.key for o in office.ws.store.usage.organizations()}


def test_counting_at_once_leaves_every_other_number_of_the_day_as_it_was(office: Office) -> None:
    def numbers() -> set[tuple[object, ...]]:
        return {
            (one.metric, one.organization, one.value, one.coverage)
            for one in office.ws.store.usage.readings(DAY, DAY)
            if one.metric != "workstations"
        }

    items = office.ws.store.usage.items(DAY, RMM, "devices")
    before = numbers()
    assert before
    office.do(metrics.define, "workstations", WORKSTATIONS)
    assert numbers() == before
    assert office.ws.store.usage.items(DAY, RMM, "devices") == items
    listed = office.ws.store.usage.organizations()
    assert [one.gone_since for one in listed] == [None] * len(listed)


def test_the_next_collection_counts_it_too(office: Office) -> None:
    office.do(metrics.define, "workstations", WORKSTATIONS)
    office.clock.put(office.clock.now().replace(day=16))
    office.collect()
    day = DAY.replace(day=15)
    readings = office.ws.store.usage.readings(day, day, metrics=["workstations"])
    assert sum(one.value for one in readings) > 100


def test_a_metric_over_billing_types_may_use_another_metric(office: Office) -> None:
    office.do(metrics.define, "workstations", WORKSTATIONS)
    defined = office.do(metrics.define, "weighted", "workstations + 3 * datto_rmm.server")
    assert (defined.over_items, defined.counted) == (False, ())
    found = {one.metric.key: one for one in office.do(metrics.listing).metrics}
    assert found["workstations"].used_by == ("weighted",)


@pytest.mark.parametrize(
    ("text", "code", "position"),
    [
        ("datto_rmm.desktop + datto_rmm.laptob", "expression.unknown_name", 20),
        ('categorie == "Desktop"', "expression.unknown_name", 0),
        ("datto_rmm.desktop +", "expression.ends_early", 19),
        ('datto_rmm.desktop + "2"', "expression.wrong_kind", 20),
        ("category + 1", "expression.wrong_kind", 0),
    ],
)
def test_a_fault_points_at_its_character_and_nothing_is_saved(
    office: Office, text: str, code: str, position: int
) -> None:
    with pytest.raises(ExpressionError) as error:
        office.do(metrics.define, "mine", text)
    assert (error.value.code, error.value.position) == (code, position)
    assert office.ws.store.metrics.list() == ()
    assert "metric.defined" not in office.actions()


def test_an_unknown_name_comes_with_names_that_look_alike(office: Office) -> None:
    with pytest.raises(ExpressionError) as error:
        office.do(metrics.define, "mine", "datto_rmm.serwer")
    assert dict(error.value.params)["suggestions"].startswith("datto_rmm.server")


@pytest.mark.parametrize("key", ["datto_rmm.mine", "two words", "1st", "", "min", "and", "None", "a+b", " pad"])
def test_a_key_that_is_no_plain_name_is_refused(office: Office, key: str) -> None:
    assert refused(office, key, "datto_rmm.server") == "metrics.key_form"


def test_a_key_that_is_an_attribute_of_items_is_refused(office: Office) -> None:
    assert refused(office, "category", "datto_rmm.server") == "metrics.key_is_attribute"


def test_a_key_is_taken_once_and_changed_only_by_saying_so(office: Office) -> None:
    office.do(metrics.define, "mine", "datto_rmm.server")
    assert refused(office, "mine", "datto_rmm.desktop") == "metrics.exists"
    again = office.do(metrics.define, "mine", "datto_rmm.desktop", replaces=True)
    assert (again.metric.version, again.metric.expression) == (2, "datto_rmm.desktop")


def test_a_metric_that_comes_back_to_itself_is_refused_with_the_way(office: Office) -> None:
    assert refused(office, "a", "a + 1") == "metrics.circle"
    office.do(metrics.define, "a", "datto_rmm.server")
    office.do(metrics.define, "b", "a + 1")
    office.do(metrics.define, "c", "b * 2")
    with pytest.raises(UseCaseError) as error:
        office.do(metrics.define, "a", "c - datto_rmm.server", replaces=True)
    assert error.value.reason.as_dict() == {"key": "a", "path": "a > c > b > a"}
    assert office.ws.store.metrics.list()[0].expression == "datto_rmm.server"


def test_attributes_and_billing_types_are_never_mixed(office: Office) -> None:
    assert refused(office, "mine", 'datto_rmm.server if category == "x" else 0') == "metrics.mixed"


def test_a_metric_without_names_is_refused(office: Office) -> None:
    assert refused(office, "mine", "5") == "metrics.no_names"


def test_a_count_of_items_is_a_level(office: Office) -> None:
    assert refused(office, "mine", WORKSTATIONS, MetricKind.ONE_TIME) == "metrics.kind_of_items"


def test_a_condition_that_an_item_breaks_saves_nothing(office: Office) -> None:
    with pytest.raises(ExpressionError):
        office.do(metrics.define, "mine", "days_since(category) > 3")
    assert office.ws.store.metrics.list() == ()


def test_a_metric_in_use_is_not_removed(office: Office) -> None:
    office.do(metrics.define, "mine", "datto_rmm.server")
    office.do(rules.set_rule, rules.RuleDraft(service="Managed Server", quantity="mine"))
    with pytest.raises(UseCaseError) as error:
        office.do(metrics.remove, "mine")
    assert error.value.reason.as_dict() == {"key": "mine", "users": "service-304"}
    office.do(rules.remove, "service-304")
    office.do(metrics.remove, "mine")
    assert office.ws.store.metrics.list() == ()


def test_trying_an_expression_gives_its_value_by_organization_and_customer(office: Office) -> None:
    office.do(customers.accept_above, 100)
    tried = office.do(metrics.test, "datto_rmm.desktop + datto_rmm.laptop + datto_rmm.server")
    values = {one.name: one.value for one in tried.customers}
    # Northwind: 24 desktops (one exempt) + 10 laptops + 2 servers, and 4 laptops in Leeds
    assert values["Northwind Traders Ltd"] == 39
    sites = {one.name: (one.value, one.customer_id) for one in tried.organizations}
    assert sites["Northwind Traders"] == (Decimal(35), "207")
    assert sites["Leeds (Northwind)"] == (Decimal(4), "207")
    assert sites["Weber Architekten Zürich"] == (Decimal(4), None), "organizations of nobody are shown too"
    assert office.ws.store.metrics.list() == ()


def test_trying_a_condition_over_items_counts_without_saving(office: Office) -> None:
    tried = office.do(metrics.test, 'category == "Server"')
    assert tried.over_items
    assert {one.name: int(one.value or 0) for one in tried.organizations if one.value} == {
        "Boulangerie Lefevre": 2,
        "Northwind Traders": 2,
        "Mueller Praezisionsteile": 5,
        "MOREAU ASSOCIES (cabinet)": 3,
        "Roux étude notariale": 1,
        "Keller Transporte": 7,
    }
    assert {one.metric for one in office.ws.store.usage.readings(DAY, DAY)} & {"tried_expression"} == set()


def test_a_division_by_zero_is_told_where_it_happens_and_hides_nobody_else(office: Office) -> None:
    tried = office.do(metrics.test, "datto_rmm.desktop / datto_rmm.server")
    sites = {one.name: one for one in tried.organizations}
    assert sites["Keller Transporte"].value == 0
    broken = sites["Garage du Lac"]
    assert (broken.value, broken.problem and broken.problem.get("error")) == (None, "expression.division_by_zero")
