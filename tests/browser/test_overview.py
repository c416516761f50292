"""The first screen: with a life behind it, and in an empty store."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.browser.looking import Served, accessible, fits
from tests.places import place_for

from trueup.app.clock import FixedClock
from trueup.core.settings import TenantSettings
from trueup.store.database import Database
from trueup.web.site import Site


def chart_fills_its_card(page: Page) -> None:
    """Every small chart is as wide as the words above it, and its line goes from edge to edge."""
    widths = page.locator(".trends figure").evaluate_all(
        """all => all.map(card => ["figcaption", "svg", "svg polyline"].map(
            part => Math.round(card.querySelector(part).getBoundingClientRect().width)))"""
    )
    assert len(widths) > 1
    assert all(abs(line - caption) <= 2 and chart == caption for caption, chart, line in widths), widths


@pytest.mark.parametrize(
    ("language", "heading"), [("en-GB", "17 lines wait for you"), ("fr-FR", "17 lignes vous attendent")]
)
def test_the_overview_says_what_waits_and_leads_to_it(
    site: Served, pages: Callable[..., Page], shot: Callable[..., None], language: str, heading: str
) -> None:
    page = pages(language)
    page.goto(f"{site.url}/t/default/overview")
    expect(page.locator("h1")).to_have_text(heading)
    accessible(page)
    fits(page)
    chart_fills_its_card(page)
    shot(page, f"overview-{language[:2]}")
    page.locator("a[href$='show=waits']").click()
    expect(page.locator("[data-plan-row]")).to_have_count(17)


def test_the_overview_fits_a_telephone_in_the_dark(site: Served, pages: Callable[..., Page]) -> None:
    page = pages(width=360, dark=True)
    page.goto(f"{site.url}/t/default/overview")
    accessible(page)
    fits(page)
    chart_fills_its_card(page)


def test_an_empty_store_begins_with_its_first_step(
    tmp_path: Path, serving: Callable[..., Served], page: Page, shot: Callable[..., None]
) -> None:
    now = datetime(2026, 11, 25, 8, tzinfo=UTC)
    with place_for(tmp_path / "empty.sqlite") as where, Database.open(where, create=True) as database:
        database.create_tenant("default", TenantSettings(name="An MSP"), now=now)
        served = serving(Site.of(database, FixedClock(now)))
        page.goto(f"{served.url}/t/default/overview")
        expect(page.locator("h1")).to_have_text("6 steps to your first plan")
        accessible(page)
        shot(page, "first-steps-en")
        page.get_by_role("link", name="Connect the PSA").click()
        page.wait_for_url("**/modules/connect?kind=autotask")
