"""The simulated Autotask database of these tests: a line to adjust, and more rows than a page holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import httpx2
from tests.thirdparty.face import Access
from tests.thirdparty.npm_client import ApigrateSession, installed
from tests.thirdparty.with_apigrate import Apigrate
from tests.thirdparty.with_django_autotask import pointed_at
from tests.thirdparty.with_py_autotask import PyAutotask

from trueup_simulators.autotask import Scenario

CUSTOMERS = 1_203
SECTIONS = {"Companies": "companies", "Contracts": "contracts", "ContractServiceUnits": "rows"}


def scenario() -> Scenario:
    """The MSP itself, 1,203 customers, and contracts of the first 60: monthly through 2026, ten units each."""
    return Scenario(
        {
            "today": "2026-09-15",
            "integration_codes": ["THIRDPARTYTESTCODE000000001"],
            "users": [{"user_name": "api@msp.example", "secret": "third-party-test-secret"}],
            "billing_codes": [{"id": 2001, "name": "Recurring Services", "useType": 5, "unitCost": 0, "unitPrice": 0}],
            "companies": [
                {"id": 0, "companyName": "Example MSP SARL"},
                {"id": 1, "companyName": "Boulangerie Étoile"},
                *({"id": number, "companyName": f"Customer {number}"} for number in range(2, CUSTOMERS + 1)),
            ],
            "services": [
                {
                    "id": 301,
                    "name": "Managed Workstation",
                    "billingCodeID": 2001,
                    "unitPrice": Decimal("23.10"),
                    "unitCost": 9,
                },
                {"id": 302, "name": "Managed Server", "billingCodeID": 2001, "unitPrice": 129, "unitCost": 30},
            ],
            "contracts": [
                {
                    "id": 1000 + number,
                    "companyID": number,
                    "contractName": f"Managed services {number}",
                    "contractType": 7,
                    "contractPeriodType": 2,
                    "startDate": "2026-01-01",
                    "endDate": "2026-12-31",
                }
                for number in range(1, 61)
            ],
            "lines": [
                {"id": 5000 + number, "contractID": 1000 + number, "serviceID": 301, "units": {"2026-01-01": 10}}
                for number in range(1, 61)
            ],
        },
        "third-party clients",
    )


class Simulated:
    """The running simulator as the tests see it: its accounts, its dump, its faults."""

    contract, line, second_service = 1001, 5001, 302

    def __init__(self, url: str, user: str, secret: str, code: str) -> None:
        self.zone_url = f"{url}/ATServicesRest/"
        self._control = f"{url}/_simulator"
        self._user, self._secret, self._code = user, secret, code

    @contextmanager
    def client(self, name: str, *, user: str | None = None, secret: str | None = None) -> Iterator[Any]:
        """A client by its name in its registry, closed at the end."""
        access = Access(self.zone_url, user or self._user, self._code, secret or self._secret)
        if name == "py-autotask":
            opened = PyAutotask(access)
            try:
                yield opened
            finally:
                opened.client.close()
        elif name == "django-autotask":
            with pointed_at(access) as django:
                yield django
        elif name == "@apigrate/autotask-restapi":
            with ApigrateSession(installed(), access.base_url, access.user, access.secret, access.code) as session:
                yield Apigrate(session)
        else:
            raise ValueError(name)

    def rows(self, entity: str) -> list[dict[str, Any]]:
        """Rows of the simulator's dump, ascending by id."""
        dump = httpx2.get(f"{self._control}/state", timeout=30).raise_for_status().json()
        return sorted(dump[SECTIONS[entity]], key=lambda row: row["id"])

    def ids(self, entity: str) -> list[int]:
        """Ids of the simulator's dump, ascending."""
        return [row["id"] for row in self.rows(entity)]

    def units(self) -> list[tuple[str, str, int]]:
        """Start, end and units of the line's rows from August on, by the simulator's dump."""
        spans = [
            (row["startDate"][:10], row["endDate"][:10], row["units"])
            for row in self.rows("ContractServiceUnits")
            if row["contractServiceID"] == self.line
        ]
        return sorted(span for span in spans if span[0] >= "2026-08-01")

    def calls(self, entity: str, method: str) -> list[int]:
        """Statuses that the simulator answered to authenticated calls, in their order."""
        log = httpx2.get(f"{self._control}/calls", timeout=30).raise_for_status().json()["calls"]
        return [call["status"] for call in log if (call["entity"], call["method"]) == (entity, method)]

    def turn(self, **switches: str) -> None:
        """Turn switches of the simulator."""
        self._order("switches", switches)

    def gateway_fails_after_commit(self) -> None:
        """The next adjustment is carried out, and a gateway answers 504."""
        self._order("faults", {"kind": "commit-then-504", "entity": "ContractServiceAdjustments"})

    def zone_moves(self) -> None:
        """The customer is moved to another zone: the old address answers 401."""
        self._order("move-zone", {})

    def _order(self, name: str, body: dict[str, str]) -> None:
        httpx2.post(f"{self._control}/{name}", json=body, timeout=30).raise_for_status()
