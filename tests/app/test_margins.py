"""Margins on a real store: prices and invoices brought in, nothing overwritten, one row with everything."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from tests.app.office import DAY, Office

from trueup.app.errors import Exit, UseCaseError
from trueup.app.margins import invoices, prices
from trueup.app.margins.costs import unit_costs
from trueup.app.margins.invoices import InvoiceAsked, InvoiceState
from trueup.app.margins.reckoning import MarginReport, margins_of
from trueup.app.plans.planning import make_plan
from trueup.app.rulebook import rules
from trueup.app.rulebook.rules import RuleDraft
from trueup.core.margins.prices import Commitment, Tier, VendorPrice

SERVER = "datto_rmm.server"
JANUARY = date(2026, 1, 1)
PROFILE = {"product": "Item", "quantity": "Qty", "amount": "Total", "organization": "Client", "currency": "EUR"}
JUNE = InvoiceAsked("kaseya", date(2026, 6, 1), "K-1")


def price(amount: str, first: date = JANUARY, last: date | None = None, metric: str = SERVER) -> VendorPrice:
    return VendorPrice(metric, "EUR", first, last, (Tier(Decimal(0), Decimal(amount)),))


def invoice(folder: Path, rows: Iterable[tuple[str, str, int, str]], name: str = "june.csv") -> Path:
    path = folder / name
    text = "".join(f"{client},{item},{quantity},{total}\n" for client, item, quantity, total in rows)
    path.write_text(f"Client,Item,Qty,Total\n{text}", encoding="utf-8")
    return path


def used(office: Office) -> dict[str, Decimal]:
    """Servers of each site that has any."""
    spans = office.ws.store.usage.readings(DAY, DAY, metrics=[SERVER])
    return {one.organization: one.value for one in spans if one.value}


@pytest.fixture
def billed(office: Office) -> Office:
    """A rule counts servers; sites are mapped to customers that have a line of it, as far as there are any."""
    office.do(rules.set_rule, RuleDraft(service="304", quantity=SERVER))
    office.do(make_plan)
    contracts = {one.id: one for one in office.ws.store.psa.contracts() if one.covers(DAY)}
    lines = [one for one in office.ws.store.psa.lines() if one.service_id == "304" and one.contract_id in contracts]
    holders = sorted({contracts[one.contract_id].customer_id for one in lines})
    names = {one.organization.key: one.organization.name for one in office.ws.store.usage.organizations()}
    for site, customer in zip(sorted(used(office)), holders, strict=False):
        office.map(names[site], customer)
    office.do(make_plan)
    return office


def code_of(error: pytest.ExceptionInfo[UseCaseError]) -> tuple[str, Exit]:
    return error.value.reason.code, error.value.exit_code


def report(office: Office) -> MarginReport:
    return office.do(margins_of)


def test_a_price_that_shares_a_day_with_another_is_refused_until_that_one_ends(office: Office) -> None:
    ((first,), _) = office.do(prices.save_prices, [price("4.00")])
    with pytest.raises(UseCaseError) as error:
        office.do(prices.save_prices, [price("4.50", date(2026, 7, 1))])
    assert code_of(error) == ("price.overlaps", Exit.REFUSED)
    office.do(prices.end_price, first.id, date(2026, 6, 30))
    office.do(prices.save_prices, [price("4.50", date(2026, 7, 1))])
    assert [(one.first, one.last) for one in office.ws.store.vendors.prices()] == [
        (JANUARY, date(2026, 6, 30)),
        (date(2026, 7, 1), None),
    ]


def test_a_minimum_that_shares_a_day_with_another_is_refused_and_nothing_is_overwritten(office: Office) -> None:
    year = Commitment("datto_rmm.server", Decimal(50), JANUARY, date(2026, 12, 31))
    office.do(prices.save_prices, [], [year])
    with pytest.raises(UseCaseError) as error:
        office.do(prices.save_prices, [], [replace(year, quantity=Decimal(60), first=date(2026, 12, 31))])
    assert code_of(error) == ("price.minimum_overlaps", Exit.REFUSED)
    assert [one.quantity for one in office.ws.store.vendors.commitments()] == [Decimal(50)]


def test_the_same_list_twice_changes_nothing_and_a_wrong_row_saves_none(office: Office, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(f"metric,price,currency,from,minimum\n{SERVER},4.00,EUR,2026-01-01,10\n", encoding="utf-8")
    first = office.do(prices.import_prices, path)
    assert [len(one) for one in first] == [1, 1]
    assert office.do(prices.import_prices, path) == ((), ())
    path.write_text(
        "metric,price,currency,from\ndatto_rmm.laptop,1,EUR,2026-01-01\nnowhere,1,EUR,2026-01-01\n", "utf-8"
    )
    with pytest.raises(UseCaseError) as error:
        office.do(prices.import_prices, path)
    assert error.value.reason.code == "price.unknown_metric"
    assert len(office.ws.store.vendors.prices()) == 1


def test_a_refused_file_is_named_with_its_line(office: Office, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(f"metric,price,currency,from\n{SERVER},four,EUR,2026-01-01\n", encoding="utf-8")
    with pytest.raises(UseCaseError) as error:
        office.do(prices.import_prices, path)
    told = error.value.reason
    assert (told.code, told.get("file"), told.get("line")) == ("file.money_no_number", "list.csv", 2)


def test_the_same_invoice_twice_is_harmless_and_another_under_its_number_is_refused(
    office: Office, tmp_path: Path
) -> None:
    with pytest.raises(UseCaseError) as error:
        office.do(invoices.import_invoice, invoice(tmp_path, []), JUNE)
    assert error.value.reason.code == "invoice.unknown_vendor"
    office.do(invoices.save_vendor, "kaseya", PROFILE)
    path = invoice(tmp_path, [("Alpha", SERVER, 3, "12.00")])
    preview = InvoiceAsked("kaseya", date(2026, 6, 1), "K-1", preview=True)
    assert office.do(invoices.import_invoice, path, preview).state is InvoiceState.PREVIEW
    assert office.ws.store.vendors.invoices() == ()
    assert office.do(invoices.import_invoice, path, JUNE).state is InvoiceState.RECORDED
    assert office.do(invoices.import_invoice, path, JUNE).state is InvoiceState.ALREADY
    other = invoice(tmp_path, [("Alpha", SERVER, 4, "16.00")], "other.csv")
    with pytest.raises(UseCaseError) as error:
        office.do(invoices.import_invoice, other, JUNE)
    assert code_of(error) == ("invoice.number_taken", Exit.REFUSED)
    with pytest.raises(UseCaseError) as error:
        office.do(invoices.import_invoice, path, InvoiceAsked("kaseya", date(2026, 7, 1), "K-2"))
    assert code_of(error) == ("invoice.same_file", Exit.REFUSED)
    (kept,) = office.ws.store.vendors.invoices()
    assert (kept.invoice.total, kept.invoice.month) == (Decimal("12.00"), date(2026, 6, 1))
    office.do(invoices.remove_invoice, kept.id)
    assert office.do(invoices.import_invoice, other, JUNE).state is InvoiceState.RECORDED


def test_one_row_shows_what_is_committed_used_invoiced_billed_and_the_margin(billed: Office, tmp_path: Path) -> None:
    servers = used(billed)
    total = sum(servers.values(), Decimal(0))
    billed.do(prices.save_prices, [price("4.00")], [Commitment(SERVER, total - 1, JANUARY, None)])
    billed.do(invoices.save_vendor, "kaseya", {**PROFILE, f"name.{SERVER}": "RMM Server"})
    rows = [("", "RMM Server", int(total) + 2, str((total + 2) * 4)), ("", "Shipping", 1, "9.00")]
    billed.do(invoices.import_invoice, invoice(tmp_path, rows), JUNE)
    found = report(billed)
    (row,) = found.rows
    figures = row.metrics[0]
    assert (figures.committed, figures.used, figures.invoiced) == (total - 1, total, total + 2)
    assert row.cost == {"EUR": (total + 2) * 4}
    lines = {one.id for one in billed.ws.store.psa.lines() if one.service_id == "304"}
    newest = billed.ws.store.plans.latest()
    assert newest is not None
    in_force = [one for one in newest.plan.outcomes if one.line_id in lines]
    assert row.units == sum(one.before or 0 for one in in_force) > 0
    assert row.margin == row.billed["EUR"] - row.cost["EUR"]
    told = {one.reason.code: one.amount for one in row.differences}
    assert told["margin.count_differs"] == Decimal("8.00")
    said = [found.named(one.reason).get("metric") for one in row.differences if one.reason.code in told]
    assert set(said) == {"Server"}, "a sentence names what a person knows"
    assert [(one.row.product, one.row.amount) for one in found.unmatched] == [("Shipping", Decimal("9.00"))]


def test_a_customer_that_an_invoice_names_has_its_own_cost(billed: Office, tmp_path: Path) -> None:
    owner = next(one for one in billed.ws.store.customers.mappings() if one.customer_id is not None)
    name = next(one.name for one in billed.ws.store.psa.customers() if one.id == owner.customer_id)
    billed.do(prices.save_prices, [price("4.00")])
    billed.do(invoices.save_vendor, "kaseya", PROFILE)
    rows = [(f" {name.upper()} ", SERVER, 1, "4.00"), ("Nobody Ltd", SERVER, 1, "4.00")]
    billed.do(invoices.import_invoice, invoice(tmp_path, rows), JUNE)
    found = report(billed)
    costs = {one.customer_id: one.cost for one in found.rows[0].customers if one.cost}
    assert costs == {owner.customer_id: {"EUR": Decimal("4.00")}}
    assert found.nobody == 1


def test_usage_that_no_line_bills_is_a_cause_with_its_cost(office: Office) -> None:
    office.do(rules.set_rule, RuleDraft(service="304", quantity=SERVER))
    site, servers = next(iter(used(office).items()))
    names = {one.organization.key: one.organization.name for one in office.ws.store.usage.organizations()}
    office.do(make_plan)
    contracts = {one.id: one.customer_id for one in office.ws.store.psa.contracts()}
    with_line = {contracts[one.contract_id] for one in office.ws.store.psa.lines() if one.service_id == "304"}
    other = next(one.id for one in office.ws.store.psa.customers() if one.billable and one.id not in with_line)
    office.map(names[site], other)
    office.do(make_plan)
    office.do(prices.save_prices, [price("4.00")])
    told = {one.reason.code: one.amount for one in report(office).rows[0].differences}
    assert told["margin.not_billed"] == servers * 4


def test_a_unit_cost_that_is_not_what_the_vendor_asks_is_proposed(billed: Office) -> None:
    billed.do(prices.save_prices, [price("4.00")])
    service = next(one for one in billed.ws.store.psa.services() if one.id == "304")
    months = int(service.period) if service.period else 1
    (found,) = billed.do(unit_costs).costs
    assert (found.service_id, found.cost, found.known) == ("304", Decimal(4) * months, service.cost)
