"""An edit that became a rule: the line's units are fixed at what the PSA shows, until a person ends it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from trueup.core.outcome import Outcome
from trueup.core.reason import Reason
from trueup.core.rule import Override, RuleLevel
from trueup.store.tenant_store import TenantStore


def fix_line(store: TenantStore, outcome: Outcome, fixed: Override, actor: str, *, now: datetime) -> None:
    """Save the override in a rule of the line's own, which otherwise says what the rule says that governs it now.

    Raises StoreError `store.unknown_rule` when that rule was removed meanwhile.
    """
    rule = store.rules.get(outcome.rule_id or "")
    own = (
        rule
        if rule.level is RuleLevel.LINE
        else replace(rule, id=f"line-{outcome.line_id}", level=RuleLevel.LINE, target=outcome.line_id)
    )
    store.rules.save(replace(own, override=fixed), actor, now=now)
    detail = Reason.of("audit.edit_adopted", line=outcome.line_id, units=fixed.units, reason=fixed.reason)
    store.audit.add(actor, "edit.adopted", detail, now=now)


def adopt_edits(store: TenantStore, outcomes: Iterable[Outcome], *, now: datetime) -> None:
    """Save the overrides that a plan's outcomes ask for. Inside the transaction that saves the plan."""
    for outcome in outcomes:
        if outcome.override is not None:
            fix_line(store, outcome, outcome.override, "system", now=now)
