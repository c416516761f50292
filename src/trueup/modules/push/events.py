"""CloudEvents (version 1.0, JSON format) as statements about usage, each checked by itself.

Sources: the CloudEvents specification 1.0.2 and its JSON event format (batch: an array of events). An event is refused
as a whole or understood as a whole; what is wrong with one never hides another.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final, TypeVar

import msgspec

from trueup.core.reason import Param, Reason
from trueup.core.usage import Scalar

USAGE: Final = "trueup.usage"
"""Type of an event that states what one organization uses on one day."""
COMPLETE: Final = "trueup.usage.complete"
"""Type of the event that says that a day is complete, and which organizations there are."""

TYPE_OF_ITEM: Final = "billing_type"
"""The attribute under which an item keeps its billing type; a sender may have none of that name."""

LONGEST_KEY: Final = 200
LONGEST_NAME: Final = 500
MOST_DIGITS: Final = 18


class EventError(Exception):
    """An event that cannot be taken, with a reason of the family `push`."""

    def __init__(self, code: str, **params: Param) -> None:
        super().__init__(code)
        self.reason = Reason.of(code, **params)


class _Envelope(msgspec.Struct):
    id: str
    source: str
    type: str
    specversion: str
    data: Any = None


class _Organization(msgspec.Struct, forbid_unknown_fields=True):
    key: str
    name: str | None = None
    psa_hint: str | None = None


class _Item(msgspec.Struct, forbid_unknown_fields=True):
    key: str
    billing_type: str
    name: str = ""
    attributes: dict[str, Any] = msgspec.field(default_factory=dict)


class _Usage(msgspec.Struct, forbid_unknown_fields=True):
    day: date
    organization: _Organization
    counts: dict[str, Any] = msgspec.field(default_factory=dict)
    items: list[_Item] | None = None


class _Complete(msgspec.Struct, forbid_unknown_fields=True):
    day: date
    organizations: list[_Organization]
    billing_types: list[str] = msgspec.field(default_factory=list)
    short_because: str | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """An organization as the sender names it."""

    key: str
    name: str
    psa_hint: str | None = None


@dataclass(frozen=True, slots=True)
class PushedItem:
    """One counted thing behind a count."""

    key: str
    billing_type: str
    name: str
    attributes: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UsageStatement:
    """What one organization uses on a day, by the last word of each billing type. `with_items` names the billing types
    whose items come along: their counts are the items, counted."""

    day: date
    organization: Named
    counts: Mapping[str, Decimal]
    items: tuple[PushedItem, ...] = ()
    with_items: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Completion:
    """A day is complete: these organizations there are, and these billing types were counted for all of them."""

    day: date
    organizations: tuple[Named, ...]
    billing_types: tuple[str, ...] = ()
    short_because: str | None = None


Statement = UsageStatement | Completion


@dataclass(frozen=True, slots=True)
class Event:
    """An event that was read: who it is, a digest of its content, its text, and what it states."""

    id: str
    source: str
    digest: str
    body: bytes
    statement: Statement


T = TypeVar("T")

_BATCH: Final = msgspec.json.Decoder(list[msgspec.Raw])


def split_batch(body: bytes) -> tuple[bytes, ...]:
    """The events of a body: an array of them, or a single one. Raises EventError `push.not_json`."""
    text = body.lstrip()
    if text[:1] == b"{":
        return (bytes(body),)
    try:
        return tuple(bytes(one) for one in _BATCH.decode(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise EventError("push.not_json", detail=str(error)[:200]) from None


def read_event(body: bytes) -> Event:
    """One event. Raises EventError `push.shape`, `push.version`, `push.type`, `push.text`, `push.duplicate_key`,
    `push.count`, `push.count_without_its_items`, `push.item_twice`, `push.nothing_said`."""
    envelope = _shaped(_parsed(body), _Envelope)
    for text, longest in ((envelope.id, LONGEST_KEY), (envelope.source, LONGEST_NAME)):
        _checked(text, longest)
    if envelope.specversion != "1.0":
        raise EventError("push.version", version=_shown(envelope.specversion))
    data = envelope.data
    if envelope.type == USAGE:
        statement: Statement = _usage(_shaped(data, _Usage))
    elif envelope.type == COMPLETE:
        statement = _complete(_shaped(data, _Complete))
    else:
        raise EventError("push.type", type=_shown(envelope.type), known=f"{USAGE}, {COMPLETE}")
    same = msgspec.json.encode([envelope.type, data], order="deterministic", enc_hook=str)
    return Event(envelope.id, envelope.source, hashlib.sha256(same).hexdigest(), body, statement)


def identity_of(body: bytes) -> tuple[str, str]:
    """Id and source of an event that may be broken, to name it in the answer; empty where they cannot be read."""
    try:
        found = _shaped(_parsed(body), _Envelope)
    except EventError:
        return "", ""
    return _shown(found.id), _shown(found.source)


def _shown(text: str) -> str:
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text[:LONGEST_KEY])


def _twice(names: Iterable[str]) -> str | None:
    """A name that stands there twice."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    twice = _twice(name for name, _ in pairs)
    if twice is not None:
        raise EventError("push.duplicate_key", key=_shown(twice))
    return dict(pairs)


