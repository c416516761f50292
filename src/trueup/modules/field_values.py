"""From a vendor's value to a value of ours: the conversions that a catalogue file may ask for."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation

from trueup.core.usage import Scalar
from trueup.modules.catalogue_schema import FieldSource, Units

_TRUE = frozenset({"true", "1", "yes", "on", "y"})
_FALSE = frozenset({"false", "0", "no", "off", "n"})


class Mistyped(ValueError):  # noqa: N818 - it names what was found
    """The value is there but is not of the kind that the file names; it counts as missing and is reported."""


def as_text(value: object) -> str | None:
    """Text as it is, numbers and flags written out. Raises Mistyped for lists and objects."""
    if value is None or type(value) is str:
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, Decimal)):
        return str(value)
    raise Mistyped


def _number(value: object) -> Decimal | None:
    if value is None or isinstance(value, Decimal):
        return value
    if isinstance(value, bool):
        raise Mistyped
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, str):
        try:
            found = Decimal(value.strip())
        except InvalidOperation:
            raise Mistyped from None
        if found.is_finite():
            return found
    raise Mistyped


def _flag(value: object) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    text = str(value).strip().lower() if isinstance(value, (int, str, Decimal)) else ""
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise Mistyped


def whole(value: object) -> int | None:
    """A count as a whole number; text is accepted, anything else counts as not said."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
        return int(value)
    return None


def moment_of(value: object) -> datetime | None:
    """A time given as epoch milliseconds or ISO text; None for null and for times before 1970, which mean never."""
    if value is None:
        return None
    try:
        if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
            return None if value < 0 else datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=int(value))
        if isinstance(value, str):
            found = datetime.fromisoformat(value.strip())
            found = found if found.tzinfo else found.replace(tzinfo=UTC)
            return found if found.year >= 1970 else None
    except (ValueError, OverflowError):
        raise Mistyped from None
    raise Mistyped


def _day(value: object) -> date | None:
    found = moment_of(value)
    return found.date() if found else None


_STEPS: dict[str, int] = {name: 1 << 10 * power for power, name in enumerate(("b", "kb", "mb", "gb", "tb", "pb"))}
_STEPS |= {f"{word}bytes": 1 << 10 * power for power, word in enumerate(("kilo", "mega", "giga", "tera"), start=1)}
_STEPS |= {f"{word}bytes": 1 << 10 * power for power, word in enumerate(("kibi", "mebi", "gibi", "tebi"), start=1)}
_STEPS |= {"byte": 1, "bytes": 1} | {f"{name[0]}ib": size for name, size in _STEPS.items() if len(name) == 2}


def factor_of(units: Units, name: object) -> Decimal:
    """What a number in the unit `name` is multiplied by to be in `units.to`. Raises Mistyped for one nobody knows."""
    text = (as_text(name) or "").strip().lower()
    for other, factor in units.others.items():
        if other.strip().lower() == text:
            return Decimal(factor)
    if text not in _STEPS or units.to.lower() not in _STEPS:
        raise Mistyped
    return Decimal(_STEPS[text]) / _STEPS[units.to.lower()]


def _text(value: object) -> str | None:
    text = as_text(value)
    return sys.intern(text) if text is not None else None


def _size(value: object) -> Decimal | None:
    if value is None or isinstance(value, (list, dict)):
        return None if value is None else Decimal(len(value))
    raise Mistyped


def _as_it_comes(value: object) -> Scalar:
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if value is None or isinstance(value, (str, bool, Decimal)):
        return value
    raise Mistyped


_KINDS: dict[str, Callable[[object], Scalar]] = {
    "text": _text,
    "number": _number,
    "flag": _flag,
    "day": _day,
    "size": _size,
    "any": _as_it_comes,
}


def converted(value: object, kind: str) -> Scalar:
    """The value as the file's `kind`. Raises Mistyped where it does not fit."""
    return _KINDS[kind](value)


def field_value(source: FieldSource, raw: tuple[object, ...]) -> Scalar:
    """The field from the values at its paths, in their order (and of its unit's). Raises Mistyped where it does not
    fit."""
    if source.units is not None:
        return _with_units(source.units, raw)
    if source.joined:
        return None if all(value is None for value in raw) else "/".join(as_text(value) or "" for value in raw)
    for place, value in enumerate(raw):
        if value is not None:
            if source.prefixes:
                value = source.prefixes[place] + (as_text(value) or "")  # noqa: PLW2901 - the same value, told apart
            return converted(value, source.kind)
    return None


def _with_units(units: Units, raw: tuple[object, ...]) -> Scalar:
    values, named = (raw, units.given) if units.path is None else (raw[:-1], raw[-1])
    for value in values:
        number = _number(value)
        if number is not None:
            return number if number == 0 else number * factor_of(units, named)
    return None
