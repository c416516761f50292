"""The pages hang together: links lead somewhere, the decisions are all listed, both READMEs tell the same."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DECISIONS = ROOT / "docs" / "decisions"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

_FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_OF_A_MACHINE = re.compile(r"(?<![\w.])/(?:work|home|tmp|root)/|[A-Z]:\\Users\\\w")


def _name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def _text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def _anchor(heading: str) -> str:
    """The anchor that a heading gets on the usual hosts."""
    kept = "".join(letter for letter in heading.strip().lower() if letter.isalnum() or letter in " -_")
    return unicodedata.normalize("NFC", kept).replace(" ", "-")


def _anchors(page: Path) -> set[str]:
    return {_anchor(heading) for heading in re.findall(r"^#+ (.+)$", _FENCE.sub("", _text(page)), re.MULTILINE)}


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = []
    for link in _LINK.findall(_FENCE.sub("", _text(page))):
        if "://" in link or link.startswith("mailto:"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in _anchors(target)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_a_page_names_no_path_of_one_machine(page: Path) -> None:
    assert _OF_A_MACHINE.findall(_text(page)) == []


def test_every_decision_is_in_the_index_once() -> None:
    listed = re.findall(r"^- \[(\d{4})\]\((\1-[\w-]+\.md)\) \S", _text(DECISIONS / "README.md"), re.MULTILINE)
    assert [name for _, name in listed] == sorted(path.name for path in DECISIONS.glob("[0-9]*.md"))


@pytest.mark.parametrize("record", sorted(DECISIONS.glob("[0-9]*.md")), ids=_name)
def test_a_decision_has_its_four_parts(record: Path) -> None:
    text = _text(record)
    assert re.match(rf"# {record.name[:4]}:? \S", text)
    assert re.search(r"^Status: \S", text, re.MULTILINE)
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences"]


def test_every_page_can_be_reached_from_the_index() -> None:
    seen: set[Path] = set()
    waiting = [ROOT / "docs" / "index.md"]
    while waiting:
        page = waiting.pop()
        if page in seen or page.suffix != ".md":
            continue
        seen.add(page)
        links = (link.partition("#")[0] for link in _LINK.findall(_FENCE.sub("", _text(page))) if "://" not in link)
        waiting += [target for link in links if link and (target := (page.parent / link).resolve()).is_file()]
    assert [_name(page) for page in PAGES if page not in seen and page.parent != ROOT] == []


def test_both_readmes_tell_the_same() -> None:
    english, french = _text(ROOT / "README.md"), _text(ROOT / "README.fr.md")
    assert len(re.findall(r"^## ", english, re.MULTILINE)) == len(re.findall(r"^## ", french, re.MULTILINE))
    assert _commands(english) == _commands(french)
    assert len(re.findall(r"^\d\. ", english, re.MULTILINE)) == len(re.findall(r"^\d\. ", french, re.MULTILINE))


def _commands(text: str) -> list[str]:
    """Commands in fenced blocks, without what people write in their own language (texts in quotes, comments)."""
    lines = [line.removeprefix("$ ").strip() for block in _FENCE.findall(text) for line in block.splitlines()]
    started = [line for line in lines if re.match(r"(?:trueup|make|python|py|export|\.venv|\$env|git|curl) ?\S*", line)]
    return [re.sub(r"\s+#.*$", "", re.sub(r'"[^"]*"', '""', line)) for line in started]
