"""Something resets a line each night after our write: recognised on the third night, and left alone from then on.

Boulangerie Petit: 12 desktops, 6 laptops, 4 servers from the 12th on, billed as 22 units. A tool that maps one billing
type to one service sets the line to its `Desktop & Laptop` count each night: 18.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from tests.scenarios.msp import GROWTH, MIXED, SMALL, Msp, of_line, open_msp

from trueup.app.beside.contests import claim, listing
from trueup.app.connections.checking import check
from trueup.app.errors import Exit, UseCaseError
from trueup.core.finding import FindingState
from trueup.core.outcome import Outcome, OutcomeStatus, Plan
from trueup.core.reason import Reason
from trueup.core.rule import Mode, Rule, RuleLevel
from trueup.core.settings import TenantSettings


def on(day: int) -> date:
    return date(2026, 11, day)


def reset(msp: Msp, day: int, to: int = 18) -> None:
    """The other tool writes the line before the night after a day."""
    found = msp.psa.units(MIXED, on(day))
    assert found is not None
    if found != to:
        msp.psa.edit(MIXED, on(day), to - found)


def night(msp: Msp, day: int, to: int | None = 18) -> Plan:
    msp.night(on(day))
    if to is not None:
        reset(msp, day, to)
    msp.collect(GROWTH)
    return msp.plan()


def write(msp: Msp, plan: Plan, *releases: str) -> None:
    """A person approves the line, releasing what holds it, and applies."""
    msp.approve(plan, {MIXED}, releases, "the rule is right" if releases else "")
    msp.apply(plan)


def wanted_back(msp: Msp, plan: Plan) -> Outcome:
    """The line as drift, that a person may still release."""
    found = of_line(plan, MIXED)
    assert found.status is OutcomeStatus.DRIFT
    assert found.releasable == ("drift",)
    return found


@pytest.fixture
def fought(tmp_path: Path) -> Iterator[Msp]:
    """Two nights on which our write was taken back, and the plan of the third."""
    with open_msp(tmp_path) as msp:
        msp.set_up()
        write(msp, night(msp, 12, None))
        plan = night(msp, 13)
        wanted_back(msp, plan)
        write(msp, plan, "drift")
        yield msp


def test_a_line_that_is_reset_each_night_is_recognised_on_the_third_and_not_written_again(fought: Msp) -> None:
    written = fought.psa.sends()
    for day in (14, 15, 16):
        plan = night(fought, day)
        held = of_line(plan, MIXED)
        assert held.status is OutcomeStatus.HELD
        assert held.reasons[0].code == "held.contested_icb"
        assert held.adjustments
        assert held.releasable == ()
        with pytest.raises(UseCaseError):
            fought.approve(plan, {MIXED}, {"drift"}, "again")
        with pytest.raises(UseCaseError):
            fought.approve(plan, {MIXED})
    assert fought.psa.sends() == written
    assert of_line(plan, MIXED).reasons[0] == Reason.of(
        "held.contested_icb", counted="datto_rmm.desktop_laptop", nights=2, window=7, known=22, found=18
    )


def test_check_says_that_contested_lines_look_like_icb(fought: Msp) -> None:
    night(fought, 14)
    (found,) = [one for one in fought.work(check) if one.code == "check.contested"]
    assert found.state is FindingState.WARNING
    assert found.reason == Reason.of("check.contested.lines", lines=1)
    assert found.cure == Reason.of("cure.check.contested_icb", counted="datto_rmm.desktop_laptop")


def test_a_line_set_to_a_number_that_no_billing_type_has_is_contested_without_naming_icb(tmp_path: Path) -> None:
    with open_msp(tmp_path) as msp:
        msp.set_up()
        write(msp, night(msp, 12, None))
        write(msp, night(msp, 13, 19), "drift")
        assert of_line(night(msp, 14, 17), MIXED).reasons[0].code == "held.contested"
        (found,) = [one for one in msp.work(check) if one.code == "check.contested"]
        assert found.cure == Reason.of("cure.check.contested")


def test_a_contested_line_stays_so_when_the_nights_are_past(fought: Msp) -> None:
    night(fought, 14)
    assert of_line(night(fought, 25), MIXED).reasons[0].code == "held.contested_icb"


def test_claiming_starts_the_count_again(fought: Msp) -> None:
    night(fought, 14)
    fought.work(lambda ws: claim(ws, str(MIXED), "the mapping was removed in Autotask"))
    assert fought.work(listing) == ()
    plan = fought.plan()
    wanted_back(fought, plan)
    write(fought, plan, "drift")
    assert of_line(night(fought, 15, None), MIXED).status is OutcomeStatus.NONE
    wanted_back(fought, night(fought, 16))


def test_claiming_twice_or_without_a_reason_is_refused(fought: Msp) -> None:
    night(fought, 14)
    for line, why, code in ((MIXED, " ", "contested.reason_needed"), (SMALL, "mine", "contested.not_contested")):
        with pytest.raises(UseCaseError) as refused:
            fought.work(lambda ws, line=line, why=why: claim(ws, str(line), why))
        assert refused.value.reason.code == code
        assert refused.value.exit_code is Exit.USAGE


def test_an_excluded_line_is_no_longer_planned(fought: Msp) -> None:
    night(fought, 14)
    with fought.stage.open() as ws:
        excluded = Rule("not-ours", RuleLevel.LINE, "12", str(MIXED), exclude=True)
        ws.store.rules.save(excluded, "tests", now=ws.now())
    assert all(outcome.line_id != str(MIXED) for outcome in fought.plan().outcomes)


def test_one_edit_that_nobody_answers_is_no_fight(tmp_path: Path) -> None:
    """The edit stands night after night, but nothing was taken back again."""
    with open_msp(tmp_path) as msp:
        msp.set_up()
        write(msp, night(msp, 12, None))
        for day in (13, 14, 15):
            wanted_back(msp, night(msp, day))


def test_automatic_mode_never_writes_a_contested_line(tmp_path: Path) -> None:
    with open_msp(tmp_path, TenantSettings(mode=Mode.AUTOMATIC)) as msp:
        msp.set_up()
        msp.apply(night(msp, 12, None))
        for day, to in ((13, 18), (14, 19), (15, 18), (16, 19)):
            plan = night(msp, day, to)
            written = msp.psa.sends()
            with pytest.raises(UseCaseError):
                msp.apply(plan)
            assert msp.psa.sends() == written
        assert of_line(plan, MIXED).reasons[0].code == "held.contested"


def test_how_many_nights_make_a_fight_is_a_setting(tmp_path: Path) -> None:
    with open_msp(tmp_path) as msp:
        msp.set_up()
        with msp.stage.open() as ws:
            settings = ws.store.settings.get()
            once = replace(settings, beside=replace(settings.beside, contest_nights=1))
            ws.store.settings.save(once, "tests", now=ws.now())
        write(msp, night(msp, 12, None))
        assert of_line(night(msp, 13), MIXED).reasons[0].code == "held.contested_icb"


def test_in_read_only_mode_somebody_else_is_meant_to_change_units(tmp_path: Path) -> None:
    with open_msp(tmp_path, TenantSettings(mode=Mode.READ_ONLY)) as msp:
        msp.set_up()
        for day, to in ((12, 18), (13, 19), (14, 18), (15, 17)):
            plan = night(msp, day, to)
        assert of_line(plan, MIXED).status is not OutcomeStatus.HELD
        assert msp.work(listing) == ()
