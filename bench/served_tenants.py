"""The PSA and the RMM of many tenants, in one process of its own.

Each tenant has a database of its own in the PSA's simulator, because it is written to; all have the same content,
reached by the tenant's own user. The RMM is read only: all tenants read one account, each with its own key.
"""

from __future__ import annotations

import multiprocessing
import socket
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from multiprocessing.connection import Connection
from typing import Any
from urllib.parse import parse_qs

import httpx2
from starlette.types import Receive, Scope, Send

from trueup_simulators.autotask import AutotaskApp

CUSTOMERS = 100
DEVICES: Mapping[str, int] = {"desktop": 4, "laptop": 3, "server": 1, "printer": 2}
"""Devices of a customer: ten, so that a tenant has a thousand."""
SERVICES: Mapping[int, tuple[str, str, str, int]] = {
    10: ("Managed workstation", "12.00", "datto_rmm.desktop + datto_rmm.laptop", 7),
    11: ("Managed server", "45.00", "datto_rmm.server", 1),
    12: ("Managed printer", "4.00", "datto_rmm.printer", 2),
}
"""Each on every customer's contract: name, price, rule, and the units that are right at the beginning."""
GROWN = 10
"""New desktops of a night, one at each of so many customers: one device in a hundred changes."""
LINES = CUSTOMERS * len(SERVICES)
SECRET, CODE = "simulated-secret", "SIMULATEDINTEGRATIONCODE001"
BILLING_CODE = 2001


def user_of(tenant: str) -> str:
    """The tenant's user in the PSA."""
    return f"{tenant}@msp.example"


def key_of(tenant: str) -> str:
    """The tenant's key of the RMM."""
    return f"KEY-{tenant}"


def customer_name(number: int) -> str:
    """The same in PSA and RMM; counted from 1."""
    return f"Customer {number:03d}"


