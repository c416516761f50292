"""From the bytes of a page to its rows: only the fields that a file needs, straight into generated structs.

The fast way decodes a page into structs made from the file's paths; everything else in the answer is skipped without
building it. A page that does not fit (an object where a list was, text where an object was) is decoded again without
types, so that one odd record never costs the page. Exact decimals only: no binary fraction is ever built.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from operator import attrgetter
from typing import TypeVar

import msgspec
from msgspec import UNSET, Struct

from trueup.modules.failures import SourceError, source_error

Raw = tuple[object, ...]
Getter = Callable[[object], Raw]
_T = TypeVar("_T")


def steps_of(path: str) -> tuple[str, ...]:
    """The keys of a dotted path; a backslash keeps the dot that follows; `.` is the root and has none."""
    if path == ".":
        return ()
    parts, kept = [""], False
    for character in path:
        if kept:
            parts[-1] += character
            kept = False
        elif character == "\\":
            kept = True
        elif character == ".":
            parts.append("")
        else:
            parts[-1] += character
    return tuple(part for part in parts if part)


def value_at(record: object, steps: Sequence[str]) -> object:
    """The value at that path of decoded JSON; UNSET where a key is missing on the way."""
    for step in steps:
        if not isinstance(record, dict) or step not in record:
            return UNSET
        record = record[step]
    return record


@dataclass(frozen=True, slots=True)
class _Flat:
    """A row of a flattened list with the record above it."""

    record: object
    above: object


@dataclass(slots=True)
class Page:
    """One decoded page. `first` and `second` give the two groups of raw values of a row; a null row gives nulls."""

    rows: Sequence[object]
    outer: dict[str, object]
    first: Getter
    second: Getter


class _Branch:
    """Paths below one key, while the structs are being made."""

    def __init__(self) -> None:
        self.below: dict[str, _Branch] = {}
        self.type: object = object

    def add(self, steps: Sequence[str], leaf: object = object) -> None:
        here = self
        for step in steps:
            here = here.below.setdefault(step, _Branch())
        here.type = leaf

    def attribute(self, steps: Sequence[str]) -> str:
        """The attribute path of a leaf in the generated structs."""
        names, here = [], self
        for step in steps:
            names.append(f"f{list(here.below).index(step)}")
            here = here.below[step]
        return ".".join(names)

    def struct(self, absent: object) -> type[Struct]:
        """A struct of these keys; a key that is not in the record gets `absent`."""
        fields, rename = [], {}
        for place, (key, branch) in enumerate(self.below.items()):
            kind = branch.struct(absent) | None if branch.below else branch.type
            fields.append((f"f{place}", kind, absent))
            rename[f"f{place}"] = key
        return msgspec.defstruct("Record", fields, rename=rename, gc=False)


def _clash(paths: Sequence[tuple[str, ...]]) -> bool:
    """Whether one path runs through another's value, which a struct cannot hold."""
    return any(a != b and b[: len(a)] == a for a in paths for b in paths) or any(not path for path in paths)


def _in_tuple(names: Sequence[str]) -> Getter:
    if not names:
        return lambda _row: ()
    if len(names) == 1:
        only = attrgetter(names[0])
        return lambda row: (only(row),)
    return attrgetter(*names)


