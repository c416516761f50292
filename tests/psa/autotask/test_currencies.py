"""In which currency a contract is: Autotask numbers currencies, and a person says what the numbers mean."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from trueup.psa.autotask.rows import CompanyRow
from trueup.psa.autotask.settings import AutotaskSettings
from trueup.psa.autotask.translation import currencies_of


def companies(**numbers: int | None) -> list[CompanyRow]:
    """Companies `c0`, `c1`, ... with the number of their currency."""
    return [CompanyRow(id=int(name[1:]), currency_id=number) for name, number in numbers.items()]


@pytest.mark.parametrize(
    ("numbers", "found"),
    [
        ({"c0": 1, "c1": 1, "c2": 2}, {2: "CHF"}),
        ({"c0": 1, "c1": None, "c3": 3}, {3: "#3"}),
        ({"c0": 2, "c1": 2}, {}),
        ({"c1": 7, "c2": 7}, {}),
        ({"c1": 1, "c2": 2}, {1: "#1", 2: "CHF"}),
        ({"c0": None, "c1": None}, {}),
    ],
    ids=["another", "without_a_code", "all_the_msps", "msp_not_shown_and_one", "msp_not_shown_and_two", "not_stated"],
)
def test_what_is_not_in_the_msps_own_currency_is_named(
    numbers: Mapping[str, int | None], found: Mapping[int, str]
) -> None:
    assert currencies_of(companies(**numbers), {2: "CHF"}) == found


def test_codes_are_written_with_their_numbers() -> None:
    assert AutotaskSettings.of({"currencies": "2=CHF, 3=USD"}).currencies == {2: "CHF", 3: "USD"}


@pytest.mark.parametrize("wrong", ["", "CHF", "2=", "2=chf", "two=CHF", "2=CHF,", "2=CHF 3=USD"])
def test_codes_that_are_written_otherwise_are_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="currencies are written like 2=CHF, 3=USD"):
        AutotaskSettings.of({"currencies": wrong})
