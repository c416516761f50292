"""Every behaviour that public facts leave open or that a test wants to turn, with its default and its choices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal

from trueup_simulators.autotask.wire import Json

CHOICES: Mapping[str, tuple[str, ...]] = {
    "adj_item_id": ("null", "number"),
    "same_day_duplicate": ("reject_midperiod", "reject_always", "merge"),
    "posted_period": ("proration_item", "refuse"),
    "proration_items": ("delta", "rows"),
    "cut_period": ("by_days", "full"),
    "period_source": ("contract", "service"),
    "split_row_ids": ("keep", "renumber"),
    "renewed_contract_id_on": ("old", "new"),
    "missing_item": ("200null", "404"),
    "post_next_page_get": ("405", "empty"),
    "thread_limit_status": ("429", "500"),
    "unauthorised_body": ("empty", "errors"),
    "locked_status": ("401", "500"),
    "unknown_body_field": ("ignore", "reject"),
}


@dataclass(frozen=True, slots=True)
class Switches:
    """How the simulator behaves where the facts are silent, single-source or contradictory.

    The choices are listed in `CHOICES` and explained in docs/decisions/0041-autotask-simulator-switches.md.
    """

    adj_item_id: str = "null"
    same_day_duplicate: str = "reject_midperiod"
    posted_period: str = "proration_item"
    proration_items: str = "delta"
    cut_period: str = "by_days"
    period_source: str = "contract"
    split_row_ids: str = "keep"
    renewed_contract_id_on: str = "old"
    missing_item: str = "200null"
    post_next_page_get: str = "405"
    thread_limit_status: str = "429"
    unauthorised_body: str = "empty"
    locked_status: str = "401"
    unknown_body_field: str = "ignore"
    latency_ms: int = 0
    """Milliseconds that each authenticated call takes."""
    delay_scale: Decimal = Decimal(0)
    """Multiplies the waits at 50 % (0.5 s) and 75 % (1 s) of the hourly limit; 1 is the real thing."""
    request_threshold: int = 10_000
    request_window_minutes: int = 60
    thread_limit: int = 3
    lockout_after: int = 5
    """Wrong secrets in a row that lock a user."""
    retry_after_seconds: int = -1
    """`Retry-After` of a refused call; negative: the header is absent."""
    period_horizon_months: int = 24
    """How far ahead of today rows exist on a contract that ends later than that."""
    max_url_length: int = 2_048


KNOWN: tuple[str, ...] = tuple(entry.name for entry in fields(Switches))


class SwitchError(ValueError):
    """A switch or a choice that does not exist."""


def changed(switches: Switches, wanted: Mapping[str, Json]) -> Switches:
    """The switches with some of them turned. Raises `SwitchError` naming what is known."""
    checked: dict[str, str | int | Decimal] = {}
    for name, value in wanted.items():
        if name not in KNOWN:
            raise SwitchError(f"unknown switch {name!r}; known: {', '.join(KNOWN)}")
        checked[name] = _checked(name, value)
    return replace(switches, **checked)  # type: ignore[arg-type]


def _checked(name: str, value: Json) -> str | int | Decimal:
    if name in CHOICES:
        text = "null" if value is None else str(value)
        if text not in CHOICES[name]:
            raise SwitchError(f"switch {name}: {value!r} is not one of {', '.join(CHOICES[name])}")
        return text
    if name == "delay_scale":
        if isinstance(value, int | Decimal | float) and not isinstance(value, bool) and value >= 0:
            return Decimal(str(value))
        raise SwitchError(f"switch {name}: {value!r} is not a number from 0 up")
    if isinstance(value, bool) or not isinstance(value, int):
        raise SwitchError(f"switch {name}: {value!r} is not a whole number")
    return value


def as_dict(switches: Switches) -> dict[str, str | int | Decimal]:
    """All switches with their present values."""
    return {name: getattr(switches, name) for name in KNOWN}
