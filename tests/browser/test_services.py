"""The journey of rules: write a quantity with completed names, see a fault at its characters, try it, save it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from tests.browser.looking import Served, accessible, fits
from tests.web.msp import workspace_of

from trueup.core.rule import RuleLevel

ROOM = "t/default/services"


def ruled(site: Served) -> str:
    """A service with a rule that has most lines."""
    store = workspace_of(site.site).store
    own = {rule.service_id for rule in store.rules.list() if rule.level is RuleLevel.SERVICE}
    lines = [line.service_id for line in store.psa.lines() if line.service_id in own]
    return max(sorted(own), key=lines.count)


@pytest.mark.parametrize(
    ("language", "preview", "save", "units"),
    [
        ("en-GB", "Try it on last month", "Save", "Units ="),
        ("fr-FR", "Essayer sur le mois passé", "Enregistrer", "Unités ="),
    ],
)
def test_a_quantity_is_completed_mended_tried_and_saved_by_keyboard(
    site: Served, pages: Callable[..., Page], language: str, preview: str, save: str, units: str
) -> None:
    service = ruled(site)
    store = workspace_of(site.site).store
    page = pages(language)
    page.goto(f"{site.url}/{ROOM}/rule?service={service}")
    quantity = page.get_by_label(units)
    quantity.fill("")
    quantity.press_sequentially("serv")
    expect(page.get_by_role("option").first).to_contain_text("datto_rmm.server")
    page.keyboard.press("Enter")
    expect(quantity).to_have_value("datto_rmm.server")
    quantity.press_sequentially(" + datto_rmm.deskto ")
    expect(page.locator("#checked mark")).to_have_text("datto_rmm.deskto")
    quantity.fill("datto_rmm.server + datto_rmm.desktop")
    expect(page.locator("#checked .mark.good")).to_be_visible()
    page.get_by_role("button", name=preview).click()
    expect(page.locator("#editor-preview tbody tr").first).to_be_visible()
    accessible(page)
    page.get_by_role("button", name=save, exact=True).click()
    page.wait_for_url("**/services/one?**")
    expect(page.locator(".sentence").first).to_contain_text("datto_rmm.server + datto_rmm.desktop")
    assert store.rules.get(f"service-{service}").quantity == "datto_rmm.server + datto_rmm.desktop"


def test_a_refused_form_selects_the_faulty_characters(site: Served, page: Page) -> None:
    page.goto(f"{site.url}/{ROOM}/rule?service={ruled(site)}")
    page.get_by_label("Units =").fill("datto_rmm.server + datto_rmm.deskto")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#quantity-fault")).to_be_visible()
    selected = (
        "document.activeElement.value.slice(document.activeElement.selectionStart, document.activeElement.selectionEnd)"
    )
    assert page.evaluate(selected) == "datto_rmm.deskto"


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (1280, True), (360, False)], ids=["wide", "dark", "phone"])
def test_the_room_is_accessible_and_fits(
    site: Served, pages: Callable[..., Page], shot: Callable[..., None], width: int, dark: bool
) -> None:
    page = pages(width=width, dark=dark)
    suffix = "-dark" if dark else "-phone" if width == 360 else ""
    service = ruled(site)
    for path, name in (
        ("", "services"),
        (f"/one?id={service}", "services-one"),
        ("/suggestions", "services-suggestions"),
        ("/feeding", "services-feeding"),
        (f"/rule?service={service}", "services-rule"),
    ):
        page.goto(f"{site.url}/{ROOM}{path}")
        if name == "services-rule":
            page.get_by_role("button", name="Try it on last month").click()
            expect(page.locator("#editor-preview tbody tr").first).to_be_visible()
        accessible(page)
        fits(page)
        shot(page, f"{name}{suffix}", whole=False)
