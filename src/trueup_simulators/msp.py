"""An MSP of real shape, as two scenarios that belong together: its Autotask and its Datto RMM.

What is generated: customers with names in three languages that the RMM spells in other ways, devices dealt out with a
heavy tail, sites with and without the Autotask company, customers with several sites, sites of nobody, contracts with
lines whose units mostly agree with the devices and sometimes do not. The same seed gives the same MSP.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from trueup_simulators.datto_rmm.large_scenario import category_counts, device_shares
from trueup_simulators.modules.vendor import Setup
from trueup_simulators.msp_names import CompanyName, company_names, spelled_differently

TODAY = date(2026, 3, 17)
"""The day of a generated MSP unless another is asked for."""
FIRST_COMPANY = 29_683_500
_FIRST_CONTRACT, _FIRST_LINE = 29_700_000, 29_800_000
_MONTHLY, _QUARTERLY, _YEARLY = 2, 3, 5


class Service(NamedTuple):
    """A service of the catalogue; `counts` are the device categories that its units follow (none: not devices)."""

    id: int
    name: str
    price: Decimal
    cost: Decimal
    counts: tuple[str, ...] = ()
    invoice: str | None = None


def _service(number: int, name: str, price: str, cost: str, *counts: str, invoice: str | None = None) -> Service:
    return Service(number, name, Decimal(price), Decimal(cost), counts, invoice)


CATALOGUE = (
    _service(401, "All-in Device Care", "49.00", "14.50", "desktop", "laptop", "server"),
    _service(
        402, "Managed Workstation", "39.00", "11.50", "desktop", "laptop", invoice="Managed workstation, per month"
    ),
    _service(403, "Managed Server", "129.00", "30.00", "server"),
    _service(404, "Datto RMM - Desktop & Laptop", "4.50", "1.20", "desktop", "laptop"),
    _service(405, "Datto RMM - Server", "18.00", "3.10", "server"),
    _service(406, "Network Device Care", "22.3333", "4.10", "switch", "firewall", "router"),
    _service(407, "Datto RMM - Printer", "3.00", "0.80", "printer"),
    _service(408, "Datto RMM - ESXi Host", "35.00", "3.10", "esxi_host"),
    _service(409, "SaaS Protection - Seat", "3.25", "0.95"),
    _service(410, "Loyalty Discount", "-5.00", "0.00"),
)
_BY_ID = {service.id: service for service in CATALOGUE}
_PACKAGES = ((401, 406, 408, 407, 409), (402, 403, 406, 409, 407, 410), (404, 405, 409, 406, 410, 407))
_PACKAGE_WEIGHTS = (30, 45, 25)


class Report(NamedTuple):
    """What a tool without an API says of one customer: its name there, the company that it really is, the counts."""

    name: str
    company: int
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Msp:
    """The two scenarios, to be unpacked as `autotask, datto_rmm = generate_msp(1)`, and what is true behind them."""

    autotask: dict[str, object]
    datto_rmm: dict[str, object]
    company_of_site: dict[str, int | None]
    """Site name -> the company that it really belongs to; none for sites of nobody."""
    billable: dict[int, dict[str, int]]
    """Company -> category -> devices that count: not exempt, not deleted, not on demand."""
    tools: Mapping[str, Setup] = field(default_factory=dict)
    """Other tools that answer (`trueup_simulators.msp_tools`): kind -> its account."""
    reports: Mapping[str, tuple[Report, ...]] = field(default_factory=dict)
    """Tools that only deliver: kind -> what they say of each customer."""

    def __iter__(self) -> Iterator[dict[str, object]]:
        return iter((self.autotask, self.datto_rmm))


@dataclass(slots=True)
class _Customer:
    id: int
    name: CompanyName
    devices: int
    counts: dict[str, int] = field(default_factory=dict)
    """Category -> billable devices, over all sites."""
    parent: int | None = None

    def uses(self, service: Service) -> int | None:
        """Billable devices that the service follows; none for a service that follows something else."""
        return sum(self.counts.get(token, 0) for token in service.counts) if service.counts else None


@dataclass(slots=True)
class _Line:
    customer: _Customer
    service: Service
    contract: int = 0


class _Generator:
    def __init__(self, seed: int, customers: int, devices: int, lines: int, today: date) -> None:
        self.chance = random.Random(f"msp/{seed}")  # noqa: S311 - wants to be repeatable
        self.today = today
        self.lines_wanted = lines
        self.sites: list[dict[str, object]] = []
        self.company_of_site: dict[str, int | None] = {}
        apart = min(devices // 20, 12 + devices // 100)
        names = company_names(customers, self.chance)
        shares = device_shares(devices - apart, customers, self.chance)
        self.customers = [
            _Customer(FIRST_COMPANY + number, name, share)
            for number, (name, share) in enumerate(zip(names, shares, strict=True), start=1)
        ]
        for customer in self.customers:
            self._sites_of(customer)
        for place in range(9, min(customers, 30), 10):  # three pay for a subsidiary
            self.customers[place].parent = self.customers[place - 1].id
        self._sites_of_nobody(apart)

    # --- the RMM

    def _site(
        self, name: str, company: _Customer | None, counts: dict[str, int], exempt: int = 0, **more: object
    ) -> None:
        while name in self.company_of_site:
            name += " 2"
        self.company_of_site[name] = None if company is None else company.id
        site: dict[str, object] = {"name": name, "counts": counts, **more}
        if exempt:
            site["exempt"] = exempt
        if company is not None and self.chance.random() >= 0.1:
            site["autotask_company_id"] = str(company.id)
            site["autotask_company_name"] = company.name.full
        self.sites.append(site)

    def _sites_of(self, customer: _Customer) -> None:
        chance = self.chance
        several = customer.devices >= 8 and chance.random() < 0.15
        shares = _split(customer.devices, chance.randint(2, 4), chance) if several else [customer.devices]
        spelled = spelled_differently(customer.name, chance)
        for number, share in enumerate(shares):
            counts = category_counts(share, chance)
            if number and chance.random() < 0.2:
                counts["datto_access_point"] = counts.pop("network_other", 0)
            exempt = sum(chance.random() < 0.01 for _ in range(share))
            places = ("", "Atelier", "Warehouse", "Filiale")
            self._site(f"{spelled} {places[number]}".strip(), customer, counts, exempt)
            for token, counted in _billable(counts, exempt).items():
                customer.counts[token] = customer.counts.get(token, 0) + counted

    def _sites_of_nobody(self, devices: int) -> None:
        on_demand, deleted = devices // 5, devices // 4
        rest = devices - on_demand - deleted
        for name, share in zip(("Internal", "Test Lab", "ZZ Stock", "Prospect - Boréal"), _equal(rest, 4), strict=True):
            self._site(name, None, category_counts(share, self.chance))
        self._site("OnDemand", None, {"desktop": on_demand}, on_demand=True)
        self._site("Deleted Devices", None, {"laptop": deleted}, deleted_devices=True)

    def rmm(self) -> dict[str, object]:
        """The Datto RMM scenario."""
        night = datetime(self.today.year, self.today.month, self.today.day, 2, tzinfo=UTC)
        return {
            "account": {"name": "Example MSP", "uid": "exm1000a001"},
            "clock": {"now": int(night.timestamp()) * 1000},
            "users": [
                {
                    "name": "Billing",
                    "api_key": "RMMKEY00000000000000000000000003",
                    "api_secret": "rmm-msp-secret",  # a simulated one
                }
            ],
            "sites": self.sites,
        }

    # --- the PSA

    def _dealt_lines(self) -> list[_Line]:
        """Deal until there are enough: one line each, all that fit the largest tenth, then round by round."""
        candidates: list[tuple[tuple[int, int, int], _Line]] = []
        by_size = sorted(self.customers, key=lambda customer: (-customer.devices, customer.id))
        for rank, customer in enumerate(by_size):
            package = self.chance.choices(_PACKAGES, _PACKAGE_WEIGHTS)[0]
            fitting = [_BY_ID[number] for number in package if customer.uses(_BY_ID[number]) != 0]
            for position, service in enumerate(fitting):
                turn = 1 if position and rank * 10 < len(by_size) else position * 2
                candidates.append(((turn, rank, position), _Line(customer, service)))
        candidates.sort(key=lambda candidate: candidate[0])
        return [line for _, line in candidates[: self.lines_wanted]]

    def psa(self) -> dict[str, object]:
        """The Autotask scenario."""
        dealt = self._dealt_lines()
        per_customer: dict[int, list[_Line]] = {}
        for line in dealt:
            per_customer.setdefault(line.customer.id, []).append(line)
        contracts: list[dict[str, object]] = []
        starts: dict[int, date] = {}
        for number, lines in enumerate(per_customer.values()):
            contract = self._contract(_FIRST_CONTRACT + number, lines[0].customer, number)
            contracts.append(contract)
            starts[_FIRST_CONTRACT + number] = date.fromisoformat(str(contract["startDate"]))
            for line in lines:
                line.contract = _FIRST_CONTRACT + number
        records = [self._line(number, line, starts[line.contract]) for number, line in enumerate(dealt)]
        self._special(dealt, records, contracts)
        return {
            "today": self.today.isoformat(),
            "integration_codes": ["SIMULATEDINTEGRATIONCODE001"],
            "users": [{"user_name": "api@msp.example", "secret": "simulated-secret"}],
            "billing_codes": [
                {"id": 2001, "name": "Recurring Services", "useType": 5, "unitCost": 0, "unitPrice": 0},
            ],
            "companies": self._companies(),
            "services": [service_record(service) for service in CATALOGUE],
            "contracts": contracts,
            "lines": records,
        }

    def _companies(self) -> list[dict[str, object]]:
        companies: list[dict[str, object]] = [{"id": 0, "companyName": "Example MSP SARL"}]
        for customer in self.customers:
            company: dict[str, object] = {"id": customer.id, "companyName": customer.name.full}
            if customer.parent is not None:
                company["parentCompanyID"] = customer.parent
            companies.append(company)
        last = FIRST_COMPANY + len(self.customers)
        former = self.customers[0].name
        companies += [
            {"id": last + 1, "companyName": f"{former.core} (ancien)", "isActive": False},
            {"id": last + 2, "companyName": "Boréal Conseil", "companyType": 3},
            {"id": last + 3, "companyName": "Kaseya Vendor", "companyType": 7},
        ]
        return companies

    def _contract(self, number: int, customer: _Customer, position: int) -> dict[str, object]:
        period = _MONTHLY
        if position % 14 == 5:
            period = _QUARTERLY
        elif position % 26 == 9:
            period = _YEARLY
        months_ago = self.chance.randint(3, 20)
        start = _months_later(self.today.replace(day=1), -months_ago)
        if self.chance.random() < 0.1:
            start = start.replace(day=15)
        end = _months_later(start, 60) - timedelta(days=1)
        payer = {} if customer.parent is None else {"billToCompanyID": customer.parent}
        return {
            "id": number,
            "companyID": customer.id,
            **payer,
            "contractName": f"Managed services {customer.name.family}",
            "contractNumber": f"MS-{number}",
            "contractPeriodType": period,
            "startDate": start.isoformat(),
            "endDate": end.isoformat(),
        }

    def _line(self, number: int, line: _Line, start: date) -> dict[str, object]:
        chance = self.chance
        used = line.customer.uses(line.service)
        if used is None:
            used = 1 if line.service.price < 0 else chance.randint(3, 3 + line.customer.devices)
        before = max(0, used - chance.randint(0, 3))
        now = used
        if line.service.counts and chance.random() < 0.08:
            now = max(0, used + chance.choice((-3, -2, -1, -1, 1, 1, 2)))
        units = {start.isoformat(): before}
        since = _months_later(self.today.replace(day=1), -1)
        if before != now and since > start:
            units[since.isoformat()] = now
        elif before != now:
            units = {start.isoformat(): now}
        return {
            "id": _FIRST_LINE + number,
            "contractID": line.contract,
            "serviceID": line.service.id,
            "units": units,
        }

    def _special(
        self, dealt: list[_Line], records: list[dict[str, object]], contracts: list[dict[str, object]]
    ) -> None:
        """Four lines that are far off, contracts that ended, one posted period, one line without unit rows."""
        by_contract = {contract["id"]: contract for contract in contracts}
        seen: set[object] = set()
        places: list[int] = []
        for place in self.chance.sample(range(len(dealt)), len(dealt)):
            used, contract = dealt[place].customer.uses(dealt[place].service), dealt[place].contract
            if used is not None and used >= 4 and contract not in seen:
                seen.add(contract)
                places.append(place)
        far_off, ended, posted, rowless = places[:4], places[4:8], places[8:9], places[9:10]
        for place, factor in zip(far_off, (3, 2, 0, 1), strict=False):
            used = dealt[place].customer.uses(dealt[place].service) or 0
            start = by_contract[dealt[place].contract]["startDate"]
            records[place]["units"] = {start: used * factor if factor != 1 else used // 4}
        for place in ended:
            self._end(by_contract[dealt[place].contract], records)
        for place in posted:
            by_contract[dealt[place].contract]["posted_through"] = self.today.isoformat()
        for place in rowless:
            del records[place]["units"]

    def _end(self, contract: dict[str, object], records: list[dict[str, object]]) -> None:
        """End the contract with the month before last; units that begin later fall away."""
        end = _months_later(self.today.replace(day=1), -1) - timedelta(days=1)
        contract["endDate"] = end.isoformat()
        contract["status"] = 0
        for record in records:
            units = record.get("units")
            if record["contractID"] == contract["id"] and isinstance(units, dict):
                record["units"] = {day: count for day, count in units.items() if day <= end.isoformat()}


def service_record(service: Service) -> dict[str, object]:
    """The service as an Autotask scenario has it."""
    record: dict[str, object] = {
        "id": service.id,
        "name": service.name,
        "billingCodeID": 2001,
        "unitPrice": service.price,
        "unitCost": service.cost,
    }
    if service.invoice is not None:
        record["invoiceDescription"] = service.invoice
    return record


def _months_later(day: date, months: int) -> date:
    """The same day of another month; only for days that every month has."""
    place = day.year * 12 + day.month - 1 + months
    return date(place // 12, place % 12 + 1, day.day)


def _equal(total: int, parts: int) -> list[int]:
    return [total // parts + (1 if place < total % parts else 0) for place in range(parts)]


def _split(total: int, parts: int, chance: random.Random) -> list[int]:
    """Split into a head office with about half and smaller places."""
    shares = [total // (2 * parts)] * (parts - 1)
    shares = [max(1, share - chance.randint(0, share // 2)) for share in shares]
    return [total - sum(shares), *shares]


def _billable(counts: dict[str, int], exempt: int) -> dict[str, int]:
    """What is left of `counts` when the first `exempt` devices, in that order, are not billed."""
    left: dict[str, int] = {}
    for token, number in counts.items():
        taken = min(number, exempt)
        exempt -= taken
        left[token] = number - taken
    return left


def generate_msp(seed: int, customers: int = 158, devices: int = 6000, lines: int = 400, *, today: date = TODAY) -> Msp:
    """Return an MSP with that many customers, devices in Datto RMM and recurring lines in Autotask on `today`.

    Money is `Decimal`. A customer has at most six lines, those whose devices it has; where that is fewer than
    `lines` in all, there are fewer. Three subsidiaries are billed to their parent company.
    """
    if customers < 1 or devices < customers * 2 or lines < 1:
        raise ValueError("an MSP has at least one customer, one line, and two devices a customer")
    made = _Generator(seed, customers, devices, lines, today)
    billable = {customer.id: customer.counts for customer in made.customers}
    return Msp(made.psa(), made.rmm(), made.company_of_site, billable)
