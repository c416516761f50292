from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from tests.psa.autotask.conftest import FIRST, LAST, Desk

from trueup.core.contract import UnitRow
from trueup.psa.autotask.translation import price_from_rows, price_of

Opener = Callable[..., Desk]


def prices(desk: Desk) -> dict[str, Decimal | None]:
    return {line.id: line.price for line in desk.use(lambda psa: psa.read(FIRST, LAST)).lines}


@pytest.mark.parametrize(
    ("unit", "internal_unit", "adjusted", "expected"),
    [
        # one currency: the adjusted price is the price
        ("39", "39", "35", "35"),
        # 40 of the MSP's own currency to 1 of the customer's: 1200 / (1382 / 34.55) = 30
        ("34.55", "1382", "1200", "30"),
        # a discount line
        ("-5", "-5", "-7.5", "-7.5"),
        # given away
        ("39", "39", "0", "0"),
        # never adjusted
        ("39", "39", None, "39"),
        # four places, as Autotask keeps them: 10 / (3 / 1) = 3.33333...
        ("1", "3", "10", "3.3333"),
    ],
)
def test_the_price_of_a_line_is_in_the_contract_s_currency(
    unit: str, internal_unit: str, adjusted: str | None, expected: str
) -> None:
    found = price_of(Decimal(unit), Decimal(internal_unit), None if adjusted is None else Decimal(adjusted))
    assert found == Decimal(expected)


@pytest.mark.parametrize(
    ("unit", "internal_unit"), [(Decimal(0), Decimal(0)), (None, Decimal(3)), (Decimal(3), None), (Decimal(0), None)]
)
def test_a_price_without_a_rate_is_unknown_rather_than_wrong(
    unit: Decimal | None, internal_unit: Decimal | None
) -> None:
    assert price_of(unit, internal_unit, Decimal(12)) is None


def test_a_price_from_rows_comes_from_the_longest_row_with_units() -> None:
    rows = (
        UnitRow(date(2026, 5, 1), date(2026, 5, 31), 0, Decimal(0)),
        UnitRow(date(2026, 6, 1), date(2026, 6, 9), 10, Decimal(30)),
        UnitRow(date(2026, 6, 10), date(2026, 6, 30), 11, Decimal("254.10")),
        UnitRow(date(2026, 7, 1), date(2026, 7, 31), 11, None),
    )
    assert price_from_rows(rows) == Decimal("23.1")
    assert price_from_rows(rows[:1]) is None


def test_a_line_in_another_currency_has_its_price_in_that_currency(open_desk: Opener) -> None:
    lines = [
        {"id": 5001, "contractID": 1001, "serviceID": 301, "adjustedPrice": 4, "units": {"2025-01-01": 2}},
        {
            "id": 5013,
            "contractID": 1007,
            "serviceID": 303,
            "adjustedPrice": Decimal("33.5"),
            "units": {"2025-05-01": 40},
        },
    ]
    found = prices(open_desk({"lines": lines, "bundle_lines": []}))
    assert found == {"5001": Decimal(4), "5013": Decimal("33.5")}


def test_a_line_whose_unit_price_is_zero_takes_its_price_from_its_rows(open_desk: Opener) -> None:
    lines = [
        {
            "id": 5001,
            "contractID": 1001,
            "serviceID": 301,
            "unitPrice": 0,
            "adjustedPrice": Decimal("4.25"),
            "units": {"2025-01-01": 8},
        }
    ]
    assert prices(open_desk({"lines": lines, "bundle_lines": []})) == {"5001": Decimal("4.25")}


def test_amounts_are_read_to_the_last_place_and_written_in_one_way(desk: Desk) -> None:
    found = desk.use(lambda psa: psa.read(FIRST, LAST))
    assert str(dict(found.rows)["5011"][0].amount) == "267.9996"
    assert str(dict(found.rows)["5002"][0].amount) == "36"
    assert str(next(one.price for one in found.services if one.id == "307")) == "22.3333"
