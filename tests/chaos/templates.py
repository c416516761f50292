"""Stores that are ready to be applied: set up, collected, planned and approved once, then copied for each run.

Each variant is a small MSP of its own: some lines, the nights on which their usage moved, and how its PSA behaves.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from tests.ledger.stage import BILLING_CODE, DAY, PSA, RMM, Rmm, Site, night_of

from trueup.app.clock import FixedClock
from trueup.app.connections.connecting import Accounts
from trueup.app.plans.approving import approve
from trueup.app.plans.planning import make_plan
from trueup.app.usage.collecting import collect
from trueup.app.workspace import Workspace, create_workspace
from trueup.core.outcome import OutcomeStatus, Plan
from trueup.core.rule import Mode, Rule, RuleLevel, TimingPolicy
from trueup.core.settings import TenantSettings, Thresholds
from trueup.modules.limits import Pace
from trueup.store.secrets import Key

USER, SECRET, CODE = "api@msp.example", "a-secret-of-the-tests", "CODEOFTHETESTS"
SERVICE = 10
FIRST_LINE = 1000
UNITS = 10
FREE = Thresholds(
    line_to_zero=False,
    line_fall_share=Decimal(10),
    line_move_units=10_000,
    customer_amount=Decimal(1_000_000),
    module_fall_share=Decimal(10),
    module_rise_share=Decimal(10),
    plan_base=10_000,
)
"""The guard rails are no matter here."""


@dataclass(frozen=True)
class Variant:
    """One small MSP. `moves` are the changes of each line's usage, night by night; lines take them in turn."""

    name: str
    lines: int
    moves: tuple[tuple[int, ...], ...]
    first: date = date(2026, 11, 11)
    posted: bool = False
    settle_seconds: int = 300
    now: datetime | None = None
    """The moment of the plan where it is not the night after the last day."""

    @property
    def nights(self) -> int:
        return len(self.moves[0])

    @property
    def last(self) -> date:
        """The usage day of the plan."""
        return self.first + self.nights * DAY

    def line(self, number: int) -> int:
        return FIRST_LINE + number

    def wanted(self) -> dict[int, int]:
        """Units that usage calls for in the end, by line."""
        return {self.line(n): UNITS + sum(self.moves[n % len(self.moves)]) for n in range(self.lines)}

    def devices(self, number: int, night: int) -> int:
        return UNITS + sum(self.moves[number % len(self.moves)][:night])


VARIANTS: Mapping[str, Variant] = {
    variant.name: variant
    for variant in (
        Variant("one", 1, ((1,),)),
        Variant("three", 3, ((1,), (-2,), (3,))),
        Variant("eight", 8, ((1,), (2,), (-1,))),
        Variant("days", 2, ((1, 2, -1), (2, -1, 1))),
        Variant("opening", 2, ((1, 1), (-1, 3)), first=date(2026, 11, 29)),
        Variant("posted", 2, ((1, 2), (2, -1)), posted=True),
    )
}


def of_today() -> Variant:
    """The variant that the installed command applies, which knows no other clock than the machine's."""
    now = datetime.now(UTC)
    return Variant("command", 3, ((1,), (-2,), (3,)), first=now.date() - 2 * DAY, now=now)


def psa_content(variant: Variant) -> dict[str, object]:
    """The PSA before the first night: one customer, contract and line each."""
    posted = variant.last if variant.posted else variant.first.replace(day=1) - DAY
    if variant.posted:
        posted = (posted.replace(day=28) + timedelta(days=4)).replace(day=1) - DAY
    start = (variant.first - timedelta(days=300)).replace(day=1)
    dates = {"startDate": start.isoformat(), "endDate": (start + timedelta(days=800)).isoformat()}
    numbers = range(variant.lines)
    return {
        "today": variant.first.isoformat(),
        "integration_codes": [CODE],
        "users": [{"user_name": USER, "secret": SECRET}],
        "currencies": {"1": 1},
        "billing_codes": [{"id": BILLING_CODE, "name": "Recurring Services", "useType": 5}],
        "companies": [{"id": 0, "companyName": "The MSP", "currencyID": 1}]
        + [{"id": n + 1, "companyName": f"Customer {n + 1}", "currencyID": 1} for n in numbers],
        "services": [
            {"id": SERVICE, "name": "Managed Computer", "billingCodeID": BILLING_CODE, "unitPrice": Decimal("12.00")}
        ],
        "contracts": [
            {
                "id": 100 + n,
                "companyID": n + 1,
                "contractName": f"C{n}",
                "contractPeriodType": 2,
                "posted_through": posted.isoformat(),
                **dates,
            }
            for n in numbers
        ],
        "lines": [
            {
                "id": variant.line(n),
                "contractID": 100 + n,
                "serviceID": SERVICE,
                "units": {start.isoformat(): UNITS},
            }
            for n in numbers
        ],
    }


