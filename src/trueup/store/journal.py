"""The journal of writes: an intent is committed before its write, claimed once, and settled by what came of it.

    intended --claim--> sent --> done | refused | unsettled | conflict, or back to intended when surely not sent
    unsettled --> done | refused | conflict | skipped, or back to intended when surely not done
    intended --> skipped | conflict
Every arrow is one compare-and-set under a lease's epoch (design law 4), so two processes cannot take it both.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final

import msgspec
import sqlalchemy as sa

from trueup.core.contract import UnitStep
from trueup.core.reason import Reason
from trueup.store.binding import Binding
from trueup.store.codec import decode, encode
from trueup.store.errors import StoreError
from trueup.store.leases import Lease, valid_lease
from trueup.store.tables.psa import known_line
from trueup.store.tables.runs import intent


class IntentState(StrEnum):
    """Where an intent is on its way."""

    INTENDED = "intended"
    SENT = "sent"
    UNSETTLED = "unsettled"
    DONE = "done"
    REFUSED = "refused"
    SKIPPED = "skipped"
    CONFLICT = "conflict"


UNCLEAR = (IntentState.SENT, IntentState.UNSETTLED)

_FROM: dict[IntentState, tuple[IntentState, ...]] = {
    IntentState.INTENDED: (IntentState.SENT, IntentState.UNSETTLED),
    IntentState.SENT: (),
    IntentState.UNSETTLED: (IntentState.SENT, IntentState.UNSETTLED),
    IntentState.DONE: (IntentState.SENT, IntentState.UNSETTLED),
    IntentState.REFUSED: (IntentState.SENT, IntentState.UNSETTLED),
    IntentState.SKIPPED: (IntentState.INTENDED, IntentState.SENT, IntentState.UNSETTLED),
    IntentState.CONFLICT: (IntentState.INTENDED, IntentState.SENT, IntentState.UNSETTLED),
}
"""From which states each state is reached by `settle`; `sent` is reached by `claim` alone."""


@dataclass(frozen=True, slots=True)
class NewIntent:
    """A write that is going to be made: the change of one line from one day on, and the units before and after it.

    `details` holds what a write of another kind needs (a new service or line), as text by name.
    """

    run_id: str
    plan_id: str
    line_id: str
    day: date
    change: int
    before: tuple[UnitStep, ...]
    after: tuple[UnitStep, ...]
    digest: str
    details: tuple[tuple[str, str], ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Intent:
    """An intent on record. `tries` counts the claims whose write may have reached the PSA; `sent_at` is the last."""

    id: int
    run_id: str
    plan_id: str
    line_id: str
    day: date
    change: int
    before: tuple[UnitStep, ...]
    after: tuple[UnitStep, ...]
    digest: str
    details: tuple[tuple[str, str], ...]
    state: IntentState
    epoch: int
    tries: int
    intended_at: datetime
    sent_at: datetime | None
    settled_at: datetime | None
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class Written:
    """One change of a plan that a run took up, and where it is on its way."""

    run_id: str
    line_id: str
    digest: str
    state: IntentState


def finished_lines_of(tenant: sa.ColumnElement[str], plan: sa.ColumnElement[str]) -> sa.Select[str]:
    """Lines of a plan all of whose changes are done, as a part of a statement over plans."""
    unfinished = sa.func.sum(sa.case((intent.c.state == IntentState.DONE.value, 0), else_=1))
    mine = (intent.c.tenant == tenant, intent.c.plan == plan)
    return sa.select(intent.c.line).where(*mine).group_by(intent.c.line).having(unfinished == 0)


_WRITTEN: Final = (
    sa.select(intent.c.run, intent.c.line, intent.c.digest, intent.c.state)
    .where(intent.c.tenant == sa.bindparam("tenant"), intent.c.plan == sa.bindparam("plan"))
    .order_by(intent.c.id)
)
"""Built once: every page of a plan asks it."""


class Journal:
    """A tenant's journal."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def intend(self, new: Iterable[NewIntent], lease: Lease, *, now: datetime) -> tuple[int, ...]:
        """Commit intents, all or none; gives their numbers. None are written when the lease is not valid.

        Raises StoreError `store.intent_exists` for a second one of the same plan, line and day, and `store.lease_lost`.
        """
        wanted = tuple(new)
        with self._binding.writing() as connection:
            if not wanted:
                return ()
            if not valid_lease(connection, self._binding.tenant, lease, now):
                raise StoreError("store.lease_lost", lease=lease.name, holder=lease.holder)
            self._refuse_twice(connection, wanted)
            first = self._binding.next_number(connection, "intent", len(wanted))
            rows = [
                {
                    "tenant": self._binding.tenant,
                    "id": number,
                    "run": one.run_id,
                    "plan": one.plan_id,
                    "line": one.line_id,
                    "day": one.day,
                    "change": one.change,
                    "before": encode(one.before, tuple[UnitStep, ...]),
                    "after": encode(one.after, tuple[UnitStep, ...]),
                    "digest": one.digest,
                    "details": msgspec.json.encode(one.details).decode(),
                    "state": IntentState.INTENDED.value,
                    "epoch": lease.epoch,
                    "tries": 0,
                    "intended_at": now,
                }
                for number, one in enumerate(wanted, first)
            ]
            connection.execute(sa.insert(intent), rows)
        return tuple(range(first, first + len(wanted)))

    def claim(self, number: int, lease: Lease, *, now: datetime) -> bool:
        """Take an intent for sending, once: from `intended` to `sent`, committed before the write leaves.

        False, and nothing may be sent, when it is not `intended` any more, when the lease is not valid now, or while
        another intent of the same line is unclear.
        """
        other = intent.alias("other")
        with self._binding.writing() as connection:
            if not valid_lease(connection, self._binding.tenant, lease, now):
                return False
            line = connection.execute(sa.select(intent.c.line).where(*self._one(number))).scalar()
            unclear = sa.select(other.c.id).where(
                other.c.tenant == self._binding.tenant,
                other.c.line == line,
                other.c.id != number,
                other.c.state.in_([state.value for state in UNCLEAR]),
            )
            if connection.execute(unclear).first() is not None:
                return False
            claimed = connection.execute(
                sa.update(intent)
                .where(*self._one(number), intent.c.state == IntentState.INTENDED.value)
                .values(state=IntentState.SENT.value, epoch=lease.epoch, sent_at=now, tries=intent.c.tries + 1)
            )
        return claimed.rowcount == 1

    def settle(
        self,
        number: int,
        state: IntentState,
        reason: Reason | None,
        lease: Lease,
        *,
        now: datetime,
        not_sent: bool = False,
    ) -> bool:
        """Write down what came of an intent. False when it is in a state from which this cannot follow, or when the
        lease has changed hands (a lease that merely ran out may still settle: nobody else has looked).

        `not_sent` takes back the try: it is certain that nothing reached the PSA.
        """
        with self._binding.writing() as connection:
            if not valid_lease(connection, self._binding.tenant, lease, None):
                return False
            values = {
                "state": state.value,
                "epoch": lease.epoch,
                "settled_at": now,
                "reason": None if reason is None else encode(reason),
            }
            change = sa.update(intent).where(
                *self._one(number), intent.c.state.in_([allowed.value for allowed in _FROM[state]])
            )
            change = change.values(**values, tries=intent.c.tries - 1) if not_sent else change.values(**values)
            return connection.execute(change).rowcount == 1

    def get(self, number: int) -> Intent:
        """One intent. Raises StoreError `store.unknown_intent`."""
        for found in self._select(intent.c.id == number):
            return found
        raise StoreError("store.unknown_intent", intent=number)

    def open_intents(self) -> tuple[Intent, ...]:
        """Every intent that was sent and is not settled, of any run and epoch: each has to be read back."""
        return self._select(intent.c.state.in_([state.value for state in UNCLEAR]))

    def of_plan(self, plan_id: str) -> tuple[Intent, ...]:
        """The intents of a plan."""
        return self._select(intent.c.plan == plan_id)

    def written(self, plan_id: str) -> tuple[Written, ...]:
        """What became of each change of a plan, oldest first, without its details."""
        with self._binding.reading() as connection:
            rows = connection.execute(_WRITTEN, {"tenant": self._binding.tenant, "plan": plan_id}).all()
        return tuple(Written(run, line, digest, IntentState(state)) for run, line, digest, state in rows)

    def of_run(self, run_id: str) -> tuple[Intent, ...]:
        """The intents that a run wrote down."""
        return self._select(intent.c.run == run_id)

    def of_line(self, line_id: str) -> tuple[Intent, ...]:
        """Every intent of a line."""
        return self._select(intent.c.line == line_id)

    def done(self, since: date | None = None) -> tuple[Intent, ...]:
        """Every intent that was done, or those that take effect on that day or later."""
        limits = [intent.c.state == IntentState.DONE.value]
        if since is not None:
            limits.append(intent.c.day >= since)
        return self._select(*limits)

    def clashes(self) -> tuple[Intent, ...]:
        """Intents that may have reached the PSA and were read back as neither done nor not done, of lines with which
        nothing was agreed since; oldest first."""
        same_line = sa.and_(known_line.c.tenant == intent.c.tenant, known_line.c.line == intent.c.line)
        return self._select(
            intent.c.state == IntentState.CONFLICT.value,
            intent.c.tries > 0,
            sa.or_(known_line.c.agreed_at.is_(None), known_line.c.agreed_at < intent.c.settled_at),
            among=intent.outerjoin(known_line, same_line),
        )

    def _one(self, number: int) -> tuple[sa.ColumnElement[bool], ...]:
        return (intent.c.tenant == self._binding.tenant, intent.c.id == number)

    def _refuse_twice(self, connection: sa.Connection, wanted: tuple[NewIntent, ...]) -> None:
        taken: set[tuple[str, str, date]] = set()
        columns = (intent.c.line, intent.c.day)
        for plan_id in {one.plan_id for one in wanted}:
            mine = (intent.c.tenant == self._binding.tenant, intent.c.plan == plan_id)
            taken |= {(plan_id, line, day) for line, day in connection.execute(sa.select(*columns).where(*mine))}
        for one in wanted:
            place = (one.plan_id, one.line_id, one.day)
            if place in taken:
                raise StoreError("store.intent_exists", plan=one.plan_id, line=one.line_id, day=one.day)
            taken.add(place)

    def _select(self, *limits: sa.ColumnElement[bool], among: sa.FromClause = intent) -> tuple[Intent, ...]:
        mine = intent.c.tenant == self._binding.tenant
        query = sa.select(intent).select_from(among).where(mine, *limits).order_by(intent.c.id)
        with self._binding.reading() as connection:
            rows = connection.execute(query).all()
        return tuple(
            Intent(
                row.id,
                row.run,
                row.plan,
                row.line,
                row.day,
                row.change,
                decode(row.before, tuple[UnitStep, ...]),
                decode(row.after, tuple[UnitStep, ...]),
                row.digest,
                msgspec.json.decode(row.details, type=tuple[tuple[str, str], ...]),
                IntentState(row.state),
                row.epoch,
                row.tries,
                row.intended_at,
                row.sent_at,
                row.settled_at,
                None if row.reason is None else decode(row.reason, Reason),
            )
            for row in rows
        )
