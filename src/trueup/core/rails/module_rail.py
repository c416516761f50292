"""The rail over a module's account: its total against the last measured day, and against the beginning of the month."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from trueup.core.reason import Reason
from trueup.core.settings import Thresholds


@dataclass(frozen=True, slots=True)
class ModuleTotal:
    """All items of one module's account on its last two measured days, and as the calendar month began.

    `began` is the total of the last measured day before the month, else of the first one in it; `began_on` is that day.
    None where the month has no other measured day. `previous_on` is the day before the newest.
    """

    connection: str
    previous: Decimal
    current: Decimal
    began: Decimal | None = None
    began_on: date | None = None
    previous_on: date | None = None


def _moves(total: ModuleTotal) -> Iterator[tuple[Decimal, str, date | None]]:
    yield total.previous, "last_day", total.previous_on
    if total.began is not None:
        yield total.began, "since", total.began_on


def _share(thresholds: Thresholds, *, rises: bool, in_a_day: bool) -> Decimal:
    if in_a_day:
        return thresholds.module_rise_share if rises else thresholds.module_fall_share
    return thresholds.module_period_rise_share if rises else thresholds.module_period_fall_share


def module_rails(totals: Iterable[ModuleTotal], thresholds: Thresholds) -> Mapping[tuple[str, bool], Reason]:
    """Accounts whose total moved too far: (connection, rises) -> reason. The lines that move that way are held."""
    held: dict[tuple[str, bool], Reason] = {}
    for total in totals:
        for base, word, day in _moves(total):
            move = total.current - base
            if max(base, total.current) < thresholds.module_base or base <= 0 or move == 0:
                continue
            share = _share(thresholds, rises=move > 0, in_a_day=word == "last_day")
            if abs(move) >= share * base and (total.connection, move > 0) not in held:
                held[total.connection, move > 0] = Reason.of(
                    "held.module_total",
                    connection=total.connection,
                    previous=base,
                    current=total.current,
                    **{word: day},
                )
    return held
