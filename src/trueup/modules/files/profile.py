"""A column profile: what the columns of one source's files mean. Saved as the settings of the source's connection.

Keys are flat texts, so that a profile can be typed, listed and exported like the settings of any connection; the guide
docs/guides/files.md explains each. A profile says how units are counted in exactly one of three ways: a column for each
billing type (`count.TYPE`), a quantity a row (`quantity`), or an item a row (`item`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from trueup.core.digest import digest
from trueup.core.expression import fold
from trueup.core.usage import BillingType, Certainty, MetricKind
from trueup.modules.catalogue_files import known_modules, load_catalogue

SOURCE: Final = ("source", "file")
"""The setting by which a connection is known to be fed by files."""

ITEMS: Final = "items"
"""Name of the stream of a file with one item a row; the attribute `billing_type` says as what it counts."""

_TYPE = re.compile(r"[a-z][a-z0-9_]*")
_KIND = re.compile(r"[a-z][a-z0-9_]*")
_PLAIN = (
    "organization organization_name type quantity item item_name counts day day_format day_rule complete duplicates "
    "blank cadence decimal delimiter encoding sheet"
).split()
_GROUPS = ("count", "name", "label", "unit", "kind", "attribute", "only", "skip")
CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "day_format": ("iso", "dmy", "mdy"),
    "day_rule": ("today", "month_end"),
    "complete": ("no", "yes"),
    "duplicates": ("refuse", "sum", "once"),
    "blank": ("unknown", "zero"),
    "cadence": ("daily", "monthly"),
    "decimal": ("auto", "comma", "point"),
    "delimiter": ("auto", "comma", "semicolon", "tab", "pipe"),
    "encoding": ("auto", "utf-8", "utf-16", "windows-1252", "iso-8859-1"),
}
_BY_TYPE = ("count", "name", "label", "unit", "kind")


class ProfileError(ValueError):
    """A profile that cannot be used: a code of the family `file` with its texts."""

    def __init__(self, code: str, **params: str) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


@dataclass(frozen=True, slots=True)
class FileProfile:
    """One source's profile. Columns are named as the file's header does, compared trimmed and without case.

    `kind` is the module whose billing types are counted: the first word of their keys. `only` holds columns with the
    only value that a row may have there (a currency, a unit), `skip` columns with values whose rows are left out.
    """

    kind: str
    organization: str
    organization_name: str | None = None
    counts: Mapping[str, str] = field(default_factory=dict)
    type_column: str | None = None
    fixed_type: str | None = None
    quantity: str | None = None
    item: str | None = None
    item_name: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, MetricKind] = field(default_factory=dict)
    day: str | None = None
    day_format: str = "iso"
    day_rule: str = "today"
    complete: bool = False
    duplicates: str = "refuse"
    blank_is_zero: bool = False
    decimal: str = "auto"
    delimiter: str = "auto"
    encoding: str = "auto"
    sheet: str | None = None
    only: Mapping[str, str] = field(default_factory=dict)
    skip: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    definition: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that the profile needs, each once."""
        found = (self.organization, self.organization_name, *self.counts.values(), self.type_column, self.quantity)
        more = (self.item, self.item_name, *self.attributes.values(), self.day, *self.only, *self.skip)
        return tuple(dict.fromkeys(name for name in (*found, *more) if name is not None))

    @property
    def layout(self) -> tuple[str, ...]:
        """Names of the attributes that items keep, in order."""
        return ("billing_type", *self.attributes)

    def billing_type(self, name: str, text: str | None = None) -> BillingType:
        """A billing type of this source, by the last word of its key; `text` is what the file calls it."""
        known = catalogued(self.kind).get(name)
        label = self.labels.get(name) or (known.label if known else None) or text or self.names.get(name) or name
        return BillingType(
            key=f"{self.kind}.{name}",
            label=label,
            kind=self.kinds.get(name) or (known.kind if known else MetricKind.LEVEL),
            unit=self.units.get(name) or (known.unit if known else "unit"),
            certainty=known.certainty if known else Certainty.DOCUMENTED,
            stream=ITEMS if self.item else None,
            condition=f'billing_type == "{name}"' if self.item else None,
        )

    def promised(self) -> tuple[BillingType, ...]:
        """The billing types that are known before any file was read."""
        named = (*self.counts, *((self.fixed_type,) if self.fixed_type else ()), *self.names, *self.labels)
        listed = tuple(catalogued(self.kind)) if self.type_column else ()
        return tuple(self.billing_type(name) for name in dict.fromkeys((*named, *self.units, *self.kinds, *listed)))


