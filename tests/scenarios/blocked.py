"""One customer with one line that follows a module behind a network rule, either way round: the module pushes and our
own rule refuses it, or we ask and the vendor's rule refuses us. Both over real HTTP.

The line costs 12.00 a month for each unit; until the block usage equals its 70 units.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import ClassVar, TypeVar

import httpx2
from tests.ledger.stage import BILLING_CODE, DAY, Stage, night_of, staged
from tests.web.doors import AlwaysIn
from tests.web.running import answering

from trueup.app.access.networks import allow_network, remove_network
from trueup.app.connections.setup import connect_module
from trueup.app.plans.approving import approve
from trueup.app.plans.planning import make_plan
from trueup.app.usage.collecting import collect
from trueup.app.usage.push_keys import create_key
from trueup.app.workspace import Workspace
from trueup.app.writes.applying import apply
from trueup.app.writes.verifying import verify
from trueup.core.access.networks import Purpose
from trueup.core.outcome import Outcome, Plan
from trueup.core.rule import Rule, RuleLevel
from trueup.store.database import Database
from trueup.web.application import create_app
from trueup.web.site import Site
from trueup_simulators import modules

T = TypeVar("T")
LINE, UNITS, PRICE = "1000", 70, Decimal("12.00")
FIRST = date(2026, 11, 2)
"""The first usage day, on which usage equals the units."""


def psa_content() -> dict[str, object]:
    """The PSA before the first night: one monthly contract, posted through October."""
    contract = {"startDate": "2026-01-01", "endDate": "2027-12-31", "posted_through": "2026-10-31"}
    return {
        "companies": [{"id": number, "companyName": f"Company {number}", "currencyID": 1} for number in (0, 1)],
        "services": [{"id": 10, "name": "Protected Seat", "billingCodeID": BILLING_CODE, "unitPrice": PRICE}],
        "contracts": [{"id": 100, "companyID": 1, "contractName": "C100", "contractPeriodType": 2, **contract}],
        "lines": [{"id": int(LINE), "contractID": 100, "serviceID": 10, "units": {"2026-01-01": UNITS}}],
    }


class Blocked(ABC):
    """The MSP at work, with one module; a way to block it, and to let it through again."""

    NAME: ClassVar[str]
    METRIC: ClassVar[str]
    ORGANIZATION: ClassVar[str]
    CAUSE: ClassVar[str]
    """Code of what stopped it."""
    REFUSED: ClassVar[str]
    """The address that may not come through; empty where the vendor does not tell it."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.used: dict[date, int] = {}

    # --- the module

    @abstractmethod
    def block(self) -> None:
        """A network rule stops it from now on."""

    @abstractmethod
    def allow(self) -> None:
        """The cure: the address is let through."""

    @abstractmethod
    def deliver(self, day: date) -> None:
        """What happens in the night after a day: we ask, or the module sends it and all that it could not send."""

    def night(self, day: date, used: int) -> None:
        """The night after a day on which so much was used."""
        self.stage.clock.put(night_of(day))
        self.stage.psa.put_clock(day + DAY)
        self.used[day] = used
        self.deliver(day)

    # --- use cases

    def choose(self, **settings: object) -> None:
        """Change settings of the tenant."""
        with self.stage.open() as ws:
            changed = replace(ws.store.settings.get(), **settings)  # type: ignore[arg-type]
            ws.store.settings.save(changed, "tests", now=ws.now())

    def work(self, use: Callable[[Workspace], Coroutine[object, object, T]]) -> T:
        """One use case in a workspace of its own."""

        async def whole() -> T:
            return await use(ws)

        with self.stage.open() as ws:
            return asyncio.run(whole())

    def plan(self) -> Plan:
        return self.work(make_plan)

    def line(self, plan: Plan) -> Outcome:
        return next(one for one in plan.outcomes if one.line_id == LINE)

    def write(self, plan: Plan) -> None:
        """Approve the plan, write it and read it back."""
        self.work(lambda ws: approve(ws, plan.id))
        run = self.work(lambda ws: apply(ws, plan.id)).run_id
        assert self.work(lambda ws: verify(ws, run)).right

    def begin(self, first: date = FIRST) -> None:
        """The line follows the module; a first night and a first plan, with which everything agrees."""
        self.night(first, UNITS)
        with self.stage.open() as ws:
            ws.store.customers.map(self.NAME, self.ORGANIZATION, "1", "tests", now=ws.now())
            rule = Rule("r", RuleLevel.SERVICE, "10", "10", self.METRIC, cutover=first)
            ws.store.rules.save(rule, "tests", now=ws.now())
        self.plan()


