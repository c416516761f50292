"""docs/modules.md is what the catalogue files say."""

from __future__ import annotations

from pathlib import Path

from tools.modules_page import modules_page

PAGE = Path(__file__).resolve().parents[2] / "docs" / "modules.md"


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == modules_page(), "make it anew: python -m tools.docs modules"


def test_the_modules_of_icb_are_all_there() -> None:
    page = PAGE.read_text(encoding="utf-8")
    listed = (  # Autotask's help, Integrated Customer Billing, its list of modules, all versions of the page
        "BullPhish ID", "Compliance Manager", "Cyber Hawk", "Dark Web ID", "Datto AV", "Datto BCDR", "Datto EDR",
        "Datto Endpoint Backup", "Datto File Protection", "Datto Networking", "Datto RMM", "Datto SaaS Defense",
        "Graphus", "Network Detective Pro", "Passly", "RocketCyber", "Datto SaaS Protection", "Spanning Google",
        "Spanning O365", "Traverse", "UniView", "VSA 10", "VulScan", "Datto Workplace",
    )  # fmt: skip
    assert [name for name in listed if f"## {name}\n" not in page] == []
