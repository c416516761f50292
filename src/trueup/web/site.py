"""What the web application serves: one open store, a clock, and the accounts that use cases connect to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from trueup.app.clock import Clock, SystemClock
from trueup.app.connections.connecting import Accounts
from trueup.app.people.installation import Installation
from trueup.app.workspace import Workspace
from trueup.core.access.networks import Network
from trueup.store.database import Database

ProxyHeader = Literal["x-forwarded-for", "forwarded"]


@dataclass(frozen=True, slots=True)
class Site:
    """One store behind one web application. It opens no tenant by itself: a request does, for whoever asks."""

    database: Database
    clock: Clock
    accounts: Accounts
    proxies: tuple[Network, ...] = ()
    """Proxies whose word on the source address is believed."""
    proxy_header: ProxyHeader = "x-forwarded-for"
    """The header in which they write it."""

    @classmethod
    def of(
        cls,
        database: Database,
        clock: Clock | None = None,
        accounts: Accounts | None = None,
        proxies: tuple[Network, ...] = (),
        proxy_header: ProxyHeader = "x-forwarded-for",
    ) -> Site:
        """The site of an open store, on the machine's clock unless another is given."""
        return cls(database, clock or SystemClock(), accounts or Accounts(), proxies, proxy_header)

    @property
    def installation(self) -> Installation:
        """What is known before any tenant is: people, and how they sign in."""
        return Installation(self.database, self.clock)

    def workspace(self, tenant: str, actor: str) -> Workspace:
        """A tenant at work for a person or a key. Raises StoreError `store.unknown_tenant`."""
        with self.visiting(tenant, actor) as workspace:
            return workspace

    @contextmanager
    def visiting(self, tenant: str, actor: str) -> Iterator[Workspace]:
        """The same; what is asked inside is all of one moment."""
        with self.database.reading(tenant) as store:
            yield Workspace(store, self.clock, actor, self.accounts)
