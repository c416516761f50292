"""A hub that modules push to: a real server on a real store, called from real addresses."""

from __future__ import annotations

import asyncio
import socket
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
from tests.places import place_for
from tests.web.doors import AlwaysIn
from tests.web.running import answering

from trueup.app.clock import FixedClock
from trueup.app.connections import setup
from trueup.app.usage import push_keys
from trueup.app.workspace import Workspace
from trueup.core.access.networks import network_of
from trueup.core.settings import TenantSettings
from trueup.core.usage import Coverage
from trueup.store.database import Database
from trueup.web.application import create_app
from trueup.web.site import ProxyHeader, Site

DAY = date(2026, 6, 14)
NIGHT = datetime(2026, 6, 15, 0, 30, tzinfo=UTC)
KEY = "hub"
TYPE = "protected_users"
METRIC = "saas_defense.protected_users"


def usage(key: str, users: Any, *, day: date = DAY, named: str = "", **more: Any) -> dict[str, Any]:
    data = {"day": day.isoformat(), "organization": {"key": key, "name": key.title()}, "counts": {TYPE: users}, **more}
    return _event("trueup.usage", data, named)


def complete(*keys: str, day: date = DAY, named: str = "", **more: Any) -> dict[str, Any]:
    data = {"day": day.isoformat(), "organizations": [{"key": key} for key in keys], **more}
    return _event("trueup.usage.complete", data, named)


def _event(kind: str, data: dict[str, Any], named: str) -> dict[str, Any]:
    return {"specversion": "1.0", "id": named or str(uuid.uuid4()), "source": "urn:test", "type": kind, "data": data}


@dataclass
class Hub:
    """A running hub with one connection that is pushed to."""

    ws: Workspace
    clock: FixedClock
    url: str
    key: str
    where: str

    def push(self, *events: Any, local: str = "127.0.0.1", key: str | None = None, **headers: str) -> httpx2.Response:
        return self.send(list(events), local=local, key=key, **headers)

    def send(self, body: Any, *, local: str = "127.0.0.1", key: str | None = None, **headers: str) -> httpx2.Response:
        given = {"Content-Type": "application/cloudevents-batch+json", "Authorization": f"Bearer {key or self.key}"}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        with httpx2.Client(transport=httpx2.HTTPTransport(local_address=local), timeout=20) as client:
            if isinstance(body, bytes):
                return client.post(f"{self.url}/api/v1/usage", content=body, headers=given)
            return client.post(f"{self.url}/api/v1/usage", json=body, headers=given)

    def readings(self, day: date = DAY) -> dict[str, tuple[Decimal, Coverage]]:
        found = self.ws.store.usage.readings(day, day)
        return {one.organization: (one.value, one.coverage) for one in found if one.metric == METRIC}

    def states(self, answer: httpx2.Response) -> list[str]:
        return [one.get("code") or one["state"] for one in answer.json()["events"]]


def opened(
    folder: Path,
    proxies: Sequence[str] = (),
    header: ProxyHeader = "x-forwarded-for",
    bound: socket.socket | None = None,
) -> Iterator[Hub]:
    with place_for(folder / "trueup.sqlite") as place, Database.open(place, create=True) as database:
        clock = FixedClock(NIGHT)
        settings = TenantSettings(name="An MSP", time_zone="Europe/Paris", currency="EUR")
        database.create_tenant("default", settings, now=NIGHT)
        trusted = tuple(found for one in proxies if (found := network_of(one)))
        site = Site.of(database, clock, proxies=trusted, proxy_header=header)
        ws = site.workspace("default", "anna")
        asyncio.run(setup.connect_module(ws, "saas_defense", KEY, {}, {}))
        made = asyncio.run(push_keys.create_key(ws, KEY))
        with answering(create_app(site, AlwaysIn()), bound) as url:
            yield Hub(ws, clock, url, made.secret, place)
