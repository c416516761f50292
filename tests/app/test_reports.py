"""Reports on a real store: months told by their last plans, changes between two, what a run corrected, and files."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from openpyxl import load_workbook
from tests.app.office import DAY, NIGHT, Office

from trueup.app.exports.cells import Cell
from trueup.app.exports.tables import Column, ColumnKind, Table, as_csv, as_parquet, as_workbook
from trueup.app.plans.approving import approve
from trueup.app.plans.planning import make_plan
from trueup.app.reports.changes import changes
from trueup.app.reports.corrections import corrections
from trueup.app.reports.over_time import By, Figure, Span, over_time
from trueup.app.rulebook import rules
from trueup.app.rulebook.rules import RuleDraft
from trueup.app.writes.applying import apply

SERVER = "datto_rmm.server"


def rows(table: Table) -> list[dict[str, Cell]]:
    names = [column.name for column in table.columns]
    return [dict(zip(names, row, strict=True)) for row in table.rows]


def planned(office: Office) -> Office:
    office.do(
        rules.set_rule, RuleDraft(service="304", quantity=SERVER, preset="prorate-daily", cutover=date(2026, 6, 1))
    )
    office.do(make_plan)
    return office


def in_july(office: Office) -> None:
    """A month later, with a plan of its own."""
    office.clock.put(datetime(2026, 7, 10, 0, 30, tzinfo=UTC))
    office.collect()
    office.do(make_plan)


def test_a_month_is_told_by_its_last_plan_by_service_module_and_customer(office: Office) -> None:
    planned(office)
    newest = office.ws.store.plans.latest()
    assert newest is not None
    units = sum(one.before or 0 for one in newest.plan.outcomes)
    by_service = rows(office.do(over_time, Figure.RECURRING))
    assert [(one["month"], one["service"], one["units"]) for one in by_service] == [("2026-06", "304", units)]
    monthly = sum((one.price or Decimal(0)) * (one.before or 0) / one.period_months for one in newest.plan.outcomes)
    assert by_service[0]["amount_month"] == monthly > 0
    assert by_service[0]["currency"] == "EUR"
    by_module = rows(office.do(over_time, Figure.UNITS, By.MODULE))
    assert [(one["module"], one["units"]) for one in by_module] == [("datto_rmm", units)]
    by_customer = rows(office.do(over_time, Figure.UNITS, By.CUSTOMER))
    assert {one["customer"]: one["units"] for one in by_customer} == {
        customer: sum(one.before or 0 for one in newest.plan.outcomes if one.customer_id == customer)
        for customer in {one.customer_id for one in newest.plan.outcomes}
    }
    assert rows(office.do(over_time, Figure.UNITS, By.SERVICE, Span(date(2026, 7, 1), date(2026, 7, 31)))) == []


def test_a_change_that_was_written_is_a_correction_and_next_month_a_change(own: Office) -> None:
    planned(own)
    contracts = {one.id: one for one in own.ws.store.psa.contracts() if one.covers(DAY)}
    line = next(one for one in own.ws.store.psa.lines() if one.service_id == "304" and one.contract_id in contracts)
    customer = contracts[line.contract_id].customer_id
    site = next(one.organization for one in own.ws.store.usage.readings(DAY, DAY, metrics=[SERVER]) if one.value > 1)
    names = {one.organization.key: one.organization.name for one in own.ws.store.usage.organizations()}
    own.map(names[site], customer)
    for night in (1, 2, 3):  # a fall counts once it stood three days
        own.clock.put(NIGHT + timedelta(days=night))
        own.collect()
    plan = own.do(make_plan)
    change = next(one for one in plan.outcomes if one.line_id == line.id)
    assert change.adjustments
    own.do(approve, plan.id, (line.id,), change.releasable, "seen")
    own.do(apply, plan.id)
    (told,) = rows(own.do(corrections))
    moved = sum(one.change for one in change.adjustments)
    assert (told["lines"], told["units_up"], told["units_down"]) == (1, max(moved, 0), max(-moved, 0))
    assert told["amount_month"] == moved * (change.price or 0)
    assert rows(own.do(changes)) == []
    in_july(own)
    differing = {(one["customer"], one["service"]): one for one in rows(own.do(changes))}
    assert differing[customer, "304"]["change"] == moved
    assert differing[customer, "304"]["difference"] == moved * (change.price or 0)


FORMULAS = ('=HYPERLINK("http://x","y")', "+1+1", "-2", "@SUM(A1)", "\t=1")
TABLE = Table(
    "hostile",
    (
        Column("name"),
        Column("units", ColumnKind.UNITS),
        Column("amount", ColumnKind.MONEY),
        Column("day", ColumnKind.DAY),
    ),
    tuple((text, -3, Decimal("-12.50"), date(2026, 6, 14)) for text in FORMULAS),
)


def test_no_name_becomes_a_formula_in_a_csv_and_numbers_stay_numbers() -> None:
    text = as_csv(TABLE).decode("utf-8-sig")
    found = list(csv.reader(io.StringIO(text)))
    assert found[0] == ["name", "units", "amount", "day"]
    assert [row[0] for row in found[1:]] == [f"'{one}" for one in FORMULAS]
    assert found[1][1:] == ["-3", "-12.50", "2026-06-14"]


def test_no_name_becomes_a_formula_in_a_workbook_and_numbers_stay_numbers() -> None:
    book: Any = load_workbook(io.BytesIO(as_workbook(TABLE)))
    sheet = book.active
    assert {sheet.cell(number, 1).data_type for number in range(2, len(FORMULAS) + 2)} == {"s"}
    assert sheet.cell(2, 1).value == FORMULAS[0]
    assert sheet.cell(2, 2).value == -3
    assert sheet.cell(2, 3).value == -12.5


def test_a_parquet_file_holds_exact_amounts() -> None:
    parquet: Any = pytest.importorskip("pyarrow.parquet")
    found = parquet.read_table(io.BytesIO(as_parquet(TABLE)))
    assert [str(field.type) for field in found.schema] == ["string", "int64", "decimal128(18, 2)", "date32[day]"]
    assert found.column("name").to_pylist() == list(FORMULAS)
    assert found.column("amount").to_pylist()[0] == Decimal("-12.50")
    assert found.column("day").to_pylist()[0] == date(2026, 6, 14)
