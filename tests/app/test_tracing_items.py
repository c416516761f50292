"""Which lines bill this device, and on which days was it counted: by key or name, across modules."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from tests.app.office import DAY, RMM, Office

from trueup.app.counting import metrics
from trueup.app.items.tracing import TracedItem, trace_items
from trueup.app.rulebook import rules
from trueup.app.rulebook.rules import RuleDraft
from trueup.app.unbilled.finding import unbilled
from trueup.core.contract import LineKind


def traced(office: Office, text: str) -> tuple[TracedItem, ...]:
    return office.do(trace_items, text)


def a_server(office: Office) -> tuple[str, str, str]:
    """Key, name and organization of a server."""
    (stream, attributes), *_ = office.ws.store.usage.streams(RMM).items()
    place = attributes.index("category")
    servers = [item for item in office.ws.store.usage.items(DAY, RMM, stream) if item.attributes[place] == "Server"]
    return servers[0].key, servers[0].name, servers[0].organization


def test_an_item_is_found_by_key_by_name_and_by_a_part_of_its_name(office: Office) -> None:
    key, name, _ = a_server(office)
    assert [one.key for one in traced(office, key)] == [key]
    assert key in {one.key for one in traced(office, name.upper())}
    assert key in {one.key for one in traced(office, name[1:-1])}
    assert traced(office, "nothing is called that") == ()
    assert traced(office, "  ") == ()


def test_the_line_that_bills_a_server_is_named_with_the_billing_type_that_counts_it(office: Office) -> None:
    office.do(rules.set_rule, RuleDraft(service="304", quantity="datto_rmm.server"))
    key, _, organization = a_server(office)
    office.do(unbilled)  # reads the PSA's lines
    assert traced(office, key)[0].lines == ()
    contracts = {one.id: one for one in office.ws.store.psa.contracts()}
    line = next(one for one in office.ws.store.psa.lines() if one.service_id == "304")
    known = [one.organization for one in office.ws.store.usage.organizations()]
    place = next(one for one in known if one.key == organization)
    office.map(place.name, contracts[line.contract_id].customer_id)
    (found,) = traced(office, key)
    assert [(one.line_id, one.metrics) for one in found.lines][:1] == [(line.id, ("datto_rmm.server",))]
    assert found.organization == place.name
    assert len(found.customers) == 1


def test_an_item_that_two_lines_count_through_different_metrics_is_billed_twice(office: Office) -> None:
    office.do(metrics.define, "every_server", 'category == "Server"')
    office.do(unbilled)  # reads the PSA's lines
    contracts = {one.id: one for one in office.ws.store.psa.contracts() if one.covers(DAY)}
    services: dict[str, set[str]] = defaultdict(set)
    for line in office.ws.store.psa.lines():
        if line.contract_id in contracts and line.kind is LineKind.SERVICE:
            services[contracts[line.contract_id].customer_id].add(line.service_id)
    customer, (first, second, *_) = next((one, sorted(there)) for one, there in services.items() if len(there) > 1)
    office.do(rules.set_rule, RuleDraft(service=first, quantity="datto_rmm.server"))
    key, _, organization = a_server(office)
    known = [one.organization for one in office.ws.store.usage.organizations()]
    office.map(next(one for one in known if one.key == organization).name, customer)
    assert traced(office, key)[0].twice == ()
    office.do(rules.set_rule, RuleDraft(service=second, quantity="every_server"))
    (found,) = traced(office, key)
    assert found.twice == ("datto_rmm.server", "every_server")
    assert {one.service_id for one in found.lines} == {first, second}


def test_days_are_told_as_spans_with_the_days_that_were_delivered(office: Office) -> None:
    key, _, _ = a_server(office)
    (found,) = traced(office, key)
    assert found.there
    assert [(span.first, span.last, span.days) for span in found.presence] == [(date(2026, 6, 14), None, 1)]
