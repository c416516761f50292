"""Looking at a page as its users do: what every page has to pass in a browser."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from trueup.web.site import Site


class Served:
    """The application over one store, and the store itself for looking at what was done."""

    def __init__(self, url: str, site: Site) -> None:
        self.url = url
        self.site = site


def accessible(page: Page) -> None:
    """Nothing serious for people who use a keyboard or a screen reader (axe: serious and critical)."""
    found = Axe().run(page)
    serious = [one for one in found.response["violations"] if one["impact"] in ("serious", "critical")]
    told = [
        f"{one['id']}: {one['help']} at {', '.join(str(node['target']) for node in one['nodes'][:5])}"
        for one in serious
    ]
    assert told == [], f"{page.url}: {told}"


def fits(page: Page) -> None:
    """The page is not wider than its window: nothing is cut off, and nobody has to scroll sideways."""
    width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert width <= 0, f"{page.url} is {width} pixels too wide"
