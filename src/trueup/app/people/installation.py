"""The installation as a whole: what use cases of people work in before a tenant is known."""

from __future__ import annotations

import functools
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import ParamSpec, TypeVar

import anyio.to_thread

from trueup.app.clock import Clock
from trueup.core.reason import Param, Reason
from trueup.store.database import Database
from trueup.store.people_store import PeopleStore

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Installation:
    """One open store with its clock. Tenants are opened one by one, never inside a transaction of `people`."""

    database: Database
    clock: Clock

    @property
    def people(self) -> PeopleStore:
        """Who may sign in, and how."""
        return self.database.people

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        return self.clock.now()

    async def step(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run one synchronous step in a thread."""
        return await anyio.to_thread.run_sync(functools.partial(work, *args, **kwargs))

    def tell(self, person: str, actor: str, action: str, code: str, **params: Param) -> None:
        """Write a deed into the audit trail of each tenant that the person belongs to."""
        for tenant in sorted(self.database.roles_of(person)):
            self.database.tenant(tenant).audit.add(actor, action, Reason.of(code, **params), now=self.now())


def new_secret() -> str:
    """256 random bits as text that fits into an address."""
    return secrets.token_urlsafe(32)


def hash_of(secret: str) -> str:
    """What is kept of a random secret: its SHA-256. It needs no salt and no slow hash, because nobody can guess it."""
    return hashlib.sha256(secret.encode()).hexdigest()
