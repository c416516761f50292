"""Approve a plan: who said yes to which digests, and which guard rails a person released, with the reason.

An approval is bound to the plan's checksum and to the digest of each outcome, so that it covers exactly what was
on screen (design law 3). A release is bound to line, target and date.
"""

from __future__ import annotations

from collections.abc import Collection as Names
from dataclasses import dataclass
from datetime import timedelta

from trueup.app.errors import Exit, UseCaseError, failed, refused
from trueup.app.plans.consent import Consent
from trueup.app.plans.plan_parts import PlanPart, lines_in
from trueup.app.workspace import Workspace
from trueup.app.writes.modes_now import ModesNow
from trueup.app.writes.together import missing_from
from trueup.core.outcome import Outcome, OutcomeStatus, Plan
from trueup.core.rails.guard import Release
from trueup.core.reason import Reason
from trueup.core.rule import Mode, RuleLevel
from trueup.store.plans import Approval
from trueup.store.tenant_store import TenantStore


@dataclass(frozen=True, slots=True)
class Approved:
    """What an approval covers: the outcomes to write, and those among them that were released. `second` are lines that
    wait for one more person, each with those who have approved it."""

    approval: Approval
    outcomes: tuple[Outcome, ...]
    released: tuple[str, ...]
    second: tuple[tuple[str, tuple[str, ...]], ...] = ()


def open_plan(store: TenantStore, ws: Workspace, plan_id: str) -> Plan:
    """The plan if it may still be approved or applied. Raises UseCaseError with exit code 4 where it may not."""
    saved = store.plans.get(plan_id)
    if saved.state != "open":
        raise refused(f"plan.{saved.state}", plan=plan_id)
    hours = store.settings.get().plan_hours
    if ws.now() - saved.plan.created_at > timedelta(hours=hours):
        store.plans.expire(plan_id, now=ws.now())
        raise refused("plan.expired", plan=plan_id, hours=hours)
    return saved.plan


def _releasable(outcome: Outcome, releases: Names[str]) -> bool:
    return bool(outcome.releasable) and set(outcome.releasable) <= set(releases) and bool(outcome.adjustments)


def chosen(plan: Plan, lines: Names[str] | None, releases: Names[str]) -> tuple[Outcome, ...]:
    """Outcomes that an approval covers: all changes (of the named lines), and held ones whose rails are released.

    A service that is kept read-only is never among them.
    """
    return tuple(
        outcome
        for outcome in plan.outcomes
        if (lines is None or outcome.line_id in lines)
        and outcome.mode != Mode.READ_ONLY.value
        and (
            outcome.status is OutcomeStatus.CHANGE
            or (outcome.status in (OutcomeStatus.HELD, OutcomeStatus.DRIFT) and _releasable(outcome, releases))
        )
    )


def _refuse_unknown(plan: Plan, lines: Names[str] | None, releases: Names[str]) -> None:
    """Refuse a line that is not in the plan, and a guard rail that holds none of the chosen lines: what was meant
    would silently not happen."""
    there = {outcome.line_id for outcome in plan.outcomes}
    for line in lines or ():
        if line not in there:
            raise UseCaseError(Reason.of("approve.unknown_line", line=line, plan=plan.id), Exit.USAGE)
    holding = {
        rail for outcome in plan.outcomes if lines is None or outcome.line_id in lines for rail in outcome.releasable
    }
    for rail in releases:
        if rail not in holding:
            known = ", ".join(sorted(holding)) or None
            raise UseCaseError(
                Reason.of("approve.unknown_release", release=rail, plan=plan.id, known=known), Exit.USAGE
            )


def _refuse_halves(plan: Plan, covered: tuple[Outcome, ...]) -> None:
    """Refuse to approve a change without those that it goes together with."""
    half = missing_from(covered)
    if half is not None:
        lines, line = ", ".join(half[1]), half[0].line_id
        raise UseCaseError(Reason.of("approve.together", line=line, lines=lines, plan=plan.id), Exit.USAGE)


