"""A plain HTTP caller of the simulator, whose every answer is validated against the vendor's OpenAPI file."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import httpx2
from tests.openapi import OpenApiAnswers

from trueup_simulators.autotask import RunningAutotask, Scenario, start

ROOT = "/ATServicesRest/V1.0"
EVERYTHING = [{"op": "exist", "field": "id"}]
USER = {"user_name": "api@msp.example", "secret": "right"}
CODE = "A" * 27
Edit = Mapping[str, Any]


def scenario(**sections: Any) -> Scenario:
    """One customer, a monthly contract through 2026 with two lines: 10 units of service 301 at 30.00 on line 5001."""
    content: dict[str, Any] = {
        "today": "2026-09-15",
        "integration_codes": [CODE],
        "users": [USER],
        "billing_codes": [{"id": 2001, "name": "Recurring", "unitCost": 0, "unitPrice": 0}],
        "companies": [{"id": 201, "companyName": "Alpha"}, {"id": 202, "companyName": "Beta"}],
        "services": [
            {"id": 301, "name": "Workstation", "billingCodeID": 2001, "unitPrice": 30, "unitCost": 8},
            {"id": 302, "name": "Server", "billingCodeID": 2001, "unitPrice": Decimal("99.99"), "unitCost": 20},
        ],
        "contracts": [contract(1001)],
        "lines": [
            {"id": 5001, "contractID": 1001, "serviceID": 301, "units": {"2026-01-01": 10}},
            {"id": 5002, "contractID": 1001, "serviceID": 302},
        ],
    }
    return Scenario({**content, **sections})


def contract(key: int, start: str = "2026-01-01", end: str = "2026-12-31", **fields: Any) -> dict[str, Any]:
    return {
        "id": key,
        "companyID": 201,
        "contractName": f"Contract {key}",
        "contractPeriodType": 2,
        "startDate": start,
        "endDate": end,
        **fields,
    }


@dataclass
class Api:
    """One API user of a running simulator."""

    running: RunningAutotask
    answers: OpenApiAnswers
    headers: dict[str, str] = field(default_factory=dict)
    root: str = ROOT

    def __post_init__(self) -> None:
        given = self.running.credentials
        self.headers = {
            "ApiIntegrationCode": given["integration_code"],
            "UserName": given["user_name"],
            "Secret": given["secret"],
            **self.headers,
        }
        self.client = httpx2.Client(
            base_url=self.running.url, event_hooks={"response": [self.answers.check]}, timeout=20
        )

    def call(self, method: str, path: str, **options: Any) -> httpx2.Response:
        return self.client.request(method, self.root + path, headers=self.headers, **options)

    def get(self, path: str, **options: Any) -> httpx2.Response:
        return self.call("GET", path, **options)

    def post(self, path: str, body: Any) -> httpx2.Response:
        return self.call("POST", path, json=body)

    def query(self, entity: str, *conditions: Edit, **more: Any) -> list[dict[str, Any]]:
        answer = self.post(f"/{entity}/query", {"filter": list(conditions) or EVERYTHING, **more})
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = json.loads(answer.text, parse_float=Decimal)["items"]
        return items

    def adjust(self, line: int, units: int, day: str, **more: Any) -> httpx2.Response:
        body = {"contractServiceID": line, "unitChange": units, "effectiveDate": day, **more}
        return self.post("/ContractServiceAdjustments", body)

    def rows(self, line: int) -> list[tuple[str, str, int]]:
        """Unit rows of a line as (first day, last day, units), by first day and then id."""
        found = self.query("ContractServiceUnits", {"op": "eq", "field": "contractServiceID", "value": line})
        found.sort(key=lambda row: (row["startDate"], row["id"]))
        return [(row["startDate"][:10], row["endDate"][:10], row["units"]) for row in found]

    def order(self, name: str, **body: Any) -> dict[str, Any]:
        """Order something on the control plane."""
        answer = self.client.post(f"/_simulator/{name}", json=body)
        assert answer.status_code == 200, answer.text
        value: dict[str, Any] = json.loads(answer.text, parse_float=Decimal)
        return value

    def look(self, name: str) -> dict[str, Any]:
        """Read something from the control plane."""
        answer = self.client.get(f"/_simulator/{name}")
        assert answer.status_code == 200, answer.text
        value: dict[str, Any] = json.loads(answer.text, parse_float=Decimal)
        return value

    def items(self) -> list[tuple[str, Decimal, Decimal]]:
        """Billing items as (day, quantity, total), in the order in which they were made."""
        return [
            (item["itemDate"], Decimal(item["quantity"]), Decimal(item["totalAmount"]))
            for item in self.look("state")["billing_items"]
        ]


Starter = Callable[..., Api]


def refusal(answer: httpx2.Response) -> str:
    """The one text of a refused call."""
    assert answer.status_code == 500, answer.text
    texts = answer.json()["errors"]
    assert len(texts) == 1
    return str(texts[0])


def running(content: Scenario | None = None) -> RunningAutotask:
    return start(content or scenario())
