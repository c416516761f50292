"""An MSP's office for tests: both vendors simulated on real ports, a real store, and a clock that stands still."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from collections.abc import Callable, Coroutine, Mapping
from contextlib import ExitStack
from datetime import UTC, date, datetime
from pathlib import Path
from types import TracebackType
from typing import TypeVar

import msgspec
from tests.places import copy_of, place_for

from trueup.app.clock import FixedClock
from trueup.app.connections import setup
from trueup.app.connections.connecting import Accounts
from trueup.app.mapping import customers
from trueup.app.usage import collecting
from trueup.app.workspace import Workspace, create_workspace, open_workspace
from trueup.core.rule import Mode
from trueup.core.settings import TenantSettings
from trueup.modules.limits import Pace
from trueup.store.secrets import Key
from trueup_simulators import autotask, datto_rmm

T = TypeVar("T")

DAY = date(2026, 6, 14)
NIGHT = datetime(2026, 6, 15, 0, 30, tzinfo=UTC)
PSA = {"adjustment_gap_seconds": "0", "read_seconds": "10", "write_seconds": "10"}
RMM = "rmm"


def run(work: Coroutine[object, object, T]) -> T:
    return asyncio.run(work)


class Office:
    """`ws` is the workspace; nothing is connected until a test says so."""

    def __init__(
        self,
        folder: Path,
        *,
        psa: Mapping[str, object] | None = None,
        rmm: Mapping[str, object] | None = None,
        mode: Mode = Mode.MANUAL,
    ) -> None:
        content = {**autotask.default_scenario().content, "today": "2026-06-15", **(psa or {})}
        begins = msgspec.to_builtins(datto_rmm.default_scenario())
        self.autotask = autotask.start(autotask.Scenario(content))
        self.datto = datto_rmm.start({**begins, **(rmm or {})})
        self.own = True
        self.clock = FixedClock(NIGHT)
        self._open = ExitStack()
        self.where, self.key = self._open.enter_context(place_for(folder / "store.sqlite")), Key.generate()
        settings = TenantSettings(name="tests", time_zone="Europe/Paris", currency="EUR", mode=mode)
        self.ws: Workspace = self._open.enter_context(
            create_workspace(
                self.where, self.key, settings, clock=self.clock, actor="anna", accounts=Accounts(Pace(scale=0.0))
            )
        )

    def copy(self, folder: Path) -> Office:
        """Another office with a copy of this one's store, beside the same simulators: for tests that only read them."""
        other = object.__new__(Office)
        other.autotask, other.datto, other.own = self.autotask, self.datto, False
        other.clock, other.key, other._open = FixedClock(NIGHT), self.key, ExitStack()
        other.where = other._open.enter_context(copy_of(self.where, folder / "store.sqlite"))
        other.ws = other._open.enter_context(
            open_workspace(other.where, other.key, clock=other.clock, actor="anna", accounts=Accounts(Pace(scale=0.0)))
        )
        return other

    def __enter__(self) -> Office:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.__exit__(kind, error, trace)
        if self.own:
            self.autotask.stop()
            self.datto.stop()

    # --- the usual first steps

    def connect_psa(self, **secret: str) -> None:
        given = {**self.autotask.credentials, **secret}
        run(setup.connect_psa(self.ws, "autotask", "psa", {"zone_lookup_url": self.autotask.url, **PSA}, given))

    def connect_rmm(self, **settings: str) -> None:
        given = {"base_url": self.datto.url, **settings}
        run(setup.connect_module(self.ws, "datto_rmm", RMM, given, self.datto.credentials))

    def open(self) -> Office:
        """Both connected, one night collected."""
        self.connect_psa()
        self.connect_rmm()
        self.collect()
        return self

    def collect(self) -> None:
        found = run(collecting.collect(self.ws))
        assert [one.failure for one in found] == [None]

    def map(self, site: str, customer: str) -> None:
        run(customers.map_organization(self.ws, RMM, self.site(site), customer))

    def site(self, name: str) -> str:
        """The key of a site."""
        return next(
            one.organization.key for one in self.ws.store.usage.organizations() if one.organization.name == name
        )

    def do(self, use: Callable[..., Coroutine[object, object, T]], *given: object, **more: object) -> T:
        return run(use(self.ws, *given, **more))

    def actions(self) -> list[str]:
        return [entry.action for entry in self.ws.store.audit.list()]

    # --- the simulators' control planes

    @staticmethod
    def order(url: str, control: str, body: Mapping[str, object]) -> dict[str, object]:
        request = urllib.request.Request(
            f"{url}/_simulator/{control}", data=json.dumps(body).encode(), method="POST",
            headers={"Content-Type": "application/json"},
        )  # fmt: skip
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def psa_state(self) -> dict[str, list[dict[str, object]]]:
        with urllib.request.urlopen(f"{self.autotask.url}/_simulator/state", timeout=10) as answer:
            return json.load(answer)

    def psa_fault(self, kind: str, **options: object) -> None:
        self.order(self.autotask.url, "faults", {"kind": kind, **options})

    def rmm_fault(self, kind: str, **options: object) -> None:
        self.order(self.datto.url, "faults", {"kind": kind, **options})
