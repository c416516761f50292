"""A tenant of any size, the same for the same seed: for benchmarks and for paging."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal

from trueup_simulators.autotask.scenario import Scenario
from trueup_simulators.autotask.wire import Json

_SERVICES = 40
_FIRST_COMPANY, _FIRST_CONTRACT, _FIRST_LINE = 10_000, 500_000, 2_000_000


def large_scenario(
    customers: int = 1_000, lines: int = 20_000, seed: int = 1, *, start: date = date(2026, 1, 1), months: int = 12
) -> Scenario:
    """One recurring monthly contract a customer, with `lines` lines dealt out among them.

    Every line has one unit row a month from `start` on, for `months` months. One user (`api@msp.example`).
    """
    chance = random.Random(seed)  # noqa: S311 - reproducible on purpose
    last = date(start.year + (start.month - 1 + months) // 12, (start.month - 1 + months) % 12 + 1, start.day)
    end = date.fromordinal(last.toordinal() - 1).isoformat()
    first = start.isoformat()
    companies: list[Json] = [
        {"id": _FIRST_COMPANY + number, "companyName": f"Customer {number:05d}"} for number in range(customers)
    ]
    services: list[Json] = [
        {
            "id": 300 + number,
            "name": f"Service {number:03d}",
            "billingCodeID": 2001,
            "unitPrice": Decimal(chance.randrange(100, 20_000)) / 100,
            "unitCost": Decimal(chance.randrange(10, 5_000)) / 100,
        }
        for number in range(_SERVICES)
    ]
    contracts: list[Json] = [
        {
            "id": _FIRST_CONTRACT + number,
            "companyID": _FIRST_COMPANY + number,
            "contractName": f"Managed services {number:05d}",
            "contractNumber": f"MS-{number:05d}",
            "contractPeriodType": 2,
            "startDate": first,
            "endDate": end,
        }
        for number in range(customers)
    ]
    contract_lines: list[Json] = [
        {
            "id": _FIRST_LINE + number,
            "contractID": _FIRST_CONTRACT + number % customers,
            "serviceID": 300 + number // customers % _SERVICES,
            "units": {first: chance.randrange(1, 200)},
        }
        for number in range(lines)
    ]
    content: dict[str, Json] = {
        "integration_codes": ["SIMULATEDINTEGRATIONCODE001"],
        "users": [{"user_name": "api@msp.example", "secret": "simulated-secret"}],
        "billing_codes": [{"id": 2001, "name": "Recurring Services", "unitCost": 0, "unitPrice": 0}],
        "companies": companies,
        "services": services,
        "contracts": contracts,
        "lines": contract_lines,
    }
    return Scenario(content, f"large_scenario({customers}, {lines}, {seed})")
