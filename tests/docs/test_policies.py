"""docs/policies.md says what the code does: choices, refusals and the ledger's own figures."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from itertools import product
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from trueup.core.quantities import policy_check
from trueup.core.quantities.policy_check import policy_faults
from trueup.core.rule import PRESETS, Basis, QuantityPolicy, Timing, TimingPolicy, Window

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "policies.md"
REFUSED = "**refused**"
CURRENT = (Window.CALENDAR_MONTH_CURRENT, Window.BILLING_PERIOD_CURRENT)
PREVIOUS = (Window.CALENDAR_MONTH_PREVIOUS, Window.BILLING_PERIOD_PREVIOUS)

Cells = dict[tuple[Basis, Timing], str]


def _page() -> str:
    return PAGE.read_text(encoding="utf-8")


def _table_below(heading: str) -> list[list[str]]:
    below = _page().split(f"\n{heading}", 1)[1]
    lines = below[below.index("\n|") :].strip().splitlines()
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return [rows[0], *rows[2:]]


def _cells(heading: str) -> Cells:
    header, *rows = _table_below(heading)
    timings = [Timing(name.strip("`")) for name in header[1:]]
    return {
        (Basis(row[0].strip("`")), timing): cell for row in rows for timing, cell in zip(timings, row[1:], strict=True)
    }


@pytest.mark.parametrize(("heading", "windows"), [("### Current window", CURRENT), ("### Previous window", PREVIOUS)])
def test_a_cell_is_refused_in_the_table_where_saving_refuses_it(heading: str, windows: tuple[Window, ...]) -> None:
    cells = _cells(heading)
    assert set(cells) == set(product(Basis, Timing))
    assert all(f"`{window.value}`" in _page().split(heading, 1)[1].splitlines()[0] for window in windows)
    for (basis, timing), cell in cells.items():
        for window in windows:
            day = 15 if basis is Basis.DAY else None
            policy = QuantityPolicy(basis=basis, window=window, day=day, rounding_chosen=True)
            faults = policy_faults(policy, TimingPolicy(increase=timing, decrease=timing))
            assert bool(faults) == (cell == REFUSED), (basis, window, timing, faults)


def test_every_refusal_of_a_policy_is_explained() -> None:
    source = Path(policy_check.__file__).read_text(encoding="utf-8")
    told = re.findall(r"^\| `(policy\.\w+)` \|", _page(), re.MULTILINE)
    assert sorted(told) == sorted(set(re.findall(r'"(policy\.\w+)"', source)))


def test_every_preset_is_told_as_it_is() -> None:
    rows = re.findall(r"^\| `([\w-]+)`(?: \(default\))? \| `(\w+)` \| `(\w+)` \|", _page(), re.MULTILINE)
    assert {name: (up, down) for name, up, down in rows} == {
        name: (preset.increase.value, preset.decrease.value) for name, preset in PRESETS.items()
    }


def _examples() -> list[list[str]]:
    return [*_table_below("## 5. Examples")[1:], *_table_below("### Figures")[1:]]


@pytest.mark.parametrize("row", _examples(), ids=lambda row: row[0][:4])
def test_an_example_is_the_ledgers(row: list[str]) -> None:
    link = re.fullmatch(r"\[(\d{2,3})\]\(\.\./(tests/ledger/cases/\1-[\w-]+\.yaml)\)", row[0])
    assert link is not None, row[0]
    expected = YAML(typ="safe", pure=True).load((ROOT / link[2]).read_text(encoding="utf-8"))["expect"]
    told = [
        (int(change), date.fromisoformat(day)) for change, day in re.findall(r"([+-]\d+) on (\d{4}-\d\d-\d\d)", row[3])
    ]
    assert told == [(sent["change"], sent["date"]) for sent in expected["adjustments"]]
    assert Decimal(row[4]) == Decimal(expected["changed_amount"])


def test_every_case_that_is_linked_exists() -> None:
    linked = re.findall(r"\]\(\.\./(tests/ledger/[^)]+)\)", _page())
    assert linked
    assert [path for path in linked if not (ROOT / path).is_file()] == []
