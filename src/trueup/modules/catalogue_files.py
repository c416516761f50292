"""The catalogue's files, by name and by path.

Who only asks for names waits for nothing: a file's schema, and the libraries that read one, are imported with the first
file.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from trueup.modules.catalogue_reading import ModuleFile


class CatalogueError(ValueError):
    """A catalogue file that cannot be used. `problems` are (line, place in the file, what is wrong and the cure)."""

    def __init__(self, file: str, problems: Sequence[tuple[int, str, str]]) -> None:
        self.file = file
        self.problems = tuple(problems)
        super().__init__("\n".join(f"{file}:{line}: {place}: {text}" for line, place, text in problems))


def _files() -> Traversable:
    from importlib import resources  # noqa: PLC0415 - half of the commands ask for no module

    return resources.files("trueup.modules").joinpath("catalogue")


@cache
def known_modules() -> tuple[str, ...]:
    """Names of the modules that come with Trueup."""
    folder = _files()
    return tuple(sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml")))


def offered_modules() -> tuple[str, ...]:
    """Names of the modules that a person may be offered: all but those that their vendor ended."""
    return tuple(name for name in known_modules() if not load_catalogue(name).retired)


def load_catalogue(name_or_path: str | Path) -> ModuleFile:
    """Load a module's file by its name (`datto_rmm`, `datto-rmm`) or by path. Raises CatalogueError."""
    text = str(name_or_path)
    if isinstance(name_or_path, Path) or text.endswith((".yaml", ".yml")) or "/" in text or "\\" in text:
        return _read(Path(name_or_path).read_text(encoding="utf-8"), text)
    name = text.replace("-", "_")
    if name not in known_modules():
        import difflib  # noqa: PLC0415 - only for a name that nobody knows

        near = difflib.get_close_matches(name, known_modules(), n=1)
        hint = f" Did you mean {near[0]!r}?" if near else f" Known: {', '.join(known_modules())}."
        raise CatalogueError(text, [(0, "module", f"there is no module of that name.{hint}")])
    return _shipped(name)


@cache
def _shipped(name: str) -> ModuleFile:
    found = _files().joinpath(f"{name}.yaml")
    return _read(found.read_text(encoding="utf-8"), f"{name}.yaml")


def _read(text: str, file: str) -> ModuleFile:
    from trueup.modules.catalogue_reading import read_catalogue  # noqa: PLC0415 - pydantic and a YAML reader

    return read_catalogue(text, file)
