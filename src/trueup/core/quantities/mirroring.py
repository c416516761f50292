"""Lines that copy another line's units (a discount beside its charge): the same levels on the same days.

A mirror is planned after the line that it copies, from that line's levels, so that both move on the same dates. Where
the copied line cannot be decided, the mirror waits with it. See docs/decisions/0067-mirrored-lines.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from trueup.core.dates.timing import LevelPath
from trueup.core.digest import digest
from trueup.core.outcome import Outcome, OutcomeStatus
from trueup.core.planning.line_plan import PlanContext, plan_line
from trueup.core.reason import Reason
from trueup.core.rule import Mirror

if TYPE_CHECKING:
    from trueup.core.planning.planning import LineCase


class _Lines:
    """The lines of a plan as mirrors look for them."""

    def __init__(self, cases: Iterable[LineCase]) -> None:
        self.by_id: dict[str, LineCase] = {}
        self.by_place: dict[tuple[str, str], list[LineCase]] = defaultdict(list)
        for case in cases:
            self.by_id[case.facts.line.id] = case
            self.by_place[case.facts.contract.id, case.facts.service.id].append(case)

    def copied(self, mirror: Mirror, case: LineCase, as_of: date) -> tuple[LineCase, ...]:
        """The lines that a mirror may mean on a day; more or fewer than one leave it undecided.

        Of the line that was given and those that go on for it after renewals, the one that is in force together with
        the mirror; without a line, the line of the service on the mirror's own contract.
        """
        contract = case.facts.contract
        if not mirror.line_id:
            return tuple(self.by_place.get((contract.id, mirror.service_id), ()))
        day = max(as_of if contract.end is None else min(as_of, contract.end), contract.start)
        at = [self.by_id[line] for line in case.copies or (mirror.line_id,) if line in self.by_id]
        return tuple(sorted(at, key=lambda other: (other.facts.contract.covers(day), other.facts.contract.start))[-1:])


def _targets(cases: Iterable[LineCase], as_of: date) -> Iterator[tuple[LineCase, Mirror, tuple[LineCase, ...]]]:
    cases = tuple(cases)
    mirrors = [(case, case.rule.mirror) for case in cases if case.rule.mirror is not None]
    lines = _Lines(cases if mirrors else ())
    for case, mirror in mirrors:
        targets = lines.copied(mirror, case, as_of)
        yield case, mirror, targets if all(target.rule.mirror is None for target in targets) else ()


def copies_of(cases: Iterable[LineCase], as_of: date) -> Mapping[str, str]:
    """Each mirror's line with the line that it copies on a day; mirrors that are not clear are left out."""
    return {
        case.facts.line.id: targets[0].facts.line.id for case, _, targets in _targets(cases, as_of) if len(targets) == 1
    }


def mirrored(cases: Iterable[LineCase], outcomes: Iterable[Outcome], context: PlanContext) -> tuple[Outcome, ...]:
    """The outcomes with those of mirrors worked out."""
    planned = {outcome.line_id: outcome for outcome in outcomes}
    for case, mirror, targets in _targets(cases, context.as_of):
        line_id = case.facts.line.id
        if len(targets) == 1:
            copied = targets[0]
            planned[line_id] = _copy(case, copied, planned[copied.facts.line.id], context)
            continue
        reason = Reason.of(
            "held.mirror_target", line=mirror.line_id or None, service=mirror.service_id, found=len(targets)
        )
        planned[line_id] = _waiting(planned[line_id], reason)
    return tuple(planned.values())


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
