"""Everything one simulated Autotask database holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from trueup_simulators.autotask.access import Accounts
from trueup_simulators.autotask.calls import CallLog
from trueup_simulators.autotask.clock import Clock
from trueup_simulators.autotask.entities import ALL
from trueup_simulators.autotask.faults import Faults
from trueup_simulators.autotask.limits import Limits
from trueup_simulators.autotask.periods import MONTHS_OF_TYPE
from trueup_simulators.autotask.store import RecordTable, int_of
from trueup_simulators.autotask.switches import Switches
from trueup_simulators.autotask.unit_rows import UnitTable
from trueup_simulators.autotask.units import Terms, UnitEngine
from trueup_simulators.autotask.wire import Record

RECURRING = 7
"""`contractType` of recurring service contracts."""

_FIRST_IDS: Mapping[str, int] = {
    "Companies": 29_683_500,
    "Contracts": 29_685_000,
    "Services": 300,
    "ServiceBundles": 40,
    "ServiceBundleServices": 100,
    "ContractServices": 5_000,
    "ContractServiceBundles": 2_000,
    "BillingItems": 70_000,
    "Invoices": 900,
    "BillingCodes": 29_682_800,
}
_INDEXED: Mapping[str, tuple[str, ...]] = {
    "Companies": ("parentCompanyID",),
    "Contracts": ("companyID", "billToCompanyID"),
    "ContractServices": ("contractID", "serviceID"),
    "ContractServiceBundles": ("contractID", "serviceBundleID"),
    "ServiceBundleServices": ("serviceBundleID",),
    "ContractBillingRules": ("contractID",),
    "BillingItems": ("companyID", "contractID", "contractServiceID", "invoiceID"),
    "SubscriptionPeriods": ("subscriptionID",),
}


@dataclass(frozen=True, slots=True)
class LineKind:
    """Names that differ between contract services and contract service bundles; all else is alike."""

    name: str
    lines: str
    units: str
    adjustments: str
    items: str
    line_field: str
    item_field: str
    repeat_field: str
    period_field: str
    adjustment_field: str


SERVICE = LineKind(
    name="service",
    lines="ContractServices",
    units="ContractServiceUnits",
    adjustments="ContractServiceAdjustments",
    items="Services",
    line_field="contractServiceID",
    item_field="serviceID",
    repeat_field="allowRepeatService",
    period_field="contractServicePeriodID",
    adjustment_field="contractServiceAdjustmentID",
)
BUNDLE = LineKind(
    name="bundle",
    lines="ContractServiceBundles",
    units="ContractServiceBundleUnits",
    adjustments="ContractServiceBundleAdjustments",
    items="ServiceBundles",
    line_field="contractServiceBundleID",
    item_field="serviceBundleID",
    repeat_field="allowRepeatServiceBundle",
    period_field="contractServiceBundlePeriodID",
    adjustment_field="contractServiceBundleAdjustmentID",
)
KINDS: Mapping[str, LineKind] = {kind.name: kind for kind in (SERVICE, BUNDLE)}


@dataclass(frozen=True, slots=True)
class AcceptedAdjustment:
    """An adjustment that was carried out, by the API or by a person, with the units on its day before and after."""

    id: int
    kind: str
    line_id: int
    contract_id: int
    item_id: int
    effective_date: date
    unit_change: int
    before: int
    after: int
    adjusted_unit_price: Decimal | None
    adjusted_unit_cost: Decimal | None
    by: str
    """`api` or `person`."""
    resource: str
    created_line: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class ContractNote:
    """What the user interface writes about each change made by hand."""

    contract_id: int
    title: str
    description: str
    resource: str
    at: datetime


@dataclass
class State:
    """One database with its accounts, switches, clock, faults and logs."""

    switches: Switches = field(default_factory=Switches)
    clock: Clock = field(default_factory=Clock)
    accounts: Accounts = field(default_factory=Accounts)
    faults: Faults = field(default_factory=Faults)
    calls: CallLog = field(default_factory=CallLog)
    limits: Limits = field(default_factory=Limits)
    zone: str = ""
    """Path segment before `ATServicesRest`; changes when the customer is moved to another zone."""
    zone_name: str = "Simulated Zone 1"
    ci: int = 8_001
    currencies: dict[int, Decimal] = field(default_factory=dict)
    """`Companies.currencyID` -> internal currency per unit of that currency."""
    adjustments: list[AcceptedAdjustment] = field(default_factory=list)
    notes: list[ContractNote] = field(default_factory=list)
    next_adjustment_id: int = 400_001

    def __post_init__(self) -> None:
        self.tables: dict[str, RecordTable] = {
            entity.path: RecordTable(entity, _FIRST_IDS.get(entity.path, 1), _INDEXED.get(entity.path, ()))
            for entity in ALL
            if entity.query and entity.path not in {SERVICE.units, BUNDLE.units}
        }
        by_path = {entity.path: entity for entity in ALL}
        self.units: dict[str, UnitTable] = {
            kind.name: UnitTable(by_path[kind.units], kind.line_field, kind.item_field, first_id)
            for kind, first_id in ((SERVICE, 1_000_001), (BUNDLE, 6_000_001))
        }
        self.engines: dict[str, UnitEngine] = {
            name: UnitEngine(table, lambda: self.switches, self.clock.today) for name, table in self.units.items()
        }

    def table(self, path: str) -> RecordTable:
        """A table of records by its entity's path."""
        return self.tables[path]

    def new_adjustment_id(self) -> int:
        """An id for an adjustment."""
        self.next_adjustment_id += 1
        return self.next_adjustment_id - 1

    def rate_of(self, contract: Record) -> Decimal:
        """Internal currency per unit of the contract's currency (that of its company)."""
        company = self.table("Companies").get(int_of(contract["companyID"]))
        currency = None if company is None else company["currencyID"]
        return Decimal(1) if currency is None else self.currencies.get(int_of(currency), Decimal(1))

    def terms(self, kind: LineKind, contract: Record, item_id: int) -> Terms:
        """What decides a line's periods: the contract's dates, and the period type of contract or service."""
        start, end = contract["startDate"], contract["endDate"]
        if not isinstance(start, date) or not isinstance(end, date):
            raise TypeError("a contract without dates")
        period_type = contract["contractPeriodType"]
        if self.switches.period_source == "service":
            item = self.table(kind.items).get(item_id)
            period_type = period_type if item is None else item["periodType"]
        return Terms(start, end, MONTHS_OF_TYPE[2 if period_type is None else int_of(period_type)])

    def prolong_endless(self) -> None:
        """Make the rows that a later day asks for on contracts without a near end."""
        for kind in KINDS.values():
            for line in self.units[kind.name].lines.values():
                contract = self.table("Contracts").get(line.contract_id)
                if contract is not None and line.rows:
                    terms = self.terms(kind, contract, line.item_id)
                    engine = self.engines[kind.name]
                    engine.prolong(line, terms, engine.last_day(terms, terms.start))
