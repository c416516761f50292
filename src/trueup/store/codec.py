"""Exact JSON for the values of `core`: what is written comes back equal, and of the same type.

msgspec does the work. It cannot tell text, decimals and days apart where a value may be any of them (parameters of a
reason, attributes of an item), so such a value is written with one letter in front: `s` text, `d` decimal, `t` day.
A field that is added to a dataclass later needs a default; then old rows are still read.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import msgspec

from trueup.core.reason import Reason
from trueup.store.errors import StoreError

T = TypeVar("T")
Tagged = str | int | bool | None
"""What a mixed value looks like in JSON."""

_INT64 = 2**63


def tagged(value: object) -> Tagged:
    """A value of mixed type with its letter. Refuses what is not exact (float) or not known, as TypeError."""
    kind = type(value)
    if kind is str:
        return "s" + cast("str", value)
    if value is None or kind is bool:
        return cast("Tagged", value)
    if isinstance(value, Decimal):
        return "d" + str(value)
    if kind is date:
        return "t" + cast("date", value).isoformat()
    if isinstance(value, str):
        return "s" + str.__str__(value)
    if isinstance(value, int):
        number = int(value)
        return number if -_INT64 <= number < _INT64 else f"i{number}"
    msg = f"a value of type {kind.__name__} cannot be kept"
    raise TypeError(msg)


def untagged(value: Tagged) -> str | int | Decimal | date | bool | None:
    """The value behind its letter."""
    if not isinstance(value, str):
        return value
    letter, text = value[:1], value[1:]
    if letter == "s":
        return text
    if letter == "d":
        return Decimal(text)
    if letter == "t":
        return date.fromisoformat(text)
    if letter == "i":
        return int(text)
    msg = f"unknown letter {letter!r}"
    raise ValueError(msg)


def pack_reason(reason: Reason) -> list[Tagged]:
    """A reason as one flat list: code, name, value, name, value."""
    flat: list[Tagged] = [reason.code]
    for name, value in reason.params:
        flat.append(name)
        flat.append(tagged(value))
    return flat


def unpack_reason(flat: list[Tagged]) -> Reason:
    """The reason behind the list."""
    names, values = flat[1::2], flat[2::2]
    return Reason(cast("str", flat[0]), tuple(zip(cast("list[str]", names), map(untagged, values), strict=True)))


class _Form(NamedTuple):
    """How a type travels: the type that msgspec sees, and the ways there and back (None: as it is)."""

    wire: Any
    pack: Callable[[Any], Any] | None = None
    unpack: Callable[[Any], Any] | None = None


@cache
def _form(kind: Any) -> _Form:  # noqa: ANN401 - types are values here
    if kind is Reason:
        return _Form(list[Tagged], pack_reason, unpack_reason)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return _union(kind, arguments)
    if origin is tuple:
        return _tuple(kind, arguments)
    if dataclasses.is_dataclass(kind):
        return _record(cast("type", kind))
    return _Form(kind)


def _union(kind: Any, members: tuple[Any, ...]) -> _Form:  # noqa: ANN401
    if str in members and (Decimal in members or date in members):
        return _Form(Tagged, tagged, untagged)
    others = [member for member in members if member is not types.NoneType]
    form = _form(others[0])
    if form.pack is None or len(others) > 1:
        return _Form(kind)
    pack, unpack = form.pack, cast("Callable[[Any], Any]", form.unpack)
    return _Form(
        form.wire | None,
        lambda value: None if value is None else pack(value),
        lambda value: None if value is None else unpack(value),
    )


def _tuple(kind: Any, members: tuple[Any, ...]) -> _Form:  # noqa: ANN401
    if len(members) == 2 and members[1] is ...:
        form = _form(members[0])
        if form.pack is None:
            return _Form(kind)
        pack, unpack = form.pack, cast("Callable[[Any], Any]", form.unpack)
        return _Form(list[form.wire], lambda value: [pack(v) for v in value], lambda value: tuple(map(unpack, value)))  # type: ignore[name-defined]
    forms = [_form(member) for member in members]
    if all(form.pack is None for form in forms):
        return _Form(kind)

    def there(value: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(v if f.pack is None else f.pack(v) for f, v in zip(forms, value, strict=True))

    def back(value: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(v if f.unpack is None else f.unpack(v) for f, v in zip(forms, value, strict=True))

    wires: Any = tuple(form.wire for form in forms)
    return _Form(tuple.__class_getitem__(wires), there, back)


def _record(kind: type) -> _Form:
    hints = get_type_hints(kind)
    names = [field.name for field in dataclasses.fields(kind)]
    forms = {name: _form(hints[name]) for name in names}
    changed = [(name, form) for name, form in forms.items() if form.pack is not None]
    if not changed:
        return _Form(kind)
    fields: list[Any] = []
    for field in dataclasses.fields(kind):
        wire, pack = forms[field.name].wire, forms[field.name].pack
        default = _default_of(field)
        if default is None:
            fields.append((field.name, wire))
        else:
            made = default if pack is None else _packed(default, pack)
            fields.append((field.name, wire, msgspec.field(default_factory=made)))
    struct: Any = msgspec.defstruct(kind.__name__, fields, kw_only=True)
    packs = [(name, cast("Callable[[Any], Any]", form.pack)) for name, form in changed]
    unpacks = [(name, cast("Callable[[Any], Any]", form.unpack)) for name, form in changed]

    def there(value: Any) -> Any:  # noqa: ANN401
        given = {name: getattr(value, name) for name in names}
        for name, pack in packs:
            given[name] = pack(given[name])
        return struct(**given)

    def back(value: Any) -> Any:  # noqa: ANN401
        given = {name: getattr(value, name) for name in names}
        for name, unpack in unpacks:
            given[name] = unpack(given[name])
        return kind(**given)

    return _Form(struct, there, back)


def _packed(default: Callable[[], Any], pack: Callable[[Any], Any]) -> Callable[[], Any]:
    return lambda: pack(default())


def _default_of(field: dataclasses.Field[Any]) -> Callable[[], Any] | None:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory
    if field.default is not dataclasses.MISSING:
        value = field.default
        return lambda: value
    return None


_encoder = msgspec.json.Encoder()


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:  # noqa: ANN401
    return msgspec.json.Decoder(_form(kind).wire)


def encode(value: object, kind: object = None) -> str:
    """JSON text of a value of `core`. `kind` is its type where the value cannot say (`tuple[Reason, ...]`)."""
    pack = _form(kind or type(value)).pack
    return _encoder.encode(value if pack is None else pack(value)).decode()


def decode(text: str, kind: type[T]) -> T:
    """The value of that type behind JSON text that `encode` wrote. Raises StoreError `store.unreadable`."""
    form: Any = kind
    unpack = _form(form).unpack
    try:
        found = _decoder(form).decode(text)
        return cast("T", found if unpack is None else unpack(found))
    except (msgspec.MsgspecError, ValueError, ArithmeticError) as error:
        raise StoreError("store.unreadable", kind=str(getattr(kind, "__name__", kind)), detail=str(error)) from None


def exact_text(value: Decimal) -> str:
    """A decimal as the shortest text of the same number, so that 1, 1.0 and 1.00 are stored alike.

    Refuses what is no number (NaN, Infinity) as ValueError.
    """
    if not value.is_finite():
        msg = f"{value} is no number"
        raise ValueError(msg)
    exponent = cast("int", value.as_tuple().exponent)
    if exponent == 0:
        return str(value) if value else "0"
    if not -60 < exponent < 60:
        return str(value)
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "0", "") else text


def attributes_text(attributes: tuple[object, ...]) -> str:
    """The attributes of an item as JSON text, decimals by `exact_text`."""
    return _encoder.encode(
        ["d" + exact_text(value) if isinstance(value, Decimal) else tagged(value) for value in attributes]
    ).decode()


_attributes = msgspec.json.Decoder(list[Tagged])


def attributes_from(text: str) -> tuple[str | int | Decimal | date | bool | None, ...]:
    """The attributes behind JSON text."""
    return tuple(map(untagged, _attributes.decode(text)))
