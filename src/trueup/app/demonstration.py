"""The whole job on a generated MSP of real size: check, collect, match, rules, plan, approve, apply, verify.

The simulators run in this process on free loopback ports; everything else is the product as it is. The proof at the
end does not trust the product: it compares the plan with the PSA simulator's own dump, line by line.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import httpx2

from trueup.app.clock import FixedClock
from trueup.app.connections import checking, setup
from trueup.app.connections.connecting import Accounts
from trueup.app.mapping import customers
from trueup.app.plans import approving, planning
from trueup.app.rulebook import rules
from trueup.app.usage import collecting
from trueup.app.workspace import Workspace, create_workspace
from trueup.app.writes import applying, verifying
from trueup.core.finding import Finding
from trueup.core.outcome import Outcome, Plan
from trueup.core.rule import Mode
from trueup.core.settings import TenantSettings
from trueup.modules.limits import Pace
from trueup.store.secrets import Key
from trueup_simulators import autotask, datto_rmm
from trueup_simulators.autotask.wire import Json
from trueup_simulators.msp import CATALOGUE, Msp, generate_msp

SEED = 1
ZONE = "Europe/Paris"
NIGHT = time(2, 14)
ACCEPT_ABOVE = 92
NIGHTS = 3


@dataclass(frozen=True, slots=True)
class DemoSetup:
    """The MSP that stands ready: where its simulators answer, and how large it is."""

    autotask_url: str
    datto_rmm_url: str
    store: Path
    customers: int
    devices: int
    lines: int


@dataclass(frozen=True, slots=True)
class LineTruth:
    """One line of the plan beside what the PSA simulator itself holds on the day of the change."""

    line_id: str
    customer_name: str
    service_name: str
    planned: int
    held: int

    @property
    def equal(self) -> bool:
        """Whether the PSA holds what was planned."""
        return self.planned == self.held


@dataclass(frozen=True, slots=True)
class Demonstration:
    """A running demonstration: the workspace and the PSA simulator's address."""

    workspace: Workspace
    clock: FixedClock
    today: date
    msp: Msp
    ready: DemoSetup

    async def connect(self, psa_secret: Mapping[str, str], module_secret: Mapping[str, str]) -> tuple[Finding, ...]:
        """Connect the PSA and the module, as a person would."""
        ws = self.workspace
        psa = await setup.connect_psa(
            ws,
            "autotask",
            "autotask",
            {"zone_lookup_url": self.ready.autotask_url, "adjustment_gap_seconds": "0"},
            psa_secret,
        )
        module = await setup.connect_module(
            ws, "datto_rmm", "datto-rmm", {"base_url": self.ready.datto_rmm_url}, module_secret
        )
        return (*psa, *module)

    async def check(self) -> tuple[Finding, ...]:
        """The prerequisites."""
        return await checking.check(self.workspace)

    async def collect(self) -> tuple[collecting.CollectResult, ...]:
        """The collections of the last nights, oldest first, while devices come and go between them."""
        results: list[collecting.CollectResult] = []
        for back in reversed(range(NIGHTS)):
            self.clock.put(night_of(self.today - timedelta(days=back)))
            results.extend(await collecting.collect(self.workspace))
            if back:
                await self._devices_come_and_go(NIGHTS - back)
        return tuple(results)

    async def _devices_come_and_go(self, night: int) -> None:
        """A few customers buy laptops and one retires desktops, in the RMM simulator, between two nights."""
        counts = {name: dict(found) for name, found in busy_sites(self.msp)[night - 1 :: NIGHTS][:3]}
        for number, found in enumerate(counts.values()):
            found["laptop" if number else "desktop"] += 2 + night if number else -1
        async with httpx2.AsyncClient(timeout=60) as client:
            answer = await client.post(f"{self.ready.datto_rmm_url}/_simulator/devices", json={"counts": counts})
            answer.raise_for_status()

    async def match(self) -> tuple[int, int]:
        """Accept suggestions above a score; gives how many were accepted and how many wait for a person."""
        accepted = await customers.accept_above(self.workspace, ACCEPT_ABOVE)
        waiting = await customers.suggest(self.workspace)
        return accepted, len(waiting)

    async def set_rules(self) -> int:
        """One rule a service that follows devices, inherited by all of its contracts."""
        count = 0
        for service in CATALOGUE:
            if service.counts:
                quantity = " + ".join(f"datto_rmm.{name}" for name in map(metric_of, service.counts))
                first = self.today - timedelta(days=NIGHTS)
                draft = rules.RuleDraft(service=service.name, quantity=quantity, preset="prorate-daily", cutover=first)
                await rules.set_rule(self.workspace, draft)
                count += 1
        return count

    async def plan(self) -> Plan:
        """The night's plan."""
        return await planning.make_plan(self.workspace)

    async def approve(self, plan: Plan) -> approving.Approved:
        """Approve every change that no rail holds."""
        return await approving.approve(self.workspace, plan.id)

    async def apply(self, plan: Plan) -> applying.ApplyResult:
        """Write it."""
        return await applying.apply(self.workspace, plan.id)

    async def verify(self, result: applying.ApplyResult) -> verifying.VerifyResult:
        """Read it back."""
        return await verifying.verify(self.workspace, result.run_id)

    async def proof(self, plan: Plan, approved: approving.Approved) -> tuple[LineTruth, ...]:
        """Every line of the plan beside the PSA simulator's own dump: applied ones as planned, others untouched."""
        async with httpx2.AsyncClient(timeout=60) as client:
            answer = await client.get(f"{self.ready.autotask_url}/_simulator/state")
            answer.raise_for_status()
        held = units_in_dump(answer.json())
        written = {outcome.line_id for outcome in approved.outcomes}
        return tuple(_truth(outcome, held, plan.as_of, written) for outcome in plan.outcomes)


