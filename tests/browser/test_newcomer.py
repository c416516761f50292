"""A newcomer without the guide: from the first screen to a verified plan, knowing why a line waits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.browser.looking import Served, accessible, fits
from tests.web.msp import PlayedMsp, workspace_of

from trueup.core.outcome import OutcomeStatus

WORDS = {
    "en-GB": ("more than 30%", "Plan", "lines will change", "read back as planned"),
    "fr-FR": ("plus de 30 %", "Plan", "lignes vont changer", "conformes au plan"),
}


@pytest.mark.parametrize("language", list(WORDS))
def test_a_newcomer_says_why_a_line_waits_and_approves_the_rest(
    own_msp: PlayedMsp, tmp_path: Path, serving: Callable[..., Served], pages: Callable[..., Page], language: str
) -> None:
    because, room, will_change, proved = WORDS[language]
    held = next(
        one
        for one in own_msp.plan.outcomes
        if one.status is OutcomeStatus.HELD and [reason.code for reason in one.reasons][:1] == ["held.large_move"]
    )
    changes = own_msp.lines(OutcomeStatus.CHANGE)
    (tmp_path / "copy").mkdir()
    with own_msp.site(tmp_path / "copy") as copied:
        page = pages(language)
        page.goto(f"{serving(copied).url}/t/default/overview")
        page.locator("a.card[href$='show=waits']").click()
        row = page.locator("[data-plan-row]", has=page.locator(f"a[href$='/line/{held.line_id}']"))
        expect(row).to_contain_text(because)  # the table says it already
        row.locator("[data-open]").click()
        panel = page.locator("#panel")
        expect(panel.locator(".reasons")).to_contain_text(str(held.before))
        expect(panel.locator(".reasons")).to_contain_text(str(held.after))
        expect(panel.locator(".chain")).to_contain_text(str(held.after))  # and which usage makes it so many
        page.keyboard.press("Escape")

        page.locator("nav.rooms").get_by_text(room, exact=False).click()
        page.locator("[data-approve]").click()
        expect(page.locator("h1")).to_have_text(f"{len(changes)} {will_change}")
        expect(page.locator("table.lines tbody tr")).to_have_count(len(changes))
        accessible(page)
        fits(page)
        page.locator("button[value=write]").click()
        expect(page.locator("h1")).to_contain_text(proved)

        page.goto(page.url.partition("/plan")[0] + "/plan")
        expect(page.locator("[data-plan]")).to_be_visible()
        expect(page.locator("[data-approve]")).to_have_count(0)  # what is written is not offered again
        page.locator("nav.rooms a").first.click()
        expect(page.locator("a.card[href$='show=changes'] .figure")).to_have_text("0")

        done = {one.line_id for one in workspace_of(copied).store.journal.of_plan(own_msp.plan.id)}
        assert done == set(changes)
        assert held.line_id not in done
