"""A small MSP with three customers and four lines, and its nights: what the scenarios are played on.

On 11 November usage equals the units, so that the first plan agrees with every line. On the 12th five devices are new.
Every use case opens the database anew, as a process of its own would.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

from tests.ledger.stage import BILLING_CODE, DAY, RMM, Psa, Rmm, Site, Stage, night_of, staged

from trueup.app.drift.deciding import Decided, decide
from trueup.app.drift.looking import DriftReport, look
from trueup.app.errors import UseCaseError
from trueup.app.plans.approving import Approved, approve
from trueup.app.plans.planning import make_plan
from trueup.app.undo.planning import plan_undo_of
from trueup.app.usage.collecting import CollectResult, collect
from trueup.app.workspace import Workspace
from trueup.app.writes.applying import ApplyResult, apply
from trueup.app.writes.verifying import VerifyResult, verify
from trueup.core.outcome import Outcome, Plan
from trueup.core.rule import DriftPolicy, Mode, Override, Rule, RuleLevel, Timing, TimingPolicy
from trueup.core.settings import TenantSettings
from trueup.store.journal import Intent

T = TypeVar("T")
FIRST, GROWN = date(2026, 11, 11), date(2026, 11, 12)
WORKSTATIONS, SERVERS, MIXED, SMALL = 1000, 1001, 2000, 3000
"""Lines: workstations and servers of Morel; every computer of Petit; workstations of the garage."""

CONTRACTS = {100: 1, 200: 2, 300: 3}
UNITS = {WORKSTATIONS: 12, SERVERS: 2, MIXED: 20, SMALL: 11}
USAGE: Mapping[str, Site] = {
    "Ateliers Morel": Site({"desktop": 9, "laptop": 3, "server": 2, "printer": 4}),
    "Boulangerie Petit": Site({"desktop": 12, "laptop": 5, "server": 3, "printer": 1}),
    "Garage du Lac": Site({"desktop": 10, "laptop": 1}),
}
GROWTH: Mapping[str, Site] = {
    "Ateliers Morel": Site({"desktop": 9, "laptop": 4, "server": 2, "printer": 4}),
    "Boulangerie Petit": Site({"desktop": 12, "laptop": 6, "server": 4, "printer": 1}),
    "Garage du Lac": Site({"desktop": 10, "laptop": 2}),
}
GROWN_UNITS = {WORKSTATIONS: 13, SERVERS: 2, MIXED: 22, SMALL: 12}
CHANGES = {(WORKSTATIONS, GROWN, 1), (MIXED, GROWN, 2), (SMALL, GROWN, 1)}
"""What has to be sent for the growth, each once."""

_SERVICES = {10: ("Managed Workstation", "12.00"), 11: ("Managed Server", "45.00"), 12: ("Managed Device", "9.00")}
_LINES = {WORKSTATIONS: (100, 10), SERVERS: (100, 11), MIXED: (200, 12), SMALL: (300, 10)}
RULES = {
    10: "datto_rmm.desktop + datto_rmm.laptop",
    11: "datto_rmm.server",
    12: "datto_rmm.desktop + datto_rmm.laptop + datto_rmm.server",
}


def psa_content() -> dict[str, object]:
    """The PSA before the first night: monthly contracts, posted through October."""
    dates = {"startDate": "2026-01-01", "endDate": "2027-12-31", "posted_through": "2026-10-31"}
    return {
        "companies": [{"id": 0, "companyName": "The MSP", "currencyID": 1}]
        + [{"id": number, "companyName": name, "currencyID": 1} for number, name in enumerate(USAGE, 1)],
        "services": [
            {"id": number, "name": name, "billingCodeID": BILLING_CODE, "unitPrice": Decimal(price)}
            for number, (name, price) in _SERVICES.items()
        ],
        "contracts": [
            {"id": number, "companyID": company, "contractName": f"C{number}", "contractPeriodType": 2, **dates}
            for number, company in CONTRACTS.items()
        ],
        "lines": [
            {"id": line, "contractID": contract, "serviceID": service, "units": {"2026-01-01": UNITS[line]}}
            for line, (contract, service) in _LINES.items()
        ],
    }


class Msp:
    """The MSP at work: one method for each use case."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.day = FIRST
        self.timing, self.cutover = TimingPolicy(), FIRST

    @property
    def psa(self) -> Psa:
        return self.stage.psa

    @property
    def rmm(self) -> Rmm:
        return self.stage.rmm

    def work(self, use: Callable[[Workspace], Coroutine[object, object, T]]) -> T:
        """One use case in a workspace of its own."""

        async def whole() -> T:
            return await use(ws)

        with self.stage.open() as ws:
            return asyncio.run(whole())

    def night(self, day: date) -> None:
        """The night after the close of a day."""
        self.day = day
        self.stage.clock.put(night_of(day))
        self.psa.put_clock(day + DAY)

    def later(self, wait: timedelta) -> None:
        """Let time pass on Trueup's clock."""
        self.stage.clock.put(self.stage.clock.now() + wait)

    def collect(self, sites: Mapping[str, Site] | None = None) -> CollectResult:
        if sites is not None:
            self.rmm.show(sites)
        (result,) = self.work(collect)
        return result

    def plan(self) -> Plan:
        return self.work(lambda ws: make_plan(ws, self.day))

    def approve(
        self, plan: Plan, lines: Collection[int] | None = None, releases: Collection[str] = (), reason: str = ""
    ) -> Approved:
        named = None if lines is None else {str(line) for line in lines}
        return self.work(lambda ws: approve(ws, plan.id, named, releases, reason or None, plan.checksum))

    def apply(self, plan: Plan) -> ApplyResult:
        return self.work(lambda ws: apply(ws, plan.id))

    def apply_the_rest(self, plan: Plan) -> ApplyResult | None:
        """Apply once more; None when nothing is left to send."""
        try:
            return self.apply(plan)
        except UseCaseError as error:
            if error.reason.code != "apply.nothing_left":
                raise
            return None

    def verify(self, applied: ApplyResult) -> VerifyResult:
        return self.work(lambda ws: verify(ws, applied.run_id))

    def undo(self, run_id: str, lines: Collection[int] | None = None, reason: str = "") -> Plan:
        """The plan that takes a run back."""
        named = None if lines is None else {str(line) for line in lines}
        return self.work(lambda ws: plan_undo_of(ws, run_id, named, reason or None))

    def drift(self) -> DriftReport:
        """Look for edits by hand now."""
        return self.work(look)

    def decide(self, line: int, policy: DriftPolicy, reason: str | None = "ticket 4711") -> Decided:
        """A person decides about an edit."""
        return self.work(lambda ws: decide(ws, str(line), policy, reason))

    def treat_edits(self, policy: DriftPolicy) -> None:
        """The rules of every service say what happens to edits by hand."""
        with self.stage.open() as ws:
            for rule in ws.store.rules.list():
                ws.store.rules.save(replace(rule, drift=policy), "tests", now=ws.now())

    def set_up(self, sites: Mapping[str, Site] = USAGE) -> Plan:
        """Rules, the first collection, its mappings, and the first plan."""
        with self.stage.open() as ws:
            for service, quantity in RULES.items():
                rule = Rule(f"rule-{service}", RuleLevel.SERVICE, str(service), str(service), quantity)
                rule = replace(rule, timing=self.timing, cutover=self.cutover)
                ws.store.rules.save(rule, "tests", now=ws.now())
        self.night(FIRST)
        self.collect(sites)
        with self.stage.open() as ws:
            for found in ws.store.usage.organizations(RMM):
                customer = str(list(USAGE).index(found.organization.name) + 1)
                ws.store.customers.map(RMM, found.organization.key, customer, "tests", now=ws.now())
        return self.plan()

    def grow(self) -> None:
        """The night after five devices came."""
        self.night(GROWN)
        self.collect(GROWTH)

    def approved_plan(self) -> Plan:
        """The plan for the growth, approved as a whole."""
        self.grow()
        plan = self.plan()
        self.approve(plan)
        return plan

    def bill_from_period_start(self) -> None:
        """Rises take effect on the first day of the period; for `set_up`, whose rules are saved later."""
        self.timing, self.cutover = TimingPolicy(increase=Timing.PERIOD_START), date(2026, 11, 1)

    def fix_units(self, line: int, units: int, reason: str) -> None:
        """A person fixes the units of a line."""
        with self.stage.open() as ws:
            rule = next(one for one in ws.store.rules.list() if one.service_id == str(_LINES[line][1]))
            fixed = replace(
                rule,
                id=f"line-{line}",
                level=RuleLevel.LINE,
                target=str(line),
                override=Override(units, reason),
            )
            ws.store.rules.save(fixed, "tests", now=ws.now())

    def intents(self) -> tuple[Intent, ...]:
        """The journal, oldest first."""
        with self.stage.open() as ws:
            return tuple(one for line in UNITS for one in ws.store.journal.of_line(str(line)))

    def choose(self, **settings: object) -> None:
        """Change settings of the tenant."""
        with self.stage.open() as ws:
            changed = replace(ws.store.settings.get(), **settings)  # type: ignore[arg-type]
            ws.store.settings.save(changed, "tests", now=ws.now())

    def units_now(self, day: date = GROWN) -> dict[int, int | None]:
        """What the PSA's simulator says of each line."""
        return {line: self.psa.units(line, day) for line in UNITS}


