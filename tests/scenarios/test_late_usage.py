"""Usage that is corrected after its month was posted: an entry that is shown, never a rewrite, never both.

The garage pays 12.00 a month for each workstation; from 12 November it has 12. November is posted on 1 December.
One unit for one day of November is 12.00 / 30 = 0.40.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from tests.ledger.stage import DAY, RMM, Site
from tests.scenarios.msp import GROWTH, SMALL, Msp, of_line, open_msp

from trueup.app.errors import Exit, UseCaseError
from trueup.app.late import entries
from trueup.core.outcome import OutcomeStatus, Plan
from trueup.store.catch_up import CatchUp
from trueup.store.errors import StoreError

POSTED_ON = date(2026, 12, 1)
CORRECTED = date(2026, 11, 20)


def garage(laptops: int) -> Mapping[str, Site]:
    return {**GROWTH, "Garage du Lac": Site({"desktop": 10, "laptop": laptops})}


def collect_again(msp: Msp, day: date, sites: Mapping[str, Site]) -> None:
    """What a source that can still say what a past day was like delivers now; afterwards it shows the present again."""
    msp.rmm.show(sites)

    async def whole() -> None:
        async with ws.module(RMM) as module:
            collection = await module.collect(day, ws.now())
        recorded = await ws.step(ws.store.usage.record, collection)
        assert recorded.counts

    with msp.stage.open() as ws:
        asyncio.run(whole())
    msp.rmm.show(GROWTH)


def nights(msp: Msp, *days: date) -> None:
    """Collect these days as 12 November was, and plan on the last of them."""
    for day in days:
        msp.night(day)
        msp.collect(GROWTH)
    msp.plan()


@pytest.fixture
def december(tmp_path: Path) -> Iterator[Msp]:
    """1 December: November is posted, and this PSA refuses changes in it."""
    with open_msp(tmp_path) as msp:
        msp.set_up()
        msp.apply(msp.approved_plan())
        msp.psa.switch(posted_period="refuse")
        msp.choose(posted_period="refuse")
        nights(msp, *(date(2026, 11, day) for day in (19, 20, 21, 22, 23)))
        nights(msp, date(2026, 11, 30), POSTED_ON)
        msp.psa.post_through(date(2026, 11, 30))
        yield msp


def listed(msp: Msp, state: str | None = "waiting") -> tuple[CatchUp, ...]:
    return msp.work(lambda ws: entries.listing(ws, state))


def shown(entry: CatchUp) -> list[tuple[str, str, int, int]]:
    return [(f"{s.first:%m-%d}", f"{s.last:%m-%d}", s.billed, s.called_for) for s in entry.owed.spans]


def sent(plan: Plan) -> list[tuple[date, int]]:
    return [(made.day, made.change) for made in of_line(plan, SMALL).adjustments]


def test_a_day_of_a_posted_month_that_is_corrected_becomes_an_entry_and_nothing_is_sent(december: Msp) -> None:
    before = december.psa.sends()
    collect_again(december, CORRECTED, garage(4))
    plan = december.plan()
    outcome = of_line(plan, SMALL)
    assert outcome.status is OutcomeStatus.NONE
    assert "note.catch_up" in [reason.code for reason in outcome.reasons]
    (entry,) = listed(december)
    assert shown(entry) == [("11-20", "11-20", 12, 14)]
    assert entry.amount == Decimal("0.80")
    assert (entry.of.line_id, entry.state, entry.revision) == (str(SMALL), "open", 1)
    (cause,) = entry.owed.causes
    assert cause.code == "catch_up.recollected"
    assert cause.as_dict() == {
        "day": CORRECTED,
        "connection": RMM,
        "organization": cause.get("organization"),
        "metric": "datto_rmm.laptop",
        "was": Decimal(2),
        "now": Decimal(4),
    }
    (note,) = [note for note in plan.notes if note.code == "plan.catch_up"]
    assert (note.get("entries"), note.get("amount")) == (1, Decimal("0.80"))
    assert december.psa.sends() == before


def test_planning_again_finds_the_same_entry_and_no_second_one(december: Msp) -> None:
    collect_again(december, CORRECTED, garage(4))
    december.plan()
    plan = december.plan()
    december.night(POSTED_ON + DAY)
    december.collect(GROWTH)
    december.plan()
    (entry,) = listed(december, None)
    assert (entry.amount, entry.state) == (Decimal("0.80"), "open")
    assert [note.get("amount") for note in plan.notes if note.code == "plan.catch_up"] == [Decimal("0.80")]


def test_a_second_correction_replaces_the_entry_and_keeps_the_first_on_record(december: Msp) -> None:
    collect_again(december, CORRECTED, garage(4))
    december.plan()
    december.later(timedelta(hours=1))
    collect_again(december, CORRECTED, garage(3))
    december.plan()
    first, second = listed(december, None)
    assert (first.state, first.superseded_by, first.amount) == ("superseded", second.id, Decimal("0.80"))
    assert (second.state, second.revision, second.amount) == ("open", 2, Decimal("0.40"))
    assert shown(second) == [("11-20", "11-20", 12, 13)]


def test_a_correction_that_is_taken_back_closes_its_entry_by_itself(december: Msp) -> None:
    collect_again(december, CORRECTED, garage(4))
    december.plan()
    december.later(timedelta(hours=1))
    collect_again(december, CORRECTED, GROWTH)
    plan = december.plan()
    assert listed(december) == ()
    assert [entry.state for entry in listed(december, None)] == ["obsolete"]
    assert not [note for note in plan.notes if note.code == "plan.catch_up"]


def test_a_fall_in_a_posted_month_is_an_amount_below_zero(december: Msp) -> None:
    for day in (20, 21, 22):  # a fall has to stand for three measured days
        collect_again(december, date(2026, 11, day), garage(1))
    december.plan()
    (entry,) = listed(december)
    assert shown(entry) == [("11-20", "11-22", 12, 11)]
    assert entry.amount == Decimal("-1.20")
    assert [cause.get("day") for cause in entry.owed.causes] == [date(2026, 11, day) for day in (20, 21, 22)]


def test_a_month_that_is_un_posted_is_planned_again_and_its_entry_is_closed_when_sent(december: Msp) -> None:
    collect_again(december, CORRECTED, garage(4))
    december.plan()
    december.psa.order("un-post", since="2026-11-01")
    plan = december.plan()
    assert sent(plan) == [(CORRECTED, 2), (CORRECTED + DAY, -2)]
    codes = [reason.code for reason in of_line(plan, SMALL).reasons]
    assert "note.catch_up_reopened" in codes
    assert not {"held.posted_unproven", "note.posted_shortfall"} & set(codes)
    assert [entry.state for entry in listed(december)] == ["reopened"]
    december.approve(plan, {SMALL})
    applied = december.apply(plan)
    assert december.verify(applied).right
    assert [entry.state for entry in listed(december, None)] == ["replanned"]
    assert [december.psa.units(SMALL, CORRECTED + n * DAY) for n in (-1, 0, 1)] == [12, 14, 12]
    again = december.plan()
    assert sent(again) == []
    assert [entry.state for entry in listed(december, None)] == ["replanned"]


def test_a_month_that_is_posted_again_before_the_changes_went_out_owes_as_before(december: Msp) -> None:
    collect_again(december, CORRECTED, garage(4))
    december.plan()
    december.psa.order("un-post", since="2026-11-01")
    december.plan()
    december.psa.post_through(date(2026, 11, 30))
    plan = december.plan()
    assert sent(plan) == []
    (entry,) = listed(december, None)
    assert (entry.state, entry.amount) == ("open", Decimal("0.80"))


def test_what_a_person_billed_by_hand_is_not_planned_again_when_the_month_is_un_posted(december: Msp) -> None:
    collect_again(december, CORRECTED, garage(4))
    december.plan()
    (entry,) = listed(december)
    settled = december.work(lambda ws: entries.settle(ws, entry.id, "billed", "invoice 2026-118"))
    assert (settled.state, settled.person, settled.reason) == ("billed", "tests", "invoice 2026-118")
    december.psa.order("un-post", since="2026-11-01")
    assert sent(december.plan()) == []
    assert [one.state for one in listed(december, None)] == ["billed"]


def test_a_correction_after_an_entry_was_settled_owes_only_what_is_new(december: Msp) -> None:
    collect_again(december, CORRECTED, garage(4))
    december.plan()
    (entry,) = listed(december)
    december.work(lambda ws: entries.settle(ws, entry.id, "waived", "a gift"))
    december.later(timedelta(hours=1))
    collect_again(december, CORRECTED, garage(5))
    december.plan()
    (new,) = listed(december)
    assert (shown(new), new.amount, new.revision) == ([("11-20", "11-20", 14, 15)], Decimal("0.40"), 2)


def test_where_the_psa_bills_posted_days_itself_there_is_an_adjustment_and_no_entry(december: Msp) -> None:
    december.psa.switch(posted_period="proration_item")
    december.choose(posted_period="proration_item")
    collect_again(december, CORRECTED, garage(4))
    plan = december.plan()
    assert sent(plan) == [(CORRECTED, 2), (CORRECTED + DAY, -2)]
    december.approve(plan, {SMALL})
    december.apply(plan)
    december.plan()
    assert listed(december, None) == ()


def test_a_day_before_the_look_back_that_is_corrected_becomes_an_entry(december: Msp) -> None:
    """20 November on 4 January: 45 days. Even a PSA that bills posted days itself is not told any more."""
    december.psa.switch(posted_period="proration_item")
    december.choose(posted_period="proration_item")
    for day in (date(2026, 12, 14), date(2026, 12, 29), date(2027, 1, 3), date(2027, 1, 4)):
        nights(december, day)
    collect_again(december, CORRECTED, garage(4))
    plan = december.plan()
    assert sent(plan) == []
    (entry,) = listed(december)
    assert (shown(entry), entry.amount) == ([("11-20", "11-20", 12, 14)], Decimal("0.80"))
    december.plan()
    assert len(listed(december, None)) == 1


def test_a_day_that_came_too_late_for_its_posted_month_says_so(tmp_path: Path) -> None:
    with open_msp(tmp_path) as msp:
        msp.set_up()
        msp.apply(msp.approved_plan())
        msp.psa.switch(posted_period="refuse")
        msp.choose(posted_period="refuse")
        nights(msp, *(date(2026, 11, day) for day in (18, 19, 21, 22, 30)), POSTED_ON)
        msp.psa.post_through(date(2026, 11, 30))
        collect_again(msp, CORRECTED, garage(4))
        msp.plan()
        (entry,) = listed(msp)
        assert entry.amount == Decimal("0.80")
        assert {cause.code for cause in entry.owed.causes} == {"catch_up.late"}


def test_an_entry_that_is_unknown_closed_or_without_a_reason_is_not_settled(december: Msp) -> None:
    collect_again(december, CORRECTED, garage(4))
    december.plan()
    (entry,) = listed(december)

    def settle(entry_id: str, as_: str, reason: str) -> CatchUp:
        return december.work(lambda ws: entries.settle(ws, entry_id, as_, reason))

    with pytest.raises(StoreError, match=r"store\.unknown_catch_up"):
        settle("C99", "billed", "no such thing")
    for wrong, code in ((("paid", "x"), "catch_up.settle_as"), (("waived", "  "), "catch_up.reason_needed")):
        with pytest.raises(UseCaseError) as fault:
            settle(entry.id, *wrong)
        assert (fault.value.reason.code, fault.value.exit_code) == (code, Exit.USAGE)
    settle(entry.id, "waived", "a gift")
    with pytest.raises(UseCaseError) as closed:
        settle(entry.id, "billed", "after all")
    assert (closed.value.reason.code, closed.value.exit_code) == ("catch_up.closed", Exit.REFUSED)
