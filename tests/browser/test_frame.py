"""The frame around every page, in a real browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page
from tests.browser.looking import Served, accessible, fits


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_frame_fits_and_is_accessible(site: Served, pages: Callable[..., Page], width: int, dark: bool) -> None:
    page = pages(width=width, dark=dark)
    page.goto(f"{site.url}/t/default/overview")
    accessible(page)
    fits(page)


def test_slash_goes_to_the_search(site: Served, page: Page) -> None:
    page.goto(f"{site.url}/t/default/overview")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "search"
