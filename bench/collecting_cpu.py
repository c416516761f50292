"""CPU of collecting 50,000 devices, store included, against the same HTTP client with a bare decode of the fields."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import msgspec

from bench.figures import Figure
from bench.processes import Served, served
from trueup.app.clock import FixedClock
from trueup.app.usage import collecting
from trueup.app.workspace import Workspace, create_workspace
from trueup.core.settings import TenantSettings
from trueup.store.secrets import Key

SITES, DEVICES = 1_000, 50_000
NIGHT = datetime(2026, 6, 17, 2, 0, tzinfo=UTC)


class Kind(msgspec.Struct):
    category: str | None = None


class Device(msgspec.Struct):
    uid: str
    siteUid: str | None = None
    hostname: str | None = None
    deviceType: Kind | None = None
    deviceClass: str | None = None
    suspended: bool | None = None
    deleted: bool | None = None


class Site(msgspec.Struct):
    uid: str
    name: str
    onDemand: bool | None = None
    autotaskCompanyId: str | None = None


class Next(msgspec.Struct):
    nextPageUrl: str | None


class Devices(msgspec.Struct):
    devices: list[Device]
    pageDetails: Next


class Sites(msgspec.Struct):
    sites: list[Site]
    pageDetails: Next


async def bare(at: Served) -> int:
    """The same pages with the same client, decoded and counted, and nothing else."""
    devices, sites = msgspec.json.Decoder(Devices), msgspec.json.Decoder(Sites)
    found = 0
    async with httpx2.AsyncClient(timeout=60) as client:
        form = {
            "grant_type": "password",
            "username": at.credentials["api_key"],
            "password": at.credentials["api_secret"],
        }
        token = await client.post(f"{at.url}/auth/oauth/token", data=form, auth=("public-client", "public"))
        headers = {"Authorization": f"Bearer {token.json()['access_token']}"}
        url: str | None = f"{at.url}/api/v2/account/sites?max=250"
        while url:
            page = sites.decode((await client.get(url, headers=headers)).content)
            url = page.pageDetails.nextPageUrl
        url = f"{at.url}/api/v2/account/devices?max=250"
        while url:
            answer = devices.decode((await client.get(url, headers=headers)).content)
            found += len(answer.devices)
            url = answer.pageDetails.nextPageUrl
    return found


async def _cpu(work: Callable[[], Awaitable[object]]) -> float:
    started = time.process_time()
    await work()
    return time.process_time() - started


def peak_megabytes() -> float | None:
    """Peak memory of this process, where the system tells."""
    if sys.platform == "win32":
        return None
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _workspace_for(at: Served, ws: Workspace) -> None:
    ws.store.connections.add(
        "datto-rmm", "module", "datto_rmm", {"base_url": at.url}, dict(at.credentials), "bench", now=ws.now()
    )


async def measure() -> list[Figure]:
    """A first night and an unchanged one, each against the bare decode."""
    with served("datto_rmm", SITES, DEVICES) as at, tempfile.TemporaryDirectory() as folder:
        await bare(at)  # the server encodes its pages once; the client's imports are done
        peer = min([await _cpu(lambda: bare(at)) for _ in range(3)])
        clock = FixedClock(NIGHT)
        settings = TenantSettings(time_zone="UTC")
        with create_workspace(Path(folder) / "bench.sqlite", Key.generate(), settings, clock=clock, actor="b") as ws:
            _workspace_for(at, ws)
            first = await _cpu(lambda: collecting.collect(ws))
            unchanged = float("inf")
            for night in range(1, 4):
                clock.put(NIGHT + timedelta(days=night))
                unchanged = min(unchanged, await _cpu(lambda: collecting.collect(ws)))
    figures = [
        Figure("CPU of an unchanged night, 50,000 devices, store included", unchanged, peer, "s", 3.0),
        Figure("CPU of a first night", first, peer, "s", 5.0),
    ]
    peak = peak_megabytes()
    if peak is not None:
        figures.append(Figure("Peak memory of this process", peak, 400.0, "MB", 1.0))
    return figures
