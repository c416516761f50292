"""Statements of a small MSP with two months behind it (`past.py`); October holds a change by Trueup and one by hand."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest
from openpyxl import load_workbook
from tests.ledger.stage import DAY
from tests.scenarios.msp import GROWN, RULES, WORKSTATIONS, Msp
from tests.scenarios.past import FALLEN, MOREL, OCTOBER, SEPTEMBER, open_past

from trueup.app.errors import UseCaseError
from trueup.app.statements.issuing import Issued, issue, public_key, verify
from trueup.app.statements.sealing import check, fingerprint
from trueup.app.statements.stating import statement
from trueup.core.rule import Rule, RuleLevel
from trueup.core.statements.statement import Statement, StatementLine


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Msp]:
    with open_past(tmp_path_factory.mktemp("past")) as msp:
        msp.psa.edit(WORKSTATIONS, date(2026, 10, 20), 2)
        with msp.stage.open() as ws:
            rule = Rule("service-10", RuleLevel.SERVICE, "10", "10", RULES[10], cutover=SEPTEMBER)
            ws.store.rules.save(rule, "tests", now=ws.now())
        yield msp


def stated(msp: Msp, month: date = OCTOBER, customer: str = MOREL) -> Statement:
    return msp.work(lambda ws: statement(ws, customer, month))


def issued(msp: Msp, kind: str, language: str = "en", month: date = OCTOBER) -> Issued:
    return msp.work(lambda ws: issue(ws, MOREL, month, kind, language))


def workstations(made: Statement) -> StatementLine:
    return next(line for line in made.lines if line.line_id == str(WORKSTATIONS))


def test_units_and_amounts_by_day_come_from_the_psa(past: Msp) -> None:
    made = stated(past)
    line = workstations(made)
    assert [(one.first.day, one.last.day, one.units, one.amount) for one in line.spans] == [
        (1, 19, 12, Decimal("88.26")),  # 12 x 12.00 x 19 / 31
        (20, 31, 14, Decimal("65.03")),  # 14 x 12.00 x 12 / 31
    ]
    assert made.totals == {None: Decimal("243.29")}  # with two servers at 45.00
    assert not made.provisional


def test_what_was_counted_is_told_with_the_names_behind_each_move(past: Msp) -> None:
    desktops, laptops, fewer = workstations(stated(past)).counts
    assert [(one.day, one.before, one.after) for one in (desktops, laptops)] == [
        (OCTOBER, None, Decimal(9)),
        (OCTOBER, None, Decimal(5)),
    ]
    assert (fewer.day, fewer.before, fewer.after) == (FALLEN, Decimal(5), Decimal(2))
    assert (fewer.came, fewer.went) == ((), ("laptop-3", "laptop-4", "laptop-5"))


def test_a_change_that_trueup_did_not_make_is_said_to_be_none_of_its(past: Msp) -> None:
    (move,) = workstations(stated(past)).moves
    assert (move.day, move.before, move.after, move.person) == (date(2026, 10, 20), 12, 14, None)


def test_days_that_nobody_measured_are_counted(past: Msp) -> None:
    assert workstations(stated(past, SEPTEMBER)).unknown_days == 2


def test_an_open_month_is_provisional_and_a_coming_one_is_refused(past: Msp) -> None:
    assert stated(past, date(2026, 11, 1)).provisional
    assert b"PROVISIONAL" in issued(past, "csv", month=date(2026, 11, 1)).data
    with pytest.raises(UseCaseError) as refused:
        stated(past, date(2026, 12, 1))
    assert refused.value.reason.code == "statement.not_begun"


@pytest.mark.parametrize("kind", ["pdf", "xlsx", "csv"])
def test_the_same_content_gives_the_same_bytes_and_its_seal_holds(past: Msp, kind: str) -> None:
    first, second = issued(past, kind), issued(past, kind)
    assert first.data == second.data
    assert past.work(lambda ws: verify(ws, first.data)).unaltered
    pair = past.work(public_key)
    assert check(first.data, {fingerprint(pair.public): pair.public}).content == first.content, "without the store"


def test_all_formats_and_languages_say_the_same(past: Msp) -> None:
    assert len({issued(past, kind, language).content for kind in ("pdf", "csv") for language in ("en", "fr")}) == 1


def test_the_workbook_holds_numbers_and_the_csv_the_names(past: Msp) -> None:
    book = load_workbook(io.BytesIO(issued(past, "xlsx", "fr").data))
    rows = [row for row in book["Unités par jour"].iter_rows(values_only=True) if row[0] == str(WORKSTATIONS)]
    assert [row[4:] for row in rows] == [(12, 88.26), (14, 65.03)]
    assert "laptop-3, laptop-4, laptop-5" in issued(past, "csv").data.decode("utf-8-sig")


def test_a_change_of_ours_names_its_reason_and_whoever_approved_it(msp: Msp) -> None:
    msp.grow()
    plan = msp.plan()
    msp.approve(plan)
    msp.apply(plan)
    line = workstations(stated(msp, GROWN))
    (move,) = line.moves
    assert (move.day, move.before, move.after) == (GROWN, 12, 13)
    assert [reason.code for reason in move.reasons] == ["change.increase"]
    assert (move.person, move.approved_on) == ("tests", GROWN + DAY)
    assert [(one.label, one.before, one.after, one.came) for one in line.counts if one.came] == [
        ("Laptop", Decimal(3), Decimal(4), ("laptop-4",))
    ]
