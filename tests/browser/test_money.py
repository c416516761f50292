"""The room of money in a real browser: found, compared, checked, reported."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal

import anyio
import pytest
from playwright.sync_api import Page, expect
from tests.browser.looking import Served, accessible, fits
from tests.web.msp import workspace_of

from trueup.app.checks import counting, saving
from trueup.app.margins.prices import save_prices
from trueup.core.checks.cross_check import CrossCheck
from trueup.core.counting.billed_twice import BilledTwice
from trueup.core.margins.prices import Tier, VendorPrice

ROOM = "t/default/money"
CHECK = CrossCheck("more-laptops-than-desktops", "datto_rmm.laptop > datto_rmm.desktop")


def with_money(site: Served) -> None:
    """A vendor's price, a check that finds something, and items that the newest plan found to be billed twice."""
    ws = workspace_of(site.site)
    newest = ws.store.plans.list(limit=1)[0].plan
    lines = ws.store.psa.lines()[:12]
    names = [one.name for one in ws.store.psa.customers()[:5]]
    services = {one.id: one.name for one in ws.store.psa.services()}
    both = tuple(dict.fromkeys(line.service_id for line in lines))[:2]
    found = BilledTwice(
        module="datto_rmm",
        stream="devices",
        services=both,
        service_names=tuple(services[one] for one in both),
        metrics=("datto_rmm.laptop", "every_device"),
        items=1_234,
        lines=12,
        customers=5,
        line_ids=tuple(line.id for line in lines),
        customer_names=tuple(names),
    )
    ws.store.billed_twice.keep((found,), newest.as_of)

    async def saved() -> None:
        price = VendorPrice("datto_rmm.laptop", "EUR", date(2020, 1, 1), None, (Tier(Decimal(0), Decimal("1.90")),))
        await save_prices(ws, (price,))
        await saving.define(ws, CHECK)
        await counting.count_all(ws)

    with ThreadPoolExecutor(1) as other:  # the browser has the loop of this thread
        other.submit(anyio.run, saved).result()


@pytest.mark.parametrize(
    ("language", "tabs"),
    [
        ("en-GB", ("Unbilled usage", "Billed twice", "Margins", "Checks across modules", "Reports")),
        ("fr-FR", ("Usage non facturé", "Facturés deux fois", "Marges", "Contrôles entre modules", "Rapports")),
    ],
)
def test_every_view_of_the_room_can_be_read_and_fits(
    site: Served, pages: Callable[..., Page], shot: Callable[..., None], language: str, tabs: tuple[str, ...]
) -> None:
    with_money(site)
    page = pages(language)
    page.goto(f"{site.url}/{ROOM}")
    for place, tab in enumerate(tabs):
        page.locator("nav.tabs").get_by_role("link", name=tab, exact=True).click()
        expect(page.locator("nav.tabs a[aria-current]")).to_have_text(tab)
        accessible(page)
        fits(page)
        shot(
            page,
            f"money-{('unbilled', 'twice', 'margins', 'checks', 'reports')[place]}-{language[:2]}",
            whole=place > 0,
        )
    page.goto(f"{site.url}/{ROOM}/checks/one?check={CHECK.key}")
    accessible(page)
    fits(page)


def test_the_room_fits_a_telephone_in_the_dark(site: Served, pages: Callable[..., Page]) -> None:
    with_money(site)
    page = pages(width=360, dark=True)
    for view in ("", "/twice", "/margins", "/checks", "/reports", "/checks/define"):
        page.goto(f"{site.url}/{ROOM}{view}")
        accessible(page)
        fits(page)


def test_a_fault_in_a_check_is_marked_in_its_place_and_kept(site: Served, pages: Callable[..., Page]) -> None:
    page = pages()
    page.goto(f"{site.url}/{ROOM}/checks/define")
    page.get_by_label("Name", exact=True).fill("wrong")
    page.get_by_label("Definition", exact=True).fill("datto_rmm.laptop > datto_rmm.destop")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("mark").first).to_have_text("datto_rmm.destop")
    expect(page.get_by_label("Definition", exact=True)).to_have_value("datto_rmm.laptop > datto_rmm.destop")
    accessible(page)
