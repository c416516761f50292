"""Every console session in the documents is typed for real, against simulators, and prints what the page shows."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.docs.console import ROOT, SESSION, difference, played, sessions_in

PAGES = sorted(
    page
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    if SESSION.search(page.read_text(encoding="utf-8"))
)


@pytest.mark.timeout(480)  # some twenty processes one after the other
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_session_in_the_documents_goes_as_it_is_told(page: Path, tmp_path: Path) -> None:
    language = "fr_FR" if page.suffixes[:1] == [".fr"] else "en_GB"
    with played(tmp_path, language) as session:
        for typed in sessions_in(page):
            session.play(typed)


def test_both_readmes_and_the_guide_of_the_administrator_have_a_session() -> None:
    names = {page.relative_to(ROOT).as_posix() for page in PAGES}
    assert {"README.md", "README.fr.md", "docs/guides/billing-administrator.md"} <= names


def test_a_line_that_is_not_printed_is_noticed() -> None:
    printed = "2 lines change\n  Managed Server 5 6\n1 line waits\n"
    assert difference(("2 lines change", "...", "1 line waits"), printed) is None
    assert difference(("2 lines change", "  Managed Server  5  ..."), printed) is not None
    assert difference(("2 lines change", "1 line waits"), printed) is not None
    assert difference(("...", "Managed Server 5 7", "..."), printed) is not None
    assert difference((), "") is None
