"""Reading a catalogue file: what is wrong in one is said with line and cure, before anything is called."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping

from pydantic import BaseModel, TypeAdapter, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from trueup.modules.catalogue_checks import Complaint, complaints
from trueup.modules.catalogue_delivered import DeliveredFile
from trueup.modules.catalogue_files import CatalogueError
from trueup.modules.catalogue_schema import CatalogueFile

Loc = tuple[str | int, ...]
ModuleFile = CatalogueFile | DeliveredFile
"""A module that is read over its API, or one whose usage is delivered by file or push."""


def read_catalogue(text: str, file: str) -> ModuleFile:
    """Read a catalogue file from its text; `file` is the name used in complaints. Raises CatalogueError."""
    yaml = YAML(typ="rt", pure=True)
    yaml.allow_duplicate_keys = False
    try:
        tree = yaml.load(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        problem = str(error.problem).partition(" with value")[0]
        raise CatalogueError(file, [(line, "YAML", f"{problem}. Mend the YAML at this line.")]) from None
    except YAMLError as error:
        raise CatalogueError(file, [(1, "YAML", f"{error}. Mend the YAML.")]) from None
    if not isinstance(tree, CommentedMap):
        raise CatalogueError(file, [(1, "file", "a catalogue file is a mapping; begin with `module:`.")])
    model: type[ModuleFile] = DeliveredFile if tree.get("source") == "file" else CatalogueFile
    try:
        found = model.model_validate(_plain(tree))
    except ValidationError as error:
        problems = [_problem(tree, entry["loc"], entry["type"], entry["msg"], model) for entry in error.errors()]
        raise CatalogueError(file, sorted(set(problems))) from None
    wrong = [_at(tree, complaint) for complaint in (complaints(found) if isinstance(found, CatalogueFile) else ())]
    if wrong:
        raise CatalogueError(file, sorted(set(wrong)))
    return found


def _plain(value: object) -> object:
    """The same data as plain dicts and lists; scalars that carry formatting become plain text and numbers."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if isinstance(value, str):
        return str(value)
    return value


def _at(tree: CommentedMap, complaint: Complaint) -> tuple[int, str, str]:
    return _line(tree, complaint.place), _shown(complaint.place), complaint.text


def _problem(tree: CommentedMap, loc: Loc, kind: str, message: str, model: type[BaseModel]) -> tuple[int, str, str]:
    place = tuple(_real(tree, loc))
    text = f"{message}."
    if kind == "extra_forbidden":
        known = _known_keys(place[:-1], model)
        near = difflib.get_close_matches(str(place[-1]), known, n=1)
        text = "unknown key." + (f" Did you mean {near[0]!r}?" if near else f" Known here: {', '.join(known)}.")
    elif kind == "missing":
        place = (*place, str(loc[-1])) if not place or place[-1] != loc[-1] else place
        text = "this key is missing. Add it."
    elif kind == "string_type":
        text = "text is needed here. Put the value in quotes."
    elif kind == "string_pattern_mismatch":
        text = "a name has small letters, digits and underscores, and begins with a letter."
    return _line(tree, place), _shown(place), text


def _real(tree: object, loc: Loc) -> Iterator[str | int]:
    """The parts of a validation place that are in the file: names of union members are not."""
    here = tree
    for place, part in enumerate(loc):
        inner = _child(here, part)
        if inner is not None:
            here = inner
        if inner is not None or (place == len(loc) - 1 and isinstance(here, CommentedMap)):
            yield part


def _child(here: object, part: str | int) -> object:
    if isinstance(here, CommentedMap):
        return here.get(part)
    if isinstance(here, CommentedSeq) and isinstance(part, int) and part < len(here):
        return here[part]
    return None


def _line(tree: object, place: Loc) -> int:
    """The line (from 1) of the deepest part of the place that is in the file."""
    line, here = 1, tree
    for part in place:
        if isinstance(here, CommentedMap) and part in here:
            line, here = here.lc.key(part)[0] + 1, here[part]
        elif isinstance(here, CommentedSeq) and isinstance(part, int) and part < len(here):
            line, here = here.lc.item(part)[0] + 1, here[part]
        else:
            break
    return line


def _shown(place: Loc) -> str:
    return ".".join(str(part) for part in place) or "file"


def _known_keys(place: Loc, model: type[BaseModel]) -> list[str]:
    """The keys that the schema knows at that place, found by the models' names."""
    for part in place:
        if isinstance(part, str) and part in model.model_fields:
            inner = list(_models(model.model_fields[part].annotation))
            if inner:
                model = inner[0]
    return sorted(model.model_fields)


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in getattr(annotation, "__args__", ()):
        yield from _models(argument)


def schema_text() -> str:
    """The published JSON schema of catalogue files (docs/reference/catalogue.schema.json)."""
    schema = TypeAdapter(ModuleFile).json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "Trueup catalogue file"
    return json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
