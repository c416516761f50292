"""Results as JSON: stable names, exact numbers as text, days as ISO. The names are a contract."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING

from trueup.cli.console import write_line
from trueup.core.reason import Param, Reason
from trueup.messages.sentences import Sentences

if TYPE_CHECKING:
    from trueup.core.finding import Finding
    from trueup.core.outcome import Adjustment, CostChange, Outcome, Plan
    from trueup.core.usage import Failure

Plain = None | bool | int | str | list["Plain"] | dict[str, "Plain"]


def value_plain(value: Param | datetime | Enum | bool) -> Plain:
    """One value: decimals as text with all their digits, days and moments in ISO form."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return str(value.value)
    return value


def reason_plain(reason: Reason, said: Sentences, currency: str | None = None) -> dict[str, Plain]:
    """A reason: its code and parameters for programs, its sentence and cure for people."""
    return {
        "code": reason.code,
        "params": {name: value_plain(value) for name, value in reason.params},
        "text": said.say(reason, currency),
        "cure": said.cure(reason, currency),
    }


def reasons_plain(reasons: Iterable[Reason], said: Sentences, currency: str | None = None) -> list[Plain]:
    """Several reasons."""
    return [reason_plain(reason, said, currency) for reason in reasons]


def failure_plain(failure: Failure | None, said: Sentences) -> Plain:
    """A source's failure with its category; null where there is none."""
    if failure is None:
        return None
    return {"category": failure.category.value, **reason_plain(failure.reason, said)}


def finding_plain(finding: Finding, said: Sentences) -> dict[str, Plain]:
    """An answer to a prerequisite."""
    answer = reason_plain(finding.reason, said)
    if finding.cure is not None:
        answer["cure"] = said.say(finding.cure)
    return {"question": finding.code, "state": finding.state.value, **answer}


def adjustment_plain(adjustment: Adjustment) -> dict[str, Plain]:
    """One dated change."""
    return {
        "day": adjustment.day.isoformat(),
        "change": adjustment.change,
        "amount": value_plain(adjustment.amount),
        "recurring": value_plain(adjustment.recurring),
        "period_start": value_plain(adjustment.period_start),
        "period_end": value_plain(adjustment.period_end),
        "estimated": adjustment.estimated,
    }


def cost_plain(cost: CostChange | None) -> Plain:
    """A unit cost before and after; null for a line."""
    if cost is None:
        return None
    return {
        "before": value_plain(cost.before),
        "after": value_plain(cost.after),
        "currency": cost.currency,
        "units": cost.units,
        "margin_per_month": value_plain(cost.margin),
    }


def outcome_plain(outcome: Outcome, said: Sentences) -> dict[str, Plain]:
    """What a plan says about one line."""
    return {
        "line": outcome.line_id,
        "kind": outcome.kind.value,
        "status": outcome.status.value,
        "customer": outcome.customer_id,
        "customer_name": outcome.customer_name,
        "contract": outcome.contract_id,
        "contract_name": outcome.contract_name,
        "service": outcome.service_id,
        "service_name": outcome.service_name,
        "before": outcome.before,
        "after": outcome.after,
        "effective": value_plain(outcome.effective),
        "currency": outcome.currency,
        "price": value_plain(outcome.price),
        "amount_per_month": value_plain(outcome.recurring),
        "amount_now": value_plain(outcome.amount),
        "adjustments": [adjustment_plain(adjustment) for adjustment in outcome.adjustments],
        "reasons": reasons_plain(outcome.reasons, said, outcome.currency),
        "releasable": list(outcome.releasable),
        "first_time": outcome.first_time,
        "guessed": outcome.guessed,
        "rule": outcome.rule_id,
        "mode": outcome.mode,
        "digest": outcome.digest,
        "unit_cost": cost_plain(outcome.cost),
    }


def plan_plain(plan: Plan, totals: Iterable[Mapping[str, Plain]], said: Sentences) -> dict[str, Plain]:
    """A whole plan."""
    counts: dict[str, Plain] = {}
    for outcome in plan.outcomes:
        known = counts.get(outcome.status.value, 0)
        counts[outcome.status.value] = (known if isinstance(known, int) else 0) + 1
    return {
        "plan": plan.id,
        "as_of": plan.as_of.isoformat(),
        "created_at": plan.created_at.isoformat(),
        "checksum": plan.checksum,
        "counts": counts,
        "totals": [dict(total) for total in totals],
        "outcomes": [outcome_plain(outcome, said) for outcome in plan.outcomes],
        "notes": reasons_plain(plan.notes, said),
    }


def as_text(document: Plain) -> str:
    """The document as one JSON text, readable and stable."""
    return json.dumps(document, ensure_ascii=False, indent=2)


def write_json(document: Plain) -> None:
    """Write the document to standard output."""
    write_line(as_text(document))
