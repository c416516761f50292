"""Lines that copy another line's units (a discount beside its charge): the same levels on the same days.

A mirror is planned after the line that it copies, from that line's levels, so that both move on the same dates. Where
the copied line cannot be decided, the mirror waits with it. See docs/decisions/0067-mirrored-lines.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from trueup.core.digest import digest
from trueup.core.line_plan import PlanContext, plan_line
from trueup.core.outcome import Outcome, OutcomeStatus
from trueup.core.reason import Reason
from trueup.core.rule import Mirror
from trueup.core.timing import LevelPath

if TYPE_CHECKING:
    from trueup.core.planning import LineCase


def copied_lines(mirror: Mirror, case: LineCase, cases: Iterable[LineCase], as_of: date) -> tuple[LineCase, ...]:
    """The lines that a mirror may mean on a day; more or fewer than one leave it undecided.

    Of the line that was given and those that go on for it after renewals, the one that is in force together with the
    mirror; without a line, the line of the service on the mirror's own contract.
    """
    contract = case.facts.contract
    by_id = {other.facts.line.id: other for other in cases if other.facts.line.id != case.facts.line.id}
    if not mirror.line_id:
        return tuple(
            other
            for other in by_id.values()
            if (other.facts.service.id, other.facts.contract.id) == (mirror.service_id, contract.id)
        )
    day = max(as_of if contract.end is None else min(as_of, contract.end), contract.start)
    found = by_id.get(mirror.line_id)
    passed: set[str] = set()
    while found is not None and not found.facts.contract.covers(day) and found.facts.line.id not in passed:
        passed.add(found.facts.line.id)
        later = found.facts.next_line
        following = by_id.get(later.line_id or "") if later is not None else None
        if following is None:
            break
        found = following
    return (found,) if found is not None else ()


def mirrored(
    cases: Iterable[LineCase], outcomes: Iterable[Outcome], context: PlanContext
) -> tuple[tuple[Outcome, ...], Mapping[str, str]]:
    """The outcomes with those of mirrors worked out, and each mirror's line with the line that it copies."""
    cases = tuple(cases)
    planned = {outcome.line_id: outcome for outcome in outcomes}
    copies: dict[str, str] = {}
    for case in cases:
        mirror = case.rule.mirror
        if mirror is None:
            continue
        line_id = case.facts.line.id
        targets = copied_lines(mirror, case, cases, context.as_of)
        if len(targets) != 1 or targets[0].rule.mirror is not None:
            reason = Reason.of(
                "held.mirror_target", line=mirror.line_id or None, service=mirror.service_id, found=len(targets)
            )
            planned[line_id] = _waiting(planned[line_id], reason)
            continue
        copied = targets[0]
        copies[line_id] = copied.facts.line.id
        planned[line_id] = _copy(case, copied, planned[copied.facts.line.id], context)
    return tuple(planned[case.facts.line.id] for case in cases), copies


def _waiting(outcome: Outcome, reason: Reason) -> Outcome:
    return replace(outcome, status=OutcomeStatus.HELD, reasons=(reason,), adjustments=(), expected=(), releasable=())


def _copy(case: LineCase, copied: LineCase, other: Outcome, context: PlanContext) -> Outcome:
    rule = replace(copied.rule, id=case.rule.id, version=case.rule.version, cutover=case.rule.cutover)
    scheduled = tuple(reason for reason in other.reasons if reason.code.startswith("scheduled."))
    path = None
    if other.levels and other.decided_until is not None:
        path = LevelPath(other.levels[0].start, other.levels, other.decided_until, scheduled)
    outcome = plan_line(case.facts, rule, copied.usage, context, path)
    if case.facts.contract.end is not None and case.facts.contract.end < context.as_of:
        return outcome  # what is over copies nothing any more, and says how it ended
    undecided = other.status in (OutcomeStatus.HELD, OutcomeStatus.UNMAPPED) and not other.adjustments
    if path is None or undecided:
        why = other.reasons[0].code if other.reasons else ""
        outcome = _waiting(outcome, Reason.of("held.mirror", line=other.line_id, why=why))
    step = Reason.of("step.mirror", line=other.line_id, service=other.service_name, units=other.after)
    return replace(outcome, steps=(step, *outcome.steps), digest=digest(outcome.digest, other.digest))
