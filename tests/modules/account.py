"""A Datto RMM account on a simulator, and the module that reads it, for tests."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from types import TracebackType

import httpx2
from tests.loopback import NO_TLS

from trueup.core.usage import Collection, Coverage
from trueup.modules.catalogue_files import load_catalogue
from trueup.modules.limits import Pace
from trueup.modules.rest_module import RestModule
from trueup_simulators import datto_rmm

DAY = date(2026, 3, 10)
NIGHT = datetime(2026, 3, 11, 1, 0, tzinfo=UTC)
SECRET = "s3cret-of-the-tests"
KEY = "KEY-OF-THE-TESTS"


class Account:
    """A running account; `sites` are site entries of the simulator's scenario file."""

    def __init__(self, sites: list[dict[str, object]], **more: object) -> None:
        switches = {"page_max": 250, **dict(more.pop("switches", {}))}
        users = more.pop("users", [{"name": "billing", "api_key": KEY, "api_secret": SECRET}])
        self.sim = datto_rmm.start({"users": users, "sites": sites, "switches": switches, **more})
        self.control = httpx2.Client(base_url=self.sim.url + "/_simulator", trust_env=False, verify=NO_TLS)

    def __enter__(self) -> Account:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.control.close()
        self.sim.stop()

    def module(self, settings: Mapping[str, str] | None = None, **more: object) -> RestModule:
        secret = more.pop("secret", {"api_key": KEY, "api_secret": SECRET})
        given = {"base_url": self.sim.url, **(settings or {})}
        return RestModule(load_catalogue("datto_rmm"), "rmm", given, secret, pace=Pace(scale=0.001), **more)

    def collect(self, settings: Mapping[str, str] | None = None, **more: object) -> Collection:
        return collected(self.module(settings, **more))

    def fault(self, kind: str, **more: object) -> None:
        self.control.post("/faults", json={"kind": kind, **more}).raise_for_status()

    def switch(self, **switches: object) -> None:
        self.control.post("/switches", json=switches).raise_for_status()

    def devices(self, **changes: object) -> None:
        self.control.post("/devices", json=changes).raise_for_status()

    def sites(self, **changes: object) -> None:
        self.control.post("/sites", json=changes).raise_for_status()

    def calls(self) -> list[dict[str, object]]:
        return list(self.control.get("/calls").json()["log"])

    def uid(self, site: str) -> str:
        return next(str(s["uid"]) for s in self.control.get("/state").json()["sites"] if s["name"] == site)


def collected(module: RestModule, observed_at: datetime = NIGHT) -> Collection:
    return asyncio.run(module.collect(DAY, observed_at))


def counts(collection: Collection, organization: str) -> dict[str, int]:
    """Counts above zero of an organization (by name), by the billing type's own name."""
    key = next(o.key for o in collection.organizations if o.name == organization)
    return {
        reading.metric.removeprefix("datto_rmm."): int(reading.value)
        for reading in collection.readings
        if reading.organization == key and reading.value
    }


def note_codes(collection: Collection) -> list[str]:
    return [note.code for note in collection.notes]


def assert_nothing_concluded(collection: Collection, code: str, category: str) -> None:
    """A failure says why, and leaves no number from which anybody could lower a line."""
    assert collection.failure is not None, "it should have failed"
    assert (collection.failure.reason.code, collection.failure.category.value) == (code, category)
    assert collection.coverage is Coverage.UNKNOWN
    assert collection.readings == ()
    assert collection.inventories == ()
    assert collection.organizations == ()


def total(collection: Collection, metric: str = "datto_rmm.total_device_count") -> Decimal:
    return sum((reading.value for reading in collection.readings if reading.metric == metric), Decimal(0))


def three_pages(**more: object) -> Account:
    """Five devices in pages of two; the first is exempt."""
    switches = {"page_max": 2, **dict(more.pop("switches", {}))}
    return Account([{"name": "A", "counts": {"desktop": 5}, "exempt": 1}], switches=switches, **more)
