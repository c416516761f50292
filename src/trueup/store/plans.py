"""Plans as they were shown, with approvals and releases. A saved plan never changes; only its state does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Final

import msgspec
import sqlalchemy as sa

from trueup.core.outcome import EntryKind, Outcome, OutcomeStatus, Plan
from trueup.core.rails.guard import Release
from trueup.core.reason import Reason
from trueup.store.binding import Binding
from trueup.store.codec import decode, encode
from trueup.store.errors import StoreError
from trueup.store.packing import packed, unpacked
from trueup.store.plan_rows import keep_rows
from trueup.store.tables.plans import approval, outcome, plan, release

OPEN = "open"
SUPERSEDED = "superseded"
EXPIRED = "expired"
APPLIED = "applied"


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """A plan with what became of it: `open`, `superseded` (by a later plan), `expired` or `applied`."""

    plan: Plan
    state: str
    state_at: datetime
    run_id: str | None = None
    superseded_by: str | None = None


@dataclass(frozen=True, slots=True)
class Approval:
    """A person's yes to some outcomes, by their digests, under the checksum of the plan that was shown."""

    plan_id: str
    checksum: str
    digests: tuple[str, ...]
    person: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class StoredRelease:
    """A release with who gave it, why and when; `ended_at` is set once it no longer counts."""

    release: Release
    person: str
    reason: str
    at: datetime
    ended_at: datetime | None = None


_NEWEST: Final = (
    sa.select(plan)
    .where(plan.c.tenant == sa.bindparam("tenant"))
    .order_by(plan.c.place.desc())
    .limit(sa.bindparam("most", type_=sa.Integer))
)
_APPROVALS: Final = (
    sa.select(approval)
    .where(approval.c.tenant == sa.bindparam("tenant"), approval.c.plan == sa.bindparam("plan"))
    .order_by(approval.c.id)
)
"""Built once: every page of a plan asks both."""


@lru_cache(maxsize=8)  # an approval of a whole plan names thousands, and every page of the plan asks for it
def _digests(text: str) -> tuple[str, ...]:
    return msgspec.json.decode(text, type=tuple[str, ...])


