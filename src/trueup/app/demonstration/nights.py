"""The nights of the demonstration: when usage is collected, and what happens at the tools between two of them.

All tools answer in the first night. Before the others, VSA 10 begins to refuse the address that the calls come from,
and the seats of one customer of SaaS Protection cannot be read any more; in the RMM, devices come and go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx2

from trueup_simulators.msp import Msp

ZONE = "Europe/Paris"
NIGHT = time(2, 14)
LATE_NIGHTS = 3
"""How many of the last nights are collected, one after the other."""
FIRST_NIGHT = 7
"""Days before today on which everything was collected for the first time: long enough that a source which has failed
since is stale."""
BLOCKED, SHORT = "vsa10", "datto_saas_protection"
OUR_ADDRESS = "127.0.0.1"


def night_of(today: date) -> datetime:
    """The moment at which the demonstration pretends to run: 02:14 in the MSP's time zone."""
    return datetime.combine(today, NIGHT, ZoneInfo(ZONE)).astimezone(UTC)


def nights_before(today: date, *, with_tools: bool) -> tuple[date, ...]:
    """The days in whose nights usage is collected, oldest first."""
    late = [today - timedelta(days=back) for back in reversed(range(LATE_NIGHTS))]
    return (today - timedelta(days=FIRST_NIGHT), *late) if with_tools else tuple(late)


async def order(url: str, what: str, body: object) -> None:
    """Tell a simulator what happens behind its API."""
    async with httpx2.AsyncClient(timeout=60) as client:
        (await client.post(f"{url}/_simulator/{what}", json=body)).raise_for_status()


async def trouble_begins(msp: Msp, urls: Mapping[str, str]) -> None:
    """VSA 10 refuses our address from now on, and one customer's seats cannot be read."""
    if BLOCKED in urls:
        text = f"Access from IP address {OUR_ADDRESS} is not on the allow list"
        await order(urls[BLOCKED], "fault", {"kind": "network_rule", "text": text})
    if SHORT in urls:
        largest = max(msp.tools[SHORT].dealt, key=lambda dealt: dealt[1])[0]
        path = f"/v1/saas/{53_000 + largest}/seats"
        await order(urls[SHORT], "fault", {"kind": "child_fails", "path": path, "times": 0, "status": 500})


async def devices_come_and_go(msp: Msp, rmm: str, night: int) -> None:
    """A few customers buy laptops and one retires desktops, in the RMM simulator, between two nights."""
    counts = {name: dict(found) for name, found in busy_sites(msp)[night - 1 :: LATE_NIGHTS][:3]}
    for number, found in enumerate(counts.values()):
        found["laptop" if number else "desktop"] += 2 + night if number else -1
    await order(rmm, "devices", {"counts": counts})


def busy_sites(msp: Msp) -> list[tuple[str, Mapping[str, int]]]:
    """Sites with enough laptops and desktops that a few more or less are an ordinary night."""
    sites = ((str(site["name"]), site["counts"]) for site in rows_of(msp.datto_rmm["sites"]) if "counts" in site)
    return [(name, counts) for name, counts in sites if min(counts.get("laptop", 0), counts.get("desktop", 0)) > 20]


def rows_of(value: object) -> Sequence[Mapping[str, Any]]:
    """A list of a scenario."""
    if not isinstance(value, list):
        raise TypeError(type(value).__name__)
    return value
