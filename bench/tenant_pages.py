"""The overview and the plan of one tenant, while the installation grows from one tenant to a thousand: all CPU of the
answer, in the application and in the database's server, and the time until it is there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

import httpx2
from fastapi import Request

from bench.figures import Figure
from bench.installation import Installation
from trueup.app.clock import FixedClock
from trueup.core.roles import Role
from trueup.web.application import create_app
from trueup.web.asking import Asker
from trueup.web.site import Site

ROUNDS = 41
AT_MOST = 1.25
PAGES = {"Overview page": "/overview", "Plan page": "/plan"}


class _One:
    """Somebody who belongs to one tenant."""

    def __init__(self, tenant: str) -> None:
        self._tenant = tenant

    async def asker(self, request: Request) -> Asker:
        del request
        return Asker("bench", {self._tenant: Role.APPROVER}, "en")


class TenantPages:
    """Looks at the pages again and again, and remembers what each took at each size."""

    def __init__(self, house: Installation, tenant: str) -> None:
        self._house = house
        self._tenant = tenant
        self._found: dict[int, dict[str, tuple[float, float]]] = {}

    def look(self, tenants: int) -> None:
        """Measure each page while the installation has so many tenants."""
        self._found[tenants] = asyncio.run(self._looked())

    async def _looked(self) -> dict[str, tuple[float, float]]:
        found: dict[str, tuple[float, float]] = {}
        with self._house.open() as database:
            app = create_app(Site.of(database, FixedClock(self._house.began)), _One(self._tenant))
            transport = httpx2.ASGITransport(app)
            async with httpx2.AsyncClient(transport=transport, base_url="http://bench") as client:
                for name, path in PAGES.items():
                    address = f"/t/{self._tenant}{path}"
                    for _ in range(5):  # templates are compiled, statements prepared
                        (await client.get(address)).raise_for_status()
                    found[name] = await self._timed(client, address)
        return found

    async def _timed(self, client: httpx2.AsyncClient, address: str) -> tuple[float, float]:
        spent, waited = [], []
        for _ in range(ROUNDS):
            server, began, wall = self._house.server.cpu() or 0.0, time.process_time(), time.perf_counter()
            await client.get(address)
            wall, own = time.perf_counter() - wall, time.process_time() - began
            spent.append((own + (self._house.server.cpu() or 0.0) - server) * 1000)
            waited.append(wall * 1000)
        return median(spent), median(waited)

    def figures(self) -> list[Figure]:
        """Each size beside the first."""
        base = min(self._found)
        figures = []
        for tenants in sorted(self._found.keys() - {base}):
            for name in PAGES:
                told = f"{name} on PostgreSQL at {tenants:,} tenants, beside {base}"
                spent, waited = self._found[tenants][name]
                before, waited_before = self._found[base][name]
                figures.append(Figure(f"{told}: CPU with the database's", spent, before, "ms", AT_MOST))
                figures.append(Figure(f"{told}: until it is there", waited, waited_before, "ms"))
        return figures


@contextmanager
def measured_pages(house: Installation, tenant: str) -> Iterator[TenantPages]:
    """The pages of one tenant."""
    yield TenantPages(house, tenant)