class Plans:
    """A tenant's plans."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def save(self, made: Plan, run_id: str | None, *, now: datetime) -> None:
        """Keep a plan as the open one; earlier open ones become `superseded`. Raises StoreError `store.plan_exists`."""
        with self._binding.writing() as connection:
            if connection.execute(sa.select(plan.c.id).where(*self._plan(made.id))).first():
                raise StoreError("store.plan_exists", plan=made.id)
            connection.execute(
                sa.update(plan)
                .where(plan.c.tenant == self._binding.tenant, plan.c.state == OPEN)
                .values(state=SUPERSEDED, state_at=now, superseded_by=made.id)
            )
            row = {
                "id": made.id,
                "place": self._binding.next_number(connection, "plan"),
                "run": run_id,
                "as_of": made.as_of,
                "created_at": made.created_at,
                "checksum": made.checksum,
                "notes": encode(made.notes, tuple[Reason, ...]),
                "state": OPEN,
                "state_at": now,
            }
            connection.execute(sa.insert(plan).values(tenant=self._binding.tenant, **row))
            rows = [self._outcome_row(made.id, place, one) for place, one in enumerate(made.outcomes)]
            if rows:
                connection.execute(sa.insert(outcome), rows)
            keep_rows(self._binding, connection, made.id, made.outcomes)

    def get(self, plan_id: str) -> StoredPlan:
        """A plan with all its outcomes and its state. Raises StoreError `store.unknown_plan`."""
        with self._binding.reading() as connection:
            row = connection.execute(sa.select(plan).where(*self._plan(plan_id))).first()
            if row is None:
                raise StoreError("store.unknown_plan", plan=plan_id)
            outcomes = tuple(outcome_of(body) for body in connection.execute(self._bodies(plan_id)).scalars())
        found = Plan(row.id, row.as_of, row.created_at, outcomes, row.checksum, decode(row.notes, tuple[Reason, ...]))
        return StoredPlan(found, row.state, row.state_at, row.run, row.superseded_by)

    def list(self, *, limit: int = 100) -> tuple[StoredPlan, ...]:
        """Plans without their outcomes, newest first."""
        return tuple(stored for _, stored in self.before(None, limit))

    def before(self, place: int | None, limit: int) -> tuple[tuple[int, StoredPlan], ...]:
        """Plans without their outcomes, newest first, each with its place; those before a place if it is named."""
        asked = {"tenant": self._binding.tenant, "most": limit}
        with self._binding.reading() as connection:
            if place is None:
                rows = connection.execute(_NEWEST, asked).all()
            else:
                rows = connection.execute(_NEWEST.where(plan.c.place < place), asked).all()
        return tuple((row.place, _head(row)) for row in rows)

    def newest_at(self, moment: datetime) -> StoredPlan | None:
        """The newest plan that there was at a moment, without its outcomes."""
        wanted = (plan.c.tenant == self._binding.tenant, plan.c.created_at <= moment)
        with self._binding.reading() as connection:
            row = connection.execute(sa.select(plan).where(*wanted).order_by(plan.c.place.desc()).limit(1)).first()
        return None if row is None else _head(row)

    def head(self, plan_id: str) -> StoredPlan:
        """A plan without its outcomes. Raises StoreError `store.unknown_plan`."""
        with self._binding.reading() as connection:
            row = connection.execute(sa.select(plan).where(*self._plan(plan_id))).first()
        if row is None:
            raise StoreError("store.unknown_plan", plan=plan_id)
        return _head(row)

    def amounts(self, plan_id: str) -> Iterator[tuple[OutcomeStatus, str | None, Decimal | None, Decimal | None]]:
        """Status, currency, amount a month and amount now of each outcome of a plan; a unit cost bills nobody: zero."""
        columns = (outcome.c.status, outcome.c.currency, outcome.c.recurring, outcome.c.amount, outcome.c.kind)
        with self._binding.reading() as connection:
            rows = connection.execute(sa.select(*columns).where(*self._outcomes(plan_id))).all()
        for status, currency, recurring, amount, kind in rows:
            month = Decimal(0) if kind == EntryKind.UNIT_COST else recurring
            yield OutcomeStatus(status), currency, month, amount

    def latest(self) -> StoredPlan | None:
        """The plan that was saved last, with its outcomes; None if there is none."""
        found = self.list(limit=1)
        return self.get(found[0].plan.id) if found else None

    def outcomes(
        self,
        plan_id: str,
        *,
        status: OutcomeStatus | None = None,
        customer_id: str | None = None,
        service_id: str | None = None,
        line_id: str | None = None,
        code: str | None = None,
        after: int = -1,
        limit: int = 1000,
    ) -> tuple[tuple[int, Outcome], ...]:
        """Outcomes with their positions in the plan, from the one behind `after` on; all given filters must fit.
        `code` is the code of one of an outcome's reasons."""
        wanted = [outcome.c.position > after]
        pairs = (
            (outcome.c.status, None if status is None else status.value),
            (outcome.c.customer, customer_id),
            (outcome.c.service, service_id),
            (outcome.c.line, line_id),
        )
        wanted += [column == value for column, value in pairs if value is not None]
        if code is not None:
            wanted.append(outcome.c.codes.contains(f" {code} ", autoescape=True))
        query = sa.select(outcome.c.position, outcome.c.body).where(*self._outcomes(plan_id), *wanted)
        with self._binding.reading() as connection:
            rows = connection.execute(query.order_by(outcome.c.position).limit(limit)).all()
        return tuple((position, outcome_of(body)) for position, body in rows)

    def history_of_line(self, line_id: str, *, limit: int = 100) -> tuple[tuple[str, Outcome], ...]:
        """What the plans said of one line, newest first, with their ids."""
        query = (
            sa.select(outcome.c.plan, outcome.c.body)
            .join(plan, (plan.c.tenant == outcome.c.tenant) & (plan.c.id == outcome.c.plan))
            .where(outcome.c.tenant == self._binding.tenant, outcome.c.line == line_id)
            .order_by(plan.c.place.desc())
            .limit(limit)
        )
        with self._binding.reading() as connection:
            rows = connection.execute(query).all()
        return tuple((plan_id, outcome_of(body)) for plan_id, body in rows)

    def expire(self, plan_id: str, *, now: datetime) -> bool:
        """Close an open plan as `expired`; false if it was not open."""
        return self._close(plan_id, EXPIRED, now)

    def applied(self, plan_id: str, *, now: datetime) -> bool:
        """Close an open plan as `applied`; false if it was not open."""
        return self._close(plan_id, APPLIED, now)

    def approve(self, given: Approval) -> None:
        """Keep an approval. Raises StoreError `store.unknown_plan`, `store.plan_not_open`, or `store.plan_differs` when
        the checksum is not the plan's or a digest is not among its outcomes'."""
        with self._binding.writing() as connection:
            columns = (plan.c.state, plan.c.checksum)
            row = connection.execute(sa.select(*columns).where(*self._plan(given.plan_id))).first()
            if row is None:
                raise StoreError("store.unknown_plan", plan=given.plan_id)
            if row.state != OPEN:
                raise StoreError("store.plan_not_open", plan=given.plan_id, state=row.state)
            shown = connection.execute(sa.select(outcome.c.digest).where(*self._outcomes(given.plan_id))).scalars()
            if row.checksum != given.checksum or not set(given.digests) <= set(shown):
                raise StoreError("store.plan_differs", plan=given.plan_id)
            values = {
                "id": self._binding.next_number(connection, "approval"),
                "plan": given.plan_id,
                "checksum": given.checksum,
                "digests": msgspec.json.encode(given.digests).decode(),
                "person": given.person,
                "reason": given.reason,
                "at": given.at,
            }
            connection.execute(sa.insert(approval).values(tenant=self._binding.tenant, **values))

    def approvals(self, plan_id: str) -> tuple[Approval, ...]:
        """Every approval of a plan, oldest first."""
        with self._binding.reading() as connection:
            rows = connection.execute(_APPROVALS, {"tenant": self._binding.tenant, "plan": plan_id}).all()
        return tuple(
            Approval(
                row.plan,
                row.checksum,
                _digests(row.digests),
                row.person,
                row.reason,
                row.at,
            )
            for row in rows
        )

    def release(self, given: Release, person: str, reason: str, *, now: datetime) -> None:
        """Keep a release of one rail for one line, target and date. One with another target or date for the same line
        and rail ends."""
        with self._binding.writing() as connection:
            mine = (release.c.tenant == self._binding.tenant, release.c.ended_at.is_(None))
            same = (release.c.line == given.line_id, release.c.rail == given.rail)
            connection.execute(sa.update(release).where(*mine, *same).values(ended_at=now))
            values = {
                "id": self._binding.next_number(connection, "release"),
                "line": given.line_id,
                "rail": given.rail,
                "units": given.after,
                "day": given.effective,
                "person": person,
                "reason": reason,
                "at": now,
            }
            connection.execute(sa.insert(release).values(tenant=self._binding.tenant, **values))

    def releases(self, line_ids: Iterable[str] | None = None) -> tuple[Release, ...]:
        """Releases that count, of these lines or of all."""
        chosen = None if line_ids is None else set(line_ids)
        found = (one.release for one in self.release_history() if one.ended_at is None)
        return tuple(one for one in found if chosen is None or one.line_id in chosen)

    def end_releases(self, line_id: str, *, now: datetime) -> int:
        """End every release of a line, because its target or date changed or it was applied; gives how many."""
        mine = (release.c.tenant == self._binding.tenant, release.c.ended_at.is_(None), release.c.line == line_id)
        with self._binding.writing() as connection:
            return connection.execute(sa.update(release).where(*mine).values(ended_at=now)).rowcount

    def release_history(self) -> tuple[StoredRelease, ...]:
        """Every release ever given, oldest first."""
        query = sa.select(release).where(release.c.tenant == self._binding.tenant).order_by(release.c.id)
        with self._binding.reading() as connection:
            rows = connection.execute(query).all()
        return tuple(
            StoredRelease(Release(row.rail, row.line, row.units, row.day), row.person, row.reason, row.at, row.ended_at)
            for row in rows
        )

    def _plan(self, plan_id: str) -> tuple[sa.ColumnElement[bool], ...]:
        return (plan.c.tenant == self._binding.tenant, plan.c.id == plan_id)

    def _outcomes(self, plan_id: str) -> tuple[sa.ColumnElement[bool], ...]:
        return (outcome.c.tenant == self._binding.tenant, outcome.c.plan == plan_id)

    def _bodies(self, plan_id: str) -> sa.Select[bytes]:
        return sa.select(outcome.c.body).where(*self._outcomes(plan_id)).order_by(outcome.c.position)

    def _close(self, plan_id: str, state: str, now: datetime) -> bool:
        change = sa.update(plan).where(*self._plan(plan_id), plan.c.state == OPEN).values(state=state, state_at=now)
        with self._binding.writing() as connection:
            return connection.execute(change).rowcount == 1

    def _outcome_row(self, plan_id: str, position: int, one: Outcome) -> dict[str, object]:
        codes = " ".join(sorted({reason.code for reason in one.reasons}))
        return {
            "tenant": self._binding.tenant,
            "plan": plan_id,
            "position": position,
            "line": one.line_id,
            "status": one.status.value,
            "kind": one.kind.value,
            "customer": one.customer_id,
            "contract": one.contract_id,
            "service": one.service_id,
            "currency": one.currency,
            "amount": one.amount,
            "recurring": one.recurring,
            "codes": f" {codes} ",
            "digest": one.digest,
            "body": packed(encode(one)),
        }


def _head(row: sa.Row[tuple[object, ...]]) -> StoredPlan:
    notes = decode(row.notes, tuple[Reason, ...])
    made = Plan(row.id, row.as_of, row.created_at, (), row.checksum, notes)
    return StoredPlan(made, row.state, row.state_at, row.run, row.superseded_by)


def outcome_of(body: bytes) -> Outcome:
    """The outcome behind its packed form. Raises StoreError `store.unreadable`."""
    try:
        text = unpacked(body)
    except ValueError as error:
        raise StoreError("store.unreadable", kind="Outcome", detail=str(error)) from None
    return decode(text, Outcome)
