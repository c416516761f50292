"""The heart: from what waits to what is written and proved, and the way back, in both languages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.browser.looking import Served, accessible, fits
from tests.web.msp import PlayedMsp, workspace_of

from trueup.core.outcome import OutcomeStatus

WORDS = {
    "en-GB": (
        "Release and approve",
        "Write 1 approved line",
        "reads back as planned",
        "Undo this run",
        "Plan the way back",
    ),
    "fr-FR": (
        "Libérer et approuver",
        "Appliquer 1 ligne approuvée",
        "conforme au plan",
        "Annuler l'exécution",
        "Préparer l'annulation",
    ),
}


@pytest.mark.parametrize("language", list(WORDS))
def test_from_a_held_line_to_a_proved_write_and_back(
    own_msp: PlayedMsp,
    tmp_path: Path,
    serving: Callable[..., Served],
    pages: Callable[..., Page],
    shot: Callable[..., None],
    language: str,
) -> None:
    release, write, proved, undo, back = WORDS[language]
    held = next(
        one
        for one in own_msp.plan.outcomes
        if one.status is OutcomeStatus.HELD and [reason.code for reason in one.reasons][:1] == ["held.large_move"]
    )
    (tmp_path / "copy").mkdir()
    with own_msp.site(tmp_path / "copy") as copied:
        served = serving(copied)
        page = pages(language)
        page.goto(f"{served.url}/t/default/plan?show=waits")
        shot(page, f"plan-{language[:2]}", whole=False)
        page.locator(f"a[href$='/line/{held.line_id}']").click()
        panel = page.locator("#panel")
        expect(panel.locator("h1")).to_have_text(held.service_name)
        accessible(page)
        shot(page, f"plan-line-{language[:2]}", whole=False)
        panel.get_by_role("button", name=release).click()
        expect(panel.get_by_role("alert")).to_be_visible()  # without a reason nothing is released
        panel.locator("#release-reason").fill("The customer bought them last week.")
        panel.get_by_role("button", name=release).click()
        expect(panel.locator(".notice.good")).to_be_visible()
        page.keyboard.press("Escape")
        page.get_by_role("button", name=write).click()
        expect(page.locator("h1")).to_contain_text(proved, timeout=30_000)  # read back without being asked
        accessible(page)
        shot(page, f"plan-proof-{language[:2]}")
        page.get_by_text(undo, exact=True).click()
        page.locator("#reason").fill("Released by mistake.")
        page.get_by_role("button", name=back).click()
        expect(page.locator("[data-plan-row]")).to_have_count(1)
        page.locator("[data-open]").click()  # a fall by more than half waits, the way back too
        panel.locator("#release-reason").fill("They never arrived.")
        panel.get_by_role("button", name=release).click()
        expect(panel.locator(".notice.good")).to_be_visible()
        page.keyboard.press("Escape")
        page.get_by_role("button", name=write).click()
        expect(page.locator("h1")).to_contain_text(proved, timeout=30_000)  # read back without being asked
        shown = workspace_of(copied).store.journal.of_line(held.line_id)
        assert sum(one.change for one in shown) == 0


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_plan_fits_and_is_accessible(site: Served, pages: Callable[..., Page], width: int, dark: bool) -> None:
    page = pages(width=width, dark=dark)
    page.goto(f"{site.url}/t/default/plan?show=all")
    accessible(page)
    fits(page)


def test_arrows_choose_lines_and_a_approves_what_is_chosen(site: Served, page: Page) -> None:
    page.goto(f"{site.url}/t/default/plan?show=changes")
    page.keyboard.press("ArrowDown")
    page.keyboard.press(" ")
    page.keyboard.press("ArrowDown")
    page.keyboard.press(" ")
    expect(page.locator("[data-approve]")).to_contain_text("2")
    page.keyboard.press("a")
    page.wait_for_url("**/approve?**")
    expect(page.locator("h1")).to_contain_text("2 lines will change")


def test_what_a_person_did_not_see_is_not_approved(site: Served, page: Page) -> None:
    page.goto(f"{site.url}/t/default/plan")
    page.locator("[data-approve]").click()
    page.locator("input[name=checksum]").evaluate("field => { field.value = 'another'; }")  # waits for the form
    with page.expect_response("**/approve") as answer:
        page.get_by_role("button", name="Only approve").click()
    assert answer.value.status == 409
    expect(page.get_by_role("alert")).to_contain_text("is not what was on screen")
    assert workspace_of(site.site).store.plans.approvals(page.url.split("/")[-2]) == ()
