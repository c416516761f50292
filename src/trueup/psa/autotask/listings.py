"""Which rows are asked for. Each function names one listing and its conditions.

Dates are sent without an offset: the start of a day, or its last second, because some tenants return date-only fields
with a time (Autotask REST, page on ContractServiceUnits, and the query of a dashboard in production).
"""

from __future__ import annotations

from datetime import date

from trueup.psa.autotask.query import Listing, Term, term
from trueup.psa.autotask.rows import (
    BundleLineRow,
    BundleUnitsRow,
    CompanyRow,
    ContractRow,
    LineRow,
    PostedItemRow,
    ServiceRow,
    UnitsRow,
)

COMPANIES = Listing("Companies", CompanyRow)
CONTRACTS = Listing("Contracts", ContractRow)
SERVICES = Listing("Services", ServiceRow)
BUNDLES = Listing("ServiceBundles", ServiceRow)
LINES = Listing("ContractServices", LineRow)
BUNDLE_LINES = Listing("ContractServiceBundles", BundleLineRow)


def overlapping(first: date, last: date) -> tuple[Term, Term]:
    """Starts no later than the last day and ends no earlier than the first."""
    return (
        term("lte", "startDate", f"{last.isoformat()}T23:59:59"),
        term("gte", "endDate", f"{first.isoformat()}T00:00:00"),
    )


def recurring_contracts(kind: int, first: date, last: date) -> Listing[ContractRow]:
    """Contracts of the recurring kind in force on one of the days, whatever their status: inactive ones still bill."""
    return CONTRACTS.narrowed(term("eq", "contractType", kind), *overlapping(first, last))


def units(first: date, last: date) -> Listing[UnitsRow]:
    """Rows of units that cover one of the days."""
    return Listing("ContractServiceUnits", UnitsRow, overlapping(first, last))


def bundle_units(first: date, last: date) -> Listing[BundleUnitsRow]:
    """Rows of units of bundle lines that cover one of the days."""
    return Listing("ContractServiceBundleUnits", BundleUnitsRow, overlapping(first, last))


def posted_items(first: date, last: date) -> Listing[PostedItemRow]:
    """Posted items of these days; they exist only once a period was approved and posted."""
    return Listing(
        "BillingItems",
        PostedItemRow,
        (
            term("gte", "itemDate", f"{first.isoformat()}T00:00:00"),
            term("lte", "itemDate", f"{last.isoformat()}T23:59:59"),
        ),
    )
