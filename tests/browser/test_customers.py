"""The journey of mapping customers, by keyboard, in both languages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from tests.browser.looking import Served, accessible, fits
from tests.web.msp import workspace_of

ROOM = "t/default/customers"


def unmapped(site: Served, count: int) -> list[str]:
    """So many organizations of customers wait again, as on the first day; their names."""
    store = workspace_of(site.site).store
    now = site.site.clock.now()
    names = {(one.connection, one.organization.key): one.organization.name for one in store.usage.organizations()}
    mapped = [one for one in store.customers.mappings() if one.customer_id is not None][:count]
    for one in mapped:
        store.customers.unmap(one.connection, one.organization_key, "tests", now=now)
    return [names[one.connection, one.organization_key] for one in mapped]


def waiting(site: Served) -> int:
    return len(workspace_of(site.site).store.customers.unmapped())


@pytest.mark.parametrize(
    ("language", "accept", "undo"), [("en-GB", "Accept", "Undo"), ("fr-FR", "Accepter", "Reprendre")]
)
def test_enter_accepts_and_goes_to_the_next_and_u_takes_it_back(
    site: Served, pages: Callable[..., Page], language: str, accept: str, undo: str
) -> None:
    unmapped(site, 12)
    before = waiting(site)
    page = pages(language)
    page.goto(f"{site.url}/{ROOM}?state=unmapped")
    buttons = page.get_by_role("button", name=accept)
    first = page.locator("tr:has([data-row-act].first)").first
    first.locator("[data-row-act]").focus()
    for done in (1, 2, 3):
        page.keyboard.press("Enter")
        expect(page.locator("tr[data-fresh]")).to_have_count(done)
        expect(page.locator("tr:not([data-fresh]) [data-row-act]:focus")).to_have_count(1)
    assert waiting(site) == before - 3
    page.keyboard.press("u")
    expect(page.locator("tr[data-fresh] [data-undo]")).to_have_count(2)
    assert waiting(site) == before - 2
    assert buttons.count() > 0
    assert page.get_by_role("button", name=undo).count() == 2


def test_a_search_narrows_the_list_while_typing_and_stands_in_the_address(site: Served, page: Page) -> None:
    name = unmapped(site, 6)[0]
    page.goto(f"{site.url}/{ROOM}")
    page.get_by_role("searchbox", name="Search by name").press_sequentially(name)
    page.wait_for_url("**q=**")
    expect(page.locator("[data-rows] tbody tr").first).to_contain_text(name)
    page.reload()
    expect(page.locator("[data-rows] tbody tr").first).to_contain_text(name)


def test_a_customer_is_chosen_in_the_panel_by_keyboard(site: Served, page: Page) -> None:
    name = unmapped(site, 1)[0]
    page.goto(f"{site.url}/{ROOM}?state=unmapped&q={name}")
    page.get_by_role("link", name=name, exact=True).click()
    expect(page.locator("#panel h1")).to_have_text(name)
    accessible(page)
    page.get_by_label("Search for a customer").fill("a")
    expect(page.locator("#picks button").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#panel .notice.good")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#panel > *")).to_have_count(0)
    page.goto(f"{site.url}/{ROOM}?state=unmapped&q={name}")
    expect(page.get_by_role("link", name=name, exact=True)).to_have_count(0)


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (1280, True), (360, False)], ids=["wide", "dark", "phone"])
def test_the_room_is_accessible_and_fits(
    site: Served, pages: Callable[..., Page], shot: Callable[..., None], width: int, dark: bool
) -> None:
    unmapped(site, 12)
    page = pages(width=width, dark=dark)
    suffix = "-dark" if dark else "-phone" if width == 360 else ""
    for path, name in ((ROOM, "customers"), (f"{ROOM}/by-customer", "customers-by-customer")):
        page.goto(f"{site.url}/{path}")
        accessible(page)
        fits(page)
        shot(page, f"{name}{suffix}", whole=False)
    page.goto(f"{site.url}/{ROOM}")
    page.locator("[data-rows] th a").first.click()
    expect(page.locator("#panel h1")).to_be_visible()
    accessible(page)
    fits(page)
    shot(page, f"customers-one{suffix}", whole=False)
