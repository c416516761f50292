"""Items that more than one line bills: counted by the plan, listed by name, muted with a reason, back as they grow."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from tests.app.office import DAY, RMM, Office

from trueup.app.counting import metrics
from trueup.app.errors import UseCaseError
from trueup.app.items.tracing import trace_items
from trueup.app.items.twice import TwiceReport, items_twice, mute_twice, twice
from trueup.app.overview.looking import overview
from trueup.app.plans.planning import make_plan
from trueup.app.rulebook import rules
from trueup.app.rulebook.rules import RuleDraft
from trueup.app.unbilled import muting
from trueup.app.unbilled.finding import unbilled
from trueup.core.contract import LineKind
from trueup.core.outcome import Plan
from trueup.core.unbilled.muting import Mute


def servers(office: Office) -> dict[str, set[str]]:
    """Keys of servers by organization."""
    (stream, attributes), *_ = office.ws.store.usage.streams(RMM).items()
    place = attributes.index("category")
    found: dict[str, set[str]] = defaultdict(set)
    for item in office.ws.store.usage.items(DAY, RMM, stream):
        if item.attributes[place] == "Server":
            found[item.organization].add(item.key)
    return found


def doubled(office: Office) -> tuple[str, set[str], tuple[str, str]]:
    """A customer whose servers two services bill, through different metrics: its id, the servers and the services."""
    office.do(metrics.define, "every_server", 'category == "Server"')
    office.do(unbilled)  # reads the PSA's lines
    contracts = {one.id: one for one in office.ws.store.psa.contracts() if one.covers(DAY)}
    services: dict[str, set[str]] = defaultdict(set)
    for line in office.ws.store.psa.lines():
        if line.contract_id in contracts and line.kind is LineKind.SERVICE:
            services[contracts[line.contract_id].customer_id].add(line.service_id)
    customer, (first, second, *_) = next((one, sorted(there)) for one, there in services.items() if len(there) > 1)
    organization, keys = next(iter(servers(office).items()))
    places = {one.organization.key: one.organization.name for one in office.ws.store.usage.organizations()}
    office.map(places[organization], customer)
    office.do(rules.set_rule, RuleDraft(service=first, quantity="datto_rmm.server"))
    office.do(rules.set_rule, RuleDraft(service=second, quantity="every_server"))
    return customer, keys, (first, second)


def said_in(plan: Plan) -> list[tuple[object, object]]:
    found = [dict(note.params) for note in plan.notes if note.code == "plan.billed_twice"]
    return [(one["items"], one["lines"]) for one in found]


def report(office: Office) -> TwiceReport:
    return office.do(twice)


def test_a_plan_says_how_many_items_are_billed_twice_and_the_list_names_them(office: Office) -> None:
    _, keys, services = doubled(office)
    plan = office.do(make_plan)
    found = office.do(items_twice)
    assert {one.key for one in found} == keys
    lines = {line.line_id for one in found for line in one.lines}
    assert said_in(plan) == [(len(keys), len(lines))]
    assert {line.service_id for one in found for line in one.lines} == set(services)
    row = report(office).rows[0]
    assert (row.found.items, row.found.lines, row.found.services) == (len(keys), len(lines), services)
    assert office.do(overview).twice.items == len(keys)
    key = found[0].key
    traced = next(one for one in office.do(trace_items, key) if one.key == key)
    assert {line.line_id for line in traced.lines} == {line.line_id for line in found[0].lines}
    assert all(one.releasable == () or "twice" not in str(one.releasable) for one in plan.outcomes)


def test_nothing_is_said_where_each_item_has_one_line(office: Office) -> None:
    office.do(rules.set_rule, RuleDraft(service="304", quantity="datto_rmm.server"))
    assert said_in(office.do(make_plan)) == []
    assert (report(office).rows, office.do(items_twice)) == ((), ())


def test_the_finding_goes_with_the_next_plan_once_the_rule_is_gone(office: Office) -> None:
    _, _, services = doubled(office)
    office.do(make_plan)
    office.do(rules.set_rule, RuleDraft(service=services[1], exclude=True))
    assert said_in(office.do(make_plan)) == []
    assert report(office).rows == ()


def test_what_is_meant_is_muted_with_a_reason_and_comes_back_when_a_line_joins_or_the_day_is_over(
    office: Office,
) -> None:
    doubled(office)
    office.do(make_plan)
    row = report(office).rows[0]
    for given, code in ((" ", "unbilled.reason_needed"), ("meant", "unbilled.unknown_twice")):
        with pytest.raises(UseCaseError) as error:
            office.do(mute_twice, row.found.key if given == " " else "twice.nothing", given)
        assert error.value.reason.code == code
    with pytest.raises(UseCaseError) as error:
        office.do(mute_twice, row.found.key, "meant", date(2026, 6, 13))
    assert error.value.reason.code == "unbilled.past_day"
    office.do(mute_twice, row.found.key, "two services on one device", date(2026, 7, 31))
    assert report(office).rows == ()
    assert [one.mute and one.mute.reason for one in report(office).muted] == ["two services on one device"]
    assert said_in(office.do(make_plan)) == []
    assert "twice.muted" in office.actions()
    mute = office.ws.store.mutes.in_force()[row.found.key]
    more = replace(row.found, lines=row.found.lines + 1)
    items_more = replace(row.found, items=row.found.items + 50)
    assert mute.covers(items_more, DAY)
    assert not mute.covers(more, DAY)
    assert not mute.covers(row.found, date(2026, 8, 1))
    assert mute == Mute(row.found.key, Decimal(row.found.lines), mute.reason, "anna", date(2026, 7, 31))
    office.do(muting.unmute, row.found.key)
    assert [one.found.key for one in report(office).rows] == [row.found.key]
