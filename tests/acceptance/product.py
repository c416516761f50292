"""A small product that counts seats by tenant, a PSA with a line for each customer, and Trueup between them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

from starlette.requests import Request
from tests.ledger.stage import BILLING_CODE, DAY, Stage, night_of, staged
from tests.modules.vendor import Vendor

from trueup.app.connections.connecting import Accounts
from trueup.app.plans.approving import approve
from trueup.app.plans.planning import make_plan
from trueup.app.usage.collecting import CollectResult, collect
from trueup.app.workspace import Workspace
from trueup.app.writes.applying import apply
from trueup.core.outcome import Outcome, Plan
from trueup.core.rule import Rule, RuleLevel
from trueup.modules.catalogue_reading import read_catalogue
from trueup.modules.limits import Pace
from trueup.modules.rest_module import RestModule
from trueup.trust import Reach

T = TypeVar("T")
KIND, NAME = "acme", "acme"
FIRST, SECOND = date(2026, 11, 11), date(2026, 11, 12)
CUSTOMERS = {"a": (1, "Alpha"), "b": (2, "Beta"), "c": (3, "Gamma")}
"""The product's tenants: the PSA's customer, and the name in both."""

HEAD = """
module: acme
label: Acme
base_url: https://api.acme.example
auth: {kind: none}
"""


class ProductAccounts(Accounts):
    """Accounts where one product more is known, by the text of its catalogue file."""

    def __init__(self, text: str) -> None:
        super().__init__(Pace(scale=0))
        self._file = read_catalogue(HEAD + text, "acme.yaml")

    def module_from(
        self,
        kind: str,
        name: str,
        settings: Mapping[str, str],
        secret: Mapping[str, str],
        *,
        previous_total: int | None = None,
        must_exist: frozenset[str] = frozenset(),
        reach: Reach | None = None,
    ) -> RestModule:
        """The product, or one that Trueup ships."""
        if kind == KIND:
            return RestModule(
                self._file,
                name,
                settings,
                secret,
                previous_total=previous_total,
                must_exist=must_exist,
                pace=Pace(scale=0),
                reach=reach,
            )
        found = super().module_from(kind, name, settings, secret, previous_total=previous_total, must_exist=must_exist)
        assert isinstance(found, RestModule)
        return found


class Product:
    """The billing administrator's nights with the product. `script` answers its calls and may be replaced."""

    def __init__(self, stage: Stage, script: Callable[[Request], object]) -> None:
        self.stage = stage
        self.script = script
        self.day = FIRST

    def do(self, use: Callable[..., Coroutine[object, object, T]], *given: object, **more: object) -> T:
        async def whole(ws: Workspace) -> T:
            return await use(ws, *given, **more)

        with self.stage.open() as ws:
            return asyncio.run(whole(ws))

    def answer(self, request: Request) -> object:
        """What the product says now."""
        return self.script(request)

    def night(self, day: date) -> CollectResult:
        """Collect in the night after a day."""
        self.day = day
        self.stage.clock.put(night_of(day))
        self.stage.psa.put_clock(day + DAY)
        return next(one for one in self.do(collect) if one.connection == NAME)

    def plan(self) -> Plan:
        return self.do(make_plan, self.day)

    def send(self, plan: Plan) -> list[tuple[int, date, int]]:
        """Approve and apply what no rail holds; what the PSA accepted so far."""
        self.do(approve, plan.id)
        self.do(apply, plan.id)
        return self.stage.psa.accepted()


def _content(units: Mapping[str, int], price: str) -> dict[str, object]:
    dates = {"startDate": "2026-01-01", "endDate": "2027-12-31", "posted_through": "2026-10-31"}
    found = [(CUSTOMERS[tenant], count) for tenant, count in units.items()]
    return {
        "companies": [{"id": 0, "companyName": "The MSP"}]
        + [{"id": number, "companyName": name} for (number, name), _ in found],
        "services": [{"id": 10, "name": "Seat", "billingCodeID": BILLING_CODE, "unitPrice": Decimal(price)}],
        "contracts": [
            {"id": number * 100, "companyID": number, "contractName": name, "contractPeriodType": 2, **dates}
            for (number, name), _ in found
        ],
        "lines": [
            {"id": number * 1000, "contractID": number * 100, "serviceID": 10, "units": {"2026-01-01": count}}
            for (number, _), count in found
        ],
    }


@contextmanager
def open_product(
    folder: Path,
    text: str,
    script: Callable[[Request], object],
    units: Mapping[str, int],
    quantity: str = "acme.seats",
    price: str = "6.00",
) -> Iterator[Product]:
    """The product after its first night: line 1000 of Alpha, 2000 of Beta, 3000 of Gamma, each with its units."""
    with staged(folder, FIRST, _content(units, price)) as stage:
        found = Product(stage, script)
        with Vendor(found.answer) as vendor:
            stage.accounts = ProductAccounts(text)
            with stage.open() as ws:
                ws.store.connections.add(NAME, "module", KIND, {"base_url": vendor.url}, {}, "tests", now=ws.now())
                rule = Rule("rule-10", RuleLevel.SERVICE, "10", "10", quantity, cutover=FIRST)
                ws.store.rules.save(rule, "tests", now=ws.now())
            found.night(FIRST)
            with stage.open() as ws:
                for tenant in units:
                    ws.store.customers.map(NAME, tenant, str(CUSTOMERS[tenant][0]), "tests", now=ws.now())
            found.plan()
            yield found


def of_line(plan: Plan, line: int) -> Outcome:
    """What the plan says of a line."""
    return next(outcome for outcome in plan.outcomes if outcome.line_id == str(line))
