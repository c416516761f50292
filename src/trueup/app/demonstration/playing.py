"""The whole job on the generated MSP, step by step: connect, collect, check, match, rules, plan, apply, verify."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from trueup.app.clock import FixedClock
from trueup.app.connections import checking
from trueup.app.demonstration import connecting, following, money, nights, proof, sources
from trueup.app.mapping import customers
from trueup.app.plans import approving, planning
from trueup.app.rulebook import rules
from trueup.app.usage import collecting
from trueup.app.workspace import Workspace
from trueup.app.writes import applying, verifying
from trueup.core.finding import Finding
from trueup.core.outcome import Plan
from trueup.store.secrets import Key
from trueup_simulators import pushing
from trueup_simulators.msp import Msp

ACCEPT_ABOVE = 92


@dataclass(frozen=True, slots=True)
class DemoSetup:
    """The MSP that stands ready: where its simulators answer, and how large it is."""

    autotask_url: str
    datto_rmm_url: str
    store: str
    folder: Path
    customers: int
    devices: int
    lines: int
    tools: Mapping[str, str] = field(default_factory=dict)
    """Kind -> where a module other than Datto RMM answers."""
    key: Key | None = field(default=None, repr=False)
    """The store's key, for whoever opens it beside."""


@dataclass(frozen=True, slots=True)
class Demonstration:
    """A running demonstration: the workspace and the simulators' addresses. `accepted` are what each tool's simulator
    accepts as credentials, by kind."""

    workspace: Workspace
    clock: FixedClock
    today: date
    msp: Msp
    ready: DemoSetup
    accepted: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def days(self) -> tuple[date, ...]:
        """The days in whose nights usage is collected, oldest first."""
        return nights.nights_before(self.today, with_tools=bool(self.ready.tools))

    async def connect(self, psa_secret: Mapping[str, str], module_secret: Mapping[str, str]) -> tuple[Finding, ...]:
        """Connect the PSA, Datto RMM and the other tools that answer, as a person would."""
        ws, ready = self.workspace, self.ready
        found = await connecting.connect_psa(ws, ready.autotask_url, psa_secret)
        found += await connecting.connect_tool(ws, "datto_rmm", ready.datto_rmm_url, module_secret)
        for kind, url in ready.tools.items():
            found += await connecting.connect_tool(ws, kind, url, self.accepted[kind])
        return found

    async def check(self) -> tuple[Finding, ...]:
        """The prerequisites."""
        return await checking.check(self.workspace)

    async def collect(self) -> tuple[collecting.CollectResult, ...]:
        """The collections of some nights, oldest first, while things happen between them (`nights`)."""
        results: list[collecting.CollectResult] = []
        days = self.days
        late = len(days) - nights.LATE_NIGHTS
        for number, day in enumerate(days):
            self.clock.put(nights.night_of(day))
            results.extend(await collecting.collect(self.workspace))
            if number < late:
                await nights.trouble_begins(self.msp, self.ready.tools)
            elif day != self.today:
                await nights.devices_come_and_go(self.msp, self.ready.datto_rmm_url, number - late + 1)
        return tuple(results)

    async def collect_all(self, hub: str | None = None) -> tuple[sources.Source, ...]:
        """The same, with what comes in without being asked for; gives how each module stands after the last night.

        `hub` is the address of the web application on this store, to which a product pushes; None: nothing is pushed.
        """
        results = await self.collect()
        last = max(result.day for result in results)
        return (*(sources.asked(result) for result in results if result.day == last), *await self.deliver(hub))

    async def deliver(self, hub: str | None = None) -> tuple[sources.Source, ...]:
        """What comes in without being asked for: a file, and what a script of the MSP sends over HTTP."""
        ws, found = self.workspace, []
        taken = await connecting.deliver_file(ws, self.msp, self.ready.folder)
        if taken is not None:
            found.append(sources.by_file(taken))
        if hub is not None and connecting.PUSHED in self.msp.reports:
            key = await connecting.connect_sender(ws)
            day = self.today - timedelta(days=1)
            await pushing.push_day(hub, key, day, self.msp.reports[connecting.PUSHED])
            found.append(await ws.step(sources.pushed, ws.store, connecting.PUSHED, day))
        return tuple(found)

    async def match(self) -> tuple[int, int]:
        """Accept suggestions above a score; gives how many were accepted and how many wait for a person."""
        accepted = await customers.accept_above(self.workspace, ACCEPT_ABOVE)
        waiting = await customers.suggest(self.workspace)
        return accepted, len(waiting)

    async def set_rules(self) -> int:
        """One rule a service that follows usage, inherited by all of its contracts; gives how many."""
        first = self.today - timedelta(days=nights.LATE_NIGHTS)
        store = self.workspace.store
        connected = {one.kind for one in await self.workspace.step(store.connections.list, "module")}
        drafts = tuple(following.drafts(self.msp, first, connected))
        for draft in drafts:
            await rules.set_rule(self.workspace, draft)
        return len(drafts)

    async def plan(self) -> Plan:
        """The night's plan."""
        return await planning.make_plan(self.workspace)

    async def waiting(self, plan: Plan, found: tuple[sources.Source, ...]) -> tuple[sources.Waiting, ...]:
        """Lines that wait for a module which does not deliver everything."""
        ws, follows = self.workspace, dict(following.quantities(self.msp))
        return await ws.step(sources.waiting_for, ws.store, plan, found, follows)

    async def something_new(self) -> Plan:
        """One more night passes: devices come and go, and a plan and a vendor's bill wait for whoever looks."""
        self.clock.put(nights.night_of(self.today + timedelta(days=1)))
        await nights.devices_come_and_go(self.msp, self.ready.datto_rmm_url, nights.LATE_NIGHTS)
        await collecting.collect(self.workspace)
        plan = await planning.make_plan(self.workspace)
        await money.find_money(self.workspace, self.today, self.ready.folder)
        return plan

    async def approve(self, plan: Plan) -> approving.Approved:
        """Approve every change that no rail holds."""
        return await approving.approve(self.workspace, plan.id)

    async def apply(self, plan: Plan) -> applying.ApplyResult:
        """Write it."""
        return await applying.apply(self.workspace, plan.id)

    async def verify(self, result: applying.ApplyResult) -> verifying.VerifyResult:
        """Read it back."""
        return await verifying.verify(self.workspace, result.run_id)

    async def proof(self, plan: Plan, approved: approving.Approved) -> tuple[proof.LineTruth, ...]:
        """Every line of the plan beside the PSA simulator's own dump: applied ones as planned, others untouched."""
        return await proof.proved(self.ready.autotask_url, plan, {one.line_id for one in approved.outcomes})
