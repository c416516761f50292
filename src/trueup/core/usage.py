"""What modules report: organizations, items, billing types, readings, and how sure we are of each.

A *reading* is the value of a metric for one organization of a module on one usage day. Its coverage says
what may be concluded from it: only a `measured` zero is a zero (design law 1, "silence is never zero").
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from trueup.core.reason import Reason

Scalar = Decimal | str | bool | date | None
"""A value of an item's attribute."""


class Coverage(StrEnum):
    """How much of the truth a reading holds."""

    MEASURED = "measured"
    PARTIAL = "partial"
    UNKNOWN = "unknown"


class Certainty(StrEnum):
    """How sure we are of a vendor's fact; a guessed one never writes in automatic mode."""

    DOCUMENTED = "documented"
    INFERRED = "inferred"
    GUESSED = "guessed"


class FailureCategory(StrEnum):
    """Why a source gave nothing or not all, named by the cure that it calls for."""

    CREDENTIALS = "credentials"
    PERMISSION = "permission"
    NETWORK_RULE = "network_rule"
    RATE_LIMITED = "rate_limited"
    UNREACHABLE = "unreachable"
    TRUNCATED = "truncated"
    SCHEMA_CHANGED = "schema_changed"
    IMPLAUSIBLE = "implausible"


class MetricKind(StrEnum):
    """How a metric behaves over time."""

    LEVEL = "level"
    FLAG = "flag"
    PERIOD_TOTAL = "period_total"
    ONE_TIME = "one_time"


@dataclass(frozen=True, slots=True)
class Failure:
    """A source's failure: its category and the reason with what happened and where."""

    category: FailureCategory
    reason: Reason


@dataclass(frozen=True, slots=True)
class ModuleOrganization:
    """A customer as the module knows it (site, client, tenant), by the module's own stable key.

    `psa_hint` is the customer's id in the PSA where the module carries it (Datto RMM: `autotaskCompanyId`).
    """

    key: str
    name: str
    psa_hint: str | None = None


class Item(NamedTuple):
    """One counted thing (a device, a seat). `attributes` follow the stream's attribute names by position."""

    key: str
    organization: str
    name: str
    attributes: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class BillingType:
    """What a module counts, as the vendor names it. `key` is the name in expressions: `datto_rmm.desktop`.

    `stream` names the item inventory that it counts and `condition` the filter over the stream's attributes
    (None counts all); both are None for a count that comes without its items.
    """

    key: str
    label: str
    kind: MetricKind
    unit: str
    certainty: Certainty
    stream: str | None = None
    condition: str | None = None


@dataclass(frozen=True, slots=True)
class Inventory:
    """All items of one stream of one collection, with the coverage of each organization.

    `partial` names the organizations whose items are known to be incomplete.
    """

    stream: str
    attributes: tuple[str, ...]
    items: tuple[Item, ...]
    partial: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Reading:
    """Value of a metric for a module organization; the day belongs to the collection that holds it."""

    metric: str
    organization: str
    value: Decimal
    coverage: Coverage = Coverage.MEASURED


@dataclass(frozen=True, slots=True)
class Collection:
    """All that one connection said about one usage day: evidence and counts from the same set of items.

    `coverage` is `measured` when every stream was read to its end, `partial` when some organizations are
    known to be incomplete, `unknown` when nothing may be concluded (then `failure` says why, and there are
    no readings). `notes` are warnings that do not lower coverage (an unknown category, a missing optional filter).
    `calls` counts HTTP requests sent, token requests included.
    """

    connection: str
    module: str
    day: date
    observed_at: datetime
    coverage: Coverage
    billing_types: tuple[BillingType, ...] = ()
    organizations: tuple[ModuleOrganization, ...] = ()
    inventories: tuple[Inventory, ...] = ()
    readings: tuple[Reading, ...] = ()
    failure: Failure | None = None
    notes: tuple[Reason, ...] = ()
    calls: int = 0
    definition: str = ""


class MetricUsage(NamedTuple):
    """One metric over one scope on one day: the sum over its organizations and what that sum is worth."""

    value: Decimal
    coverage: Coverage


@dataclass(frozen=True, slots=True)
class DayUsage:
    """All metrics that an expression needs, on one usage day, summed over a rule's scope.

    `evidence` is a digest over the counted items (key and organization), so that a plan is bound to them.
    """

    day: date
    metrics: tuple[tuple[str, MetricUsage], ...]
    evidence: str = ""

    @property
    def coverage(self) -> Coverage:
        """The weakest coverage among the metrics; `unknown` when there is none."""
        found = [coverage for _, (_, coverage) in self.metrics]
        if not found or Coverage.UNKNOWN in found:
            return Coverage.UNKNOWN
        return Coverage.PARTIAL if Coverage.PARTIAL in found else Coverage.MEASURED


@dataclass(frozen=True, slots=True)
class ScopeUsage:
    """The usage behind one line: one entry for each usage day on which something was collected, in order.

    `unmapped` names modules that the expression needs and that have no organization mapped to the customer;
    `failures` says, for modules whose latest day is missing, why; `left` names organizations that are gone
    from the module (two complete listings without them). `filtered` holds, for organizations of which only some items
    count, the keys of those that did on the last day; `problems` say why some days cannot be counted item by item.
    """

    days: tuple[DayUsage, ...] = ()
    unmapped: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = ()
    left: tuple[str, ...] = ()
    organizations: tuple[tuple[str, str], ...] = field(default=())
    filtered: tuple[tuple[tuple[str, str], frozenset[str]], ...] = ()
    problems: tuple[Reason, ...] = ()
