"""The journeys of metrics and of the search, in a real browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from tests.browser.looking import Served, accessible, fits
from tests.web.msp import workspace_of

ROOM = "t/default/metrics"


@pytest.mark.parametrize(
    ("language", "name", "definition", "save"),
    [("en-GB", "Name", "Definition", "Save"), ("fr-FR", "Nom", "Définition", "Enregistrer")],
)
def test_a_metric_is_defined_with_its_results_beside_it(
    site: Served, pages: Callable[..., Page], language: str, name: str, definition: str, save: str
) -> None:
    page = pages(language)
    page.goto(f"{site.url}/{ROOM}/define")
    page.get_by_label(name, exact=True).fill("stations")
    page.get_by_label(definition, exact=True).press_sequentially("deskt")
    page.keyboard.press("Enter")
    page.get_by_label(definition, exact=True).press_sequentially(" + datto_rmm.laptop ")
    expect(page.locator("#checked tbody tr").first).to_be_visible()
    accessible(page)
    page.get_by_role("button", name=save, exact=True).click()
    page.wait_for_url("**/metrics/one?**")
    (saved,) = workspace_of(site.site).store.metrics.list()
    assert saved.key == "stations"
    assert saved.expression.endswith("+ datto_rmm.laptop")


@pytest.mark.parametrize("language", ["en-GB", "fr-FR"])
def test_the_search_leads_to_a_customer_by_keyboard(site: Served, pages: Callable[..., Page], language: str) -> None:
    customer = next(one for one in workspace_of(site.site).store.psa.customers() if one.active and one.billable)
    page = pages(language)
    page.goto(f"{site.url}/t/default/overview")
    page.keyboard.press("/")
    page.keyboard.type(customer.name)
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?**")
    page.locator("h1").click()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(customer.name)


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (1280, True), (360, False)], ids=["wide", "dark", "phone"])
def test_the_rooms_are_accessible_and_fit(
    site: Served, pages: Callable[..., Page], shot: Callable[..., None], width: int, dark: bool
) -> None:
    page = pages(width=width, dark=dark)
    suffix = "-dark" if dark else "-phone" if width == 360 else ""
    for path, name in (
        (ROOM, "metrics"),
        (f"{ROOM}/one?key=datto_rmm.laptop", "metrics-one"),
        (f"{ROOM}/define?expression=datto_rmm.laptop&preview=yes", "metrics-define"),
        ("t/default/search?q=ga", "search"),
    ):
        page.goto(f"{site.url}/{path}")
        accessible(page)
        fits(page)
        shot(page, f"{name}{suffix}", whole=False)
