"""A rule as a form: every part as text, and back to what a person says about the rule.

Only what differs from the rule that stands there is said, so that everything else stays or is inherited; an emptied
field gives its part back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Final

from trueup.app.rulebook.rule_draft import POLICY_PARTS, TIMING_PARTS, RuleDraft
from trueup.core.reason import Reason
from trueup.core.rule import (
    PRESETS,
    Basis,
    FutureSteps,
    Mode,
    Override,
    Rounding,
    Rule,
    RuleLevel,
    ScopeKind,
    Timing,
    Window,
)

FIELD_OF_FAULT: Final[Mapping[str, str]] = {
    "policy.average_on_usage_day": "increase",
    "policy.average_from_period_start": "window",
    "policy.average_needs_rounding": "rounding",
    "policy.one_time_metric": "quantity",
    "policy.period_total_window": "window",
    "policy.period_total_basis": "basis",
    "policy.day_needed": "day",
    "policy.day_range": "day",
    "policy.day_without_basis": "day",
    "policy.multiplier": "multiplier",
    "policy.pack_and_multiple": "pack_size",
    "policy.minimum_above_maximum": "minimum",
    "policy.only_if_used_without_minimum": "minimum",
    "policy.cutoff_without_period": "cutoff_days",
    "policy.override_needs_reason": "override_reason",
    "rules.quantity_needed": "quantity",
    "rules.quantity_without_usage": "quantity",
    "rules.counts_twice": "quantity",
    "rules.items_without_names": "items",
    "rules.items_not_counted": "items",
    "rules.items_not_collected": "items",
}
"""Next to which field a fault stands; faults that carry a part stand next to that one, others above the form."""

_WHOLE: Final = (
    "day",
    "round_to_multiple",
    "pack_size",
    "minimum",
    "maximum",
    "offset",
    "increase_settle_days",
    "decrease_settle_days",
    "cutoff_days",
)
_EXACT: Final = ("included", "multiplier")
_DAYS: Final = ("minimum_from", "minimum_until", "maximum_from", "maximum_until", "cutover")
_WORDS: Final[Mapping[str, type[StrEnum]]] = {
    "basis": Basis,
    "window": Window,
    "rounding": Rounding,
    "increase": Timing,
    "decrease": Timing,
    "future_steps": FutureSteps,
    "mode": Mode,
}
CHOICES: Final = {name: tuple(one.value for one in kind) for name, kind in _WORDS.items()} | {"preset": tuple(PRESETS)}
"""What the lists of the form offer."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a form says: the draft, or what is wrong next to which field."""

    draft: RuleDraft
    wrong: Mapping[str, Reason]


def _text(value: object) -> str:
    if value is None or value is False:
        return ""
    if value is True:
        return "yes"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value.value) if isinstance(value, StrEnum) else str(value)


def shown(rule: Rule | None) -> dict[str, str]:
    """A rule's parts as texts, by the names of the fields; the defaults where there is no rule yet."""
    base = rule or Rule("", RuleLevel.SERVICE, "", "")
    found = {name: _text(getattr(base.policy, name)) for name in POLICY_PARTS}
    found |= {name: _text(getattr(base.timing, name)) for name in TIMING_PARTS}
    if not base.policy.rounding_chosen:
        found["rounding"] = ""
    fixed = base.override
    return found | {
        "quantity": base.quantity,
        "mode": _text(base.mode),
        "cutover": _text(base.cutover),
        "items": base.scope.items or "",
        "with_children": "yes" if base.scope.kind is ScopeKind.HOLDER_AND_CHILDREN else "",
        "override_units": _text(fixed.units if fixed else None),
        "override_since": _text(fixed.since if fixed else None),
        "override_until": _text(fixed.until if fixed else None),
        "override_reason": fixed.reason if fixed else "",
        "reason": "",
        "preset": "",
        "counts_twice": "",
    }


FIELDS: Final = tuple(shown(None))


def _whole(text: str) -> int:
    value = Decimal(text.replace(",", "."))
    if value != value.to_integral_value() or abs(value) > 10**9:
        raise InvalidOperation
    return int(value)


def _exact(text: str) -> Decimal:
    value = Decimal(text.replace(",", "."))
    if not value.is_finite() or abs(value) > 10**9:
        raise InvalidOperation
    return value


class _Reader:
    """Reads texts and keeps what is wrong with them."""

    def __init__(self, typed: Mapping[str, str]) -> None:
        self.typed = typed
        self.wrong: dict[str, Reason] = {}

    def value(self, name: str) -> Any:  # noqa: ANN401 - the draft's own types check it
        text = self.typed.get(name, "").strip()
        read: Callable[[str], object] = str
        code = "rules.field_choice"
        if name in _WHOLE or name == "override_units":
            read, code = _whole, "rules.field_whole"
        elif name in _EXACT:
            read, code = _exact, "rules.field_number"
        elif name in _DAYS or name in ("override_since", "override_until"):
            read, code = date.fromisoformat, "rules.field_day"
        elif name in _WORDS:
            read = _WORDS[name]
        elif name in ("only_if_used", "with_children"):
            read = bool
        if not text:
            return None
        try:
            return read(text)
        except (ValueError, ArithmeticError):
            self.wrong[name] = Reason.of(code, given=text[:60])
            return None


def said(typed: Mapping[str, str], place: RuleDraft, standing: Rule | None) -> Said:
    """What was typed about the rule at a place, beside the rule that stands there or would be inherited. `place` is a
    draft with level, service and target alone."""
    before = shown(standing)
    reader = _Reader(typed)
    changed = {name for name in FIELDS if typed.get(name, "").strip() != before[name].strip()}
    parts: dict[str, Any] = {}
    clear: set[str] = set()
    for name in (*POLICY_PARTS, *TIMING_PARTS, "mode", "cutover"):
        if name not in changed:
            continue
        value = reader.value(name)
        if value is not None:
            parts[name] = value
        elif name not in reader.wrong:
            clear.add(name)
    quantity = typed.get("quantity", "").strip()
    if quantity and (standing is None or "quantity" in changed or standing.exclude):
        parts["quantity"] = quantity
    preset = typed.get("preset", "").strip()
    if preset:
        parts["preset"] = preset
    if "items" in changed:
        parts["items"] = typed.get("items", "").strip()
    if "with_children" in changed:
        if typed.get("with_children"):
            parts["with_children"] = True
        else:
            clear.add("customers")
    _override(typed, changed, reader, parts, clear)
    if typed.get("reason", "").strip():
        parts["reason"] = typed["reason"].strip()
    parts["counts_twice"] = bool(typed.get("counts_twice"))
    return Said(replace(place, **parts, clear=frozenset(clear)), reader.wrong)


def _override(
    typed: Mapping[str, str], changed: set[str], reader: _Reader, parts: dict[str, Any], clear: set[str]
) -> None:
    names = ("override_units", "override_since", "override_until", "override_reason")
    if not changed & set(names):
        return
    units = reader.value("override_units")
    since, until = reader.value("override_since"), reader.value("override_until")
    if units is not None:
        parts["override"] = Override(units, typed.get("override_reason", "").strip(), until, since)
    elif not reader.wrong:
        clear.add("override")


def field_of(reason: Reason) -> str | None:
    """The field that a fault stands next to; None for one that concerns the whole."""
    part = reason.get("part")
    if isinstance(part, str) and part in FIELDS:
        return part
    return FIELD_OF_FAULT.get(reason.code)
