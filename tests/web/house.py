"""An installation with people in it, for tests of signing in: two tenants, and a person for each role."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import httpx2
from fastapi import FastAPI
from tests.places import place_for
from tests.web.browsing import Browser
from tests.web.running import answering

from trueup.app.clock import FixedClock
from trueup.app.people import links
from trueup.app.people.installation import Installation
from trueup.app.people.membership import By, NewPerson, add_person
from trueup.app.people.passwords import hashed_password
from trueup.core.roles import Role
from trueup.core.settings import TenantSettings
from trueup.store.database import Database
from trueup.store.persons import Person
from trueup.store.secrets import Key
from trueup.web.application import create_app
from trueup.web.site import Site

T = TypeVar("T")

NOON = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
PASSWORD = "four plain words together"
OPERATOR = By("operator")


def run(work: Coroutine[object, object, T]) -> T:
    return asyncio.run(work)


class House:
    """The installation that answers at `url`, and a clock that stands where a test puts it. `client` is for tests that
    call so often that connections count. `where` is its store."""

    client: httpx2.Client

    def __init__(self, app: FastAPI, installation: Installation, clock: FixedClock, url: str, where: str) -> None:
        self.app, self.installation, self.clock, self.url, self.where = app, installation, clock, url, where

    def person(self, name: str, role: Role, tenant: str = "default", password: str | None = None) -> Person:
        hashed = None if password is None else run(hashed_password(password))
        return run(add_person(self.installation, tenant, NewPerson(name), role, OPERATOR, hashed))

    def browser(self, person: Person | None = None, language: str = "en") -> Browser:
        """A browser, signed in by a link where a person is given: no password has to be worked out."""
        found = Browser(self.url, language)
        if person is not None:
            secret = run(links.one_time_link(self.installation, person, "sign_in"))
            assert found.post(f"/welcome/{secret}", {}).status_code == 303
        return found


@contextmanager
def house(folder: Path) -> Iterator[House]:
    clock = FixedClock(NOON)
    with (
        place_for(folder / "trueup.sqlite") as where,
        Database.open(where, Key.generate(), create=True) as database,
    ):
        for tenant in ("default", "other"):
            database.create_tenant(tenant, TenantSettings(name=tenant), now=NOON)
        site = Site.of(database, clock)
        app = create_app(site)
        with answering(app) as url:
            yield House(app, site.installation, clock, url.replace("127.0.0.1", "localhost"), where)