def _decided_since(store: TenantStore, plan: Plan) -> frozenset[str]:
    """Lines to be taken over that were given a rule of their own after the plan was made: what it says of them holds
    no more."""
    then = {outcome.line_id: outcome.rule_id or "" for outcome in plan.outcomes if outcome.first_time}
    own = [rule for rule in store.rules.list() if rule.level is RuleLevel.LINE and rule.target in then]
    return frozenset(
        rule.target
        for rule in own
        if not then[rule.target].startswith("group-")
        and (then[rule.target] != rule.id or store.rules.history(rule.id)[-1].saved_at > plan.created_at)
    )


def _save(
    ws: Workspace,
    plan_id: str,
    lines: Names[str] | None,
    releases: Names[str],
    reason: str,
    checksum: str | None,
    part: PlanPart,
) -> Approved:
    store = ws.store
    with store.writing():
        plan = open_plan(store, ws, plan_id)
        if checksum is not None and checksum != plan.checksum:
            raise refused("plan.checksum_differs", plan=plan_id)
        if len(set(releases)) > 1 and lines is None and not part.named:
            raise UseCaseError(Reason.of("approve.group_needed", releases=", ".join(releases)), Exit.USAGE)
        _refuse_unknown(plan, lines, ())
        lines = lines_in(plan, part, lines)
        _refuse_unknown(plan, lines, releases)
        decided = _decided_since(store, plan)
        covered = tuple(one for one in chosen(plan, lines, releases) if one.line_id not in decided)
        named = [outcome for outcome in plan.outcomes if lines is None or outcome.line_id in lines]
        if not covered and ModesNow(store).all_read_only(named):
            raise refused("apply.read_only")
        if not covered and any(outcome.mode == Mode.READ_ONLY.value for outcome in plan.outcomes):
            raise refused("plan.made_read_only", plan=plan_id)
        if not covered:
            raise refused("plan.nothing_to_approve", plan=plan_id)
        _refuse_halves(plan, covered)
        released = tuple(outcome.line_id for outcome in covered if outcome.status is not OutcomeStatus.CHANGE)
        approval = Approval(
            plan.id, plan.checksum, tuple(outcome.digest for outcome in covered), ws.actor, reason, ws.now()
        )
        store.plans.approve(approval)
        for outcome in covered:
            if outcome.line_id in released and outcome.after is not None and outcome.effective is not None:
                for rail in outcome.releasable:
                    release = Release(rail, outcome.line_id, outcome.after, outcome.effective)
                    store.plans.release(release, ws.actor, reason, now=ws.now())
        detail = Reason.of("audit.approved", plan=plan.id, lines=len(covered), released=len(released))
        store.audit.add(ws.actor, "plan.approved", detail, now=ws.now())
        consent = Consent(store, plan)
        second = tuple((outcome.line_id, consent.persons(outcome)) for outcome in consent.lacking(covered))
    return Approved(approval, covered, released, second)


async def approve(
    ws: Workspace,
    plan_id: str,
    lines: Names[str] | None = None,
    releases: Names[str] = (),
    reason: str | None = None,
    checksum: str | None = None,
    part: PlanPart | None = None,
) -> Approved:
    """Record the approval of a plan's changes, and of held lines whose rails are all named in `releases`.

    `checksum` is what the person saw, where the caller knows it. `part` narrows to a customer, a service or an
    allocation group; more than one rail is released only for named lines or such a part. Raises UseCaseError:
    `approve.reason_needed` when something is released without one, `approve.unknown_line`, `approve.unknown_release`,
    `approve.together`, `approve.unknown_part`, `approve.group_needed`; with exit code 4 `plan.expired`,
    `plan.superseded`, `plan.applied`, `plan.checksum_differs`, `plan.nothing_to_approve`, `apply.read_only`.
    """
    if releases and not (reason or "").strip():
        raise UseCaseError(Reason.of("approve.reason_needed"), Exit.USAGE)
    if lines is not None and not lines:
        raise failed("approve.no_lines")
    return await ws.step(_save, ws, plan_id, lines, releases, reason or "", checksum, part or PlanPart())
