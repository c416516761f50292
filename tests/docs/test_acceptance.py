"""docs/acceptance.md lists every acceptance case with its test, and no other."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CASES = (
    "empty source",
    "failed tenant",
    "duplicate key in a file",
    "two subscriptions of one product on one line",
    "last month's period against today's inventory",
    "mixed currencies",
    "one-time item in a recurring rule",
    "zero to five and five to zero",
    "lost mapping",
    "hand edit",
    "two changes on one date",
    "date outside the contract",
    "posted period",
    "a customer that moves between two services",
    "customer removed in the module",
    "retry after timeout",
    "plan made stale",
    "preview equals apply on every line",
    "30 % drop held",
    "3 of 4 held",
)
"""As they were asked for, in their order."""


def _rows() -> list[list[str]]:
    page = (ROOT / "docs" / "acceptance.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line.startswith("|")]
    return rows[2:]


def _tests() -> dict[str, str]:
    """Name and docstring of each test of tests/acceptance."""
    return {
        node.name: ast.get_docstring(node) or ""
        for path in (ROOT / "tests" / "acceptance").glob("test_*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def test_every_case_is_listed_once_in_its_order() -> None:
    assert tuple(case for case, *_ in _rows()) == CASES


def test_each_case_has_the_test_of_its_name() -> None:
    listed = [test.strip("`") for *_, test in _rows()]
    named = ["test_" + re.sub(r"[^a-z0-9]+", "_", case.replace("'", "").replace("%", "percent")) for case in CASES]
    assert listed == named
    assert sorted(_tests()) == sorted(listed)


def test_each_test_tells_the_failure_elsewhere_and_what_trueup_does() -> None:
    for name, told in _tests().items():
        assert told.startswith("Elsewhere "), name
        assert "Trueup" in told, name
