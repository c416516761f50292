"""Leases: one holder at a time, with an epoch that grows whenever the lease changes hands.

Time is given by the caller, and clocks can be put back: a lease that ends later than anybody could have wanted it to
holds nobody up. Every write that a lease protects names the epoch, so a holder that slept through its
lease can do no harm (design law 4).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from trueup.store.binding import Binding
from trueup.store.tables.tenancy import lease

SKEW = timedelta(minutes=10)
"""How far the clocks of two machines may be apart. What ends later than its length and this was taken before the clock
was put back, and its holder renews it at once if it lives; the epoch keeps both apart if it does."""

LONGEST = timedelta(minutes=1)
"""The longest that a lease is ever taken or renewed for."""


@dataclass(frozen=True, slots=True)
class Lease:
    """Proof of holding. `seconds` is how long each renewal lasts."""

    name: str
    holder: str
    epoch: int
    expires_at: datetime
    seconds: int


class Leases:
    """A tenant's leases."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def acquire(self, name: str, holder: str, seconds: int, now: datetime) -> Lease | None:
        """Take the lease if nobody holds it, its holder let it run out, or the clock was put back since; None if it is
        held (by anyone)."""
        expires = now + timedelta(seconds=seconds)
        mine = (lease.c.tenant == self._binding.tenant, lease.c.name == name)
        with self._binding.writing() as connection:
            found = connection.execute(
                sa.select(lease.c.holder, lease.c.epoch, lease.c.expires_at).where(*mine)
            ).first()
            if found is None:
                row = {"name": name, "holder": holder, "epoch": 1, "expires_at": expires}
                connection.execute(sa.insert(lease).values(tenant=self._binding.tenant, **row))
                return Lease(name, holder, 1, expires, seconds)
            if found.holder is not None and now < found.expires_at <= expires + SKEW:
                return None
            taken = connection.execute(
                sa.update(lease)
                .where(*mine, lease.c.epoch == found.epoch)
                .values(holder=holder, epoch=found.epoch + 1, expires_at=expires)
            )
            return Lease(name, holder, found.epoch + 1, expires, seconds) if taken.rowcount == 1 else None

    def renew(self, held: Lease, now: datetime) -> Lease | None:
        """Hold on for another `seconds`; None if it changed hands meanwhile (one that ran out untaken is renewed)."""
        expires = now + timedelta(seconds=held.seconds)
        with self._binding.writing() as connection:
            done = connection.execute(sa.update(lease).where(*self._held(held)).values(expires_at=expires))
        return replace(held, expires_at=expires) if done.rowcount == 1 else None

    def release(self, held: Lease) -> bool:
        """Give it back; false if it was not held any more."""
        with self._binding.writing() as connection:
            done = connection.execute(sa.update(lease).where(*self._held(held)).values(holder=None))
        return done.rowcount == 1

    def valid(self, held: Lease, now: datetime) -> bool:
        """Whether it is still held and has not run out."""
        with self._binding.reading() as connection:
            return valid_lease(connection, self._binding.tenant, held, now)

    def holder(self, name: str, now: datetime) -> str | None:
        """Who holds the lease of that name at this moment."""
        wanted = (lease.c.tenant == self._binding.tenant, lease.c.name == name, *_runs_at(now))
        with self._binding.reading() as connection:
            return connection.execute(sa.select(lease.c.holder).where(*wanted)).scalar()

    def anybody(self, now: datetime) -> str | None:
        """Somebody who holds a lease of this tenant at this moment, whichever it is."""
        wanted = (lease.c.tenant == self._binding.tenant, lease.c.holder.is_not(None), *_runs_at(now))
        with self._binding.reading() as connection:
            return connection.execute(sa.select(lease.c.holder).where(*wanted).limit(1)).scalar()

    def _held(self, held: Lease) -> tuple[sa.ColumnElement[bool], ...]:
        return (
            lease.c.tenant == self._binding.tenant,
            lease.c.name == held.name,
            lease.c.holder == held.holder,
            lease.c.epoch == held.epoch,
        )


def _runs_at(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return lease.c.expires_at > now, lease.c.expires_at <= now + LONGEST + SKEW


def valid_lease(connection: sa.Connection, tenant: str, held: Lease, now: datetime | None) -> bool:
    """Whether the lease is still held, inside a transaction that is open. Without `now` only the epoch counts."""
    wanted = [
        lease.c.tenant == tenant,
        lease.c.name == held.name,
        lease.c.holder == held.holder,
        lease.c.epoch == held.epoch,
    ]
    if now is not None:
        wanted.append(lease.c.expires_at > now)
    return connection.execute(sa.select(lease.c.epoch).where(*wanted)).first() is not None
