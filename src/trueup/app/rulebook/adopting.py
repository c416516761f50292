"""Decide what becomes of lines that a rule takes over: keep the difference, keep a minimum, or leave them alone.

The choice becomes a rule of the line that inherits everything else, with the person's reason. It begins with the plan's
usage day, so that nothing earlier is billed; the plan's own change of the line is not approved any more.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from trueup.app.counting.item_metrics import wrong
from trueup.app.errors import refused
from trueup.app.plans.approving import open_plan
from trueup.app.plans.plan_parts import PlanPart, lines_in
from trueup.app.rulebook.rule_draft import RuleDraft
from trueup.app.rulebook.rules import set_rule
from trueup.app.workspace import Workspace
from trueup.core.outcome import Outcome, Plan
from trueup.core.rails.adoption import Adoption, may_be_adopted
from trueup.core.rule import Rule, RuleLevel


@dataclass(frozen=True, slots=True)
class Adopted:
    """One line that was decided, with its rule and the units that it keeps."""

    outcome: Outcome
    rule: Rule


def _chosen(
    ws: Workspace, plan_id: str, lines: Collection[str] | None, part: PlanPart
) -> tuple[Plan, tuple[Outcome, ...]]:
    store = ws.store
    with store.writing():
        plan = open_plan(store, ws, plan_id)
        there = {outcome.line_id for outcome in plan.outcomes}
        for line in lines or ():
            if line not in there:
                raise wrong("approve.unknown_line", line=line, plan=plan.id)
        meant = lines_in(plan, part, lines) or frozenset()
        found = tuple(one for one in plan.outcomes if one.line_id in meant and may_be_adopted(one))
        if not found:
            raise wrong("approve.nothing_to_adopt", plan=plan.id)
        grouped = sorted(one.line_id for one in found if (one.rule_id or "").startswith("group-"))
        if grouped:
            raise wrong("approve.adopt_in_group", lines=", ".join(grouped))
        approved = {digest for approval in store.plans.approvals(plan.id) for digest in approval.digests}
        before = sorted(one.line_id for one in found if one.digest in approved)
        if before:
            raise refused("approve.adopt_approved", plan=plan.id, lines=", ".join(before))
    return plan, found


def _draft(plan: Plan, outcome: Outcome, choice: Adoption, reason: str) -> RuleDraft:
    before, after = outcome.before or 0, outcome.after or 0
    return RuleDraft(
        level=RuleLevel.LINE,
        target=outcome.line_id,
        offset=before - after if choice is Adoption.OFFSET else None,
        minimum=before if choice is Adoption.MINIMUM else None,
        exclude=True if choice is Adoption.EXCLUDE else None,
        cutover=None if choice is Adoption.EXCLUDE else plan.as_of,
        reason=reason,
    )


async def adopt(
    ws: Workspace,
    plan_id: str,
    choice: Adoption,
    reason: str | None,
    lines: Collection[str] | None = None,
    part: PlanPart | None = None,
) -> tuple[Adopted, ...]:
    """Decide for the named lines, or those of a customer, a service or a group, that a rule takes over for the first
    time in this plan. `follow` is no decision of its own: such a line is approved.

    Raises UseCaseError with exit code 2: `approve.reason_needed`, `approve.adopt_whom`, `approve.unknown_line`,
    `approve.unknown_part`, `approve.nothing_to_adopt`, `approve.adopt_in_group`; with exit code 4
    `approve.adopt_approved` and what `open_plan` refuses; what `set_rule` raises.
    """
    if not (reason or "").strip():
        raise wrong("approve.reason_needed")
    meant = part or PlanPart()
    if lines is None and not meant.named:
        raise wrong("approve.adopt_whom")
    plan, found = await ws.step(_chosen, ws, plan_id, lines, meant)
    made: list[Adopted] = []
    for outcome in found:
        saved = await set_rule(ws, _draft(plan, outcome, choice, (reason or "").strip()))
        made.append(Adopted(outcome, saved.rule))
    return tuple(made)
