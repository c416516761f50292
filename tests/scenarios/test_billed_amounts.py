"""What the PSA then billed, beside what was previewed: 12 November is 19 of 30 days.

+1 x 12.00 x 19 / 30 = 7.60 (workstations of Morel, and of the garage); +2 x 9.00 x 19 / 30 = 11.40 (devices of Petit).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from tests.ledger.stage import DAY, Site
from tests.scenarios.msp import GROWN, GROWTH, MIXED, SMALL, WORKSTATIONS, Msp, of_line, open_msp

from trueup.app.writes.applying import ApplyResult

LAST = date(2026, 11, 30)


@pytest.fixture
def grown(tmp_path: Path) -> Iterator[tuple[Msp, ApplyResult]]:
    """The growth of 12 November was sent; November is not posted yet."""
    with open_msp(tmp_path) as msp:
        msp.set_up()
        yield msp, msp.apply(msp.approved_plan())


def items_of(msp: Msp, line: int) -> list[dict[str, object]]:
    found: list[dict[str, object]] = msp.psa.dump()["billing_items"]  # type: ignore[assignment]
    return [one for one in found if one["contractServiceID"] == line and str(one["itemDate"])[:10] == str(GROWN)]


def more_devices(msp: Msp) -> None:
    msp.night(GROWN + DAY)
    msp.collect({**GROWTH, "Garage du Lac": Site({"desktop": 10, "laptop": 3})})


def test_before_posting_there_is_nothing_to_compare_and_amounts_are_estimates(grown: tuple[Msp, ApplyResult]) -> None:
    msp, applied = grown
    proof = msp.verify(applied)
    assert proof.right
    assert proof.billed.proofs == ()
    more_devices(msp)
    assert [made.estimated for made in of_line(msp.plan(), SMALL).adjustments] == [True]


def test_three_posted_items_that_agree_to_the_cent_prove_the_amounts(grown: tuple[Msp, ApplyResult]) -> None:
    msp, applied = grown
    msp.psa.post_through(LAST)
    proof = msp.verify(applied)
    shown = {(int(p.line_id), p.previewed, p.billed, p.agrees) for p in proof.billed.proofs if p.kind == "change"}
    assert shown == {
        (WORKSTATIONS, Decimal("7.60"), Decimal("7.60"), True),
        (MIXED, Decimal("11.40"), Decimal("11.40"), True),
        (SMALL, Decimal("7.60"), Decimal("7.60"), True),
    }
    msp.choose(posted_period="proration_item")
    more_devices(msp)
    plan = msp.plan()
    assert [made.estimated for made in of_line(plan, SMALL).adjustments] == [False]
    assert [note.get("items") for note in plan.notes if note.code == "plan.billed_agrees"] == [3]


def test_an_item_that_differs_by_a_cent_is_shown_with_both_figures_and_the_amounts_stay_estimates(
    grown: tuple[Msp, ApplyResult],
) -> None:
    msp, applied = grown
    msp.psa.post_through(LAST)
    (item,) = items_of(msp, SMALL)
    msp.psa.order("edit-amount", item=item["id"], amount="7.61")
    proof = msp.verify(applied)
    (wrong,) = [p for p in proof.billed.proofs if not p.agrees]
    assert (int(wrong.line_id), wrong.day, wrong.previewed, wrong.billed) == (
        SMALL,
        GROWN,
        Decimal("7.60"),
        Decimal("7.61"),
    )
    assert wrong.formula == "unknown"
    msp.choose(posted_period="proration_item")
    more_devices(msp)
    plan = msp.plan()
    assert [made.estimated for made in of_line(plan, SMALL).adjustments] == [True]
    (note,) = [note for note in plan.notes if note.code == "plan.billed_differs"]
    assert (note.get("items"), note.get("agreed")) == (1, 2)


def test_items_that_were_un_posted_prove_nothing_any_more(grown: tuple[Msp, ApplyResult]) -> None:
    msp, applied = grown
    msp.psa.post_through(LAST)
    msp.verify(applied)
    msp.psa.order("un-post", since="2026-11-01")
    assert msp.verify(applied).billed.proofs == ()
    with msp.stage.open() as ws:
        assert ws.store.billed.counts() == (0, 0)
