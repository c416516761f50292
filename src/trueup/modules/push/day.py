"""A pushed day as a collection: everything that was stated about it so far, later statements in place of earlier ones.

Before its completion a day is `partial`: it may raise and never lower. The completion lists the organizations; one of
them of which nothing is stated is then a measured zero (design section 8, decision 0090-push).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from trueup.core.reason import Reason
from trueup.core.usage import (
    BillingType,
    Certainty,
    Collection,
    Coverage,
    Inventory,
    Item,
    MetricKind,
    ModuleOrganization,
    Reading,
)
from trueup.modules.push.events import Completion, EventError, Named, PushedItem, Statement, UsageStatement

ITEMS: Final = "items"
"""The one stream of pushed items; each has its billing type among its attributes."""

_SHORT = 2
"""A completion that lists less than one part in this many of what is known looks cut."""


@dataclass(frozen=True, slots=True)
class Source:
    """What is known of a source before a day: its kind, its billing types by the last word of their keys, and the
    organizations in use, by key."""

    connection: str
    kind: str
    types: Mapping[str, BillingType]
    organizations: Mapping[str, str] = field(default_factory=dict)


class PushedDay:
    """The statements about one day, taken in the order in which they came."""

    def __init__(self, source: Source, day: date) -> None:
        self.source = source
        self.day = day
        self.completion: Completion | None = None
        self._named: dict[str, Named] = {}
        self._values: dict[tuple[str, str], Decimal] = {}
        self._items: dict[tuple[str, str], tuple[PushedItem, ...]] = {}
        self._owner: dict[str, tuple[str, str]] = {}

    def take(self, statement: Statement) -> None:
        """Add a statement, or leave the day as it was. Raises EventError `push.unknown_type`, `push.flag`,
        `push.item_elsewhere`, `push.not_listed`, `push.usage_unlisted`, `push.too_short`, `push.no_types`."""
        if isinstance(statement, Completion):
            self._check_completion(statement)
        else:
            self._check_usage(statement)
        self.recall(statement)

    def recall(self, statement: Statement) -> None:
        """Add a statement that was taken before. What was right then is not asked again: the organizations and billing
        types that are known today are others."""
        if isinstance(statement, Completion):
            self.completion = statement
        else:
            self._use(statement)

    def _known_types(self, names: Iterable[str]) -> None:
        for name in names:
            if name not in self.source.types:
                known = ", ".join(sorted(self.source.types))
                raise EventError("push.unknown_type", type=name, known=known)

    def _check_usage(self, stated: UsageStatement) -> None:
        key = stated.organization.key
        self._known_types(stated.counts)
        for name, value in stated.counts.items():
            if self.source.types[name].kind is MetricKind.FLAG and value not in (0, 1):
                raise EventError("push.flag", type=name, value=str(value))
        if self.completion is not None and key not in {one.key for one in self.completion.organizations}:
            raise EventError("push.not_listed", organization=key, day=self.day)
        for item in stated.items:
            owner = self._owner.get(item.key)
            if owner is not None and owner not in {(key, name) for name in stated.counts}:
                raise EventError("push.item_elsewhere", item=item.key, organization=owner[0])

    def _use(self, stated: UsageStatement) -> None:
        key = stated.organization.key
        self._named[key] = stated.organization
        for name, value in stated.counts.items():
            for item in self._items.pop((key, name), ()):
                self._owner.pop(item.key, None)
            self._values[key, name] = value
            if name in stated.with_items:
                mine = tuple(item for item in stated.items if item.billing_type == name)
                self._items[key, name] = mine
                self._owner |= {item.key: (key, name) for item in mine}

    def _check_completion(self, stated: Completion) -> None:
        self._known_types(stated.billing_types)
        if not stated.billing_types and not self._values:
            raise EventError("push.no_types", day=self.day)
        listed = {one.key for one in stated.organizations}
        unlisted = sorted({key for (key, _), value in self._values.items() if value} - listed)
        if unlisted:
            raise EventError("push.usage_unlisted", organizations=", ".join(unlisted[:5]), count=len(unlisted))
        known = self.source.organizations
        if stated.short_because is None and len(listed & known.keys()) * _SHORT < len(known):
            raise EventError("push.too_short", named=len(listed & known.keys()), known=len(known))

    def collection(self, observed_at: datetime) -> Collection:
        """What the day says now."""
        done = self.completion
        named = {one.key: self._better(one) for one in done.organizations} if done else self._named
        spoken = {name for _, name in self._values} | set(done.billing_types if done else ())
        types = {name: self._with_items(self._type(name)) for name in sorted(spoken)}
        inventories: tuple[Inventory, ...] = ()
        if self._items:
            inventories = (self._inventory(done is not None),)
        return Collection(
            connection=self.source.connection,
            module=self.source.kind,
            day=self.day,
            observed_at=observed_at,
            coverage=Coverage.PARTIAL if done is None else Coverage.MEASURED,
            billing_types=tuple(types.values()),
            organizations=tuple(
                ModuleOrganization(one.key, one.name, one.psa_hint) for _, one in sorted(named.items())
            ),
            inventories=inventories,
            readings=tuple(self._readings(sorted(named), types, complete=done is not None)),
            notes=self._notes(),
            definition="push",
        )

    def _better(self, listed: Named) -> Named:
        """A listed organization with the name that a usage statement gave it, where the list gives none."""
        known = self._named.get(listed.key)
        if known is not None and listed.name == listed.key:
            return known
        if listed.name == listed.key and listed.key in self.source.organizations:
            return replace(listed, name=self.source.organizations[listed.key])
        return listed

    def _type(self, name: str) -> BillingType:
        """A billing type; one that the source's file does not name any more as a plain level."""
        key = f"{self.source.kind}.{name}"
        known = self.source.types.get(name)
        return known or BillingType(key, name, MetricKind.LEVEL, "item", Certainty.DOCUMENTED)

    def _with_items(self, kind: BillingType) -> BillingType:
        name = kind.key.rpartition(".")[2]
        if any(billed == name for _, billed in self._items):
            return replace(kind, stream=ITEMS, condition=f'billing_type == "{name}"')
        return kind

    def _inventory(self, whole: bool) -> Inventory:
        names = sorted({name for items in self._items.values() for item in items for name in item.attributes})
        found = [
            Item(item.key, key, item.name, (item.billing_type, *(item.attributes.get(name) for name in names)))
            for (key, _), items in self._items.items()
            for item in items
        ]
        counted = {name for _, name in self._items}
        without = {
            key
            for (key, name), value in self._values.items()
            if value and name in counted and (key, name) not in self._items
        }
        partial = frozenset(without) if whole else frozenset({*self._named, *self.source.organizations})
        return Inventory(ITEMS, ("billing_type", *names), tuple(sorted(found)), partial)

    def _readings(self, keys: Iterable[str], types: Mapping[str, BillingType], *, complete: bool) -> Iterable[Reading]:
        coverage = Coverage.MEASURED if complete else Coverage.PARTIAL
        there = set(keys)
        for key in sorted(there):
            for name, kind in types.items():
                value = self._values.get((key, name))
                if value is not None or complete:
                    yield Reading(kind.key, key, value or Decimal(0), coverage)
        if complete:
            return
        for key in sorted(self.source.organizations.keys() - there):
            for kind in types.values():
                if kind.kind in (MetricKind.LEVEL, MetricKind.FLAG):
                    yield Reading(kind.key, key, Decimal(0), Coverage.PARTIAL)

    def _notes(self) -> tuple[Reason, ...]:
        if self.completion is None:
            return (Reason.of("push.not_complete", day=self.day),)
        if self.completion.short_because is not None:
            return (Reason.of("push.short_accepted", why=self.completion.short_because),)
        return ()
