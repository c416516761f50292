"""Five nights in read-only mode beside a clerk who is right, late, wrong by one billing type, and faster than a source
that failed one night. What each service's agreement must be was worked out by hand; see the table below.

| Line | 11 | 12 | 13 (source fails) | 14 | 15 |
| --- | --- | --- | --- | --- | --- |
| 1000 usage / clerk | 12 / 12 | 13 / 13 in time | 13 / 13 | 13 / 13 | 13 / 13 |
| 3000 usage / clerk | 11 / 11 | 12 / 12 two nights late | 12 / 12 one night late | 13 / 12 | 13 / 13 from the 15th |
| 1001 usage / clerk | 2 / 2 | 2 / 2 | 3, not measured / 3 | 3 / 3 | 3 / 3 |
| 2000 usage / clerk | 20 / 20 | 22 / 18, without the 4 servers | 22 / 18 | 22 / 18 | 22 / 18 |
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from tests.ledger.stage import Site
from tests.scenarios.msp import GROWTH, MIXED, SERVERS, SMALL, WORKSTATIONS, Msp, open_msp

from trueup.app.beside.agreeing import Compared, compared
from trueup.app.errors import UseCaseError
from trueup.core.beside.agreement import ServiceAgreement
from trueup.core.beside.comparison import Judgement, Verdict
from trueup.core.reason import Reason
from trueup.core.rule import Mode
from trueup.core.settings import TenantSettings

A_SERVER_MORE = {**GROWTH, "Ateliers Morel": Site({"desktop": 9, "laptop": 4, "server": 3, "printer": 4})}
A_DESKTOP_MORE = {**A_SERVER_MORE, "Garage du Lac": Site({"desktop": 11, "laptop": 2})}


def on(day: int) -> date:
    return date(2026, 11, day)


def clerk(msp: Msp, day: int) -> None:
    """What the clerk enters before the night after a day."""
    if day == 12:
        msp.psa.edit(WORKSTATIONS, on(12), 1)
        msp.psa.edit(MIXED, on(12), -2)
    if day == 13:
        msp.psa.edit(SERVERS, on(13), 1)
    if day == 14:
        msp.psa.edit(SMALL, on(12), 1)
    if day == 15:
        msp.psa.edit(SMALL, on(15), 1)


def nights(msp: Msp, last: int) -> None:
    """Nights from the 12th on."""
    shown = {12: GROWTH, 13: A_SERVER_MORE}
    for day in range(12, last + 1):
        msp.night(on(day))
        clerk(msp, day)
        if day == 13:
            msp.rmm.fail()
        msp.collect(shown.get(day, A_DESKTOP_MORE))
        msp.rmm.heal()
        msp.plan()


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Msp]:
    settings = TenantSettings(mode=Mode.READ_ONLY, currency="EUR")
    with open_msp(tmp_path_factory.mktemp("beside"), settings) as msp:
        msp.set_up()
        nights(msp, 18)
        yield msp


def result(msp: Msp, since: date | None = None) -> Compared:
    return msp.work(lambda ws: compared(ws, None, since))


def of_service(msp: Msp, service: int) -> ServiceAgreement:
    return next(one for one in result(msp).services if one.service_id == str(service))


def told(one: Judgement) -> tuple[int, int, int, int | None, int, Reason | None, Decimal | None]:
    return int(one.line_id), one.first.day, one.last.day, one.wanted, one.found, one.reason, one.monthly


def test_a_clerk_who_is_in_time_and_one_who_is_late_with_the_right_date_agree(beside: Msp) -> None:
    found = of_service(beside, 10)
    assert (found.lines, found.first, found.last) == (2, on(11), on(15))
    assert (found.agreed, found.late, found.differing, found.undecided) == (9, 2, 1, 0)
    assert found.share == Decimal("0.9")


def test_a_change_dated_a_day_later_differs_on_that_day_only(beside: Msp) -> None:
    later = Reason.of("compare.dated_later", day=on(15), ours=on(14), days=1)
    assert [told(one) for one in of_service(beside, 10).differences] == [
        (SMALL, 14, 14, 13, 12, later, Decimal("12.00"))
    ]


def test_a_day_on_which_the_source_was_silent_says_so(beside: Msp) -> None:
    found = of_service(beside, 11)
    assert (found.agreed, found.differing, found.share) == (4, 1, Decimal("0.8"))
    silent = Reason.of("compare.source_silent")
    assert [told(one) for one in found.differences] == [(SERVERS, 13, 13, 2, 3, silent, Decimal("-45.00"))]
    assert found.standing == ()


def test_a_clerk_who_leaves_a_billing_type_out_is_told_which(beside: Msp) -> None:
    found = of_service(beside, 12)
    assert (found.agreed, found.differing, found.share) == (1, 4, Decimal("0.2"))
    one_type = Reason.of("compare.counts_one", metrics="datto_rmm.desktop_laptop", difference=-4)
    assert [told(one) for one in found.differences] == [(MIXED, 12, 15, 22, 18, one_type, Decimal("36.00"))]
    assert dict(found.monthly) == {found.differences[0].currency: Decimal("36.00")}


def test_what_stays_the_same_is_one_row(beside: Msp) -> None:
    with beside.stage.open() as ws:
        rows = [one for one in ws.store.comparisons.list() if one.line_id == str(WORKSTATIONS)]
        assert [(one.first, one.last, one.wanted, one.verdict) for one in rows] == [
            (on(11), on(11), 12, Verdict.AGREED),
            (on(12), on(15), 13, Verdict.AGREED),
        ]


def test_only_days_from_the_asked_one_on_are_counted(beside: Msp) -> None:
    (found,) = [one for one in result(beside, on(14)).services if one.service_id == "12"]
    assert (found.first, found.agreed, found.differing) == (on(14), 0, 2)


def test_a_service_is_ready_when_enough_days_agreed_and_nothing_unclear_stands(beside: Msp) -> None:
    verdicts = {one.service_id: one.verdict for one in result(beside).services}
    assert verdicts["10"] == Reason.of("compare.share_too_low", share=Decimal("0.900"), needed=Decimal("0.95"))
    with beside.stage.open() as ws:
        settings = ws.store.settings.get()
        lower = replace(settings, beside=replace(settings.beside, ready_share=Decimal("0.9")))
        ws.store.settings.save(lower, "tests", now=ws.now())
        try:
            (found,) = beside.work(lambda ws: compared(ws, "10")).services
        finally:
            ws.store.settings.save(settings, "tests", now=ws.now())
    assert found.verdict == Reason.of("compare.ready", service="10")


def test_nothing_was_written_and_the_psa_was_not_asked_more(beside: Msp) -> None:
    assert beside.psa.sends() == 0


def test_the_same_night_again_changes_nothing(beside: Msp) -> None:
    with beside.stage.open() as ws:
        before = (ws.store.comparisons.list(), ws.store.comparisons.behind())
    beside.plan()
    with beside.stage.open() as ws:
        assert (ws.store.comparisons.list(), ws.store.comparisons.behind()) == before


def test_an_unknown_service_is_refused(beside: Msp) -> None:
    with pytest.raises(UseCaseError) as refused:
        beside.work(lambda ws: compared(ws, "Nothing like it"))
    assert refused.value.reason.code == "compare.unknown_service"


def test_before_the_days_are_due_nothing_is_judged(tmp_path: Path) -> None:
    with open_msp(tmp_path, TenantSettings(mode=Mode.READ_ONLY)) as msp:
        msp.set_up()
        nights(msp, 13)
        assert result(msp).services == ()


def test_an_organization_without_a_customer_leaves_trueup_without_an_answer(tmp_path: Path) -> None:
    with open_msp(tmp_path, TenantSettings(mode=Mode.READ_ONLY)) as msp:
        msp.set_up()
        with msp.stage.open() as ws:
            (garage,) = [one for one in ws.store.customers.mappings() if one.customer_id == "3"]
            ws.store.customers.unmap(garage.connection, garage.organization_key, "tests", now=ws.now())
        nights(msp, 15)
        found = of_service(msp, 10)
        unmapped = Reason.of("compare.unmapped", modules="datto_rmm")
        assert [told(one)[:6] for one in found.differences] == [
            (SMALL, 12, 12, None, 12, unmapped),
            (SMALL, 11, 11, None, 11, unmapped),
        ]
        assert found.undecided == 2
