"""What the vendor's metadata says about entities and their fields, parsed from the tables in `entities_*.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

KINDS = {
    "integer": "integer",
    "long": "long",
    "decimal": "decimal",
    "string": "string",
    "boolean": "boolean",
    "datetime": "datetime",
    "date": "datetime",  # the vendor knows one type; date-only fields drop their time part
}


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an entity."""

    name: str
    kind: str
    """A key of `KINDS`."""
    length: int = 0
    required: bool = False
    read_only: bool = False
    create_only: bool = False
    queryable: bool = True
    returned: bool = True
    """False for what is accepted in a body but never answered (`ContractServices.adjustedPrice`)."""
    reference: str | None = None
    """Entity (path name) that an id refers to."""
    picklist: tuple[tuple[int, str], ...] | None = None

    @property
    def is_number(self) -> bool:
        """Holds an integer or a decimal."""
        return self.kind in {"integer", "long", "decimal"}


@dataclass(frozen=True)
class Entity:
    """An entity with its fields and what the API lets one do with it on its own path."""

    path: str
    """Plural, as in the address: `Contracts`."""
    name: str
    """Singular, as in error texts: `Contract`."""
    fields: tuple[Field, ...]
    query: bool = True
    create: bool = False
    update: bool = False
    delete: bool = False
    child_create: bool = False
    """Created or changed below a parent's path only."""
    udf: bool = False

    @cached_property
    def by_name(self) -> Mapping[str, Field]:
        """Fields by lower-case name: the API does not mind the case."""
        return {entry.name.lower(): entry for entry in self.fields}

    @cached_property
    def answered(self) -> tuple[Field, ...]:
        """Fields that an answer carries."""
        return tuple(entry for entry in self.fields if entry.returned)


@dataclass(frozen=True, slots=True)
class Child:
    """A collection below a parent: `Contracts/{id}/Services`."""

    parent: str
    name: str
    entity: str
    key: str
    """Field of the child that holds the parent's id."""
    methods: frozenset[str] = field(default_factory=frozenset)
    """Methods of the collection; `delete` and `item` concern `/{id}`."""


def table(text: str) -> tuple[Field, ...]:
    """Parse a field table: `name[,name...] kind [flag...]`, one line each; `#` starts a comment.

    Flags: `required`, `readonly`, `once` (settable on create only), `unqueryable`, `hidden` (never answered),
    `len=N`, `ref=Entity`, `pick=1:Label|2:Other label`.
    """
    found: list[Field] = []
    for raw in text.splitlines():
        line = raw.partition("#")[0].strip()
        if not line:
            continue
        names, kind, *flags = line.split(None, 2)
        options = _flags(flags[0] if flags else "")
        if kind not in KINDS:
            raise ValueError(f"unknown kind {kind!r} in {line!r}")
        found += [_field(name, kind, options) for name in names.split(",")]
    return tuple(found)


def _flags(text: str) -> dict[str, str]:
    before, has_picklist, picklist = text.partition("pick=")
    options = {flag.partition("=")[0]: flag.partition("=")[2] for flag in before.split()}
    if has_picklist:
        options["pick"] = picklist.strip()
    return options


def _field(name: str, kind: str, options: dict[str, str]) -> Field:
    known = {"required", "readonly", "once", "unqueryable", "hidden", "len", "ref", "pick"}
    if unknown := set(options) - known:
        raise ValueError(f"unknown flags {sorted(unknown)} on {name}")
    picklist = None
    if "pick" in options:
        picklist = tuple(
            (int(value), label.strip())
            for value, _, label in (entry.partition(":") for entry in options["pick"].split("|"))
        )
    return Field(
        name=name,
        kind=kind,
        length=int(options.get("len", 100 if kind == "string" else 0)),
        required="required" in options,
        read_only="readonly" in options,
        create_only="once" in options,
        queryable="unqueryable" not in options,
        returned="hidden" not in options,
        reference=options.get("ref"),
        picklist=picklist,
    )
