"""Lines that go together, from the usage to the simulator's own dump: approved, sent, and stopped as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from tests.ledger.stage import DAY, Site, staged
from tests.scenarios.msp import FIRST, GROWN, USAGE, WORKSTATIONS, Msp, of_line, psa_content, reasons, states

from trueup.app.errors import Exit, UseCaseError
from trueup.app.undo.planning import plan_undo_of
from trueup.core.outcome import OutcomeStatus
from trueup.core.quantities.allocation import AllocationGroup, GroupLine
from trueup.core.rule import Mirror, Mode, Rule, RuleLevel

ABOVE, DISCOUNT = 1002, 1003
"""Workstations of Morel above the package of 14, and a discount on those of the package."""

GROUP = AllocationGroup(
    "morel",
    "1",
    "datto_rmm.desktop + datto_rmm.laptop",
    (GroupLine(str(WORKSTATIONS), "100", "10", 14), GroupLine(str(ABOVE), "100", "12")),
    cutover=FIRST,
)
MORE = {**USAGE, "Ateliers Morel": Site({"desktop": 12, "laptop": 4, "server": 2, "printer": 4})}
"""12 workstations of Morel become 16: 14 in the package and 2 above."""


@pytest.fixture
def msp(tmp_path: Path) -> Iterator[Msp]:
    content = psa_content()
    content["services"] = [*content["services"], {"id": 13, "name": "Discount", "billingCodeID": 2001, "unitPrice": -2}]  # type: ignore[misc]
    content["lines"] = [
        *content["lines"],  # type: ignore[misc]
        {"id": ABOVE, "contractID": 100, "serviceID": 12, "units": {"2026-01-01": 0}},
        {"id": DISCOUNT, "contractID": 100, "serviceID": 13, "unitPrice": -2, "units": {"2026-01-01": 12}},
    ]
    with staged(tmp_path, FIRST, content) as stage:
        with stage.open() as ws:
            ws.store.groups.save(GROUP, "tests", now=ws.now())
            mirror = Mirror("10", str(WORKSTATIONS), "100")
            copy = Rule("line-1003", RuleLevel.LINE, "13", str(DISCOUNT), mirror=mirror, cutover=FIRST)
            ws.store.rules.save(copy, "tests", now=ws.now())
        found = Msp(stage)
        found.set_up()
        yield found


def grow(msp: Msp) -> None:
    msp.night(GROWN)
    msp.collect(MORE)


def units(msp: Msp, day: date = GROWN) -> dict[int, int | None]:
    return {line: msp.psa.units(line, day) for line in (WORKSTATIONS, ABOVE, DISCOUNT)}


def test_package_rest_and_discount_are_planned_approved_and_written_together(msp: Msp) -> None:
    grow(msp)
    plan = msp.plan()
    assert of_line(plan, WORKSTATIONS).together == (str(ABOVE), str(DISCOUNT))
    msp.approve(plan)
    applied = msp.apply(plan)
    assert {line: states(applied)[line] for line in (WORKSTATIONS, ABOVE, DISCOUNT)} == {
        WORKSTATIONS: "done",
        ABOVE: "done",
        DISCOUNT: "done",
    }
    assert set(msp.psa.accepted()) == {(WORKSTATIONS, GROWN, 2), (ABOVE, GROWN, 2), (DISCOUNT, GROWN, 2)}
    assert units(msp) == {WORKSTATIONS: 14, ABOVE: 2, DISCOUNT: 14}
    assert all(line.right for line in msp.verify(applied).lines)
    again = msp.plan()
    assert {of_line(again, line).status for line in (WORKSTATIONS, ABOVE, DISCOUNT)} == {OutcomeStatus.NONE}


def test_half_of_a_group_cannot_be_approved(msp: Msp) -> None:
    grow(msp)
    plan = msp.plan()
    with pytest.raises(UseCaseError) as refused:
        msp.approve(plan, {WORKSTATIONS})
    assert (refused.value.reason.code, refused.value.exit_code) == ("approve.together", Exit.USAGE)
    assert refused.value.reason.get("lines") == f"{ABOVE}, {DISCOUNT}"
    with pytest.raises(UseCaseError):
        msp.apply(plan)
    assert msp.psa.sends() == 0


def test_a_line_that_a_person_edited_since_the_plan_takes_its_companions_with_it(msp: Msp) -> None:
    grow(msp)
    plan = msp.plan()
    msp.approve(plan)
    msp.psa.edit(ABOVE, GROWN, 1)
    applied = msp.apply(plan)
    assert {line: reasons(applied)[line] for line in (WORKSTATIONS, ABOVE, DISCOUNT)} == {
        WORKSTATIONS: "apply.together",
        ABOVE: "apply.moved",
        DISCOUNT: "apply.together",
    }
    assert msp.psa.accepted() == []
    again = msp.plan()
    assert of_line(again, ABOVE).status is OutcomeStatus.DRIFT
    assert of_line(again, WORKSTATIONS).reasons[0].code == "held.group"
    assert of_line(again, DISCOUNT).reasons[0].code == "held.mirror"


def test_a_refused_line_stops_the_lines_that_were_to_follow(msp: Msp) -> None:
    grow(msp)
    plan = msp.plan()
    msp.approve(plan)
    msp.psa.fault("errors", status=500, texts=["The service is being changed by somebody."], times=1)
    applied = msp.apply(plan)
    assert states(applied)[DISCOUNT] == "refused", "what lowers the bill goes first"
    assert {reasons(applied)[line] for line in (WORKSTATIONS, ABOVE)} == {"apply.together"}
    assert units(msp) == {WORKSTATIONS: 12, ABOVE: 0, DISCOUNT: 12}
    again = msp.plan()
    assert {of_line(again, line).status for line in (WORKSTATIONS, ABOVE, DISCOUNT)} == {OutcomeStatus.CHANGE}
    msp.approve(again)
    msp.apply(again)
    assert units(msp) == {WORKSTATIONS: 14, ABOVE: 2, DISCOUNT: 14}


def test_in_automatic_mode_a_group_waits_until_a_person_has_accepted_each_of_its_lines(msp: Msp) -> None:
    msp.choose(mode=Mode.AUTOMATIC)
    with msp.stage.open() as ws:
        known = ws.store.psa.known([str(ABOVE)])[str(ABOVE)]
        ws.store.psa.set_known(str(ABOVE), replace(known, adopted=False), now=ws.now())
    grow(msp)
    plan = msp.plan()
    assert (of_line(plan, ABOVE).first_time, of_line(plan, WORKSTATIONS).first_time) == (True, False)
    with pytest.raises(UseCaseError):
        msp.apply(plan)
    assert msp.psa.accepted() == []
    msp.approve(plan)
    msp.apply(plan)
    assert units(msp) == {WORKSTATIONS: 14, ABOVE: 2, DISCOUNT: 14}


def test_a_group_is_switched_over_alone_and_its_discount_follows(msp: Msp) -> None:
    msp.choose(mode=Mode.READ_ONLY)
    with msp.stage.open() as ws:
        ws.store.groups.save(replace(GROUP, mode=Mode.MANUAL), "tests", now=ws.now())
    grow(msp)
    plan = msp.plan()
    approved = msp.approve(plan)
    assert {int(one.line_id) for one in approved.outcomes} == {WORKSTATIONS, ABOVE, DISCOUNT}
    msp.apply(plan)
    assert units(msp) == {WORKSTATIONS: 14, ABOVE: 2, DISCOUNT: 14}


def test_a_group_taken_back_to_read_only_after_the_approval_is_not_written_and_neither_is_its_discount(
    msp: Msp,
) -> None:
    grow(msp)
    plan = msp.plan()
    msp.approve(plan)
    with msp.stage.open() as ws:
        ws.store.groups.save(replace(GROUP, mode=Mode.READ_ONLY), "tests", now=ws.now())
    with pytest.raises(UseCaseError):
        msp.apply(plan)
    assert msp.psa.sends() == 0


def test_taking_a_run_back_takes_back_the_whole_group(msp: Msp) -> None:
    grow(msp)
    plan = msp.plan()
    msp.approve(plan)
    applied = msp.apply(plan)
    undo = msp.work(lambda ws: plan_undo_of(ws, applied.run_id))
    assert {int(one.line_id) for one in undo.outcomes if one.together} == {WORKSTATIONS, ABOVE, DISCOUNT}
    rails = {rail for one in undo.outcomes for rail in one.releasable}
    msp.approve(undo, (WORKSTATIONS, ABOVE, DISCOUNT), rails, "billed too early")
    msp.apply(undo)
    free = GROWN + DAY  # the date of the changes themselves is taken
    assert units(msp, free) == {WORKSTATIONS: 12, ABOVE: 0, DISCOUNT: 12}