def catalogued(kind: str) -> Mapping[str, BillingType]:
    """The billing types that a catalogue file names for a module, by the last word of their keys; none without one."""
    if kind not in known_modules():
        return {}
    found = load_catalogue(kind).billing_types
    return {
        name: BillingType(f"{kind}.{name}", one.label, one.kind, one.unit or "unit", one.certainty)
        for name, one in found.items()
    }


def is_file_source(settings: Mapping[str, str]) -> bool:
    """Whether a connection with these settings is fed by files."""
    return settings.get(SOURCE[0]) == SOURCE[1]


def profile_from(kind: str, settings: Mapping[str, str]) -> FileProfile:
    """The profile in a connection's settings. Raises ProfileError `file.profile_*`."""
    if not _KIND.fullmatch(kind):
        raise ProfileError("file.profile_kind", kind=kind)
    groups: dict[str, dict[str, str]] = {name: {} for name in _GROUPS}
    plain: dict[str, str] = {}
    for key, value in settings.items():
        _sort_in(key, value.strip(), groups, plain)
    for key, known in CHOICES.items():
        if plain.setdefault(key, known[0]) not in known:
            raise ProfileError("file.profile_value", key=key, value=plain[key], known=", ".join(known))
    _check(groups, plain)
    return FileProfile(
        kind=kind,
        organization=plain["organization"],
        organization_name=plain.get("organization_name"),
        counts=groups["count"],
        type_column=plain.get("type"),
        fixed_type=plain.get("counts"),
        quantity=plain.get("quantity"),
        item=plain.get("item"),
        item_name=plain.get("item_name"),
        attributes=groups["attribute"],
        names=groups["name"],
        labels=groups["label"],
        units=groups["unit"],
        kinds={name: MetricKind(value) for name, value in groups["kind"].items()},
        day=plain.get("day"),
        day_format=plain["day_format"],
        day_rule=plain["day_rule"],
        complete=plain["complete"] == "yes",
        duplicates=plain["duplicates"],
        blank_is_zero=plain["blank"] == "zero",
        decimal=plain["decimal"],
        delimiter=plain["delimiter"],
        encoding=plain["encoding"],
        sheet=plain.get("sheet"),
        only=groups["only"],
        skip={column: tuple(fold(text) for text in value.split("|")) for column, value in groups["skip"].items()},
        definition=digest([kind, *(f"{key}={value}" for key, value in sorted(settings.items()))]),
    )


def _sort_in(key: str, value: str, groups: dict[str, dict[str, str]], plain: dict[str, str]) -> None:
    group, dot, name = key.partition(".")
    if key == SOURCE[0]:
        return
    if dot and group in groups and name.strip():
        if group in (*_BY_TYPE, "attribute") and not _TYPE.fullmatch(name):
            raise ProfileError("file.profile_type", key=key, value=name)
        if group == "kind" and value not in set(MetricKind):
            raise ProfileError("file.profile_value", key=key, value=value, known=", ".join(MetricKind))
        groups[group][name.strip()] = value
    elif key in _PLAIN:
        if value:
            plain[key] = value
    else:
        raise ProfileError("file.profile_key", key=key, known=", ".join((*_PLAIN, *(f"{one}.NAME" for one in _GROUPS))))


def _check(groups: Mapping[str, Mapping[str, str]], plain: Mapping[str, str]) -> None:
    """What belongs together, and what excludes the other."""
    if "organization" not in plain:
        raise ProfileError("file.profile_needs", key="organization")
    ways = [name for name, chosen in (("count.TYPE", groups["count"]), ("quantity", "quantity" in plain)) if chosen]
    ways += ["item"] if "item" in plain else []
    if len(ways) != 1:
        raise ProfileError("file.profile_ways", ways=", ".join(ways))
    if ways[0] != "count.TYPE" and ("type" in plain) == ("counts" in plain):
        raise ProfileError("file.profile_which_type")
    if not _TYPE.fullmatch(plain.get("counts", "x")):
        raise ProfileError("file.profile_type", key="counts", value=plain["counts"])
    not_item = "item" not in plain
    if plain["duplicates"] == ("once" if not_item else "sum"):
        allowed = "refuse, sum" if not_item else "refuse, once"
        raise ProfileError("file.profile_value", key="duplicates", value=plain["duplicates"], known=allowed)
    if not_item and (groups["attribute"] or "item_name" in plain):
        raise ProfileError("file.profile_needs", key="item")
    if "billing_type" in groups["attribute"]:
        raise ProfileError("file.profile_type", key="attribute.billing_type", value="billing_type")