class Extractor:
    """Decodes pages of one stream.

    `select` is the path to the rows, `groups` two groups of field paths (what identifies a row, and the rest), `outer`
    named paths of the answer around the rows. With `single` the answer is one record; with `values_of` the rows are
    the values of an object.
    """

    def __init__(
        self,
        select: str,
        groups: tuple[Sequence[str], Sequence[str]],
        outer: dict[str, str],
        *,
        single: bool = False,
        values_of: bool = False,
    ) -> None:
        self._select = select
        self._single = single
        self._values_of = values_of
        self._groups = tuple(tuple(_row_steps(path) for path in group) for group in groups)
        self._outer = {name: steps_of(path) for name, path in outer.items()}
        self._generic = msgspec.json.Decoder(float_hook=Decimal)
        self._slow = (self._slow_getter(0), self._slow_getter(1))
        self._typed = self._make_typed()

    def page(self, body: bytes) -> Page:
        """Decode one answer. Raises SourceError where it is not JSON or the rows are missing."""
        if self._typed is not None:
            try:
                return self._typed(body)
            except msgspec.DecodeError:
                pass
        try:
            answer = self._generic.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise not_json(body, str(error)) from None
        outer = {name: value_at(answer, steps) for name, steps in self._outer.items()}
        return Page(self._rows(answer), outer, *self._slow)

    # --- the slow way

    def _slow_getter(self, group: int) -> Getter:
        paths = self._groups[group]

        def get(row: object) -> Raw:
            own, above = (row.record, row.above) if isinstance(row, _Flat) else (row, None)
            values = (value_at(above if up else own, steps) for up, steps in paths)
            return tuple(None if value is UNSET else value for value in values)

        return get

    def _rows(self, answer: object) -> Sequence[object]:
        if self._single:
            found = value_at(answer, steps_of(self._select))
            return [found] if isinstance(found, dict) else _Missing(self._select)
        parts = self._select.removesuffix("[]").split("[]")
        found_rows: list[tuple[object, object]] = [(answer, None)]
        for place, part in enumerate(parts):
            steps = steps_of(part.strip(".") or ".")
            opened: list[tuple[object, object]] = []
            for record, above in found_rows:
                inner = value_at(record, steps)
                if self._values_of and isinstance(inner, dict):
                    inner = list(inner.values())
                if isinstance(inner, list):
                    higher = record if steps else above
                    opened += [(row, higher) for row in inner]
                elif place == 0:
                    return _Missing(self._select)
            found_rows = opened
        if len(parts) == 1:
            return [row for row, _ in found_rows]
        return [_Flat(row, above) for row, above in found_rows]

    # --- the fast way

    def _make_typed(self) -> Callable[[bytes], Page] | None:
        own = [steps for group in self._groups for up, steps in group]
        around = list(self._outer.values())
        chosen = steps_of(self._select)
        upward = any(up for group in self._groups for up, _ in group)
        if self._values_of or "[]" in self._select or upward or _clash(own) or _clash([*around, chosen or ("",)]):
            return None
        if not own or (not chosen and (around or self._single)):
            return None
        tree = _Branch()
        for steps in own:
            tree.add(steps)
        row = tree.struct(None)
        names = [[tree.attribute(steps) for _, steps in group] for group in self._groups]
        getters = [_guarded(_in_tuple(group), group) for group in names]
        if not chosen:
            plain = msgspec.json.Decoder(list[row | None], float_hook=Decimal)  # type: ignore[valid-type]
            return lambda body: Page(plain.decode(body), {}, getters[0], getters[1])
        envelope = _Branch()
        envelope.add(chosen, row if self._single else list[row | None])  # type: ignore[valid-type]
        for steps in around:
            envelope.add(steps)
        decoder = msgspec.json.Decoder(envelope.struct(UNSET), float_hook=Decimal)
        places = {name: tuple(envelope.attribute(steps).split(".")) for name, steps in self._outer.items()}
        chosen_place = tuple(envelope.attribute(chosen).split("."))

        def typed(body: bytes) -> Page:
            answer = decoder.decode(body)
            outer = {name: _attribute(answer, place) for name, place in places.items()}
            found = _attribute(answer, chosen_place)
            if found is UNSET or found is None:
                rows: Sequence[object] = _Missing(self._select)
            else:
                rows = [found] if self._single else found  # type: ignore[assignment]
            return Page(rows, outer, getters[0], getters[1])

        return typed


class _Missing(list[object]):
    """No rows at all where rows must be; told apart from an empty list once errors in the body were looked at."""

    def __init__(self, select: str) -> None:
        super().__init__()
        self.select = select


def refuse_missing(page: Page) -> None:
    """Raise SourceError when the answer has no list where the file says; call it after looking for errors."""
    if isinstance(page.rows, _Missing):
        raise source_error("module.list_missing", field=page.rows.select)


def _row_steps(path: str) -> tuple[bool, tuple[str, ...]]:
    return path.startswith("^"), steps_of(path.removeprefix("^"))


def _attribute(answer: object, place: tuple[str, ...]) -> object:
    for name in place:
        if answer is None or answer is UNSET:
            return UNSET
        answer = getattr(answer, name)
    return answer


def _guarded(fast: Getter, names: Sequence[str]) -> Getter:
    """The fast getter, and for a row that is null or has a null on the way the careful one."""
    places = [tuple(name.split(".")) for name in names]

    def get(row: object) -> Raw:
        try:
            return fast(row)
        except AttributeError:
            found = (_attribute(row, place) for place in places)
            return tuple(None if value is UNSET else value for value in found)

    return get


def not_json(body: bytes, message: str = "") -> SourceError:
    """What a body that is no JSON most likely is: an HTML page, an answer cut short, or something else."""
    start = body[:200].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"<"):
        return source_error("module.html_page").retrying()
    if not start or "truncated" in message:
        return source_error("module.cut_short", bytes=len(body)).retrying()
    return source_error("module.not_json", bytes=len(body)).retrying()
