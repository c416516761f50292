"""A product that sends its usage itself: a small script as its vendor's partners write them.

It knows an address and a key and the events of the hub's documentation: one for each customer, and one that ends the
day and names them all. CloudEvents 1.0, batch format.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import date

import httpx2

from trueup_simulators.msp import Report

_SOURCE = "urn:example:reports"


def _key(name: str) -> str:
    """A key made of the customer's name, as scripts make them."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return "-".join("".join(letter if letter.isalnum() else " " for letter in plain).split())


def events_of(day: date, reports: Sequence[Report]) -> list[dict[str, object]]:
    """The events of one usage day."""
    parties = [{"key": _key(report.name), "name": report.name} for report in reports]
    made: list[dict[str, object]] = [
        {
            "specversion": "1.0",
            "id": f"{day}-{party['key']}",
            "source": _SOURCE,
            "type": "trueup.usage",
            "data": {"day": day.isoformat(), "organization": party, "counts": dict(report.counts)},
        }
        for party, report in zip(parties, reports, strict=True)
    ]
    end = {"day": day.isoformat(), "organizations": parties}
    made.append(
        {
            "specversion": "1.0",
            "id": f"{day}-end",
            "source": _SOURCE,
            "type": "trueup.usage.complete",
            "data": end,
        }
    )
    return made


async def push_day(hub: str, key: str, day: date, reports: Sequence[Report]) -> int:
    """Send a day to the hub; gives how many events were sent. Raises httpx2.HTTPStatusError where it refuses."""
    events = events_of(day, reports)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/cloudevents-batch+json"}
    async with httpx2.AsyncClient(timeout=60, headers=headers) as client:
        answer = await client.post(f"{hub}/api/v1/usage", json=events, headers=headers)
        answer.raise_for_status()
    return len(events)
