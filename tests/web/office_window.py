"""An office with its web application: what a person with a browser without script sees and sends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
from tests.app.office import Office
from tests.web.doors import AlwaysIn
from tests.web.running import answering

from trueup.core.roles import Role
from trueup.store.database import Database
from trueup.web.application import create_app
from trueup.web.site import Site


class Window:
    """A browser at one office; `post` follows to the page that the form leads to."""

    def __init__(self, office: Office, url: str) -> None:
        self.office = office
        self.http = httpx2.Client(
            base_url=url, follow_redirects=True, timeout=60, limits=httpx2.Limits(max_keepalive_connections=0)
        )

    def get(self, path: str, **asked: str) -> httpx2.Response:
        return self.http.get(path, params=asked)

    def post(self, path: str, **given: str | list[str]) -> httpx2.Response:
        return self.http.post(path, data=given)


@contextmanager
def window_of(office: Office, role: Role = Role.ADMINISTRATOR) -> Iterator[Window]:
    with Database.open(office.where, office.key) as database:
        site = Site.of(database, office.clock, office.ws.accounts)
        with answering(create_app(site, AlwaysIn(role))) as url:
            yield Window(office, url)
