"""Who approved and who released: as reasons, for explaining a line and for the history."""

from __future__ import annotations

from trueup.core.reason import Reason
from trueup.store.plans import StoredRelease
from trueup.store.tenant_store import TenantStore

SHOWN = 5
"""How many releases of a line are shown."""


def release_reason(one: StoredRelease, *, with_line: bool = False) -> Reason:
    """One release: what was released, by whom, when, why, and when it ended."""
    return Reason.of(
        "explain.released",
        rail=one.release.rail,
        line=one.release.line_id if with_line else None,
        units=one.release.after,
        day=one.release.effective,
        person=one.person,
        on=one.at.date(),
        why=one.reason,
        ended=one.ended_at.date() if one.ended_at is not None else None,
    )


def said_of_line(store: TenantStore, line_id: str, plan_id: str | None, digest: str) -> tuple[Reason, ...]:
    """The approvals of a line's outcome in one plan, and the newest releases of the line."""
    with store.reading():
        approvals = store.plans.approvals(plan_id) if plan_id is not None else ()
        approved = tuple(
            Reason.of("explain.approved", plan=plan_id, person=one.person, on=one.at.date(), why=one.reason or None)
            for one in approvals
            if digest in one.digests
        )
        mine = [one for one in store.plans.release_history() if one.release.line_id == line_id]
    return (*approved, *(release_reason(one) for one in reversed(mine[-SHOWN:])))


def newest_releases(store: TenantStore, limit: int) -> tuple[StoredRelease, ...]:
    """The newest releases of all lines, newest first."""
    return tuple(reversed(store.plans.release_history()[-limit:]))
