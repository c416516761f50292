"""Invoices and price lists of vendors: taken whole or refused with the line."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal

import pytest
from openpyxl import Workbook

from trueup.core.margins.prices import TierRule
from trueup.modules.files.invoice_file import invoice_profile, read_invoice, read_prices
from trueup.modules.files.profile import ProfileError
from trueup.modules.files.refusing import FileRefusedError

PROFILE = {
    "product": "Item",
    "quantity": "Qty",
    "amount": "Total",
    "organization": "Client",
    "number": "Invoice",
    "currency_column": "Cur",
    "skip.Item": "VAT|Subtotal",
    "name.datto_rmm.desktop": "RMM Desktop",
}
HEAD = "Invoice,Client,Item,Qty,Total,Cur\n"


def invoice(*rows: str, head: str = HEAD) -> bytes:
    return (head + "\n".join(rows) + "\n").encode()


def refusal(data: bytes, currency: str = "EUR", **more: str) -> dict[str, object]:
    with pytest.raises(FileRefusedError) as error:
        read_invoice(data, invoice_profile({**PROFILE, **more}), currency)
    return {"code": error.value.failure.reason.code, **error.value.failure.reason.as_dict()}


def test_rows_are_read_with_their_lines_and_taxes_are_left_out() -> None:
    data = invoice("K-1,Alpha,RMM Desktop,12,25.20,EUR", "K-1,,Credit,-2,-4.20,eur", "K-1,,VAT,1,4.20,EUR")
    found = read_invoice(data, invoice_profile(PROFILE), "EUR")
    assert found.number == "K-1"
    assert [(row.line, row.product, row.quantity, row.amount, row.organization) for row in found.rows] == [
        (2, "RMM Desktop", 12, Decimal("25.20"), "Alpha"),
        (3, "Credit", -2, Decimal("-4.20"), None),
    ]


def test_a_french_file_is_read_by_its_own_signs() -> None:
    text = "Invoice;Client;Item;Qty;Total;Cur\nK-1;Élan;RMM Desktop;1 200;2 520,40;EUR\n"
    found = read_invoice(text.encode("windows-1252"), invoice_profile(PROFILE), "EUR")
    assert (found.rows[0].quantity, found.rows[0].amount) == (1200, Decimal("2520.40"))
    assert found.rows[0].organization == "Élan"


def test_a_workbook_is_read_like_a_text() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for cells in (HEAD.strip().split(","), ["K-1", "Alpha", "RMM Desktop", 12, 25.2, "EUR"]):
        sheet.append(cells)
    held = io.BytesIO()
    book.save(held)
    found = read_invoice(held.getvalue(), invoice_profile(PROFILE), "EUR")
    assert (found.rows[0].quantity, found.rows[0].amount) == (12, Decimal("25.2"))


def test_another_currency_refuses_the_file_with_its_line() -> None:
    data = invoice("K-1,Alpha,RMM Desktop,12,25.20,EUR", "K-1,Beta,RMM Desktop,3,6.30,USD")
    assert refusal(data) == {"code": "file.other_currency", "line": 3, "value": "USD", "expected": "EUR"}


def test_a_missing_column_refuses_the_file_with_its_name() -> None:
    found = refusal(invoice("K-1,Alpha,RMM Desktop,12,EUR", head="Invoice,Client,Item,Qty,Cur\n"))
    assert (found["code"], found["column"], found["line"]) == ("file.column_missing", "Total", 1)


@pytest.mark.parametrize(
    ("row", "code", "column"),
    [
        ("K-1,Alpha,RMM Desktop,twelve,25.20,EUR", "file.money_no_number", "Qty"),
        ("K-1,Alpha,RMM Desktop,12,,EUR", "file.money_no_number", "Total"),
        ("K-1,Alpha,,12,25.20,EUR", "file.money_blank", "Item"),
    ],
)
def test_a_row_that_cannot_be_read_refuses_the_whole_invoice(row: str, code: str, column: str) -> None:
    found = refusal(invoice("K-1,Alpha,RMM Desktop,12,25.20,EUR", row))
    assert (found["code"], found["line"], found["column"]) == (code, 3, column)


def test_two_invoices_in_one_file_are_refused() -> None:
    found = refusal(invoice("K-1,Alpha,RMM Desktop,12,25.20,EUR", "K-2,Alpha,RMM Desktop,12,25.20,EUR"))
    assert (found["code"], found["line"], found["first"]) == ("file.several_numbers", 3, 2)


def test_an_invoice_without_rows_is_refused() -> None:
    assert refusal(invoice("K-1,,VAT,1,4.20,EUR"))["code"] == "file.empty"


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"product": "Item", "quantity": "Qty"}, "file.profile_needs"),
        ({**PROFILE, "colour": "red"}, "file.profile_key"),
        ({**PROFILE, "decimal": "dot"}, "file.profile_value"),
    ],
)
def test_a_profile_that_cannot_be_used_is_refused(settings: dict[str, str], code: str) -> None:
    with pytest.raises(ProfileError) as error:
        invoice_profile(settings)
    assert error.value.code == code


def test_a_price_list_holds_tiers_minimums_and_days() -> None:
    text = (
        "metric,price,currency,from,to,above,tiers,minimum\n"
        "datto_rmm.desktop,1.90,eur,2026-01-01,2026-12-31,500,graduated,\n"
        "datto_rmm.desktop,2.10,eur,2026-01-01,2026-12-31,0,graduated,200\n"
        "datto_rmm.server,4,EUR,2026-02-01,,,,\n"
    )
    prices, minimums = read_prices(text.encode())
    desktop, server = prices
    assert [(tier.above, tier.price) for tier in desktop.tiers] == [(0, Decimal("2.10")), (500, Decimal("1.90"))]
    assert (desktop.currency, desktop.rule, desktop.last) == ("EUR", TierRule.GRADUATED, date(2026, 12, 31))
    assert (server.last, server.tiers[0].price) == (None, 4)
    assert [(one.metric, one.quantity, one.first) for one in minimums] == [("datto_rmm.desktop", 200, date(2026, 1, 1))]


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ("a.b,2,EUR,2026-01-01\na.b,1,USD,2026-01-01", "file.tiers_differ"),
        ("a.b,2,EUR,2026-01-01\na.b,1,EUR,2026-01-01", "file.tier_twice"),
        ("a.b,2,EUR,January", "file.money_no_day"),
        ("a.b,,EUR,2026-01-01", "file.money_no_number"),
    ],
)
def test_a_price_list_with_a_fault_is_refused(rows: str, code: str) -> None:
    with pytest.raises(FileRefusedError) as error:
        read_prices(f"metric,price,currency,from\n{rows}\n".encode())
    assert error.value.failure.reason.code == code
