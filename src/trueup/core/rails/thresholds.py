"""Which thresholds hold for a line: the tenant's, changed by those of its service, changed by those of the line.

A place (tenant, service, line) says only the parts that it changes; everything else is inherited. Rails over a
customer, a module or a plan look at many lines at once, so a service or a line has no say in them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import cached_property
from typing import Final

from trueup.core.settings import Thresholds

OFF: Final = "off"
"""What a part says that switches its rail off (`line_amount`)."""


class PartKind(StrEnum):
    """What a number of a rail is: a share from 0 to 1, a whole number of units, items or lines, an amount of money that
    may be `off`, or a switch."""

    SHARE = "share"
    COUNT = "count"
    AMOUNT = "amount"
    FLAG = "flag"


KINDS: Final[Mapping[str, PartKind]] = {
    "line_to_zero": PartKind.FLAG,
    "line_fall_share": PartKind.SHARE,
    "line_fall_base": PartKind.COUNT,
    "line_move_share": PartKind.SHARE,
    "line_move_units": PartKind.COUNT,
    "line_amount": PartKind.AMOUNT,
    "customer_share": PartKind.SHARE,
    "customer_amount": PartKind.AMOUNT,
    "module_fall_share": PartKind.SHARE,
    "module_rise_share": PartKind.SHARE,
    "module_period_fall_share": PartKind.SHARE,
    "module_period_rise_share": PartKind.SHARE,
    "module_base": PartKind.COUNT,
    "plan_base": PartKind.COUNT,
    "plan_share": PartKind.SHARE,
    "plan_opening_share": PartKind.SHARE,
    "plan_period_share": PartKind.SHARE,
}
"""Every number of the rails, in the order of the documentation."""

LINE_PARTS: Final = tuple(name for name in KINDS if name.startswith("line_"))
"""What a service or a line may change."""

_MAY_BE_OFF: Final = frozenset({"line_amount"})
_SECOND = re.compile(r"second_approval_above\.([A-Z]{3})")


class ThresholdFault(ValueError):  # noqa: N818 - it is the person's, not the program's
    """A part that makes no sense: `kind` is what it should be (`share`, `count`, `amount`, `flag`, `part`)."""

    def __init__(self, name: str, text: str, kind: str) -> None:
        super().__init__(name)
        self.name = name
        self.text = text
        self.kind = kind


def second_approval_part(currency: str) -> str:
    """The part that holds the amount in this currency above which two persons must approve."""
    return f"second_approval_above.{currency}"


def part_value(name: str, text: str) -> Decimal | int | bool | None:
    """The value of a part as a person wrote it: `0.4` or `40%` for a share, `off` where a rail may be off.

    Raises ThresholdFault.
    """
    plain = text.strip().lower().replace(",", ".")
    if _SECOND.fullmatch(name):
        return _number(name, plain, "amount", text)
    kind = KINDS.get(name)
    if kind is None:
        raise ThresholdFault(name, text, "part")
    if kind is PartKind.FLAG:
        if plain not in ("true", "false"):
            raise ThresholdFault(name, text, kind.value)
        return plain == "true"
    if plain == OFF and name in _MAY_BE_OFF:
        return None
    percent = kind is PartKind.SHARE and plain.endswith("%")
    value = _number(name, plain.removesuffix("%") if percent else plain, kind.value, text)
    value = value / 100 if percent else value
    if kind is PartKind.SHARE and value > 1:
        raise ThresholdFault(name, text, kind.value)
    if kind is PartKind.COUNT:
        if value != value.to_integral_value():
            raise ThresholdFault(name, text, kind.value)
        return int(value)
    return value


def _number(name: str, plain: str, kind: str, text: str) -> Decimal:
    """The number of `plain`; a fault names the `text` as it was written."""
    try:
        value = Decimal(plain)
    except InvalidOperation:
        raise ThresholdFault(name, text, kind) from None
    if not value.is_finite() or value < 0 or value > 10**12:
        raise ThresholdFault(name, text, kind)
    return value


def part_text(value: Decimal | int | bool | None) -> str:
    """A value as it is kept and shown."""
    if value is None:
        return OFF
    if isinstance(value, bool):
        return str(value).lower()
    return format(value, "f") if isinstance(value, Decimal) else str(value)


class ThresholdLevel(StrEnum):
    """Where thresholds are set; a later one in this list overrides an earlier one."""

    TENANT = "tenant"
    SERVICE = "service"
    LINE = "line"


@dataclass(frozen=True, slots=True)
class ThresholdChoice:
    """What one place says: `target` is the id of the service or line, empty for the tenant; `parts` are name and text
    of each part that it changes."""

    level: ThresholdLevel
    target: str = ""
    parts: tuple[tuple[str, str], ...] = ()


def with_parts(thresholds: Thresholds, parts: Iterable[tuple[str, str]]) -> Thresholds:
    """The thresholds with these parts changed; amounts for a second approval are no threshold and are left out."""
    known = {field.name for field in fields(Thresholds)}
    said = {name: part_value(name, text) for name, text in parts if name in known}
    return replace(thresholds, **said)  # type: ignore[arg-type]


@dataclass(frozen=True)
class RailChoices:
    """Everything that was set by a person, at all places."""

    choices: tuple[ThresholdChoice, ...] = ()

    @cached_property
    def _by_place(self) -> Mapping[tuple[ThresholdLevel, str], tuple[tuple[str, str], ...]]:
        return {(choice.level, choice.target): choice.parts for choice in self.choices}

    def parts(self, level: ThresholdLevel, target: str = "") -> tuple[tuple[str, str], ...]:
        """What one place says."""
        return self._by_place.get((level, target), ())

    def without(self, name: str) -> RailChoices:
        """The same, as if the tenant had not said this part."""
        return RailChoices(
            tuple(
                replace(choice, parts=tuple(part for part in choice.parts if part[0] != name))
                if choice.level is ThresholdLevel.TENANT
                else choice
                for choice in self.choices
            )
        )

    def of_tenant(self, base: Thresholds) -> Thresholds:
        """The tenant's thresholds over the base."""
        return with_parts(base, self.parts(ThresholdLevel.TENANT))

    def of_line(self, tenant: Thresholds, service_id: str, line_id: str) -> Thresholds:
        """A line's thresholds over the tenant's: line before service before tenant."""
        parts = (*self.parts(ThresholdLevel.SERVICE, service_id), *self.parts(ThresholdLevel.LINE, line_id))
        return with_parts(tenant, parts) if parts else tenant

    def second_approval_above(self) -> Mapping[str, Decimal]:
        """By currency, the amount above which two persons must approve; empty where nobody asked for it."""
        found: dict[str, Decimal] = {}
        for name, text in self.parts(ThresholdLevel.TENANT):
            currency = _SECOND.fullmatch(name)
            if currency is not None:
                found[currency[1]] = Decimal(text)
        return found