@dataclass(frozen=True)
class Template:
    """A prepared store, and what its approved plan is going to send: line, day -> change."""

    variant: Variant
    store: str
    key_file: Path
    plan: str
    now: datetime
    content: Mapping[str, object]
    planned: Mapping[tuple[int, date], int] = field(default_factory=dict)


def prepare(variant: Variant, folder: Path, store: str, psa_url: str) -> Template:
    """Play the nights of a variant into an empty store; the PSA's simulator must show `psa_content` by now."""
    key_file = folder / "trueup.key"
    key = Key.create_file(key_file)
    clock = FixedClock(night_of(variant.first))
    settings = TenantSettings(
        mode=Mode.MANUAL,
        thresholds=FREE,
        posted_period="proration_item" if variant.posted else "unproven",
        settle_seconds=variant.settle_seconds,
    )
    rmm = Rmm()
    try:
        accounts = Accounts(pace=Pace(scale=0))
        with create_workspace(store, key, settings, clock=clock, actor="chaos", accounts=accounts) as ws:
            connect(ws, psa_url, rmm)
            plan = _nights(ws, variant, clock, rmm)
    finally:
        rmm.close()
    planned = {(int(a.line_id), a.day): a.change for o in plan.outcomes for a in o.adjustments}
    strange = [o for o in plan.outcomes if o.status is not OutcomeStatus.CHANGE]
    if strange:
        raise AssertionError(f"{variant.name}: not every line changes: {strange}")
    return Template(variant, store, key_file, plan.id, clock.now(), psa_content(variant), planned)


def connect(ws: Workspace, psa_url: str, rmm: Rmm) -> None:
    secrets = {"user_name": USER, "secret": SECRET, "integration_code": CODE}
    psa = {"zone_lookup_url": psa_url, "adjustment_gap_seconds": "0"}
    ws.store.connections.add(PSA, "psa", "autotask", psa, secrets, "chaos", now=ws.now())
    module = {"base_url": rmm.sim.url, "platform": "merlot"}
    ws.store.connections.add(RMM, "module", "datto_rmm", module, dict(rmm.sim.credentials), "chaos", now=ws.now())
    timing = TimingPolicy(increase_settle_days=1, decrease_settle_days=1)
    rule = Rule("rule", RuleLevel.SERVICE, str(SERVICE), str(SERVICE), "datto_rmm.desktop", timing=timing)
    ws.store.rules.save(replace(rule, cutover=ws.now().date()), "chaos", now=ws.now())


def _nights(ws: Workspace, variant: Variant, clock: FixedClock, rmm: Rmm) -> Plan:
    async def night(number: int) -> None:
        clock.put(night_of(variant.first + number * DAY))
        rmm.show({f"Customer {n + 1}": Site({"desktop": variant.devices(n, number)}) for n in range(variant.lines)})
        for collected in await collect(ws):
            assert collected.failure is None, collected.failure

    async def whole() -> Plan:
        await night(0)
        for found in ws.store.usage.organizations(RMM):
            customer = found.organization.name.removeprefix("Customer ")
            ws.store.customers.map(RMM, found.organization.key, customer, "chaos", now=ws.now())
        await make_plan(ws, variant.first)
        for number in range(1, variant.nights + 1):
            await night(number)
        if variant.now is not None:
            clock.put(variant.now)
        plan = await make_plan(ws, variant.last)
        await approve(ws, plan.id, checksum=plan.checksum)
        return plan

    return asyncio.run(whole())
