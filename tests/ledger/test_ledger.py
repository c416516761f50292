"""Every hand-worked case, played from the RMM's devices to the PSA's billing items."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from tests.ledger.case import CASES, all_cases, load_case
from tests.ledger.comparing import differences
from tests.ledger.playing import Story, play


@pytest.mark.parametrize("path", all_cases(), ids=lambda path: path.stem)
def test_the_psa_ends_as_the_case_was_worked_out_by_hand(path: Path, tmp_path: Path) -> None:
    case = load_case(path)
    found = differences(case, play(case, tmp_path))
    assert not found, "\n".join([case.name, *found])


def test_the_ledger_has_all_its_cases() -> None:
    names = [load_case(path).name for path in all_cases()]
    assert len(set(names)) == len(names) >= 67


@pytest.fixture(scope="module")
def laptops_added(tmp_path_factory: pytest.TempPathFactory) -> Story:
    case = load_case(CASES / "01-laptops-added-on-the-twelfth.yaml")
    return play(case, tmp_path_factory.mktemp("played"))


def _one_cent(expect: dict) -> None:
    expect["billed"][-1]["amount"] = "0.01"


def _one_unit(expect: dict) -> None:
    next(iter(expect["rows"].values()))[-1]["units"] += 1


def _one_day(expect: dict) -> None:
    expect["adjustments"][0]["date"] += timedelta(days=1)


def _something_held(expect: dict) -> None:
    expect["held"].append({"line": 1000, "reason": "stale"})


def _other_preview(expect: dict) -> None:
    expect["changed_amount"] = "0.01"


def _nothing_sent(expect: dict) -> None:
    expect["adjustments"].clear()


@pytest.mark.parametrize(
    "change", [_one_cent, _one_unit, _one_day, _something_held, _other_preview, _nothing_sent], ids=lambda f: f.__name__
)
def test_a_case_that_expects_otherwise_is_not_met(change: Callable[[dict], None], laptops_added: Story) -> None:
    case = load_case(CASES / "01-laptops-added-on-the-twelfth.yaml")
    expect = copy.deepcopy(dict(case.expect))
    change(expect)
    assert len(differences(case, laptops_added, expect)) == 1
