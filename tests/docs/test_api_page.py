"""The reference of the API is made from its description."""

from __future__ import annotations

from pathlib import Path

from tools.api_page import api_page

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "api.md"


def test_the_reference_of_the_api_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == api_page(), "run: python -m tools.docs api"
