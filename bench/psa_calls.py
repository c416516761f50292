"""Autotask calls of a whole plan for 1,000 customers and 20,000 lines, against the fewest possible."""

from __future__ import annotations

import asyncio
import math
import time
from datetime import date, timedelta
from statistics import median

import httpx2

from bench.figures import Figure
from bench.processes import Served, served
from trueup.psa.autotask.adapter import AutotaskPsa

CUSTOMERS, LINES, PAGE, THREADS, LATENCY_MS = 1_000, 20_000, 500, 3, 150
FEWER_LINES = 2_000
FIRST_UNITS = 1_000_000
"""Below the first id of a row of units in the simulator."""
AS_OF = date(2026, 6, 17)
FIRST, LAST = AS_OF - timedelta(days=35), AS_OF + timedelta(days=35)


def _psa(at: Served) -> AutotaskPsa:
    settings = {"zone_lookup_url": at.url, "adjustment_gap_seconds": "0"}
    return AutotaskPsa.connected(settings, at.credentials)


def _headers(at: Served) -> dict[str, str]:
    found = at.credentials
    return {
        "UserName": found["user_name"],
        "Secret": found["secret"],
        "ApiIntegrationCode": found["integration_code"],
    }


async def rows_of(at: Served, client: httpx2.AsyncClient, entity: str, *filters: dict[str, object]) -> int:
    """How many rows the PSA itself counts for a filter."""
    url = f"{at.url}/ATServicesRest/V1.0/{entity}/query/count"
    body = {"filter": list(filters) or [{"op": "exist", "field": "id"}]}
    answer = await client.post(url, json=body, headers=_headers(at))
    answer.raise_for_status()
    return int(answer.json()["queryCount"])


async def needed_rows(at: Served) -> dict[str, int]:
    """Rows that a plan cannot do without, by entity."""
    first, last = FIRST.isoformat(), LAST.isoformat()
    overlap = ({"op": "lte", "field": "startDate", "value": last}, {"op": "gte", "field": "endDate", "value": first})
    async with httpx2.AsyncClient(timeout=120) as client:
        return {
            "Companies": await rows_of(at, client, "Companies"),
            "Contracts": await rows_of(
                at, client, "Contracts", {"op": "eq", "field": "contractType", "value": 7}, *overlap
            ),
            "Services": await rows_of(at, client, "Services"),
            "ContractServices": await rows_of(at, client, "ContractServices"),
            "ContractServiceUnits": await rows_of(at, client, "ContractServiceUnits", *overlap),
        }


async def _walk(at: Served, client: httpx2.AsyncClient, entity: str) -> tuple[list[int], int]:
    """Ids of a whole listing, page by page, and the calls that it took."""
    found: list[int] = []
    calls, last = 0, -1
    while True:
        body = {"MaxRecords": PAGE, "filter": [{"op": "gt", "field": "id", "value": last}]}
        answer = await client.post(f"{at.url}/ATServicesRest/V1.0/{entity}/query", json=body, headers=_headers(at))
        ids = [row["id"] for row in answer.json()["items"]]
        found, calls = found + ids, calls + 1
        if len(ids) < PAGE:
            return found, calls
        last = ids[-1]


async def straightforward_calls(at: Served) -> int:
    """What a client pays that reads the lists page by page and then asks for the units of each line, for real."""
    calls = 0
    async with httpx2.AsyncClient(timeout=120) as client:
        for entity in ("Companies", "Contracts", "Services"):
            calls += (await _walk(at, client, entity))[1]
        lines, paid = await _walk(at, client, "ContractServices")
        calls += paid
        url = f"{at.url}/ATServicesRest/V1.0/ContractServiceUnits/query"
        for line in lines:
            body = {"filter": [{"op": "eq", "field": "contractServiceID", "value": line}]}
            answer = await client.post(url, json=body, headers=_headers(at))
            answer.raise_for_status()
            calls += 1
    return calls


async def round_seconds(at: Served, rounds: int = 12) -> float:
    """Seconds of a round of three pages of units at once, as a client without a thought of its own gets them: what the
    PSA takes for a call, and what its simulator needs to write three pages. The median of some rounds."""
    url = f"{at.url}/ATServicesRest/V1.0/ContractServiceUnits/query"
    found = []
    async with httpx2.AsyncClient(timeout=120) as client:

        async def page(number: int) -> None:
            body = {"MaxRecords": PAGE, "filter": [{"op": "gt", "field": "id", "value": FIRST_UNITS + number * PAGE}]}
            (await client.post(url, json=body, headers=_headers(at))).raise_for_status()

        for number in range(rounds + 1):
            started = time.perf_counter()
            await asyncio.gather(*(page(number * THREADS + one) for one in range(THREADS)))
            found.append(time.perf_counter() - started)
    return median(found[1:])


async def side_by_side() -> list[Figure]:
    """Both clients on the same 2,000 lines: the straightforward one asks once a line."""
    with served("autotask", 100, FEWER_LINES) as at:
        naive = await straightforward_calls(at)
        psa = _psa(at)
        await psa.read(FIRST, LAST)
        ours = psa.calls.reads
        await psa.close()
    return [Figure("2,000 lines: a client that asks for each line, against this one", naive, ours, "calls")]


async def measure() -> list[Figure]:
    """Calls and wall time of one reading of everything a plan needs."""
    figures: list[Figure] = []
    with served("autotask", CUSTOMERS, LINES) as at:
        rows = await needed_rows(at)
        psa = _psa(at)
        snapshot = await psa.read(FIRST, LAST)
        calls = psa.calls
        await psa.close()
    assert len(snapshot.lines) == LINES
    bound = sum(math.ceil(count / PAGE) for count in rows.values())
    figures.append(Figure("Autotask calls of a plan, 20,000 lines", calls.reads, bound, "calls", 1.10))
    figures.append(Figure("  of these set-up (zone, fields, threshold), beside", calls.setup, 8, "calls", 1.0))
    figures += await side_by_side()
    with served("autotask", CUSTOMERS, LINES, LATENCY_MS) as at:
        psa = _psa(at)
        await psa.read_catalogue()  # set-up calls happen here, before the clock runs
        started = time.perf_counter()
        await psa.read(FIRST, LAST)
        wall = time.perf_counter() - started
        await psa.close()
        each = await round_seconds(at)
    rounds = sum(
        math.ceil(math.ceil(rows[name] / PAGE) / THREADS)
        for name in ("Contracts", "ContractServices", "ContractServiceUnits")
    )
    chain = f"{rounds} rounds of {THREADS} calls, each on the one before"
    name = f"Wall time at {LATENCY_MS} ms against the longest dependent chain ({chain})"
    figures.append(Figure(f"{name}, bare, in this run", wall, rounds * each, "s", 1.25))
    figures.append(Figure("  the same against its waits alone", wall, rounds * LATENCY_MS / 1000, "s"))
    return figures
