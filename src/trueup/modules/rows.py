"""The rows of one stream while its pages arrive: plain records, or items with what they count for.

Few distinct combinations of attributes exist among many items, so that everything that depends on them (conversions,
conditions, counting) is worked out once for each combination and remembered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from typing import Protocol

from trueup.core.expression import ExpressionError
from trueup.core.usage import Item, Scalar
from trueup.modules.catalogue_schema import FieldSource
from trueup.modules.conditions import Predicate
from trueup.modules.extraction import Page, Raw
from trueup.modules.failures import source_error
from trueup.modules.field_values import Mistyped, as_text, field_value, moment_of
from trueup.modules.port import UNASSIGNED

_organization = itemgetter(1)


class Rows(Protocol):
    """What the reader needs of either kind."""

    @property
    def distinct(self) -> int:
        """Rows read, those with the same key counted once."""

    def add(self, page: Page, parent: Mapping[str, Scalar]) -> None:
        """Take the rows of a page; `parent` are the fields of the record that the page was read for."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Fields of one group in order: `names`, where each comes from, and the slice of raw values that it takes. `plain`:
    each is the first raw value that is there, or a field of the parent, as text or as it comes; `single`: each is its
    only raw value."""

    names: tuple[str, ...]
    sources: tuple[FieldSource, ...]
    spans: tuple[tuple[int, int], ...]
    paths: tuple[str, ...]
    plain: bool
    single: bool

    @classmethod
    def of(cls, fields: Mapping[str, FieldSource], names: Sequence[str]) -> Columns:
        """Lay the named fields out side by side."""
        sources = tuple(fields[name] for name in names)
        spans, paths = [], list[str]()
        for source in sources:
            beside = () if source.units is None or source.units.path is None else (source.units.path,)
            spans.append((len(paths), len(paths) + len(source.paths) + len(beside)))
            paths += (*source.paths, *beside)
        plain = all(
            s.parent is not None or (s.kind in ("any", "text") and not (s.prefixes or s.joined or s.units))
            for s in sources
        )
        single = plain and all(s.parent is None and len(s.paths) == 1 for s in sources)
        return cls(tuple(names), sources, tuple(spans), tuple(paths), plain, single)

    def values(self, raw: Raw, parent: Mapping[str, Scalar], odd: Counter[str]) -> tuple[Scalar, ...]:
        """The fields' values; one that does not fit its kind counts as missing and is noted in `odd`."""
        found: list[Scalar] = []
        for name, source, (start, end) in zip(self.names, self.sources, self.spans, strict=True):
            if source.parent is not None:
                found.append(parent.get(source.parent))
                continue
            try:
                found.append(field_value(source, raw[start:end]))
            except Mistyped:
                odd[name] += 1
                found.append(None)
        return tuple(found)


class PlainRows:
    """Rows of a stream that lists something other than items, as records of its fields."""

    def __init__(self, columns: Columns, where: Sequence[Predicate], key: str | None) -> None:
        self._columns = columns
        self._where = where
        self._key = None if key is None else columns.names.index(key)
        self._seen: set[Scalar] = set()
        self.kept: list[dict[str, Scalar]] = []
        self.dropped: list[dict[str, Scalar]] = []
        self.odd: Counter[str] = Counter()

    @property
    def distinct(self) -> int:
        """See Rows."""
        return len(self.kept) + len(self.dropped)

    def add(self, page: Page, parent: Mapping[str, Scalar]) -> None:
        """See Rows."""
        for row in page.rows:
            values = self._columns.values(page.second(row), parent, self.odd)
            if self._key is not None and values[self._key] is not None:
                if values[self._key] in self._seen:
                    continue
                self._seen.add(values[self._key])
            record = dict(zip(self._columns.names, values, strict=True))
            passed = all(judged(predicate, values) for predicate in self._where)
            (self.kept if passed else self.dropped).append(record)


@dataclass(slots=True)
class Combination:
    """One distinct set of values. `base` passes the stream's fixed conditions, `kept` also those of the settings;
    `seen` counts rows read, `index` is its place in the table."""

    index: int
    values: tuple[Scalar, ...]
    attributes: tuple[Scalar, ...]
    base: bool
    kept: bool
    seen: int = 0


@dataclass(frozen=True, slots=True)
class ItemPlan:
    """How the items of a stream are read: `identity` is key, name and organization, `rest` everything else.

    `timely` names the places in `rest` that become an answer about a time ("seen in the last days"). `scope` names the
    parent's field that stands in front of each key where a list is read once for each parent: two customers may well
    have an item of the same key.
    """

    identity: Columns
    rest: Columns
    attributes: tuple[str, ...]
    base: tuple[Predicate, ...]
    switched: tuple[Predicate, ...]
    timely: tuple[tuple[tuple[int, int], Callable[[datetime], bool]], ...] = ()
    scope: str | None = None


@dataclass(slots=True)
class Members:
    """Which organizations are there: a listed key leads to itself, one that a condition dropped to None."""

    keys: dict[object, str | None] = field(default_factory=dict)
    unlisted: list[str] = field(default_factory=list)

    def admit(self, raw: object) -> str | None:
        """The key under which items of an organization that was not listed are shown."""
        try:
            key = as_text(raw)
        except Mistyped:
            key = None
        key = key or UNASSIGNED
        if key in self.keys:
            return self.keys[key]
        self.keys[key] = key
        self.unlisted.append(key)
        return key


