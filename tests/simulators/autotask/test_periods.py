"""Periods written down from a calendar, not computed."""

from __future__ import annotations

import pytest
from tests.simulators.autotask.calling import Api, Starter, contract


def _one_line(begin: Starter, first: str, start: str, end: str, period_type: int = 2, **more: object) -> Api:
    return begin(
        contracts=[contract(1001, start, end, contractPeriodType=period_type)],
        lines=[{"id": 5001, "contractID": 1001, "serviceID": 301, "units": {first: 1}}],
        **more,
    )


def _days(api: Api) -> list[tuple[str, str]]:
    return [(start, end) for start, end, _ in api.rows(5001)]


def test_monthly_from_31_january_clamps_to_the_month_and_comes_back_to_the_31st(begin: Starter) -> None:
    api = _one_line(begin, "2026-01-31", "2026-01-31", "2026-08-30")
    assert _days(api) == [
        ("2026-01-31", "2026-02-27"),
        ("2026-02-28", "2026-03-30"),
        ("2026-03-31", "2026-04-29"),
        ("2026-04-30", "2026-05-30"),
        ("2026-05-31", "2026-06-29"),
        ("2026-06-30", "2026-07-30"),
        ("2026-07-31", "2026-08-30"),
    ]


def test_monthly_from_29_february_keeps_the_29th_and_clamps_in_other_februaries(begin: Starter) -> None:
    api = _one_line(begin, "2024-12-29", "2024-02-29", "2025-05-28")
    assert _days(api) == [
        ("2024-12-29", "2025-01-28"),
        ("2025-01-29", "2025-02-27"),
        ("2025-02-28", "2025-03-28"),
        ("2025-03-29", "2025-04-28"),
        ("2025-04-29", "2025-05-28"),
    ]


def test_yearly_from_29_february(begin: Starter) -> None:
    api = _one_line(begin, "2024-02-29", "2024-02-29", "2029-02-27", 5)
    assert _days(api) == [
        ("2024-02-29", "2025-02-27"),
        ("2025-02-28", "2026-02-27"),
        ("2026-02-28", "2027-02-27"),
        ("2027-02-28", "2028-02-28"),
        ("2028-02-29", "2029-02-27"),
    ]


@pytest.mark.parametrize(
    ("period_type", "days"),
    [
        (
            3,
            [
                ("2026-01-15", "2026-04-14"),
                ("2026-04-15", "2026-07-14"),
                ("2026-07-15", "2026-10-14"),
                ("2026-10-15", "2026-12-31"),
            ],
        ),
        (4, [("2026-01-15", "2026-07-14"), ("2026-07-15", "2026-12-31")]),
        (5, [("2026-01-15", "2026-12-31")]),
    ],
)
def test_longer_periods_and_the_last_one_cut_at_the_contracts_end(
    begin: Starter, period_type: int, days: list[tuple[str, str]]
) -> None:
    assert _days(_one_line(begin, "2026-01-15", "2026-01-15", "2026-12-31", period_type)) == days


def test_the_recorded_duplicate_case_of_a_contract_from_21_december(begin: Starter) -> None:
    api = begin(
        contracts=[contract(1001, "2025-12-21", "2026-12-20")],
        lines=[{"id": 5001, "contractID": 1001, "serviceID": 301}],
    )
    assert api.adjust(5001, 4, "2026-06-22").status_code == 200
    assert "contract_service_period" in api.adjust(5001, 1, "2026-06-22").text
    assert _days(api)[:2] == [("2026-06-22", "2026-07-20"), ("2026-07-21", "2026-08-20")]


def test_the_contracts_period_type_counts_unless_the_switch_says_the_services(begin: Starter) -> None:
    services = [{"id": 301, "name": "Yearly", "billingCodeID": 2001, "unitPrice": 1, "periodType": 5}]
    api = _one_line(begin, "2026-01-01", "2026-01-01", "2026-12-31", services=services)
    assert len(_days(api)) == 12
    api = _one_line(
        begin, "2026-01-01", "2026-01-01", "2026-12-31", services=services, switches={"period_source": "service"}
    )
    assert _days(api) == [("2026-01-01", "2026-12-31")]


def test_a_contract_without_end_has_rows_to_a_horizon_that_moves_with_the_clock(begin: Starter) -> None:
    api = _one_line(
        begin, "2026-01-01", "2026-01-01", "9999-12-31", switches={"period_horizon_months": 2}, today="2026-03-10"
    )
    assert _days(api)[-1] == ("2026-05-01", "2026-05-31")
    api.order("clock", today="2026-06-01")
    assert api.rows(5001)[-1] == ("2026-08-01", "2026-08-31", 1)
    assert api.adjust(5001, 1, "2027-02-01").status_code == 200
    assert ("2027-02-01", "2027-02-28", 2) in api.rows(5001)


def test_moving_the_end_forward_adds_rows_and_moving_it_back_removes_them(begin: Starter) -> None:
    api = _one_line(begin, "2026-10-01", "2026-01-01", "2026-12-15")
    assert _days(api) == [("2026-10-01", "2026-10-31"), ("2026-11-01", "2026-11-30"), ("2026-12-01", "2026-12-15")]
    assert api.call("PATCH", "/Contracts", json={"id": 1001, "endDate": "2027-01-31"}).json() == {"itemId": 1001}
    assert _days(api)[2:] == [("2026-12-01", "2026-12-31"), ("2027-01-01", "2027-01-31")]
    assert api.call("PATCH", "/Contracts", json={"id": 1001, "endDate": "2026-11-10"}).status_code == 200
    assert _days(api) == [("2026-10-01", "2026-10-31"), ("2026-11-01", "2026-11-10")]


def test_shortening_and_extending_again_takes_a_change_back(begin: Starter) -> None:
    api = _one_line(begin, "2026-10-01", "2026-01-01", "2026-12-31")
    api.adjust(5001, 5, "2026-11-16")
    for end in ("2026-11-15", "2026-12-31"):
        assert api.call("PATCH", "/Contracts", json={"id": 1001, "endDate": end}).status_code == 200
    assert api.rows(5001) == [
        ("2026-10-01", "2026-10-31", 1),
        ("2026-11-01", "2026-11-30", 1),
        ("2026-12-01", "2026-12-31", 1),
    ]


def test_a_day_earlier_in_the_month_than_the_contracts_start_lies_in_the_period_before(begin: Starter) -> None:
    api = _one_line(begin, "2026-10-10", "2026-01-15", "2026-12-31")
    assert _days(api) == [
        ("2026-10-10", "2026-10-14"),
        ("2026-10-15", "2026-11-14"),
        ("2026-11-15", "2026-12-14"),
        ("2026-12-15", "2026-12-31"),
    ]
