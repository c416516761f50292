"""What else the generated MSP runs: accounts of other tools, reports by file and by push, and the lines that bill them.

`with_tools(msp)` gives each tool to some of the customers, sized by their devices and spelled in its own way, and
adds services and lines to the PSA whose units mostly agree with what a perfect reader counts there.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, NamedTuple

from trueup_simulators.modules import Setup, vendor_class
from trueup_simulators.modules.customers import dealt_customers
from trueup_simulators.msp import FIRST_COMPANY, Msp, Report, Service, service_record

_FIRST_LINE = 29_900_000
_DIFFERENT = 0.05
"""Share of the lines whose units do not agree with what is counted."""


class Tool(NamedTuple):
    """A tool with the part of the customers that have it (`first` to `last`, as shares of a shuffled list), and the
    device categories that its items go by."""

    kind: str
    first: float
    last: float
    sized_by: tuple[str, ...]


SEATS = "datto_saas_protection"
SEATS_SERVICE = 409
"""The service of the MSP that follows the seats of SaaS Protection, which its customers have."""
_COMPUTERS = ("desktop", "laptop")
ASKED = (
    Tool(SEATS, 0.00, 1.00, _COMPUTERS),
    Tool("huntress", 0.20, 0.52, (*_COMPUTERS, "server")),
    Tool("datto_bcdr", 0.40, 0.60, ("server", *_COMPUTERS)),
    Tool("datto_endpoint_backup", 0.48, 0.66, ("laptop",)),
    Tool("rocketcyber", 0.55, 0.75, _COMPUTERS),
    Tool("pax8", 0.60, 0.96, _COMPUTERS),
    Tool("duo_msp", 0.10, 0.28, _COMPUTERS),
    Tool("ninjaone", 0.86, 0.94, ("laptop",)),
    Tool("vsa10", 0.94, 1.00, _COMPUTERS),
)
"""Tools with an account that answers; their customers overlap, so that a line can follow two of them."""
REPORTED = (
    Tool("compliance_manager", 0.30, 0.42, _COMPUTERS),
    Tool("saas_defense", 0.04, 0.14, _COMPUTERS),
)
"""Tools without an API: the first writes a file, the second is pushed."""


class ToolService(NamedTuple):
    """A service of the catalogue with what its units follow: pairs of a tool (`datto_rmm` too) and its name there."""

    service: Service
    follows: tuple[tuple[str, str], ...]


def _service(number: int, name: str, price: str, cost: str, *follows: tuple[str, str]) -> ToolService:
    return ToolService(Service(number, name, Decimal(price), Decimal(cost)), follows)


_BOTH_RMMS = (
    ("datto_rmm", "desktop"),
    ("datto_rmm", "laptop"),
    ("ninjaone", "WINDOWS_WORKSTATION"),
    ("ninjaone", "MAC"),
    ("ninjaone", "LINUX_WORKSTATION"),
)
TOOL_SERVICES = (
    _service(422, "Huntress Managed EDR", "6.50", "2.40", ("huntress", "agents_count")),
    _service(423, "Datto BCDR Appliance", "189.00", "96.00", ("datto_bcdr", "appliances")),
    _service(
        424, "Backup Agent, any product", "7.90", "2.75", ("datto_bcdr", "agents"), ("datto_endpoint_backup", "assets")
    ),
    _service(425, "RocketCyber Managed SOC", "4.20", "1.60", ("rocketcyber", "agents")),
    _service(427, "Microsoft 365 Business Premium", "20.60", "17.20", ("pax8", "Microsoft 365 Business Premium")),
    _service(428, "Duo MFA User", "4.50", "2.10", ("duo_msp", "users")),
    _service(429, "Remote Support, both RMMs", "2.90", "0.90", *_BOTH_RMMS),
    _service(430, "VSA 10 Agent", "3.20", "1.05", ("vsa10", "agents")),
    _service(431, "Compliance Manager - Device", "1.80", "0.55", ("compliance_manager", "devices")),
    _service(432, "SaaS Defense - Protected User", "2.75", "1.00", ("saas_defense", "protected_users")),
)


class _Furnished:
    """One MSP being given its tools."""

    def __init__(self, msp: Msp, seed: int) -> None:
        self.msp, self.seed = msp, seed
        self.chance = random.Random(f"msp/{seed}/tools")  # noqa: S311 - wants to be repeatable
        today = str(msp.autotask["today"])
        self.contracts = {
            int(contract["companyID"]): contract
            for contract in _rows(msp.autotask["contracts"])
            if str(contract["endDate"]) >= today and "posted_through" not in contract
        }
        self.companies = sorted(self.contracts)
        self.chance.shuffle(self.companies)
        held = {contract["id"]: company for company, contract in self.contracts.items()}
        self.seat_lines = {
            held[line["contractID"]]: line
            for line in _rows(msp.autotask["lines"])
            if line["serviceID"] == SEATS_SERVICE and line["contractID"] in held
        }
        self.counts: dict[tuple[int, str], Mapping[str, int]] = {
            (company, "datto_rmm"): counts for company, counts in msp.billable.items()
        }

    def _dealt(self, tool: Tool) -> list[tuple[int, int]]:
        """Numbers of the tool's customers and how many items each has."""
        number = len(self.companies)
        chosen: Iterable[int] = self.companies[round(number * tool.first) : round(number * tool.last)]
        if tool.kind == SEATS:
            chosen = self.seat_lines
        found: list[tuple[int, int]] = []
        for company in sorted(chosen):
            size = sum(self.msp.billable[company].get(category, 0) for category in tool.sized_by)
            if size:
                found.append((company - FIRST_COMPANY, size))
        return found

    def account(self, tool: Tool) -> Setup:
        """The account of a tool, and note what a perfect reader counts there."""
        setup = Setup(seed=self.seed, dealt=self._dealt(tool))
        vendor = vendor_class(tool.kind)(setup)
        company = {customer.name: FIRST_COMPANY + customer.number for customer in vendor.customers}
        for entry in vendor.truth().values():
            self.counts[company[entry["name"]], tool.kind] = entry["counts"]
        return setup

    def report(self, tool: Tool) -> tuple[Report, ...]:
        """What a tool without an API delivers."""
        names = ("devices", "users") if tool.kind == "compliance_manager" else ("protected_users",)
        found: list[Report] = []
        for customer in dealt_customers(tool.kind, self.seed, self._dealt(tool)):
            company = FIRST_COMPANY + customer.number
            counts = {name: customer.size + place for place, name in enumerate(names)}
            self.counts[company, tool.kind] = counts
            found.append(Report(customer.name, company, counts))
        return tuple(found)

    def _counted(self, company: int, service: ToolService) -> int:
        """What the service's units follow at this customer; 0 where it does not have every tool."""
        if any((company, tool) not in self.counts for tool, _ in service.follows):
            return 0
        return sum(self.counts[company, tool].get(name, 0) for tool, name in service.follows)

    def lines(self) -> list[dict[str, object]]:
        """A line for each customer and service whose tools it has; seats are billed by the lines that are there."""
        made: list[dict[str, object]] = []
        for service in TOOL_SERVICES:
            for company in sorted(self.contracts):
                counted = self._counted(company, service)
                if counted:
                    contract = self.contracts[company]
                    units = {str(contract["startDate"]): self._units(counted)}
                    made.append(
                        {
                            "id": _FIRST_LINE + len(made),
                            "contractID": contract["id"],
                            "serviceID": service.service.id,
                            "units": units,
                        }
                    )
        return made

    def _units(self, counted: int) -> int:
        wrong = counted >= 8 and self.chance.random() < _DIFFERENT
        return counted + self.chance.choice((-2, -1, -1, 1)) if wrong else counted

    def seats(self) -> list[dict[str, object]]:
        """The PSA's lines with the seats of those that bill them."""
        changed: dict[object, dict[str, int]] = {}
        for company, line in self.seat_lines.items():
            counted = self.counts.get((company, SEATS), {}).get("billable_seats", 0)
            changed[line["id"]] = {str(self.contracts[company]["startDate"]): self._units(counted)}
        return [
            {**line, "units": changed[line["id"]]} if line["id"] in changed else dict(line)
            for line in _rows(self.msp.autotask["lines"])
        ]


def _rows(value: object) -> Sequence[Mapping[str, Any]]:
    if not isinstance(value, list):
        raise TypeError(type(value).__name__)
    return value


def with_tools(msp: Msp, seed: int) -> Msp:
    """The MSP with its other tools; the same MSP and seed give the same."""
    made = _Furnished(msp, seed)
    tools = {tool.kind: made.account(tool) for tool in ASKED}
    reports = {tool.kind: made.report(tool) for tool in REPORTED}
    services = [*_rows(msp.autotask["services"]), *(service_record(one.service) for one in TOOL_SERVICES)]
    lines = [*made.seats(), *made.lines()]
    return replace(msp, autotask={**msp.autotask, "services": services, "lines": lines}, tools=tools, reports=reports)


def as_csv(reports: Iterable[Report]) -> str:
    """The reports as the file that a product's page downloads: a header, then a row a customer."""
    rows = list(reports)
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\r\n")
    names = list(rows[0].counts)
    table.writerow(["Organization", *(name.replace("_", " ").title() for name in names)])
    table.writerows([one.name, *(one.counts[name] for name in names)] for one in rows)
    return written.getvalue()