class ItemRows:
    """Items of one stream, counted by organization and combination."""

    def __init__(self, plan: ItemPlan, members: Members, excluded: Container[str]) -> None:
        self._plan = plan
        self._members = members
        self._excluded = excluded
        self._memo: dict[object, Combination] = {}
        self._seen: set[str] = set()
        self._take = tuple(plan.rest.names.index(name) for name in plan.attributes)
        self._marks: list[int] = []
        self.combinations: list[Combination] = []
        self.items: list[Item] = []
        self.excluded = 0
        self.without_key = 0
        self.odd: Counter[str] = Counter()

    @property
    def distinct(self) -> int:
        """See Rows."""
        return len(self._seen)

    @property
    def base_count(self) -> int:
        """Rows that pass the fixed conditions, before exclusions and settings."""
        return sum(known.seen for known in self.combinations if known.base)

    def counted(self) -> Counter[tuple[str, int]]:
        """How many items each organization has of each combination (its index)."""
        return Counter(zip(map(_organization, self.items), self._marks, strict=True))

    def by_combination(self) -> Counter[int]:
        """How many items there are of each combination (its index)."""
        return Counter(self._marks)

    def add(self, page: Page, parent: Mapping[str, Scalar]) -> None:
        """See Rows."""
        plan, memo, seen, excluded = self._plan, self._memo, self._seen, self._excluded
        first, second, keys = page.first, page.second, self._members.keys
        items, marks = self.items, self._marks
        identified = self._identifying(parent)
        for row in page.rows:
            identity: tuple[object, ...] = first(row)
            key, name, owner = identity if identified is None else identified(identity)
            if type(key) is not str or not key:
                key = self._key_of(key, name)
            if key in seen:
                continue
            seen.add(key)
            rest: Raw = second(row)
            if plan.timely:
                rest = self._with_answers(rest)
            try:
                known = memo[rest]
            except (KeyError, TypeError):
                known = self._learn(rest, parent)
            known.seen += 1
            if not known.kept:
                continue
            if key in excluded:
                self.excluded += 1
                continue
            try:
                organization = keys[owner]
            except (KeyError, TypeError):
                organization = self._admitted(owner)
            if organization is None:
                continue
            items.append(Item(key, organization, name if type(name) is str else self._name_of(name), known.attributes))
            marks.append(known.index)

    def _identifying(self, parent: Mapping[str, Scalar]) -> Callable[[Raw], tuple[object, ...]] | None:
        """How key, name and organization come from the raw values of a page's rows; None where they are these."""
        columns, scope = self._plan.identity, self._plan.scope
        if columns.single and scope is None:
            return None
        if columns.plain:
            key_in, name_in, owner_in = (
                _taken(source, span, parent) for source, span in zip(columns.sources, columns.spans, strict=True)
            )

            def read(raw: Raw) -> tuple[object, ...]:
                return key_in(raw), name_in(raw), owner_in(raw)

        else:

            def read(raw: Raw) -> tuple[object, ...]:
                return columns.values(raw, parent, self.odd)

        if scope is None:
            return read
        before = f"{_name(parent.get(scope))}/"

        def scoped(raw: Raw) -> tuple[object, ...]:
            key, name, owner = read(raw)
            return f"{before}{self._key_of(key, name)}", name, owner

        return scoped

    def _admitted(self, owner: object) -> str | None:
        if isinstance(owner, (list, dict)):
            self.odd[self._plan.identity.names[2]] += 1
        return self._members.admit(owner)

    def _name_of(self, name: object) -> str:
        if isinstance(name, (list, dict)):
            self.odd[self._plan.identity.names[1]] += 1
        return _name(name)

    def _key_of(self, key: object, name: object) -> str:
        try:
            text = as_text(key)
        except Mistyped:
            self.odd[self._plan.identity.names[0]] += 1
            text = None
        if text:
            return text
        self.without_key += 1
        return f"~{_name(name)}~{self.without_key}"

    def _with_answers(self, rest: Raw) -> Raw:
        changed = list(rest)
        for (start, end), answer in self._plan.timely:
            given = next((value for value in rest[start:end] if value is not None), None)
            try:
                moment = moment_of(given)
            except Mistyped:
                moment = None
            changed[start] = moment is not None and answer(moment)
        return tuple(changed)

    def _learn(self, rest: Raw, parent: Mapping[str, Scalar]) -> Combination:
        plan = self._plan
        values = plan.rest.values(rest, parent, self.odd)
        base = all(judged(predicate, values) for predicate in plan.base)
        kept = base and all(judged(predicate, values) for predicate in plan.switched)
        attributes = tuple(values[place] for place in self._take)
        known = Combination(len(self.combinations), values, attributes, base, kept)
        self.combinations.append(known)
        if not any(source.parent for source in plan.rest.sources):
            with suppress(TypeError):  # a list or an object where a value was expected cannot be remembered
                self._memo[rest] = known
        return known


def _taken(source: FieldSource, span: tuple[int, int], parent: Mapping[str, Scalar]) -> Callable[[Raw], object]:
    """What takes one plain field from the raw values of a row."""
    if source.parent is not None:
        given = parent.get(source.parent)
        return lambda _: given
    if len(source.paths) == 1:
        return itemgetter(span[0])
    places = slice(*span)
    return lambda raw: next((value for value in raw[places] if value is not None), None)


def _name(value: object) -> str:
    try:
        return as_text(value) or ""
    except Mistyped:
        return ""


def judged(predicate: Predicate, values: tuple[Scalar, ...]) -> bool:
    """Whether the condition holds. Raises SourceError where it cannot be worked out."""
    try:
        return predicate(values)
    except ExpressionError as error:
        raise source_error("module.condition_failed", condition=error.text, error=error.code) from None
