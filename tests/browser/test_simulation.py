"""A simulation as a page, and a statement fetched from a customer's page, in a real browser."""

from __future__ import annotations

from collections.abc import Callable

import httpx2
import pytest
from playwright.sync_api import Page, expect
from tests.browser.looking import Served, accessible, fits
from tests.browser.test_services import ROOM, ruled
from tests.web.msp import workspace_of


def simulated(site: Served) -> str:
    month = f"{workspace_of(site.site).now():%Y-%m}"
    asked = {"rules": [{"service": ruled(site), "minimum": 3}], "first": month, "last": month}
    answer = httpx2.post(f"{site.url}/api/v1/simulations", json=asked, timeout=60)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["simulation"])


@pytest.mark.parametrize(
    ("language", "button"), [("en-GB", "Put these rules in force"), ("fr-FR", "Mettre ces règles")]
)
def test_a_simulation_is_read_and_approved(
    site: Served, pages: Callable[..., Page], language: str, button: str
) -> None:
    page = pages(language)
    page.goto(f"{site.url}/{ROOM}/simulation?id={simulated(site)}")
    accessible(page)
    fits(page)
    page.set_viewport_size({"width": 360, "height": 800})
    fits(page)
    page.get_by_role("button", name=button).click()
    expect(page).to_have_url(f"{site.url}/{ROOM}/one?id={ruled(site)}&saved=rule")


def test_a_customers_statement_comes_as_a_file(site: Served, pages: Callable[..., Page]) -> None:
    store = workspace_of(site.site).store
    contracts = {one.id: one.customer_id for one in store.psa.contracts()}
    customer = contracts[store.psa.lines()[0].contract_id]
    page = pages("en-GB")
    page.goto(f"{site.url}/t/default/customers/customer?id={customer}")
    accessible(page)
    fits(page)
    today = workspace_of(site.site).now().date()
    page.get_by_label("Month").fill(f"{today:%Y-%m}")
    with page.expect_download() as download:
        page.get_by_role("button", name="Get the sealed file").click()
    assert download.value.suggested_filename == f"{today:%Y-%m}-{customer}-en.pdf"
