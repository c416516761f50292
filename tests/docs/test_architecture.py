"""The picture of the rooms in docs/architecture.md is the source's own: same folders, same arrows, same names."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "architecture.md"
SOURCE = ROOT / "src"
SIMULATORS = "trueup_simulators"

_NODE = re.compile(r"^\s*(\w+)(?:\[[^\]]*\])?(?:\s*-->\s*(\w+)(?:\[[^\]]*\])?)?\s*$")


def _page() -> str:
    return PAGE.read_text(encoding="utf-8")


def _diagram(kind: str) -> list[str]:
    found = re.search(rf"```mermaid\n{kind}\n(.*?)```", _page(), re.DOTALL)
    assert found is not None, f"no {kind} in {PAGE.name}"
    return found[1].splitlines()


def drawn() -> tuple[set[str], set[tuple[str, str]]]:
    """Rooms and arrows of the first picture."""
    rooms: set[str] = set()
    arrows: set[tuple[str, str]] = set()
    for line in _diagram("flowchart TD"):
        found = _NODE.match(line)
        assert found is not None, f"a line that this test cannot read: {line!r}"
        rooms |= {name for name in found.groups() if name}
        if found[2]:
            arrows.add((found[1], found[2]))
    return rooms, arrows


def folders() -> set[str]:
    """The rooms that exist: the packages and single files in src/trueup, and the simulators."""
    packages = {path.parent.name for path in (SOURCE / "trueup").glob("*/__init__.py")}
    files = {path.stem for path in (SOURCE / "trueup").glob("*.py") if not path.stem.startswith("__")}
    return packages | files | {SIMULATORS}


def _room(module: str) -> str | None:
    parts = module.split(".")
    if parts[0] == SIMULATORS:
        return SIMULATORS
    return parts[1] if len(parts) > 1 and parts[1] != "__main__" else None


def imports() -> set[tuple[str, str]]:
    """Which room imports which."""
    graph = grimp.build_graph("trueup", SIMULATORS, cache_dir=None)
    found: set[tuple[str, str]] = set()
    for module in graph.modules:
        for imported in graph.find_modules_directly_imported_by(module):
            pair = _room(module), _room(imported)
            if pair[0] and pair[1] and pair[0] != pair[1]:
                found.add((pair[0], pair[1]))
    return found


def test_every_room_is_drawn_and_every_drawn_room_exists() -> None:
    assert drawn()[0] == folders()


def test_every_room_is_described() -> None:
    described = set(re.findall(r"^\| `(\w+)` \|", _page(), re.MULTILINE))
    assert described == folders()


def test_the_arrows_are_the_imports() -> None:
    assert drawn()[1] == imports()


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(trueup(?:\.\w+){2,})`", PAGE.read_text(encoding="utf-8")))))
def test_a_name_on_the_page_exists(name: str) -> None:
    parts = name.split(".")
    for place in range(len(parts), 1, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:place]))
        except ModuleNotFoundError:
            continue
        for part in parts[place:]:
            found = getattr(found, part)
        return
    pytest.fail(f"{name} cannot be imported")


def test_the_steps_of_the_second_picture_are_functions_of_the_source() -> None:
    steps = set(re.findall(r'\|"([\w.]+)"\|', "\n".join(_diagram("flowchart LR"))))
    assert len(steps) >= 7
    defined = set()
    for path in (SOURCE / "trueup").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        classes = re.split(r"^class (\w+)", text, flags=re.MULTILINE)
        defined |= set(re.findall(r"^(?:async )?def (\w+)", text, re.MULTILINE))
        for name, body in zip(classes[1::2], classes[2::2], strict=True):
            defined |= {f"{name}.{method}" for method in re.findall(r"^    (?:async )?def (\w+)", body, re.MULTILINE)}
    assert steps <= defined, f"not in the source: {sorted(steps - defined)}"
