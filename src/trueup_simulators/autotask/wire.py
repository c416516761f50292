"""JSON as it crosses the wire: numbers are exact decimals in both directions, dates the way the vendor writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import TypeAlias

import msgspec

Value: TypeAlias = int | str | bool | Decimal | date | datetime | None
"""One field of a record: `date` for date-only fields, aware `datetime` (UTC) for points in time."""

Record: TypeAlias = dict[str, Value]

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | Decimal | bool | None"

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_MONEY = Decimal("0.0001")


class NotJsonError(ValueError):
    """The text is not JSON."""


def encode(value: object) -> bytes:
    """Encode to JSON; a `Decimal` becomes a number with the very digits it has."""
    return _ENCODER.encode(value)


def decode(text: bytes | str) -> Json:
    """Decode JSON; fractions become `Decimal`, never `float`. Raises `NotJsonError`."""
    try:
        decoded: Json = _DECODER.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NotJsonError(str(error)) from None
    return decoded


def money(value: Decimal | int) -> Decimal:
    """An amount with the four decimals that the vendor stores."""
    return Decimal(value).quantize(_MONEY)


@lru_cache(maxsize=20_000)
def date_text(day: date) -> str:
    """A date-only field as it is answered: midnight, marked as UTC."""
    return f"{day.isoformat()}T00:00:00Z"


def moment_text(moment: datetime) -> str:
    """A point in time as it is answered: UTC, with milliseconds when there are any."""
    moment = moment.astimezone(UTC)
    digits = f".{moment.microsecond // 1000:03d}" if moment.microsecond else ""
    return f"{moment:%Y-%m-%dT%H:%M:%S}{digits}Z"


def wire_value(value: Value) -> object:
    """A field's value as JSON holds it."""
    if isinstance(value, datetime):
        return moment_text(value)
    if isinstance(value, date):
        return date_text(value)
    return value


def parse_moment(text: str) -> datetime:
    """A date or date-time in ISO form as UTC; without an offset it is taken as UTC. Raises `ValueError`."""
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def parse_day(text: str) -> date:
    """The date part of a date or date-time in ISO form, without any zone conversion. Raises `ValueError`.

    Autotask REST, general topics: date-only fields drop the time part and convert nothing.
    """
    datetime.fromisoformat(text)
    return date.fromisoformat(text[:10])