def _month(day: date, shift: int) -> date:
    months = day.year * 12 + day.month - 1 + shift
    return date(months // 12, months % 12 + 1, 1)


def psa_content(tenant: str, today: date) -> dict[str, Any]:
    """Monthly contracts that began two months ago and end three months ahead, nothing posted."""
    first, end = _month(today, -2), date.fromordinal(_month(today, 4).toordinal() - 1)
    return {
        "integration_codes": [CODE],
        "users": [{"user_name": user_of(tenant), "secret": SECRET}],
        "currencies": {"1": 1},
        "billing_codes": [{"id": BILLING_CODE, "name": "Recurring Services", "useType": 5}],
        "companies": [
            {"id": number, "companyName": customer_name(number), "currencyID": 1} for number in range(1, CUSTOMERS + 1)
        ],
        "services": [
            {"id": number, "name": name, "billingCodeID": BILLING_CODE, "unitPrice": Decimal(price)}
            for number, (name, price, _, _) in SERVICES.items()
        ],
        "contracts": [
            {
                "id": 10_000 + number,
                "companyID": number,
                "contractName": "Managed services",
                "contractPeriodType": 2,
                "startDate": first.isoformat(),
                "endDate": end.isoformat(),
            }
            for number in range(1, CUSTOMERS + 1)
        ],
        "lines": [
            {
                "id": 100_000 + number * 100 + service,
                "contractID": 10_000 + number,
                "serviceID": service,
                "units": {first.isoformat(): units},
            }
            for number in range(1, CUSTOMERS + 1)
            for service, (_, _, _, units) in SERVICES.items()
        ],
    }


class _ManyPsas:
    """Hands a request to the database of its user."""

    def __init__(self) -> None:
        self.apps: dict[str, AutotaskApp] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        user = next((value for name, value in scope["headers"] if name == b"username"), b"").decode("ascii")
        if not user:
            user = parse_qs(scope["query_string"].decode("ascii")).get("user", [""])[0]
        await self.apps[user](scope, receive, send)


def _serve(pipe: Connection, tenants: tuple[str, ...]) -> None:
    from trueup_simulators import autotask, datto_rmm
    from trueup_simulators.autotask.switches import changed
    from trueup_simulators.serving import free_socket, start_in_thread

    many, today = _ManyPsas(), date.today()  # noqa: DTZ011 - the simulator's own today
    sites = [{"name": customer_name(number), "counts": dict(DEVICES)} for number in range(1, CUSTOMERS + 1)]
    users = [{"name": tenant, "api_key": key_of(tenant), "api_secret": SECRET} for tenant in tenants]
    bound = free_socket()
    bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    told: object
    with (
        datto_rmm.start({"users": users, "switches": {"rate_limits": False}, "sites": sites}) as rmm,
        start_in_thread(many, bound, {}) as psa,
    ):

        def ready(names: tuple[str, ...], latency_ms: int) -> None:
            for name in names:
                state = autotask.seed(autotask.Scenario(psa_content(name, today)))
                state.switches = changed(state.switches, {"latency_ms": latency_ms})
                many.apps[user_of(name)] = autotask.create_app(state)
            order = httpx2.post(f"{rmm.url}/_simulator/switches", json={"latency_ms": latency_ms})
            order.raise_for_status()

        def grow() -> None:
            added = [
                {"site": customer_name(number), "hostname": f"new-{number}", "category": "Desktop"}
                for number in range(1, GROWN + 1)
            ]
            httpx2.post(f"{rmm.url}/_simulator/devices", json={"add": added}).raise_for_status()

        def swap(night: int) -> None:
            added = [
                {
                    "site": customer_name(number),
                    "uid": f"{night}-{number}",
                    "hostname": "swapped",
                    "category": "Printer",
                }
                for number in range(CUSTOMERS - GROWN + 1, CUSTOMERS + 1)
            ]
            httpx2.post(f"{rmm.url}/_simulator/devices", json={"add": added}).raise_for_status()
            if night > 1:
                swap_back(night - 1)

        def swap_back(night: int) -> None:
            removed = [f"{night}-{number}" for number in range(CUSTOMERS - GROWN + 1, CUSTOMERS + 1)]
            httpx2.post(f"{rmm.url}/_simulator/devices", json={"remove": removed}).raise_for_status()

        def calls(names: tuple[str, ...]) -> dict[str, int]:
            found: Counter[str] = Counter()
            for name in names:
                found.update(many.apps[user_of(name)].state.calls.by_entity)
            found.update({f"RMM {path}": count for path, count in rmm.state.calls.by_path.items()})
            return dict(found)

        orders = {
            "ready": ready,
            "grow": grow,
            "swap": swap,
            "swap_back": swap_back,
            "calls": calls,
            "forget": rmm.state.calls.reset,
        }
        pipe.send((psa.url, rmm.url))
        while True:
            order, *given = pipe.recv()
            if order == "stop":
                return
            told = orders[order](*given)
            pipe.send(told)


@dataclass(frozen=True, slots=True)
class ServedTenants:
    """Where both answer, and what may be ordered of them."""

    psa_url: str
    rmm_url: str
    _pipe: Connection

    def _order(self, *what: object) -> Any:  # noqa: ANN401 - what was ordered
        self._pipe.send(what)
        return self._pipe.recv()

    def ready(self, tenants: tuple[str, ...], latency_ms: int = 0) -> None:
        """Make the databases of these tenants; each call of theirs, and of the RMM, takes so long from now on."""
        self._order("ready", tenants, latency_ms)

    def grow(self) -> None:
        """Add a hundredth of the devices."""
        self._order("grow")

    def swap(self, night: int) -> None:
        """Replace a hundredth of the devices by others, each night counted from 1 those of the night before."""
        self._order("swap", night)

    def swap_back(self, night: int) -> None:
        """Take away what the last night's swap brought."""
        self._order("swap_back", night)

    def calls(self, tenants: tuple[str, ...]) -> dict[str, int]:
        """Calls of these tenants' PSAs so far, and all of the RMM since `forget`."""
        found: dict[str, int] = self._order("calls", tenants)
        return found

    def forget(self) -> None:
        """Count the RMM's calls from 0."""
        self._order("forget")


@contextmanager
def served_tenants(tenants: tuple[str, ...]) -> Iterator[ServedTenants]:
    """Both simulators, which know the keys of these tenants; `ready` makes their databases."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, tenants), daemon=True)
    process.start()
    theirs.close()  # so that a child that dies at once is noticed
    try:
        psa, rmm = ours.recv()
        yield ServedTenants(psa, rmm, ours)
    finally:
        with suppress(OSError):
            ours.send(("stop",))
        process.join(timeout=20)
        if process.is_alive():
            process.kill()