@contextmanager
def open_msp(
    folder: Path,
    settings: TenantSettings | None = None,
    psa_settings: Mapping[str, str] | None = None,
    where: str | None = None,
) -> Iterator[Msp]:
    """The MSP on running simulators, not set up yet."""
    with staged(folder, FIRST, psa_content(), settings, psa_settings, where) as stage:
        yield Msp(stage)


@contextmanager
def due_msp(folder: Path, where: str | None = None, **settings: object) -> Iterator[Msp]:
    """The MSP in automatic mode when the night of the growth is due: five devices came, nobody has collected them."""
    automatic = TenantSettings(mode=Mode.AUTOMATIC, **settings)  # type: ignore[arg-type]
    with open_msp(folder, automatic, where=where) as opened:
        opened.set_up()
        opened.rmm.show(GROWTH)
        opened.night(GROWN)
        yield opened


def of_line(plan: Plan, line: int) -> Outcome:
    """What the plan says of a line."""
    return next(outcome for outcome in plan.outcomes if outcome.line_id == str(line))


def codes_of(outcome: Outcome) -> list[str]:
    """Codes of an outcome's reasons."""
    return [reason.code for reason in outcome.reasons]


def states(result: ApplyResult) -> dict[int, str]:
    """What became of each line."""
    return {int(line.line_id): line.state for line in result.lines}


def reasons(result: ApplyResult) -> dict[int, str | None]:
    """Why, by code."""
    return {int(line.line_id): line.reason.code if line.reason else None for line in result.lines}