def _no_number(text: str) -> object:
    raise EventError("push.shape", detail=text)


def _parsed(text: bytes) -> object:
    """JSON with exact numbers, in which every name stands once."""
    try:
        return json.loads(text, object_pairs_hook=_each_once, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise EventError("push.shape", detail=str(error)[:200]) from None


def _shaped(data: object, form: type[T]) -> T:
    try:
        return msgspec.convert(data, form)
    except msgspec.ValidationError as error:
        raise EventError("push.shape", detail=str(error)[:200]) from None
    except UnicodeError:  # half of a surrogate pair in a name that has no place here
        raise EventError("push.shape", detail="a name that is no Unicode text") from None


def _checked(text: str, longest: int = LONGEST_KEY) -> str:
    """A text that can be kept and shown. Raises EventError `push.text`."""
    found = text.strip()
    bad = any(unicodedata.category(letter) in {"Cc", "Cs", "Co", "Cn"} for letter in found)
    if not found or len(found) > longest or bad:
        raise EventError("push.text", text=_shown(text), longest=longest)
    return found


def _named(found: _Organization) -> Named:
    key = _checked(found.key)
    name = _checked(found.name, LONGEST_NAME) if found.name is not None else key
    return Named(key, name, _checked(found.psa_hint) if found.psa_hint is not None else None)


def _count(name: str, value: object) -> Decimal:
    """A count as a number. Text, a negative one and one with too many digits are none."""
    exact = Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value
    fine = isinstance(exact, Decimal) and exact.is_finite() and exact >= 0
    if not isinstance(exact, Decimal) or not fine or len(exact.as_tuple().digits) > MOST_DIGITS:
        raise EventError("push.count", type=_shown(name), value=_shown(str(value)[:40]))
    if not -6 <= int(exact.as_tuple().exponent) <= MOST_DIGITS:
        raise EventError("push.count", type=_shown(name), value=_shown(str(value)[:40]))
    return abs(exact)  # a zero below zero is a zero


def _attribute(name: str, value: object) -> Scalar:
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | Decimal):
        exact = Decimal(value)
        return _count(name, exact.copy_abs()).copy_sign(exact)
    if isinstance(value, str):
        return _checked(value, LONGEST_NAME) if value.strip() else None
    raise EventError("push.shape", detail=f"attributes.{_shown(name)}")


def _items(given: list[_Item]) -> tuple[PushedItem, ...]:
    found: dict[str, PushedItem] = {}
    for one in given:
        key = _checked(one.key)
        if key in found:
            raise EventError("push.item_twice", item=key)
        attributes = _each_once([(_checked(name), _attribute(name, value)) for name, value in one.attributes.items()])
        if TYPE_OF_ITEM in attributes:
            raise EventError("push.duplicate_key", key=TYPE_OF_ITEM)
        name = _checked(one.name, LONGEST_NAME) if one.name.strip() else key
        found[key] = PushedItem(key, _checked(one.billing_type), name, attributes)
    return tuple(found.values())


def _usage(found: _Usage) -> UsageStatement:
    organization = _named(found.organization)
    counts = _each_once([(_checked(name), _count(name, value)) for name, value in found.counts.items()])
    items = _items(found.items or [])
    counted: dict[str, int] = {}
    for item in items:
        counted[item.billing_type] = counted.get(item.billing_type, 0) + 1
    if found.items is not None:
        for name, value in counts.items():
            if value != counted.get(name, 0):
                raise EventError(
                    "push.count_without_its_items", type=name, count=str(value), items=counted.get(name, 0)
                )
    if not counts and not counted:
        raise EventError("push.nothing_said", organization=organization.key)
    with_items = frozenset(counted) | (frozenset(counts) if found.items is not None else frozenset())
    exact = counts | {name: Decimal(number) for name, number in counted.items()}
    return UsageStatement(found.day, organization, exact, items, with_items)


def _complete(found: _Complete) -> Completion:
    organizations = tuple(_named(one) for one in found.organizations)
    twice = _twice(one.key for one in organizations)
    if twice is not None:
        raise EventError("push.duplicate_key", key=twice)
    because = _checked(found.short_because, LONGEST_NAME) if found.short_because is not None else None
    return Completion(found.day, organizations, tuple(_checked(one) for one in found.billing_types), because)