def busy_sites(msp: Msp) -> list[tuple[str, Mapping[str, int]]]:
    """Sites with enough laptops and desktops that a few more or less are an ordinary night."""
    sites = ((str(site["name"]), site["counts"]) for site in _list(msp.datto_rmm["sites"]) if "counts" in site)
    return [(name, counts) for name, counts in sites if min(counts.get("laptop", 0), counts.get("desktop", 0)) > 20]


def metric_of(category: str) -> str:
    """The billing type that counts a device category of the generated MSP."""
    return f"network_{category}" if category in {"switch", "firewall", "router"} else category


def _list(value: object) -> list[Mapping[str, Any]]:
    if not isinstance(value, list):
        raise TypeError(type(value).__name__)
    return value


def units_in_dump(state: Mapping[str, object]) -> Mapping[str, tuple[tuple[date, date, int], ...]]:
    """Unit rows by line id, as the PSA simulator's dump has them: first day, last day, units."""
    rows: dict[str, list[tuple[date, date, int]]] = {}
    for row in _list(state["rows"]):
        line = str(row["contractServiceID"])
        first, last = date.fromisoformat(row["startDate"][:10]), date.fromisoformat(row["endDate"][:10])
        rows.setdefault(line, []).append((first, last, int(row["units"])))
    return {line: tuple(sorted(spans)) for line, spans in rows.items()}


def _truth(
    outcome: Outcome, held: Mapping[str, tuple[tuple[date, date, int], ...]], as_of: date, written: set[str]
) -> LineTruth:
    sent = outcome.line_id in written
    day = outcome.adjustments[-1].day if sent and outcome.adjustments else as_of
    planned = outcome.after if sent and outcome.after is not None else outcome.before or 0
    found = next((units for first, last, units in held.get(outcome.line_id, ()) if first <= day <= last), 0)
    return LineTruth(outcome.line_id, outcome.customer_name, outcome.service_name, planned, found)


def night_of(today: date) -> datetime:
    """The moment at which the demonstration pretends to run: 02:14 in the MSP's time zone."""
    return datetime.combine(today, NIGHT, ZoneInfo(ZONE)).astimezone(UTC)


@contextmanager
def demonstration(
    today: date | None = None, folder: Path | None = None, msp: Msp | None = None
) -> Iterator[tuple[Demonstration, Mapping[str, str], Mapping[str, str]]]:
    """Start the simulators and a new store; gives the demonstration with the secrets of both simulators.

    Nothing is left behind: the simulators stop and a temporary folder is removed at the end.
    """
    day = today or datetime.now(ZoneInfo(ZONE)).date()
    chosen = msp or generate_msp(SEED, today=day)
    with tempfile.TemporaryDirectory(prefix="trueup-demo-") as made:
        store = (folder or Path(made)) / "demo.sqlite"
        clock = FixedClock(night_of(day))
        with (
            autotask.start(autotask.Scenario(cast("Mapping[str, Json]", chosen.autotask), "demonstration")) as psa,
            datto_rmm.start(chosen.datto_rmm) as rmm,
            create_workspace(
                store,
                Key.generate(),
                TenantSettings(name="demo", time_zone=ZONE, currency="EUR", mode=Mode.MANUAL, posted_period="unproven"),
                clock=clock,
                actor="demo",
                accounts=Accounts(Pace(scale=0.0)),
            ) as ws,
        ):
            ready = DemoSetup(
                psa.url,
                rmm.url,
                store,
                customers=len(chosen.billable),
                devices=sum(sum(site.get("counts", {}).values()) for site in _list(chosen.datto_rmm["sites"])),
                lines=len(_list(chosen.autotask["lines"])),
            )
            yield Demonstration(ws, clock, day, chosen, ready), psa.credentials, rmm.credentials
