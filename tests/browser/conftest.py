"""A real browser on the real application: fixtures for journeys, the accessibility check, and screenshots.

An error in the page's console fails the test, and so does anything that the Content-Security-Policy refuses.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright
from tests.browser.looking import Served
from tests.web.doors import AlwaysIn
from tests.web.msp import PlayedMsp, played
from tests.web.running import answering
from tools import chromium

from trueup.core.roles import Role
from trueup.web.application import create_app
from trueup.web.site import Site

PATIENCE = 30_000
"""Milliseconds that a step may take on a machine that has more to do; none needs a tenth of it alone."""
expect.set_options(timeout=PATIENCE / 2)
SCREENS = Path(__file__).parents[2] / "docs" / "screens"
FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-gpu",
    "--no-first-run",
    "--font-render-hinting=none",
    "--hide-scrollbars",
)


def _program() -> Path:
    path = chromium.found()
    if path is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(chromium.MISSING)
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium without a window. Of one module, because its loop runs in this thread as long as it lives."""
    program = _program()
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    flags = [*FLAGS, *(["--no-sandbox"] if root else [])]
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=flags)
        yield started
        started.close()


Serving = Callable[..., Served]


@pytest.fixture
def serving() -> Iterator[Callable[[Site, Role], Served]]:
    """Serves sites until the test ends."""
    with ExitStack() as stack:
        yield lambda site, role=Role.ADMINISTRATOR: Served(
            stack.enter_context(answering(create_app(site, AlwaysIn(role)))), site
        )


@pytest.fixture
def site(played_msp: PlayedMsp, tmp_path: Path, serving: Serving) -> Iterator[Served]:
    """The prepared MSP (tests/web/msp.py) with a store of its own; its simulators are shared, so only look at them."""
    with played_msp.site(tmp_path) as copied:
        yield serving(copied)


@pytest.fixture
def own_msp(tmp_path: Path) -> Iterator[PlayedMsp]:
    """A small MSP that belongs to the test, simulators included."""
    with played(tmp_path, small=True) as msp:
        yield msp


class Faults:
    """What went wrong in the pages of a test."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def watch(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.found.append(f"{page.url}: {error}"))
        page.on("console", self._said)

    def _said(self, message: ConsoleMessage) -> None:
        refused = "the server responded with a status of" in message.text
        if message.type == "error" and not refused:
            self.found.append(message.text)


@pytest.fixture
def pages(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens windows: `pages(language="fr-FR", width=360, dark=True)`; nothing may go wrong in any of them."""
    faults = Faults()
    with ExitStack() as stack:

        def opened(language: str = "en-GB", width: int = 1280, height: int = 900, *, dark: bool = False) -> Page:
            context = browser.new_context(
                locale=language,
                viewport={"width": width, "height": height},
                color_scheme="dark" if dark else "light",
                reduced_motion="reduce",
                timezone_id="Europe/Paris",
            )
            stack.callback(context.close)
            context.set_default_timeout(PATIENCE)
            page = context.new_page()
            faults.watch(page)
            return page

        yield opened
    assert faults.found == []


@pytest.fixture
def page(pages: Callable[..., Page]) -> Page:
    """A window of 1280 pixels, in English."""
    return pages()


@pytest.fixture
def shot() -> Callable[..., None]:
    """Keeps a picture of a page as docs/screens/NAME.png: where it is missing, or all of them with SCREENS=1. Else it
    takes none, because each waits half a second until nothing is loaded any more."""

    def taken(page: Page, name: str, *, whole: bool = True) -> None:
        path = SCREENS / f"{name}.png"
        if path.exists() and not os.environ.get("SCREENS"):
            return
        path.parent.mkdir(exist_ok=True)
        page.wait_for_load_state("networkidle")
        page.screenshot(path=path, full_page=whole, animations="allow", caret="initial", scale="css")

    return taken
