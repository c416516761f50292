from __future__ import annotations

import asyncio
import json
import urllib.request
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

import pytest

from trueup.psa.autotask import AutotaskCredentials, AutotaskPsa, AutotaskSettings, CallBudget
from trueup_simulators.autotask import RunningAutotask, Scenario, default_scenario, start

T = TypeVar("T")
TODAY = date(2026, 6, 15)
FIRST, LAST = date(2026, 6, 1), date(2026, 6, 30)
FAST = AutotaskSettings(
    retry_seconds=0.01,
    thread_wait_seconds=0.01,
    rate_wait_seconds=0.01,
    adjustment_gap_seconds=0.0,
    read_seconds=5.0,
    write_seconds=5.0,
)


@dataclass
class Desk:
    """A running simulator and the way to its control plane."""

    sim: RunningAutotask

    @property
    def url(self) -> str:
        return self.sim.url

    def credentials(self, **changes: str) -> AutotaskCredentials:
        return replace(AutotaskCredentials(**dict(self.sim.credentials)), **changes)

    def psa(
        self,
        *,
        settings: AutotaskSettings = FAST,
        credentials: AutotaskCredentials | None = None,
        budget: CallBudget | None = None,
    ) -> AutotaskPsa:
        return AutotaskPsa(
            credentials or self.credentials(), replace(settings, zone_lookup_url=self.url), budget=budget
        )

    def use(self, what: Callable[[AutotaskPsa], Coroutine[object, object, T]], **options: object) -> T:
        """Run one use of a fresh adapter from beginning to end."""

        async def whole() -> T:
            psa = self.psa(**options)  # type: ignore[arg-type]
            try:
                return await what(psa)
            finally:
                await psa.close()

        return asyncio.run(whole())

    def order(self, path: str, **body: object) -> dict[str, object]:
        request = urllib.request.Request(f"{self.url}/_simulator/{path}", data=json.dumps(body).encode(), method="POST")
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def ask(self, path: str) -> dict[str, object]:
        with urllib.request.urlopen(f"{self.url}/_simulator/{path}", timeout=10) as answer:
            return json.load(answer)

    def fault(self, kind: str, **options: object) -> None:
        self.order("faults", kind=kind, **options)

    def switch(self, **switches: object) -> None:
        self.order("switches", **switches)

    def units(self, line: int, day: date) -> int | None:
        """What the simulator itself says about a line on a day."""
        rows = [
            row
            for row in self.ask("state")["rows"]
            if row["contractServiceID"] == line and row["startDate"][:10] <= day.isoformat() <= row["endDate"][:10]
        ]
        return rows[0]["units"] if rows else None

    def adjustments(self) -> list[dict[str, object]]:
        return self.ask("adjustments")["adjustments"]


@pytest.fixture
def open_desk() -> Iterator[Callable[[Mapping[str, object] | Scenario | None], Desk]]:
    """Start simulators with other scenarios; parts given replace those of the small MSP."""
    running: list[RunningAutotask] = []

    def opened(parts: Mapping[str, object] | Scenario | None = None) -> Desk:
        if isinstance(parts, Scenario):
            scenario = parts
        else:
            scenario = Scenario({**default_scenario().content, "today": TODAY.isoformat(), **(parts or {})})
        running.append(start(scenario))
        return Desk(running[-1])

    yield opened
    for sim in running:
        sim.stop()


@pytest.fixture
def desk(open_desk: Callable[..., Desk]) -> Desk:
    return open_desk()
