"""Faults that a test orders: what goes wrong, on which calls, how often.

A fault is matched by entity, method and path; it may skip the first matches, strike a number of times or always,
and strike at random with a seed. docs/decisions/0044-autotask-simulator-faults.md lists the kinds.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from trueup_simulators.autotask.wire import Json
from trueup_simulators.held import HeldCalls

KINDS: Mapping[str, str] = {
    "drop": "the connection breaks before anything is done",
    "commit-then-drop": "the call is carried out, then the connection breaks without an answer",
    "gateway-504": "a gateway's HTML page with 504, nothing done",
    "commit-then-504": "the call is carried out, then a gateway answers 504",
    "html-500": "an HTML error page with 500, nothing done",
    "commit-then-html-500": "the call is carried out, then an HTML error page with 500",
    "empty-500": "500 without a body, nothing done",
    "errors": "an application error (`status`, `texts`), nothing done",
    "half-body": "the answer breaks off in its middle",
    "broken-json": "the answer is complete but not valid JSON",
    "too-many-requests": "429 (`retry_after`: seconds; without it no such header), nothing done",
    "thread-limit": "the refusal of a fourth thread, nothing done",
    "slow": "carried out at once, answered `seconds` later",
    "commit-late": "carried out `seconds` later, and then answered",
    "zone-moved": "the customer is moved to another zone; this call and all to the old address get 401",
    "locked-user": "the user is locked from now on",
    "empty-list": "a query answers no rows and a count 0",
    "edit-units": "a person changes units (`line`, `units`, `day`) just before a write or just after a read",
    "end-contract": "a person ends the contract (`contract`, `end_date`) just before a write or just after a read",
    "loop-page": "the link to the next page leads to the same page",
    "foreign-page": "the link to the next page leads to another host (`host`)",
    "lost-rows": "the page lacks its second half, without a link to more",
    "set-field": "every row of the answer has `field` set to `value`, null included",
}

_OPTIONS = frozenset(
    {
        "seconds",
        "status",
        "texts",
        "retry_after",
        "line",
        "line_kind",
        "units",
        "day",
        "contract",
        "end_date",
        "host",
        "field",
        "value",
        "resource",
        "zone",
    }
)
_MATCHERS = ("kind", "entity", "method", "path", "action", "times", "skip", "probability", "seed")


class FaultError(ValueError):
    """An order that cannot be understood."""


@dataclass(slots=True)
class Fault:
    """One ordered fault."""

    id: int
    kind: str
    entity: str | None = None
    method: str | None = None
    action: str | None = None
    """`query`, `count`, `next`, `item`, `create`, `update`, `delete`, `children`, `info`, `fields`, ..."""
    path: re.Pattern[str] | None = None
    times: int | None = 1
    """Strikes that are left; null: always."""
    skip: int = 0
    probability: float = 1.0
    options: Mapping[str, Json] = field(default_factory=dict)
    hits: int = 0
    random: random.Random = field(default_factory=random.Random, repr=False)

    def strikes(self, method: str, entity: str, action: str, path: str) -> bool:
        """Whether the fault strikes this call; counts it if so."""
        matches = (
            self.times != 0
            and self.method in {None, method}
            and self.entity in {None, entity.lower()}
            and self.action in {None, action}
            and (self.path is None or self.path.search(path) is not None)
        )
        if not matches:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.probability < 1 and self.random.random() >= self.probability:
            return False
        self.times = None if self.times is None else self.times - 1
        self.hits += 1
        return True

    def seconds(self) -> float:
        """Option `seconds`."""
        value = self.options.get("seconds", 1)
        return float(value) if isinstance(value, int | Decimal) else 1.0

    def integer(self, name: str) -> int | None:
        """A whole-number option."""
        value = self.options.get(name)
        return value if isinstance(value, int) else None

    def text(self, name: str) -> str | None:
        """A text option."""
        value = self.options.get(name)
        return value if isinstance(value, str) else None

    def as_dict(self) -> dict[str, object]:
        """The fault as JSON holds it."""
        return {
            "id": self.id,
            "kind": self.kind,
            "entity": self.entity,
            "method": self.method,
            "action": self.action,
            "path": None if self.path is None else self.path.pattern,
            "times": self.times,
            "skip": self.skip,
            "hits": self.hits,
            "options": dict(self.options),
        }


class Faults:
    """All ordered faults, oldest first."""

    def __init__(self) -> None:
        self.entries: list[Fault] = []
        self.held = HeldCalls()
        self._next_id = 1

    def order(self, wanted: Mapping[str, Json]) -> Fault:
        """Order a fault. Raises `FaultError` naming what is known."""
        if unknown := sorted(set(wanted) - set(_MATCHERS) - _OPTIONS):
            known = ", ".join([*_MATCHERS, *sorted(_OPTIONS)])
            raise FaultError(f"unknown key {unknown[0]!r}; known: {known}")
        kind = wanted.get("kind")
        if not isinstance(kind, str) or kind not in KINDS:
            raise FaultError(f"unknown kind {kind!r}; known: {', '.join(KINDS)}")
        fault = Fault(
            id=self._next_id,
            kind=kind,
            entity=_lower(wanted, "entity"),
            method=(_lower(wanted, "method") or "").upper() or None,
            action=_lower(wanted, "action"),
            path=_pattern(wanted),
            times=_count(wanted, "times", 1) if wanted.get("times", 1) is not None else None,
            skip=_count(wanted, "skip", 0),
            probability=_probability(wanted),
            options={name: value for name, value in wanted.items() if name in _OPTIONS},
            random=random.Random(_count(wanted, "seed", 0)),  # noqa: S311 - reproducible on purpose
        )
        self._next_id += 1
        self.entries.append(fault)
        return fault

    def clear(self) -> None:
        """Forget all faults; calls that one of them holds up go on."""
        self.entries.clear()
        self.held.let_go()

    def striking(self, method: str, entity: str, action: str, path: str) -> list[Fault]:
        """The faults that strike this call."""
        return [fault for fault in self.entries if fault.strikes(method, entity, action, path)]


def _lower(wanted: Mapping[str, Json], name: str) -> str | None:
    value = wanted.get(name)
    if value is not None and not isinstance(value, str):
        raise FaultError(f"{name}: {value!r} is not a text")
    return None if value is None else value.lower()


def _pattern(wanted: Mapping[str, Json]) -> re.Pattern[str] | None:
    value = wanted.get("path")
    if value is None:
        return None
    if not isinstance(value, str):
        raise FaultError(f"path: {value!r} is not a regular expression")
    try:
        return re.compile(value, re.IGNORECASE)
    except re.error as error:
        raise FaultError(f"path: {value!r}: {error}") from None


def _count(wanted: Mapping[str, Json], name: str, default: int) -> int:
    value = wanted.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise FaultError(f"{name}: {value!r} is not a whole number from 0 up")
    return value


def _probability(wanted: Mapping[str, Json]) -> float:
    value = wanted.get("probability", 1)
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or not 0 <= value <= 1:
        raise FaultError(f"probability: {value!r} is not a number from 0 to 1")
    return float(value)
