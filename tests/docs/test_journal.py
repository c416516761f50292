"""The states drawn in docs/journal.md are the journal's own, arrow by arrow."""

from __future__ import annotations

import re
from pathlib import Path

from trueup.store.journal import _FROM, IntentState

PAGE = Path(__file__).resolve().parents[2] / "docs" / "journal.md"
OPEN = "[*]"
ENDS = {IntentState.DONE, IntentState.REFUSED, IntentState.SKIPPED, IntentState.CONFLICT}


def drawn() -> list[tuple[str, str]]:
    """The arrows of the diagram, in its order."""
    page = PAGE.read_text(encoding="utf-8")
    diagram = re.search(r"```mermaid\nstateDiagram-v2\n(.*?)```", page, re.DOTALL)
    assert diagram is not None
    arrows: list[tuple[str, str]] = []
    for line in diagram[1].splitlines():
        found = re.fullmatch(r"\s*(\[\*\]|\w+) --> (\[\*\]|\w+)(?:: .+)?", line)
        assert found is not None, f"a line that this test cannot read: {line!r}"
        arrows.append((found[1], found[2]))
    return arrows


def allowed() -> set[tuple[str, str]]:
    """The arrows that the journal takes: those of `settle`, and the claim."""
    settled = {(before.value, after.value) for after, befores in _FROM.items() for before in befores}
    return settled | {(IntentState.INTENDED.value, IntentState.SENT.value)}


def test_the_arrows_are_those_that_the_journal_takes() -> None:
    inside = [arrow for arrow in drawn() if OPEN not in arrow]
    assert len(inside) == len(set(inside)), "an arrow is drawn twice"
    assert set(inside) == allowed()


def test_an_intent_begins_intended_and_ends_where_nothing_leads_on() -> None:
    begins = {after for before, after in drawn() if before == OPEN}
    ends = {before for before, after in drawn() if after == OPEN}
    assert begins == {IntentState.INTENDED.value}
    assert ends == {state.value for state in ENDS}
    assert ends.isdisjoint({before for before, _ in allowed()})


def test_every_state_is_explained() -> None:
    explained = re.findall(r"^\| `(\w+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(explained) == sorted(state.value for state in IntentState)