class Theirs(Blocked):
    """We ask; the vendor lets only some addresses in. SaaS Alerts still tells what a past day was like."""

    NAME, METRIC, ORGANIZATION = "alerts", "saas_alerts.billable_seats", "sa00001"
    CAUSE, REFUSED = "module.network_rule", ""

    def __init__(self, stage: Stage, vendor: modules.RunningModule) -> None:
        super().__init__(stage)
        self.vendor = vendor
        settings = {"base_url": vendor.url}
        self.work(lambda ws: connect_module(ws, "saas_alerts", self.NAME, settings, vendor.credentials))

    def _order(self, control: str, body: object) -> None:
        answer = httpx2.post(f"{self.vendor.url}/_simulator/{control}", json=body, trust_env=False, timeout=20)
        answer.raise_for_status()

    def block(self) -> None:
        self._order("switches", {"allowed_networks": ["203.0.113.0/24"]})

    def allow(self) -> None:
        self._order("switches", {"allowed_networks": []})

    def deliver(self, day: date) -> None:
        row = {"customerId": self.ORGANIZATION, "customerName": "A", "product": "Office 365", "seats": 90}
        row |= {"billingDate": day.isoformat(), "billableSeats": self.used[day]}
        self._order("data", {"collection": "dated", "add": [row]})
        self.work(lambda ws: collect(ws, modules=[self.NAME]))


class Ours(Blocked):
    """The module pushes from an address that our own list does not hold."""

    NAME, METRIC, ORGANIZATION = "defense", "saas_defense.protected_users", "acme"
    CAUSE, REFUSED = "push.blocked_by_network_rule", "127.0.0.3"
    ELSEWHERE = "127.0.0.2"

    def __init__(self, stage: Stage, url: str) -> None:
        super().__init__(stage)
        self.url = url
        self.forgets = False
        self._sent: set[date] = set()
        self.work(lambda ws: connect_module(ws, "saas_defense", self.NAME, {}, {}))
        self.key = self.work(lambda ws: create_key(ws, self.NAME)).secret

    def block(self) -> None:
        self.work(lambda ws: allow_network(ws, Purpose.MODULES, self.ELSEWHERE))

    def allow(self) -> None:
        self.work(lambda ws: allow_network(ws, Purpose.MODULES, self.REFUSED))
        self.work(lambda ws: remove_network(ws, Purpose.MODULES, self.ELSEWHERE))

    def deliver(self, day: date) -> None:
        for one in sorted(self.used.keys() - self._sent | {day}):
            if self._push(one) == 200 or self.forgets:
                self._sent.add(one)

    def remember(self, day: date) -> None:
        """The sender sends a day after all."""
        self._sent.discard(day)

    def _push(self, day: date) -> int:
        organization = {"key": self.ORGANIZATION, "name": "Acme"}
        told = {"day": day.isoformat(), "organization": organization, "counts": {"protected_users": self.used[day]}}
        whole = {"day": day.isoformat(), "organizations": [organization]}
        named = {"specversion": "1.0", "source": "urn:tests"}
        events = [
            {**named, "id": f"{kind} {day}", "type": kind, "data": data}
            for kind, data in (("trueup.usage", told), ("trueup.usage.complete", whole))
        ]
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/cloudevents-batch+json"}
        with httpx2.Client(transport=httpx2.HTTPTransport(local_address=self.REFUSED), timeout=20) as client:
            return client.post(f"{self.url}/api/v1/usage", json=events, headers=headers).status_code


@contextmanager
def theirs(folder: Path) -> Iterator[Theirs]:
    """The vendor's simulator beside the stage."""
    with staged(folder, FIRST, psa_content()) as stage, ExitStack() as stack:
        vendor = stack.enter_context(modules.start("saas_alerts", scenario={"organizations": 1, "size": UNITS}))
        yield Theirs(stage, vendor)


@contextmanager
def ours(folder: Path) -> Iterator[Ours]:
    """The web application on the stage's store, to which the module pushes."""
    with ExitStack() as stack:
        stage = stack.enter_context(staged(folder, FIRST, psa_content()))
        database = stack.enter_context(Database.open(stage.where, stage.key))
        site = Site.of(database, stage.clock, stage.accounts)
        yield Ours(stage, stack.enter_context(answering(create_app(site, AlwaysIn()))))
