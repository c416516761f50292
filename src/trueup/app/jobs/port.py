"""The jobs port: whoever does the work that is due. One process does it by itself (`EmbeddedJobs`); a platform may put
workers on a queue behind the same port, one job a tenant. Leases in the store keep two of them apart, so that the port
promises nothing about who else is running."""

from __future__ import annotations

from typing import Protocol

from trueup.app.schedule.night import Round


class Jobs(Protocol):
    """Does what is due, tenant by tenant."""

    async def once(self) -> dict[str, Round]:
        """Do what is due now in every tenant, and come back; by tenant what was done."""

    async def run(self) -> None:
        """Do it again and again until it is told to stop (or cancelled)."""

    def wake(self) -> None:
        """Somebody asked for something: look now, and not only when the time comes."""

    def stop(self) -> None:
        """Come to an end after the round that is being made."""
