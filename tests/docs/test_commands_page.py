"""docs/reference/commands.md is what the commands say of themselves; other pages name only commands that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tools.commands_page import commands_page

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "commands.md"
PAGES = sorted([*ROOT.glob("README*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "docs" / "guides").glob("*.md")])


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == commands_page(), "make it anew: python -m tools.docs commands"


def _helps() -> dict[str, str]:
    """The help of each command, by its name (`plan`, `customers map`; empty for the whole)."""
    found = re.findall(
        r"^##+ trueup([ \w-]*)\n\n```text\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    return {name.strip(): text for name, text in found}


def named_in(page: Path) -> list[str]:
    """What follows `trueup` wherever a page shows a command: at a line's beginning, after a prompt, in backticks."""
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    shown = re.findall(r"(?:^[ $]*|`|\| |bin/)trueup ([a-z-][^`\n]*)", text, re.MULTILINE)
    return [re.sub(r"\"[^\"]*\"|#.*", "", line) for line in shown]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_command_that_a_page_names_exists_with_its_options(page: Path) -> None:
    helps = _helps()
    for line in named_in(page):
        words = re.sub(r"--(?:store|key-file|lang) \S+", "", line).split()
        name = next((name for name in (" ".join(words[:n]) for n in (3, 2, 1)) if words and name in helps), None)
        assert name is not None or not words or words[0] == "--version", f"there is no command `trueup {line}`"
        options = re.findall(r"(?<!\S)--[a-z-]+", line)
        unknown = [option for option in options if option not in helps[name or ""] and option not in helps[""]]
        assert unknown == [], f"`trueup {line}`"


def test_commands_are_found_on_the_pages() -> None:
    assert {"plan", "apply PLAN", "rules suggest"} <= {line.strip() for page in PAGES for line in named_in(page)}
