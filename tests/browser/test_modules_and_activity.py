"""The rooms of modules and of activity in a real browser, in both languages and on a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from tests.browser.looking import Served, accessible

ROOMS = (
    ("modules", "modules"),
    ("modules/of/datto-rmm", "module"),
    ("modules/connect?kind=datto_rmm", "connect"),
    ("activity", "activity"),
)


@pytest.mark.parametrize(("language", "name"), [("en-GB", "en"), ("fr-FR", "fr")])
def test_every_page_is_accessible_in_both_languages_and_at_360_pixels(
    site: Served, pages: Callable[..., Page], shot: Callable[..., None], language: str, name: str
) -> None:
    wide, narrow = pages(language), pages(language, 360, dark=True)
    for path, kept in ROOMS:
        for window in (wide, narrow):
            window.goto(f"{site.url}/t/default/{path}")
            accessible(window)
            assert window.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        shot(wide, f"{kept}-{name}", whole=False)
        if name == "en":
            shot(narrow, f"{kept}-narrow", whole=False)


def test_sync_now_is_asked_for_without_leaving_the_page(site: Served, page: Page) -> None:
    page.goto(f"{site.url}/t/default/modules")
    page.get_by_role("button", name="Sync Datto RMM now").click()
    expect(page.get_by_role("status").filter(has_text="Asked for now")).to_be_visible()


def test_activity_is_searched_and_goes_back_in_time(site: Served, page: Page) -> None:
    page.goto(f"{site.url}/t/default/activity")
    first = page.locator("tbody tr").first.inner_text()
    page.get_by_role("link", name="Older").click()
    assert page.locator("tbody tr").first.inner_text() != first
    page.get_by_role("link", name="To the newest").click()
    page.get_by_label("Person, customer, line or text").fill("no such thing")
    page.get_by_label("Person, customer, line or text").press("Enter")
    expect(page.get_by_text("Nothing on record fits")).to_be_visible()
