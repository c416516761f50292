"""A person's decision about one edited line: let the edit stand, plan it back, or fix the line at it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from trueup.app.drift.adopting import fix_line
from trueup.app.drift.looking import EditedLine, look
from trueup.app.errors import Exit, UseCaseError, failed
from trueup.app.workspace import Workspace
from trueup.app.writes.settling import agree_on
from trueup.core.contract import UnitStep
from trueup.core.outcome import Outcome
from trueup.core.planning.line_plan import plan_line
from trueup.core.reason import Reason
from trueup.core.rule import DriftPolicy


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided for which line, and what the line's outcome is by that."""

    line: EditedLine
    policy: DriftPolicy
    outcome: Outcome


def _save(ws: Workspace, line: EditedLine, policy: DriftPolicy, reason: str) -> Decided:
    store, facts, last = ws.store, line.case.facts, line.edits[-1]
    if facts.known is not None:  # an earlier decision about the same edit no longer counts
        facts = replace(facts, known=replace(facts.known, take_back=None))
    ruled = replace(line.case.rule, drift=policy)
    outcome = plan_line(facts, ruled, line.case.usage, line.context)
    with store.writing():
        if policy is DriftPolicy.TAKE_BACK:
            known = store.psa.known([facts.line.id])[facts.line.id]
            bound = replace(known, take_back=UnitStep(last.day, last.found))
            store.psa.set_known(facts.line.id, bound, now=ws.now())
        elif outcome.kept is not None:
            agree_on(store, outcome, now=ws.now())
        elif outcome.override is not None:
            fixed = replace(outcome.override, reason=f"{outcome.override.reason}: {reason}")
            fix_line(store, outcome, fixed, ws.actor, now=ws.now())
            agree_on(store, outcome, now=ws.now())
        else:
            raise failed("drift.cannot_stand", line=facts.line.id, policy=policy.value)
        detail = Reason.of(
            "audit.edit_decided",
            line=facts.line.id,
            policy=policy.value,
            day=last.day,
            found=last.found,
            known=last.known,
            reason=reason,
        )
        store.audit.add(ws.actor, "edit.decided", detail, now=ws.now())
    return Decided(line, policy, outcome)


async def decide(ws: Workspace, line_id: str, policy: DriftPolicy, reason: str | None) -> Decided:
    """Decide about the edit that the PSA shows on a line now; nothing is written to the PSA.

    To take back binds the next plans to plan the change back, as long as the PSA shows just this edit. Raises
    UseCaseError `drift.reason_needed` (exit 2), `drift.no_edit`, `drift.cannot_stand`; what `look` raises.
    """
    if not (reason or "").strip():
        raise UseCaseError(Reason.of("drift.reason_needed"), Exit.USAGE)
    found = await look(ws, frozenset({line_id}))
    line = next((one for one in found.lines if one.case.facts.line.id == line_id), None)
    if line is None:
        raise failed("drift.no_edit", line=line_id)
    return await ws.step(_save, ws, line, policy, (reason or "").strip())
