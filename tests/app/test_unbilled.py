"""Usage that no line bills, on the real store: found with its amount, gone once it is billed, muted with a reason."""

from __future__ import annotations

from datetime import date

import pytest
from tests.app.office import Office

from trueup.app.errors import UseCaseError
from trueup.app.rulebook import rules
from trueup.app.rulebook.rules import RuleDraft
from trueup.app.unbilled import finding, muting
from trueup.app.unbilled.finding import UnbilledReport, UnbilledRow
from trueup.core.unbilled.finding import UnbilledKind
from trueup.core.unbilled.muting import Mute


def report(office: Office) -> UnbilledReport:
    return office.do(finding.unbilled)


def with_rule(office: Office) -> Office:
    office.do(rules.set_rule, RuleDraft(service="304", quantity="datto_rmm.server"))
    return office


def rows(office: Office) -> dict[tuple[str, ...], UnbilledRow]:
    return {row.organizations: row for row in report(office).rows}


def test_a_module_that_no_rule_counts_is_told_once_without_an_amount(office: Office) -> None:
    found = report(office)
    assert [(row.found.kind, row.found.amount) for row in found.rows] == [(UnbilledKind.NO_RULE, None)]
    assert found.totals == {}


def test_an_organization_of_nobody_is_found_at_the_price_of_the_service_that_would_bill_it(office: Office) -> None:
    with_rule(office)
    servers = {
        reading.organization: reading.value
        for reading in office.ws.store.usage.readings(date(2026, 6, 14), date(2026, 6, 14))
        if reading.metric == "datto_rmm.server" and reading.value
    }
    price = next(one.price for one in office.ws.store.psa.services() if one.id == "304") or 0
    found = report(office)
    assert {row.found.kind for row in found.rows} == {UnbilledKind.UNMAPPED}
    assert len(found.rows) == len(servers) > 0
    assert found.totals == {"EUR": sum(servers.values()) * price}
    assert [row.service for row in found.rows] == [found.rows[0].service] * len(found.rows)


def test_a_mapped_customer_with_a_line_of_the_service_is_billed_and_one_without_is_not(office: Office) -> None:
    with_rule(office)
    report(office)  # reads the PSA's lines
    lines = office.ws.store.psa.lines()
    contracts = {one.id: one for one in office.ws.store.psa.contracts()}
    with_line = {contracts[line.contract_id].customer_id for line in lines if line.service_id == "304"}
    places = [row.organizations[0] for row in report(office).rows]
    billable = [one.id for one in office.ws.store.psa.customers() if one.billable and one.active]
    payer = next(customer for customer in billable if customer in with_line)
    other = next(customer for customer in billable if customer not in with_line)
    before = rows(office)
    office.map(places[0], payer)
    assert (places[0],) not in rows(office)
    office.map(places[0], other)
    row = rows(office)[(places[0],)]
    assert row.found.kind in (UnbilledKind.NO_LINE, UnbilledKind.NO_CONTRACT)
    assert row.found.amount == before[(places[0],)].found.amount


def test_muted_usage_needs_a_reason_leaves_the_total_and_speaks_again(office: Office) -> None:
    with_rule(office)
    first = report(office)
    row = first.rows[0]
    with pytest.raises(UseCaseError) as error:
        office.do(muting.mute, row.found.key, "  ")
    assert error.value.reason.code == "unbilled.reason_needed"
    with pytest.raises(UseCaseError) as error:
        office.do(muting.mute, row.found.key, "over", date(2026, 6, 13))
    assert error.value.reason.code == "unbilled.past_day"
    office.do(muting.mute, row.found.key, "a gift of the house", date(2026, 7, 1))
    after = report(office)
    assert [one.found.key for one in after.muted] == [row.found.key]
    assert after.muted[0].mute == Mute(
        row.found.key, row.found.quantity, "a gift of the house", "anna", date(2026, 7, 1)
    )
    assert sum(first.totals.values()) - sum(after.totals.values()) == row.found.amount
    office.do(muting.unmute, row.found.key)
    assert report(office).totals == first.totals
    assert office.actions()[-2:] == ["unbilled.muted", "unbilled.unmuted"]
    with pytest.raises(UseCaseError):
        office.do(muting.unmute, row.found.key)
    with pytest.raises(UseCaseError):
        office.do(muting.mute, "000000000000", "nothing there")
