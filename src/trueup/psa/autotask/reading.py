"""Bulk reads: as few calls as the pages allow, and as many at once as the thread limit allows.

What does not depend on each other is read at the same time: companies, services and contracts first; as soon as the
contracts are known, their lines and the lines' units together, because rows of units name their contract too
(docs/decisions/0035-few-cuts-dealt-by-contract.md).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from types import MappingProxyType

from trueup.core.contract import Contract, Line, LineKind, PsaSnapshot, Service, UnitRow
from trueup.psa.autotask import listings
from trueup.psa.autotask.picklists import RECURRING, Meanings, labels_or_none
from trueup.psa.autotask.plausibility import by_line, complete, lost, nothing_visible, refuse_all_fresh
from trueup.psa.autotask.query import BEFORE_ALL, Listing, R, count, term
from trueup.psa.autotask.ranges import Walker, as_it_is
from trueup.psa.autotask.rows import CompanyRow, ContractRow, ServiceRow
from trueup.psa.autotask.together import together
from trueup.psa.autotask.translation import (
    bundle_line_of,
    contracts_of,
    currencies_of,
    customer_of,
    is_bundle,
    line_of,
    number_of,
    price_from_rows,
    service_of,
    units_of,
)
from trueup.psa.autotask.transport import Transport
from trueup.psa.port import Progress

_ASKED_AGAIN = 400


class Reader:
    """Reads one tenant's Autotask in bulk."""

    def __init__(
        self,
        transport: Transport,
        walker: Walker,
        clock: Callable[[], datetime],
        currencies: Mapping[int, str] = MappingProxyType({}),
    ) -> None:
        self._transport = transport
        self._walker = walker
        self._clock = clock
        self._currencies = currencies
        self._meanings: Meanings | None = None
        self._meanings_lock = asyncio.Lock()

    async def meanings(self) -> Meanings:
        """What this tenant's numbers mean, read once."""
        async with self._meanings_lock:
            if self._meanings is None:
                names = ("contractType", "contractPeriodType", "status")
                async with together() as group:
                    contracts = group.create_task(labels_or_none(self._transport, "Contracts", names))
                    companies = group.create_task(labels_or_none(self._transport, "Companies", ("companyType",)))
                self._meanings = Meanings.of(contracts.result(), companies.result())
            return self._meanings

    async def catalogue(self) -> PsaSnapshot:
        """Customers and services only."""
        read_at = self._clock()
        async with together() as group:
            meanings = group.create_task(self.meanings())
            companies = group.create_task(self._companies(_silent))
            services = group.create_task(self._walker.whole(listings.SERVICES, as_it_is))
            bundles = group.create_task(self._walker.whole(listings.BUNDLES, as_it_is))
            company_total = group.create_task(self._total(listings.COMPANIES))
            service_total = group.create_task(self._total(listings.SERVICES))
        if company_total.result() > len(companies.result()):
            raise lost("Companies")
        if service_total.result() > len(services.result()):
            raise lost("Services")
        return PsaSnapshot(
            read_at=read_at,
            first_day=read_at.date(),
            last_day=read_at.date(),
            customers=tuple(customer_of(row, meanings.result()) for row in companies.result()),
            services=_services(services.result(), bundles.result(), meanings.result()),
        )

    async def everything(self, first: date, last: date, progress: Progress | None) -> PsaSnapshot:
        """Everything that a plan for these days needs."""
        read_at = self._clock()
        report = progress or _silent
        async with together() as group:
            meanings = group.create_task(self.meanings())
            companies = group.create_task(self._companies(report))
            services = group.create_task(self._walker.whole(listings.SERVICES, as_it_is, _counted("services", report)))
            company_total = group.create_task(self._total(listings.COMPANIES))
            bundles = group.create_task(self._walker.whole(listings.BUNDLES, as_it_is))
            held = await group.create_task(self._contracts(first, last, report))
            ids = [row.id for row in held]
            lines = group.create_task(
                self._walker.by_ids(listings.LINES, "contractID", ids, line_of, _counted("lines", report))
            )
            units = group.create_task(
                self._walker.by_ids(listings.units(first, last), "contractID", ids, units_of, _counted("units", report))
            )
            bundle_ids = ids if await bundles else []
            bundle_lines = group.create_task(
                self._walker.by_ids(listings.BUNDLE_LINES, "contractID", bundle_ids, bundle_line_of)
            )
            bundle_units = group.create_task(
                self._walker.by_ids(listings.bundle_units(first, last), "contractID", bundle_ids, units_of)
            )
        found = [*lines.result(), *bundle_lines.result()]
        if not found:
            raise nothing_visible("ContractServices")
        found.sort(key=_line_order)
        if company_total.result() > len(companies.result()):
            raise lost("Companies")
        await self._confirm_services(found, {row.id for row in services.result()})
        await self._confirm_bundles(found, {row.id for row in bundles.result()})
        currencies = currencies_of(companies.result(), self._currencies)
        contracts = contracts_of(held, meanings.result(), currencies)
        rows = by_line([*units.result(), *bundle_units.result()], first, last)
        unknown = sorted(set(rows) - {line.id for line in found})
        if unknown:
            raise lost("ContractServices", unknown[0])  # units of a line that the lines' listing did not show
        refuse_all_fresh([line.id for line in found], rows)
        await self._confirm(found, contracts, rows, first, last)
        return PsaSnapshot(
            read_at=read_at,
            first_day=first,
            last_day=last,
            customers=tuple(customer_of(row, meanings.result()) for row in companies.result()),
            contracts=contracts,
            services=_services(services.result(), bundles.result(), meanings.result()),
            lines=_priced(found, rows),
            rows=tuple((line.id, rows.get(line.id, ())) for line in found),
        )

    async def units(
        self, line_ids: Sequence[str], first: date, last: date
    ) -> tuple[tuple[str, tuple[UnitRow, ...]], ...]:
        """Fresh rows of units of some lines."""
        rows = await self._rows(line_ids, first, last)
        refuse_all_fresh(line_ids, rows)
        gaps = [one for one in line_ids if not complete(rows.get(one, ()), first, last)]
        await self._ask_again(gaps, rows, first, last)
        return tuple((one, rows.get(one, ())) for one in dict.fromkeys(line_ids))

    async def _rows(self, line_ids: Sequence[str], first: date, last: date) -> dict[str, tuple[UnitRow, ...]]:
        services = [number_of(one) for one in line_ids if not is_bundle(one)]
        bundles = [number_of(one) for one in line_ids if is_bundle(one)]
        async with together() as group:
            of_services = group.create_task(
                self._walker.by_ids(listings.units(first, last), "contractServiceID", services, units_of)
            )
            of_bundles = group.create_task(
                self._walker.by_ids(listings.bundle_units(first, last), "contractServiceBundleID", bundles, units_of)
            )
        return by_line([*of_services.result(), *of_bundles.result()], first, last)

    async def _confirm(
        self,
        lines: Sequence[Line],
        contracts: Sequence[Contract],
        rows: Mapping[str, tuple[UnitRow, ...]],
        first: date,
        last: date,
    ) -> None:
        """Ask again about lines whose units do not cover the days that their contract covers."""
        spans = {one.id: (max(first, one.start), last if one.end is None else min(last, one.end)) for one in contracts}
        gaps = [line.id for line in lines if not complete(rows.get(line.id, ()), *spans[line.contract_id])]
        await self._ask_again(gaps, rows, first, last)

    async def _ask_again(
        self, line_ids: Sequence[str], rows: Mapping[str, tuple[UnitRow, ...]], first: date, last: date
    ) -> None:
        """A line without units may be new, or a page may have lost them. One list of such lines is asked for again."""
        some = line_ids[:: -(-len(line_ids) // _ASKED_AGAIN) or 1]
        again = await self._rows(some, first, last) if some else {}
        for one in some:
            if again.get(one, ()) != rows.get(one, ()):
                raise lost("ContractServiceUnits", one)

    async def lines(self, line_ids: Sequence[str]) -> PsaSnapshot:
        """Fresh lines and their contracts; a line that is not there is left out."""
        read_at = self._clock()
        services = [number_of(one) for one in line_ids if not is_bundle(one)]
        bundles = [number_of(one) for one in line_ids if is_bundle(one)]
        async with together() as group:
            meanings = group.create_task(self.meanings())
            of_services = group.create_task(self._walker.by_ids(listings.LINES, "id", services, line_of))
            of_bundles = group.create_task(self._walker.by_ids(listings.BUNDLE_LINES, "id", bundles, bundle_line_of))
        found = [*of_services.result(), *of_bundles.result()]
        if line_ids and not found:
            raise nothing_visible("ContractServices")  # Autotask never deletes a line
        ids = sorted({int(line.contract_id) for line in found})
        contracts = await self._walker.by_ids(listings.CONTRACTS, "id", ids, as_it_is)
        if found and not contracts:
            raise nothing_visible("Contracts")
        return PsaSnapshot(
            read_at=read_at,
            first_day=read_at.date(),
            last_day=read_at.date(),
            contracts=contracts_of(contracts, meanings.result()),
            lines=tuple(sorted(found, key=_line_order)),
        )

    async def services(self, service_ids: Sequence[str]) -> tuple[Service, ...]:
        """Fresh catalogue entries; one that is not there is left out."""
        meanings = await self.meanings()
        rows = await self._walker.by_ids(listings.SERVICES, "id", [number_of(one) for one in service_ids], as_it_is)
        return _services(rows, (), meanings)

    async def _companies(self, report: Progress) -> list[CompanyRow]:
        rows = await self._walker.whole(listings.COMPANIES, as_it_is, _counted("customers", report))
        if not rows:
            raise nothing_visible("Companies")  # the MSP's own company is always there
        return rows

    async def _contracts(self, first: date, last: date, report: Progress) -> list[ContractRow]:
        """Recurring contracts. The usual number is asked for while the tenant's own is still being read."""
        seen = _counted("contracts", report)
        async with together() as group:
            meanings = group.create_task(self.meanings())
            usual = group.create_task(
                self._walker.whole(listings.recurring_contracts(RECURRING, first, last), as_it_is, seen)
            )
            counted = group.create_task(self._total(listings.recurring_contracts(RECURRING, first, last)))
        rows, total, kind = usual.result(), counted.result(), meanings.result().recurring
        if kind != RECURRING:
            total = await self._total(listings.recurring_contracts(kind, first, last))
            rows = await self._walker.whole(listings.recurring_contracts(kind, first, last), as_it_is)
        if total > len(rows):
            raise lost("Contracts")
        if not rows:
            raise nothing_visible("Contracts")
        return rows

    async def _total(self, listing: Listing[R]) -> int:
        return await count(self._transport, listing.entity, listing.terms or (term("gt", "id", BEFORE_ALL),))

    async def _confirm_services(self, lines: Iterable[Line], known: set[int]) -> None:
        """A line's service that the catalogue did not show is asked for by its id."""
        needed = {number_of(line.service_id) for line in lines if line.kind is LineKind.SERVICE}
        if await self._walker.by_ids(listings.SERVICES, "id", sorted(needed - known), as_it_is):
            raise lost("Services")

    async def _confirm_bundles(self, lines: Iterable[Line], known: set[int]) -> None:
        """The same for bundles; nothing is asked where all of them were shown."""
        needed = {number_of(line.service_id) for line in lines if line.kind is LineKind.BUNDLE}
        if await self._walker.by_ids(listings.BUNDLES, "id", sorted(needed - known), as_it_is):
            raise lost("ServiceBundles")


def _silent(step: str, done: int, total: int | None) -> None:
    """Progress that nobody watches."""


def _counted(step: str, report: Progress) -> Callable[[int], None]:
    """Turns rows of each page into a running number; how many there will be is not known."""
    done = 0

    def seen(more: int) -> None:
        nonlocal done
        done += more
        report(step, done, None)

    return seen


def _services(services: Iterable[ServiceRow], bundles: Iterable[ServiceRow], meanings: Meanings) -> tuple[Service, ...]:
    return (
        *(service_of(row, meanings.periods, LineKind.SERVICE) for row in services),
        *(service_of(row, meanings.periods, LineKind.BUNDLE) for row in bundles),
    )


def _line_order(line: Line) -> tuple[bool, int]:
    return is_bundle(line.id), number_of(line.id)


def _priced(lines: Iterable[Line], rows: Mapping[str, tuple[UnitRow, ...]]) -> tuple[Line, ...]:
    """The lines; a price that could not be told is taken from the line's rows."""
    return tuple(
        line if line.price is not None else replace(line, price=price_from_rows(rows.get(line.id, ())))
        for line in lines
    )
