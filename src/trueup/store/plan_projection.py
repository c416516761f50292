"""What a page shows of an outcome, as columns: worked out when a plan is saved, never changed afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from enum import IntEnum
from functools import lru_cache
from typing import Final

from trueup.core.money import per_month
from trueup.core.naming import plain
from trueup.core.outcome import EntryKind, Outcome, OutcomeStatus
from trueup.core.reason import Reason
from trueup.core.rule import Mode
from trueup.store.codec import encode

SCALE = 4
"""Digits behind the point that an amount keeps as a whole number: more than any currency has."""

Values = dict[str, object]


class Part(IntEnum):
    """The parts of a plan in the order in which a page shows them."""

    WAITS = 0
    CHANGES = 1
    LATER = 2
    RIGHT = 3


PARTS_BY_NUMBER: Final = {int(part): part for part in Part}
"""What a row's number means; looked up here in a third of the time that an enumeration takes."""

PARTS = {
    OutcomeStatus.HELD: Part.WAITS,
    OutcomeStatus.DRIFT: Part.WAITS,
    OutcomeStatus.UNMAPPED: Part.WAITS,
    OutcomeStatus.CHANGE: Part.CHANGES,
    OutcomeStatus.SCHEDULED: Part.LATER,
    OutcomeStatus.NONE: Part.RIGHT,
}


def whole(amount: Decimal | None) -> int | None:
    """An amount as whole ten-thousandths, exactly."""
    return None if amount is None else int(amount.scaleb(SCALE).to_integral_exact())


@lru_cache(maxsize=8192)  # a page of a plan has the same few hundred amounts over and over
def exact(amount: int) -> Decimal:
    """The amount again, in cents."""
    return Decimal(amount).scaleb(-SCALE).quantize(Decimal("0.01"))


def deciding(one: Outcome) -> tuple[str, ...]:
    """Codes of the reasons that make the outcome what it is; notes beside them do not. At least one, or none at all."""
    family = (
        {"held", "drift", "unmapped"} if PARTS[one.status] is Part.WAITS else {"change", "none", "scheduled", "held"}
    )
    found = {reason.code for reason in one.reasons if reason.code.split(".")[0] in family}
    return tuple(sorted(found or {reason.code for reason in one.reasons[:1]}))


def row_of(tenant: str, plan_id: str, position: int, one: Outcome) -> Values:
    """One line's row."""
    moves = bool(one.adjustments) and one.before is not None and one.after is not None
    change = (one.after or 0) - (one.before or 0) if moves else 0
    return {
        "tenant": tenant,
        "plan": plan_id,
        "position": position,
        "part": int(PARTS[one.status]),
        "line": one.line_id,
        "status": one.status.value,
        "kind": one.kind.value,
        "customer": one.customer_id,
        "customer_name": one.customer_name or one.customer_id,
        "customer_order": plain(one.customer_name or one.customer_id),
        "contract_name": one.contract_name or one.contract_id,
        "service": one.service_id,
        "service_name": one.service_name or one.service_id,
        "service_order": plain(one.service_name or one.service_id),
        "reason": " ".join(deciding(one)),
        "before": one.before,
        "after": one.after,
        "moves": moves,
        "change_order": change,
        "day_order": _day(one),
        "amount_order": whole(one.recurring) or 0,
        "currency": one.currency,
        "monthly": whole(one.recurring),
        "amount": whole(one.amount),
        "why": encode((*_moves(one), *one.reasons), tuple[Reason, ...]),
        "releasable": " ".join(one.releasable),
        "first_time": one.first_time,
        "mode": one.mode,
        "digest": one.digest,
    }


def _moves(one: Outcome) -> Iterator[Reason]:
    """How the numbers moved that the change follows."""
    for step in one.steps if one.adjustments else ():
        if step.get("change") is not None and step.code == "step.metric":
            yield Reason.of("step.moved", name=step.get("label"), change=step.get("change"))


def _day(one: Outcome) -> str:
    """The first day of the change; empty where there is none to date."""
    return one.adjustments[0].day.isoformat() if one.adjustments else ""


def totals_of(tenant: str, plan_id: str, outcomes: Sequence[Outcome]) -> Iterator[Values]:
    """Counts and sums of the plan, of each customer, service, reason and first day of a change, apart by part and
    currency."""
    found: dict[tuple[str, str, int, str], Values] = {}
    for one in outcomes:
        reason, day = " ".join(deciding(one)), _day(one)
        customer, service = one.customer_name or one.customer_id, one.service_name or one.service_id
        keys = (
            ("plan", "", ""),
            ("customer", one.customer_id, customer),
            ("service", one.service_id, service),
            ("reason", reason, reason),
            ("day", day, day),
        )
        added = _added(one)
        for dimension, key, name in keys:
            if dimension == "day" and one.kind is EntryKind.UNIT_COST:
                continue  # no month waits for a catalogue's cost before it is posted
            place = dimension, key, int(PARTS[one.status]), one.currency or ""
            if place not in found:
                found[place] = {
                    **dict(zip(("dimension", "key", "part", "currency"), place, strict=True)),
                    "tenant": tenant,
                    "plan": plan_id,
                    "name": name,
                    "name_order": plain(name) if dimension in ("customer", "service") else name,
                    **dict.fromkeys(added, 0),
                }
            total = found[place]
            for column, number in added.items():
                total[column] = int(str(total[column])) + number
    yield from found.values()


def _added(one: Outcome) -> dict[str, int]:
    moves, before = bool(one.adjustments), one.before or 0
    writes = moves or (one.kind is not EntryKind.LINE and one.status is OutcomeStatus.CHANGE)
    recurring = Decimal(0)
    if one.price is not None and one.period_months:
        recurring = per_month(one.price * before, one.period_months)
    return {
        "lines": 1,
        "moving": int(moves),
        "writable": int(writes and one.mode != Mode.READ_ONLY.value),
        "units_before": before,
        "units_after": one.after if moves and one.after is not None else before,
        "monthly": whole(one.recurring) or 0 if moves else 0,
        "amount": whole(one.amount) or 0 if moves else 0,
        "recurring": whole(recurring) or 0,
    }
