"""docs/guardrails.md names every rail and every number that the code has."""

from __future__ import annotations

import re
from dataclasses import fields
from decimal import Decimal
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from trueup.core.planning import bonds, line_plan
from trueup.core.rails import guard, module_rail, plan_rail
from trueup.core.rails.thresholds import KINDS, part_text
from trueup.core.rule import Mode
from trueup.core.settings import TenantSettings, Thresholds
from trueup.core.undo import undoing, undone

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "guardrails.md"


def _page() -> str:
    return PAGE.read_text(encoding="utf-8")


def _rails() -> list[tuple[str, str, str]]:
    return re.findall(r"^\| `(\w+)` \| [^|]+ \| `(\w+)` \| ([^|]+) \|$", _page(), re.MULTILINE)


def test_the_numbers_are_the_defaults() -> None:
    told = {setting: number.strip() for _, setting, number in _rails()}
    defaults = Thresholds()
    assert set(KINDS) == set(told), "every number can be set by a command"
    assert set(told) == {field.name for field in fields(Thresholds)}
    for name, number in told.items():
        value = getattr(defaults, name)
        if value is None or isinstance(value, bool):
            assert number == part_text(value), name
        else:
            assert Decimal(number) == Decimal(value), name


def test_every_rail_is_named() -> None:
    sources = (Path(room.__file__).read_text(encoding="utf-8") for room in (guard, module_rail, plan_rail))
    in_code = {rail for source in sources for rail in re.findall(r'Reason\.of\(\s*"held\.(\w+)"', source)}
    assert {rail for rail, _, _ in _rails()} | {"definition_changed", "after_conflict"} == in_code


def test_every_other_releasable_hold_is_named() -> None:
    source = Path(line_plan.__file__).read_text(encoding="utf-8")
    in_code = {name.removeprefix("held.") for name in line_plan._RELEASABLE_HOLDS} | {
        name for name in ("customer_left", "drift") if f'"{name}"' in source
    }
    in_code |= {"definition_changed", "after_conflict", undone.RAIL, undoing.EDITED}
    together = Path(bonds.__file__).read_text(encoding="utf-8")
    in_code |= set(re.findall(r'Reason\.of\(\s*"held\.(\w+)"', together))
    below = _page().split("## Other things", 1)[1].split("\n## ", 1)[0]
    assert set(re.findall(r"^\| `(\w+)` \|", below, re.MULTILINE)) == in_code


def test_the_modes_are_the_codes() -> None:
    told = re.findall(r"^\| `([\w-]+)`(?: \([^)]*\))? \| [^|]+ \|$", _page().split("## Modes", 1)[1], re.MULTILINE)
    assert told == [mode.value for mode in Mode]
    assert TenantSettings().mode is Mode.READ_ONLY, "the page says where everyone starts"


@pytest.mark.parametrize("row", re.findall(r"^\| \[\d\d\].+$", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
def test_an_amount_is_the_ledgers(row: str) -> None:
    path = re.search(r"\.\./(tests/ledger/cases/[\w-]+\.yaml)", row)
    assert path is not None
    expected = YAML(typ="safe", pure=True).load((ROOT / path[1]).read_text(encoding="utf-8"))["expect"]
    if expected["adjustments"]:
        assert expected["changed_amount"] in row
    else:
        assert "keeps" in row
