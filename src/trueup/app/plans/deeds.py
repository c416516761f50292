"""What persons and runs did with a plan so far: who approved which line, and what became of its write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from trueup.app.plans.heads import PlanHead
from trueup.store.journal import IntentState, Written
from trueup.store.plan_rows import PlanRow
from trueup.store.plans import Approval
from trueup.store.tenant_store import TenantStore


class PlanLine(NamedTuple):
    """One row with what was said and done about it: who approved it, and what became of its write."""

    row: PlanRow
    approved_by: tuple[str, ...] = ()
    written: str | None = None

    @property
    def needs_two(self) -> bool:
        """Whether two persons must approve it."""
        return any(reason.code == "note.second_approval" for reason in self.row.why)


@dataclass(frozen=True, slots=True)
class PlanDeeds:
    """Approvals of a plan, oldest first, and what became of each of its changes that a run took up."""

    approvals: tuple[Approval, ...]
    written: tuple[Written, ...]

    @property
    def run(self) -> str | None:
        """The newest run that wrote of the plan."""
        return self.written[-1].run_id if self.written else None

    def to_write(self, head: PlanHead) -> int:
        """How many outcomes are approved and were not taken up yet."""
        if not head.is_open:
            return 0
        approved: set[str] = set()
        for one in self.approvals:
            if one.checksum == head.plan.checksum:
                approved.update(one.digests)
        return len(approved.difference(one.digest for one in self.written))

    def lines(self, rows: Sequence[PlanRow]) -> tuple[PlanLine, ...]:
        """Rows with who approved them, and the state that is worst of all of a line's changes."""
        persons: dict[str, list[str]] = {}
        wanted = {row.digest for row in rows}
        for approval in self.approvals:
            for digest in wanted.intersection(approval.digests):
                persons.setdefault(digest, []).append(approval.person)
        states: dict[str, IntentState] = {}
        for one in self.written:
            if states.get(one.line_id, IntentState.DONE) is IntentState.DONE:
                states[one.line_id] = one.state
        return tuple(
            PlanLine(row, tuple(dict.fromkeys(persons.get(row.digest, ()))), states.get(row.line_id)) for row in rows
        )

    def finished(self) -> tuple[str, ...]:
        """Lines all of whose changes are done."""
        begun = {one.line_id for one in self.written if one.state is not IntentState.DONE}
        return tuple(sorted({one.line_id for one in self.written} - begun))


def deeds_of(store: TenantStore, plan_id: str) -> PlanDeeds:
    """What was done with a plan; a part of a step. Nothing is written that was not approved."""
    approvals = store.plans.approvals(plan_id)
    return PlanDeeds(approvals, store.journal.written(plan_id) if approvals else ())
