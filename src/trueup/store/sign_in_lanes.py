"""Failed sign-ins, counted by lane: what is counted together, such as one account from one address."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from trueup.core.throttle import Lane
from trueup.store.binding import InstallationBinding
from trueup.store.tables.people import sign_in_lane as table


class SignInLanes:
    """The lanes of the installation; a subject is a hash, never a name that somebody typed."""

    def __init__(self, binding: InstallationBinding) -> None:
        self._binding = binding

    def get(self, subjects: Iterable[str]) -> dict[str, Lane]:
        """Lanes by subject, where something was counted."""
        columns = (table.c.subject, table.c.failures, table.c.last_at)
        with self._binding.reading() as connection:
            rows = connection.execute(sa.select(*columns).where(table.c.subject.in_(tuple(subjects))))
            return {subject: Lane(failures, last_at) for subject, failures, last_at in rows}

    def put(self, subject: str, lane: Lane | None) -> None:
        """Replace a lane; None forgets it."""
        with self._binding.writing() as connection:
            connection.execute(sa.delete(table).where(table.c.subject == subject))
            if lane is not None:
                row = {"subject": subject, "failures": lane.failures, "last_at": lane.last_at}
                connection.execute(sa.insert(table).values(**row))

    def forget_before(self, moment: datetime) -> None:
        """Forget lanes in which nothing happened since."""
        with self._binding.writing() as connection:
            connection.execute(sa.delete(table).where(table.c.last_at < moment))
