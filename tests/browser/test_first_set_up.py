"""From an empty store to a verified run, and nothing but pages on the way: what a newcomer does on the first day."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.browser.first_day import FirstDay, first_day
from tests.browser.looking import accessible, fits
from tests.web.house import PASSWORD
from tests.web.msp import workspace_of

from trueup.store.journal import IntentState


@pytest.fixture
def day(tmp_path: Path) -> Iterator[FirstDay]:
    with first_day(tmp_path) as found:
        yield found


WORDS = {
    "en-GB": (
        "You are the first one here",
        "6 steps to your first plan",
        "Read-only:",
        "Make a plan now",
        "as planned",
    ),
    "fr-FR": (
        "Vous êtes la première personne ici",
        "6 étapes avant votre premier plan",
        "Lecture seule :",
        "Établir un plan maintenant",
        "conforme au plan",
    ),
}


def _looked_at(page: Page) -> None:
    accessible(page)
    fits(page)


def _next(page: Page, day: FirstDay) -> None:
    """Back to the overview, and on to what it says is next."""
    page.goto(f"{day.url}/t/default/overview")
    page.locator(".steps .button").click()
    page.wait_for_load_state()


@pytest.mark.parametrize("language", list(WORDS))
def test_from_an_empty_store_to_a_verified_run(day: FirstDay, pages: Callable[..., Page], language: str) -> None:
    first, steps, read_only, make, proved = WORDS[language]
    page = pages(language)
    main = page.locator("main")

    page.goto(day.invitation)  # the first person
    expect(page.locator("h1")).to_have_text(first)
    page.locator("#name").fill("Ada")
    page.locator("#password").fill(PASSWORD)
    page.locator("#again").fill(PASSWORD)
    page.locator("button.first").click()
    expect(page.locator("h1")).to_have_text(steps)

    _next(page, day)  # the PSA, wrong first
    for name, value in day.psa_secret.items():
        page.locator(f"#field-{name}").fill(value)
    page.locator("#field-secret").fill("not it")
    main.locator("summary").click()
    page.locator("#field-zone_lookup_url").fill(day.psa)
    main.locator("button.first").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.locator("#field-zone_lookup_url")).to_have_value(day.psa)
    _looked_at(page)
    for name, value in day.psa_secret.items():
        page.locator(f"#field-{name}").fill(value)
    main.locator("button.first").click()
    expect(page.locator(".notice.good")).to_contain_text("autotask")

    _next(page, day)  # a module, tried live
    page.locator("#kind").select_option("datto_rmm")
    page.locator(".choosing button").click()
    for name, value in day.rmm_secret.items():
        page.locator(f"#field-{name}").fill(value)
    page.locator("#field-platform").select_option("merlot")
    main.locator("summary").click()
    page.locator("#field-base_url").fill(day.rmm)
    main.locator("button.first").click()
    expect(page.locator(".notice.good")).to_contain_text("datto-rmm")
    expect(page.locator("#tile-datto-rmm .mark.good")).to_be_visible()  # the worker collects at once
    _looked_at(page)

    _next(page, day)  # customers
    page.locator("form[action$='/accept'] button").click()
    expect(page.locator(".notice.good").first).to_contain_text("25")

    page.locator("p.notice a").click()  # the step after is offered where the one before was done: rules
    main.locator("button.first").click()
    expect(page.locator(".notice.good")).to_be_visible()

    page.locator("p.notice a").click()  # the first plan compares, and nothing can be written
    main.locator("button.first").click()
    expect(main).to_contain_text(read_only)
    expect(page.locator("[data-approve]")).to_have_count(0)
    _looked_at(page)

    page.locator("p.notice a").click()  # from now on a person decides
    page.locator("#mode").select_option("manual")
    main.locator("button.first").click()
    page.goto(f"{day.url}/t/default/plan")
    page.get_by_role("button", name=make).click()
    page.locator("[data-approve]").click()
    _looked_at(page)
    page.locator("button[value=write]").click()  # written, and then read back by itself
    expect(page.locator("h1")).to_contain_text(proved)
    _looked_at(page)

    written = workspace_of(day.site).store.journal.done()
    assert [one.state for one in written] == [IntentState.DONE]
    assert written[0].after[-1].units == written[0].before[-1].units + written[0].change
